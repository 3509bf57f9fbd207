"""Time warping of SpecAugment by PyTorch's own bicubic interpolation, as ESPnet and s3prl apply it.

python make_time_warp.py > time_warp.json   (torch 2.13)
"""

import json

import torch
import torch.nn.functional as F


def warp(x, center, warped):
    """x is T×D; frames before `center` are stretched to `warped` frames, the others to the rest."""
    x = x[None, None]
    frames, width = x.shape[2:]
    left = F.interpolate(x[:, :, :center], (warped, width), mode="bicubic", align_corners=False)
    right = F.interpolate(
        x[:, :, center:], (frames - warped, width), mode="bicubic", align_corners=False
    )
    return torch.cat([left, right], dim=2)[0, 0]


torch.manual_seed(1)
cases = []
for frames, center, warped in [(12, 6, 9), (12, 6, 2), (20, 5, 5), (20, 14, 19), (9, 4, 1)]:
    x = torch.randn(frames, 3)
    cases.append(
        {
            "frames": frames,
            "center": center,
            "warped": warped,
            "input": x.flatten().tolist(),
            "output": warp(x, center, warped).flatten().tolist(),
        }
    )
print(json.dumps(cases))
