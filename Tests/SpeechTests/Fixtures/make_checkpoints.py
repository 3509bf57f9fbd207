"""Makes checkpoints/*: small random encoders in every form in which checkpoints are published.

Run with torch, transformers, numpy, safetensors and omegaconf 2.0.6 (the one that fairseq asks for).

Folders are written by transformers' save_pretrained where it still writes that form. The original
layouts have no writer here, so their keys are taken from the code that wrote or reads them:
- fairseq: `checkpoint_utils.py` `save_state` (cfg, args, model, optimizer_history, extra_state,
  last_optimizer_state, task_state with the Dictionary of `hubert_pretraining.py`), tensors of
  `wav2vec2.py` and `hubert.py`. wav2vec_small.pt is older than hydra: `args` is a Namespace.
- WavLM: microsoft/unilm `wavlm/README.md`: a dictionary of `cfg` (a plain dictionary) and `model`.
- s3prl: `upstream/hubert/convert.py` (task_cfg, model_cfg, model_weight, dictionaries_symbols).
- DeCoAR 2.0: `upstream/decoar2/expert.py` and `decoar2.py`: `model`, loaded with strict=False.
  Which tensors besides the encoder's the published file has is not known here; those of
  wav2vec 2.0's quantiser stand in for them.
"""

import argparse
import collections
import json
import pathlib
import shutil
import sys
import types

import numpy
import torch
from omegaconf import OmegaConf
from safetensors.torch import save_file
from transformers import (
    HubertConfig, HubertForCTC, HubertModel, Wav2Vec2Config, Wav2Vec2ForPreTraining, Wav2Vec2Model,
    WavLMConfig, WavLMModel)

HERE = pathlib.Path(__file__).parent / "checkpoints"
SIZES = dict(
    hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=12,
    conv_dim=(4, 4), conv_kernel=(10, 3), conv_stride=(5, 2), num_conv_pos_embeddings=4,
    num_conv_pos_embedding_groups=2, vocab_size=5)
LAYERS = "[(4, 10, 5)] + [(4,3,2)] * 1"
SETTINGS = dict(
    extractor_mode="default", encoder_layers=2, encoder_embed_dim=8, encoder_ffn_embed_dim=12,
    encoder_attention_heads=2, activation_fn="gelu", dropout=0.1, attention_dropout=0.05,
    activation_dropout=0.0, encoder_layerdrop=0.05, dropout_input=0.1, dropout_features=0.1,
    layer_norm_first=False, conv_feature_layers=LAYERS, conv_bias=False, conv_pos=4,
    conv_pos_groups=2, feature_grad_mult=0.1, final_dim=6)


def randomised(model):
    """Norms and biases are not left at ones and zeros, so that an exchange would be seen."""
    torch.manual_seed(7)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn_like(parameter))
    return model


def original(state, layer_norm=False):
    """transformers' names to those of fairseq and unilm."""
    place = "2.1" if layer_norm else "2"
    renamed = collections.OrderedDict()
    for name, tensor in state.items():
        for old, new in [
            ("masked_spec_embed", "mask_emb"),
            ("feature_projection.projection", "post_extract_proj"),
            ("feature_projection.layer_norm", "layer_norm"),
            ("pos_conv_embed.conv.parametrizations.weight.original0", "pos_conv.0.weight_g"),
            ("pos_conv_embed.conv.parametrizations.weight.original1", "pos_conv.0.weight_v"),
            ("pos_conv_embed.conv", "pos_conv.0"),
            (".attention.gru_rel_pos_const", ".self_attn.grep_a"),
            (".attention.gru_rel_pos_linear", ".self_attn.grep_linear"),
            (".attention.rel_attn_embed", ".self_attn.relative_attention_bias"),
            (".attention.", ".self_attn."),
            (".feed_forward.intermediate_dense", ".fc1"),
            (".feed_forward.output_dense", ".fc2"),
        ]:
            name = name.replace(old, new)
        parts = name.split(".")
        if parts[0] == "feature_extractor":
            parts[3] = {"conv": "0", "layer_norm": place}[parts[3]]
        elif parts[:2] == ["encoder", "layers"] and parts[3] == "layer_norm":
            parts[3] = "self_attn_layer_norm"
        renamed[".".join(parts)] = tensor.clone()
    return renamed


