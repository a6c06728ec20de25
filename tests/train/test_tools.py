# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools beside training: weights files, export, conversion of published checkpoints, measures and evaluation."""
import argparse
import json
import os
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'weights' / 'train'))
try:
    import numpy as np
    import torch
except ImportError as e:
    print(f'skipped: {e} (python3-torch is not installed)')
    sys.exit(77)

import archs                                                   # noqa: E402, F401
import convert                                                 # noqa: E402, F401
import export                                                  # noqa: E402, F401
from base import files, st                                     # noqa: E402, F401
from jsfm import afpm, arch as jsfm_arch, networks, published  # noqa: E402, F401
from measure import evalset, metrics, report                   # noqa: E402, F401

torch.set_num_threads(1)
TINY = dict(arch='jsfm', modulation='shared', size=512, heads='gated', map='soft',
            channels={16: 16, 32: 16, 64: 8, 128: 8, 256: 8, 512: 4}, guides={r: 4 for r in (16, 32, 64, 128, 256, 512)})
PARSER = dict(arch='parser', widths=[4, 8, 8, 12], blocks=[1, 1, 1, 1], size=256)


class Folder(unittest.TestCase):
    def setUp(self):
        self._dir = tempfile.TemporaryDirectory()
        self.dir = Path(self._dir.name)
        torch.manual_seed(3)

    def tearDown(self):
        self._dir.cleanup()


class Safetensors(Folder):
    def test_round_trip(self):
        t = {'a': torch.randn(3, 4), 'b.weight': torch.randn(2, 3, 1, 5).half(), 'c': torch.randn(7).bfloat16(),
             'scalar': torch.tensor(2.5), 'i': torch.arange(6, dtype=torch.int64), 'u': torch.arange(5, dtype=torch.uint8)}
        digest = st.save(str(self.dir / 'x.safetensors'), t, {'k': 'v', 'u': 'ä'})
        back, meta = st.load(self.dir / 'x.safetensors')
        self.assertEqual(meta, {'k': 'v', 'u': 'ä'})
        self.assertEqual(set(back), set(t))
        for k in t:
            self.assertEqual(back[k].dtype, t[k].dtype)
            self.assertTrue(torch.equal(back[k], t[k]), k)
        self.assertEqual(digest, st.sha256(self.dir / 'x.safetensors'))

    def test_layout_is_what_the_format_says(self):
        st.save(str(self.dir / 'x'), {'w': torch.tensor([1.0, -2.0]).half()})
        raw = (self.dir / 'x').read_bytes()
        n = struct.unpack('<Q', raw[:8])[0]
        self.assertEqual(json.loads(raw[8:8 + n]), {'w': {'dtype': 'F16', 'shape': [2], 'data_offsets': [0, 4]}})
        self.assertEqual(raw[8 + n:], bytes.fromhex('003c00c0'))

    def test_refuses_broken_files(self):
        st.save(str(self.dir / 'x'), {'w': torch.ones(4)})
        raw = (self.dir / 'x').read_bytes()
        n = struct.unpack('<Q', raw[:8])[0]
        gap = raw[:8 + n].replace(b'[0,16]', b'[1,17]') + raw[8 + n:]
        twice = b'{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}'
        for bad in (b'', raw[:7], raw[:-1], raw + b'x', gap, struct.pack('<Q', 1 << 40) + raw[8:],
                    struct.pack('<Q', len(twice)) + twice + bytes(16)):
            (self.dir / 'bad').write_bytes(bad)
            with self.assertRaises(ValueError):
                st.load(self.dir / 'bad')

    def test_failed_write_leaves_the_old_file(self):
        path = self.dir / 'x'
        path.write_text('old')
        with self.assertRaises(RuntimeError):
            def chunks():
                yield b'new'
                raise RuntimeError('disk')
            st.replace_file(str(path), chunks())
        self.assertEqual(path.read_text(), 'old')
        self.assertEqual(os.listdir(self.dir), ['x'])


