#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Smoke test of the training program: every phase a few steps, tiny widths, made-up images, resume, bad input.

Needs no data folder. Two halves side by side, on a core each.
"""
import concurrent.futures
import csv
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import fill.smoke
import percept.smoke
import sgpn.smoke
import spad.smoke

HERE = Path(__file__).resolve().parent
POINTS = ((193, 240), (319, 240), (256, 314), (201, 371), (313, 371))
MARKS = [f'{k}_{a}' for k in ('leye', 'reye', 'nose', 'lmouth', 'rmouth') for a in 'xy']
NARROW = ['--channels', '16:16,32:16,64:16,128:16,256:16,512:16', '--guides', '16:16,32:16,64:16,128:16,256:16,512:16']


def picture(rng, n=512):
    x = rng.integers(0, 255, (9, 9, 3), dtype=np.uint8)
    return Image.fromarray(x).resize((n, n), Image.BICUBIC)


def make_data(root, rng):
    """A data folder of the real layout with a handful of soft colour clouds for faces."""
    for d in ('faces/a', 'parsing/images', 'parsing/masks', 'mesh'):
        (root / d).mkdir(parents=True)
    rows, mesh, flat = [], [], [v for p in POINTS for v in p]
    for i in range(10):
        picture(rng).save(root / f'faces/a/{i}.png')
        rows.append([f'a/{i}.png', 'eval' if i < 2 else 'train'] + flat)
        mesh.append([i, f'faces/a/{i}.png', 1, ''])
    with open(root / 'faces/faces.csv', 'w', newline='') as f:
        csv.writer(f).writerows([['file', 'split'] + MARKS] + rows)
    for i in range(8):
        picture(rng).save(root / f'parsing/images/p{i}.jpg')
        m = rng.integers(0, 19, (8, 8), dtype=np.uint8).repeat(64, 0).repeat(64, 1)
        Image.fromarray(m).save(root / f'parsing/masks/p{i}.png')
        mesh.append([len(rows) + i, f'parsing/images/p{i}.jpg', 1, ''])
    with open(root / 'mesh/index.csv', 'w', newline='') as f:
        csv.writer(f).writerows([['row', 'file', 'ok', 'seen']] + mesh)
    make_scenes(root, rng)
    known = {k: p for idx, p in zip(((33, 133), (362, 263), (1, 4), (61,), (291,)), POINTS) for k in idx}
    pts, tables = sgpn.smoke.made_up(len(mesh), rng, known)
    np.save(root / 'mesh/mesh468.npy', pts)
    (root / 'mesh/indices.json').write_text(json.dumps(tables))


def make_scenes(root, rng):
    """Scenes with one face each, and backgrounds, for the detector."""
    (root / 'scenes').mkdir()
    (root / 'walls').mkdir()
    rows = []
    for i in range(8):
        picture(rng, 256).save(root / f'scenes/{i}.png')
        rows.append([f'{i}.png', 60, 60, 130, 180] + [v / 2 for p in POINTS for v in p])
    with open(root / 'scenes/scenes.csv', 'w', newline='') as f:
        csv.writer(f).writerows([['file', 'x', 'y', 'w', 'h'] + MARKS] + rows)
    for i in range(24):
        picture(rng, 320).save(root / f'walls/{i}.png')


def train(phase, data, state, *more, fail=None):
    cmd = [sys.executable, str(HERE / 'train.py'), phase, '--data', str(data), '--state', str(state), '--cpu', '--batch', '2',
           '--log-every', '1', '--check-every', '100', *map(str, more)]
    r = subprocess.run(cmd, capture_output=True, text=True)
    text = r.stdout + r.stderr
    if fail:
        assert r.returncode != 0 and fail in text and 'Traceback' not in text, text
    else:
        assert r.returncode == 0, text
    return text


def same(a, b):
    a, b = torch.load(a), torch.load(b)
    return all(torch.equal(a['net'][k], b['net'][k]) for k in a['net'])


def folding(rng_seed=0):
    """Deploy forms compute what training forms compute, and output is linear enough in w to be a knob."""
    sys.path.insert(0, str(HERE))
    from jsfm.networks import Generator
    from parsing.networks import ParserC
    torch.manual_seed(rng_seed)
    ch, mm = {r: 16 for r in (16, 32, 64, 128, 256, 512)}, {r: 8 for r in (16, 32, 64, 128, 256, 512)}
    g = Generator(channels=ch, guides=mm).eval()
    for u in g.u.values():
        u.noise.data.fill_(0.1)
    x, p = torch.rand(1, 3, 512, 512) * 2 - 1, torch.randn(1, 19, 128, 128).softmax(1)
    planes = {r: torch.randn(1, 1, r, r) for r in (64, 128, 256)}
    with torch.no_grad():
        a, b = g(x, p, 0.5, planes), g.fold()(x, p, 0.5, planes)
        whole = g(x, p, torch.full((1, 1, 512, 512), 0.5), planes)
    assert max(float((a[k] - b[k]).abs().max()) for k in a) < 1e-4
    assert max(float((a[k] - whole[k]).abs().max()) for k in a) < 1e-4, 'a constant w map is the scalar'
    n = ParserC(widths=(8, 8, 8, 8), blocks=(1, 1, 1, 1)).train()
    n(torch.randn(2, 3, 64, 64))
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        assert max(float((p - q).abs().max()) for p, q in zip(n.eval()(x), n.fold()(x))) < 1e-4


def modulation():
    """The fused step and plain PyTorch agree within bf16 rounding, gradients included."""
    from jsfm import fused
    from jsfm.networks import JSFM
    if not fused.library():
        print('SKIP fused modulation: it cannot be built here or has no instructions to run on')
        return
    torch.manual_seed(1)
    m = JSFM(32, 16)
    x, a, s, w = torch.randn(2, 32, 20, 20), torch.randn(2, 16, 20, 20), torch.randn(2, 16, 20, 20), torch.rand(2, 1, 20, 20)
    res = []
    for on in (False, True):
        x.requires_grad_(True)
        x.grad = None
        with torch.autocast('cpu', dtype=torch.bfloat16, enabled=on):
            o = m(x, a, s, w).float()
        (o * torch.linspace(-1, 1, 20)).sum().backward()
        res.append((o.detach(), x.grad.clone()))
    for p, q in zip(*res):
        assert (p - q).norm() / p.norm() < 0.04


def moved(before, after, size, stage, w):
    """How far two checkpoints' images of one stage are apart, at most."""
    from jsfm import networks
    torch.manual_seed(2)
    x, m = torch.rand(1, 3, size, size) * 2 - 1, torch.randn(1, 19, 128, 128).softmax(1)
    outs = []
    for p in (before, after):
        net = networks.build(torch.load(p)['config'])
        net.load_state_dict(torch.load(p)['ema'])
        with torch.no_grad():
            outs.append(net(x, m, w)[stage])
    return float((outs[0] - outs[1]).abs().max())


