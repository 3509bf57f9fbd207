"""The peer of alphasweep's CKA: linear CKA in feature space with numpy, in float64.

    python similarity.py <pairs> <frames> <width> <threads>

Prints the median milliseconds of all pairs over three times, as one JSON object. Threads are those of
the environment's OPENBLAS_NUM_THREADS; the argument is only told.
"""

import json
import statistics
import sys
import time

import numpy as np

pairs, frames, width, threads = (int(argument) for argument in sys.argv[1:5])
generator = np.random.default_rng(0)
reference, other = (generator.standard_normal((frames, width), dtype=np.float32) for _ in range(2))


def linear_cka(x, y):
    """Kornblith et al. 2019; float64 as ours. numpy multiplies a matrix by its own transpose in half."""
    x, y = x.astype(np.float64), y.astype(np.float64)
    x -= x.mean(0)
    y -= y.mean(0)
    return np.linalg.norm(x.T @ y) ** 2 / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y))


times = []
for _ in range(3):
    start = time.perf_counter()
    for _ in range(pairs):
        linear_cka(reference, other)
    times.append(time.perf_counter() - start)
print(json.dumps({"milliseconds": 1000 * statistics.median(times), "peer": f"numpy {np.__version__}"}))
