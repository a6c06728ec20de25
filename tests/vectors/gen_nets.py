#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the tiny networks of weights/tiny (random weights, fixed seed, every graph there is) and nets.safetensors beside this
script: samples of what PyTorch makes of them, for tests/net. Run with python3-torch; the files are committed.

Inputs are integer patterns that tests/net/patterns.h repeats exactly, so they need no storage."""
import os
import sys

import numpy as np
import torch
from torch.nn import functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, '..', '..')
sys.path.insert(0, os.path.join(ROOT, 'weights', 'train'))
from base import arch, files, st         # noqa: E402
from base.layers import down2            # noqa: E402
from jsfm import published               # noqa: E402
from jsfm.arch import ARCH as JSFM       # noqa: E402
from jsfm.networks import Generator      # noqa: E402
from parsing.arch import ARCH as PARSER  # noqa: E402
from parsing.networks import ParserC     # noqa: E402

TINY = os.path.join(ROOT, 'weights', 'tiny')
OUT = {}
CHANNELS = {16: 16, 32: 16, 64: 12, 128: 12, 256: 8, 512: 6}
GUIDES = {16: 6, 32: 6, 64: 6, 128: 5, 256: 4, 512: 4}
FULL = {16: 8, 32: 8, 64: 8, 128: 8, 256: 4, 512: 4}
SEED = 77


def hash32(v):
    """As hash32 in patterns.h."""
    v = v.astype(np.uint64)
    v = (v * np.uint64(2654435761)) & np.uint64(0xffffffff)
    v ^= v >> np.uint64(15)
    v = (v * np.uint64(2246822519)) & np.uint64(0xffffffff)
    return v ^ (v >> np.uint64(13))


def face(side):
    c, y, x = np.meshgrid(np.arange(3), np.arange(side), np.arange(side), indexing='ij')
    wave = np.abs(2 * ((x * (3 + c) + y * 5) % 512) - 512) / 512
    rings = (((x * x + 3 * y * y + 77 * c) // 64) % 64) / 64
    grain = (hash32((c * side + y) * side + x) >> np.uint64(24)).astype(np.float64) / 255
    return torch.from_numpy((2 * (0.5 * wave + 0.3 * rings + 0.2 * grain) - 1).astype(np.float32))[None]


def label_map():
    y, x = np.meshgrid(np.arange(128), np.arange(128), indexing='ij')
    main, second = (x // 11 + 3 * (y // 13)) % 19, (x // 7 + y // 9) % 19
    p = np.full((19, 128, 128), 0.1 / 19)
    for k in range(19):
        p[k] += 0.6 * (main == k) + 0.3 * (second == k)
    return torch.from_numpy(p.astype(np.float32))[None]


def w_map(side):
    y, x = np.meshgrid(np.arange(side), np.arange(side), indexing='ij')
    return torch.from_numpy((((x + 2 * y) % 256) / 255).astype(np.float32))[None, None]


def noise_plane(seed, stage, side):
    """rvs__noise_at of ops/pointwise.c."""
    def mix(v):
        v = (v ^ (v >> np.uint64(30))) * np.uint64(0xbf58476d1ce4e5b9)
        v = (v ^ (v >> np.uint64(27))) * np.uint64(0x94d049bb133111eb)
        return v ^ (v >> np.uint64(31))
    with np.errstate(over='ignore'):
        y, x = np.meshgrid(np.arange(side, dtype=np.uint64), np.arange(side, dtype=np.uint64), indexing='ij')
        key = mix(np.array((seed << 32 | stage), dtype=np.uint64) + np.uint64(0x9e3779b97f4a7c15))
        bits = mix(key + (y << np.uint64(32) | x))
    u = ((bits >> np.uint64(40)).astype(np.float64) + 0.5) * 2.0 ** -24
    v = ((bits & np.uint64(0xffffff)).astype(np.float64) + 0.5) * 2.0 ** -24
    return torch.from_numpy((np.sqrt(-2 * np.log(u)) * np.cos(6.283185307179586 * v)).astype(np.float32))[None, None]


def sample(t, n=32):
    """n x n positions of an image: both borders and every parity."""
    side = t.shape[-1]
    at = torch.tensor([i * (side - 1) // (n - 1) for i in range(n)])
    return t[0][:, at][:, :, at].contiguous()


def put(case, images):
    for k, v in images.items():
        assert float(v.std()) > 0.15, f'{case}.{k}: too flat to show an error'
        OUT[f'{case}.{k}'] = sample(v).float()


def randomise(net, rgb=4):
    """Livelier than the training start: every parameter matters to the result."""
    with torch.no_grad():
        for k, p in net.named_parameters():
            if k.endswith('noise') or '.noise' in k or k.startswith('noise'):
                p.fill_(0.3)
            elif p.dim() == 1:
                p.add_(torch.randn_like(p) * 0.1)
        for k, m in net.named_modules():
            if k == 'mask' or k.startswith('rgb.') or k.endswith('.c1'):
                m.weight.mul_(4 if k.endswith('.c1') else rgb)
            if isinstance(m, torch.nn.BatchNorm2d):
                m.running_mean.normal_(0, 0.2)
                m.running_var.uniform_(0.5, 1.5)
    return net.eval()


def halve(tensors):
    """Rounded to fp16, as they are stored."""
    return {k: v.half().float() for k, v in tensors.items()}


def save(name, tensors, meta):
    full = {'rvs.format': '1', 'rvs.contract': f'{meta["rvs.arch"]}_srgb_pm1_v1', 'rvs.licence': 'GPL-3.0-or-later',
            'rvs.source': 'random weights for the tests, tests/vectors/gen_nets.py', 'rvs.graph': 'unknown', 'rvs.data': 'none',
            'rvs.git': 'unknown', **meta}
    st.save(os.path.join(TINY, name + '.safetensors'), files.halves(tensors), full)


def shared(case, file, size, heads):
    net = randomise(Generator(CHANNELS, GUIDES, size, heads), 4 if heads == 'gated' else 12).fold()
    tensors = halve(net.state_dict())
    net.load_state_dict(tensors)
    save(file, tensors, {'rvs.id': f'restore-jsfm-{size}', 'rvs.arch': 'jsfm', **JSFM.keys(net.config)})
    photo, prob = face(size), label_map()
    state = {}
    hook = net.r64.register_forward_hook(lambda m, i, o: state.update(x64=o))
    put(f'{case}.one', {f's{r}': t for r, t in net(photo, prob, 1.0).items()})
    put(case, state)
    hook.remove()
    planes = {q // 2: noise_plane(SEED, q, q // 2) for q in (128, 256, 512) if q <= size}
    put(f'{case}.map', {f's{r}': t for r, t in net(photo, prob, w_map(size), planes).items()})
    put(f'{case}.zero', {f's{r}': t for r, t in net(photo, prob, 0.0).items() if r == size})


def full():
    published.TRUNK = 4
    net = randomise(published.Generator(FULL))
    tensors = halve(net.state_dict())
    net.load_state_dict(tensors)
    save('restore-jsfm-published-512', tensors,
         {'rvs.id': 'restore-jsfm-full-512', 'rvs.arch': 'jsfm', 'jsfm.modulation': 'published', 'jsfm.size': '512',
          'jsfm.channels': arch.pairs(FULL), 'jsfm.guides': arch.pairs({r: 4 for r in FULL}), 'jsfm.heads': 'absolute',
          'jsfm.map': 'hard'})
    prob = label_map()
    hard = F.interpolate((prob == prob.amax(1, True)).float(), scale_factor=4, mode='nearest')
    planes = {q: noise_plane(0, q, q) for q in (32, 64)}
    planes.update({q: noise_plane(SEED, q, q) for q in (128, 256, 512)})
    put('published', {f's{r}': t for r, t in net(face(512), hard, 0.5, planes).items()})


def parsers():
    net = randomise(ParserC((6, 8, 12, 12), (1, 2, 1, 2)), 12).fold()
    tensors = halve(net.state_dict())
    net.load_state_dict(tensors)
    save('parse-face-256', tensors, {'rvs.id': 'parse-face-256', 'rvs.arch': 'parser', **PARSER.keys(net.config)})
    trunk = {}
    hook = net.e[3].register_forward_hook(lambda m, i, o: trunk.update(features=o))
    logits, deg, heat = net(down2(face(512)))
    hook.remove()
    put('parser', {'logits': logits, 'heat': heat, **trunk})
    assert float(deg.clamp(0, 1).std()) > 0.1
    OUT['parser.deg'] = deg[0].clamp(0, 1)
    widths, up, body = (4, 4, 6, 8, 8), (8, 6, 4, 4), 3
    net = randomise(published.Parser(widths, up, body), 12)
    tensors = halve(net.state_dict())
    net.load_state_dict(tensors)
    save('parse-face-published-512', tensors,
         {'rvs.id': 'parse-face-full-512', 'rvs.arch': 'parser', 'parser.kind': 'published', 'parser.size': '512',
          'parser.widths': arch.join(widths), 'parser.up': arch.join(up), 'parser.blocks': str(body)})
    put('parser_published', {'logits': F.avg_pool2d(net(face(512)), 4)})


def main():
    os.makedirs(TINY, exist_ok=True)
    torch.manual_seed(31)
    with torch.no_grad():
        shared('gated', 'restore-jsfm-512', 512, 'gated')
        shared('absolute', 'restore-jsfm-256', 256, 'absolute')
        full()
        parsers()
    st.save(os.path.join(HERE, 'nets.safetensors'), OUT)


if __name__ == '__main__':
    main()
