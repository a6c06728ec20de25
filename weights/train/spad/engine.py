#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model card's figures of a SPADNet file, through the C engine's command line, on split=eval:

  spad/engine.py restore-spad-512.safetensors [--cli build/plugin/cli/revisage] [--faces 48]

Aligned faces: clean x8 (64 -> 512) and x4 (128 -> 512), box-reduced and 8 bits, and the synthesiser's medium and severe levels; PSNR and SSIM over RGB,
identity, LDm and KDm by networks that training never sees (npm; left out where they cannot be had), at fidelity 1, .5 and 0, each beside bicubic, which is the
input, and beside JSFM-GAN at fidelity 1. The papers' protocol, 16 -> 128 on whole faces, PSNR of luma without a border of 8: the same tensors in a file for 128.
Then how far the engine is from the trainer in single precision, prior included, and how far the prior's landmarks are from the meshes.
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

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import export                               # noqa: E402
from base import data, files, st            # noqa: E402
from measure import evalset, metrics        # noqa: E402
from parsing import phase as parsing        # noqa: E402
from percept import judge                   # noqa: E402
from spad import measure, prior, samples    # noqa: E402
from witness import identity, witness       # noqa: E402

PARSER = files.ROOT / 'weights' / 'parse-face-256.safetensors'
AGREE = 16                                  # faces on which engine and trainer are compared
INPUT, LIKE = 'bicubic', 'JSFM-GAN at fidelity 1'
OURS = 'SPADNet'
SYSTEMS = {**{name: lambda file, w=w: ['--model', file, '--fidelity', w] for name, w in ((OURS, '1'), (f'{OURS} at .5', '.5'), (f'{OURS} at 0', '0'))}, LIKE: lambda file: ['--model', 'jsfm', '--fidelity', '1']}


class Engine:
    """Aligned pictures uint8 [n,n,3] through the command line, one process for all of a list."""

    def __init__(self, cli, folder, threads):
        self.cli, self.folder, self.threads, self.runs = str(cli), Path(folder), str(threads), 0
        self.env = dict(os.environ, RVS_MODEL_DIR=str(files.ROOT / 'weights'))

    def __call__(self, images, options):
        here = self.folder / str(self.runs)
        self.runs += 1
        (here / 'in').mkdir(parents=True)
        for i, a in enumerate(images):
            evalset.save(a, here / 'in' / f'{i:03d}.png')
        done = subprocess.run([self.cli, '--aligned', '--quiet', '--threads', self.threads, *options, '--suffix', '', '--output', str(here / 'out') + '/',
                               str(here / 'in')], env=self.env, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f'spad/engine.py: {self.cli} ended with {done.returncode}: {done.stderr.strip()[-400:]}')
        return [evalset.read(here / 'out' / f'{i:03d}.png') for i in range(len(images))]


class Eyes:
    """The networks that say how alike faces are; NaN where one cannot be had."""

    def __init__(self, cache):
        self.witness = self.had('identity', lambda: witness.load(cache / 'human'))
        self.judge = self.had('LDm and KDm', lambda: judge.load(cache / 'nsfwjs'))

    @staticmethod
    def had(what, load):
        try:
            return load()
        except OSError as e:
            print(f'{what}: not measured: {e}', file=sys.stderr)

    def identity(self, a, b):
        return identity.cosine(*witness.embed(self.witness, [a, b]).split(1)) if self.witness else np.nan

    def judged(self, outs, clean):
        """LDm, KDm."""
        if not self.judge:
            return np.nan, np.nan
        have, want = ([self.judge.look(a[judge.FACE]) for a in x] for x in (outs, clean))
        return float(np.mean([judge.apart(f, g) for (f, _), (g, _) in zip(have, want)])), judge.kernel_distance([p for _, p in want], [p for _, p in have])


def means(outs, clean, eyes):
    """PSNR, SSIM, identity, LDm, KDm."""
    return [*(float(np.mean([f(a, b) for a, b in zip(outs, clean)])) for f in (metrics.psnr, metrics.ssim, eyes.identity)), *eyes.judged(outs, clean)]


def quality(engine, file, clean, eyes):
    """({(case, system): means}; input and output of x8 for whoever compares them)."""
    found, first = {}, None
    for case, make in measure.CASES.items():
        lq = [make(hq, i) for i, hq in enumerate(clean)]
        found[case, INPUT] = means(lq, clean, eyes)
        for name, options in SYSTEMS.items():
            outs = engine(lq, options(file))
            first = first or (lq, outs)
            found[case, name] = means(outs, clean, eyes)
    return found, first


def table(found):
    cells = lambda row: ' | '.join('-' if np.isnan(v) else f'{v:.{d}f}' for v, d in zip(row, (2, 4, 4, 1, 0)))
    return ['| faces, system | PSNR | SSIM | identity | LDm | KDm |', '| --- | --- | --- | --- | --- | --- |',
            *(f'| {case}, {name} | {cells(row)} |' for (case, name), row in found.items())]