class Dictionary:
    def __init__(self):
        self.bos_word, self.unk_word, self.pad_word, self.eos_word = "<s>", "<unk>", "<pad>", "</s>"
        self.symbols = ["<s>", "<pad>", "</s>", "<unk>", "0", "1"]
        self.count = [1] * 6
        self.indices = {symbol: index for index, symbol in enumerate(self.symbols)}
        self.bos_index, self.pad_index, self.eos_index, self.unk_index, self.nspecial = 0, 1, 2, 3, 4


def fairseq_dictionary():
    for name in ["fairseq", "fairseq.data", "fairseq.data.dictionary"]:
        sys.modules[name] = types.ModuleType(name)
    Dictionary.__module__ = "fairseq.data.dictionary"
    sys.modules["fairseq.data.dictionary"].Dictionary = Dictionary
    return Dictionary()


def training_state():
    return {
        "optimizer_history": [{
            "criterion_name": "HubertCriterion", "optimizer_name": "FP16Optimizer",
            "lr_scheduler_state": {"best": None}, "num_updates": 400000}],
        "extra_state": {
            "train_iterator": {"epoch": 1, "iterations_in_epoch": 0, "shuffle": True},
            "val_loss": numpy.float64(2.5), "previous_training_time": 1.5,
            "metrics": collections.OrderedDict(default=[(0, "loss", "AverageMeter", {"val": 1.0})])},
        "last_optimizer_state": {
            "state": {0: {"step": 4, "exp_avg": torch.zeros(16), "exp_avg_sq": torch.zeros(16)}},
            "param_groups": [{"lr": 0.0005, "betas": (0.9, 0.98), "params": [0]}],
            "loss_scale": 128.0},
    }


def folders():
    hubert = randomised(HubertModel(HubertConfig(**SIZES)))
    hubert.save_pretrained(HERE / "hubert")
    hubert.save_pretrained(HERE / "hubert_sharded", max_shard_size="3KB")
    hubert.half().save_pretrained(HERE / "hubert_float16")
    hubert = randomised(HubertModel(HubertConfig(**SIZES)))
    hubert.bfloat16().save_pretrained(HERE / "hubert_bfloat16")
    ctc = HubertForCTC(HubertConfig(**SIZES))
    ctc.hubert = randomised(HubertModel(HubertConfig(**SIZES)))
    ctc.save_pretrained(HERE / "hubert_ctc")
    # transformers 5 writes no pickles any more: these are as 4.x wrote them, old names included.
    state = {
        "hubert." + name.replace("parametrizations.weight.original0", "weight_g")
        .replace("parametrizations.weight.original1", "weight_v"): tensor
        for name, tensor in randomised(HubertModel(HubertConfig(**SIZES))).state_dict().items()}
    state["lm_head.weight"] = torch.zeros(5, 8)
    for folder in ["hubert_bin", "hubert_bin_sharded"]:
        (HERE / folder).mkdir()
        shutil.copy(HERE / "hubert_ctc/config.json", HERE / folder)
    torch.save(state, HERE / "hubert_bin/pytorch_model.bin")
    names = list(state)
    parts = {"pytorch_model-00001-of-00002.bin": names[:9],
             "pytorch_model-00002-of-00002.bin": names[9:]}
    for file, own in parts.items():
        torch.save({name: state[name] for name in own}, HERE / "hubert_bin_sharded" / file)
    (HERE / "hubert_bin_sharded/pytorch_model.bin.index.json").write_text(json.dumps({
        "metadata": {"total_size": sum(t.numel() * 4 for t in state.values())},
        "weight_map": {name: file for file, own in parts.items() for name in own}}))
    large = dict(
        SIZES, feat_extract_norm="layer", do_stable_layer_norm=True, conv_bias=True,
        codevector_dim=6, proj_codevector_dim=6, num_codevectors_per_group=4,
        num_codevector_groups=2)
    randomised(Wav2Vec2Model(Wav2Vec2Config(**large))).save_pretrained(HERE / "wav2vec2")
    pretraining = Wav2Vec2ForPreTraining(Wav2Vec2Config(**large))
    pretraining.wav2vec2 = randomised(Wav2Vec2Model(Wav2Vec2Config(**large)))
    pretraining.save_pretrained(HERE / "wav2vec2_pretraining")
    randomised(WavLMModel(WavLMConfig(num_buckets=8, max_bucket_distance=20, **SIZES))
               ).save_pretrained(HERE / "wavlm")


