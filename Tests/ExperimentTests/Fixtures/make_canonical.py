"""Canonical texts and SHA-256 by Python: json with sorted keys and no spaces, hashlib.

Writes canonical.json beside this script: cases of {value, text, sha256}, and one whole stage
identity with the key that it must have.
"""

import hashlib
import json
import pathlib


def canonical(value):
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda member: member[0].encode())
        return "{" + ",".join(canonical(k) + ":" + canonical(v) for k, v in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return json.dumps(value, ensure_ascii=False)


def case(value):
    text = canonical(value)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {"value": value, "text": text, "sha256": digest}


identity = {
    "kind": "fine-tune",
    "revision": 1,
    "seed": "1",
    "inputs": {
        "encoder": {"content": "ab" * 32},
        "corpus": {"stage": "cd" * 32},
        "start": {"stage": "ef" * 32, "entry": "checkpoints/40"},
    },
    "parameters": {"alpha": 0.25, "steps": 600, "splits": ["train", "test"]},
}

cases = [
    None,
    True,
    0,
    -7,
    600.0,
    0.1,
    1e-3,
    1.7976931348623157e308,
    1e22,
    "",
    'quotes " and \\ and / and \n\r\t',
    "\u0001\u001f",
    "α ㄅㄚ \U0001f41f é e\u0301",
    [],
    {},
    [1, [2.5, "x"], {"b": None, "a": False}],
    {"b": 1, "a": 2, "B": 3, "aa": 4, "ä": 5, "ㄅ": 6, "\U0001f41f": 7, "\uffee": 8},
    identity,
]

pathlib.Path(__file__).with_name("canonical.json").write_text(
    json.dumps([case(value) for value in cases], ensure_ascii=False, indent=1) + "\n"
)
