"""CKA and ridge R² straight from their definitions, with frames × frames matrices in float64.

Writes similarity.safetensors (features) and similarity.json (what they give).
"""

import json

import numpy as np
from safetensors.numpy import save_file


def linear_cka(x, y):
    n = len(x)
    h = np.eye(n) - 1 / n
    k, l = h @ (x @ x.T) @ h, h @ (y @ y.T) @ h
    return np.sum(k * l) / np.sqrt(np.sum(k * k) * np.sum(l * l))


def hsic1(k, l):
    """Song et al. 2012, equation 5."""
    n = len(k)
    k, l = k - np.diag(np.diag(k)), l - np.diag(np.diag(l))
    ones = np.ones(n)
    return (
        np.trace(k @ l)
        + (ones @ k @ ones) * (ones @ l @ ones) / ((n - 1) * (n - 2))
        - 2 / (n - 2) * (ones @ k @ l @ ones)
    ) / (n * (n - 3))


def debiased_cka(x, y):
    k, l = x @ x.T, y @ y.T
    return hsic1(k, l) / np.sqrt(hsic1(k, k) * hsic1(l, l))


def r2(x, y, ridge):
    """Of y predicted from x: fitted on even rows, scored on odd ones, and the other way round."""
    errors = total = 0
    for fitted in (0, 1):
        a, b = x[fitted::2], y[fitted::2]
        c, d = x[1 - fitted :: 2], y[1 - fitted :: 2]
        centred = a - a.mean(0)
        gram = centred.T @ centred
        penalty = ridge * np.linalg.eigvalsh(gram).mean()
        weights = np.linalg.solve(gram + penalty * np.eye(len(gram)), centred.T @ (b - b.mean(0)))
        errors += np.sum((d - b.mean(0) - (c - a.mean(0)) @ weights) ** 2)
        total += np.sum((d - d.mean(0)) ** 2)
    return 1 - errors / total


generator = np.random.default_rng(5)
tensors, expected = {}, {}


def pair(name, reference, features, ridge):
    reference, features = reference.astype(np.float32), features.astype(np.float32)
    tensors[f"{name}.reference"], tensors[f"{name}.features"] = reference, features
    y, x = reference.astype(np.float64), features.astype(np.float64)
    expected[name] = {
        "ridge": ridge,
        "linearCKA": linear_cka(x, y),
        "debiasedCKA": debiased_cka(x, y),
        "r2": r2(x, y, ridge),
    }


base = generator.normal(size=(301, 13)) @ generator.normal(size=(13, 13)) + 4
near = base + 0.3 * generator.normal(size=base.shape)
pair("near", base, near, 1e-3)
pair("narrower", base, near[:, :7], 1e-2)
pair("unrelated", base, generator.normal(size=(301, 9)), 1e-3)
# Means a thousand times the spread, and dimensions of very different scale.
far = near * np.logspace(-2, 2, 13) + 1000
pair("offset", base, far, 1e-3)
pair("few", base[:5, :3], near[:5, :2], 1e-1)
long = generator.normal(size=(4501, 6))
pair("chunks", long, np.tanh(long @ generator.normal(size=(6, 4))), 1e-6)
save_file(tensors, "similarity.safetensors")
with open("similarity.json", "w") as file:
    json.dump(expected, file, indent=1)
