# SPDX-License-Identifier: GPL-3.0-or-later
"""Two ways to restore the aligned evaluation crops: the engine's command line (what users get), and PyTorch (quick
figures while training, and a second opinion on the engine).

A runner's restore(level, w, stems) writes <folder>/<stem>.png for each; w is None for auto fidelity.
"""
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import torch
from PIL import Image

from base import data, degrade, layers, st
from jsfm import afpm
from jsfm.arch import ARCH as JSFM
from measure import evalset
from parsing import phase as parser_
from parsing.arch import ARCH as PARSER


def name_of(w):
    return 'auto' if w is None else f'{w:g}'


class Runner:
    def __init__(self, cache, out):
        self.cache, self.out, self.seconds, self.count = Path(cache), Path(out), 0.0, 0

    def stamp(self, files, *more):
        """Results of other weights, another program or other options are thrown away; those of the same ones are kept and gone on with."""
        want = ''.join(f'{st.sha256(f)}  {Path(f).name}\n' for f in files) + ''.join(f'{m}\n' for m in more)
        mark = self.out / 'made-by'
        if not mark.exists() or mark.read_text() != want:
            for d in evalset.LEVELS + (evalset.NEAR,):
                shutil.rmtree(self.out / d, ignore_errors=True)
            self.out.mkdir(parents=True, exist_ok=True)
            mark.write_text(want)

    def folder(self, level, w):
        return self.out / level / name_of(w)

    def path(self, level, w, stem):
        return self.folder(level, w) / f'{stem}.png'

    def missing(self, level, w, stems):
        self.folder(level, w).mkdir(parents=True, exist_ok=True)
        return [s for s in stems if not self.path(level, w, s).exists()]

    def restore(self, level, w, stems):
        todo = self.missing(level, w, stems)
        begin = time.time()
        if todo:
            self.run(level, w, todo)
        self.seconds += time.time() - begin
        self.count += len(todo)
        lost = self.missing(level, w, stems)
        if lost:
            raise RuntimeError(f'{level}, w={name_of(w)}: no result for {len(lost)} images, the first is {lost[0]}')


class EngineRunner(Runner):
    """One process of the command line per level and w, over all images."""

    label, options, fine = 'engine', ['--aligned'], (0,)

    def __init__(self, cache, out, cli, weights, threads=1, more=()):
        """more: further options of the command line, such as --model."""
        super().__init__(cache, out)
        self.cli, self.threads, self.more = cli, threads, list(more)
        self.stamp([cli] + sorted(Path(weights).glob('*.safetensors')), *more)
        self.env = dict(os.environ, RVS_MODEL_DIR=str(Path(weights).resolve()), OPENBLAS_NUM_THREADS=str(threads))

    def call(self, options, files, folder):
        Path(folder).mkdir(parents=True, exist_ok=True)
        cmd = [self.cli, *options, *self.more, '--threads', str(self.threads), '--quiet', '--output', str(folder), '--suffix', '', '--format', 'png']
        return subprocess.run(cmd + [str(f) for f in files], env=self.env, capture_output=True, text=True)

    def run(self, level, w, stems):
        fidelity = [] if w is None else ['--fidelity', name_of(w)]          # auto is the program's own; some systems have none
        done = self.call([*self.options, *fidelity], [self.cache / level / f'{s}.png' for s in stems], self.folder(level, w))
        if done.returncode not in self.fine:
            sys.stderr.write(done.stderr[-2000:])
            raise RuntimeError(f'{self.cli} ended with {done.returncode} at level {level}, w={name_of(w)}')

    def photos(self, files, folder, ws=(0.5, None)):
        """[(name, before, [after per w], faces)] of whole photos; faces: squares (x, y, side). Without a face: left out."""
        out = []
        for f in files:
            before = Image.open(f).convert('RGB')
            source = Path(folder) / 'in' / f'{f.stem}.png'
            source.parent.mkdir(parents=True, exist_ok=True)
            before.save(source, compress_level=1)
            after, faces = [], []
            for w in ws:
                done = self.call(['--fidelity', name_of(w), '--report', 'json', '--overwrite'], [source], Path(folder) / name_of(w))
                if done.returncode == 0:
                    faces = [square(v['box']) for v in json.loads(done.stdout)['files'][0]['faces'] if not v['skipped']]
                    after.append(Image.open(Path(folder) / name_of(w) / f'{f.stem}.png').convert('RGB'))
                else:
                    print(f'{f.name}: {done.stderr.strip()[-200:]}', file=sys.stderr)
            if len(after) == len(ws):
                out.append((f.name, before, after, faces))
        return out


class PipelineRunner(EngineRunner):
    """The crop as a photo of its own: detector, alignment and matte included, which is what a user's photo goes through."""

    options, fine = [], (0, 6)                   # 6: one or all of them without a face, which stay as they are

    def run(self, level, w, stems):
        super().run(level, w, stems)
        lost = self.missing(level, w, stems)
        for s in lost:
            shutil.copyfile(self.cache / level / f'{s}.png', self.path(level, w, s))
        if lost:
            print(f'{level}, w={name_of(w)}: no face found in {len(lost)} of {len(stems)}, which stay as they are', flush=True)


def square(box):
    """A square of 1.7 x the box's height around it."""
    x, y, w, h = box
    side = 1.7 * h
    return x + w / 2 - side / 2, y + h / 2 - side / 2, side


class TorchRunner(Runner):
    """The same data path in PyTorch, without the colour lock."""

    label = 'torch'

    def __init__(self, cache, out, generator, parser=None, threads=1):
        super().__init__(cache, out)
        torch.set_num_threads(threads)
        self.stamp([generator] + ([parser] if parser else []))
        self.net, config = JSFM.load(generator)
        self.size = int(config['size'])
        self.parser = PARSER.load(parser)[0] if parser else None
        self.maps = {}

    @torch.no_grad()
    def analyse(self, level, stem, x):
        """(adjusted map, auto fidelity) of a crop, remembered: neither depends on w."""
        if (level, stem) not in self.maps:
            logits, deg, heat = self.parser(layers.down2(x))
            points, conf = parser_.points(heat)
            prob = afpm.adjust(torch.softmax(logits, 1), points, conf)
            self.maps[level, stem] = prob.half(), degrade.auto_w(deg.clamp(0, 1)[0].tolist())
        return self.maps[level, stem]

    @torch.no_grad()
    def run(self, level, w, stems):
        for s in stems:
            x = data.tensor([evalset.read(self.cache / level / f'{s}.png')])
            prob, auto = self.analyse(level, s, x)
            small = x if self.size == x.shape[-1] else layers.down2(x)
            y = self.net(small, prob.float(), auto if w is None else w)[self.size]
            while y.shape[-1] < x.shape[-1]:
                y = layers.up2(y)
            evalset.save(data.image(y[0]), self.path(level, w, s))
