"""Makes the files beside it: what s3prl's own modules of SUPERB's tasks compute, with their losses
and the gradients of all weights.

    pip install torch safetensors numpy scipy s3prl dtw-python
    python make_heads.py

Sizes are small; everything else is as in s3prl's configurations. Modules of audio and plotting that
s3prl imports but that are not called here are replaced by empty ones. Weights bear alphasweep's
names.
"""

import json
import os
import sys
import tempfile
from unittest.mock import MagicMock

import numpy as np
import torch
from safetensors.torch import save_file
from torch.nn.utils.rnn import pad_sequence

for name in [
    "torchaudio", "torchaudio.sox_effects", "torchaudio.transforms", "sox", "librosa",
    "librosa.util", "joblib", "joblib.parallel", "soundfile", "pandas", "h5py", "lxml", "catalyst",
    "catalyst.data", "catalyst.data.sampler", "sklearn", "sklearn.metrics", "editdistance",
]:
    try:
        __import__(name)
    except Exception:
        sys.modules[name] = MagicMock()

from s3prl.downstream.asr.model import RNNs
from s3prl.downstream.diarization import dataset as diarization_data
from s3prl.downstream.diarization import utils as diarization
from s3prl.downstream.diarization.expert import DownstreamExpert as DiarizationExpert
from s3prl.downstream.diarization.model import Model as DiarizationModel
from s3prl.downstream.model import FrameLevel, UtteranceLevel
from s3prl.downstream.quesst14_dtw import expert as quesst
from s3prl.downstream.speech_commands import dataset as commands
from s3prl.downstream.sv_voxceleb1.model import AMSoftmaxLoss
from s3prl.downstream.sv_voxceleb1.model import Model as SpeakerModel
from s3prl.upstream.interfaces import Featurizer

here = os.path.dirname(os.path.abspath(__file__))
torch.manual_seed(5)


def save(name, tensors):
    tensors = {key: value.detach().contiguous() for key, value in tensors.items()}
    save_file(tensors, os.path.join(here, name + ".safetensors"))


def keep(tensors, prefix, names, *modules):
    """Weights and gradients under alphasweep's names; `names` maps starts of s3prl's to ours."""
    for module, mapping in zip(modules, names):
        for name, parameter in module.named_parameters():
            start = max((s for s in mapping if name.startswith(s)), key=len)
            ours = mapping[start] + name[len(start):]
            tensors[f"{prefix}weight.{ours}"] = parameter.data.clone()
            tensors[f"{prefix}gradient.{ours}"] = parameter.grad.clone()


def recurrent():
    """Recognition: CTC over packed utterances. Dropout is in s3prl's modules but not drawn."""
    tensors = {}
    lengths = [11, 7, 10]
    features = [torch.randn(length, 6) for length in lengths]
    labels = [[1, 2, 2], [3], [2, 1]]
    for name, total, upstream, style, proj in [
        ("superb.", -1, 160, "concat", False), ("ood.", 320, 160, "drop", True),
    ]:
        projector = torch.nn.Linear(6, 8)
        model = RNNs(
            8, 5, upstream, module="LSTM", bidirection=True, dim=[7, 7], dropout=[0.2, 0.2],
            layer_norm=[False, False], proj=[proj, proj], sample_rate=[1, 1], sample_style=style,
            total_rate=total,
        ).eval()
        padded = pad_sequence(features, batch_first=True)
        logits, out = model(projector(padded), torch.IntTensor(lengths))
        log_probs = logits.log_softmax(-1)
        loss = torch.nn.CTCLoss(blank=0, zero_infinity=True)(
            log_probs.transpose(0, 1),
            pad_sequence([torch.LongTensor(l) for l in labels], batch_first=True), out,
            torch.IntTensor([len(l) for l in labels]),
        )
        loss.backward()
        keep(
            tensors, name,
            [{"": "projection."}, {
                "rnns.0.layer.": "lstm.", "rnns.1.layer.": "lstm#", "rnns.0.pj.": "tanh.0.",
                "rnns.1.pj.": "tanh.1.", "linear.": "output.",
            }], projector, model)
        tensors[name + "logits"], tensors[name + "loss"] = logits, loss
        tensors[name + "lengths"] = out.to(torch.int64)
    # The second layer's module counts its one layer as 0.
    tensors = {
        key.replace("lstm#", "lstm.").replace("_l0", "_l1") if "#" in key else key: value
        for key, value in tensors.items()
    }
    tensors["features"] = padded
    save("recurrent", tensors)


