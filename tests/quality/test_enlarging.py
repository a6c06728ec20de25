# SPDX-License-Identifier: GPL-3.0-or-later
"""--enlarge with the shipped weights on held-out faces:  test_enlarging.py PATH_OF_REVISAGE

Nine faces in one picture, reduced in light, are enlarged again with their faces. The result must be sharper than, and nearer to the
picture that was reduced than, the same picture restored at its own size and enlarged afterwards; and than the picture only enlarged.
Skipped without the data folder.
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
    from PIL import Image
    import scipy   # noqa: F401
    import torch   # noqa: F401
except ImportError as e:
    print(f'skipped: {e} (python3-torch, python3-scipy, python3-pil)')
    sys.exit(77)
from base import data         # noqa: E402: ours, so its absence is a failure
from measure import evalset, metrics   # noqa: E402

CLI, NONE = '', '65535'  # no face is so large: only enlarged


def light_of(code):
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)


def code_of(light):
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def mosaic(side):
    """Nine faces, three by three."""
    rows = evalset.spread(evalset.rows(data.default_root()), 9)
    faces = [Image.open(data.default_root() / 'faces' / r['file']).convert('RGB').resize((side, side), Image.LANCZOS) for r in rows]
    return np.concatenate([np.concatenate([np.asarray(f) for f in faces[i:i + 3]], 1) for i in (0, 3, 6)])


def reduced(picture, factor):
    h, w = picture.shape[:2]
    light = light_of(picture / 255).reshape(h // factor, factor, w // factor, factor, 3).mean((1, 3))
    return (code_of(light) * 255 + 0.5).astype(np.uint8)


def centres(picture, side):
    """The faces without what is around them."""
    for y in range(3):
        for x in range(3):
            yield picture[y * side + side // 8:(y + 1) * side - side // 8, x * side + side // 8:(x + 1) * side - side // 8].astype(float)


def gradients(face):
    grey = face.mean(2)
    return np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean()


class Enlarging(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = Path(folder.name)

    def run_cli(self, name, source, *args):
        done = subprocess.run([CLI, *args, '--quiet', str(source), '--output', str(self.dir / name)], capture_output=True, text=True,
                              env=dict(os.environ, RVS_MODEL_DIR=str(ROOT / 'weights')))
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.dir / name

    def measure(self, path, truth, side):
        """Mean PSNR in dB, and the part of the truth's gradients."""
        picture = np.asarray(Image.open(path).convert('RGB'))
        self.assertEqual(picture.shape, truth.shape)
        pairs = list(zip(centres(picture, side), centres(truth, side)))
        return float(np.mean([metrics.psnr(a, b) for a, b in pairs])), float(np.mean([gradients(a) / gradients(b) for a, b in pairs]))

    def compare(self, factor, side, sharper, nearer):
        truth = mosaic(side)
        source = self.dir / 'source.png'
        Image.fromarray(reduced(truth, factor)).save(source)
        enlarge = ['--enlarge', str(factor)]
        bare = self.measure(self.run_cli('bare.png', source, *enlarge, '--min-face', NONE), truth, side)
        restored = self.run_cli('restored.png', source)
        after = self.measure(self.run_cli('after.png', restored, *enlarge, '--min-face', NONE), truth, side)
        ours = self.measure(self.run_cli('ours.png', source, *enlarge), truth, side)
        with self.subTest(factor=factor, bare=bare, after=after, ours=ours):
            self.assertGreater(ours[0], bare[0])
            self.assertGreater(ours[0] - after[0], nearer)
            self.assertGreater(ours[1] - after[1], sharper)

    def test_four_times(self):
        self.compare(4, 256, 0.02, 0.1)  # measured .040, +.22 dB

    def test_eight_times(self):
        self.compare(8, 512, 0.1, 0)     # measured .153, +.06 dB


if __name__ == '__main__':
    if len(sys.argv) < 2 or not os.access(sys.argv[1], os.X_OK):
        print('skipped: the command line was not built')
        sys.exit(77)
    CLI = os.path.abspath(sys.argv.pop(1))
    if not (data.default_root() / 'faces' / 'faces.csv').exists():
        print(f'skipped: {data.default_root()} is not there')
        sys.exit(77)
    unittest.main()
