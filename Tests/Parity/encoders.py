"""Compares alphasweep's encoders with transformers and s3prl at the sizes of published models, with
random weights: every hidden state of two utterances alone, in one padded batch, and (where there is
GroupNorm) in a batch of equal length; and every gradient of a scalar loss over the padded batch.

    python encoders.py <alphasweep-bench> [--only <case> ...] [--threads <count>]

What is computed, and what the reference's padded batch is, stands in
../SpeechTests/Fixtures/encoders/make_encoders.py. Each case is written as a Hugging Face folder into a
temporary place and read by `alphasweep-bench parity`. Fails where a hidden state differs by more than
1e-4, or a gradient by more than 1e-4 of its tensor's largest. DeCoAR 2.0 needs s3prl and torchaudio; its
padded batch and gradients start from the reference's frames, its utterances alone from the waveform.
"""

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, os.pardir, "SpeechTests", "Fixtures", "encoders"))

import torch  # noqa: E402
import transformers  # noqa: E402
from make_encoders import measure, reference  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

LARGE = dict(
    hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096,
    feat_extract_norm="layer", do_stable_layer_norm=True,
)
CASES = {
    "hubert-base": ("hubert", {}),
    "wav2vec2-base": ("wav2vec2", {}),
    "wavlm-base": ("wavlm", {}),
    "decoar2": ("decoar2", {}),
    "wav2vec2-large": ("wav2vec2", dict(LARGE, conv_bias=True)),
    "wavlm-large": ("wavlm", LARGE),
}
# 97 and 249 frames; neither length is a whole number of frames.
LENGTHS = (31_337, 80_001)
TOLERANCE = 1e-4


def compare(name, program, threads):
    with tempfile.TemporaryDirectory() as folder:
        model = reference(CASES[name], small=False)
        tensors = measure(model, LENGTHS)
        model.save(folder)
        save_file(tensors, os.path.join(folder, "oracle.safetensors"))
        del model, tensors
        gc.collect()
        command = [program, "parity", folder, "--threads", str(threads)]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    return json.loads(output)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("program", help="alphasweep-bench")
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    transformers.utils.logging.disable_progress_bar()
    differing = []
    for name in arguments.only:
        try:
            found = compare(name, arguments.program, arguments.threads)
        except ImportError as error:
            print(f"{name}: not compared, {error}")
            differing.append(name)
            continue
        state, gradient = float(found["state"]), float(found["gradient"])  # may be "inf"
        is_within = state <= TOLERANCE and gradient <= TOLERANCE
        print(
            f"{name}: {found['states']} hidden states within {state:.1e} "
            f"(of at most {found['largestState']:.1f}), {found['gradients']} gradients within "
            f"{gradient:.1e} ({found['worstGradient']})"
            + ("" if is_within else f"  <- more than {TOLERANCE}"),
            flush=True)
        if not is_within:
            differing.append(name)
    if differing:
        sys.exit(f"differing: {', '.join(differing)}")


if __name__ == "__main__":
    main()
