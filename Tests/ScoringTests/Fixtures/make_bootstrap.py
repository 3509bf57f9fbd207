"""Bootstrap intervals of made-up error counts, by numpy: writes bootstrap.json.

Units are drawn with SplitMix64 as published by its authors (https://prng.di.unimi.it/splitmix64.c), the high 64 bits of
number times units; the percentiles are numpy's. One case draws units, the other groups of them.
"""

import json
import random

import numpy as np

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
source = numbers(1234567)
with open("bootstrap.json", "w") as file:
    json.dump({"numbers": [str(next(source)) for _ in range(5)], "cases": cases}, file, indent=1)
