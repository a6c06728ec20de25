# SPDX-License-Identifier: GPL-3.0-or-later
"""Phase `refine`: the hole at full resolution, trained on 128 px windows of 512 crops around holes, on what edge and coarse network really say."""
import argparse

import numpy as np
import torch

from base import common, data, degrade, losses
from base.losses import mean_in
from base.trainer import Trainer
from fill import coarse, fast, masks, networks, ops, samples

THIN = .06                          # ratio of the holes that half of the samples have: thin damage is what the refiner is for
WINDOW, EACH = 128, 6               # side, and windows out of one picture
SETS = dict(thin=(0, 0), b2=(.1, .2), b3=(.2, .3), b5=(.4, .5))


def options(args, rest):
    p = argparse.ArgumentParser(prog=f'train.py {args.phase}')
    p.add_argument('--edge', default='', help='edge checkpoint (default: STATE/ckpt/edge/best.pt)')
    p.add_argument('--coarse', default='', help='coarse checkpoint (default: STATE/ckpt/fill/best.pt)')
    p.add_argument('--masks', type=int, default=1600, help='masks drawn once for training')
    p.add_argument('--valid', type=int, default=8, help='evaluation faces used for the logged figures')
    p.add_argument('--teachers', type=float, default=0, help='weight of perceptual and adversarial terms (end phase)')
    return p.parse_args(rest, args)


class Crops:
    """What the refiner is given for 512 crops with holes, made by the networks before it.

    rgb: u8 [512,512,3] list, hole: bool [512,512] list; sketch: see drawn. Tensors at 512: clean, fill, v, hole, coarse, edge (enlarged)."""

    def __init__(self, rgb, hole, edge_net, coarse_net, place=None, sketch='predicted'):
        small = samples.Inputs(*zip(*(fast.reduce(a, h) for a, h in zip(rgb, hole))), place)
        e = small.edge * small.v + self.drawn(sketch, edge_net, small, rgb) * small.hole
        with torch.no_grad(), common.autocast(small.v.device):
            y = coarse_net(small.fill, small.v, e, small.place)[0]
        y = y.float().clamp(-1, 1) * small.hole + small.fill * small.v
        valid = ~np.stack(hole)
        x = ops.to_float(np.stack(rgb))
        self.clean, self.fill, self.v = samples.tensors(x, fast.harmonic(x, valid), valid)
        self.hole, self.coarse, self.edge, self.sketch = 1 - self.v, networks.enlarge(y), networks.enlarge(e), e

    @staticmethod
    def drawn(sketch, edge_net, small, rgb):
        """Edges in the hole: the edge network's, the undamaged picture's ('true': as if drawn by hand) or unknown ('none')."""
        if sketch == 'none':
            return networks.UNKNOWN
        return fast_true(rgb) if sketch == 'true' else coarse.predict(edge_net, small)

    def window(self, spots):
        """EACH windows of every picture; spots: (y, x) corners."""
        out = object.__new__(Crops)
        for k in ('clean', 'fill', 'v', 'hole', 'coarse', 'edge'):
            t = getattr(self, k)
            cut = [t[i:i + 1, :, y:y + WINDOW, x:x + WINDOW] for i, list_ in enumerate(spots) for y, x in list_]
            setattr(out, k, torch.cat(cut).contiguous(memory_format=torch.channels_last))
        return out


def fast_true(rgb):
    """Edges of the undamaged pictures, for what drawing them by hand would bring."""
    clean = np.stack([fast.reduce(a, np.zeros(a.shape[:2], bool))[0] for a in rgb])
    return samples.tensors(fast.canny(clean))[0]


def spots(hole, rng):
    """Corners of windows, each around some pixel of the hole."""
    ys, xs = np.nonzero(hole)
    pick = rng.integers(0, len(ys), EACH)
    place = lambda v: np.clip(v - rng.integers(16, WINDOW - 16, EACH), 0, hole.shape[0] - WINDOW) // 8 * 8
    return list(zip(place(ys[pick]).tolist(), place(xs[pick]).tolist()))


