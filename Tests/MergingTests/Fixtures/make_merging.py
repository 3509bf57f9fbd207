"""Makes the fixtures of the merging tests with torch: python make_merging.py

pretrained, one, two, three: checkpoints of one shape with every floating-point type, an integer, and a head.
linear-α: mergekit's linear as its releases to 0.1.4 compute it, `(weights * tensors).sum(dim=0)` in
    float32, except where all products are −0.0 (their sum is −0.0 here and +0.0 there, because torch sums from +0).
    From 0.1.5 on mergekit uses addcmul_, which fuses on some processors: it differs in the last place.
task-arithmetic-α and ties-α: the formulas of MergeMethod, operation by operation.
float16 and bfloat16 are widened to float32 and rounded once at the end.
"""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

FOLDER = Path(__file__).parent
DENSITY = 0.3


def wide(x):
    return x if x.dtype == torch.float64 else x.float()


def checkpoint(seed):
    g = torch.Generator().manual_seed(seed)

    def normal(*shape, dtype=torch.float32, scale=1.0):
        return (scale * torch.randn(shape, generator=g, dtype=torch.float64)).to(dtype)

    half = normal(301, dtype=torch.float16)
    # Subnormals, the largest numbers, and sums that are rounded to infinity or to zero.
    half[:8] = torch.tensor([6e-8, -3e-5, 65504, -65504, 1e-7, 0.0, -0.0, 6.1e-5]) * (1 - 0.001 * seed)
    brain = normal(257, dtype=torch.bfloat16)
    brain[:3] = torch.tensor([3.38e38, -3.38e38, 1e-40])
    coarse = torch.randint(-3, 4, (40, 5), generator=g).float() / 4  # many equal magnitudes
    single = normal(33, 7)
    single[0, :3] = torch.tensor([-0.0, 0.0, 1e-40])
    return {
        "coarse": coarse,
        "double": normal(50, dtype=torch.float64),
        "half": half,
        "brain": brain,
        "single": single,
        "tiny": normal(2),
        "empty": torch.zeros(0, 3),
        "steps": torch.tensor([7, -1]),
        "final_proj.weight": normal(3, 4),
    }


def linear(before, afters, alpha):
    (after,) = afters
    tensors = torch.stack([wide(before), wide(after)])
    weights = torch.tensor([1 - alpha, alpha], dtype=tensors.dtype)
    products = weights.reshape(2, *[1] * before.dim()) * tensors
    merged = products.sum(dim=0)
    zeros = (products == 0).all(dim=0) & torch.signbit(products).all(dim=0)
    return torch.where(zeros, torch.tensor(-0.0, dtype=merged.dtype), merged)


def along(before, direction, alpha):
    return wide(before) + alpha * direction


def task_arithmetic(before, afters, alpha):
    vectors = [wide(after) - wide(before) for after in afters]
    total = vectors[0]
    for vector in vectors[1:]:
        total = total + vector
    return along(before, total / len(vectors), alpha)


def ties(before, afters, alpha):
    vectors = []
    for after in afters:
        vector = wide(after) - wide(before)
        kept = min(vector.numel(), max(1, int(DENSITY * vector.numel())))
        order = torch.sort(vector.abs().flatten(), descending=True, stable=True).indices[:kept]
        mask = torch.zeros(vector.numel(), dtype=torch.bool)
        mask[order] = True
        vectors.append(torch.where(mask.reshape(vector.shape), vector, torch.zeros_like(vector)))
    votes = vectors[0]
    for vector in vectors[1:]:
        votes = votes + vector
    sign = torch.where(votes >= 0, 1.0, -1.0)
    total, number = torch.zeros_like(votes), torch.zeros_like(votes)
    for vector in vectors:
        agrees = torch.sign(vector) == sign
        total = torch.where(agrees, total + vector, total)
        number = number + agrees
    mean = torch.where(number == 0, torch.zeros_like(total), total / number)
    return along(before, mean, alpha)


def merge(method, names, alpha):
    theta = load_file(FOLDER / "pretrained.safetensors")
    others = [load_file(FOLDER / f"{name}.safetensors") for name in names]
    merged = {}
    for name, before in theta.items():
        if not before.is_floating_point() or name.startswith("final_proj"):
            merged[name] = before
        else:
            merged[name] = method(before, [other[name] for other in others], alpha).to(before.dtype)
    title = method.__name__.replace("_", "-")
    save_file(merged, FOLDER / f"{title}-{alpha}.safetensors")


if __name__ == "__main__":
    for seed, name in enumerate(["pretrained", "one", "two", "three"]):
        save_file(checkpoint(seed), FOLDER / f"{name}.safetensors")
    for alpha in (0.1, 0.25, 0.7):
        merge(linear, ["one"], alpha)
    for method in (task_arithmetic, ties):
        merge(method, ["one", "two", "three"], 0.3)
