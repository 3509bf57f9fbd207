"""Writes narrow.safetensors: matrix work in bfloat16 between float32, as PyTorch's autocast does it.

Outputs are bfloat16 numbers, stored as float32; gradients are those of the float32 leaves.

python make_narrow.py     (made with torch 2.13, safetensors 0.8)
"""

import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

generator = torch.Generator().manual_seed(16)
numbers = {}


def leaf(*shape):
    return torch.randn(*shape, generator=generator).requires_grad_()


def keep(name, y, **leaves):
    weights = torch.cos(torch.arange(y.numel(), dtype=torch.float32)).reshape(y.shape)
    (y.float() * weights).sum().backward()
    numbers[f"{name}.output"] = y.detach().float().contiguous()
    for part, value in leaves.items():
        numbers[f"{name}.{part}"] = value.detach().contiguous()
        numbers[f"{name}.{part}.gradient"] = value.grad.contiguous()


with torch.autocast("cpu", torch.bfloat16):
    x, w, b = leaf(5, 24), leaf(7, 24), leaf(7)
    keep("linear", F.linear(x, w, b), input=x, weight=w, bias=b)
    x, w, b = leaf(2, 6, 30), leaf(8, 6, 5), leaf(8)
    keep("conv", F.conv1d(x, w, b, stride=2), input=x, weight=w, bias=b)
    x, w = leaf(3, 9, 16), leaf(3, 16, 11)
    keep("matmul", x @ w, input=x, weight=w)

save_file(numbers, pathlib.Path(__file__).with_name("narrow.safetensors"))
