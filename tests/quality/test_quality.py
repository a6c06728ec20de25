# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped weights through the command line on held-out faces:  test_quality.py PATH_OF_REVISAGE

Guards the figures of weights/README.md: a change of engine or weights that makes restored faces worse fails here. The faces are those of
evaluate.py --quick 8, so they are part of what the model card was measured on; the bounds are the card's demands that these
eight reach, with the measured value beside each. Skipped without the data folder.
"""
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'weights' / 'train'))
try:
    import numpy as np
    import PIL     # noqa: F401
    import scipy   # noqa: F401
    import torch   # noqa: F401
except ImportError as e:
    print(f'skipped: {e} (python3-torch, python3-scipy, python3-pil)')
    sys.exit(77)
from base import data                  # noqa: E402: ours, so its absence is a failure
from measure import evalset, metrics   # noqa: E402
from spad import samples               # noqa: E402

CLI, FACES = '', 8


def spad(w):
    """Name and options of a run of the super-resolution."""
    return f'spad-{w}', '--model', 'spad', '--fidelity', w


class Quality(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory()
        cls.dir = Path(cls.tmp.name)
        cls.chosen = evalset.spread(evalset.rows(data.default_root()), FACES)
        evalset.prepare(data.default_root(), cls.dir, cls.chosen)

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    def restored(self, level, w, *options):
        """[(clean, input, output)] of a level; w names the run."""
        out = self.dir / 'out' / level / w
        out.mkdir(parents=True, exist_ok=True)
        files = [self.dir / level / f'{r["stem"]}.png' for r in self.chosen]
        if not (out / files[-1].name).exists():
            done = subprocess.run([CLI, '--aligned', *(options or ('--fidelity', w)), '--quiet', '--suffix', '', '--output', str(out), *map(str, files)],
                                  capture_output=True, text=True, env=dict(os.environ, RVS_MODEL_DIR=str(ROOT / 'weights')))
            self.assertEqual(done.returncode, 0, done.stderr)
        return [tuple(evalset.read(d / f.name) for d in (self.dir / 'clean', self.dir / level, out)) for f in files]

    def gain(self, level, w='auto', *options):
        """PSNR over the input, mean in dB."""
        return float(np.mean([metrics.psnr(o, c) - metrics.psnr(i, c) for c, i, o in self.restored(level, w, *options)]))

    def sharpness(self, level, w, *options):
        return float(np.mean([metrics.gradient_energy(o) / metrics.gradient_energy(c) for c, _, o in self.restored(level, w, *options)]))

    def test_gain_over_the_input(self):
        for w, gains in GAIN.items():
            for level, least in gains.items():
                with self.subTest(level, w=w):
                    self.assertGreaterEqual(self.gain(level, w), least)

    def test_near_clean_photos_are_kept(self):
        kept = [metrics.psnr(o, i) for _, i, o in self.restored('near', 'auto')]
        self.assertGreaterEqual(min(kept), KEPT)

    def test_low_fidelity_is_sharper(self):
        for level, least in SHARP.items():
            with self.subTest(level):
                self.assertGreaterEqual(self.sharpness(level, '0'), least)
                self.assertGreater(self.sharpness(level, '0.5'), self.sharpness(level, '1'))
                self.assertGreater(self.sharpness(level, '0'), self.sharpness(level, '0.5'))

    def test_high_fidelity_is_nearer(self):
        for level in ('mild', 'medium'):
            with self.subTest(level):
                self.assertGreaterEqual(self.gain(level, '1'), self.gain(level, '0.25'))

    def test_colour_is_kept(self):
        for level in evalset.LEVELS:
            cast = [metrics.colour_error(o, i) for _, i, o in self.restored(level, 'auto')]
            with self.subTest(level):
                self.assertLess(float(np.mean(cast)), 1.5)

    def reduced(self, by):
        """A level of its own: the clean faces box-reduced and enlarged again."""
        folder = self.dir / f'x{by}'
        folder.mkdir(exist_ok=True)
        for r in self.chosen:
            name = f'{r["stem"]}.png'
            evalset.save(samples.clean(evalset.read(self.dir / 'clean' / name), by), folder / name)
        return folder.name

    def test_small_faces_get_nearer(self):
        for w, gains in ENLARGED.items():
            for level, least in gains.items():
                name = self.reduced(int(level[1:])) if level[0] == 'x' else level
                with self.subTest(level, w=w):
                    gain = self.gain(name, *spad(w))
                    print(f'# super-resolution at {w}, {level}: {gain:+.2f} dB')
                    self.assertGreaterEqual(gain, least)

    def test_small_faces_get_sharper_with_less_fidelity(self):
        sharp = [self.sharpness(self.reduced(8), *spad(w)) for w in ('1', '0.5', '0')]
        print(f'# super-resolution, x8: gradient energy at 1, .5 and 0 {sharp}')
        self.assertEqual(sharp, sorted(sharp))
        self.assertGreaterEqual(sharp[-1], TEXTURED)

    def test_the_shape_prior_gets_nearer(self):
        for level, least in SHAPED.items():
            with self.subTest(level):
                gain = self.gain(level, 'sgpn', '--model', 'sgpn')
                print(f'# shape prior, {level}: {gain:+.2f} dB')
                self.assertGreaterEqual(gain, least)

    def test_super_resolution_keeps_near_clean_photos(self):
        kept = [metrics.psnr(o, i) for _, i, o in self.restored('near', *spad('auto'))]
        print(f'# super-resolution, near: at least {min(kept):.1f} dB to the input')
        self.assertGreaterEqual(min(kept), KEPT)


# Asked or measured, see above.
GAIN = {'1': {'mild': 0.0, 'medium': 1.0, 'severe': 1.0},  # measured +0.20, +1.07, +1.57
        'auto': {'mild': 0.0, 'medium': 0.7, 'severe': 0.8},    # +0.19, +0.85, +1.26: auto gives some of it for what looks real
        '0': {'medium': 0.0, 'severe': 0.0}}                    # +0.31, +1.06: detail that is invented stays near the face
SHARP = {'medium': 0.4, 'severe': 0.44}                    # measured 0.423, 0.464; more is asked (weights/README.md)
KEPT = 38.0                                                # measured 46.6; super-resolution: 46.1
SHAPED = {'medium': 0.6, 'severe': 0.9}                    # measured +0.69, +1.03
ENLARGED = {'1': {'x8': 2.3, 'x4': 1.8, 'medium': 1.5},    # measured +2.49, +2.05, +1.75
            '0': {'x8': 1.8, 'x4': 1.4, 'medium': 1.2}}    # +2.03, +1.59, +1.39
TEXTURED = 0.4                                             # of the clean face's gradient energy, x8; measured .441, at .5 .326, at 1 .283

if __name__ == '__main__':
    if len(sys.argv) < 2 or not os.access(sys.argv[1], os.X_OK):
        print('skipped: the command line was not built')
        sys.exit(77)
    CLI = os.path.abspath(sys.argv.pop(1))
    if not (data.default_root() / 'faces' / 'faces.csv').exists():
        print(f'skipped: {data.default_root()} is not there')
        sys.exit(77)
    unittest.main()
