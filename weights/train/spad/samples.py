# SPDX-License-Identifier: GPL-3.0-or-later
"""Training samples: 128-pixel views of faces, as small as users' faces are: windows of 512 crops, of 256 ones, and whole faces at 128.

A view's prior is cut from the whole face's; the pooled prior is always the whole face's.
"""
import io

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

from base import data, degrade
from spad import prior

SIDE, WHOLE = 128, 512                                  # of a view, and of a whole crop for the end phases
PLACES = ((512, .5), (256, .2), (128, .3))              # size of the face of which a view is cut, and its share
KINDS = (('x8', .3), ('x4', .2), ('any', .15), ('noisy', .15), ('blind', .2))


def pick(rng, table):
    return table[int(rng.choice(len(table), p=[s for _, s in table]))][0]


def enlarged(small, side):
    return np.asarray(Image.fromarray(small).resize((side, side), Image.BICUBIC))


def reduced(hq, by):
    """Box reduction by a factor, to 8 bits."""
    n = max(8, int(round(hq.shape[0] / by)))
    return np.asarray(Image.fromarray(hq).resize((n, n), Image.BOX))


def clean(hq, by):
    """The papers' low resolution: box-reduced, 8 bits, enlarged bicubically."""
    return enlarged(reduced(hq, by), hq.shape[0])


def noisy(hq, rng):
    """The same with a camera's noise and a JPEG file in between."""
    small = reduced(hq, rng.uniform(2, 8)).astype(np.float32)
    small = np.clip(small + rng.normal(0, rng.uniform(0, 6), small.shape), 0, 255).astype(np.uint8)
    buf = io.BytesIO()
    Image.fromarray(small).save(buf, 'JPEG', quality=int(rng.integers(60, 98)))
    return enlarged(np.asarray(Image.open(buf).convert('RGB')), hq.shape[0])


def worse(hq, kind, rng):
    """A face as a small or bad photo has it, at its own size."""
    if kind == 'severe':
        return degrade.level(hq, kind, int(rng.integers(1 << 30)))[0]
    if kind == 'blind':
        return degrade.level(hq, ('mild', 'medium')[int(rng.integers(2))], int(rng.integers(1 << 30)))[0]
    if kind == 'noisy':
        return noisy(hq, rng)
    return clean(hq, {'x8': 8, 'x4': 4}.get(kind) or rng.uniform(2, 6))


class Samples:
    """Sample by number: lq, hq uint8 [128,128,3], maps [24,32,32] and pooled [24,3,3] in [0,1] (None without a prior); args.whole: 512, maps 128."""

    def __init__(self, args, shards, parser=None):
        self.seed, self.side, self.severe = args.seed, WHOLE if args.whole else SIDE, args.severe
        self.places = ((WHOLE, 1),) if args.whole else PLACES
        self.faces = data.pack_faces(args.data, shards, 'train', 512)
        self.small = data.pack_faces(args.data, shards, 'train', SIDE)
        self.prior = prior.Store(shards, len(self.faces), lambda i: parser(data.tensor([self.bad(i)]))[0]) if parser else None

    def bad(self, i):
        """What the parser sees of crop i."""
        rng = np.random.default_rng([4, i])
        return worse(np.asarray(self.faces[i]), pick(rng, KINDS), rng)

    def __getitem__(self, count):
        i, rng = data.order(len(self.faces), count, self.seed), np.random.default_rng([self.seed, 6, count])
        face, kind, flip = pick(rng, self.places), pick(rng, KINDS), rng.random() < 0.5
        kind = 'severe' if rng.random() < self.severe else kind
        hq = np.asarray(self.small[i] if face == SIDE else self.faces[i])
        if hq.shape[0] > face:
            hq = np.asarray(Image.fromarray(hq).resize((face, face), Image.BOX))
        maps = self.prior[i] if self.prior else None
        if flip:
            hq, maps = np.ascontiguousarray(hq[:, ::-1]), None if maps is None else prior.mirrored(maps)
        y, x = (int(v) * 8 for v in rng.integers(0, (face - self.side) // 8 + 1, 2))
        at = (slice(y, y + self.side), slice(x, x + self.side))
        return worse(hq, kind, rng)[at], hq[at], *seen(maps, face, y, x, self.side)


def seen(maps, face, y, x, side=SIDE):
    """The prior of a view, and the whole one pooled."""
    if maps is None:
        return None, None
    t = torch.from_numpy(np.ascontiguousarray(maps)).float() / 255
    k = prior.SIDE / face                               # cells of the maps to a pixel of the face
    y, x, n = (int(round(v * k)) for v in (y, x, side))
    return F.adaptive_avg_pool2d(t[:, y:y + n, x:x + n], side // 4), F.adaptive_avg_pool2d(t, 3)


def batch(samples, count, n):
    lq, hq, maps, pooled = zip(*(samples[count + i] for i in range(n)))
    stack = lambda v: None if v[0] is None else torch.stack(v)
    return data.tensor(lq), data.tensor(hq), stack(maps), stack(pooled)
