#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures restored faces on split=eval:  evaluate.py [--runner engine|torch] [--quick N]

Runs the engine's command line (what users get) or PyTorch on the degraded crops of evalset.py and writes
  OUT/table.md  OUT/result.json  OUT/sheet-LEVEL.png  OUT/worst.png (and worst-pipeline.png)  OUT/photos.png (engine, when photos are there)
The engine runs twice: on the aligned crop (--aligned), which is the network's own figure, and on the crop as a photo of its own, through detector,
alignment and matte, which is what users get.
"input" is the degraded crop itself, which is the small bad photo enlarged bicubically: input and bicubic are one row.
"""
import argparse
import json
import os
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from base import data, files, st                                   # noqa: E402
from measure import evalset, facelabels, metrics, report, runners  # noqa: E402
from parsing.arch import ARCH as PARSER                            # noqa: E402
from percept import judge                                          # noqa: E402
from witness import identity, witness                              # noqa: E402

SWEEP = (0.0, 0.25, 0.5, 0.75, 1.0)
PAIRS = ((0.0, 0.1), (0.5, 0.6), (0.9, 1.0))     # |out(w) - out(w')| at |w - w'| = .1
PAIR_IMAGES = 16
FIT_IMAGES = 160            # clean training faces for NIQE's model and the mean descriptor


class Meter:
    """All measures of one image against its clean crop and its input."""

    def __init__(self, cache, images, root, use_identity=True, use_niqe=True):
        self.images = Path(images)
        self.cache, self.net, self.clean, self.niqe, self.root = Path(cache), None, {}, None, root
        if use_identity:
            try:
                self.witness = witness.load(self.cache / 'human')
                self.net = identity.load(self.cache / 'face-api')
                self.centre = self.fitted('centre', lambda x: dict(mean=identity.embed(self.net, x).mean(0).numpy()))['mean']
            except OSError as e:
                print(f'identity is not measured: {e}', file=sys.stderr)
        if use_niqe:
            z = self.fitted('niqe', lambda x: dict(zip(('mean', 'cov'), metrics.niqe_fit(x))))
            self.niqe = z['mean'], z['cov']

    def fitted(self, name, fit):
        """What is fitted on clean training faces, remembered in the cache."""
        path = self.cache / f'{name}.npz'
        if not path.exists():
            files = [r['file'] for r in data.face_rows(Path(self.root), 'train')]
            np.savez(path, **fit(np.asarray(data.open_image(Path(self.root) / 'faces' / f)) for f in evalset.spread(files, FIT_IMAGES)))
        return np.load(path)

    def reference(self, stem):
        """(clean image, its gradient energy, its two descriptors)."""
        if stem not in self.clean:
            a = evalset.read(self.images / 'clean' / f'{stem}.png')
            self.clean[stem] = a, metrics.gradient_energy(a), self.describe(a) if self.net else None
        return self.clean[stem]

    def describe(self, img):
        return witness.embed(self.witness, [img]), identity.embed(self.net, [img])

    def measure(self, img, lq, stem):
        gt, energy, desc = self.reference(stem)
        out = dict(psnr=metrics.psnr(img, gt), ssim=metrics.ssim(img, gt), sharp=metrics.gradient_energy(img) / energy,
                   colour=metrics.colour_error(img, gt), cast=metrics.colour_error(img, lq) if img is not lq else 0.0)
        if self.net:
            (seen, d), (seen0, d0) = self.describe(img), desc
            out.update(identity=identity.cosine(seen, seen0), taught=identity.cosine(d, d0),
                       person=identity.cosine(d - self.centre, d0 - self.centre))
        if self.niqe:
            out['niqe'] = metrics.niqe(img, self.niqe)
        return out


def measure_inputs(meter, cache, chosen, levels):
    """Rows of the degraded inputs, remembered in the cache."""
    store = Path(cache) / 'inputs.json'
    known = json.loads(store.read_text()) if store.exists() else {}
    rows = []
    for v in levels:
        for r in chosen:
            k = f'{v}/{r["stem"]}'
            need = [m for m, on in (('taught', meter.net), ('niqe', meter.niqe)) if on and m not in known.get(k, {})]
            if k not in known or need:
                lq = evalset.read(Path(cache) / v / f'{r["stem"]}.png')
                known[k] = meter.measure(lq, lq, r['stem'])
            rows.append(dict(known[k], level=v, w='input', stem=r['stem'], set=r['set'], kind=r['kind']))
    tmp = store.with_suffix(f'.{os.getpid()}.part')
    tmp.write_text(json.dumps(known))
    os.replace(tmp, store)
    return rows


def measure_outputs(meter, runner, level, w, chosen):
    runner.restore(level, w, [r['stem'] for r in chosen])
    rows = []
    for r in chosen:
        img = evalset.read(runner.path(level, w, r['stem']))
        lq = evalset.read(runner.cache / level / f'{r["stem"]}.png')
        row = meter.measure(img, lq, r['stem'])
        row['kept'] = min(metrics.psnr(img, lq), 99.0)       # PSNR to the input
        rows.append(dict(row, level=level, w=runners.name_of(w), stem=r['stem'], set=r['set'], kind=r['kind']))
    return rows


def add_groups(rows, a, images, chosen):
    """Glasses and skin tone of each face, where a parser is at hand."""
    path = Path(a.parser or Path(a.weights or files.ROOT / 'weights') / 'parse-face-256.safetensors')
    if not path.exists():
        print(f'no groups by glasses and skin tone: {path} is not there', file=sys.stderr)
        return
    labels = facelabels.of(PARSER.load(path)[0], st.sha256(path), images, chosen)
    for r in rows:
        r.update(labels[r['stem']])


def judged(a, images, out, rows):
    """Adds LDm, and KDm, which is a set's figure and the same in each of its rows. out: folder of the results that rows are of."""
    where = lambda r: images / r['level'] if r['w'] == 'input' else out / r['level'] / r['w']
    folders = {}
    for r in rows:
        folders.setdefault(where(r), []).append(r['stem'])
    try:
        net = judge.load(Path(a.cache) / 'nsfwjs')
    except OSError as e:
        return print(f'LDm and KDm are not measured: {e}', file=sys.stderr)
    stores = judge.measure(net, images / 'clean', folders, list(dict.fromkeys(r['stem'] for r in rows)))
    kdm = {f: judge.set_distance(stores[f], stores[images / 'clean'], stems) for f, stems in folders.items()}
    for r in rows:
        r.update(ldm=stores[where(r)].ldm[r['stem']], kdm=kdm[where(r)])