class Pictures:
    """(rgb, hole, window corners) at 512 by number."""

    def __init__(self, args, shards):
        self.seed, self.bank, self.faces = args.seed, masks.Bank(shards, args.masks), data.pack_faces(args.data, shards, 'train', 512)

    def __getitem__(self, count):
        rng = np.random.default_rng([self.seed, 6, count])
        rgb = np.asarray(self.faces[data.order(len(self.faces), count, self.seed)])
        if rng.random() < .5:
            rgb = rgb[:, ::-1]
        rgb = np.ascontiguousarray(rgb)
        u = rng.random()
        if u < .2:
            rgb = degrade.grey_of(rgb)
        elif u < .3:
            rgb = degrade.degrade(rgb, int(rng.integers(1 << 60)), rng.choice(('near', 'small', 'print')))[0]
        most = THIN if rng.random() < .5 else .9
        hole = self.bank.draw(rng)
        while not .001 < hole.mean() < most:
            hole = self.bank.draw(rng)
        return rgb, np.ascontiguousarray(hole), spots(hole, rng)


def grown(hole):
    return torch.nn.functional.max_pool2d(hole, 3, 1, 1)


def window_loss(y, b):
    """Hole L1, PSNR and, one pixel over the rim, gradients: per window."""
    d, m = (y - b.clean) * b.hole, grown(b.hole)
    mse = mean_in(d ** 2, b.hole)
    return dict(hole=4 * mean_in(d.abs(), b.hole).mean(), log=.15 * torch.log(mse + 1e-4).mean(),
                rim=2 * mean_in(losses.gradients(d).abs(), m).mean())


class RefineTrainer(Trainer):
    name = 'refine'

    def build(self):
        config = dict(networks.CONFIG['refine'], arch='refine')
        return config, networks.build(config)

    def prepare(self):
        a = self.args
        self.edge, self.coarse = coarse.load_phase(a, 'edge', a.edge), coarse.load_phase(a, 'fill', a.coarse)
        self.data = Pictures(a, self.shards)
        faces = data.pack_faces(a.data, self.shards, 'eval', 512)
        self.faces = [np.asarray(faces[i]) for i in np.linspace(0, len(faces) - 1, min(a.valid, len(faces))).astype(int)]
        self.teachers = coarse.teachers(self, lambda: samples.clean_faces(self.data.faces, 32)[..., 192:320, 192:320], WINDOW)

    def batch(self, count, n):
        """n windows."""
        k = max(1, n // EACH)
        rgb, hole, corners = zip(*(self.data[count // EACH + i] for i in range(k)))
        return Crops(rgb, hole, self.edge, self.coarse, sketch='true' if count // n % 5 == 4 else 'predicted').window(corners)

    def loss(self, b):
        with common.autocast(self.device):
            y = self.net(b.fill, b.v, b.coarse, b.edge)
        parts = window_loss(y, b)
        if self.teachers:
            parts.update(coarse.taught(self, y, b))
        return parts

    @torch.no_grad()
    def check(self, net, png):
        res, rows = {}, []
        for k, (low, high) in SETS.items():
            sums = []
            for i, rgb in enumerate(self.faces):
                rng = np.random.default_rng([samples.HELD, int(100 * high), i])
                b = Crops([rgb], [masks.hole(rng, low, high) if high else masks.thin_only(rng)], self.edge, self.coarse)
                with common.autocast(self.device):
                    y = net(b.fill, b.v, b.coarse, b.edge).float()
                sums.append([float(coarse.hole_psnr(t, b.clean, b.hole)) for t in (y, b.coarse, b.fill)])
                if i in (0, len(self.faces) // 2):
                    rows.append([data.image(t[0]) for t in (b.clean * b.v, b.fill, b.coarse, y * b.hole + b.clean * b.v, b.clean)])
            res[k], res[f'{k}_coarse'], res[f'{k}_harm'] = np.mean(sums, 0)
        common.sheet(rows, png, 256)
        res['mean'] = sum(res[k] for k in SETS) / len(SETS)
        return res

    @staticmethod
    def score(res):
        return res['mean']


def run(args):
    RefineTrainer(args).run()