def demands(found, small):
    """What was asked of the system, and whether it is reached. small: the gain of the papers' protocol."""
    gain = lambda case, other, which=0: found[case, OURS][which] - found[case, other][which]
    asked = [('x8: PSNR over bicubic, dB', gain('x8', INPUT), 2.6), ('x8: PSNR over JSFM-GAN at fidelity 1, dB', gain('x8', LIKE), 1.4),
             ('x8: identity over bicubic', gain('x8', INPUT, 2), .05), ('x4: PSNR over bicubic, dB', gain('x4', INPUT), 1.8),
             ('medium: PSNR over the input, dB', gain('medium', INPUT), 1.0), ('16 -> 128: PSNR of luma over bicubic, dB', small, 3.5)]
    word = lambda got, least: '-' if np.isnan(got) else 'yes' if got >= least else '**no**'
    return ['| measured | value | asked | reached |', '| --- | --- | --- | --- |',
            *(f'| {what} | {got:+.3f} | >= {least} | {word(got, least)} |' for what, got, least in asked)]


def protocol(engine, file, folder, clean):
    """PSNR in dB of bicubic and of the network, 16 -> 128 by the same tensors in a file for that size."""
    tensors, meta = st.load(file)
    small = str(Path(folder) / 'restore-spad-128.safetensors')
    st.save(small, tensors, dict(meta, **{'spad.size': '128', 'rvs.id': 'restore-spad-128'}))
    hq = [samples.reduced(a, 4) for a in clean]
    lq = [samples.clean(a, 8) for a in hq]
    score = lambda outs: np.mean([10 * np.log10(255.0 ** 2 / np.mean((measure.luma(a) - measure.luma(b)) ** 2)) for a, b in zip(outs, hq)])
    return score(lq), score(engine(lq, ['--model', small, '--fidelity', '1']))


@torch.no_grad()
def agreement(file, lq, outs):
    """Steps of 8 bits between the engine's pictures and the trainer's in single precision."""
    net, parser = export.load_deploy(file)[0], prior.Parser(str(PARSER), torch.device('cpu'), exact=True)
    apart = []
    for a, b in zip(lq[:AGREE], outs):
        x = data.tensor([a])
        apart.append(np.abs(data.image(net(x, parser(x))[0]).astype(int) - b))
    return f'Engine and trainer in single precision, {len(apart)} faces x8: largest difference {np.max(apart)} of 255, mean {np.mean(apart):.5f}'


@torch.no_grad()
def landmarks(root, names, clean):
    """Mean distance of the heat maps' points from the mesh's, in pixels at 256."""
    rows, mesh = data.mesh_rows(root), np.load(root / 'mesh' / 'mesh468.npy', mmap_mode='r')
    usable = [i for i, n in enumerate(names) if rows.get(f'faces/{n}', (0, False))[1]]
    parser, out = prior.Parser(str(PARSER), torch.device('cpu')), []
    for case, make in measure.CASES.items():
        errors = []
        for i in usable:
            heat = parser.outputs(data.tensor([make(clean[i], i)]))[1]
            want = data.mesh_points(mesh[rows[f'faces/{names[i]}'][0]][None])[0]
            errors.append(np.hypot(*(parsing.points(heat)[0][0].numpy() - want).T).mean() / 2)
        out.append(f'{case} {np.mean(errors):.2f}')
    return f'Landmarks of the prior from the meshes, pixels at 256 (asked: at most 5), {len(usable)} faces: ' + ', '.join(out)


def main(argv=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('file')
    p.add_argument('--cli', default=str(files.ROOT / 'build' / 'plugin' / 'cli' / 'revisage'))
    p.add_argument('--faces', type=int, default=48)
    p.add_argument('--data', default=str(data.default_root()))
    p.add_argument('--state', default='/var/tmp/revisage')
    p.add_argument('--threads', type=int, default=2)
    a = p.parse_args(argv)
    torch.set_num_threads(a.threads)
    shards, file = Path(a.state) / 'shards', os.path.abspath(a.file)
    faces, root = data.pack_faces(a.data, shards, 'eval', 512), Path(a.data)
    chosen = evalset.spread(range(len(faces)), a.faces)
    clean, names = [np.asarray(faces[i]) for i in chosen], [json.loads((shards / 'faces-eval.json').read_text())[i] for i in chosen]
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(a.cli, folder, a.threads)
        found, (lq, outs) = quality(engine, file, clean, Eyes(Path(a.state) / 'eval'))
        before, after = protocol(engine, file, folder, clean)
        print(*table(found), '', f'- The papers\' protocol, whole faces 16 -> 128, PSNR of luma, border 8: bicubic {before:.2f} dB, SPADNet {after:.2f} dB.',
              f'- {agreement(file, lq, outs)}.', f'- {landmarks(root, names, clean)}.', '', *demands(found, after - before), sep='\n')
        print(f'{Path(file).name} {st.sha256(file)}, {len(clean)} faces', file=sys.stderr)


if __name__ == '__main__':
    main()