def through_pipeline(a, meter, images, out, chosen, levels, sweep, inputs):
    """Rows of the same faces as photos of their own, the input's among them."""
    runner, stems = runners.PipelineRunner(images, out / 'pipeline', a.cli, a.weights or str(files.ROOT / 'weights'), a.threads, a.more), {r['stem'] for r in chosen}
    rows = [dict(r) for r in inputs if r['stem'] in stems and r['level'] in levels]
    for v in levels:
        for w in (None, *sweep):
            rows += measure_outputs(meter, runner, v, w, chosen)
    if not a.no_judge:
        judged(a, images, runner.out, rows)
    if any('ldm' in r for r in rows):
        report.worst(rows, runner, out / 'worst-pipeline.png')
    return rows


def smoothness(runner, level, chosen):
    """Largest and mean over images and pairs of mean |out(w) - out(w')|, in units of [-1,1]."""
    rows = []
    for a, b in PAIRS:
        for w in (a, b):
            runner.restore(level, w, [r['stem'] for r in chosen])
        for r in chosen:
            x, y = (evalset.read(runner.path(level, w, r['stem'])).astype(np.float32) for w in (a, b))
            rows.append(float(np.abs(x - y).mean() / 127.5))
    return dict(level=level, images=len(chosen), largest=max(rows), mean=float(np.mean(rows)))


def photos(runner, root, out):
    """Real photos through the engine: a sheet of their faces before and after."""
    files = sorted(f for f in (Path(root) / 'photos').glob('*.*') if f.suffix in ('.jpg', '.png', '.webp'))
    if not files or runner.label != 'engine':
        return
    restored = runner.photos(files, Path(out) / 'photos')
    report.face_sheet(restored, ['photo', 'w 0.5', 'w auto'], Path(out) / 'photos.png')


