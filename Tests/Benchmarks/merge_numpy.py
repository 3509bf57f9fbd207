"""A peer of alphasweep's merge: the same formula with numpy and safetensors, all in memory.

    python merge_numpy.py <pretrained> <finetuned> <alpha> <output>

Prints the median milliseconds of three merges, not synced, as one JSON object.
"""

import json
import statistics
import sys
import time

import numpy as np
from safetensors.numpy import load_file, save_file

pretrained, finetuned, alpha, output = sys.argv[1:]
keep, take = np.float32(1 - float(alpha)), np.float32(float(alpha))

times = []
for _ in range(3):
    start = time.perf_counter()
    before, after = load_file(pretrained), load_file(finetuned)
    save_file({name: keep * x + take * after[name] for name, x in before.items()}, output)
    times.append(time.perf_counter() - start)
print(json.dumps({"milliseconds": 1000 * statistics.median(times), "peer": f"numpy {np.__version__}"}))
