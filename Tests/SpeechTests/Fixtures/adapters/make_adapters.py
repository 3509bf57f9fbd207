"""Makes encoder.json, encoder.safetensors, and for LoRA and DoRA <kind>.safetensors and the folder <kind>
as peft's `save_pretrained` writes it: a small HuBERT with random weights and random adapters of all its
linear maps, and what peft computes with them.

    pip install torch transformers peft safetensors
    python make_adapters.py

B and DoRA's magnitudes are drawn too: at peft's own first values, B = 0, every adapter is the identity.

encoder.safetensors:
    weight.<name>      the checkpoint's tensors
    waveform           1×N, as the model takes it
    direction          1×T×D

<kind>.safetensors, where parameters have the names of the adapter file without `base_model.model.`:
    state.<l>          1×T×D: the inputs of the layers and the encoder's output
    gradient.<name>    of Σ direction · state.<last> by a parameter of the adapters, in float64
    merged.<name>      a weight after `merge_and_unload`
    layer.<what>       of peft's linear layer in training: input ...×in, weight, bias, A, B and (for DoRA)
                       magnitude, `dropped`, which its dropout is made to give for the input, output,
                       and gradient.input, gradient.dropped, gradient.A, gradient.B, gradient.magnitude
                       of Σ direction · output, with layer.direction
"""

import json
import os
import shutil
import sys

import peft
import torch
from safetensors.torch import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "encoders"))
from make_encoders import reference, states, waveforms  # noqa: E402

TARGETS = ["q_proj", "k_proj", "v_proj", "out_proj", "intermediate_dense", "output_dense"]
PREFIX = "base_model.model."


def encoder():
    return reference(("hubert", {}))


def plain(name):
    """The name that the adapter file gives a parameter, without its prefix."""
    name = name.replace("lora_magnitude_vector.default.weight", "lora_magnitude_vector")
    return name.replace(".default", "").removeprefix(PREFIX)


def randomise(module, generator):
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if "lora_A" in name:
                parameter.copy_(noise / parameter.shape[1] ** 0.5)
            elif "lora_B" in name:
                # Larger ones sharpen attention until float32 alone loses 1e-5 of a gradient.
                parameter.copy_(0.2 * noise)
            elif "lora_magnitude_vector" in name:
                # Apart from the fresh weights' norms, most of which are too faint to be seen behind.
                parameter.copy_(1 + 0.2 * noise)


def save(tensors, name):
    tensors = {k: v.detach().contiguous().clone() for k, v in tensors.items()}
    save_file(tensors, os.path.join(HERE, name))


class Fixed(torch.nn.Module):
    """A dropout without chance: gives the same tensor whatever comes in, which must be `input`."""

    def __init__(self, input, dropped):
        super().__init__()
        self.input, self.dropped = input, dropped

    def forward(self, x):
        assert torch.equal(x, self.input)
        return self.dropped


def layer(is_dora, generator):
    """One linear map in training, with dropout."""

    class Holder(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.map = torch.nn.Linear(6, 5)

    holder = Holder()
    config = peft.LoraConfig(
        r=2, lora_alpha=3, lora_dropout=0.5, use_dora=is_dora, target_modules=["map"])
    model = peft.get_peft_model(holder, config).train()
    randomise(model, generator)
    module = model.base_model.model.map
    input = torch.randn(2, 3, 6, generator=generator, requires_grad=True)
    mask = 2.0 * (torch.rand(2, 3, 6, generator=generator) < 0.5)
    dropped = (input * mask).detach().requires_grad_(True)
    module.lora_dropout["default"] = Fixed(input, dropped)
    output = module(input)
    direction = torch.randn(output.shape, generator=generator)
    (output * direction).sum().backward()
    a, b = module.lora_A["default"].weight, module.lora_B["default"].weight
    tensors = {
        "input": input, "dropped": dropped, "output": output, "direction": direction,
        "weight": module.base_layer.weight, "bias": module.base_layer.bias, "A": a, "B": b,
        "gradient.input": input.grad, "gradient.dropped": dropped.grad,
        "gradient.A": a.grad, "gradient.B": b.grad,
    }
    if is_dora:
        magnitude = module.lora_magnitude_vector["default"].weight
        tensors.update({"magnitude": magnitude, "gradient.magnitude": magnitude.grad})
    return {"layer." + name: tensor for name, tensor in tensors.items()}


def measure(kind, waveform, direction):
    generator = torch.Generator().manual_seed(17)
    config = peft.LoraConfig(
        r=2, lora_alpha=3, lora_dropout=0.0, use_dora=kind == "dora", target_modules=TARGETS)
    model = peft.get_peft_model(encoder().model, config).eval()
    randomise(model, generator)
    folder = os.path.join(HERE, kind)
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    os.remove(os.path.join(folder, "README.md"))
    tensors = {}
    with torch.no_grad():
        for number, state in enumerate(states(model(waveform, output_hidden_states=True))):
            tensors[f"state.{number}"] = state
    model.double()
    (model(waveform.double()).last_hidden_state * direction).sum().backward()
    model.float()
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            tensors["gradient." + plain(name)] = parameter.grad
    merged = model.merge_and_unload()
    for name, parameter in merged.named_parameters():
        if name.removesuffix(".weight").endswith(tuple(TARGETS)):
            tensors["merged." + name] = parameter
    save(tensors | layer(kind == "dora", generator), kind + ".safetensors")


def main():
    base = encoder()
    waveform = waveforms([2567])[0]
    shape = base.alone(waveform)[-1].shape
    direction = torch.randn(shape, generator=torch.Generator().manual_seed(3))
    weights = {"weight." + name: tensor for name, tensor in base.weights().items()}
    save(weights | {"waveform": waveform, "direction": direction}, "encoder.safetensors")
    with open(os.path.join(HERE, "encoder.json"), "w") as file:
        json.dump(base.configuration(), file, sort_keys=True)
        file.write("\n")
    for kind in ("lora", "dora"):
        measure(kind, waveform, direction)


if __name__ == "__main__":
    main()
