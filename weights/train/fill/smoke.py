# SPDX-License-Identifier: GPL-3.0-or-later
"""Smoke test of the inpainting phases: exact inputs, masks, damage, every phase some steps, export and back. Called by ../smoke.py."""
import numpy as np
import torch

import export
import warm
from base import files
from fill import damage, fast, masks, networks, ops
from fill.arch import FILL, FINDER

SHORT = dict(edge=['--masks', 4, '--valid', 2, '--warm', ''], fill=['--masks', 4, '--valid', 2, '--warm', ''],
             refine=['--masks', 4, '--valid', 1, '--batch', 4], finder=['--valid', 4, '--masks', 2])


def inputs():
    """The compiled forms and the numpy ones have the same bits; known pixels stay; nothing of the hole comes through."""
    rng = np.random.default_rng(3)
    for rgb in (rng.integers(0, 256, (2, 64, 64, 3)).astype(np.uint8), rng.integers(0, 256, (2, 8, 8, 3)).astype(np.uint8).repeat(8, 1).repeat(8, 2)):
        valid = rng.random((2, 64, 64)) > .6
        assert np.array_equal(ops.canny(rgb), fast.canny(rgb)) and ops.canny(rgb).any()
        a, b = ops.harmonic(ops.to_float(rgb), valid), fast.harmonic(ops.to_float(rgb), valid)
        assert np.array_equal(a, b)
        keep = np.broadcast_to(valid[:, None], a.shape)
        assert np.array_equal(a[keep], ops.to_float(rgb)[keep])
        other = np.where(valid[..., None], rgb, 255 - rgb)
        assert np.array_equal(fast.harmonic(ops.to_float(other), valid), b)
        for p, q in zip(ops.reduce(rgb[0], ~valid[0], 16), fast.reduce(rgb[0], ~valid[0], 16)):
            assert np.array_equal(p, q)
        assert np.array_equal(fast.reduce(other[0], ~valid[0], 16)[0], fast.reduce(rgb[0], ~valid[0], 16)[0])
    assert np.array_equal(ops.to_u8(ops.to_float(rgb)), rgb)


def shapes(folder):
    """Masks keep their ratio and depend on their seed alone; damage shows where its map says, and an undamaged rest stays."""
    for low, high in masks.BINS[:3]:
        a, b = (masks.hole(np.random.default_rng([1, int(100 * high)]), low, high) for _ in range(2))
        assert low < a.mean() <= high and np.array_equal(a, b)
    assert .1 < masks.round_brush(np.random.default_rng(2), .1, .2).mean() <= .2
    rgb = np.full((192, 192, 3), 120, np.uint8)
    kinds = masks.Kinds(folder, 1)
    out, marks = next(p for p in (damage.damage(rgb, np.random.default_rng(i), kinds) for i in range(20)) if p[1].mean() > .01)
    far = np.abs(out.astype(int) - 120).max(2)
    assert far[~marks].max() < 80 and far[marks].mean() > far[~marks].mean() + 5


def fusion():
    """A fresh Bi-GFF changes nothing, so that a warm start loses nothing; a window of the refiner is a part of the whole."""
    t, q = torch.randn(1, 8, 6, 6), torch.randn(1, 4, 6, 6)
    a, b = networks.BiGFF(8, 4)(t, q)
    assert torch.equal(a, t) and torch.equal(b, q)
    net = networks.build(dict(arch='refine', widths=[8, 8, 8, 8], blocks=1, growth=8)).eval()
    x = [torch.randn(1, c, 256, 256) for c in (3, 1, 3, 1)]
    with torch.no_grad():
        whole, part = net(*x), net(*(v[..., 64:, 64:] for v in x))
    assert float((whole[..., 192:, 192:] - part[..., 128:, 128:]).abs().max()) < 1e-4


def phases(train, data, state):
    """train: of ../smoke.py."""
    train('refine', data, state, *SHORT['refine'], '--stop-at', 1, fail='train it first')
    for phase, few in SHORT.items():
        train(phase, data, state, *few, '--stop-at', 2)
    once = torch.load(state / 'ckpt/edge/last.pt')
    assert once['step'] == 2 and 'resumed' in train('edge', data, state, *SHORT['edge'], '--stop-at', 3)


def export_and_back(state, folder):
    """Three checkpoints make one file, which makes the same networks again. Returns its path."""
    ck = [state / 'ckpt' / p / 'best.pt' for p in ('edge', 'fill', 'refine')]
    try:
        export.export(ck[:2], folder)
        raise AssertionError('two of three were accepted')
    except files.ExportError as e:
        assert 'missing: refine' in str(e)
    assert [len(g) for g in export.grouped(ck + [state / 'ckpt/finder/best.pt'])] == [3, 1]
    out = export.export(ck, folder)[0]
    assert set(FILL.load(out)[0]) == set(FILL.parts)
    net, _ = FINDER.load(export.export(state / 'ckpt/finder/best.pt', folder)[0])
    want = torch.load(state / 'ckpt/finder/best.pt')['ema']
    assert all(torch.allclose(v, want[k], rtol=1e-2, atol=1e-3) for k, v in net.state_dict().items())
    return out


def goes_on(train, data, state, file):
    """Each phase of a file, from the checkpoint that is made of it."""
    other = state.with_name('fillwarm')
    warm.main([str(file), '--state', str(other)])
    (other / 'shards').symlink_to(state / 'shards')
    for phase in ('edge', 'fill', 'refine'):
        assert f'resumed {phase} at step 0' in train(phase, data, other, *SHORT[phase], '--stop-at', 1)


def run(train, data, state):
    inputs()
    shapes(state.parent / 'masks')
    fusion()
    phases(train, data, state)
    goes_on(train, data, state, export_and_back(state, state.parent / 'fillfiles'))
    train('fill', data, state, '--masks', 4, '--valid', 2, '--warm', '', '--stop-at', 1, '--without', 'attention', '--fresh')
