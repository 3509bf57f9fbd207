"""Writes layout.safetensors: every supported element type, an empty tensor, a scalar and a name
that JSON must escape, laid out by the reference implementation.

python make_layout.py     (made with torch 2.13, safetensors 0.8)
"""

import pathlib

import torch
from safetensors.torch import save_file

count = torch.arange(6).reshape(2, 3)
save_file(
    {
        "b.float32": count.float() / 4,
        "a.float32": -count.float(),
        "float64": count.double() / 3,
        "float16": count.half() / 2,
        "bfloat16": count.bfloat16() / 2,
        "int64": count - 2**40,
        "int32": count.int() - 3,
        "int16": count.short() - 3,
        "int8": count.char() - 3,
        "uint8": count.byte() + 250,
        "bool": count % 2 == 1,
        "empty": torch.zeros(0, 4),
        "scalar": torch.tensor(2.5),
        'odd "name" \\ \t é': torch.tensor([1.0]),
    },
    pathlib.Path(__file__).parent / "layout.safetensors",
    metadata={"format": "pt"},
)
