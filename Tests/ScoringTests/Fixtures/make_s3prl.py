"""What s3prl's own metrics say of made-up answers: writes s3prl.json.

Called with s3prl's folder `metric` (0.4.18: metric/common.py, metric/slot_filling.py); needs editdistance, scipy
and scikit-learn. Slots are made at random from few names and words, with marks that are missing, doubled,
nested or cut short, and by hand where s3prl's regular expressions have a say of their own.
"""

import importlib.util
import json
import random
import sys
import types

folder = sys.argv[1]
package = types.ModuleType("metric")
package.__path__ = [folder]
sys.modules["metric"] = package


def load(name):
    spec = importlib.util.spec_from_file_location(f"metric.{name}", f"{folder}/{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[f"metric.{name}"] = module
    spec.loader.exec_module(module)
    return module


common, slots = load("common"), load("slot_filling")
draw = random.Random(5)

# Texts: what stands between single spaces, so that s3prl's words are everybody's.
WORDS = "the The cat café cafe\u0301 sat saß ß 天气 今天 мама a A aa naïve on 👩‍👩‍👧 ﬁ fi".split()


def text(least):
    return " ".join(draw.choice(WORDS) for _ in range(draw.randint(least, 9)))


texts = []
for _ in range(60):
    reference = text(1)
    hypothesis = reference.split(" ")
    for index in range(len(hypothesis)):
        kind = draw.random()
        if kind < 0.15:
            hypothesis[index] = draw.choice(WORDS)
        elif kind < 0.25:
            hypothesis[index] += " " + draw.choice(WORDS)
    texts.append({"reference": reference, "hypothesis": " ".join(hypothesis)})
texts.append({"reference": "a completely other text", "hypothesis": "x"})
rates = {
    "wer": common.wer([t["hypothesis"] for t in texts], [t["reference"] for t in texts]),
    "cer": common.cer([t["hypothesis"] for t in texts], [t["reference"] for t in texts]),
}
for entry in texts:
    entry["wer"] = common.wer([entry["hypothesis"]], [entry["reference"]])
    entry["cer"] = common.cer([entry["hypothesis"]], [entry["reference"]])

# Slots.
NAMES = ["artist", "art", "album", "time-range"]
VALUES = "sting abba the wall tom petty ß é tomorrow 7 pm".split()


def filled(name):
    return f"B-{name} {' '.join(draw.choice(VALUES) for _ in range(draw.randint(1, 3)))} E-{name}"


def reference():
    parts = []
    for _ in range(draw.randint(0, 4)):
        parts.append(draw.choice(["play", "please", "by"]))
        if draw.random() < 0.8:
            parts.append(filled(draw.choice(NAMES)))
    return " ".join(parts)


def spoilt(sentence):
    words = []
    for word in sentence.split(" "):
        kind = draw.random()
        if kind < 0.08:
            continue
        if kind < 0.14:
            words.append(word)
        if kind < 0.2 and word[:2] in ("B-", "E-"):
            word = word[:2] + draw.choice(NAMES)
        elif kind < 0.3:
            word = word[:-1] or word
        elif kind < 0.34:
            words.append(filled(draw.choice(NAMES)))
        words.append(word)
    return draw.choice([" ", " ", "  "]).join(words)


pairs = [(r, spoilt(r)) for r in (reference() for _ in range(400))]
pairs += [
    # Missing, repeated, superfluous, empty.
    ("play B-artist sting E-artist", "play sting"),
    ("play B-artist sting E-artist", ""),
    ("", "play B-artist sting E-artist"),
    ("", ""),
    ("play something", "play nothing"),
    ("B-artist sting E-artist and B-artist abba E-artist", "B-artist sting E-artist"),
    ("B-artist sting E-artist", "B-artist stin E-artist B-artist sting E-artist"),
    ("B-artist sting E-artist", "B-artist sting E-artist B-album wall E-album"),
    ("B-artist sting E-artist and B-artist sting E-artist", "B-artist abba E-artist"),
    # Marks without counterparts, empty slots, nested ones.
    ("B-artist sting E-artist", "B-artist sting"),
    ("B-artist sting E-artist", "sting E-artist"),
    ("B-artist sting E-artist", "B-artist E-artist"),
    ("B-artist sting E-artist", "B-artist E-artist x B-artist y E-artist"),
    ("B-artist sting E-artist", "B-artist B-album wall E-album sting E-artist"),
    ("B-artist B-album wall E-album sting E-artist", "B-artist wall sting E-artist"),
    ("B-artist sting E-artist", "B-artist sting E-album abba E-artist"),
    ("B-artist sting E-artist", "B-artist B-artist sting E-artist E-artist"),
    # Names that begin as others do, and marks inside words.
    ("B-art wall E-art", "B-art wall E-artist"),
    ("B-artist wall E-artist", "B-artist wall E-art"),
    ("B-art wall E-art", "xB-art wall E-art"),
    ("B-art wall E-art", "B-art wallE-art x E-art"),
    ("B-art wall E-art", "B- wall E-art"),
    ("B-art wall E-art", "B-art B- wall E- E-art"),
    ("B-art wall E-art", " B-art  wall   E-art "),
    ("B-art a\tb E-art", "B-art a\nb E-art"),
    # So many more characters that s3prl counts the slot as missing.
    ("B-art a E-art", "B-art " + "b" * 99 + " E-art"),
    ("B-art a E-art", "B-art " + "b" * 100 + " E-art"),
    ("B-art a E-art", "B-art " + "b" * 101 + " E-art"),
    ("B-art ab E-art", "B-art " + "c" * 200 + " E-art"),
    # Composed and not, upper and lower case.
    ("B-art é E-art", "B-art e\u0301 E-art"),
    ("B-art Wall E-art", "B-art wall E-art"),
]


def scored(pairs):
    hypotheses, references = [p[1] for p in pairs], [p[0] for p in pairs]
    result = {"f1": slots.slot_type_f1(hypotheses, references)}
    try:
        result["cer"] = slots.slot_value_cer(hypotheses, references)
    except ZeroDivisionError:
        result["cer"] = None
    return result


filling = [
    {"reference": pair[0], "hypothesis": pair[1], **scored([pair])} for pair in pairs
]

# Trials: ties, none, separated, all alike, all wrong, few of a kind.
def trials(targets, others, scores):
    labels = [1] * targets + [0] * others
    values = [float(scores(label)) for label in labels]
    order = draw.sample(range(len(labels)), len(labels))
    labels, values = [labels[i] for i in order], [values[i] for i in order]
    eer, _ = common.compute_eer(labels, values)
    cost, _ = common.compute_minDCF(labels, values)
    return {"labels": labels, "scores": values, "eer": float(eer), "minDCF": float(cost)}


verification = []
for targets, others in [(1, 1), (1, 5), (5, 1), (3, 4), (10, 10), (37, 211), (200, 50)]:
    verification.append(trials(targets, others, lambda label: draw.gauss(1.5 * label, 1)))
    verification.append(trials(targets, others, lambda label: round(draw.gauss(label, 1))))
    verification.append(trials(targets, others, lambda label: draw.gauss(-label, 1)))
    verification.append(trials(targets, others, lambda label: draw.randint(0, 1) + label))
verification.append(trials(4, 6, lambda label: label))
verification.append(trials(4, 6, lambda label: -label))
verification.append(trials(4, 6, lambda label: 0))

with open("s3prl.json", "w") as file:
    json.dump(
        {
            "rates": rates, "texts": texts, "slots": {"all": scored(pairs), "each": filling},
            "verification": verification,
        },
        file, indent=1)
