# SPDX-License-Identifier: GPL-3.0-or-later
"""Phase `shape`: the shape head on the frozen parser's features of bad crops, as the product cuts them.

First the features of all samples, once (resumable; a shard). Then the straight part in closed form, then all of it by descent. One face in eight
teaches the expected error only: on faces that the coefficients were fitted to, errors are smaller than in use.
"""
import argparse
import math

import numpy as np
import torch

from base import common, data, trainer
from sgpn import features, head, measure, mesh, samples, shape

DOUBT = 8                       # of so many faces one teaches doubt
SIDE = 256                      # of the crops that features are read from
STRAIGHT = .03                  # of the rate, for what was fitted in closed form
DROP = .1                       # of the features, while training


def options(args, rest):
    p = argparse.ArgumentParser(prog='train.py shape')
    p.add_argument('--parser', default='', help='parser checkpoint or weights file (default: STATE/ckpt/parser/best.pt, else the shipped one)')
    p.add_argument('--samples', type=int, default=0, help='use so many samples (default: all, four of each face)')
    p.add_argument('--ridge', type=float, default=8000.0, help='strength of the straight part\'s ridge')
    p.add_argument('--warm', default='', help='an earlier regression to start from: ../shared/warm/shape-ridge.npz')
    p.add_argument('--hidden', type=int, default=head.CONFIG['hidden'])
    p.add_argument('--valid', type=int, default=64, help='evaluation faces used for the logged figures')
    args = p.parse_args(rest, args)
    args.parser = args.parser or common.own_parser(args.state)
    return args


def distances(have, want, depth):
    """Per picture: mean distance of the vertices, depth weighted so, in % of the eye distance; smooth at zero."""
    eyes = torch.stack([want[:, list(p)].mean(1) for p in mesh.EYES], 1)
    scale = 100 / (eyes[:, 0] - eyes[:, 1]).norm(dim=1).clamp_min(1)
    d = (have - want) ** 2
    return (d[..., 0] + d[..., 1] + depth * d[..., 2] + .01).sqrt().mean(1) * scale


class Trainer(trainer.Trainer):
    name, rate, decay = 'shape', 5e-4, .99

    def build(self):
        a = self.args
        self.reader, tables = features.Reader(a.parser, self.device), mesh.Tables(a.data)
        self.model = shape.of_training(a.data)
        net = head.build(dict(head.CONFIG, hidden=a.hidden, features=self.reader.count, triangles=len(tables.triangles)))
        head.give_shape(net, self.model, tables.triangles)
        self.read()
        if a.fresh or not (self.folder / 'last.pt').exists():
            self.straighten(net)
        return net.config, net

    def read(self):
        """The samples' features, those that are missing computed first."""
        a = self.args
        self.store = samples.Store(self.shards, samples.Faces(a.data, self.shards, SIDE, a.seed), self.reader)
        wanted, clock = min(a.samples or len(self.store), len(self.store)), common.Clock(a.minutes)
        for at in self.store.fill(wanted, stop=clock.done):
            if at % 512 == 0:
                print(f'features of {at} of {wanted} samples', flush=True)
        n = min(self.store.done(), wanted)
        if clock.done():
            raise common.TrainError(f'stopped at the features of {n} of {wanted} samples; start again to go on, or give --samples {n}')
        doubt = np.array([self.store.faces.face_of(i) % DOUBT == 0 for i in range(n)])
        self.fit, self.doubt = np.nonzero(~doubt)[0], np.nonzero(doubt)[0]

    def straighten(self, net):
        rows = np.asarray(self.store.rows[self.fit])
        mean, spread = head.moments(rows)
        net.offset.copy_(torch.from_numpy(mean)), net.gain.copy_(torch.from_numpy(1 / spread))
        x = np.empty(rows.shape, np.float32)
        for i in range(0, len(x), 1024):
            x[i:i + 1024] = (rows[i:i + 1024] - mean) / spread
        want, (w0, b0) = self.model.encode(np.asarray(self.store.meshes[self.fit])), self.earlier(mean, spread)
        w, b = head.ridge(x, want - (x @ w0 + b0), self.args.ridge)
        w, b = w + w0, b + b0
        with torch.no_grad():
            net.straight.weight.copy_(torch.from_numpy(w.T)), net.straight.bias.copy_(torch.from_numpy(b)), net.error.bias.fill_(math.log(3))
        print(f'straight part fitted to {len(self.fit)} samples', flush=True)

    def earlier(self, mean, spread):
        """A regression to start from, on standardised features; nothing without one."""
        if not self.args.warm:
            return np.float32(0) * mean[:, None], np.float32(0)
        w, b = head.earlier(self.args.warm, self.model, self.reader.config['widths'])
        print(f'starts from {self.args.warm}')
        return (w * spread[:, None]).astype(np.float32), (b + mean @ w).astype(np.float32)

    def prepare(self):
        slow = list(self.net.straight.parameters())
        rest = [p for p in self.net.parameters() if all(p is not q for q in slow)]
        self.opt = torch.optim.Adam([dict(params=slow, part=STRAIGHT), dict(params=rest, part=1.0)], lr=self.rate, betas=(.9, .99))
        self.valid = measure.Validation(self.args, self.reader, self.args.valid)

    def more(self):
        return dict(parser=self.reader.key)

    def restore(self, ck):
        if ck.get('parser') != self.reader.key:
            raise common.TrainError(f'{self.last}: begun on another parser\'s features; --fresh starts anew')

    def set_rate(self, part):
        super().set_rate(part)
        for g in self.opt.param_groups:
            g['lr'] *= g['part']

    def pick(self, rows, count, n):
        i = [int(rows[data.order(len(rows), count + j, self.args.seed)]) for j in range(n)]
        return tuple(torch.from_numpy(v[i].astype(np.float32)).to(self.device) for v in (self.store.rows, self.store.meshes))

    def batch(self, count, n):
        few = max(1, n // DOUBT)
        return self.pick(self.fit, count, n), self.pick(self.doubt, count // n * few, few), count

    def loss(self, b):
        (x, want), (y, known), count = b
        keep = torch.rand(x.shape, generator=torch.Generator().manual_seed(self.args.seed + count)).to(self.device) > DROP
        c, _ = self.net(torch.where(keep, x, self.net.offset))
        with torch.no_grad():
            true = distances(self.net.mesh(self.net(y)[0]), known, 0)
        error = self.net(y)[1]
        return dict(vertex=distances(self.net.mesh(c), want, .5).mean(), doubt=.2 * (true / error + error.log()).mean())

    def check(self, net, png):
        return self.valid(net.eval(), png)

    @staticmethod
    def score(res):
        return -sum(res[f'{k}_2d'] for k in samples.LEVELS)


def run(args):
    Trainer(args).run()
