"""Small recordings in several containers, and Hugging Face's normalisation of one.

A 440 Hz tone of 0.25 s in both channels, the right one at half the left one's amplitude, at 22,050 Hz.
empty.ogg is a Vorbis stream with headers and no sound.
"""

import json

import numpy as np
import soundfile
from transformers import Wav2Vec2FeatureExtractor

RATE = 22050
time = np.arange(RATE // 4) / RATE
tone = 0.5 * np.sin(2 * np.pi * 440 * time)
stereo = np.stack([tone, tone / 2], axis=1)
soundfile.write("tone.wav", stereo, RATE, subtype="PCM_16")
soundfile.write("tone.flac", stereo, RATE, subtype="PCM_16")
soundfile.write("tone.ogg", stereo, RATE, format="OGG", subtype="VORBIS")
soundfile.write("tone48.opus", np.repeat(stereo, 2, axis=0), 48000, format="OGG", subtype="OPUS")
soundfile.write("empty.ogg", stereo[:0], RATE, format="OGG", subtype="VORBIS")

samples = (0.1 * np.random.default_rng(1).standard_normal(50) + 0.02).astype(np.float32)
extractor = Wav2Vec2FeatureExtractor(do_normalize=True)
normalised = extractor(samples, sampling_rate=16000, return_tensors="np").input_values[0]
with open("normalised.json", "w") as file:
    json.dump({"samples": samples.tolist(), "normalised": normalised.tolist()}, file)