def speaker():
    """Verification: padded utterances in training, one by one in trials."""
    lengths = [24, 19, 16]
    features = [torch.randn(length, 6) for length in lengths]
    connector = torch.nn.Linear(6, 8)
    model = SpeakerModel(
        input_dim=8, agg_dim=9, agg_module_name="SP", module_name="XVector",
        utterance_module_name="UtteranceExtractor",
        hparams={"agg_dim": 9, "dropout_p": 0.0, "batch_norm": False})
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                parameter.add_(0.2)
        # A unit that is dead in all frames has a deviation of 0.
        model.framelevel_feature_extractor.module[4].kernel.bias[3] = -100.0
    objective = AMSoftmaxLoss(hidden_dim=8, speaker_num=5, s=30.0, m=0.4)
    speakers = torch.LongTensor([4, 0, 2])

    def mask(features):
        ones = [torch.ones(len(feature) - 14) for feature in features]
        return (1.0 - pad_sequence(ones, batch_first=True)) * -100000.0

    padded = pad_sequence(features, batch_first=True)
    vectors = model(connector(padded), mask(features))
    loss = objective(vectors, speakers)
    loss.backward()
    tensors = {"features": padded, "vectors": vectors, "loss": loss, "speakers": speakers}
    layers = {f"framelevel_feature_extractor.module.{n}.kernel.": f"tdnn.{n}." for n in range(5)}
    layers |= {f"utterancelevel_feature_extractor.linear{n + 1}.": f"segment.{n}." for n in (0, 1)}
    keep(tensors, "", [{"": "projection."}, layers, {"W": "speakers.weight"}],
         connector, model, objective)
    embeddings = []
    for feature in features:
        vector = model.inference(connector(feature[None]), mask([feature]))
        embeddings.append(torch.nn.functional.normalize(vector, dim=-1)[0])
    score = torch.nn.CosineSimilarity(dim=-1)
    tensors["embeddings"] = torch.stack(embeddings)
    tensors["scores"] = torch.stack([score(embeddings[a], embeddings[b])
                                     for a, b in [(0, 1), (0, 2), (1, 2)]])
    save("speaker", tensors)


