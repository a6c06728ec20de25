#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of face super-resolution on split=eval:  spad/measure.py CHECKPOINT [--faces 64]

Clean x8 (64 -> 512) and x4 (128 -> 512), box-reduced and 8 bits, PSNR and SSIM over RGB; the synthesiser's medium level; and the papers' protocol,
whole faces 16 -> 128, PSNR on luma (BT.601, 16 to 235) without a border of 8. Each against bicubic, which is the network's input.
"""
import argparse
import os
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from base import common, data, degrade      # noqa: E402
from measure import evalset, metrics        # noqa: E402
from spad import networks, prior, samples   # noqa: E402

CASES = {'x8': lambda hq, i: samples.clean(hq, 8), 'x4': lambda hq, i: samples.clean(hq, 4), 'medium': lambda hq, i: degrade.level(hq, 'medium', i)[0],
         'severe': lambda hq, i: degrade.level(hq, 'severe', i)[0]}


@torch.no_grad()
def restore(net, lq, parser=None, size=512):
    """uint8 [size,size,3] -> the same, through the prior of its own."""
    x = data.tensor([lq])
    maps = pooled = None
    if parser:
        whole = parser(torch.nn.functional.interpolate(x, size=(512, 512), mode='bicubic', align_corners=False).clamp(-1, 1) if size < 512 else x)
        maps, pooled = torch.nn.functional.adaptive_avg_pool2d(whole, size // 4), torch.nn.functional.adaptive_avg_pool2d(whole, 3)
    with common.autocast(x.device):
        return data.image(net(x, maps, pooled)[0])


def luma(a):
    """BT.601 of 8-bit RGB, 16 to 235, without the border the papers leave out."""
    return (a[8:-8, 8:-8].astype(np.float64) @ [65.481, 128.553, 24.966]) / 255 + 16


def protocol(net, hq, parser):
    """(bicubic, network): PSNR of Y, 16 -> 128."""
    small = samples.reduced(hq, 4)
    lq = samples.clean(small, 8)
    score = lambda a: 10 * np.log10(255.0 ** 2 / np.mean((luma(a) - luma(small)) ** 2))
    return score(lq), score(restore(net, lq, parser, 128))


class Validation:
    """Faces of split=eval; figures only, never trained on."""

    def __init__(self, faces, count, parser):
        self.faces = [np.asarray(faces[i]) for i in evalset.spread(range(len(faces)), count)]
        self.parser, self.lq = parser, {k: [make(hq, i) for i, hq in enumerate(self.faces)] for k, make in CASES.items()}

    def __call__(self, net, png=None):
        net, res, rows = net.eval(), {}, []
        for k, lq in self.lq.items():
            out = [restore(net, x, self.parser) for x in lq]
            mean = lambda f, a: float(np.mean([f(x, hq) for x, hq in zip(a, self.faces)]))
            res[f'{k}_in'], res[f'{k}_ssim_in'] = mean(metrics.psnr, lq), mean(metrics.ssim, lq)
            res[f'{k}_gain'], res[f'{k}_ssim'] = mean(metrics.psnr, out) - res[f'{k}_in'], mean(metrics.ssim, out)
            rows += [[lq[i], out[i], self.faces[i]] for i in range(0, len(lq), max(1, len(lq) // 3))]
        if png:
            common.sheet(rows, png)
        return res


def table(net, valid):
    res = valid(net)
    lines = [f'{k:7s} bicubic {res[f"{k}_in"]:.2f} dB {res[f"{k}_ssim_in"]:.4f}   network {res[f"{k}_in"] + res[f"{k}_gain"]:.2f} dB '
             f'({res[f"{k}_gain"]:+.2f}) {res[f"{k}_ssim"]:.4f}' for k in CASES]
    y = np.array([protocol(net, hq, valid.parser) for hq in valid.faces])
    y = y.mean(0)
    return '\n'.join([*lines, f'16 -> 128, luma, border 8: bicubic {y[0]:.2f}   network {y[1]:.2f} ({y[1] - y[0]:+.2f})'])


def main(argv=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('checkpoint')
    p.add_argument('--faces', type=int, default=64)
    p.add_argument('--data', default=str(data.default_root()))
    p.add_argument('--state', default='/var/tmp/revisage')
    p.add_argument('--parser', default='', help='(default: STATE/ckpt/parser/best.pt, else the shipped one)')
    p.add_argument('--threads', type=int, default=1)
    a = p.parse_args(argv)
    torch.set_num_threads(a.threads)
    ck = common.load_checkpoint(a.checkpoint)
    net = networks.build(ck['config'])
    common.load_into(net, ck['ema'], a.checkpoint)
    faces = data.pack_faces(a.data, Path(a.state) / 'shards', 'eval', 512)
    parser = prior.Parser(a.parser or common.own_parser(a.state), torch.device('cpu')) if any(ck['config']['habs']) else None
    print(table(net.to(memory_format=torch.channels_last), Validation(faces, a.faces, parser)))


if __name__ == '__main__':
    main()
