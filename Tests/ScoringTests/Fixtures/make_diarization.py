"""Diarization errors of made-up turns, by NIST's md-eval and by pyannote.metrics: writes diarization.json.

Needs pyannote.metrics, and md-eval.pl (Debian package sctk). All times are hundredths of seconds, so that the
seconds that md-eval prints with two digits are exact. md-eval is given what is scored, from the first start to the last
end of either side, which SUPERB's dscore and pyannote take by themselves. md-eval's collar is on each side of
an end; pyannote chooses its mapping after the collar is taken out, NIST before, so pyannote is asked without
one alone.
"""

import json
import random
import re
import subprocess
import tempfile
import warnings

from pyannote.core import Annotation, Segment
from pyannote.metrics.diarization import DiarizationErrorRate

warnings.simplefilter("ignore")
draw = random.Random(9)


def speaker_turns(name, length):
    """Turns of one speaker, which do not overlap."""
    turns, now = [], draw.randint(0, 300)
    while now < length:
        end = min(length, now + draw.randint(20, 500))
        turns.append((name, now, end))
        now = end + draw.randint(1, 600)
    return turns


def heard(reference, names, length):
    turns = []
    for name, start, end in reference:
        if draw.random() < 0.1:
            continue
        start = max(0, start + draw.randint(-60, 60))
        end = max(start + 5, end + draw.randint(-60, 60))
        turns.append((names[name] if draw.random() < 0.85 else draw.choice(list(names.values())), start, end))
    for _ in range(draw.randint(0, 3)):
        start = draw.randint(0, length)
        turns.append((draw.choice(list(names.values()) + ["new"]), start, start + draw.randint(20, 200)))
    # Of one speaker none may overlap, which md-eval refuses.
    merged = []
    for name in sorted({turn[0] for turn in turns}):
        for _, start, end in sorted(turn for turn in turns if turn[0] == name):
            if merged and merged[-1][0] == name and start <= merged[-1][2]:
                merged[-1] = (name, merged[-1][1], max(end, merged[-1][2]))
            else:
                merged.append((name, start, end))
    return merged


def rttm(path, turns):
    with open(path, "w") as file:
        for name, start, end in turns:
            file.write(
                f"SPEAKER r 1 {start / 100:.2f} {(end - start) / 100:.2f} <NA> <NA> {name} <NA> <NA>\n")


def nist(reference, hypothesis, collar):
    first = min(turn[1] for turn in reference + hypothesis)
    last = max(turn[2] for turn in reference + hypothesis)
    with tempfile.TemporaryDirectory() as folder:
        rttm(f"{folder}/ref", reference)
        rttm(f"{folder}/hyp", hypothesis)
        with open(f"{folder}/uem", "w") as file:
            file.write(f"r 1 {first / 100:.2f} {last / 100:.2f}\n")
        output = subprocess.run(
            ["perl", "/usr/lib/sctk/bin/md-eval.pl", "-c", str(collar), "-u", f"{folder}/uem"]
            + ["-r", f"{folder}/ref", "-s", f"{folder}/hyp"],
            capture_output=True, text=True, check=True).stdout
    def seconds(what):
        return float(re.search(rf"{what} =\s*([0-9.]+) secs", output)[1])
    return {
        "collar": collar, "speech": seconds("SCORED SPEAKER TIME"),
        "missed": seconds("MISSED SPEAKER TIME"),
        "falseAlarms": seconds("FALARM SPEAKER TIME"),
        "confused": seconds("SPEAKER ERROR TIME"),
    }


def pyannote(reference, hypothesis):
    sides = []
    for turns in (reference, hypothesis):
        annotation = Annotation(uri="r")
        for index, (name, start, end) in enumerate(turns):
            annotation[Segment(start / 100, end / 100), index] = name
        sides.append(annotation)
    detail = DiarizationErrorRate()(*sides, detailed=True)
    return {
        "speech": detail["total"], "missed": detail["missed detection"],
        "falseAlarms": detail["false alarm"], "confused": detail["confusion"],
        "rate": detail["diarization error rate"],
    }


cases = []
for index in range(40):
    length = draw.choice([500, 3000, 8000])
    count = draw.choice([1, 2, 2, 3, 5, 8])
    people = [f"s{number}" for number in range(count)]
    names = dict(zip(people, draw.sample([f"h{number}" for number in range(count)], count)))
    reference = [turn for person in people for turn in speaker_turns(person, length)]
    if index % 7 == 3:
        names = {person: "h0" for person in people}
    if index % 7 == 5:
        names = {person: f"h{number % 2}" for number, person in enumerate(people)}
    cases.append((reference, heard(reference, names, length)))
a, b = ("a", 0, 1000), ("b", 500, 1500)
cases += [
    ([a, b], [("x", 0, 1000), ("y", 500, 1500)]),          # perfect, with overlap
    ([a, b], [("x", 0, 1500)]),                             # one voice for two
    ([a], [("x", 0, 500), ("y", 500, 1000)]),               # two voices for one
    ([a], [("x", 2000, 3000)]),                             # nothing right, beyond the reference's end
    ([("a", 100, 200)], [("x", 0, 1000)]),                  # false alarms on both sides
    ([a, ("a", 1000, 2000)], [("x", 0, 2000)]),             # turns that touch
    ([("a", 0, 30), ("b", 30, 900)], [("x", 0, 900)]),      # a turn shorter than its collar
    # The heaviest mapping is not the greedy one.
    ([("a", 0, 600), ("b", 600, 1200)], [("x", 0, 300), ("x", 600, 1000), ("y", 0, 290), ("y", 1000, 1001)]),
]
result = []
for reference, hypothesis in cases:
    if not hypothesis:
        continue
    result.append({
        "reference": [[name, start / 100, end / 100] for name, start, end in reference],
        "hypothesis": [[name, start / 100, end / 100] for name, start, end in hypothesis],
        "nist": [nist(reference, hypothesis, collar) for collar in (0, 0.25)],
        "pyannote": pyannote(reference, hypothesis),
    })
with open("diarization.json", "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(entry) for entry in result) + "\n]\n")
