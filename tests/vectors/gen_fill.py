#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes weights/tiny/fill-face-512.safetensors (random weights, fixed seed) and fill.safetensors beside this script: samples of what the
trainer makes of a damaged crop with them, for tests/net/test_fill.c. Run with python3-torch; the files are committed.

Crop and hole are integer patterns that tests/net/patterns.h repeats exactly."""
import os
import sys

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, '..', '..', 'weights', 'train'))
import gen_nets                 # noqa: E402
from base import st             # noqa: E402
from fill import networks, ops  # noqa: E402

CONFIG = dict(edge=dict(widths=[4, 6, 8, 16], blocks=2, growth=6),
              coarse=dict(widths=[4, 8, 8, 16], blocks=1, growth=8, structure=[4, 6, 8]),
              refine=dict(widths=[4, 6, 8, 12], blocks=1, growth=6))
WINDOW = (slice(128, 352), slice(64, 288))   # rows, columns: what the refiner sees when (160..319, 96..255) is wanted


def damage():
    """True = hole: a broad band, hair-thin lines, a disc; whole cells of 4x4 and single pixels."""
    y, x = np.mgrid[:512, :512]
    return (np.abs(x - y) < 20) | (x % 97 == 5) | ((x - 380) ** 2 + (y - 120) ** 2 < 3000)


def lively(net):
    """Every parameter matters to the result."""
    with torch.no_grad():
        for k, p in net.named_parameters():
            if k.endswith('.a') or k.endswith('.b'):
                p.fill_(.6)
            elif p.dim() == 1:
                p.add_(torch.randn_like(p) * .1)
        net.out.weight.mul_(15)
    return net.eval()


def build():
    torch.manual_seed(41)
    nets = {k: lively(networks.build(dict(c, arch=k))) for k, c in CONFIG.items()}
    tensors = {}
    for k, net in nets.items():
        halves = gen_nets.halve(net.state_dict())
        net.load_state_dict(halves)
        tensors.update({f'{k}.{n}': t for n, t in halves.items()})
    return nets, tensors


def metadata():
    join = lambda v: ','.join(map(str, v)) if isinstance(v, list) else str(v)
    return {f'fill.{k}.{n}': join(v) for k, c in CONFIG.items() for n, v in c.items()}


def forward(nets, rgb, hole, place, window):
    """As docs/weights-format.md has it: sketch at 128, coarse picture enlarged, result at 512."""
    small, valid = ops.reduce(rgb, hole)
    v = torch.from_numpy(valid[None, None].astype(np.float32))
    fill = ops.harmonic(ops.to_float(small[None]), valid[None])
    known = torch.from_numpy((ops.canny(ops.to_u8(fill)) & valid)[:, None].astype(np.float32))
    fill = torch.from_numpy(fill)
    sketch = known + torch.sigmoid(nets['edge'](fill, v, known, place)) * (1 - v)
    coarse = nets['coarse'](fill, v, sketch, place)[0].clamp(-1, 1) * (1 - v) + fill * v
    x, v = ops.to_float(rgb[None]), torch.from_numpy((~hole)[None, None].astype(np.float32))
    whole = torch.from_numpy(ops.harmonic(x, ~hole[None]))
    inputs = [whole, v, networks.enlarge(coarse), networks.enlarge(sketch)]
    answer = inputs[2].clamp(-1, 1)
    answer[:, :, window[0], window[1]] = nets['refine'](*(t[:, :, window[0], window[1]] for t in inputs)).clamp(-1, 1)
    return sketch, answer * (1 - v) + torch.from_numpy(x) * v


def main():
    nets, tensors = build()
    gen_nets.save('fill-face-512', tensors, {'rvs.id': 'fill-face-512', 'rvs.arch': 'fill', 'fill.size': '512', **metadata()})
    rgb, hole = ops.to_u8(gen_nets.face(512).numpy())[0], damage()
    gen_nets.OUT.clear()
    with torch.no_grad():
        for case, place, window in (('aligned', 1.0, (slice(None), slice(None))), ('local', 0.0, WINDOW)):
            sketch, out = forward(nets, rgb, hole, place, window)
            gen_nets.put(case, dict(sketch=sketch, out=out))
    st.save(os.path.join(HERE, 'fill.safetensors'), gen_nets.OUT)


if __name__ == '__main__':
    main()
