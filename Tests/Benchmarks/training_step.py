"""The peer of alphasweep's training step: one training step of transformers' HubertModel.

    python training_step.py <tiny|base> <batch> <seconds> <threads> <steps> [<device> [bfloat16] [checkpointing]]

Prints the median milliseconds of a step (forward, backward, clipping, Adam) and the peak of main memory as
one JSON object.
"""

import json
import resource
import statistics
import sys
import time

import torch
import transformers
from transformers import HubertConfig, HubertModel

size = sys.argv[1]
batch, seconds, threads, steps = (int(argument) for argument in sys.argv[2:6])
device = torch.device(sys.argv[6] if len(sys.argv) > 6 else "cpu")
torch.set_num_threads(threads)
torch.manual_seed(0)
SIZES = {
    "tiny": dict(
        conv_dim=[64] * 7, hidden_size=192, num_hidden_layers=4, num_attention_heads=4,
        intermediate_size=768, num_conv_pos_embeddings=128, num_conv_pos_embedding_groups=16),
    "base": {},
}
config = HubertConfig(
    **SIZES[size], hidden_dropout=0.1, attention_dropout=0.1, activation_dropout=0.1,
    feat_proj_dropout=0.1, layerdrop=0.0, apply_spec_augment=False,
)
model = HubertModel(config).train().to(device)
if "checkpointing" in sys.argv:
    model.gradient_checkpointing_enable()
optimiser = torch.optim.Adam(model.parameters(), lr=1e-4)
waveforms = torch.randn(batch, seconds * 16_000).to(device)
times = []
for step in range(steps + 2):
    start = time.perf_counter()
    with torch.autocast(device.type, torch.bfloat16, enabled="bfloat16" in sys.argv):
        loss = model(waveforms).last_hidden_state.float().square().mean()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    optimiser.zero_grad()
    loss.item()
    times.append(time.perf_counter() - start)
peer = f"transformers {transformers.__version__}, torch {torch.__version__}"
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
print(json.dumps({
    "milliseconds": 1000 * statistics.median(times[2:]), "peer": peer, "peakMegabytes": peak}))
