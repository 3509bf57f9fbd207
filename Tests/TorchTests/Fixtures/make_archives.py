"""Makes archives/*: files of torch.save in each of its forms, and their tensors as safetensors.

Run with torch, numpy, safetensors and omegaconf 2.0.6, the one that fairseq asks for. The stand-in for fairseq's Dictionary has the
attributes of fairseq 0.10's `fairseq/data/dictionary.py`.
"""

import argparse
import collections
import pathlib
import struct
import sys
import types
import zipfile

import numpy
import torch
from omegaconf import OmegaConf
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent / "archives"


class Dictionary:
    def __init__(self):
        self.bos_word, self.unk_word = "<s>", "<unk>"
        self.symbols = ["<s>", "<pad>", "</s>", "<unk>", "7"]
        self.indices = {symbol: index for index, symbol in enumerate(self.symbols)}


def fairseq_dictionary():
    for name in ["fairseq", "fairseq.data", "fairseq.data.dictionary"]:
        sys.modules[name] = types.ModuleType(name)
    Dictionary.__module__ = "fairseq.data.dictionary"
    sys.modules["fairseq.data.dictionary"].Dictionary = Dictionary
    return Dictionary()


def tensors():
    torch.manual_seed(1)
    base = torch.randn(4, 6)
    floats = {
        name: torch.randn(2, 3).to(getattr(torch, name))
        for name in ["float32", "float64", "float16", "bfloat16"]
    }
    whole = {
        name: torch.arange(-3, 3).to(getattr(torch, name))
        for name in ["int64", "int32", "int16", "int8"]
    }
    return collections.OrderedDict(
        **floats,
        **whole,
        uint8=torch.arange(250, 256, dtype=torch.uint8),
        bool=torch.tensor([True, False, True]),
        scalar=torch.tensor(2.5),
        empty=torch.zeros(0, 4),
        base=base,
        transposed=base.t(),
        window=base[1:3, 2:5],
        every_second=base[:, ::2],
        permuted=torch.randn(2, 3, 4).permute(2, 0, 1),
        parameter=torch.nn.Parameter(torch.randn(3)),
    )


def checkpoint():
    model = tensors()
    model._metadata = collections.OrderedDict([("", {"version": 1})])
    return {
        "args": argparse.Namespace(arch="wav2vec2", encoder_layers=12, dropout=0.1, normalize=False),
        "cfg": OmegaConf.create({"model": {"_name": "hubert", "sizes": [1, 2.5, None], "on": True}}),
        "model": model,
        "task_state": {"dictionaries": [fairseq_dictionary()]},
        "best": numpy.float64(0.25),
        "updates": numpy.int64(400000),
        "array": numpy.arange(3),
        "large": 1 << 80,
        "negative": -(1 << 40),
        "text": "größer",
        "raw": b"\x00\xff",
        "set": {1},
        "size": torch.Size([2, 3]),
        "device": torch.device("cpu"),
        "counts": collections.defaultdict(int, a=1),
        "complex": torch.zeros(2, dtype=torch.complex64),
    }


def big_endian(source, target):
    """The zip form as a big-endian machine writes it; only two-byte and four-byte storages."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            data = old.read(info)
            if info.filename.endswith("/byteorder"):
                data = b"big"
            elif "/data/" in info.filename:
                data = numpy.frombuffer(data, "<u4").astype(">u4").tobytes()
            new.writestr(zipfile.ZipInfo(info.filename), data)


def zip64(source, target):
    """The same entries with ZIP64 records throughout, as archives beyond 4 GB have them."""
    with zipfile.ZipFile(source) as old:
        entries = [(info.filename.encode(), old.read(info)) for info in old.infolist()]
    out, directory = b"", b""
    for name, data in entries:
        crc = zipfile.crc32(data)
        extra = struct.pack("<HHQQQ", 1, 24, len(data), len(data), len(out))
        directory += struct.pack(
            "<IHHHHHHIIIHHHHHII", 0x02014B50, 45, 45, 0, 0, 0, 0, crc, 0xFFFFFFFF, 0xFFFFFFFF,
            len(name), len(extra), 0, 0, 0, 0, 0xFFFFFFFF) + name + extra
        extra = extra[:-8][:2] + struct.pack("<HQQ", 16, len(data), len(data))
        out += struct.pack(
            "<IHHHHHIIIHH", 0x04034B50, 45, 0, 0, 0, 0, crc, 0xFFFFFFFF, 0xFFFFFFFF, len(name),
            len(extra)) + name + extra + data
    start = len(out)
    out += directory
    end = len(out)
    out += struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, len(entries), len(entries),
                       len(directory), start)
    out += struct.pack("<IIQI", 0x07064B50, 0, end, 1)
    out += struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    target.write_bytes(out)


def main():
    HERE.mkdir(exist_ok=True)
    object = checkpoint()
    torch.save(object, HERE / "zip.pt")
    torch.save(object, HERE / "legacy.pt", _use_new_zipfile_serialization=False)
    for protocol in [3, 4, 5]:
        torch.save(object, HERE / f"protocol{protocol}.pt", pickle_protocol=protocol)
    torch.save(object, HERE / "legacy4.pt", _use_new_zipfile_serialization=False, pickle_protocol=4)
    small = {"model": {"a": torch.arange(6.0).reshape(2, 3), "b": torch.randn(3).t()}}
    torch.save(small, HERE / "small.pt")
    zip64(HERE / "small.pt", HERE / "zip64.pt")
    big_endian(HERE / "small.pt", HERE / "big_endian.pt")
    save_file({k: v.detach().contiguous().clone() for k, v in tensors().items()},
              HERE / "tensors.safetensors")
    save_file({k: v.contiguous().clone() for k, v in small["model"].items()},
              HERE / "small.safetensors")


main()