def diarize():
    """Diarization: matched lengths, loss, errors, labels and RTTM."""
    lengths = [10, 8, 5]
    features = torch.randn(3, 9, 6)
    labels = pad_sequence([(torch.rand(n, 2) > 0.5).float() for n in lengths], batch_first=True)
    model = DiarizationModel(6, 2, 1, 7)
    matched, _ = DiarizationExpert._match_length(None, features, labels)
    logits = model(matched) * 3
    loss, indices, orders = diarization.pit_loss(logits, labels, torch.LongTensor(lengths))
    loss.backward()
    ordered = diarization.get_label_perm(labels, indices, orders)
    counts = diarization.calc_diarization_error(logits, ordered, torch.LongTensor(lengths))
    tensors = {
        "features": features, "matched": matched, "labels": labels, "logits": logits,
        "loss": loss, "orders": torch.tensor(np.array([orders[i] for i in indices])),
        "counts": torch.tensor([float(count) for count in counts], dtype=torch.float64),
    }

    class Tiler:
        def _tile_representations(self, reps, factor):
            return DiarizationExpert._tile_representations(self, reps, factor)

    few = features[:, :4]
    tensors["tiled"] = DiarizationExpert._match_length(Tiler(), few, labels)[0]
    tensors["cut"] = DiarizationExpert._match_length(Tiler(), features, labels[:, :7])[0]
    keep(tensors, "", [{"rnn.": "lstm.", "linear.": "output."}], model)

    # Three speakers: all orders are tried.
    logits3 = torch.randn(2, 6, 3, requires_grad=True)
    labels3 = (torch.rand(2, 6, 3) > 0.5).float()
    loss3, indices3, orders3 = diarization.pit_loss(logits3, labels3, torch.LongTensor([6, 4]))
    loss3.backward()
    tensors |= {
        "three.logits": logits3, "three.labels": labels3, "three.loss": loss3,
        "three.gradient": logits3.grad,
        "three.orders": torch.tensor(np.array([orders3[i] for i in indices3])),
    }
    save("diarization", tensors)

    # Labels, as its dataset cuts a recording of 4.13 s at 100-frame chunks.
    turns = [
        ["bea", 0.01, 1.49], ["abe", 1.03, 2.21], ["bea", 1.95, 2.55], ["abe", 1.99, 4.07],
        ["bea", 3.333, 3.357], ["bea", 4.1, 4.13],
    ]
    with tempfile.TemporaryDirectory() as folder:
        def write(name, lines):
            with open(os.path.join(folder, name), "w") as file:
                file.write("\n".join(lines) + "\n")
        write("segments", [f"u{n} r {s} {e}" for n, (_, s, e) in enumerate(turns)])
        write("utt2spk", [f"u{n} {who}" for n, (who, _, _) in enumerate(turns)])
        write("wav.scp", ["r r.wav"])
        write("reco2dur", ["r 4.13"])
        write("spk2utt", ["abe u1 u3", "bea u0 u2 u4 u5"])
        diarization_data.KaldiData.load_wav = lambda self, rec, start=0, end=None: (None, 16000)
        cases = []
        for shift, size, mode in [(320, 100, "train"), (160, 150, "test"), (320, 50, "dev")]:
            data = diarization_data.DiarizationDataset(
                mode, folder, chunk_size=size, frame_shift=shift, subsampling=1, rate=16000,
                label_delay=0, num_speakers=2)
            chunks = data.chunk_indices["r"] if mode == "test" else data.chunk_indices
            cases.append({
                "shift": shift, "size": size, "pieces": [[s, e] for _, s, e in chunks],
                "labels": [data._get_labeled_speech(r, s, e, 2)[1].flatten().tolist()
                           for r, s, e in chunks],
            })

    # RTTM by the lines of make_rttm.py, which is a script: run as one, on a stand-in for its file.
    scores = np.cumsum(np.random.default_rng(3).normal(size=(400, 2)), axis=0).astype(np.float32)
    scores = (scores - scores.mean(0)) / 2 + np.random.default_rng(4).normal(
        size=scores.shape).astype(np.float32) * 2
    rttms = []
    script = os.path.join(os.path.dirname(diarization.__file__), "make_rttm.py")
    for threshold, median, shift in [(0.5, 11, 320), (0.5, 1, 320), (0.7, 11, 256), (0.3, 3, 160)]:
        with tempfile.TemporaryDirectory() as folder:
            probabilities = 1 / (1 + np.exp(-scores))
            h5py = MagicMock()
            h5py.File = lambda path, mode: {"T_hat": probabilities}
            sys.modules["h5py"] = h5py
            listing, out = os.path.join(folder, "list"), os.path.join(folder, "rttm")
            open(listing, "w").write("r.h5\n")
            argv, sys.argv = sys.argv, [
                script, listing, out, f"--threshold={threshold}", f"--median={median}",
                f"--frame_shift={shift}", "--sampling_rate=16000"]
            exec(compile(open(script).read(), script, "exec"), {"__name__": "__main__"})
            sys.argv = argv
            lines = [line.split() for line in open(out)]
        rttms.append({
            "threshold": threshold, "median": median, "shift": shift,
            "turns": [[int(l[7].split("_")[1]), float(l[3]), float(l[4])] for l in lines],
        })
    with open(os.path.join(here, "diarization.json"), "w") as file:
        json.dump({
            "turns": [{"speaker": w, "start": s, "end": e} for w, s, e in turns], "seconds": 4.13,
            "cases": cases, "logits": [round(float(x), 6) for x in scores.flatten()],
            "rttms": rttms,
        }, file)


def slots():
    """Intents: the sum over slots, as fluent_commands/expert.py adds it up."""
    classes, lengths = [6, 14, 4], [9, 5, 7]
    features = [torch.randn(length, 6) for length in lengths]
    projector = torch.nn.Linear(6, 8)
    model = UtteranceLevel(input_dim=8, output_dim=sum(classes), pooling="MeanPooling")
    labels = torch.LongTensor([[0, 13, 3], [5, 2, 0], [3, 3, 1]])
    padded = pad_sequence(features, batch_first=True)
    logits, _ = model(projector(padded), torch.IntTensor(lengths))
    loss, start, predicted = 0, 0, []
    for slot, count in enumerate(classes):
        own = logits[:, start:start + count]
        loss = loss + torch.nn.CrossEntropyLoss()(own, labels[:, slot])
        predicted.append(own.max(1)[1])
        start += count
    loss.backward()
    tensors = {
        "features": padded, "logits": logits, "loss": loss, "labels": labels,
        "predicted": torch.stack(predicted, dim=1),
    }
    keep(tensors, "", [{"": "projection."}, {"post_net.linear.": "output."}], projector, model)
    save("slots", tensors)


