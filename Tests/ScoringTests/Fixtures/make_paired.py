"""Paired bootstraps of made-up error counts, by numpy: writes paired.json.

Units are drawn with SplitMix64 as in make_bootstrap.py; a system's rate is the mean over its seeds. To each draw is added
the standard error of the seeds' differences (numpy, ddof=1) times a draw of Student's t, made of normal numbers by Box and
Muller; p is twice the smaller share of draws at or beyond 0, the observed counted among them. Cases of "limits" have
units that are all alike, so that their answers are scipy's t test over seeds (ttest_rel), or one seed, so that they are
the normal approximation over units (scipy's norm). Corrected values are those of statsmodels' multipletests(method="holm").
"""

import json
import math
import random

import numpy as np
from scipy import stats

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


def deviates(seeds, resamples):
    """Student's t with seeds - 1 degrees of freedom."""
    stream = numbers(0x5EED + seeds)

    def normal():
        uniform = [((next(stream) >> 11) + 1) * 2.0**-53 for _ in range(2)]
        return math.sqrt(-2 * math.log(uniform[0])) * math.cos(2 * math.pi * uniform[1])

    drawn = []
    for _ in range(resamples):
        top = normal()
        drawn.append(top / math.sqrt(sum(normal() ** 2 for _ in range(seeds - 1)) / (seeds - 1)))
    return np.array(drawn)


def error(values):
    return float(np.std(values, ddof=1) / math.sqrt(len(values))) if len(values) > 1 else 0.0


def paired(systems, tokens, groups, resamples, seed):
    count = max(groups) + 1
    source = numbers(seed)
    draws = np.array([[(next(source) * count) >> 64 for _ in range(count)] for _ in range(resamples)])

    def summed(values):
        sums = np.zeros(count)
        np.add.at(sums, groups, values)
        return sums

    # By system: draws of the mean over seeds, and each seed's own rate.
    rates, own = [], []
    for seeds in systems:
        rates.append(np.mean([summed(errors)[draws].sum(axis=1) / summed(tokens)[draws].sum(axis=1) for errors in seeds], axis=0))
        own.append(np.array([np.sum(errors) / np.sum(tokens) for errors in seeds]))
    observed = [float(np.mean(values)) for values in own]
    noise = deviates(len(systems[0]), resamples) if len(systems[0]) > 1 else np.zeros(resamples)
    difference = rates[0] - rates[1] + error(own[0] - own[1]) * noise
    rates[0] = rates[0] + error(own[0]) * noise
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
    for units, groups, resamples, seed, better, seeds in [(60, 60, 1000, 1, 0.0, 3), (60, 9, 500, 7, 0.1, 2), (150, 150, 2000, 5, 0.3, 5), (60, 60, 700, 2, 0.1, 1)]:
        tokens = [draw.randint(1, 30) for _ in range(units)]
        hard = [draw.random() for _ in range(units)]
        systems = [
            [[sum(draw.random() < h * (1 - better * s) for _ in range(t)) for h, t in zip(hard, tokens)] for _ in range(seeds)]
            for s in range(2)
        ]
        of = [unit % groups for unit in range(units)]
        cases.append({
            "systems": systems, "tokens": tokens, "groups": of, "resamples": resamples, "seed": seed,
            **paired(systems, tokens, of, resamples, seed),
        })
    limits = []
    for rates in [[[0.31, 0.35, 0.36], [0.30, 0.33, 0.32]], [[0.2, 0.5, 0.4, 0.45, 0.3], [0.3, 0.35, 0.5, 0.6, 0.38]]]:
        test = stats.ttest_rel(*rates)
        interval = test.confidence_interval(0.95)
        limits.append({"rates": rates, "p": float(test.pvalue), "interval": [float(interval.low), float(interval.high)],
            "own": [float(end) for end in stats.t.interval(0.95, len(rates[0]) - 1, np.mean(rates[0]), stats.sem(rates[0]))]})
    one = [[float(draw.gauss(0.3, 0.2)) for _ in range(400)], [float(draw.gauss(0.27, 0.2)) for _ in range(400)]]
    apart = np.subtract(*one)
    scale = float(apart.std() / math.sqrt(400))
    low, high = stats.norm.interval(0.95, loc=apart.mean(), scale=scale)
    units = {"values": one, "p": float(2 * stats.norm.sf(abs(apart.mean()) / scale)), "interval": [float(low), float(high)]}
    families = [[0.01, 0.04, 0.03, 0.005], [0.5, 0.5, 0.02], [0.2], [0.001, 0.001, 0.9, 0.04, 0.0002, 0.03]]
    with open("paired.json", "w") as file:
        json.dump({"cases": cases, "limits": limits, "units": units, "holm": [{"given": f, "corrected": holm(f)} for f in families]}, file)
