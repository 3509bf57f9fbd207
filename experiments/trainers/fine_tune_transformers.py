"""Stable-FT with PyTorch and transformers: an example of a command (README.md, "Trainers of your own").

    python3 fine_tune_transformers.py request.json

The downsampling module (transformers' feature_extractor) is frozen and runs once over all recordings. For the
first steps only the head learns, then head and encoder together. Parameters of its own, both optional:

    learning-rate: in the place of the recipe's
    layers: how many transformer layers learn, counted from the top; all of them and the rest where absent
"""

import json
import os
import sys
import time

import numpy
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoConfig, AutoModel

SAVE_SECONDS = 60


def say(**line):
    print(json.dumps(line), flush=True)


def load_encoder(request):
    """θ₀ with the recipe's dropout, and its learning tensors."""
    config = AutoConfig.from_pretrained(request["encoder"])
    for name in ["hidden_dropout", "attention_dropout", "activation_dropout", "feat_proj_dropout"]:
        setattr(config, name, request["recipe"]["dropout"])
    config.layerdrop = 0.0
    encoder = AutoModel.from_pretrained(request["encoder"], config=config).float()
    layers = request["parameters"].get("layers")
    encoder.requires_grad_(layers is None)
    encoder.feature_extractor.requires_grad_(False)
    if layers is not None:
        for layer in encoder.encoder.layers[-layers:]:
            layer.requires_grad_(True)
    return encoder.to(request["device"])


def load_data(request, encoder):
    """Downsampled frames (T×C) and output numbers of every utterance, and how many outputs there are."""
    audio = numpy.memmap(request["audio"], dtype="<i2", mode="r")
    with open(request["utterances"], encoding="utf-8") as file:
        utterances = [json.loads(line) for line in file]
    symbols = sorted({symbol for utterance in utterances for symbol in utterance["target"]})
    first = 1 if request["loss"] == "ctc" else 0  # CTC's blank is output 0
    numbers = {symbol: first + index for index, symbol in enumerate(symbols)}
    data = []
    encoder.eval()
    for utterance in utterances:
        start, end = utterance["offset"], utterance["offset"] + utterance["samples"]
        wave = torch.from_numpy(audio[start:end].astype(numpy.float32) / 32768)
        if request["normalise"]:
            wave = (wave - wave.mean()) / torch.sqrt(wave.var(correction=0) + 1e-7)
        # One by one: normalisation over time must not see padding.
        with torch.no_grad():
            frames = encoder.feature_extractor(wave[None].to(request["device"]))[0].T
        targets = torch.tensor([numbers[symbol] for symbol in utterance["target"]])
        data.append((frames, targets))
    return data, first + len(symbols)


class Head(nn.Module):
    """A linear map, the mean over time where there is one answer an utterance, a linear map."""

    def __init__(self, width, head, outputs, is_pooled):
        super().__init__()
        self.projection = nn.Linear(width, head["projection"])
        self.dropout = nn.Dropout(head["dropout"])
        self.output = nn.Linear(head["projection"], outputs)
        self.is_pooled = is_pooled

    def forward(self, hidden, mask):
        hidden = self.projection(hidden)
        if self.is_pooled:
            hidden = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        return self.output(self.dropout(hidden))


def loss_of(batch, encoder, head, request):
    frames, targets = zip(*batch)
    lengths = torch.tensor([len(each) for each in frames], device=frames[0].device)
    padded = pad_sequence(frames, batch_first=True)
    mask = torch.arange(padded.shape[1], device=padded.device)[None] < lengths[:, None]
    hidden = encoder.feature_projection(padded)
    hidden = hidden[0] if isinstance(hidden, tuple) else hidden  # HuBERT's is no tuple
    hidden = encoder.encoder(hidden, attention_mask=mask).last_hidden_state
    outputs = head(hidden, mask)
    if request["loss"] == "cross-entropy":
        return functional.cross_entropy(outputs, torch.cat(targets).to(outputs.device))
    return functional.ctc_loss(
        outputs.log_softmax(-1).transpose(0, 1), torch.cat(targets), lengths.cpu(),
        torch.tensor([len(each) for each in targets]), zero_infinity=True)


