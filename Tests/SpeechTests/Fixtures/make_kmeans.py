"""Lloyd's algorithm by scipy in float64 from given centres: writes kmeans.safetensors."""

import numpy as np
from safetensors.numpy import save_file
from scipy.cluster.vq import kmeans2, vq

generator = np.random.default_rng(11)
centres = generator.normal(size=(6, 5)) * 2
frames = (centres[generator.integers(0, 6, 600)] + generator.normal(size=(600, 5))).astype(np.float32)
start = frames[[3, 77, 150, 290, 410, 599]]
tensors = {"frames": frames, "start": start}
for rounds in (1, 8):
    moved, _ = kmeans2(frames.astype(np.float64), start.astype(np.float64), iter=rounds, minit="matrix")
    assignment, _ = vq(frames.astype(np.float64), moved)
    tensors[f"centres.{rounds}"] = moved
    tensors[f"assignment.{rounds}"] = assignment.astype(np.int64)
save_file(tensors, "kmeans.safetensors")