def parser(data, state):
    """The parser, which all others read."""
    tiny = ['--widths', '8,8,8,8', '--blocks', '1,1,1,1']
    train('parser', data, state, *tiny, '--steps', 4)
    # two steps, stop, two more: bit for bit the four in one go
    other = state.with_name('again')
    for stop in (2, 4):
        train('parser', data, other, *tiny, '--steps', 4, '--stop-at', stop)
    assert same(state / 'ckpt/parser/last.pt', other / 'ckpt/parser/last.pt'), 'parser: resumed run differs'
    train('parser', data, state, '--widths', '16,8,8,8', '--blocks', '1,1,1,1', '--steps', 5, fail='another width')


def phases(data, state):
    train('facefeat', data, state, '--widths', '8,8,8,8,8', '--steps', 2)
    train('facefeat', data, state, '--widths', '8,8,8,8,8', '--steps', 3)
    a = ['--valid', 2, '--steps', 2, '--likeness', 0]
    train('jsfm', data, state, '--sub', 'A', '--res', 64, *NARROW, *a)
    train('jsfm', data, state, '--sub', 'A', '--res', 128, *a)
    train('jsfm', data, state, '--sub', 'B', '--res', 128, *a)
    assert 'resumed' in train('jsfm', data, state, '--sub', 'B', '--res', 128, '--valid', 2, '--likeness', 0, '--steps', 3)
    together = train('jsfm', data, state, '--sub', 'B', '--res', 128, '--valid', 2, '--likeness', 0, '--steps', 5, '--workers', 2)
    assert together.count('resumed B128 at step 3') == 1 and 'stopped at B128 step 5, 22 images in all' in together, together
    last, kept = state / 'ckpt/jsfm/last.pt', state / 'ckpt/jsfm/kept.pt'
    kept.write_bytes(last.read_bytes())
    train('jsfm', data, state, '--sub', 'C', '--res', 256, *a)
    assert moved(kept, last, 256, 128, 0.5) < 1e-7 < moved(kept, last, 256, 256, 0.5), 'C trains the last stage only'
    train('jsfm', data, state, '--sub', 'C', *a)
    if percept.smoke.lend(state):
        kept.write_bytes(last.read_bytes())
        train('jsfm', data, state, '--sub', 'R', '--res', 256, '--pool', 4, *a)
        assert moved(kept, last, 256, 128, 0.5) < 1e-7 < moved(kept, last, 256, 256, 0.5), 'R trains the last stage only'
        train('jsfm', data, state, '--sub', 'R', '--res', 512, '--pool', 2, *a)
    train('jsfm', data, state.with_name('r'), '--sub', 'R', '--res', 128, fail='--res 256 or 512')
    kept.write_bytes(last.read_bytes())
    train('jsfm', data, state, '--sub', 'F', '--res', 128, *a)
    assert moved(kept, last, 128, 128, 0.0) < 1e-7 < moved(kept, last, 128, 128, 1.0), 'F changes nothing at w = 0'
    joins(kept, last, state / 'ckpt/jsfm/joined.pt')
    for f in ('best.pt', 'last.pt', 'log.csv', 'curves.png', 'samples-C512.png'):
        assert (state / 'ckpt/jsfm' / f).stat().st_size > 0, f


