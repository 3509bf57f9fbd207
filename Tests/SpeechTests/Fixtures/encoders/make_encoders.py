"""Makes <name>.json and <name>.safetensors here: small encoders of the four families with random
weights, what the reference computes for two waveforms (waveforms.safetensors, the same for all), and the
gradients of a scalar loss. Also buckets.safetensors: WavLM's buckets of the distances −2000 … 2000.

    pip install torch transformers safetensors numpy s3prl torchaudio
    python make_encoders.py [name ...]

The reference is transformers for HuBERT, wav2vec 2.0 and WavLM, and s3prl's `upstream/decoar2` for
DeCoAR 2.0. Dropouts are 0 and the model is in evaluation mode, so that nothing is drawn.

A file holds, of utterances of different lengths:
    weight.<name>      the checkpoint's tensors
    waveform.<u>       1×N, as the model takes it
    state.<u>.<l>      1×T×D, of the utterance alone: the inputs of the layers and the encoder's output.
                       (transformers 5 lists the last layer's output before the final norm of a pre-LN
                       encoder; `last_hidden_state`, after it, is what stands here.)
    downsampled.<u>    1×T×80, DeCoAR 2.0's frames: a band that is nearly empty has a logarithm that hangs
                       on the rounding of the Fourier transform, which a comparison of what is behind
                       the frames can leave out
    padded.<l>         U×T×D, of all utterances in one padded batch
    direction          U×T×D, 0 beyond an utterance's end
    gradient.<name>    of Σ direction · padded.<last>, which the reference computes in float64: its own
                       rounding in float32 alone can be more than 1e-4 where a gradient is a small
                       difference, as the queries' are when frames have become alike

What "padded" means. Where the convolutions have LayerNorm, and for DeCoAR 2.0, it is the reference's own
batch with its attention mask. A GroupNorm front end that sees padding gives other numbers than for the
utterance alone, so nobody's batches of different lengths are the utterances' own there; alphasweep
downsamples every utterance alone. So for these the reference's front end does so too, and everything
behind it gets the batch and the mask. GroupNorm over batches of equal length is "equal.<l>": two different
waveforms of waveform.0's length (waveform.equal, 2×N).
"""

import importlib.util
import json
import os
import sys
import types

import torch
from safetensors.torch import save_file
from transformers import HubertConfig, HubertModel, Wav2Vec2Config, Wav2Vec2Model
from transformers import WavLMConfig, WavLMModel

FAMILIES = {
    "hubert": (HubertConfig, HubertModel),
    "wav2vec2": (Wav2Vec2Config, Wav2Vec2Model),
    "wavlm": (WavLMConfig, WavLMModel),
}
SMALL = dict(
    conv_dim=[6] * 7, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
    intermediate_size=24, num_conv_pos_embeddings=8, num_conv_pos_embedding_groups=2,
)
LAYER = dict(feat_extract_norm="layer", do_stable_layer_norm=True)
BUCKETS = dict(num_buckets=16, max_bucket_distance=12)
CASES = {
    "hubert-group-pre": ("hubert", dict(
        do_stable_layer_norm=True, feat_proj_layer_norm=False, num_conv_pos_embeddings=7)),
    "hubert-layer-pre-bias": ("hubert", dict(LAYER, conv_bias=True)),
    "wav2vec2-group-post": ("wav2vec2", dict(mask_time_prob=0.0)),
    "wav2vec2-layer-pre-bias": ("wav2vec2", dict(LAYER, conv_bias=True)),
    "wavlm-group-post": ("wavlm", BUCKETS),
    "wavlm-layer-pre": ("wavlm", dict(LAYER, **BUCKETS)),
    "wavlm-layer-post-bias": ("wavlm", dict(feat_extract_norm="layer", conv_bias=True, **BUCKETS)),
    "decoar2": ("decoar2", dict(
        input_feat=80, encoder_embed_dim=16, encoder_layers=2, encoder_attention_heads=2,
        encoder_ffn_embed_dim=24, conv_pos=8, conv_pos_groups=2)),
}
LENGTHS = (4321, 6007)


