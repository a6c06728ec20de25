# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's command line against PyTorch on exported and converted weights:  test_engine.py PATH_OF_REVISAGE

A tiny random generator and parser go through export.py, a tiny random published checkpoint through convert.py; the program
restores one aligned picture with each. The 8-bit results must agree.
"""
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / 'weights' / 'train'), str(Path(__file__).resolve().parent)]
try:
    import numpy as np
    import torch
    from PIL import Image
except ImportError as e:
    print(f'skipped: {e} (python3-torch, python3-pil)')
    sys.exit(77)

import archs                          # noqa: E402
import convert                        # noqa: E402
import export                         # noqa: E402
from base import data, layers, st     # noqa: E402
from jsfm import afpm                 # noqa: E402
from spad import engine, prior        # noqa: E402
from parsing import phase as parser_  # noqa: E402
from test_tools import PARSER, TINY, random_published  # noqa: E402

CLI = ''
SPAD = dict(arch='spad', widths=[16, 8, 8], blocks=[2, 1, 1], habs=[1, 1, 0], tail=8, size=512)
W = 0.6
torch.set_num_threads(1)


def picture():
    """A smooth picture with some detail: 512x512 uint8."""
    rng = np.random.default_rng(11)
    small = Image.fromarray(rng.integers(30, 226, (24, 24, 3), dtype=np.uint8)).resize((512, 512), Image.BICUBIC)
    return np.clip(np.asarray(small).astype(int) + rng.integers(-6, 7, (512, 512, 3)), 0, 255).astype(np.uint8)


def livelier(net):
    """Random weights that make a picture rather than mid grey."""
    for k, p in net.named_parameters():
        if p.dim() > 1:
            torch.nn.init.normal_(p, 0, 1.2 / np.sqrt(p[0].numel()))
    return net


SINGLE = '7'        # kernels of single precision, as the trainer's here: random networks make much of what bfloat16 rounds off


class Engine(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.manual_seed(8)
        cls.tmp = tempfile.TemporaryDirectory()
        cls.dir = Path(cls.tmp.name)
        cls.weights = cls.dir / 'weights'
        for configs in ((TINY,), (PARSER,), (SPAD, SPAD)):
            nets = [livelier(archs.of(c).build(c)).state_dict() for c in configs]
            export.export([cls.checkpoint(c, i, nets) for i, c in enumerate(configs)], cls.weights)
        cls.img = picture()
        Image.fromarray(cls.img).save(cls.dir / 'in.png')
        cls.parser = export.load_deploy(cls.weights / 'parse-face-256.safetensors')[0]
        cls.x = data.tensor([cls.img])
        with torch.no_grad():
            logits, _, heat = cls.parser(layers.down2(cls.x))
            points, conf = parser_.points(heat)
            cls.prob = afpm.adjust(torch.softmax(logits, 1), points, conf)

    @classmethod
    def checkpoint(cls, config, i, nets):
        """Of a second end it is the first network, changed some."""
        path = cls.dir / f'{i}.pt'
        torch.save(dict(config=config, ema=nets[0] if not i else {k: v + .4 * nets[i][k] for k, v in nets[0].items()}), path)
        return path

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    def restore(self, name, *more, knobs=('--fidelity', str(W), '--keep-colour', '0', '--texture', '0')):
        out = self.dir / f'{name}.png'
        done = subprocess.run([CLI, '--aligned', *knobs, '--threads', '1', '--cpumask', SINGLE, '--overwrite',
                               '--output', str(out), *more, str(self.dir / 'in.png')], capture_output=True, text=True,
                              env=dict(os.environ, RVS_MODEL_DIR=str(self.weights)))
        self.assertEqual(done.returncode, 0, done.stderr)
        return np.asarray(Image.open(out).convert('RGB'))

    def same(self, a, b):
        """Equal but for rounding to 8 bits; and neither the input nor flat."""
        d = np.abs(a.astype(int) - b.astype(int))
        self.assertLessEqual(int(d.max()), 2)
        self.assertLess(float((d > 0).mean()), 0.1)
        self.assertGreater(np.abs(a.astype(int) - self.img).mean(), 4)
        self.assertGreater(a.std(), 4)

    def test_exported_generator(self):
        net, _ = export.load_deploy(self.weights / 'restore-jsfm-512.safetensors')
        with torch.no_grad():
            y = net(self.x, self.prob, W)[512]
        self.same(self.restore('ours'), data.image(y[0]))

    def test_exported_super_resolution(self):
        """With the prior that the trainer's own code makes of the parser's output, between the ends of the knob."""
        net, _ = export.load_deploy(self.weights / 'restore-spad-512.safetensors')
        maps = prior.Parser(str(self.weights / 'parse-face-256.safetensors'), torch.device('cpu'), exact=True)(self.x)
        with torch.no_grad():
            y, bare, faithful = net(self.x, maps, w=W), net(self.x, w=W), net(self.x, maps)
        for shown in (y - bare, y - faithful):                              # the prior shows, and so does the knob
            self.assertGreater(float(shown.abs().mean()) * 127.5, 2)
        self.same(self.restore('spad', '--model', 'spad', knobs=('--fidelity', str(W))), data.image(y[0]))

    def test_figures_through_the_engine(self):
        """The papers' protocol: the same tensors at 128, in a file that the engine takes."""
        before, after = engine.protocol(engine.Engine(CLI, self.dir / 'figures', 1), str(self.weights / 'restore-spad-512.safetensors'), self.dir, [self.img])
        self.assertNotEqual(before, after)
        self.assertTrue(5 < after < 60, after)

    def test_converted_generator(self):
        with torch.no_grad():
            gen, state, _, _ = random_published({16: 16, 32: 16, 64: 16, 128: 8, 256: 8, 512: 4}, (4, 8, 8, 8, 8), (8, 8, 8, 4), 1)
        for k in ('body.0.0.noise.weight', 'body.1.0.noise.weight'):     # the engine's stage 1 always adds its noise
            state[k].zero_()
        tensors, meta = convert.convert(state)
        path = self.dir / 'full.safetensors'
        st.save(str(path), tensors, meta)
        gen.load_state_dict(tensors)
        hard = torch.nn.functional.one_hot(self.prob.argmax(1), 19).permute(0, 3, 1, 2).float()
        with torch.no_grad():
            y = gen(self.x, torch.nn.functional.interpolate(hard, scale_factor=4, mode='nearest'), W)[512]
        self.same(self.restore('full', '--model', str(path)), data.image(y[0]))

    def test_converted_parser_is_listed(self):
        with torch.no_grad():
            _, _, _, state = random_published({16: 16, 32: 16, 64: 16, 128: 8, 256: 8, 512: 4}, (4, 8, 8, 8, 8), (8, 8, 8, 4), 1)
        tensors, meta = convert.convert(state)
        folder = self.dir / 'listed'
        folder.mkdir()
        st.save(str(folder / 'parse-face-full-512.safetensors'), tensors, meta)
        done = subprocess.run([CLI, '--list-models'], capture_output=True, text=True, env=dict(os.environ, RVS_MODEL_DIR=str(folder)))
        self.assertIn('parse-face-full-512', done.stdout)
        self.assertIn('the terms of the checkpoint that was converted', done.stdout)


if __name__ == '__main__':
    if len(sys.argv) < 2 or not os.access(sys.argv[1], os.X_OK):
        print('skipped: the command line was not built')
        sys.exit(77)
    CLI = os.path.abspath(sys.argv.pop(1))
    unittest.main()
