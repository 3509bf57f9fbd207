"""Mel energies and MFCC of a short waveform by kaldi-native-fbank, differences by torchaudio's formula.

python make_features.py writes features.safetensors; it needs numpy, safetensors and
kaldi-native-fbank 1.22.
"""

import kaldi_native_fbank as kaldi
import numpy as np
from safetensors.numpy import save_file


def waveform(seconds=0.4, rate=16000):
    """Two gliding tones, noise, a constant offset, and a silent stretch that meets the floor."""
    generator = np.random.default_rng(7)
    time = np.arange(int(seconds * rate)) / rate
    tones = 0.3 * np.sin(2 * np.pi * (200 * time + 900 * time**2))
    tones += 0.1 * np.sin(2 * np.pi * (3000 * time - 2000 * time**2))
    samples = tones + 0.01 * generator.standard_normal(len(time)) + 0.05
    samples[2000:2900] = 0
    return samples.astype(np.float32)


def frames(extractor, samples):
    extractor.accept_waveform(16000, samples.tolist())
    extractor.input_finished()
    rows = [extractor.get_frame(index) for index in range(extractor.num_frames_ready)]
    return np.stack(rows).astype(np.float32)


def options(of, bins, window, snip_edges):
    of.frame_opts.dither = 0
    of.frame_opts.window_type = window
    of.frame_opts.snip_edges = snip_edges
    of.mel_opts.num_bins = bins
    of.use_energy = False
    return of


def differences(values):
    """torchaudio.functional.compute_deltas with its default of five frames."""
    wide = np.pad(values.astype(np.float64), ((2, 2), (0, 0)), mode="edge")
    count = len(values)
    near = wide[3 : 3 + count] - wide[1 : 1 + count]
    far = wide[4 : 4 + count] - wide[0:count]
    return ((near + 2 * far) / 10).astype(np.float32)


samples = waveform()
tensors = {"waveform": samples}
for window in ("povey", "hamming"):
    for snip_edges in (True, False):
        extractor = kaldi.OnlineFbank(options(kaldi.FbankOptions(), 80, window, snip_edges))
        tensors[f"fbank.{window}.{'snip' if snip_edges else 'whole'}"] = frames(extractor, samples)
for snip_edges in (True, False):
    cepstra = frames(
        kaldi.OnlineMfcc(options(kaldi.MfccOptions(), 23, "povey", snip_edges)), samples
    )
    first = differences(cepstra)
    whole = np.concatenate([cepstra, first, differences(first)], axis=1)
    tensors[f"mfcc.{'snip' if snip_edges else 'whole'}"] = whole
save_file(tensors, "features.safetensors")
