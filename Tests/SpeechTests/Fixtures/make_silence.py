"""What sox leaves of recordings with pauses, for SilenceRemovalTests: needs Debian's sox 14.4.2.

silence.wav holds three recordings one after the other, of so many samples as silence.json says. Of what sox leaves of
each, silence.json has the number of samples and the SHA-256 of them as little-endian 32-bit integers.
"""

import hashlib
import json
import subprocess

import numpy as np
import soundfile

RATE = 16000
random = np.random.default_rng(5)


def tone(samples, loudness):
    return loudness * np.sin(2 * np.pi * 220 * np.arange(samples) / RATE)


def hiss(samples, loudness):
    return random.normal(0, loudness, samples)


recordings = {
    # Hum, speech, a long pause, a click too short to begin with, a pause, a fade, a short pause, speech, a pause.
    "pauses": [
        tone(1000, 0.0005), tone(2500, 0.3), hiss(3000, 0.0003), tone(900, 0.2), np.zeros(2000),
        tone(4000, 0.1) * np.linspace(1, 0, 4000), hiss(2500, 0.002), np.zeros(900), tone(2000, 0.9), np.zeros(1000)],
    "nothing loud": [hiss(2000, 0.0004), tone(1200, 0.5)],
    "loud to the end": [np.zeros(500), hiss(3000, 0.0021) + 0.001, np.zeros(1200), tone(1800, 0.02)],
}
facts, joined = [], []
for name, parts in recordings.items():
    samples = np.concatenate(parts)
    joined.append(samples)
    soundfile.write("part.wav", samples, RATE, subtype="PCM_16")
    words = "sox -D part.wav -b 32 -e signed -t raw -L kept.raw gain -3.0 silence 1 0.1 0.1% -1 0.1 0.1%"
    subprocess.run(words.split(), check=True)
    with open("kept.raw", "rb") as file:
        kept = file.read()
    facts.append({
        "name": name, "samples": len(samples), "kept": len(kept) // 4, "sha256": hashlib.sha256(kept).hexdigest()})
soundfile.write("silence.wav", np.concatenate(joined), RATE, subtype="PCM_16")
with open("silence.json", "w") as file:
    json.dump(facts, file, indent=1)
subprocess.run(["rm", "part.wav", "kept.raw"], check=True)
