"""A peer of alphasweep's merge: mergekit's linear on files of any architecture, not synced.

    python merge_mergekit.py <pretrained> <finetuned> <alpha> <output folder>

Prints the milliseconds of one merge, imports not counted, as one JSON object.
"""

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

from mergekit.scripts.merge_raw_pytorch import main

pretrained, finetuned, alpha, output = sys.argv[1:]
configuration = {
    "merge_method": "linear",
    "dtype": "float32",
    "models": [
        {"model": pretrained, "parameters": {"weight": 1 - float(alpha)}},
        {"model": finetuned, "parameters": {"weight": float(alpha)}},
    ],
}
path = Path(output + ".yml")
path.write_text(json.dumps(configuration))
start = time.perf_counter()
main([str(path), output], standalone_mode=False)
milliseconds = 1000 * (time.perf_counter() - start)
print(json.dumps({"milliseconds": milliseconds, "peer": f"mergekit {version('mergekit')}"}))