def joins(a, b, out):
    """What F trained comes from the one, all else from the other; or all is the mean of both."""
    for options, share in (((), 1), (('--tensors', '.', '--share', '0.5'), .5)):
        subprocess.run([sys.executable, str(HERE / 'join.py'), str(a), str(b), str(out), *options], check=True)
        one, two, made = (torch.load(p)['ema'] for p in (a, b, out))
        assert any(not torch.equal(one[k], two[k]) for k in one)
        assert any(not torch.equal(one[k], made[k]) for k in one)
        assert all(torch.allclose(made[k], torch.lerp(one[k], two[k], share)) for k in one if share < 1 and one[k].is_floating_point())


def finder(data, state):
    """The detector trains, resumes, and refuses what is not its own."""
    a = ['--backgrounds', data / 'walls', '--side', 64, '--slots', 64, '--ring', state.parent]
    train('detector', data, state, *a, '--stop-at', 2)
    train('detector', data, state, *a, '--stop-at', 3)
    last = state / 'ckpt/detector/last.pt'
    ck = torch.load(last)
    assert ck['step'] == 3
    from detector import networks as detector
    net, x = detector.Detector(ck['config']), torch.randn(1, 3, 64, 96)
    net.load_state_dict(ck['ema'])
    assert sorted(detector.deploy(ck['ema'], ck['config']))[0] == 'd.0.bias'
    with torch.no_grad():
        assert [tuple(m.shape[2:]) for m in net.eval()(x)] == [(8, 12), (4, 6), (2, 3)]
    torch.save(ck, last.with_name('good.pt'))
    ck['config'] = dict(ck['config'], **{'detector.neck': '16'})
    torch.save(ck, last)
    train('detector', data, state, *a, fail='another network')
    last.write_bytes(b'broken')
    train('detector', data, state, *a, fail='not a readable checkpoint')


