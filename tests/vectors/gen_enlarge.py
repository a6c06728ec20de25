#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes enlarge.safetensors beside this script: small pictures and what they are when enlarged, for tests/unit/test_enlarge.c.
Run with python3-torch, python3-numpy and python3-pil; the file is committed. Names: CASE.in, CASE.out (channels x height x width, sRGB codes
0..1, alpha last).

Worked out in double precision, every sum written down as the definition has it. That the kernel itself is right is checked against
Pillow's, away from the borders, which Pillow treats otherwise."""
import os
import sys

import numpy as np
import torch
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', '..', 'weights', 'train'))
from base import st  # noqa: E402

LEAST_ALPHA = 1 / 1024


def light_of(code):
    sign, code = np.sign(code), np.abs(code)
    return sign * np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)


def code_of(light):
    sign, light = np.sign(light), np.abs(light)
    return sign * np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def lanczos(x):
    return np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0)


def taps(n, factor):
    """Per result pixel: indices of six source pixels, mirrored at the borders, and their weights."""
    centre = (np.arange(n * factor) + 0.5) / factor - 0.5
    first = np.floor(centre + 1e-9).astype(int) - 2
    at = first[:, None] + np.arange(6)
    weights = lanczos(centre[:, None] - at)
    at = np.mod(at, 2 * n)
    return np.where(at < n, at, 2 * n - 1 - at), weights / weights.sum(1, keepdims=True)


def along_rows(planes, factor, combine):
    at, weights = taps(planes.shape[-1], factor)
    return combine(planes[..., at], weights)


def both_ways(planes, factor, combine):
    once = along_rows(np.swapaxes(planes, -1, -2), factor, combine)
    return along_rows(np.swapaxes(once, -1, -2), factor, combine)


def total(values, weights):
    return (values * weights).sum(-1)


def low(values, weights):
    return values[..., 2:4].min(-1)


def high(values, weights):
    return values[..., 2:4].max(-1)


def enlarged(picture, factor):
    """picture: c x h x w codes."""
    has_alpha = picture.shape[0] % 2 == 0
    light = light_of(picture[:-1] if has_alpha else picture)
    alpha = picture[-1:] if has_alpha else np.ones_like(picture[:1])
    weight = both_ways(alpha, factor, total)
    seen = np.broadcast_to(alpha > 0, light.shape)
    lowest = both_ways(np.where(seen, light, np.inf), factor, low)
    highest = both_ways(np.where(seen, light, -np.inf), factor, high)
    nearest = light.repeat(factor, 1).repeat(factor, 2)
    colour = np.where(weight > LEAST_ALPHA, both_ways(light * alpha, factor, total) / np.maximum(weight, LEAST_ALPHA), nearest)
    colour = np.where(weight > LEAST_ALPHA, np.clip(colour, lowest, highest), colour)
    colour = code_of(np.where(lowest <= highest, colour, nearest))
    if not has_alpha:
        return colour
    return np.concatenate([colour, np.clip(weight, both_ways(alpha, factor, low), both_ways(alpha, factor, high))])


def check_kernel(rng):
    plane = rng.random((24, 24)).astype(np.float32)
    ours = both_ways(plane.astype(float), 4, total)
    pillow = np.asarray(Image.fromarray(plane, 'F').resize((96, 96), Image.LANCZOS))
    assert np.abs(ours - pillow)[16:-16, 16:-16].max() < 1e-5


def picture(rng, channels, height, width):
    """Blocks and grain: hard edges, and something everywhere. 8-bit codes, so that every depth holds the same."""
    blocks = rng.random((channels, height // 4 + 1, width // 4 + 1)).repeat(4, 1).repeat(4, 2)[:, :height, :width]
    out = np.clip(blocks * 1.2 - 0.1 + 0.1 * rng.standard_normal(blocks.shape), 0, 1)
    if channels % 2 == 0:
        out[-1] = np.where(out[-1] < 0.4, 0, np.where(out[-1] > 0.7, 1, out[-1]))
    return np.round(out * 255) / 255


def main():
    rng = np.random.default_rng(13)
    check_kernel(rng)
    out = {}
    cases = [(2, 3, 13, 17), (3, 1, 9, 11), (4, 4, 12, 15), (8, 2, 7, 9), (5, 3, 6, 1), (4, 3, 1, 2), (3, 4, 2, 7), (2, 1, 18, 260)]
    for factor, channels, height, width in cases:
        source = picture(rng, channels, height, width)
        case = f'x{factor}_{channels}_{height}_{width}'
        out[f'{case}.in'] = torch.from_numpy(source).float()
        out[f'{case}.out'] = torch.from_numpy(enlarged(source, factor)).float()
    st.save(os.path.join(HERE, 'enlarge.safetensors'), out)


if __name__ == '__main__':
    main()
