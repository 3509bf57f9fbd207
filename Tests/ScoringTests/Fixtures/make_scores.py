"""Errors counted by NIST's sclite (Debian package sctk) in made-up hypotheses: writes scores.json.

Errors of 5 to 35 % on sequences of up to 30 phonemes. sclite weighs a substitution 4 and the others 3, so
its alignment may hold more errors than the least where many meet; a plain dynamic program makes sure
that it does not in these utterances. Behind them stand adversarial ones: a side that is empty or both, letters
that differ in case alone or in how Unicode composes them, other scripts, repetitions. sclite is told to
tell case apart.
"""

import json
import random
import re
import subprocess
import tempfile

PHONES = "p b t d k g f v s z m n l r a e i o u y".split()


def least(reference, hypothesis):
    table = [[i + j for j in range(len(hypothesis) + 1)] for i in range(len(reference) + 1)]
    for i, token in enumerate(reference, 1):
        for j, said in enumerate(hypothesis, 1):
            table[i][j] = min(
                table[i - 1][j] + 1,
                table[i][j - 1] + 1,
                table[i - 1][j - 1] + (token != said),
            )
    return table[-1][-1]


def corrupted(reference, rate, draw):
    said = []
    for token in reference:
        kind = draw.random()
        if kind < rate / 3:
            continue
        said.append(draw.choice(PHONES) if kind < 2 * rate / 3 else token)
        if kind > 1 - rate / 3:
            said.append(draw.choice(PHONES))
    return said


draw = random.Random(3)
utterances = []
for index in range(80):
    reference = [draw.choice(PHONES) for _ in range(draw.randint(1, 30))]
    utterances.append((reference, corrupted(reference, draw.uniform(0.05, 0.35), draw)))
utterances.append((PHONES[:4], []))
utterances.append((PHONES[:5], PHONES[:5]))
utterances += [
    ([], PHONES[:3]),
    ([], []),
    (["a"], []),
    (["Word", "word", "WORD"], ["word", "word", "word"]),
    (["caf\u00e9", "cafe\u0301"], ["cafe\u0301", "cafe\u0301"]),
    (["\u4eca\u5929", "\u5929\u6c14"], ["\u4eca\u5929", "\u5929", "\u6c14"]),
    ("\u043c\u0430\u043c\u0430 \u043c\u044b\u043b\u0430 \u0440\u0430\u043c\u0443".split(), "\u043c\u0430\u043c\u0430 \u0440\u0430\u043c\u0443".split()),
    (["a"] * 12, ["a"] * 7),
    (["a"] * 5, ["a"] * 40),
    (["a", "b"] * 10, ["b", "a"] * 10),
    (["a"] * 8, ["b"] * 8),
    (["naïve", "façade"], ["naive", "facade"]),
]
with tempfile.TemporaryDirectory() as folder:
    for name, side in (("ref", 0), ("hyp", 1)):
        with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
            for index, pair in enumerate(utterances):
                file.write(" ".join(pair[side]) + f" (speaker_{index:03d})\n")
    output = subprocess.run(
        ["sctk", "sclite", "-r", f"{folder}/ref", "trn", "-h", f"{folder}/hyp", "trn", "-i", "rm"]
        + ["-s", "-e", "utf-8", "-o", "pralign", "stdout"],
        capture_output=True, text=True, check=True).stdout
scores = {}
for match in re.finditer(
    r"id: \(speaker_(\d+)\)\s+Scores: \(#C #S #D #I\) (\d+) (\d+) (\d+) (\d+)", output
):
    scores[int(match[1])] = [int(match[group]) for group in (3, 4, 5)]
assert len(scores) == len(utterances)
result = [
    {
        "reference": reference,
        "hypothesis": hypothesis,
        "sclite": dict(zip(("substitutions", "deletions", "insertions"), scores[index])),
    }
    for index, (reference, hypothesis) in enumerate(utterances)
]
for entry in result:
    assert sum(entry["sclite"].values()) == least(entry["reference"], entry["hypothesis"])
with open("scores.json", "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(entry) for entry in result) + "\n]\n")
