# SPDX-License-Identifier: GPL-3.0-or-later
"""Phase `sgpn`: the decoder, over the frozen parser and shape head.

It grows: --res 128, then 256 and 512 (--top trains what is new alone). It starts on large degradations (--regime large): on the whole mix it first learns
to change nothing, and then hardly leaves that. --regime half keeps the bad faces, which it is for, in sight. --teachers N adds a perceptual loss and an adversary (end phase; npm `nsfwjs` in STATE/nsfwjs).
"""
import argparse
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import percept
from base import common, data, degrade, losses, trainer
from measure import evalset, metrics
from sgpn import crops, mesh, networks, pool, prior

PIXELS, MEASURE, STAGE, CHROMA, MESH = 10.0, .1, 2.0, 5.0, 4.0      # weights of the losses
OFF = .1                            # share of samples without a shape prior
SEEN_OF = 4                         # one sample of so many pays the parser's passes of the mesh losses
SEEN, ADVERSARY = 2.5, .2           # at --teachers 1
LARGE = dict(large=1.0, half=.5, mix=0.0)       # share of samples that are large degradations for sure
PARTS = ('', 'render', 'affb', 'mesh', 'shape')


def options(args, rest):
    p = argparse.ArgumentParser(prog='train.py sgpn')
    p.add_argument('--res', type=int, default=128, choices=(128, 256, 512), help='size of the pictures and of the network')
    p.add_argument('--regime', default='mix', choices=LARGE, help='degradations')
    p.add_argument('--warm', nargs='+', default=[], help='checkpoints of this phase to start from: of a larger size, what fits is taken; a later one overrules an earlier one')
    p.add_argument('--top', type=int, default=0, help='train only what belongs to sizes above this one')
    p.add_argument('--shape', default='', help='shape checkpoint or weights file (default: STATE/ckpt/shape/best.pt)')
    p.add_argument('--parser', default='', help='parser checkpoint or weights file (default: STATE/ckpt/parser/best.pt, else the shipped one)')
    p.add_argument('--without', default='', choices=PARTS, help='leave a part out, for ablations: the rendered branch, fusion (a plain sum), mesh losses, the head (mean mesh)')
    p.add_argument('--teachers', type=float, default=0, help='weight of perceptual and adversarial terms (end phase)')
    p.add_argument('--uses', type=int, default=6, help='how often a sample serves: what frozen networks make of it is computed once')
    p.add_argument('--valid', type=int, default=24, help='evaluation faces used for the logged figures')
    args = p.parse_args(rest, args)
    args.parser = args.parser or common.own_parser(args.state)
    args.shape = args.shape or str(Path(args.state) / 'ckpt' / 'shape' / 'best.pt')
    if not Path(args.shape).exists():
        raise common.TrainError(f'{args.shape}: train it first (train.py shape)')
    return args


class Pairs:
    """(lq, hq) uint8 by number, cut as the product cuts, at 256 or, for the largest size, at 512: what the parser sees is what the product's sees."""

    def __init__(self, args, shards):
        self.seed, self.large, self.side = args.seed, LARGE[args.regime], max(args.res, 256)
        self.faces = data.pack_faces(args.data, shards, 'train', mesh.SIDE)

    def __getitem__(self, count):
        i, rng = data.order(len(self.faces), count, self.seed), np.random.default_rng([self.seed, 9, count])
        hq = np.asarray(self.faces[i])
        if rng.random() < .5:
            hq = np.ascontiguousarray(hq[:, ::-1])
        if self.side < mesh.SIDE:
            hq = np.asarray(Image.fromarray(hq).resize((self.side, self.side), Image.BOX))
        hq = crops.cut(hq, crops.draw(rng, self.side), Image.BICUBIC)
        return degrade.degrade(hq, int(rng.integers(1 << 60)), 'large' if rng.random() < self.large else None)[:2]


def draw_w(rng, judged):
    """Fidelity of a sample: whole mostly, at times none, else between. Where teachers judge, which look away at w = 1, seldom whole."""
    u, whole = rng.random(), .3 if judged else .7
    return 1.0 if u < whole else 0.0 if u < whole + .05 else float(rng.random())