def originals():
    hubert = randomised(HubertModel(HubertConfig(**SIZES))).state_dict()
    pretrained = original(hubert)
    pretrained.update({
        "final_proj.weight": torch.zeros(6, 8), "final_proj.bias": torch.zeros(6),
        "label_embs_concat": torch.zeros(6, 6)})
    settings = dict(SETTINGS, _name="hubert", label_rate=50, untie_final_proj=True, logit_temp=0.1)
    task = {"_name": "hubert_pretraining", "normalize": False, "sample_rate": 16000}
    torch.save({
        "args": None, "cfg": {"_name": None, "common": {"fp16": True}, "model": settings, "task": task},
        "model": pretrained, "criterion": None,
        "task_state": {"dictionaries": [fairseq_dictionary()]}, **training_state(),
    }, HERE / "hubert_fairseq.pt")
    torch.save({
        "args": None, "cfg": OmegaConf.create({"model": settings, "task": task}),
        "model": pretrained, **training_state(),
    }, HERE / "hubert_omegaconf.pt", _use_new_zipfile_serialization=False)
    torch.save({
        "task_cfg": task, "model_cfg": settings, "model_weight": pretrained,
        "dictionaries_symbols": [["<s>", "<pad>", "</s>", "<unk>", "0", "1"]],
    }, HERE / "hubert_s3prl.pt")
    tuned = {"w2v_encoder.w2v_model." + name: tensor for name, tensor in original(hubert).items()}
    tuned.update({"w2v_encoder.proj.weight": torch.zeros(5, 8), "w2v_encoder.proj.bias": torch.zeros(5)})
    torch.save({
        "args": None, "model": tuned,
        "cfg": {"model": {"_name": "hubert_ctc", "w2v_path": "x.pt",
                          "w2v_args": {"model": settings, "task": task}}},
    }, HERE / "hubert_finetuned.pt")

    model = Wav2Vec2Model.from_pretrained(HERE / "wav2vec2")
    state = original(model.state_dict(), layer_norm=True)
    state.update({
        "quantizer.vars": torch.zeros(1, 8, 3), "quantizer.weight_proj.weight": torch.zeros(8, 4),
        "quantizer.weight_proj.bias": torch.zeros(8), "project_q.weight": torch.zeros(6, 6),
        "project_q.bias": torch.zeros(6), "final_proj.weight": torch.zeros(6, 8),
        "final_proj.bias": torch.zeros(6)})
    arguments = argparse.Namespace(**dict(
        SETTINGS, arch="wav2vec2", task="audio_pretraining", quantize_targets=True,
        extractor_mode="layer_norm", layer_norm_first=True, conv_bias=True, normalize=True))
    torch.save({"args": arguments, "model": state, **training_state()},
               HERE / "wav2vec2_fairseq.pt", _use_new_zipfile_serialization=False)

    model = WavLMModel.from_pretrained(HERE / "wavlm")
    torch.save({
        "cfg": dict(SETTINGS, relative_position_embedding=True, gru_rel_pos=True, num_buckets=8,
                    max_distance=20, normalize=False),
        "model": original(model.state_dict())}, HERE / "wavlm_original.pt")

    decoar = {name: tensor for name, tensor in original(hubert).items()
              if name.startswith("encoder.")}
    torch.manual_seed(9)
    decoar["post_extract_proj.weight"] = torch.randn(8, 80)
    decoar["post_extract_proj.bias"] = torch.randn(8)
    extra = {"mask_emb": torch.zeros(80), "quantizer.vars": torch.zeros(1, 8, 3)}
    torch.save({"args": argparse.Namespace(encoder_attention_heads=2),
                "model": {**decoar, **extra}}, HERE / "decoar2_s3prl.pt")


def main():
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir()
    folders()
    originals()


main()
