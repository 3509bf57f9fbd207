"""How wide the intervals of an equal error rate come out that draw the enrolled speakers alone.

Speakers differ in how well their own trials score (sd `own`) and in how alike they are to others (sd `alike`). Printed are
the standard deviation of the EER over tests of other speakers, and what two bootstraps give for it in the mean: one that
draws enrolled speakers (subset bootstrap), and one that draws the speakers of both sides, in which a trial of two speakers counts
the product of their counts. `make_bootstrap.py` takes two functions from here; the documentation of `ScoredTest.Unit.other`
quotes what is printed.

    python3 simulate_trials.py      # numpy; some minutes
"""

import numpy as np


def equal_error_rate(scores, same, weights):
    order = np.argsort(-scores, kind="stable")
    same, weights = same[order], weights[order]
    hits = np.cumsum(weights * same) / np.sum(weights * same)
    alarms = np.cumsum(weights * (1 - same)) / np.sum(weights * (1 - same))
    at = min(np.searchsorted(hits + alarms - 1, 0), len(scores) - 1)
    hit, alarm = (hits[at - 1], alarms[at - 1]) if at else (0, 0)
    before, after = hit + alarm - 1, hits[at] + alarms[at] - 1
    share = -before / (after - before) if after > before else 0
    return alarm + share * (alarms[at] - alarm)


def draw_test(random, speakers, trials, own, alike):
    good, common = random.normal(0, own, speakers), random.normal(0, alike, speakers)
    first = random.integers(0, speakers, trials)
    same = np.arange(trials) % 2 == 0
    second = np.where(same, first, (first + random.integers(1, speakers, trials)) % speakers)
    scores = np.where(same, 2.5 + good[first], common[first] + common[second])
    scores = scores + random.normal(0, 1, trials)
    return np.minimum(first, second), np.maximum(first, second), scores, same.astype(float)


def main():
    random = np.random.default_rng(1)
    for speakers, trials, own, alike in [
        (15, 2000, 0.5, 0.5), (40, 8000, 0.5, 0.5), (40, 8000, 0.3, 0.8), (40, 8000, 0.8, 0.2),
    ]:
        rates = []
        for _ in range(400):
            _, _, scores, same = draw_test(random, speakers, trials, own, alike)
            rates.append(equal_error_rate(scores, same, np.ones(trials)))
        deviations = []
        for _ in range(25):
            enrolled, tested, scores, same = draw_test(random, speakers, trials, own, alike)
            drawn = []
            for _ in range(150):
                counts = np.bincount(random.integers(0, speakers, speakers), minlength=speakers)
                one = counts[enrolled].astype(float)
                both = np.where(same > 0, one, one * counts[tested])
                if (one * same).sum() > 0 and (both * (1 - same)).sum() > 0:
                    drawn.append([equal_error_rate(scores, same, w) for w in (one, both)])
            deviations.append(np.std(drawn, axis=0))
        one, both = np.mean(deviations, axis=0) / np.std(rates)
        print(f"{speakers} speakers, own {own}, alike {alike}: sd {np.std(rates):.4f}; "
              f"enrolled {one:.2f} of it, both {both:.2f}")


if __name__ == "__main__":
    main()
