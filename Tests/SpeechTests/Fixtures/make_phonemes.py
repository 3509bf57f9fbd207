"""What the program espeak-ng 1.51 says of sentences: writes phonemes.json.

Its output is cleaned here in another way than in the tested code: split first, then filtered.
"""

import json
import re
import subprocess

SENTENCES = {
    "nl": [
        "Dat is het wrak van het passagiersvliegtuig LC-10 Lemura.",
        "Kijk eens: een hele school vissen, en niemand die oplet!",
        "Wat een computer... 25 jaar oud?",
        "Het e-mailadres van John Smith staat op het weekend.",
        "Zijn ruggengraat is drieëntwintig centimeter lang; bah.",
    ],
    "cs": [
        "Co je to za podivnou loď?",
        "Prst skrz krk, vlk zmrzl, hrst zrn.",
        "Tohle je vrak civilního letadla LC-10 Lemura.",
        "Příliš žluťoučký kůň úpěl ďábelské ódy.",
        "To bude asi software od firmy Microsoft, ne?",
    ],
}


def phones(voice, text):
    command = ["espeak-ng", "-v", voice, "-q", "--ipa", "--sep=_", text]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    tokens = re.split(r"[_\s]+", re.sub(r"\([^)]*\)", "", output))
    return [token for token in (re.sub("[ˈˌ\u200d-]", "", token) for token in tokens) if token]


result = [
    {"voice": voice, "text": text, "phones": phones(voice, text)}
    for voice, texts in SENTENCES.items()
    for text in texts
]
with open("phonemes.json", "w") as file:
    json.dump(result, file, ensure_ascii=False, indent=1)
