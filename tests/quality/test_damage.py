# SPDX-License-Identifier: GPL-3.0-or-later
"""What the shipped finder marks in real old prints, through the command line:  test_damage.py PATH_OF_REVISAGE

Cloth is not to be taken away with the scratches: places that were, when width did not matter. Skipped without the data folder.
"""
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PHOTOS = ROOT.parent / 'shared/data/photos'
try:
    import numpy as np
    from PIL import Image
except ImportError as e:
    print(f'skipped: {e} (python3-numpy, python3-pil)')
    sys.exit(77)

CLI = ''


def marked(name):
    with tempfile.TemporaryDirectory() as folder:
        mask = Path(folder) / 'mask.png'
        subprocess.run([CLI, '--quiet', '--model', 'fill', '--find-scratches', '--hole-output', str(mask), str(PHOTOS / name)], check=True,
                       env=dict(os.environ, RVS_MODEL_DIR=str(ROOT / 'weights')))
        return np.asarray(Image.open(mask)) > 127


class Damage(unittest.TestCase):
    def test_cloth_stays(self):
        for name, x, y, w, h in CLOTH:
            with self.subTest(name):
                self.assertEqual(int(marked(name)[y:y + h, x:x + w].sum()), 0)

    def test_cracks_are_found(self):
        self.assertGreaterEqual(int(marked('scratched_b.png').sum()), CRACKS)


CLOTH = (('scratched_c.png', 120, 215, 60, 45),   # a white collar: 1,992 of these 2,700 pixels were marked
         ('scratched_a.png', 212, 440, 35, 40))   # the skin above a dark neckline: 1,356 of 1,400
CRACKS = 3600                                     # measured 3,833, as before

if __name__ == '__main__':
    if len(sys.argv) < 2 or not os.access(sys.argv[1], os.X_OK):
        print('skipped: the command line was not built')
        sys.exit(77)
    CLI = os.path.abspath(sys.argv.pop(1))
    if not PHOTOS.is_dir():
        print(f'skipped: {PHOTOS} is not there')
        sys.exit(77)
    unittest.main()
