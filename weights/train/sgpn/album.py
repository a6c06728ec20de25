#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether another photo of the same person helps:  sgpn/album.py [--faces 32]

The London pairs of split=eval: the smiling photo is made severely bad and restored by the shipped decoder with different shapes. Identity to the clean
photo (witness/witness.py), its gain over the photo's own shape with its standard error, PSNR.

own      the shape that the head sees in the bad photo
album    what does not change between two photos of a person, from the neutral photo at `medium`; the rest from the bad photo. What changes: the first
         directions of the differences between both photos of people who are not measured
perfect  the shape of the clean photo: no album can give a better one
"""
import argparse
import os
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from base import data, degrade                      # noqa: E402
from measure import evalset, metrics                # noqa: E402
from sgpn import prior                              # noqa: E402
from witness import witness                         # noqa: E402

PEOPLE, OTHERS, CHANGING = range(1, 103), 40, 8


class Bench:
    def __init__(self, args):
        self.faces = Path(args.data) / 'faces'
        self.net, self.own = prior.shipped(args.data)
        self.witness = witness.load(Path(args.state) / 'human')

    def photo(self, smiling, person):
        return np.asarray(Image.open(self.faces / ('london-smile' if smiling else 'london') / f'{person:05d}.webp').convert('RGB'))

    @torch.no_grad()
    def shape(self, photo):
        return self.own.seen(data.tensor([photo]))[0]

    @torch.no_grad()
    def restored(self, bad, shape):
        lq = data.tensor([bad])
        return data.image(self.net(lq, self.own.render(lq, shape), shape, torch.ones(1), torch.ones(1))[lq.shape[-1]][0])

    def changing(self, people):
        """Projection [K,K] onto what differs between two photos of a person."""
        d = torch.cat([self.shape(self.photo(True, i)) - self.shape(self.photo(False, i)) for i in people])
        v = torch.linalg.svd(d, full_matrices=False)[2][:CHANGING]
        return v.t() @ v

    def alike(self, a, b):
        a, b = witness.embed(self.witness, [a, b])
        return float(torch.nn.functional.cosine_similarity(a, b, 0))


def measure(bench, people, changing):
    """kind -> [identity, PSNR] of each person."""
    res = dict(own=[], album=[], perfect=[])
    for i in people:
        clean, bad = bench.photo(True, i), degrade.level(bench.photo(True, i), 'severe', i)[0]
        own, known = bench.shape(bad), bench.shape(degrade.level(bench.photo(False, i), 'medium', i)[0])
        for kind, shape in dict(own=own, album=known + (own - known) @ changing, perfect=bench.shape(clean)).items():
            out = bench.restored(bad, shape)
            res[kind].append((bench.alike(out, clean), metrics.psnr(out, clean)))
    return {k: np.array(v) for k, v in res.items()}


def main(argv=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--data', default=str(data.default_root()))
    p.add_argument('--state', default='/var/tmp/revisage')
    p.add_argument('--faces', type=int, default=32)
    a = p.parse_args(argv)
    torch.set_num_threads(1)
    bench, people = Bench(a), [PEOPLE[i] for i in evalset.spread(range(len(PEOPLE)), a.faces)]
    res = measure(bench, people, bench.changing([i for i in PEOPLE if i not in people][:OTHERS]))
    for kind, v in res.items():
        gain = v[:, 0] - res['own'][:, 0]
        print(f'{kind:8s} identity {v[:, 0].mean():.4f} ({gain.mean():+.4f} +- {gain.std() / len(gain) ** .5:.4f})  PSNR {v[:, 1].mean():.2f}', flush=True)


if __name__ == '__main__':
    main()
