#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures on turned faces, through the whole pipeline of the C engine:

  sgpn/turned.py [--cli build/plugin/cli/revisage] [--models jsfm,spad,sgpn] [--sheet turned.png]

No face of split=eval is turned by more than 35 degrees. These come from the photos of data/scenes, which no restorer is trained on: faces that the
program itself finds there, at a yaw beyond --yaw and large enough to serve as their own clean picture. Each is cut with its surroundings to 512x512, made
bad by the synthesiser, restored by each system at its own defaults, and found again by the program.

PSNR over the input's; the five landmarks' mean distance from those of the clean picture, in per cent of the face's box diagonal; the yaw's error in degrees
(both over faces that are found again: how many are not is said); LDm (percept/judge.py). The labels are the program's own on the clean picture: they
compare systems, they are not truth.
"""
import argparse
import json
import os
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from base import common, data, degrade, files   # noqa: E402
from measure import evalset, metrics, runners   # noqa: E402
from percept import judge                       # noqa: E402

SIDE, AROUND, LEAST = 512, 1.9, 200     # of a cut; its side in heights of the box; pixels of it
LEVELS = ('medium', 'severe')
WEIGHTS = str(files.ROOT / 'weights')


class Finder:
    """What the command line finds in many files at once."""

    def __init__(self, cli):
        self.cli, self.env = str(cli), dict(os.environ, RVS_MODEL_DIR=WEIGHTS)

    def __call__(self, paths, kept=None):
        """The largest face of each file, or None. kept: a file that keeps what was found."""
        text = kept.read_text() if kept and kept.exists() else self.look(paths)
        if kept:
            kept.write_text(text)
        size = lambda f: f['box'][2] * f['box'][3]
        return [max(f['faces'], key=size, default=None) for f in json.loads(text)['files']]

    def look(self, paths):
        done = subprocess.run([self.cli, '--threads', '1', '--list-faces', '--report', 'json', *map(str, paths)], env=self.env, capture_output=True, text=True)
        if done.returncode not in runners.PipelineRunner.fine:
            sys.exit(f'turned.py: {self.cli} ended with {done.returncode}: {done.stderr.strip()[-300:]}')
        return done.stdout


def cut(path, box):
    """The face with its surroundings, 512x512; None where that is too small or reaches out of the photo too far."""
    x, y, w, h = box
    side = AROUND * h
    photo = Image.open(path).convert('RGB')
    left, top = x + w / 2 - side / 2, y + h / 2 - side / 2
    out = max(-left, -top, left + side - photo.width, top + side - photo.height)
    if side < LEAST or out > .12 * side:
        return None
    grown = np.pad(np.asarray(photo), ((int(side),) * 2, (int(side),) * 2, (0, 0)), mode='edge')
    left, top = left + int(side), top + int(side)
    return np.asarray(Image.fromarray(grown).resize((SIDE, SIDE), Image.LANCZOS, box=(left, top, left + side, top + side)))


def collect(find, root, yaw, clean):
    """Writes clean cuts of turned faces; their stems."""
    photos = sorted(p for p in (Path(root) / 'scenes').iterdir() if p.suffix in ('.webp', '.jpg', '.png'))
    for path, face in zip(photos, find(photos, clean.with_name('scenes.json'))):
        pose = (face or {}).get('pose')
        if pose and abs(pose['yaw']) > yaw:
            picture = cut(path, face['box'])
            if picture is not None:
                evalset.save(picture, clean / f'{path.stem}.png')
    return sorted(f.stem for f in clean.glob('*.png'))


def off(face, want):
    """(landmarks, yaw) of a face against the clean picture's; NaN where it was not found."""
    if not face or not face.get('pose'):
        return np.nan, np.nan
    points = np.linalg.norm(np.subtract(face['landmarks'], want['landmarks']), axis=1).mean()
    return 100 * points / np.hypot(*want['box'][2:]), abs(face['pose']['yaw'] - want['pose']['yaw'])


def row(find, net, folder, clean, bad, stems, wants):
    """PSNR over the input's, landmarks, yaw, LDm, faces that are not found."""
    psnr = lambda f, s: metrics.psnr(evalset.read(f / f'{s}.png'), evalset.read(clean / f'{s}.png'))
    gain = np.mean([psnr(folder, s) - psnr(bad, s) for s in stems])
    errors = np.array([off(f, w) for f, w in zip(find([folder / f'{s}.png' for s in stems]), wants)])
    ldm = np.mean([v for s, v in judge.measure(net, clean, {folder: stems}, stems)[folder].ldm.items() if s in stems])
    return gain, *np.nanmean(errors, 0), ldm, int(np.isnan(errors[:, 0]).sum())


def folder_of(a, here, level, model, stems):
    """Where a system's results are, after it has made them."""
    if model == 'input':
        return here / level
    runner = runners.PipelineRunner(here, here / 'out' / model, a.cli, WEIGHTS, 1, ['--model', model])
    runner.restore(level, None, stems)
    return runner.folder(level, None)


def measure(a, find, here, net):
    """(stems, folders of the last level, the input's first)."""
    clean = here / 'clean'
    stems = sorted(f.stem for f in clean.glob('*.png')) or collect(find, a.data, a.yaw, clean)
    wants = find([clean / f'{s}.png' for s in stems])
    stems, wants = zip(*[(s, w) for s, w in zip(stems, wants) if w and w.get('pose')])
    print(f'{len(stems)} faces')
    for level in LEVELS:
        folders = []
        for s in stems:
            evalset.save(degrade.level(evalset.read(clean / f'{s}.png'), level, zlib.crc32(s.encode()))[0], here / level / f'{s}.png')
        for model in ('input', *a.models.split(',')):
            folders.append(folder_of(a, here, level, model, stems))
            print('{:7s} {:6s} PSNR {:+.2f} dB  landmarks {:.2f} %  yaw {:.1f} degrees  LDm {:.1f}  not found {}'.format(
                level, model, *row(find, net, folders[-1], clean, here / level, stems, wants)), flush=True)
    return stems, folders


def main(argv=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--cli', default=str(files.ROOT / 'build' / 'plugin' / 'cli' / 'revisage'))
    p.add_argument('--data', default=str(data.default_root()))
    p.add_argument('--cache', default='/var/tmp/revisage/eval', help='pictures; the judge\'s package')
    p.add_argument('--models', default='jsfm,spad,sgpn')
    p.add_argument('--yaw', type=float, default=35)
    p.add_argument('--sheet', default='', help='write a sheet of the severe ones: input, each system, clean')
    a = p.parse_args(argv)
    here = Path(a.cache) / 'turned'
    for name in ('clean', *LEVELS):
        (here / name).mkdir(parents=True, exist_ok=True)
    stems, folders = measure(a, Finder(a.cli), here, judge.load(Path(a.cache) / 'nsfwjs'))
    if a.sheet:
        common.sheet([[evalset.read(f / f'{s}.png') for f in (*folders, here / 'clean')] for s in evalset.spread(stems, 24)], a.sheet, 256)


if __name__ == '__main__':
    main()
