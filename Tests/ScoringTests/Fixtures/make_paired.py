"""Paired bootstraps of made-up error counts, by numpy: writes paired.json.

Units are drawn with SplitMix64 as in make_bootstrap.py, and seeds by a stream for each number of them; a system's rate is
the mean over its seeds; p is twice the smaller share of draws at or beyond 0, the observed counted among them. Corrected values are those of statsmodels'
multipletests(method="holm").
"""

import json
import random

import numpy as np

MASK = (1 << 64) - 1

try:
    from statsmodels.stats.multitest import multipletests

    def holm(values):
        return list(multipletests(values, method="holm")[1])
except ImportError:

    def holm(values):
        """By the definition: of all at most as large, the largest product with the number left."""
        m = len(values)
        ranks = [sum((b, j) < (a, i) for j, b in enumerate(values)) for i, a in enumerate(values)]
        return [
            min(1, max((m - ranks[j]) * values[j] for j in range(m) if ranks[j] <= ranks[i]))
            for i in range(m)
        ]


def numbers(state):
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield z ^ (z >> 31)


def paired(systems, tokens, groups, resamples, seed):
    count = max(groups) + 1
    source = numbers(seed)
    draws = np.array([[(next(source) * count) >> 64 for _ in range(count)] for _ in range(resamples)])

    def summed(values):
        sums = np.zeros(count)
        np.add.at(sums, groups, values)
        return sums

    rates = []
    for seeds in systems:
        all = np.array([summed(errors)[draws].sum(axis=1) / summed(tokens)[draws].sum(axis=1) for errors in seeds])
        stream = numbers(0x5EED + len(seeds))
        picks = np.array([[(next(stream) * len(seeds)) >> 64 for _ in seeds] for _ in range(resamples)])
        rates.append(np.take_along_axis(all.T, picks, axis=1).mean(axis=1))
    observed = [float(np.mean([np.sum(errors) / np.sum(tokens) for errors in seeds])) for seeds in systems]
    difference = rates[0] - rates[1]
    sides = (difference <= 1e-9).sum(), (difference >= -1e-9).sum()  # sums round differently
    return {
        "observed": observed[0] - observed[1],
        "interval": list(np.percentile(difference, [2.5, 97.5])),
        "own": list(np.percentile(rates[0], [2.5, 97.5])),
        "p": float(min(1, 2 * (1 + min(sides)) / (1 + resamples))),
    }


if __name__ == "__main__":
    draw = random.Random(3)
    cases = []
    for units, groups, resamples, seed, better in [(60, 60, 1000, 1, 0.0), (60, 9, 500, 7, 0.1), (150, 150, 2000, 5, 0.3)]:
        tokens = [draw.randint(1, 30) for _ in range(units)]
        hard = [draw.random() for _ in range(units)]
        systems = [
            [[sum(draw.random() < h * (1 - better * s) for _ in range(t)) for h, t in zip(hard, tokens)] for _ in range(2 + s)]
            for s in range(2)
        ]
        of = [unit % groups for unit in range(units)]
        cases.append({
            "systems": systems, "tokens": tokens, "groups": of, "resamples": resamples, "seed": seed,
            **paired(systems, tokens, of, resamples, seed),
        })
    families = [[0.01, 0.04, 0.03, 0.005], [0.5, 0.5, 0.02], [0.2], [0.001, 0.001, 0.9, 0.04, 0.0002, 0.03]]
    with open("paired.json", "w") as file:
        json.dump({"cases": cases, "holm": [{"given": f, "corrected": holm(f)} for f in families]}, file)
