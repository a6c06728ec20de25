#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes fill_ops.safetensors beside this script: damaged pictures and what the trainer's reduction, Canny and harmonic fill make of
them (weights/train/fill/ops.py), for tests/unit/test_fill_ops.c, which wants the same bits. The file is committed."""
import os
import sys

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', '..', 'weights', 'train'))
from base import st   # noqa: E402
from fill import ops  # noqa: E402

OUT = {}


def put(case, **arrays):
    for k, v in arrays.items():
        OUT[f'{case}.{k}'] = torch.from_numpy(np.ascontiguousarray(v, np.float32))


def picture(rng, h, w):
    """u8 [h,w,3]: discs and bars on a slope, with grain: edges of every direction, strong and weak."""
    y, x = np.mgrid[:h, :w]
    im = np.stack([(60 + 90 * x / w + 40 * c * y / h) for c in range(3)], -1)
    for _ in range(9):
        cy, cx, r = rng.uniform(0, h), rng.uniform(0, w), rng.uniform(1, 2 + .3 * h)
        im[np.hypot(y - cy, x - cx) < r] += rng.uniform(-70, 70, 3)
    a, b = rng.uniform(-1, 1, 2)
    im[np.abs(a * (x - w / 2) + b * (y - h / 2)) < 2] = rng.uniform(0, 255, 3)
    return np.clip(np.round(im + rng.normal(0, 3, im.shape)), 0, 255).astype(np.uint8)


def planes(u8):
    return ops.to_float(u8[None])[0]


def strokes(rng, n):
    """bool [n,n], True = hole: a broad band, a scratch and dust."""
    y, x = np.mgrid[:n, :n]
    return (np.abs(x - y + rng.uniform(-9, 9)) < n / 9) | (x == n // 5) | (rng.random((n, n)) < .02)


def main():
    rng = np.random.default_rng(8)
    for name, h, w in (('square', 48, 48), ('wide', 21, 50), ('thin', 3, 17)):
        u8 = picture(rng, h, w)
        edge = ops.canny(u8[None])[0]
        assert name == 'thin' or .03 < edge.mean() < .4
        put(f'canny.{name}', **{'in': planes(u8), 'out': edge[None]})
    for name, n, hole in (('strokes', 32, strokes(rng, 32)), ('most', 16, rng.random((16, 16)) < .97), ('all', 8, np.ones((8, 8), bool))):
        x = planes(picture(rng, n, n))
        put(f'harmonic.{name}', **{'in': x, 'valid': ~hole[None], 'out': ops.harmonic(x[None], ~hole[None])[0]})
    u8, hole = picture(rng, 64, 64), strokes(rng, 64)
    hole[:9, :9] = True  # a whole cell and more
    small, valid = ops.reduce(u8, hole, 16)
    put('reduce', **{'in': planes(u8), 'valid': ~hole[None], 'out': planes(small), 'out_valid': valid[None]})
    st.save(os.path.join(HERE, 'fill_ops.safetensors'), OUT)


if __name__ == '__main__':
    main()
