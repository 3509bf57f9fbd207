"""Writes kernels.safetensors: PyTorch's results where alphasweep computes by another way.

Computed in float64 and stored as float32: the fixture is the number itself, not one way to round it.

python make_kernels.py     (made with torch 2.13, safetensors 0.8)
"""

import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

generator = torch.Generator().manual_seed(20250213)
numbers = {}


def keep(name, value):
    numbers[name] = value.detach().float().contiguous()


def leaf(*shape, scale=1.0):
    drawn = torch.randn(*shape, generator=generator) * scale
    return drawn.double().requires_grad_()


# A grouped convolution under one block of outputs, over several, and with an odd kernel.
for name, frames, kernel in (("short", 21, 48), ("long", 300, 48), ("odd", 130, 33)):
    x, w, b = leaf(2, 12, frames), leaf(8, 3, kernel, scale=0.1), leaf(8)
    y = F.conv1d(x, w, b, padding=kernel // 2, groups=4)
    (y * torch.cos(torch.arange(y.numel(), dtype=torch.float64)).reshape(y.shape)).sum().backward()
    keep(f"{name}.output", y)
    for part, value in (("input", x), ("weight", w), ("bias", b)):
        keep(f"{name}.{part}", value)
        keep(f"{name}.{part}.gradient", value.grad)

# CTC: repeated symbols, an empty target, and one that fits its frames exactly.
targets = [[3, 3, 1, 7, 7, 7, 2], [5], [], [4, 1, 4, 1, 2, 2]]
frames = [60, 12, 9, 7]
symbols = [len(target) for target in targets]
flat = torch.tensor(sum(targets, []))
logits = leaf(60, 4, 9, scale=3.0)
each = F.ctc_loss(logits.log_softmax(-1), flat, torch.tensor(frames), torch.tensor(symbols), 0, "none")
(each * torch.tensor([1.0, -2.0, 0.5, 3.0], dtype=torch.float64)).sum().backward()
keep("ctc.logits", logits)
keep("ctc.each", each)
keep("ctc.gradient", logits.grad)

# CTC whose paths have probabilities below the least double: blanks e^25 times likelier than symbols.
logits = leaf(120, 1, 5)
with torch.no_grad():
    logits[..., 0] += 25
target = torch.tensor([1 + i % 4 for i in range(50)])
loss = F.ctc_loss(logits.log_softmax(-1), target, torch.tensor([120]), torch.tensor([50]), 0)
loss.backward()
keep("unlikely.logits", logits)
keep("unlikely.loss", loss)
keep("unlikely.gradient", logits.grad)

# The same near the edge, where only states of no consequence fall below the least double.
logits = leaf(150, 1, 5)
with torch.no_grad():
    logits[..., 0] += 11
target = torch.tensor([1 + i % 4 for i in range(58)])
loss = F.ctc_loss(logits.log_softmax(-1), target, torch.tensor([150]), torch.tensor([58]), 0)
loss.backward()
keep("edge.logits", logits)
keep("edge.loss", loss)
keep("edge.gradient", logits.grad)

save_file(numbers, pathlib.Path(__file__).parent / "kernels.safetensors")