def roughen(model, seed):
    """Fresh weights are too regular: biases of 0, norms of 1, a faint table, and frames and attention
    that are alike everywhere, would hide mistakes, or leave gradients that are rounding only."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if name.endswith("bias") or "layer_norm" in name or "gru_rel_pos_const" in name:
                parameter.add_(0.2 * noise)
            elif "rel_attn_embed" in name:
                parameter.copy_(noise)
            elif name == "feature_projection.projection.weight":
                parameter.copy_(2 * noise / parameter.shape[1] ** 0.5)
            elif "q_proj" in name or "k_proj" in name or "gru_rel_pos_linear" in name:
                parameter.copy_(noise / parameter.shape[1] ** 0.5)


class Transformers:
    def __init__(self, family, sizes, seed=11):
        torch.manual_seed(seed)
        config, model = FAMILIES[family]
        self.config = config(
            **sizes, hidden_dropout=0.0, attention_dropout=0.0, activation_dropout=0.0,
            feat_proj_dropout=0.0, final_dropout=0.0, layerdrop=0.0, apply_spec_augment=False)
        self.model = model(self.config).eval()
        roughen(self.model, seed + 1)
        self.is_group = self.config.feat_extract_norm == "group"

    def save(self, folder):
        self.model.save_pretrained(folder)

    def configuration(self):
        return json.loads(self.config.to_json_string(use_diff=False))

    def weights(self):
        return self.model.state_dict()

    def alone(self, waveforms):
        return states(self.model(waveforms, output_hidden_states=True))

    def padded(self, waveforms):
        longest = max(w.shape[1] for w in waveforms)
        batch = torch.cat([torch.nn.functional.pad(w, (0, longest - w.shape[1])) for w in waveforms])
        mask = torch.tensor([[s < w.shape[1] for s in range(longest)] for w in waveforms]).long()
        if not self.is_group:
            return states(self.model(batch, attention_mask=mask, output_hidden_states=True))
        front_end = self.model.feature_extractor

        class OneByOne(torch.nn.Module):
            def forward(self, _):
                frames = [front_end(waveform) for waveform in waveforms]
                longest = max(f.shape[2] for f in frames)
                return torch.cat(
                    [torch.nn.functional.pad(f, (0, longest - f.shape[2])) for f in frames])

        self.model.feature_extractor = OneByOne()
        try:
            return states(self.model(batch, attention_mask=mask, output_hidden_states=True))
        finally:
            self.model.feature_extractor = front_end


def states(output):
    return list(output.hidden_states[:-1]) + [output.last_hidden_state]


def s3prl_decoar2():
    """s3prl's modules with torchaudio's Kaldi functions alone: these are plain Python, but torchaudio's
    own libraries load only beside a torch of the same number. TORCHAUDIO names the folder of one that
    is not installed, for example `torchaudio` under `pip install --no-deps --target`."""
    if "torchaudio" not in sys.modules:
        folder = os.environ.get("TORCHAUDIO")
        if folder is None:
            folder = importlib.util.find_spec("torchaudio").submodule_search_locations[0]
        package, compliance = (
            types.ModuleType(name) for name in ("torchaudio", "torchaudio.compliance"))
        spec = importlib.util.spec_from_file_location(
            "torchaudio.compliance.kaldi", os.path.join(folder, "compliance", "kaldi.py"))
        kaldi = importlib.util.module_from_spec(spec)
        package.compliance, compliance.kaldi = compliance, kaldi
        for module in (package, compliance, kaldi):
            sys.modules[module.__name__] = module
        spec.loader.exec_module(kaldi)
    from s3prl.upstream.decoar2 import audio, decoar2

    return audio, decoar2


class Decoar2:
    """s3prl's model with given sizes, called as its `expert.py` does."""

    is_group = False

    def __init__(self, sizes, seed=11):
        torch.manual_seed(seed)
        audio, decoar2 = s3prl_decoar2()
        before = dict(decoar2.args)
        decoar2.args.update(
            sizes, dropout=0.0, attention_dropout=0.0, dropout_input=0.0, encoder_layerdrop=0.0)
        self.sizes = dict(decoar2.args)
        self.model = decoar2.Decoar2().eval()
        decoar2.args.update(before)
        self.features = audio.create_transform()
        roughen(self.model, seed + 1)

    def configuration(self):
        sizes = self.sizes
        return {
            "architectures": ["Decoar2"], "model_type": "decoar2", "hidden_act": "gelu",
            "num_mel_bins": sizes["input_feat"], "hidden_size": sizes["encoder_embed_dim"],
            "num_hidden_layers": sizes["encoder_layers"],
            "num_attention_heads": sizes["encoder_attention_heads"],
            "intermediate_size": sizes["encoder_ffn_embed_dim"],
            "num_conv_pos_embeddings": sizes["conv_pos"],
            "num_conv_pos_embedding_groups": sizes["conv_pos_groups"],
            "hidden_dropout": sizes["dropout"], "do_stable_layer_norm": sizes["layer_norm_first"],
            "layer_norm_eps": 1e-5,
        }

    def weights(self):
        return self.model.state_dict()

    def save(self, folder):
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "config.json"), "w") as file:
            json.dump(self.configuration(), file)
        tensors = {k: v.detach().contiguous() for k, v in self.weights().items()}
        save_file(tensors, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})

    def downsampled(self, waveform):
        return self.features(waveform).unsqueeze(0)

    def alone(self, waveforms):
        return self.padded([waveforms[row : row + 1] for row in range(len(waveforms))])

    def padded(self, waveforms):
        features = [self.features(waveform.float()) for waveform in waveforms]
        batch = torch.nn.utils.rnn.pad_sequence(features, batch_first=True)
        batch = batch.to(self.model.post_extract_proj.weight.dtype)
        mask = torch.zeros(batch.shape, dtype=torch.bool)
        for row, frames in enumerate(features):
            mask[row, len(frames) :] = True
        inputs = []
        hooks = [
            layer.register_forward_pre_hook(lambda _, x: inputs.append(x[0].transpose(0, 1)))
            for layer in self.model.encoder.layers
        ]
        output, _ = self.model(batch, mask)
        for hook in hooks:
            hook.remove()
        # s3prl pads to an even number of frames inside its encoder.
        return [state[:, : batch.shape[1]] for state in inputs] + [output]


