#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes weights/tiny/restore-spad-512.safetensors and restore-spad-128.safetensors (random weights, fixed seed; blocks with dynamic kernels at
other levels in each) and spad.safetensors beside this script: samples of what the trainer's network makes of a face with them at both ends of the
fidelity knob, between them and with a map of it, for tests/net/test_spad.c. Run with python3-torch; the files are committed.

Face, classes and landmarks are integer patterns that tests/net/patterns.h repeats exactly."""
import os
import sys

import torch
from torch.nn import functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import gen_nets             # noqa: E402
from base import st         # noqa: E402
from spad import knob       # noqa: E402
from spad.arch import ARCH  # noqa: E402

SIZES = {512: dict(widths=[16, 8, 8], blocks=[3, 2, 1], habs=[2, 1, 0], tail=6), 128: dict(widths=[8, 16, 8], blocks=[1, 1, 2], habs=[0, 1, 2], tail=5)}


def heat_maps():
    """[1,5,64,64] logits, as fill_heat_maps of patterns.h."""
    y, x, k = (torch.arange(64)[:, None], torch.arange(64)[None], torch.arange(5)[:, None, None])
    return (((x * (k + 2) + y * 3) % 41).float() / 4 - 5)[None]


def prior():
    """[1,24,128,128], as docs/weights-format.md makes it of the parser's output."""
    return torch.cat([gen_nets.label_map(), F.interpolate(torch.sigmoid(heat_maps()), scale_factor=2, mode='bilinear', align_corners=False)], 1)


def lively(net):
    """Every parameter matters to the result."""
    with torch.no_grad():
        for k, p in net.named_parameters():
            k = k.removeprefix(knob.REAL)
            if p.dim() == 1:
                p.add_(torch.randn_like(p) * .1)
            elif k.endswith('.o.weight'):
                p.normal_(0, .4)
            elif k.endswith('.g.g.weight'):
                p.mul_(30)
            elif k.startswith('mp.') or k.endswith('.l.f.weight'):
                p.mul_(6)
        for end in (net, net.real):
            end.out.weight.mul_(3)
    return net.eval()


def shows(what, a, b):
    shown = float((a - b).abs().mean())
    assert shown > .005, f'the {what} shows by {shown} only'


@torch.no_grad()
def outcomes(net, face):
    """The results, once it is sure that the network, the local prior, the pooled one and the knob each show in them."""
    whole, side = prior(), face.shape[-1] // 4
    maps, pooled = F.adaptive_avg_pool2d(whole, side), F.adaptive_avg_pool2d(whole, 3)
    made = {f'w{100 * w:.0f}': net(face, maps, pooled, w) for w in (1, .3, 0)}
    made['map'] = net(face, maps, pooled, .4, gen_nets.w_map(face.shape[-1]))
    for what, other in (('network', face), ('local prior', net(face, 0 * maps, pooled)), ('pooled prior', net(face, maps, pooled.flip(1))),
                        ('knob', made['w30']), ('map', made['map'])):
        shows(what, made['w100'], other)
    shows('other end', made['w0'], made['w30'])
    return made


def main():
    for size, shape in SIZES.items():
        torch.manual_seed(47)
        net = lively(knob.Knob(**shape, size=size))
        tensors = gen_nets.halve(net.state_dict())
        net.load_state_dict(tensors)
        gen_nets.save(f'restore-spad-{size}', tensors, {'rvs.id': f'restore-spad-{size}', 'rvs.arch': 'spad', **ARCH.keys(net.config)})
        if size == 512:
            gen_nets.OUT.clear()
        gen_nets.put(f'spad{size}', outcomes(net, gen_nets.face(size)))
    st.save(os.path.join(HERE, 'spad.safetensors'), gen_nets.OUT)


if __name__ == '__main__':
    main()
