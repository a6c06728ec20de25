#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom the fusion trusts:  sgpn/fusion.py [--faces 24]

Mean over channels of the masks at 64 (0: the mesh, 1: the photo) of the shipped decoder, on split=eval, where the drawn mesh covers the cell: on bare
skin, and where glasses or hair lie before it, as the parser sees them in the clean face. It shall be more there than on skin. Then what is left to the
mesh, as quantiles over its cells: what the dialog's map shows.
"""
import argparse
import os
import sys
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from base import data, degrade                      # noqa: E402
from measure import evalset                         # noqa: E402
from sgpn import features, mesh, networks, prior    # noqa: E402

CLASSES = dict(skin=1, glasses=3, hair=13)
SURE, COVERED = .7, .5              # of a class; of a cell


def seen(own, face):
    """Probabilities of the classes at 64 in a clean face."""
    with torch.no_grad():
        logits = features.run(own.reader.net, prior.sized(face, own.reader.size))[0]
    return F.adaptive_avg_pool2d(logits.float().softmax(1), networks.FUSED)[0]


def trusted(net, own, bad):
    """(mask [64,64], whether the mesh covers the cell)."""
    k, c, render = own(bad)
    with torch.no_grad():
        net(bad, render, k, torch.ones(1), c)
    shown = (render[:, 5:6] > 0).float()
    return net.masks()[networks.FUSED][0].mean(0), F.adaptive_avg_pool2d(shown, networks.FUSED)[0, 0] > COVERED


def level(net, own, faces, rows, name):
    means, left = {k: [] for k in CLASSES}, []
    for i in rows:
        face = np.asarray(faces[i])
        mask, there = trusted(net, own, data.tensor([degrade.level(face, name, int(i))[0]]))
        parts = seen(own, data.tensor([face]))
        left.append((1 - mask)[there])
        for k, c in CLASSES.items():
            cells = there & (parts[c] > SURE)
            if cells.any():
                means[k].append(float(mask[cells].mean()))
    words = '  '.join(f'{k} {np.mean(v):.3f} ({len(v)} faces)' for k, v in means.items() if v)
    print(f'{name:7s} {words}  left to the mesh', np.quantile(torch.cat(left).numpy(), (.02, .5, .98)).round(2), flush=True)


def main(argv=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--data', default=str(data.default_root()))
    p.add_argument('--state', default='/var/tmp/revisage')
    p.add_argument('--faces', type=int, default=24)
    a = p.parse_args(argv)
    torch.set_num_threads(1)
    net, own = prior.shipped(a.data)
    faces = data.pack_faces(a.data, Path(a.state) / 'shards', 'eval', mesh.SIDE)
    for name in ('mild', 'medium', 'severe'):
        level(net, own, faces, evalset.spread(range(len(faces)), a.faces), name)


if __name__ == '__main__':
    main()