def reference(case, small=True):
    family, sizes = case
    if family == "decoar2":
        return Decoar2(sizes)
    return Transformers(family, dict(SMALL, **sizes) if small else sizes)


def waveforms(lengths, seed=5):
    """Noise that swells and fades, of zero mean and unit variance."""
    generator = torch.Generator().manual_seed(seed)
    result = []
    for number, samples in enumerate(lengths):
        time = torch.arange(samples) / 16000
        envelope = 0.2 + torch.sin(9 * time + number).abs()
        wave = envelope * torch.randn(samples, generator=generator)
        result.append(((wave - wave.mean()) / wave.std()).unsqueeze(0))
    return result


def measure(model, lengths):
    tensors = {}
    waves = waveforms(lengths)
    counts = []
    with torch.no_grad():
        for number, waveform in enumerate(waves):
            tensors[f"waveform.{number}"] = waveform
            for layer, state in enumerate(model.alone(waveform)):
                tensors[f"state.{number}.{layer}"] = state
            counts.append(state.shape[1])
            if isinstance(model, Decoar2):
                tensors[f"downsampled.{number}"] = model.downsampled(waveform)
        if model.is_group:
            tensors["waveform.equal"] = torch.cat([waves[0], waves[1][:, : lengths[0]]])
            for layer, state in enumerate(model.alone(tensors["waveform.equal"])):
                tensors[f"equal.{layer}"] = state
        padded = model.padded(waves)
        for layer, state in enumerate(padded):
            tensors[f"padded.{layer}"] = state
    direction = torch.randn(padded[-1].shape, generator=torch.Generator().manual_seed(3))
    for row, frames in enumerate(counts):
        direction[row, frames:] = 0
    tensors["direction"] = direction
    model.model.double()
    (model.padded([wave.double() for wave in waves])[-1] * direction).sum().backward()
    model.model.float()
    for name, parameter in model.model.named_parameters():
        if parameter.grad is not None:
            tensors[f"gradient.{name}"] = parameter.grad
    return {name: tensor.detach().contiguous().clone() for name, tensor in tensors.items()}


def main(names):
    here = os.path.dirname(os.path.abspath(__file__))
    for name in names or CASES:
        model = reference(CASES[name])
        tensors = measure(model, LENGTHS)
        shared = {key: tensors.pop(key) for key in list(tensors) if key.startswith("waveform.")}
        if model.is_group:
            save_file(shared, os.path.join(here, "waveforms.safetensors"))
        for key, tensor in model.weights().items():
            tensors["weight." + key] = tensor.detach().contiguous()
        save_file(tensors, os.path.join(here, name + ".safetensors"))
        with open(os.path.join(here, name + ".json"), "w") as file:
            json.dump(model.configuration(), file, sort_keys=True)
            file.write("\n")
        print(name, len(tensors), "tensors")
    if not names:
        from transformers.models.wavlm.modeling_wavlm import WavLMAttention

        distances = torch.arange(-2000, 2001)
        save_file(
            {
                f"{buckets}.{distance}": WavLMAttention(
                    8, 2, num_buckets=buckets, max_distance=distance
                )._relative_positions_bucket(distances).short()
                for buckets, distance in ((320, 800), (32, 128), (16, 12), (64, 1000))
            },
            os.path.join(here, "buckets.safetensors"))


if __name__ == "__main__":
    main(sys.argv[1:])
