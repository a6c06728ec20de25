#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes afpm.safetensors beside this script: parsing maps before and after weights/train/jsfm/afpm.py, and heat maps with the
points that the trainer reads from them. Run with python3-torch; the file is committed."""
import os
import sys

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', '..', 'weights', 'train'))
from base import st                  # noqa: E402
from jsfm import afpm                # noqa: E402
from parsing import phase as parser  # noqa: E402

N = 24
TEMPLATE = [(192.98, 239.95), (318.90, 240.19), (256.63, 314.02), (201.26, 371.41), (313.09, 371.15)]


def blob(logits, k, x, y, rx, ry, gain):
    """A class's logits raised in an ellipse; x, y, rx, ry in pixels of the 512 crop."""
    t = (torch.arange(N) + 0.5) * 512 / N
    yy, xx = torch.meshgrid(t, t, indexing='ij')
    logits[k] += gain * torch.exp(-((xx - x) / rx) ** 2 - ((yy - y) / ry) ** 2)


def face(parts, seed):
    torch.manual_seed(seed)
    logits = torch.randn(19, N, N) * 0.2
    logits[0] += 9
    blob(logits, 1, 256, 290, 150, 190, 14)
    for part in parts:
        blob(logits, *part)
    # stored as F16: the probabilities that both sides start from are then the same numbers
    return torch.softmax(logits, 0).half().float()


def cases():
    eye_l, eye_r = (4, 193, 240, 30, 16, 50), (5, 319, 240, 30, 16, 50)
    brow_l, brow_r = (6, 193, 205, 45, 14, 50), (7, 319, 205, 45, 14, 50)
    glasses = [(3, 193, 240, 70, 50, 26), (3, 319, 240, 70, 50, 26)]
    front = torch.tensor(TEMPLATE)
    tilted = front + torch.tensor([(6., -9.), (4., 8.), (-3., 2.), (1., -4.), (8., 5.)])
    half, side = front.clone(), front.clone()
    half[2, 0] += 25
    side[2, 0] += 45
    sure = torch.full((5,), 0.9)
    unsure = torch.tensor([0.9, 0.9, 0.15, 0.9, 0.9])
    yield 'healthy', face([eye_l, eye_r, brow_l, brow_r, *glasses], 1), front, sure
    yield 'one_eye', face([eye_l, brow_l, brow_r], 2), tilted, sure
    yield 'one_brow', face([eye_l, eye_r, brow_r], 3), tilted, sure
    yield 'half_glasses', face([eye_l, eye_r, brow_l, brow_r, glasses[0]], 4), front, sure
    yield 'turned', face([eye_l, glasses[1]], 5), half, sure
    yield 'profile', face([eye_l, glasses[1]], 6), side, sure
    yield 'unsure', face([eye_l, glasses[1]], 7), front, unsure
    yield 'nothing', face([], 8), front, sure


def main():
    io = {}
    for name, prob, points, conf in cases():
        out = afpm.adjust(prob[None], points[None], conf[None])[0]
        changed = (out - prob).abs().amax((1, 2)) > 0
        print(f'{name:14} q {float(afpm.yaw(points[None])):+.2f}  classes changed: {[k for k in range(19) if changed[k]]}')
        # only what the rules speak of, and one class that they must leave alone
        io[name + '.before'] = prob.half()
        io[name + '.after'] = out[[1, 3, 4, 5, 6, 7, 13]].contiguous()
        io[name + '.points'] = points
        io[name + '.conf'] = conf
    torch.manual_seed(9)
    maps = torch.randn(5, N, N) * 2 - 4
    maps[0, 0, 0], maps[1, N - 1, 5], maps[2, 7, 7], maps[2, 7, 8] = 6, 5, 4, 4  # corner, edge, a tie
    points, conf = parser.points(maps[None])
    io.update({'heat': maps, 'heat.points': points[0].contiguous(), 'heat.conf': conf[0].contiguous()})
    st.save(os.path.join(HERE, 'afpm.safetensors'), io, {})


if __name__ == '__main__':
    main()
