#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the shape head's coefficients tell one person from another:  sgpn/likeness.py [--people 60]

Cosines of the coefficients, less their mean over training faces, on the London portraits of split=eval: neutral against smiling, a portrait against its
damaged copy, and against itself with another person's inner face (eyes, nose and mouth; hair, outline and mean colour stay).
"""
import argparse
import csv
import os
import sys

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from base import data, degrade         # noqa: E402
from sgpn import features              # noqa: E402
from sgpn.arch import PARSER, SHAPE    # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
SHIPPED = os.path.join(HERE, '..', '..')
CENTRED_ON = 100                      # training faces


def inner_matte():
    y, x = np.mgrid[:512, :512]
    return np.clip((1.15 - np.hypot((x - 256) / 95, (y - 300) / 120)) / .3, 0, 1)[..., None]


def with_inner(a, b, matte):
    """a with b's inner face, at a's mean colour there."""
    b = b + ((a - b) * matte).sum((0, 1)) / matte.sum()
    return (a + (b - a) * matte).clip(0, 255).astype(np.uint8)


class Coefficients:
    def __init__(self):
        self.reader = features.Reader(os.path.join(SHIPPED, f'{PARSER}.safetensors'), torch.device('cpu'))
        self.head, self.mean = SHAPE.load(os.path.join(SHIPPED, f'{SHAPE.file}.safetensors'))[0], 0

    def __call__(self, faces):
        with torch.no_grad():
            return torch.cat([self.head(self.reader(data.tensor([face]), exact=True))[0] for face in faces]) - self.mean


def auc(same, other):
    return float((same[:, None] > other[None]).float().mean())


def main():
    p = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    p.add_argument('--data', default=os.path.join(SHIPPED, '..', '..', 'shared', 'data', 'faces'))
    p.add_argument('--people', type=int, default=60)
    a = p.parse_args()
    with open(os.path.join(a.data, 'faces.csv')) as f:
        rows = list(csv.DictReader(f))
    read = lambda name: np.asarray(Image.open(os.path.join(a.data, name)).convert('RGB'))
    person = lambda r: r['source'].split('/')[-1].split('_')[0]
    london = [r for r in rows if r['file'].startswith('london')]
    smiling = {person(r): r['file'] for r in london if 'smiling' in r['source']}
    pairs = sorted((person(r), r['file']) for r in london if 'neutral' in r['source'])[:a.people]
    of = Coefficients()
    of.mean = of(read(r['file']) for r in [r for r in rows if r['split'] == 'train'][::37][:CENTRED_ON]).mean(0)
    faces, matte = [read(name) for _, name in pairs], inner_matte()
    clean, smile = of(faces), of(read(smiling[who]) for who, _ in pairs)
    bad = of(degrade.level(face, 'medium', i)[0] for i, face in enumerate(faces))
    swapped = of(with_inner(face.astype(float), faces[(i + 37) % len(faces)].astype(float), matte) for i, face in enumerate(faces))
    every = F.cosine_similarity(clean[:, None], smile[None], dim=2)
    same, other = every.diagonal(), every[~torch.eye(len(pairs), dtype=bool)]
    print(f'neutral, smiling: the same person {same.mean():.3f}, different people {other.mean():.3f}, AUC {auc(same, other):.3f}')
    kept, lost = F.cosine_similarity(clean, bad), F.cosine_similarity(clean, swapped)
    print(f'damaged copy {kept.mean():.3f} (least {kept.min():.3f}), another inner face {lost.mean():.3f} (most {lost.max():.3f}), AUC {auc(kept, lost):.3f}')


if __name__ == '__main__':
    main()
