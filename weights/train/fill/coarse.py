# SPDX-License-Identifier: GPL-3.0-or-later
"""Phase `fill`: the coarse network, whole crops at 128, on true edges, the edge network's and none, a third each.

Hole loss per picture: over the batch, scratches would learn nothing. `--teachers`: with perceptual and adversarial terms.
"""
import argparse
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

import percept
from base import common, data
from base.losses import mean_in
from base.trainer import Trainer
from fill import edge, masks, networks, ops, samples

SEEN, ADVERSARY = .3, .03           # at --teachers 1
SETS = dict(thin=(0, 0), **{f'b{int(10 * h)}': (l, h) for l, h in masks.BINS[:5]})


def options(args, rest):
    p = argparse.ArgumentParser(prog=f'train.py {args.phase}')
    p.add_argument('--warm', default=str(data.default_root().parent / 'warm' / 'fill-coarse.pt'), help='a coarse network to start from, if there')
    p.add_argument('--edge', default='', help='edge checkpoint (default: STATE/ckpt/edge/best.pt)')
    p.add_argument('--masks', type=int, default=1600, help='masks drawn once for training')
    p.add_argument('--valid', type=int, default=32, help='evaluation faces used for the logged figures')
    p.add_argument('--without', default='', choices=('', 'edge', 'fusion', 'attention'), help='leave a part out: for ablations')
    p.add_argument('--teachers', type=float, default=0, help='weight of perceptual and adversarial terms (end phase)')
    return p.parse_args(rest, args)


def load(path):
    """A trained network, frozen."""
    ck = common.load_checkpoint(path)
    net = networks.build(ck['config'])
    common.load_into(net, ck['ema'], path)
    return net.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def load_phase(args, phase, path=''):
    path = Path(path or Path(args.state) / 'ckpt' / phase / 'best.pt')
    if not path.exists():
        raise common.TrainError(f'{path}: train it first (train.py {phase})')
    return load(path)


def predict(net, b):
    """Edge map: what is known outside the hole, probabilities inside."""
    with torch.no_grad(), common.autocast(b.v.device):
        p = torch.sigmoid(net(b.fill, b.v, b.edge, b.place))
    return b.edge * b.v + p.float() * b.hole


def picture_loss(y, b):
    """The pixel terms: hole L1, PSNR, valid L1, hole L1 of the reduced composites."""
    d = (y - b.clean).abs()
    mse = mean_in((y - b.clean) ** 2, b.hole)
    parts = dict(hole=4 * mean_in(d, b.hole).mean(), log=.15 * torch.log(mse + 4e-4).mean(), kept=.3 * mean_in(d, b.v).mean())
    r, m = (y - b.clean) * b.hole, b.hole
    pooled = 0
    for _ in range(3):
        r, m = F.avg_pool2d(r, 2), F.avg_pool2d(m, 2)
        pooled = pooled + (r.abs().mean(1, True).flatten(1).sum(1) / m.flatten(1).sum(1).clamp(min=.25)).mean()
    return dict(parts, pooled=pooled)


def teachers(trainer, clean, side):
    """Of the end phase; holes lie anywhere."""
    return percept.end_phase(trainer, SEEN, ADVERSARY, percept.views(side), clean, area=(0, 1, 0, 1))


def taught(trainer, y, b):
    """What the teachers say of the composed picture; they look at the hole, and judge large holes only."""
    large = ((b.hole.mean((1, 2, 3)) - .03) / .12).clamp(0, 1)
    whole = y * b.hole + b.clean * b.v
    return trainer.teachers.losses(whole, b.clean, np.random.default_rng([trainer.args.seed, 8, trainer.step]), k_adv=large, focus=b.hole)


def hole_psnr(y, clean, hole):
    return -10 * torch.log10(mean_in((y.clamp(-1, 1) - clean) ** 2, hole) / 4 + 1e-10)


def mean_psnr(y, b):
    """Over the pictures that have a hole at all: hair-thin scratches leave none at 128."""
    some = b.hole.flatten(1).sum(1) > 0
    return float(hole_psnr(y, b.clean, b.hole)[some].mean())


class CoarseTrainer(Trainer):
    name = 'fill'

    def build(self):
        config = dict(networks.CONFIG['coarse'], arch='coarse')
        net = networks.build(config)
        if edge.warm(net, self.args.warm):
            print(f'starts from {self.args.warm}')
        self.leave_out(net)
        return config, net

    def leave_out(self, net):
        """Ablations: a part that says nothing and learns nothing."""
        if self.args.without == 'fusion':
            for g in net.g:
                g.requires_grad_(False)
        if self.args.without == 'attention':
            for b in [*net.b, net.sb]:
                b.att = torch.nn.Identity()

    def prepare(self):
        a = self.args
        self.edge = load_phase(a, 'edge', a.edge)
        self.data = samples.Reduced(a, self.shards)
        self.sets = {k: samples.held_out(a, self.shards, *r, a.valid, masks.hole if r[1] else masks.thin_only) for k, r in SETS.items()}
        self.teachers = teachers(self, lambda: samples.clean_faces(self.data.faces, 32), ops.SIDE)

    def batch(self, count, n):
        b = samples.Inputs(*zip(*(self.data[count + i] for i in range(n))))
        b.kind = torch.tensor([(count + i) % 3 for i in range(n)]).view(-1, 1, 1, 1)
        return b

    def edges(self, b):
        """True, predicted and unknown edges in turn."""
        known, guess = b.edge * b.v, predict(self.edge, b)
        if self.args.without == 'edge':
            return known + networks.UNKNOWN * b.hole
        return torch.where(b.kind == 0, known + b.true * b.hole, torch.where(b.kind == 1, guess, known + networks.UNKNOWN * b.hole))

    def loss(self, b):
        with common.autocast(self.device):
            y, e = self.net(b.fill, b.v, self.edges(b), b.place)
        bce = F.binary_cross_entropy_with_logits(e, b.true, reduction='none')
        parts = dict(picture_loss(y, b), edge=.1 * mean_in(bce, b.hole).mean())
        if self.teachers:
            parts.update(taught(self, y, b))
        return parts

    def check(self, net, png):
        res, rows = {}, []
        for k, b in self.sets.items():
            b.guess = samples.run(self.edge, b, lambda n, b: predict(n, b))
            y = self.answer(net, b, b.guess)
            res[k], res[f'{k}_harm'] = mean_psnr(y, b), mean_psnr(b.fill, b)
            if k in ('b2', 'b3'):
                for name, e in (('true', b.edge * b.v + b.true * b.hole), ('none', b.edge * b.v + networks.UNKNOWN * b.hole)):
                    res[f'{k}_{name}'] = mean_psnr(self.answer(net, b, e), b)
            rows += self.rows(b, y)
        common.sheet(rows, png, 128)
        res['mean'] = sum(res[k] for k in SETS) / len(SETS)
        return res

    def answer(self, net, b, e):
        b.input = e
        return samples.run(net, b, lambda n, b: n(b.fill, b.v, b.input, b.place)[0])

    @staticmethod
    def rows(b, y):
        show = lambda i: (b.clean[i] * b.v[i], b.fill[i], 2 * b.guess[i].expand(3, -1, -1) - 1, y[i] * b.hole[i] + b.clean[i] * b.v[i], b.clean[i])
        return [[data.image(t) for t in show(i)] for i in (0, len(y) // 2)]

    @staticmethod
    def score(res):
        return res['mean']


def run(args):
    CoarseTrainer(args).run()
