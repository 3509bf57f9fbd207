"""Maximum term-weighted values of made-up trials: writes terms.json.

By numpy, straight from NIST's definition: for every threshold, misses and false alarms of each term counted anew.
And, where the path of kaldi's `kws_oracle_threshold.pl` (egs/babel/s5d/local) is given, its MTWV to its four
digits. It tries thresholds from 0 to 1 in steps of 0.001, so scores lie in the middles of these steps; its seconds of
speech are our documents.
"""

import json
import random
import re
import subprocess
import sys
import tempfile

import numpy as np

draw = random.Random(11)


def value(terms, scores, labels, beta, threshold):
    values = []
    for term in sorted(set(terms)):
        mine = np.array([t == term for t in terms])
        target = mine & (labels == 1)
        other = mine & (labels == 0)
        if not target.any():
            continue
        detected = scores >= threshold
        miss = 1 - (detected & target).sum() / target.sum()
        alarm = (detected & other).sum() / other.sum() if other.any() else 0.0
        values.append(1 - miss - beta * alarm)
    return float(np.mean(values))


def kaldi(terms, scores, labels, beta):
    documents = terms.count(0)
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        for term, score, label in zip(terms, scores, labels):
            what = "MISS" if label else "CORR!DET"
            file.write(f"l,f,1,{term},t,,,0,1,{score},NO,{what}\n")
        file.flush()
        output = subprocess.run(
            ["perl", sys.argv[1], f"--beta={beta}", f"--duration={documents}", file.name],
            capture_output=True, text=True, check=True).stdout
    return float(re.search(r"MTWV = ([^,\s]+)", output)[1])


cases = []
for number in range(30):
    beta = draw.choice([12.49, 12.49, 999.9, 1.0])
    documents = draw.choice([20, 200])
    terms, scores, labels = [], [], []
    for term in range(draw.choice([1, 3, 8])):
        shift = draw.gauss(0, 0.5)
        share = draw.choice([0.0, 0.05, 0.3]) if term else 0.1
        some = [draw.random() < share for _ in range(documents)]
        some[0] = some[0] or term == 0
        for target in some:
            score = draw.gauss(shift + (3 if target else 0), 1)
            step = min(999, max(0, round(500 + 100 * score)))
            terms.append(term)
            labels.append(int(target))
            # Ties in every other case.
            scores.append(((step // 100 * 100 if number % 2 else step) + 0.5) / 1000)
    values, answers = np.array(scores), np.array(labels)
    thresholds = sorted(set(scores), reverse=True)
    best = max(value(terms, values, answers, beta, t) for t in thresholds)
    entry = {"beta": beta, "terms": terms, "scores": scores, "labels": labels, "mtwv": max(0.0, best)}
    if len(sys.argv) > 1:
        entry["kaldi"] = kaldi(terms, scores, labels, beta)
    cases.append(entry)
with open("terms.json", "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(entry) for entry in cases) + "\n]\n")
