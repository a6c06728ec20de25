#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of the shape head on split=eval:  sgpn/measure.py CHECKPOINT [--faces 328] [--engine build/plugin/cli/revisage]

For mild, medium and severe: distance of the vertices in % of the eye distance, 2D / 3D, of the head and of the mean mesh; AUC with which the expected
error tells the worst tenth; pose against the true mesh's, in degrees. Crops are moved as the product moves them: by drawn errors, or, with --engine, as
that program's own detector and alignment cut the bad photo.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from base import common, data, degrade                      # noqa: E402
from measure import evalset                                 # noqa: E402
from sgpn import crops, features, head, mesh, samples, shape    # noqa: E402

MARGIN = 128                    # pixels of mirrored surroundings, where the engine looks for the face itself
MOVES = 977                     # seed of the crops' errors


def bad(face, level, i):
    return degrade.level(face, level, i)[0]


def found(engine, pictures):
    """Matrices of the crops that the program cuts of pictures with a margin; None where it finds nothing."""
    with tempfile.TemporaryDirectory() as tmp:
        names = [f'{tmp}/{i:04d}.png' for i in range(len(pictures))]
        for n, p in zip(names, pictures):
            Image.fromarray(np.pad(p, ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)), 'reflect')).save(n)
        r = subprocess.run([engine, '--list-faces', '--report', 'json', *names], capture_output=True, text=True)
        if r.returncode:
            raise common.TrainError(f'{engine}: {r.stderr.strip()[-300:]}')
        return [crops.of_landmarks(largest(f['faces']), MARGIN) for f in json.loads(r.stdout)['files']]


def largest(faces):
    """Its five landmarks, or None."""
    return np.array(max(faces, key=lambda f: f['box'][2])['landmarks'])[:5] if faces else None


def pictures(args, count, engine=''):
    """{level: (bad crops [N] uint8, true meshes [N,468,3])} of `count` faces of split=eval whose mesh is right."""
    points, good = mesh.of_faces(args.data, 'eval')
    faces = data.pack_faces(args.data, Path(args.state) / 'shards', 'eval', mesh.SIDE)
    rows, out = evalset.spread(np.nonzero(good)[0], count), {}
    for n, level in enumerate(samples.LEVELS):
        raw = [bad(np.asarray(faces[i]), level, int(i)) for i in rows]
        moves = found(engine, raw) if engine else [crops.draw(np.random.default_rng([MOVES, n, i]), mesh.SIDE) for i in rows]
        kept = [(crops.cut(x, m, Image.BICUBIC), mesh.moved(points[i], m)) for i, x, m in zip(rows, raw, moves) if m is not None]
        out[level] = [k[0] for k in kept], np.stack([k[1] for k in kept])
    return out


@torch.no_grad()
def read(reader, faces, size=16):
    """Features of uint8 crops, as exactly as the engine has them."""
    return torch.cat([reader(data.tensor(faces[i:i + size]), exact=True) for i in range(0, len(faces), size)])


def auc(error, doubt):
    """How surely the doubt is larger for a face of the worst tenth than for another one (area under the ROC curve)."""
    worst = error >= np.quantile(error, .9)
    a, b = doubt[worst][:, None], doubt[~worst][None]
    return float(((a > b) + .5 * (a == b)).mean())


class Validation:
    """Faces of split=eval; figures only, never trained on."""

    def __init__(self, args, reader, count, engine=''):
        self.sets = pictures(args, count, engine)
        self.x = {k: read(reader, faces) for k, (faces, _) in self.sets.items()}

    @torch.no_grad()
    def __call__(self, net, png=None):
        res, rows, every, ahead = {}, [], [], net.mesh(net.mean.new_zeros(1, net.config['modes']))[0].cpu().numpy()
        for k, (faces, want) in self.sets.items():
            c, doubt = net(self.x[k])
            have, doubt = net.mesh(c).cpu().numpy(), doubt.cpu().numpy()
            flat, deep = mesh.errors(have, want)
            turned = shape.pose(have, ahead) - shape.pose(want, ahead)
            res.update({f'{k}_2d': flat.mean(), f'{k}_3d': deep.mean(), f'{k}_auc': auc(flat, doubt), f'{k}_doubt': doubt.mean()})
            res.update({f'{k}_{a}': np.abs(turned[:, i]).mean() for i, a in enumerate(('yaw', 'pitch', 'roll'))})
            every.append((flat, doubt))
            order = np.argsort(flat)
            rows.append([drawn(faces[i], have[i], want[i]) for i in order[[0, len(order) // 2, len(order) * 9 // 10, -1]]])
        res['auc'] = auc(*(np.concatenate(v) for v in zip(*every)))
        if png:
            common.sheet(rows, png)
        return res

    def mean_mesh(self, net):
        """2D / 3D errors of a mesh that knows nothing, per level."""
        with torch.no_grad():
            mean = net.mesh(net.mean.new_zeros(1, net.config['modes'])).cpu().numpy()
        return {k: [e.mean() for e in mesh.errors(np.broadcast_to(mean, want.shape), want)] for k, (_, want) in self.sets.items()}


def drawn(face, have, want):
    """The crop with the true mesh's points in green and the head's in red."""
    im = Image.fromarray(face).resize((mesh.SIDE, mesh.SIDE))
    pen = ImageDraw.Draw(im)
    for points, colour in ((want, (0, 220, 0)), (have, (255, 40, 40))):
        for x, y, _ in points:
            pen.ellipse([x - 1.5, y - 1.5, x + 1.5, y + 1.5], fill=colour)
    return np.asarray(im)


def table(net, valid, png=None):
    res, mean = valid(net, png), valid.mean_mesh(net)
    line = '{:7s} n {:3d}  2D / 3D {:.2f} / {:.2f} %  (mean mesh {:.2f} / {:.2f})  AUC {:.3f}  yaw {:.2f}  pitch {:.2f}  roll {:.2f} degrees'
    rows = [line.format(k, len(valid.sets[k][0]), res[f'{k}_2d'], res[f'{k}_3d'], *mean[k], res[f'{k}_auc'], *(res[f'{k}_{a}'] for a in ('yaw', 'pitch', 'roll')))
            for k in samples.LEVELS]
    return '\n'.join([*rows, f'all levels together: AUC {res["auc"]:.3f}'])


def main(argv=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('checkpoint')
    p.add_argument('--faces', type=int, default=328)
    p.add_argument('--engine', default='', help='the program revisage, which then finds the faces itself')
    p.add_argument('--data', default=str(data.default_root()))
    p.add_argument('--state', default='/var/tmp/revisage')
    p.add_argument('--parser', default='', help='(default: STATE/ckpt/parser/best.pt, else the shipped one)')
    p.add_argument('--sheet', default='', help='write a sheet of best, middle, 90 % and worst faces')
    p.add_argument('--threads', type=int, default=1)
    a = p.parse_args(argv)
    torch.set_num_threads(a.threads)
    ck = common.load_checkpoint(a.checkpoint)
    net = head.build(ck['config'])
    common.load_into(net, ck['ema'], a.checkpoint)
    reader = features.Reader(a.parser or common.own_parser(a.state), torch.device('cpu'))
    print(table(net.eval().fold(), Validation(a, reader, a.faces, a.engine), a.sheet))


if __name__ == '__main__':
    main()