def arguments(argv):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--runner', choices=('engine', 'torch'), default='engine')
    p.add_argument('--cli', default=str(files.ROOT / 'build' / 'plugin' / 'cli' / 'revisage'), help='the command line program')
    p.add_argument('--model', default='', help='engine: the system (default: the program\'s own)')
    p.add_argument('--weights', help='engine: folder of the weights files (default: weights/)')
    p.add_argument('--jsfm', help='torch: checkpoint or weights file of the generator')
    p.add_argument('--parser', help='torch: checkpoint or weights file of the parser')
    p.add_argument('--data', default=str(data.default_root()), help='data folder (default: ../shared/data beside the repository)')
    p.add_argument('--cache', default='/var/tmp/revisage/eval', help='degraded images, descriptor, results')
    p.add_argument('--out', help='result folder (default: CACHE/out/RUNNER)')
    p.add_argument('--quick', type=int, default=0, metavar='N', help='N images per level, spread over the list')
    p.add_argument('--sweep', type=int, default=82, metavar='N', help='images for the fixed w (0 = all); auto runs on all')
    p.add_argument('--w', help='comma list of fixed w instead of 0,.25,.5,.75,1')
    p.add_argument('--levels', default='mild,medium,severe,near')
    p.add_argument('--no-identity', action='store_true')
    p.add_argument('--no-niqe', action='store_true')
    p.add_argument('--pipeline', type=int, default=24, metavar='N', help='engine: images that go through the whole pipeline too (0 = none)')
    p.add_argument('--no-judge', action='store_true', help='without LDm and KDm')
    p.add_argument('--no-photos', action='store_true')
    p.add_argument('--threads', type=int, default=1)
    a = p.parse_args(argv)
    a.more = ['--model', a.model] if a.model else []
    return a


def make_runner(a, images, out):
    if a.runner == 'torch':
        if not (a.jsfm and a.parser):
            sys.exit('evaluate.py: --runner torch needs --jsfm FILE and --parser FILE')
        return runners.TorchRunner(images, out, a.jsfm, a.parser, a.threads)
    if not os.access(a.cli, os.X_OK) or os.path.isdir(a.cli):
        sys.exit(f'evaluate.py: {a.cli}: no such program; build it, or name it with --cli')
    return runners.EngineRunner(images, out, a.cli, a.weights or str(files.ROOT / 'weights'), a.threads, a.more)


def evaluate(a):
    torch.set_num_threads(a.threads)
    out = Path(a.out or Path(a.cache) / 'out' / (a.model or a.runner))
    levels = tuple(v for v in a.levels.split(',') if v)
    chosen = evalset.spread(evalset.rows(a.data), a.quick)
    subset = evalset.spread(chosen, a.sweep)
    images = Path(a.cache) / evalset.key(a.data)[:12]        # checkouts with another synthesiser do not meet
    params = evalset.prepare(a.data, images, chosen, levels)
    meter = Meter(a.cache, images, a.data, not a.no_identity, not a.no_niqe)
    runner = make_runner(a, images, out)
    sweep = tuple(float(w) for w in a.w.split(',')) if a.w else SWEEP
    rows = inputs = measure_inputs(meter, images, chosen, levels)
    for v in levels:
        rows = rows + measure_outputs(meter, runner, v, None, chosen)
        for w in sweep if v != evalset.NEAR else (1.0,):
            rows += measure_outputs(meter, runner, v, w, subset)
        print(report.line(rows, v), flush=True)
    if not a.no_judge:
        judged(a, images, out, rows)
    add_groups(rows, a, images, chosen)
    result = dict(rows=rows, images=len(chosen), sweep=len(subset), params=params, runner=runner.label,
                  seconds=runner.seconds / max(runner.count, 1))
    if a.runner == 'engine' and a.pipeline:
        result['pipeline'] = through_pipeline(a, meter, images, out, evalset.spread(chosen, a.pipeline), [v for v in levels if v != evalset.NEAR], sweep, inputs)
    if 'medium' in levels and not a.w:
        result['smooth'] = smoothness(runner, 'medium', evalset.spread(chosen, PAIR_IMAGES))
    st.replace_file(str(out / 'result.json'), [json.dumps(result).encode()])
    st.replace_file(str(out / 'table.md'), [report.markdown(result).encode()])
    for v in levels:
        if v != evalset.NEAR:
            report.sheet(runner, v, evalset.spread(subset, 24), sweep, out / f'sheet-{v}.png')
    if any('ldm' in r for r in rows):
        report.worst(rows, runner, out / 'worst.png')
    if not a.no_photos:
        photos(runner, a.data, out)
    print((out / 'table.md').read_text())


def main(argv=None):
    try:
        evaluate(arguments(argv))
    except (data.DataError, files.ExportError, RuntimeError, OSError) as e:
        sys.exit(f'evaluate.py: {e}')


if __name__ == '__main__':
    main()
