# SPDX-License-Identifier: GPL-3.0-or-later
"""What edge and coarse network learn from: faces at 128 with holes, their harmonic fill and edges, by number."""
import csv
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from base import data, degrade
from fill import fast, masks, ops

HELD = 970                          # seeds of evaluation masks


def tensors(*arrays):
    """numpy [B,C,H,W] f32 or bool planes [B,H,W] -> channels-last tensors."""
    out = []
    for a in arrays:
        a = np.ascontiguousarray(a if a.ndim == 4 else a[:, None], np.float32)
        out.append(torch.from_numpy(a).contiguous(memory_format=torch.channels_last))
    return out


def worn(rgb, rng):
    """Photos that holes are mended in are often grey, coarse or faded: half of them are trained on as such."""
    u = rng.random()
    if u < .2:
        return degrade.grey_of(rgb)
    if u < .45:
        return degrade.degrade(rgb, int(rng.integers(1 << 60)), rng.choice(('near', 'small', 'print')))[0]
    return rgb


def valid_of(hole):
    """Validity of the 128 cells of a 512 mask, as ops.reduce has it."""
    return ops.cells((~hole).astype(np.uint8), len(hole) // ops.SIDE) * 2 >= (len(hole) // ops.SIDE) ** 2


SCENE, KEPT_SCENES = 256, 60        # side of packed scenes; how many of the last are kept for figures


def pack_scenes(root, shards):
    """u8 [N,256,256,3]: the middle square of every scene photo that is large enough, reduced."""
    path = shards / f'scenes-{SCENE}.npy'
    if not path.exists():
        with open(data.need(Path(root) / 'scenes' / 'scenes.csv'), newline='') as f:
            names = sorted({r['file'] for r in csv.DictReader(f)})
        pictures = [square(data.open_image(Path(root) / 'scenes' / n)) for n in names]
        pictures = [p for p in pictures if p is not None]
        data.write_array(path, (len(pictures), SCENE, SCENE, 3), np.uint8, pictures)
    return np.load(path, mmap_mode='r')


def scenes(args, shards, kept=False):
    """Packed scenes to train on, or those kept for figures."""
    all_ = pack_scenes(args.data, shards)
    k = min(KEPT_SCENES, len(all_) // 2)
    return all_[len(all_) - k:] if kept else all_[:len(all_) - k]


def square(im):
    n = min(im.size)
    if n < SCENE:
        return None
    x, y = (im.size[0] - n) // 2, (im.size[1] - n) // 2
    return np.asarray(im.crop((x, y, x + n, y + n)).resize((SCENE, SCENE), Image.BOX))


class Reduced:
    """(picture u8, valid, place) at 128 by number; place 0: not an aligned face but a cut out of a scene or of a face at any scale."""

    def __init__(self, args, shards):
        self.seed, self.bank = args.seed, masks.Bank(shards, args.masks)
        self.faces, self.large = (data.pack_faces(args.data, shards, 'train', n) for n in (ops.SIDE, 512))
        self.scenes = scenes(args, shards)

    def __getitem__(self, count):
        rng = np.random.default_rng([self.seed, 5, count])
        place = float(rng.random() < .85)
        rgb = self.face(rng, count) if place else self.cut(rng)
        if rng.random() < .5:
            rgb = rgb[:, ::-1]
        rgb = worn(np.ascontiguousarray(rgb), rng)
        valid = valid_of(self.bank.draw(rng))
        while not .02 < valid.mean() < .995:
            valid = valid_of(self.bank.draw(rng))
        return rgb, valid, place

    def face(self, rng, count):
        rgb = np.asarray(self.faces[data.order(len(self.faces), count, self.seed)])
        return degrade.jitter(rgb, rng)[0] if rng.random() < .3 else rgb

    def cut(self, rng):
        source = self.scenes if rng.random() < .5 else self.large
        rgb = source[int(rng.integers(len(source)))]
        n = int(rng.integers(ops.SIDE, len(rgb) * 3 // 4 + 1))
        y, x = rng.integers(0, len(rgb) - n + 1, 2)
        return np.asarray(Image.fromarray(rgb[y:y + n, x:x + n]).resize((ops.SIDE, ops.SIDE), Image.BOX))


class Inputs:
    """Tensors of a batch: clean, fill [B,3,..], v, edge outside the hole (of the filled picture) and true edge [B,1,..], place [B,1,1,1]."""

    def __init__(self, rgb, valid, place=None):
        rgb, valid = np.stack(rgb), np.stack(valid)
        fill = fast.harmonic(ops.to_float(rgb), valid)
        known = fast.canny(ops.to_u8(fill)) & valid
        self.clean, self.fill, self.v, self.edge, self.true = tensors(ops.to_float(rgb), fill, valid, known, fast.canny(rgb))
        self.hole = 1 - self.v
        self.place = torch.ones(len(rgb), 1, 1, 1) if place is None else torch.tensor(place).view(-1, 1, 1, 1)

    def part(self, a, b):
        out = object.__new__(Inputs)
        for k, t in self.__dict__.items():
            setattr(out, k, t[a:b])
        return out


def clean_faces(faces, n):
    """Tensor of n faces of a pack, evenly taken."""
    pick = np.linspace(0, len(faces) - 1, min(n, len(faces))).astype(int)
    return tensors(ops.to_float(np.stack([np.asarray(faces[i]) for i in pick])))[0]


def held_out(args, shards, low, high, n, make=masks.hole):
    """n faces of split=eval with masks of held-out seeds: figures only."""
    faces = data.pack_faces(args.data, shards, 'eval', ops.SIDE)
    pick = np.linspace(0, len(faces) - 1, min(n, len(faces))).astype(int)
    holes = [make(np.random.default_rng([HELD, int(100 * high), i]), *((low, high) if high else ())) for i in range(len(pick))]
    return Inputs([np.asarray(faces[i]) for i in pick], [valid_of(h) for h in holes])


def run(net, inputs, call, size=16):
    """call(net, part) over parts of a big batch, without gradient."""
    with torch.no_grad():
        return torch.cat([call(net, inputs.part(i, i + size)) for i in range(0, len(inputs.v), size)])
