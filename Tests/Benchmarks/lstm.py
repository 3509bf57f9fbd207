"""Two BiLSTM layers forward and backward, by torch.nn.LSTM over packed sequences.

    python lstm.py <batch> <frames> <width> <cells> <threads>

Prints the median milliseconds of five times as one JSON object.
"""

import json
import sys
import time

import torch

batch, frames, width, cells, threads = map(int, sys.argv[1:])
torch.set_num_threads(threads)
torch.manual_seed(0)
layers = torch.nn.LSTM(width, cells, num_layers=2, batch_first=True, bidirectional=True)
features = torch.randn(batch, frames, width)
lengths = [frames - row * frames // (2 * batch) for row in range(batch)]
times = []
for _ in range(6):
    start = time.perf_counter()
    packed = torch.nn.utils.rnn.pack_padded_sequence(features, lengths, batch_first=True)
    output, _ = torch.nn.utils.rnn.pad_packed_sequence(layers(packed)[0], batch_first=True)
    output.square().mean().backward()
    times.append(1000 * (time.perf_counter() - start))
print(json.dumps({"milliseconds": sorted(times[1:])[2], "peer": f"torch {torch.__version__}"}))
