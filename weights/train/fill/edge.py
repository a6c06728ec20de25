# SPDX-License-Identifier: GPL-3.0-or-later
"""Phase `edge`: repairs the edge map in the hole. Cross-entropy and overlap, then its own adversary with feature matching.

Judged by F1 of the edges in the hole at hole ratio .2 to .3, exact and within one pixel, at the best threshold of the probability."""
import argparse
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import spectral_norm

from base import common, data, losses
from base.losses import mean_in
from base.trainer import Trainer
from base.layers import lrelu
from fill import networks, samples

ADVERSARY, MATCH = .02, 1.0         # weights; the adversary comes in over the middle of the run
LEVELS = [round(.15 + .05 * i, 2) for i in range(10)]


def options(args, rest):
    p = argparse.ArgumentParser(prog=f'train.py {args.phase}')
    p.add_argument('--warm', default=str(data.default_root().parent / 'warm' / 'fill-coarse.pt'), help='a coarse network to start from, if there')
    p.add_argument('--masks', type=int, default=1600, help='masks drawn once for training')
    p.add_argument('--valid', type=int, default=64, help='evaluation faces used for the logged figures')
    p.add_argument('--adversary', type=float, default=ADVERSARY)
    return p.parse_args(rest, args)


class Judge(nn.Module):
    """Patches of (edges, luma of the clean picture): real or made."""

    def __init__(self, w=(32, 64, 96)):
        super().__init__()
        c = (2,) + tuple(w)
        self.cs = nn.ModuleList([spectral_norm(nn.Conv2d(c[i], c[i + 1], 4, 2, 1)) for i in range(len(w))])
        self.out = nn.Conv2d(c[-1], 1, 3, 1, 1)

    def forward(self, edge, y):
        x, features = torch.cat([edge, y], 1), []
        for c in self.cs:
            x = lrelu(c(x))
            features.append(x)
        return self.out(x).float(), features


def f1(p, true, hole, level, reach=0):
    """Harmonic mean of precision and recall over all holes; reach: pixels by which an edge may be off."""
    wide = lambda t: F.max_pool2d(t, 2 * reach + 1, 1, reach)
    e, t = (p > level).float() * hole, true * hole
    precision = (e * wide(true)).sum() / e.sum().clamp(min=1)
    recall = (t * wide(e)).sum() / t.sum().clamp(min=1)
    return float(2 * precision * recall / (precision + recall + 1e-9))


def overlap(p, true, hole):
    """1 - soft Dice in the holes, over the batch."""
    a, b = p * hole, true * hole
    return 1 - (2 * (a * b).sum() + 1) / (a.sum() + b.sum() + 1)


def warm(net, path):
    """The coarse network of an earlier run knows faces: same body, its edge head for ours."""
    if not path or not Path(path).exists():
        return False
    old, own = common.load_checkpoint(path)['ema'], net.state_dict()
    for k, v in old.items():
        v = v.float()
        if k.startswith('out.') and own[k].shape[0] == 1:
            v = v[-1:]
        if k in own and own[k].shape == v.shape:
            own[k] = v
    net.load_state_dict(own)
    return True


class EdgeTrainer(Trainer):
    name = 'edge'

    def build(self):
        config = dict(networks.CONFIG['edge'], arch='edge')
        net = networks.Edge(*(config[k] for k in ('widths', 'blocks', 'growth')))
        if warm(net, self.args.warm):
            print(f'starts from {self.args.warm}')
        return config, net

    def prepare(self):
        self.data = samples.Reduced(self.args, self.shards)
        self.valid = samples.held_out(self.args, self.shards, .2, .3, self.args.valid)
        self.judge = Judge().to(memory_format=torch.channels_last)
        self.judge_opt = torch.optim.Adam(self.judge.parameters(), lr=4e-4, betas=(.5, .99))

    def more(self):
        return dict(judge=self.judge.state_dict(), judge_opt=self.judge_opt.state_dict())

    def restore(self, ck):
        if 'judge' in ck:               # one of warm.py has none
            self.judge.load_state_dict(ck['judge'])
            self.judge_opt.load_state_dict(ck['judge_opt'])

    def batch(self, count, n):
        return samples.Inputs(*zip(*(self.data[count + i] for i in range(n))))

    def force(self):
        return self.args.adversary * min(1.0, max(0.0, (self.part - .3) / .2))

    def loss(self, b):
        with common.autocast(self.device):
            logit = self.net(b.fill, b.v, b.edge, b.place)
        p = torch.sigmoid(logit)
        bce = F.binary_cross_entropy_with_logits(logit, b.true, reduction='none')
        parts = dict(hole=mean_in(bce, b.hole).mean(), kept=.2 * mean_in(bce, b.v).mean(), overlap=.2 * overlap(p, b.true, b.hole))
        self.fake = b.true * b.v + p * b.hole
        k = self.force()
        if k > 0:
            parts.update(self.judged(b, k))
        return parts

    def judged(self, b, k):
        y = losses.luma(b.clean)
        self.judge.requires_grad_(False)
        with common.autocast(self.device):
            score, f = self.judge(self.fake, y)
            with torch.no_grad():
                _, g = self.judge(b.true, y)
        self.judge.requires_grad_(True)
        match = sum((x.float() - z.float()).abs().mean() for x, z in zip(f, g)) / len(f)
        return dict(adv=-k * score.mean(), match=MATCH * k / ADVERSARY * .1 * match)

    def after(self, b):
        """The judge's own step; it learns a little before it is listened to."""
        if self.args.adversary == 0 or self.part < .25:
            return {}
        y = losses.luma(b.clean)
        with common.autocast(self.device):
            real, fake = self.judge(b.true, y)[0], self.judge(self.fake.detach(), y)[0]
        loss = F.relu(1 - real).mean() + F.relu(1 + fake).mean()
        self.judge_opt.zero_grad(set_to_none=True)
        loss.backward()
        self.judge_opt.step()
        return dict(judge=loss)

    def check(self, net, png):
        v = self.valid
        p = samples.run(net, v, lambda n, b: torch.sigmoid(n(b.fill, b.v, b.edge, b.place)))
        bce = F.binary_cross_entropy(p.clamp(1e-6, 1 - 1e-6), v.true, reduction='none')
        exact, near = ([f1(p, v.true, v.hole, t, r) for t in LEVELS] for r in (0, 1))
        self.sheet(p, png)
        best = int(np.argmax(exact))
        return dict(f1=exact[best], level=LEVELS[best], f1_near=max(near), bce=float(mean_in(bce, v.hole).mean()),
                    f1_half=exact[LEVELS.index(.5)])

    def sheet(self, p, png):
        v, rows = self.valid, []
        for i in range(0, len(p), max(1, len(p) // 8)):
            planes = [v.edge[i], p[i] * v.hole[i] + v.edge[i], v.true[i]]
            rows.append([data.image(t) for t in (v.clean[i] * v.v[i], v.fill[i], *(2 * q.expand(3, -1, -1) - 1 for q in planes), v.clean[i])])
        common.sheet(rows, png, 128)

    @staticmethod
    def score(res):
        return res['f1']


def run(args):
    EdgeTrainer(args).run()
