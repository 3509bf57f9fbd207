"""Writes numbers.safetensors: PyTorch's own results for the layers, losses and optimisers under test.

python make_numbers.py     (made with torch 2.13, safetensors 0.8)
"""

import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent
generator = torch.Generator().manual_seed(20250212)
numbers = {}


def draw(*shape):
    return torch.randn(*shape, generator=generator)


def keep(name, value):
    numbers[name] = value.detach().clone().contiguous()


def keep_gradients(prefix, output, **leaves):
    """Weights the output by fixed numbers, so that every element matters to the gradient."""
    weights = torch.cos(torch.arange(output.numel(), dtype=torch.float32)).reshape(output.shape)
    (output * weights).sum().backward()
    keep(f"{prefix}.output", output)
    for name, leaf in leaves.items():
        keep(f"{prefix}.{name}", leaf)
        keep(f"{prefix}.{name}.gradient", leaf.grad)


def leaf(*shape):
    return draw(*shape).requires_grad_()


# Layers
x, w, b = leaf(2, 3, 5), leaf(4, 5), leaf(4)
keep_gradients("linear", F.linear(x, w, b), input=x, weight=w, bias=b)

x, w, b = leaf(2, 3, 8), leaf(8), leaf(8)
keep_gradients("layer-norm", F.layer_norm(x, (8,), w, b, 1e-5), input=x, weight=w, bias=b)

x, w, b = leaf(2, 6, 7), leaf(6), leaf(6)
keep_gradients("group-norm", F.group_norm(x, 3, w, b, 1e-5), input=x, weight=w, bias=b)

x, w, b = leaf(2, 4, 19), leaf(6, 2, 3), leaf(6)
y = F.conv1d(x, w, b, stride=2, padding=1, dilation=2, groups=2)
keep_gradients("conv1d", y, input=x, weight=w, bias=b)

x = (draw(40) * 3).requires_grad_()
keep_gradients("gelu", F.gelu(x), input=x)

q, k, v = leaf(2, 3, 5, 4), leaf(2, 3, 6, 4), leaf(2, 3, 6, 4)
mask = torch.zeros(2, 1, 1, 6)
mask[1, :, :, 4:] = -torch.inf
y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
keep("attention.mask", mask)
keep_gradients("attention", y, query=q, key=k, value=v)

# A two-layer bidirectional LSTM over padded and over packed utterances
lstm = torch.nn.LSTM(5, 4, num_layers=2, bidirectional=True, batch_first=True)
for parameter in lstm.parameters():
    parameter.data = draw(*parameter.shape) * 0.5
x = leaf(3, 7, 5)
names = {name.replace("_", "-"): value for name, value in lstm.named_parameters()}
keep_gradients("lstm", lstm(x)[0], input=x, **names)
x.grad = None
lstm.zero_grad()
lengths = torch.tensor([4, 7, 2])
packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, True, enforce_sorted=False)
y = torch.nn.utils.rnn.pad_packed_sequence(lstm(packed)[0], True, total_length=7)[0]
keep_gradients("lstm-packed", y, input=x, **names)

# Losses
logits = leaf(9, 3, 6)
targets = torch.tensor([[1, 2, 2, 5], [3, 3, 0, 0], [1, 2, 3, 4]])
frames, labels = torch.tensor([9, 6, 3]), torch.tensor([4, 2, 4])  # the third cannot be aligned
keep("ctc.targets", targets)
each = F.ctc_loss(logits.log_softmax(-1), targets, frames, labels, 0, "none")
keep("ctc.each", each)
loss = F.ctc_loss(logits.log_softmax(-1), targets, frames, labels, 0, "mean", zero_infinity=True)
loss.backward()
keep("ctc.logits", logits)
keep("ctc.mean", loss)
keep("ctc.gradient", logits.grad)

logits = leaf(5, 4)
targets = torch.tensor([3, -1, 0, 2, -1])
loss = F.cross_entropy(logits, targets, ignore_index=-1)
loss.backward()
keep("cross-entropy.targets", targets)
keep("cross-entropy.logits", logits)
keep("cross-entropy.mean", loss)
keep("cross-entropy.gradient", logits.grad)
keep("cross-entropy.each", F.cross_entropy(logits, targets, ignore_index=-1, reduction="none"))

# Optimisers: 200 steps whose gradients are given, so that only the update is under test
start, gradients = draw(37), draw(200, 37)
keep("adam.start", start)
keep("adam.gradients", gradients)
for name, make in {
    "adam": lambda p: torch.optim.Adam(p, lr=1e-2),
    "adam-l2": lambda p: torch.optim.Adam(p, lr=1e-2, betas=(0.8, 0.98), eps=1e-6, weight_decay=0.1),
    "adamw": lambda p: torch.optim.AdamW(p, lr=1e-2, weight_decay=0.1),
}.items():
    parameter = start.clone().requires_grad_()
    optimiser = make([parameter])
    for step, gradient in enumerate(gradients):
        optimiser.param_groups[0]["lr"] = 1e-2 * (1 - step / 200)
        parameter.grad = gradient.clone()
        optimiser.step()
    keep(f"{name}.end", parameter)

pieces = [leaf(11), leaf(3, 5)]
sum((piece * piece).sum() for piece in pieces).backward()
keep("clip.first", pieces[0])
keep("clip.second", pieces[1])
keep("clip.norm", torch.nn.utils.clip_grad_norm_(pieces, 1.5))
keep("clip.first.gradient", pieces[0].grad)
keep("clip.second.gradient", pieces[1].grad)

# Spectra and linear algebra
signal = draw(3, 20)
keep("spectrum.signal", signal)
keep("spectrum.power", torch.fft.rfft(signal, 32).abs() ** 2)
root = draw(6, 6).double()
matrix, right = root @ root.T + torch.eye(6).double(), draw(6, 2).double()
keep("solve.matrix", matrix)
keep("solve.right", right)
keep("solve.solution", torch.linalg.solve(matrix, right))
keep("solve.eigenvalues", torch.linalg.eigvalsh(matrix))

save_file(numbers, HERE / "numbers.safetensors")
