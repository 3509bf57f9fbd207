"""Bootstrap intervals of made-up error counts, by numpy: writes bootstrap.json.

Units are drawn with SplitMix64 as published by its authors (https://prng.di.unimi.it/splitmix64.c), the high 64 bits of
number times units; the percentiles are numpy's. One case draws units, another groups of them; the last draws the speakers of
both sides of trials, where a trial of two counts the product of their counts, for the equal error rate.
"""

import json
import random

import numpy as np

from simulate_trials import draw_test, equal_error_rate

MASK = (1 << 64) - 1


def numbers(state):
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield z ^ (z >> 31)


def interval(errors, tokens, groups, resamples, seed):
    count = max(groups) + 1
    sums = np.zeros((count, 2))
    for error, token, group in zip(errors, tokens, groups):
        sums[group] += (error, token)
    source = numbers(seed)
    values = []
    for _ in range(resamples):
        drawn = [(next(source) * count) >> 64 for _ in range(count)]
        wrong, all = sums[drawn].sum(axis=0)
        values.append(wrong / all)
    return list(np.percentile(values, [2.5, 97.5]))


def interval_of_trials(first, second, scores, same, resamples, seed):
    count = int(max(*first, *second)) + 1
    source = numbers(seed)
    values = []
    while len(values) < resamples:
        counts = np.bincount([(next(source) * count) >> 64 for _ in range(count)], minlength=count)
        weights = np.where(first == second, counts[first], counts[first] * counts[second]).astype(float)
        if (weights * same).sum() > 0 and (weights * (1 - same)).sum() > 0:
            values.append(equal_error_rate(scores, same, weights))
    return list(np.percentile(values, [2.5, 97.5]))


draw = random.Random(2)
cases = []
for units, groups, resamples, seed in [(40, 40, 1000, 1), (40, 7, 1000, 1), (200, 200, 333, 12345)]:
    tokens = [draw.randint(1, 30) for _ in range(units)]
    errors = [draw.randint(0, token) for token in tokens]
    of = [unit % groups for unit in range(units)]
    low, high = interval(errors, tokens, of, resamples, seed)
    cases.append({
        "errors": errors, "tokens": tokens, "groups": of, "resamples": resamples, "seed": seed,
        "low": low, "high": high,
    })
first, second, scores, same = draw_test(np.random.default_rng(3), 12, 200, 0.5, 0.5)
# Numbers in the order in which names come: of first sides, then of second ones.
names = list(dict.fromkeys([*map(int, first), *map(int, second)]))
low, high = interval_of_trials(
    np.array([names.index(name) for name in first]), np.array([names.index(name) for name in second]), scores, same, 300, 7)
trials = {
    "first": [f"s{name}" for name in first], "second": [f"s{name}" for name in second], "scores": list(scores),
    "same": list(same), "resamples": 300, "seed": 7, "low": low, "high": high,
}
source = numbers(1234567)
with open("bootstrap.json", "w") as file:
    json.dump({"numbers": [str(next(source)) for _ in range(5)], "cases": cases, "trials": trials}, file, indent=1)
