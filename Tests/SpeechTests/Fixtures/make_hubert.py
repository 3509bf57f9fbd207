"""Makes hubert.safetensors and hubert/: a small HubertModel of transformers, what it computes for
two waveforms, and the gradients of a scalar loss.

    pip install torch transformers safetensors numpy
    python make_hubert.py

Dropouts are 0 and the model is in evaluation mode, so that nothing is drawn.
"""

import os

import torch
from safetensors.torch import load_file, save_file
from transformers import HubertConfig, HubertModel

here = os.path.dirname(os.path.abspath(__file__))
torch.manual_seed(11)
config = HubertConfig(
    conv_dim=[8] * 7, hidden_size=24, num_hidden_layers=3, num_attention_heads=4,
    intermediate_size=48, num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=4,
    hidden_dropout=0.0, attention_dropout=0.0, activation_dropout=0.0, feat_proj_dropout=0.0,
    final_dropout=0.0, layerdrop=0.0, apply_spec_augment=False,
)
model = HubertModel(config).eval()
with torch.no_grad():
    # Fresh weights are too regular: biases of 0 and norms of 1 would hide mistakes.
    for name, parameter in model.named_parameters():
        if name.endswith("bias") or "layer_norm" in name:
            parameter.add_(0.2 * torch.randn_like(parameter))
folder = os.path.join(here, "hubert")
model.save_pretrained(folder)
weights = load_file(os.path.join(folder, "model.safetensors"))

tensors = {}
for number, samples in enumerate([4000, 5431]):
    waveform = torch.randn(1, samples)
    waveform = (waveform - waveform.mean()) / torch.sqrt(waveform.var(unbiased=False) + 1e-7)
    output = model(waveform, output_hidden_states=True)
    tensors[f"waveform.{number}"] = waveform.detach()
    for layer, state in enumerate(output.hidden_states):
        tensors[f"state.{number}.{layer}"] = state.detach().contiguous()
    if number == 1:
        direction = torch.randn(output.last_hidden_state.shape)
        tensors["direction"] = direction
        (output.last_hidden_state * direction).sum().backward()
        for name, parameter in model.named_parameters():
            if parameter.grad is not None:
                tensors[f"gradient.{name}"] = parameter.grad.contiguous()

# Two utterances in one padded batch, downsampled one by one as alphasweep does.
features = [model.feature_extractor(tensors[f"waveform.{n}"]).transpose(1, 2) for n in (0, 1)]
longest = max(f.shape[1] for f in features)
padded = torch.cat([torch.nn.functional.pad(f, (0, 0, 0, longest - f.shape[1])) for f in features])


class Fixed(torch.nn.Module):
    def forward(self, waveforms):
        return padded.transpose(1, 2)


lengths = [tensors[f"waveform.{n}"].shape[1] for n in (0, 1)]
mask = torch.tensor([[sample < length for sample in range(max(lengths))] for length in lengths])
model.feature_extractor = Fixed()
encoded = model(torch.zeros(2, max(lengths)), attention_mask=mask.long(), output_hidden_states=True)
for layer, state in enumerate(encoded.hidden_states):
    tensors[f"padded.{layer}"] = state.detach().contiguous()
save_file({k: v.contiguous() for k, v in tensors.items()}, os.path.join(here, "hubert.safetensors"))
print(len(weights), "weights,", len(tensors), "tensors")
