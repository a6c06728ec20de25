# SPDX-License-Identifier: GPL-3.0-or-later
"""Phase `finder`: marks thin and blotchy damage, on faces and scenes, in windows at the photo's own scale. A third of them is undamaged."""
import argparse

import numpy as np
import torch
from torch.nn import functional as F

from base import common, data
from base.trainer import Trainer
from fill import damage, edge, masks, networks, ops, samples

WINDOW = 192
LEVELS = [.2, .3, .4, .5, .6, .7, .8]


def options(args, rest):
    p = argparse.ArgumentParser(prog=f'train.py {args.phase}')
    p.add_argument('--masks', type=int, default=120, help='masks of each kind, drawn once')
    p.add_argument('--valid', type=int, default=64, help='evaluation windows used for the logged figures')
    return p.parse_args(rest, args)


class Windows:
    """(picture u8, damage bool) of WINDOW by number; kept: those for figures only."""

    def __init__(self, args, shards, kept=False):
        self.seed, self.kept = args.seed + (samples.HELD if kept else 0), kept
        self.faces = data.pack_faces(args.data, shards, 'eval' if kept else 'train', 512)
        self.scenes, self.kinds = samples.scenes(args, shards, kept), masks.Kinds(shards, args.masks)

    def __getitem__(self, count):
        rng = np.random.default_rng([self.seed, 7, count])
        source = self.scenes if rng.random() < .45 else self.faces
        rgb = source[int(rng.integers(len(source)))]
        y, x = rng.integers(0, len(rgb) - WINDOW + 1, 2)
        rgb = rgb[y:y + WINDOW, x:x + WINDOW]
        if rng.random() < .5:
            rgb = rgb[:, ::-1]
        rgb, clean = damage.printed(np.ascontiguousarray(rgb), rng), rng.random() < .33
        rgb, marks = (rgb, np.zeros((WINDOW, WINDOW), bool)) if clean else damage.damage(rgb, rng, self.kinds)
        return damage.scanned(rgb, rng), marks


def batch(windows, count, n):
    rgb, marks = zip(*(windows[count + i] for i in range(n)))
    return samples.tensors(ops.to_float(np.stack(rgb)), np.stack(marks))


class FinderTrainer(Trainer):
    name = 'finder'

    def build(self):
        config = dict(networks.CONFIG['finder'], arch='finder')
        return config, networks.build(config)

    def prepare(self):
        self.data = Windows(self.args, self.shards)
        kept = Windows(self.args, self.shards, kept=True)
        self.x, self.marks = batch(kept, 0, self.args.valid)

    def batch(self, count, n):
        return batch(self.data, count, n)

    def loss(self, b):
        x, marks = b
        with common.autocast(self.device):
            logit = self.net(x)
        whole = torch.ones_like(marks)
        return dict(bce=F.binary_cross_entropy_with_logits(logit, marks), overlap=.3 * edge.overlap(torch.sigmoid(logit), marks, whole))

    @torch.no_grad()
    def check(self, net, png):
        p = torch.cat([torch.sigmoid(net(x)) for x in self.x.split(8)])
        whole, clean = torch.ones_like(p), self.marks.flatten(1).sum(1) == 0
        exact, near = ([edge.f1(p, self.marks, whole, t, r) for t in LEVELS] for r in (0, 1))
        best = int(np.argmax(exact))
        show = lambda t: data.image(2 * t.expand(3, -1, -1) - 1)
        common.sheet([[data.image(self.x[i]), show(p[i]), show(self.marks[i])] for i in range(0, len(p), max(1, len(p) // 8))], png, WINDOW)
        return dict(f1=exact[best], level=LEVELS[best], f1_near=max(near), false_pct=100 * float((p[clean] > LEVELS[best]).float().mean()),
                    f1_half=exact[LEVELS.index(.5)], false_half=100 * float((p[clean] > .5).float().mean()))

    @staticmethod
    def score(res):
        return res['f1'] - .2 * max(0.0, res['false_pct'] - .3)


def run(args):
    FinderTrainer(args).run()