def queries():
    """Query by example: all three distances, scaled and not."""
    document = [torch.randn(length, 6) * 2 + 0.3 for length in (40, 13, 27)]
    query = [torch.randn(length, 6) * 2 + 0.3 for length in (9, 4, 16, 5, 31)]
    query[2] = document[0][10:34].repeat_interleave(2, dim=0)[::3] + 0.1 * torch.randn(16, 6)
    tensors = {f"document.{n}": d for n, d in enumerate(document)}
    tensors |= {f"query.{n}": q for n, q in enumerate(query)}
    features = torch.cat(query + document)
    mean, std = features.mean(0), torch.clamp(features.std(0), 1e-9)
    steps = {"step_pattern": "asymmetric", "keep_internals": False, "distance_only": False,
             "open_begin": True, "open_end": True}
    for name, normalise, function, scaled in [
        ("exponential", True, quesst.cosine_exp, True),
        ("exponential-unscaled", True, quesst.cosine_exp, False),
        ("cosine", True, lambda a, b: quesst.distance.cdist(a, b, metric="cosine"), True),
        ("logarithmic", False, lambda a, b: quesst.cosine_neg_log(abs(a), abs(b)), True),
    ]:
        scores = torch.zeros(len(query), len(document), dtype=torch.float64)
        for i, q in enumerate(query):
            for j, d in enumerate(document):
                if len(q) >= 5:
                    q_, d_ = [((x - mean) / std if normalise else x).numpy() for x in (q, d)]
                    scores[i, j] = quesst.match(q_, d_, "", "", function, scaled, steps)[2]
        tensors["scores." + name] = scores
        if name == "exponential":
            s = scores.numpy()
            tensors["standardised"] = torch.tensor(np.stack([
                (row - row.mean()) / np.clip(row.std(), 1e-9, np.inf) for row in s]))
    tensors["document.scaled"] = (document[1] - mean) / std
    save("queries", tensors)


def sampling():
    """Keywords: the weights of the dataset, from a folder of empty files."""
    labels = ["yes"] * 5 + ["no"] * 2 + ["bird", "cat", "tree"]
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "_background_noise_"))
        for name in "ab":
            open(os.path.join(folder, "_background_noise_", name + ".wav"), "w").close()
        data = commands.SpeechCommandsDataset(
            [(label, "x") for label in labels], speech_commands_root=folder)
    with open(os.path.join(here, "sampling.json"), "w") as file:
        json.dump({"labels": [c for c, _ in data.data], "weights": data.sample_weights}, file)


class Encoder(torch.nn.Module):
    """Stands in for one of three hidden states."""

    def forward(self, waveforms):
        return {"hidden_states": [torch.randn(len(waveforms), 50, 6) for _ in range(3)]}


def linear():
    """Phones and one label an utterance, from hidden states to loss: Featurizer, projection, head."""
    tensors = {}
    lengths = [11, 7, 4]
    hidden = [
        pad_sequence([torch.randn(length, 6) for length in lengths], batch_first=True)
        for _ in range(3)
    ]
    tensors["hidden"] = torch.stack(hidden)
    phones = [[1, 2, 2], [3], [2, 2, 1]]
    classes = torch.LongTensor([3, 0, 2])
    for name in ("phones.", "label."):
        featurizer = Featurizer(Encoder(), upstream_device="cpu")
        with torch.no_grad():
            featurizer.weights.copy_(torch.tensor([0.3, -1.2, 0.7]))
        projector = torch.nn.Linear(6, 8)
        padded = projector(featurizer._weighted_sum(hidden))
        if name == "phones.":
            model = FrameLevel(8, 5)
            logits, out = model(padded, torch.IntTensor(lengths))
            # The third utterance has 4 frames for 3 symbols and the blank between equal ones.
            loss = torch.nn.CTCLoss(blank=0, zero_infinity=True)(
                logits.log_softmax(-1).transpose(0, 1),
                pad_sequence([torch.LongTensor(p) for p in phones], batch_first=True), out,
                torch.IntTensor([len(p) for p in phones]))
            starts = {"linear.": "output."}
        else:
            model = UtteranceLevel(input_dim=8, output_dim=5, pooling="MeanPooling")
            logits, _ = model(padded, torch.IntTensor(lengths))
            loss = torch.nn.CrossEntropyLoss()(logits, classes)
            starts = {"post_net.linear.": "output."}
        loss.backward()
        keep(
            tensors, name, [{"weights": "layers"}, {"": "projection."}, starts], featurizer,
            projector, model)
        tensors[name + "logits"], tensors[name + "loss"] = logits, loss
    save("linear", tensors)


for make in (recurrent, speaker, diarize, slots, queries, sampling, linear):
    make()