class Trainer(trainer.Trainer):
    name, rate, decay = 'sgpn', 1e-3, .995

    def build(self):
        a = self.args
        self.prior = prior.Prior(a.shape, a.parser, a.data, self.device, a.without == 'shape')
        net = networks.build(dict(networks.CONFIG, size=a.res))
        for path in a.warm:
            self.start(net, path)
        networks.without(net, a.without)
        for k, p in net.named_parameters():
            p.requires_grad_(not a.top or networks.size_of(k) > a.top or k == f'down.{a.top}.weight')
        return net.config, net

    @staticmethod
    def start(net, path):
        tensors = networks.cut(common.load_checkpoint(path)['ema'], net)
        own, strange = networks.grown(tensors, net)
        if strange:
            raise common.TrainError(f'{path}: {len(strange)} of its tensors have no place in a network of this --res')
        net.load_state_dict(own)
        print(f'starts from {path}: {len(tensors)} of {len(own)} tensors')

    def prepare(self):
        a = self.args
        self.pairs, self.valid = Pairs(a, self.shards), Validation(a, self.prior)
        self.pool = pool.Pool(self.pairs, self.prior, a.res, a.uses, a.seed)
        clean = lambda: prior.sized(data.tensor([self.pairs[i][1] for i in range(32)]), a.res)
        self.teachers = percept.end_phase(self, SEEN, ADVERSARY, percept.views(a.res), clean)

    def more(self):
        return dict(shape=self.prior.key, **super().more())

    def batch(self, count, n):
        """lq and hq at the network's size, coefficients, c, render, w, the clean photo's mesh."""
        lq, hq, k, c, render, want = self.pool.batch(count, n)
        rng = np.random.default_rng([self.args.seed, 10, count])
        c = c * torch.tensor([float(rng.random() >= OFF) for _ in range(n)], device=self.device)
        if self.args.without == 'render':
            render, c = torch.zeros_like(render), torch.zeros_like(c)
        w = torch.tensor([draw_w(rng, bool(self.args.teachers)) for _ in range(n)], device=self.device)
        return lq, hq, k, c, render, w, want

    def loss(self, b):
        lq, hq, k, c, render, w, want = b
        with common.autocast(self.device):
            out = self.net(lq, render, k, w, c)
        y, weight = out[self.args.res], losses.pixel_weight(w)
        pyramid = losses.pyramid(hq, out)
        one = torch.ones_like(w)
        parts = dict(l1=PIXELS * losses.charbonnier(y, hq, weight), log=MEASURE * (losses.log_mse(y, hq) * weight).mean(),
                     chroma=CHROMA * losses.charbonnier(losses.chroma(y), losses.chroma(hq), one),
                     stages=STAGE * sum(losses.charbonnier(out[r], pyramid[r], one) for r in out if r < self.args.res) / max(1, len(out) - 1))
        if self.args.without != 'mesh':
            few = max(1, len(y) // SEEN_OF)
            marks, vertices = self.prior.losses(y[:few], want[:few])
            parts.update(marks=MESH * marks.mean(), vertices=MESH * vertices.mean())
        if self.teachers:
            parts.update(self.teachers.losses(y, hq, np.random.default_rng([self.args.seed, 11, self.step]), k_adv=(1 - w).clamp(0, 1), k_seen=(1.1 - w).clamp(0, 1)))
        return parts

    def check(self, net, png):
        return self.valid(net, png, self.args.without)

    @staticmethod
    def score(res):
        return res['severe_gain'] + res['medium_gain']


class Validation:
    """Gain over the bad photo on split=eval, at the network's size; figures only, never trained on."""

    def __init__(self, args, own):
        faces = data.pack_faces(args.data, Path(args.state) / 'shards', 'eval', mesh.SIDE)
        rows, side = evalset.spread(range(len(faces)), args.valid), args.res
        hq, self.sets = [np.asarray(faces[i]) for i in rows], {}
        self.hq = prior.sized(data.tensor(hq), side)
        for n, level in enumerate(('mild', 'medium', 'severe')):
            lq = data.tensor([degrade.level(x, level, int(i))[0] for x, i in zip(hq, rows)]).to(own.reader.device)
            parts = [own(lq[i:i + 8]) for i in range(0, len(lq), 8)]
            self.sets[level] = (prior.sized(lq, side), *(torch.cat(p) for p in zip(*parts)))

    @torch.no_grad()
    def __call__(self, net, png=None, without=''):
        net, res, rows = net.eval(), {}, []
        for level, (lq, k, c, render) in self.sets.items():
            trust, shown = (torch.zeros_like(c), torch.zeros_like(render)) if without == 'render' else (c, render)
            gain, trusted = [], []
            for i in range(len(lq)):
                with common.autocast(lq.device):
                    y = net(lq[i:i + 1], shown[i:i + 1], k[i:i + 1], torch.ones_like(trust[i:i + 1]), trust[i:i + 1])[lq.shape[-1]]
                out, bad, good = (data.image(t) for t in (y[0], lq[i], self.hq[i]))
                gain.append([metrics.psnr(out, good), metrics.psnr(bad, good), metrics.ssim(out, good), metrics.ssim(bad, good)])
                trusted.append(float(net.masks()[networks.FUSED].mean()))
                if i % max(1, len(lq) // 3) == 0:
                    rows.append([bad, data.image(prior.sized(shown[i:i + 1, :3], lq.shape[-1])[0]), out, good])
            g = np.mean(gain, 0)
            res.update({f'{level}_gain': g[0] - g[1], f'{level}_in': g[1], f'{level}_ssim': g[2] - g[3], f'{level}_c': float(c.mean()), f'{level}_mask': np.mean(trusted)})
        if png:
            common.sheet(rows, png, lq.shape[-1])
        return res


def run(args):
    Trainer(args).run()
