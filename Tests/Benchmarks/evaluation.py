"""The plain way to an evaluation: the frozen encoder runs again for every step of the head.

    python evaluation.py <folder> <checkpoint> <threads> [<steps>]

Reads what `alphasweep-bench evaluation` left in the folder (decoded recordings, first weights of the head, batches,
targets), trains the same head on the same batches with transformers' HubertModel under it, as s3prl does, and scores
the same test. Prints milliseconds, the metric, and how many answers are others than alphasweep's as one JSON object.
Waveforms are normalised where the encoder's feature extractor does so. Utterances go through the convolutions one by
one, so that GroupNorm sees no padding, and through the transformer in batches. Head dropout is 0 in these tasks.

With <steps>, so many steps and batches of the test are timed, and all others are said to take as long: no metric then.
"""

import json
import sys
import time

import numpy as np
import torch
import transformers
from safetensors.torch import load_file
from transformers import HubertModel

folder, checkpoint, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
torch.set_num_threads(threads)


def read(name):
    with open(f"{folder}/{name}.json") as file:
        return json.load(file)


recipe, batches, targets, test = read("recipe"), read("batches"), read("targets"), read("test")
answers = read("answers")
pooled = recipe["isPooled"] == 1
corpus = read("corpus")[0]
with open(f"{corpus}/manifest.jsonl") as file:
    utterances = {line["id"]: line for line in map(json.loads, file)}
audio = np.memmap(f"{corpus}/audio.s16", dtype="<i2", mode="r")
model = HubertModel.from_pretrained(checkpoint).eval()
head = {name: tensor.clone().requires_grad_() for name, tensor in load_file(f"{folder}/head.safetensors").items()}
optimiser = torch.optim.Adam(list(head.values()), lr=recipe["learningRate"])

# What enters the first layer, and what leaves each.
states = []
model.encoder.layers[0].register_forward_pre_hook(lambda layer, given: states.append(given[0]))
for layer in model.encoder.layers:
    layer.register_forward_hook(
        lambda layer, given, left: states.append(left[0] if isinstance(left, tuple) else left))


def samples(name):
    line = utterances[name]
    part = audio[line["offset"] : line["offset"] + line["samples"]]
    wave = part.astype(np.float64) / 32768
    if recipe["normalises"]:  # as transformers' Wav2Vec2FeatureExtractor
        wave = (wave - wave.mean()) / np.sqrt(wave.var() + 1e-7)
    return torch.from_numpy(wave.astype(np.float32))


@torch.no_grad()
def encode(names):
    """All hidden states, layers x batch x frames x width, and the frames of each utterance."""
    frames = [model.feature_extractor(samples(name)[None]).transpose(1, 2)[0] for name in names]
    lengths = torch.tensor([len(one) for one in frames])
    padded = torch.nn.utils.rnn.pad_sequence(frames, batch_first=True)
    mask = torch.arange(padded.shape[1])[None] < lengths[:, None]
    projected = model.feature_projection(padded)
    if isinstance(projected, tuple):
        projected = projected[0]
    states.clear()
    model.encoder(projected, attention_mask=mask)
    return torch.stack(states), lengths


def outputs(names):
    states, lengths = encode(names)
    mixed = torch.einsum("l,lbtd->btd", head["layers"].softmax(0), states)
    mixed = mixed @ head["projection.weight"].T + head["projection.bias"]
    if pooled:
        mask = torch.arange(mixed.shape[1])[None] < lengths[:, None]
        mixed = (mixed * mask[..., None]).sum(1) / lengths[:, None]
    return mixed @ head["output.weight"].T + head["output.bias"], lengths


def loss(names):
    result, lengths = outputs(names)
    numbers = [targets[name] for name in names]
    if pooled:
        return torch.nn.functional.cross_entropy(result, torch.tensor([one[0] for one in numbers]))
    flat = torch.tensor([number for one in numbers for number in one])
    return torch.nn.functional.ctc_loss(
        result.log_softmax(2).transpose(0, 1), flat, lengths, torch.tensor([len(one) for one in numbers]),
        zero_infinity=True)


def errors(reference, said):
    row = list(range(len(said) + 1))
    for i, token in enumerate(reference):
        last, row[0] = row[0], i + 1
        for j, other in enumerate(said):
            last, row[j + 1] = row[j + 1], min(row[j + 1] + 1, row[j] + 1, last + (token != other))
    return row[-1]


size = len(batches[0])
tests = [test[at : at + size] for at in range(0, len(test), size)]
some = int(sys.argv[4]) if len(sys.argv) > 4 else None
# Spread, since batches are of like length.
shown = batches[:: max(1, len(batches) // some)][:some] if some else batches
tested = tests[:: max(1, len(tests) // some)][:some] if some else tests
start = time.perf_counter()
for names in shown:
    optimiser.zero_grad()
    loss(names).backward()
    torch.nn.utils.clip_grad_norm_(list(head.values()), recipe["clip"])
    optimiser.step()
trained = time.perf_counter() - start
wrong = total = differing = 0
with torch.no_grad():
    for names in tested:
        result, lengths = outputs(names)
        best = result.argmax(-1)
        for row, name in enumerate(names):
            if pooled:
                wrong += int(best[row] != targets[name][0])
                differing += int(best[row] != answers[name][0])
                total += 1
                continue
            path = best[row, : lengths[row]].tolist()
            said = [one for one, before in zip(path, [0] + path) if one != before and one != 0]
            wrong += errors(targets[name], said)
            differing += int(said != answers[name])
            total += len(targets[name])
seconds = time.perf_counter() - start
if some:
    seconds = trained * len(batches) / len(shown) + (seconds - trained) * len(tests) / len(tested)
    print(json.dumps({"milliseconds": 1000 * seconds, "peer": f"transformers {transformers.__version__}"}))
    sys.exit()
share = 100 * wrong / total
print(json.dumps({
    "milliseconds": 1000 * seconds, "peer": f"transformers {transformers.__version__}, encoder at every step",
    "metric": 100 * (total - wrong) / total if pooled else share, "answers": len(test), "differing": differing}))