def likeness():
    """Nothing to say about the same picture, more about a spoilt one, and a gradient towards it; at every size it is used at."""
    from witness import identity
    from jsfm import likeness as like
    torch.manual_seed(5)
    net = identity.Embedder(identity.random_weights(np.random.default_rng(3))).to(memory_format=torch.channels_last)
    loss, k = like.Likeness(net, torch.device('cpu')), torch.tensor([0.0, 1.0])
    for r in (128, 256, 512):
        hq = torch.nn.functional.interpolate(torch.rand(2, 3, 16, 16), size=(r, r), mode='bicubic') * 2 - 1
        lq = (hq + 0.1 * torch.randn_like(hq)).requires_grad_(True)
        same, worse = (sum(loss.losses(x, hq, k, np.random.default_rng(1)).values()) for x in (hq, lq))
        worse.backward()
        assert abs(float(same)) < 0.02 < float(worse) and float(lq.grad.abs().max()) > 0, (r, float(same), float(worse))


def warm_start(data, state):
    """A weights file goes back into a checkpoint that computes the same and trains on."""
    import export
    import warm
    files, warm_state = state.parent / 'files', state.parent / 'warm'
    for phase in ('jsfm', 'parser', 'detector'):
        name = 'good.pt' if phase == 'detector' else 'best.pt'
        path, _ = export.export(state / 'ckpt' / phase / name, files)
        common = [str(path), '--data', str(data), '--state', str(warm_state)]
        if phase == 'detector':
            (warm_state / 'detpack').symlink_to(state / 'detpack')
        warm.main(common)
        want, have = (export.deploy(export.read_checkpoint(p))[2] for p in (state / 'ckpt' / phase / name, warm_state / 'ckpt' / phase / 'last.pt'))
        for k in want:
            assert (want[k] - have[k]).abs().max() < 2e-3 * (1 + want[k].abs().max()), (phase, k)
    train('parser', data, warm_state, '--widths', '8,8,8,8', '--blocks', '1,1,1,1', '--steps', 2)
    assert 'starts from file' in train('jsfm', data, warm_state, '--res', 128, '--valid', 2, '--steps', 1, '--likeness', 0)
    train('detector', data, warm_state, '--backgrounds', data / 'walls', '--side', 64, '--slots', 64, '--ring', state.parent, '--stop-at', 2)


def bad_input(data, state):
    train('parser', data / 'nowhere', state.with_name('x'), '--steps', 1, fail='not found')
    train('jsfm', data / 'nowhere', state.with_name('x'), '--parser', state / 'ckpt/parser/best.pt', '--workers', 2, fail='not found')
    train('parser', data, state, '--workers', 2, fail='one process')
    (data / 'faces/a/5.png').write_bytes(b'no image')
    train('jsfm', data, state.with_name('y'), '--parser', state / 'ckpt/parser/best.pt', '--res', 64, *NARROW, fail='5.png')
    train('jsfm', data, state.with_name('z'), '--res', 64, '--parser', 'nowhere.pt', fail='no such parser')
    (state / 'ckpt/parser/last.pt').write_bytes(b'broken')
    train('parser', data, state, '--steps', 1, fail='not a readable checkpoint')


def run(parts, name):
    t = time.time()
    torch.set_num_threads(1)
    for part, *where in parts:
        part(*where)
        print(f'{name}: {time.time() - t:.0f} s', flush=True)


def halves(data, state):
    """Two lists of (part, its arguments) that share no folder, of about the same length; the parser has been trained."""
    other = state.parent / 'other' / 'state'
    shutil.copytree(state, other)
    return [(folding,), (modulation,), (finder, data, state), (phases, data, state), (likeness,), (percept.smoke.run,), (warm_start, data, state)], \
        [(part.run, train, data, other) for part in (fill.smoke, spad.smoke, sgpn.smoke)]


def main():
    with tempfile.TemporaryDirectory() as tmp:
        data, state = Path(tmp) / 'data', Path(tmp) / 'state'
        make_data(data, np.random.default_rng(0))
        run([(parser, data, state)], 'parser')
        with concurrent.futures.ProcessPoolExecutor(2) as pool:
            for job in [pool.submit(run, part, name) for part, name in zip(halves(data, state), 'ab')]:
                job.result()
        run([(bad_input, data, state)], 'bad input')
    print('smoke test passed')


if __name__ == '__main__':
    main()