class Export(Folder):
    def checkpoint(self, config):
        net = archs.of(config).build(config)
        for m in net.modules():                      # batch norm and noise as after training, not as at the start
            if isinstance(m, torch.nn.BatchNorm2d):
                m.running_mean.normal_(0, 0.3)
                m.running_var.uniform_(0.5, 2)
                torch.nn.init.normal_(m.weight, 1, 0.3)
        for k, p in net.named_parameters():
            if k.endswith('noise'):
                torch.nn.init.constant_(p, 0.25)
        path = self.dir / f'{config["arch"]}.pt'
        torch.save(dict(config=config, net={}, ema=net.state_dict(), step=3, images=24), path)
        return net.eval(), path

    def test_generator_file_equals_training_form(self):
        net, path = self.checkpoint(TINY)
        out, digest = export.export(path, self.dir / 'w', w_power=3)
        self.assertEqual(out.name, 'restore-jsfm-512.safetensors')
        deployed, config = export.load_deploy(out)
        self.assertEqual(config['channels'], TINY['channels'])
        x, p, w = torch.rand(1, 3, 512, 512) * 2 - 1, torch.softmax(torch.randn(1, 19, 128, 128), 1), 0.7
        planes = {r: torch.randn(1, 1, r, r) for r in (64, 128, 256)}
        with torch.no_grad():
            a, b = net(x, p, w ** 3, planes), deployed(x, p, w, planes)
        for r in a:
            self.assertLess(float((a[r] - b[r]).abs().max()), 2e-2, r)          # fp16 storage
            self.assertGreater(float(a[r].std()), 1e-2)
        self.assertEqual((self.dir / 'w' / 'SHA256SUMS').read_text(), f'{digest}  restore-jsfm-512.safetensors\n')

    def test_parser_file_equals_training_form(self):
        net, path = self.checkpoint(PARSER)
        deployed, _ = export.load_deploy(export.export(path, self.dir / 'w')[0])
        x = torch.rand(1, 3, 256, 256) * 2 - 1
        with torch.no_grad():
            for a, b in zip(net(x), deployed(x)):
                self.assertLess(float((a - b).abs().max() / a.abs().max()), 1e-2)

    def test_metadata_contract(self):
        _, path = self.checkpoint(TINY)
        self.assertNotIn('jsfm.w_power', st.load(export.export(path, self.dir / 'w')[0])[1], 'a power of 1 is left out')
        meta = st.load(export.export(path, self.dir / 'w', w_power=3)[0])[1]
        for k in ('rvs.format', 'rvs.id', 'rvs.arch', 'rvs.contract', 'rvs.licence', 'rvs.source', 'rvs.graph', 'rvs.data', 'rvs.git',
                  'jsfm.modulation', 'jsfm.size', 'jsfm.channels', 'jsfm.guides', 'jsfm.heads', 'jsfm.map', 'jsfm.w_power'):
            self.assertIn(k, meta)
        self.assertEqual(meta['jsfm.channels'], '16:16,32:16,64:8,128:8,256:8,512:4')

    def test_cut_to_256_holds_no_512_tensor(self):
        _, path = self.checkpoint(TINY)
        tensors, meta = st.load(export.export(path, self.dir / 'w', size=256)[0])
        self.assertEqual(meta['rvs.id'], 'restore-jsfm-256')
        self.assertFalse([k for k in tensors if '512' in k])
        self.assertNotIn('512', meta['jsfm.channels'])

    def test_calm_takes_only_the_lattice(self):
        w = torch.randn(4, 6, 3, 3)
        t = jsfm_arch.calmed({'rgb.512.weight': w, 'rgb.256.weight': w, 'h': w})
        self.assertTrue(torch.equal(t['h'], w) and torch.equal(t['rgb.512.weight'][3], w[3]))
        y, x = np.mgrid[0:12, 0:12]
        run = lambda k, z: torch.nn.functional.conv2d(torch.from_numpy(z.astype(np.float32)).expand(1, 6, 12, 12), k).abs().max()
        fine, coarse = (-1.0) ** (x + y), (-1.0) ** (x // 2 + y // 2)
        for k, z in ((t['rgb.256.weight'], fine), (t['rgb.512.weight'][:3], fine), (t['rgb.512.weight'][:3], coarse)):
            self.assertLess(float(run(k, z)), 1e-5)
        self.assertLess(float((t['rgb.512.weight'] - w).norm()), 0.9 * float(w.norm()))

    def test_broken_checkpoints_get_one_line(self):
        (self.dir / 'junk.pt').write_bytes(b'junk')
        torch.save(dict(a=1), self.dir / 'other.pt')
        net, path = self.checkpoint(TINY)
        ck = torch.load(path)
        ck['ema']['h.weight'] = ck['ema']['h.weight'] * float('nan')
        torch.save(ck, self.dir / 'nan.pt')
        ck['ema'].pop('h.weight')
        torch.save(ck, self.dir / 'lost.pt')
        for name in ('junk', 'other', 'nan', 'lost', 'absent'):
            with self.assertRaises(files.ExportError):
                export.export(self.dir / f'{name}.pt', self.dir / 'w')


def random_published(channels, widths, up, body):
    """State dicts under the published names with spectral and batch norm, and the plain networks they must equal."""
    gen, parser = published.Generator(channels), published.Parser(widths, up, body)
    own, state = gen.state_dict(), {}
    for p in gen.parameters():
        torch.nn.init.normal_(p, 0, 0.05)
    convs, single = convert.generator_modules()
    for theirs, ours in single.items():
        state[theirs] = own[ours].clone()
    for theirs, ours in convs.items():
        w = own[f'{ours}.weight']
        mat = w.reshape(w.shape[0], -1)
        v = torch.randn(mat.shape[1])
        for _ in range(3):                            # as training leaves them: near the first singular vectors
            u = mat @ v / (mat @ v).norm()
            v = mat.T @ u / (mat.T @ u).norm()
        sigma = torch.dot(u, mat @ v)
        scale = 3.0                                   # orig = w * s has sigma' = s * sigma: orig / sigma' = w / sigma
        state.update({f'{theirs}.weight_orig': w * scale, f'{theirs}.weight_u': u, f'{theirs}.weight_v': v})
        own[f'{ours}.weight'].copy_(w / sigma)
        if f'{ours}.bias' in own:
            state[f'{theirs}.bias'] = own[f'{ours}.bias'].clone()
    for i in (1, 2, 3):
        state.update({f'pyramid.{i - 1}.{k.split(".", 1)[1]}': v for k, v in list(state.items()) if k.startswith(f'pyramid_{i}.')})
    pstate, pown = {'out_img_conv.conv2d.weight': torch.zeros(3, up[-1], 3, 3), 'out_img_conv.conv2d.bias': torch.zeros(3)}, parser.state_dict()
    for (conv, bn), ours in convert.parser_modules(len(widths) - 1, body, len(up)).items():
        w, b = pown[f'{ours}.weight'], pown[f'{ours}.bias']
        pstate[f'{conv}.weight'] = w.clone()
        if bn is None:
            pstate[f'{conv}.bias'] = b.clone()
            continue
        n = torch.nn.BatchNorm2d(w.shape[0]).eval()
        n.running_mean.normal_(0, 0.2), n.running_var.uniform_(0.5, 2)
        torch.nn.init.normal_(n.weight, 1, 0.2), torch.nn.init.normal_(n.bias, 0, 0.2)
        pstate.update({f'{bn}.{k}': v.clone() for k, v in n.state_dict().items()})
        g = n.weight / torch.sqrt(n.running_var + n.eps)
        w.mul_(g.detach().view(-1, 1, 1, 1))
        b.copy_((n.bias - n.running_mean * g).detach())
    return gen.eval(), state, parser.eval(), pstate


class Convert(Folder):
    CHANNELS = {16: 16, 32: 16, 64: 16, 128: 8, 256: 8, 512: 4}

    def setUp(self):
        super().setUp()
        with torch.no_grad():
            self.gen, self.state, self.parser, self.pstate = random_published(self.CHANNELS, (4, 8, 8, 8, 8), (8, 8, 8, 4), 2)

    def test_published_sizes(self):
        """The parameter counts that the method's own networks have: 48.54 M and, without the coarse-image head, 21.29 M."""
        self.assertEqual(sum(p.numel() for p in published.Generator().parameters()), 48538193)
        self.assertEqual(sum(p.numel() for p in published.Parser().parameters()), 21293203)

    def test_generator(self):
        tensors, meta = convert.convert(self.state)
        self.assertEqual(meta['jsfm.channels'], '16:16,32:16,64:16,128:8,256:8,512:4')
        own = self.gen.state_dict()
        self.assertEqual(set(tensors), set(own))
        for k in own:
            self.assertTrue(torch.allclose(tensors[k], own[k], rtol=1e-4, atol=1e-6), k)

    def test_spectral_norm_is_what_torch_computes(self):
        conv = torch.nn.utils.spectral_norm(torch.nn.Conv2d(5, 7, 3)).train()
        for _ in range(3):
            conv(torch.randn(1, 5, 8, 8))
        conv.eval()
        conv(torch.randn(1, 5, 8, 8))
        w = convert.Taker({f'c.{k}': v for k, v in conv.state_dict().items()}).weight('c')
        self.assertTrue(torch.allclose(w, conv.weight, atol=1e-6))

    def test_parser(self):
        tensors, meta = convert.convert({f'module.{k}': v for k, v in self.pstate.items()})
        self.assertEqual((meta['parser.kind'], meta['parser.blocks']), ('published', '2'))
        net = published.Parser((4, 8, 8, 8, 8), (8, 8, 8, 4), 2)
        net.load_state_dict(tensors)
        x = torch.rand(1, 3, 64, 64)
        with torch.no_grad():
            a, b = self.parser(x), net(x)
        self.assertEqual(a.shape, (1, 19, 64, 64))
        self.assertLess(float((a - b).abs().max()), 1e-4 * float(a.abs().max()))

    def test_unmatched_names_are_listed(self):
        self.state['surprise.weight'] = self.state.pop('body.3.0.usfm.amm.norm1.gamma_SF.weight_orig')
        with self.assertRaises(convert.ConvertError) as e:
            convert.convert(self.state)
        self.assertIn('surprise.weight', str(e.exception))
        self.assertIn('body.3.0.usfm.amm.norm1.gamma_SF', str(e.exception))

    def test_command(self):
        torch.save(self.state, self.dir / 'g.pth')
        run = lambda a: subprocess.run([sys.executable, str(ROOT / 'weights/train/convert.py'), str(a), str(self.dir / 'g.safetensors')],
                                       capture_output=True, text=True)
        self.assertEqual(run(self.dir / 'g.pth').returncode, 0)
        self.assertEqual(st.load(self.dir / 'g.safetensors')[1]['jsfm.modulation'], 'published')
        bad = run(self.dir / 'nothing.pth')
        self.assertEqual((bad.returncode, len(bad.stderr.splitlines())), (1, 1))


class Measures(unittest.TestCase):
    def setUp(self):
        rng = np.random.default_rng(5)
        self.a = rng.integers(0, 256, (96, 128, 3), dtype=np.uint8)
        self.b = np.clip(self.a.astype(int) + rng.integers(-20, 21, self.a.shape), 0, 255).astype(np.uint8)

    def test_psnr_known(self):
        self.assertEqual(metrics.psnr(self.a, self.a), float('inf'))
        x = np.full((8, 8, 3), 100, np.uint8)
        self.assertAlmostEqual(metrics.psnr(x, x + 10), 28.1308, places=3)

    def test_against_skimage(self):
        try:
            from skimage.color import deltaE_ciede2000, rgb2lab
            from skimage.metrics import peak_signal_noise_ratio, structural_similarity
        except ImportError:
            self.skipTest('python3-skimage is not installed')
        self.assertAlmostEqual(metrics.psnr(self.a, self.b), peak_signal_noise_ratio(self.a, self.b), places=4)
        full = structural_similarity(self.a, self.b, channel_axis=2, gaussian_weights=True, sigma=1.5,
                                     use_sample_covariance=False, data_range=255, full=True)[1]
        self.assertAlmostEqual(metrics.ssim(self.a, self.b), full[5:-5, 5:-5].mean(), places=5)
        p, q = rgb2lab(self.a / 255.0), rgb2lab(self.b / 255.0)
        self.assertLess(np.abs(metrics.lab(self.a / 255.0) - p).max(), 1e-6)
        self.assertLess(np.abs(metrics.delta_e2000(p, q) - deltaE_ciede2000(p, q)).max(), 1e-6)

    def test_ciede2000_published_pairs(self):
        """Three of Sharma's test pairs."""
        for p, q, want in (((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425), ((50, 2.5, 0), (73, 25, -18), 27.1492),
                           ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082)):
            self.assertAlmostEqual(float(metrics.delta_e2000(np.array(p, float), np.array(q, float))), want, places=4)

    def test_gradient_energy(self):
        x = np.zeros((4, 8, 3), np.uint8)
        x[:, 4:] = 10                                # one step of 10 in 7 columns
        self.assertAlmostEqual(metrics.gradient_energy(x), 100 / 7, places=3)

    def test_colour_error_sees_a_cast(self):
        x = np.full((64, 64, 3), 128, np.uint8)
        y = x.copy()
        y[..., 0] += 12
        self.assertEqual(metrics.colour_error(x, x), 0)
        self.assertGreater(metrics.colour_error(x, y), 3)

    def test_niqe_orders_blur_and_noise(self):
        rng = np.random.default_rng(1)
        from scipy import ndimage
        def picture(i):
            z = np.random.default_rng(i).standard_normal((512, 512)) * 40
            z = sum(ndimage.gaussian_filter(z, s) * s for s in (1, 2, 4, 8, 16))
            return np.repeat(np.clip(z + 128, 0, 255).astype(np.uint8)[..., None], 3, 2)
        model = metrics.niqe_fit([picture(i) for i in range(6)])
        x = picture(99)
        noisy = np.clip(x + rng.normal(0, 15, x.shape[:2])[..., None], 0, 255).astype(np.uint8)
        soft = ndimage.gaussian_filter(x, (4, 4, 0))
        self.assertLess(metrics.niqe(x, model), metrics.niqe(noisy, model))
        self.assertLess(metrics.niqe(x, model), metrics.niqe(soft, model))

    def test_iou(self):
        true, pred = np.array([0, 0, 1, 1, 255]), np.array([0, 1, 1, 1, 1])
        v = metrics.iou(metrics.confusion(pred, true, 3))
        self.assertAlmostEqual(v[0], 0.5)
        self.assertAlmostEqual(v[1], 2 / 3)
        self.assertTrue(np.isnan(v[2]))


class Subsets(unittest.TestCase):
    def test_spread_is_nested_even_and_ordered(self):
        a, b = evalset.spread(range(328), 24), evalset.spread(range(328), 82)
        self.assertEqual((len(a), len(b)), (24, 82))
        self.assertTrue(set(a) <= set(b))
        self.assertEqual(a, sorted(a))
        self.assertLess(max(y - x for x, y in zip(a, a[1:])), 30)
        self.assertEqual(evalset.spread(range(5), 0), [0, 1, 2, 3, 4])


class Report(unittest.TestCase):
    def rows(self):
        out = []
        for level in ('mild', 'medium', 'severe'):
            for w, psnr in (('input', 25.0), ('auto', 26.5), ('0', 24.0), ('0.5', 26.0), ('1', 27.0)):
                for i in range(2):
                    out.append(dict(level=level, w=w, stem=f's{i}', set='x', kind='real', psnr=psnr + i, ssim=.8, sharp=.7, colour=1.0,
                                    cast=.5, identity=.9, taught=.9, person=.5, kept=30.0))
        return out

    def test_gains_and_verdicts(self):
        rows = self.rows()
        self.assertAlmostEqual(report.gain(rows, 'medium', 'auto', 'psnr'), 1.5)
        t = report.targets(dict(rows=rows))
        self.assertIn('| medium: PSNR over the input, auto, dB | +1.50 | >= 1 | yes |', t)
        self.assertIn('| medium: identity over the input, auto | +0.0000 | >= 0.01 | **no** |', t)
        self.assertIn('| medium: PSNR rises with w; gradient energy falls with w | yes, yes | yes, yes | yes |', t)

    def test_pipeline_tells_shares_of_the_input(self):
        rows = [dict(r, ldm={'input': 50.0, 'auto': 40.0}.get(r['w'], 45.0), kdm={'input': 200.0, 'auto': 30.0}.get(r['w'], 90.0)) for r in self.rows()]
        text = '\n'.join(report.pipeline(rows))
        self.assertIn('| medium | +1.50 | +0.0000 | 0.80 | 0.15 |', text)
        self.assertIn('**severe, pipeline**', text)

    def test_worst_shows_where_the_distance_falls_least(self):
        with tempfile.TemporaryDirectory() as tmp:
            runner, seen = argparse.Namespace(cache=Path(tmp) / 'cache', path=lambda level, w, stem: Path(tmp) / f'{level}-{stem}.png'), []
            rows = [dict(r, ldm=50.0 if r['w'] == 'input' else 40.0 + 20 * (r['level'] == 'mild') + int(r['stem'][1:])) for r in self.rows()]
            with mock.patch.object(report, 'labelled', lambda columns, tiles, size, path: seen.extend(n for n, _ in tiles)), \
                    mock.patch.object(report.evalset, 'read', lambda p: None):
                report.worst(rows, runner, 'unused', most=3)
            self.assertEqual(seen, ['mild s1 LDm +11.0', 'mild s0 LDm +10.0', 'medium s1 LDm -9.0'])

    def test_missing_measures_show_as_a_dash(self):
        rows = [{k: v for k, v in r.items() if k not in ('identity', 'taught', 'person')} for r in self.rows()]
        self.assertIn('| - |', report.level_table(rows, 'mild'))


if __name__ == '__main__':
    unittest.main()