def batches(data, seconds, seed):
    """Numbers of utterances, for ever: each pass over the data in an order of its own."""
    limit = seconds * 50  # frames of 20 ms, padding included
    generator = torch.Generator().manual_seed(seed)
    while True:
        batch, longest = [], 0
        for number in torch.randperm(len(data), generator=generator).tolist():
            longest = max(longest, len(data[number][0]))
            if batch and longest * (len(batch) + 1) > limit:
                yield batch
                batch, longest = [], len(data[number][0])
            batch.append(number)
        yield batch


def factor(step, recipe):
    """Linear warm-up, hold, linear decay."""
    steps = recipe["steps"]
    rising = round(recipe["warm-up"] * steps)
    falling = steps - round((recipe["warm-up"] + recipe["hold"]) * steps)
    if step < rising:
        return (step + 1) / rising
    return min(1, (steps - step) / max(1, falling))


def train(request, encoder, head, data):
    recipe = request["recipe"]
    rate = request["parameters"].get("learning-rate", recipe["learning-rate"])
    head_only = round(recipe["head-only"] * recipe["steps"])
    learning = [tensor for tensor in encoder.parameters() if tensor.requires_grad]
    optimiser = torch.optim.Adam(list(head.parameters()) + learning, lr=rate)
    saved = os.path.join(request["scratch"], "state.pt")
    first, last_save = 0, time.monotonic()
    if os.path.exists(saved):  # an earlier attempt was killed
        state = torch.load(saved, weights_only=True)
        first = state["step"]
        encoder.load_state_dict(state["encoder"])
        head.load_state_dict(state["head"])
        optimiser.load_state_dict(state["optimiser"])
    order = batches(data, recipe["batch-seconds"], request["seed"])
    for step in range(recipe["steps"]):
        chosen = [next(order) for _ in range(recipe["accumulate"])]
        if step < first:
            continue
        # Dropout that depends on the step alone, so that going on changes nothing.
        torch.manual_seed(request["seed"] * 1_000_003 + step)
        is_joint = step >= head_only
        encoder.train(is_joint)
        for tensor in learning:
            tensor.requires_grad_(is_joint)
        total = 0.0
        for batch in chosen:
            loss = loss_of([data[number] for number in batch], encoder, head, request) / len(chosen)
            loss.backward()
            total += loss.item()
        if not numpy.isfinite(total):
            sys.exit(f"the loss is {total} at step {step}")
        nn.utils.clip_grad_norm_(list(head.parameters()) + learning, recipe["clip"])
        for group in optimiser.param_groups:
            group["lr"] = rate * factor(step, recipe)
        optimiser.step()
        optimiser.zero_grad()
        if step % 25 == 0 or step == recipe["steps"] - 1:
            say(metric="loss", step=step, value=total)
        say(progress=(step + 1) / recipe["steps"], detail=f"step {step + 1}/{recipe['steps']}")
        if time.monotonic() - last_save > SAVE_SECONDS:
            torch.save(
                {"step": step + 1, "encoder": encoder.state_dict(), "head": head.state_dict(),
                 "optimiser": optimiser.state_dict()}, saved + ".new")
            os.replace(saved + ".new", saved)
            last_save = time.monotonic()


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        request = json.load(file)
    if "recurrent-width" in request["head"] or request["recipe"]["precision"] != "float32":
        sys.exit("this trainer has no recurrent heads and computes in float32 only")
    torch.set_num_threads(request["cores"])
    torch.manual_seed(request["seed"])
    encoder = load_encoder(request)
    data, outputs = load_data(request, encoder)
    head = Head(encoder.config.hidden_size, request["head"], outputs, request["loss"] != "ctc")
    train(request, encoder, head.to(request["device"]), data)
    encoder.save_pretrained(request["output"])


main()
