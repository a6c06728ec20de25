# SPDX-License-Identifier: GPL-3.0-or-later
"""Smoke test of face super-resolution: operators against their definitions, views and priors, the phase some steps, export and back. Called by ../smoke.py."""
import argparse

import numpy as np
import torch
from torch.nn import functional as F

import export
import percept.smoke
import warm
from base import files
from spad import measure, networks, prior, samples

NARROW = ['--widths', '16,16,8', '--blocks', '2,1,1', '--valid', 1]


def operators():
    """LSAC and GSAC are what their formulas say, pixel by pixel."""
    torch.manual_seed(4)
    x, k, pooled = torch.randn(1, 4, 5, 6), torch.randn(1, 4, 5, 6), torch.rand(1, networks.MAPS, 3, 3)
    local, whole = networks.LSAC(4), networks.GSAC(4)
    with torch.no_grad():
        f, y, z = local.f(k), local(x, k), whole(x, pooled)
        kernel = torch.sigmoid(whole.g(pooled))[0]
        for r, c in ((0, 0), (2, 3), (4, 5)):
            one, two = local.b.clone(), torch.zeros(4)
            for i in range(3):
                for j in range(3):
                    p, q = r + i - 1, c + j - 1
                    if 0 <= p < 5 and 0 <= q < 6:
                        alike = torch.exp(-.5 * ((f[0, :, p, q] - f[0, :, r, c]) ** 2).sum())
                        one += alike * local.w[:, :, i, j] @ x[0, :, p, q]
                        two += 2 * kernel[:, i, j] / kernel.sum((1, 2)) * x[0, :, p, q]
            assert torch.allclose(one, y[0, :, r, c], atol=1e-5) and torch.allclose(two, z[0, :, r, c], atol=1e-5)


def blocks():
    """Blocks with dynamic kernels change nothing at first; the whole face's prior gives a view the kernel of the whole."""
    small = networks.SPAD([16, 16, 8], [2, 1, 1], [0, 0, 0], 8)
    large = networks.SPAD([16, 16, 8], [2, 1, 1], [1, 1, 1], 8)
    own, strange = networks.grown(small.state_dict(), large)
    large.load_state_dict(own)
    x, maps = torch.rand(1, 3, 64, 64), torch.rand(1, networks.MAPS, 16, 16)
    with torch.no_grad():
        assert not strange and torch.equal(small(x), large(x, maps))
        large.hab[0][0].o.weight.normal_()
        assert not torch.equal(large(x, maps), large(x)), 'and then they follow the prior'
        assert not torch.equal(large(x, maps), large(x, maps, torch.zeros(1, networks.MAPS, 3, 3)))


def views():
    """A mirrored prior mirrored is itself; a view's prior lies where the view lies, at each size of face."""
    m = np.random.default_rng(2).integers(0, 255, (networks.MAPS, 128, 128), dtype=np.uint8)
    assert np.array_equal(prior.mirrored(prior.mirrored(m)), m)
    spot = np.zeros((networks.MAPS, 128, 128), np.uint8)
    spot[3, 64:72, 32:40] = 255                     # pixels 256 to 287 and 128 to 159 of the 512 crop
    for face, y, x in ((512, 240, 120), (256, 120, 56), (128, 0, 0)):
        view, pooled = samples.seen(spot, face, y, x)
        k = face / 512
        r, c = (256 * k - y) / 4, (128 * k - x) / 4
        assert view.shape == (networks.MAPS, 32, 32) and abs(float(view[3].sum()) - 64 * k * k) < 1e-3
        assert float(view[3, int(r):int(r + 8 * k + 1), int(c):int(c + 8 * k + 1)].sum()) == float(view[3].sum())
        assert pooled.shape == (networks.MAPS, 3, 3) and pooled[3].argmax() == 3


def degraded():
    """Every kind keeps the size; x8 loses more than x4; the same number gives the same sample."""
    hq = F.interpolate(torch.rand(1, 3, 64, 64), size=128)[0].permute(1, 2, 0).mul(255).byte().numpy()
    loss = {k: np.abs(samples.worse(hq, k, np.random.default_rng(1)).astype(int) - hq).mean() for k, _ in samples.KINDS}
    assert loss['x8'] > loss['x4'] > 0 and all(v > 0 for v in loss.values()), loss


def phases(train, data, state):
    """train: of ../smoke.py. The trunk, then dynamic kernels on top of it, resumed; export and back; figures."""
    folder = state / 'ckpt' / 'spad'
    train('spad', data, state, *NARROW, '--habs', '0,0,0', '--stop-at', 2)
    trunk = folder / 'trunk.pt'
    trunk.write_bytes((folder / 'last.pt').read_bytes())
    train('spad', data, state, *NARROW, '--warm', trunk, '--widths', '16,8,8', '--fresh', '--stop-at', 1, fail='no place in this network')
    train('spad', data, state, *NARROW, '--warm', trunk, '--fresh', '--stop-at', 1)
    assert 'resumed spad at step 1' in train('spad', data, state, *NARROW, '--stop-at', 2)
    (folder / 'faithful.pt').write_bytes((folder / 'last.pt').read_bytes())
    train('spad', data, state, *NARROW, '--without', 'prior', '--fresh', '--stop-at', 1)
    knob_ends(folder / 'faithful.pt', folder / 'last.pt', trunk, state.parent / 'spad')
    judged(train, data, state)
    measure.main([str(folder / 'last.pt'), '--faces', '1', '--data', str(data), '--state', str(state)])


def of(path):
    """The network of a checkpoint."""
    ck = torch.load(path)
    net = networks.build(ck['config'])
    net.load_state_dict(ck['ema'])
    return net


def knob_ends(faithful, real, strange, folder):
    """A file of two checkpoints is each of them at its end; of two shapes it is refused; either is found again in it."""
    out, _ = export.export([faithful, real], folder)
    net, config = export.load_deploy(out)
    x, maps = torch.rand(1, 3, 64, 64), torch.rand(1, networks.MAPS, 16, 16)
    with torch.no_grad():
        for w, path in ((1.0, faithful), (0.0, real)):
            want = of(path)
            assert config == want.config and float((net(x, maps, w=w) - want(x, maps)).abs().max()) < 5e-3, w
            (last,) = warm.make(argparse.Namespace(file=str(out), state=str(folder), force=True, images=0, real=w == 0))
            assert float((of(last)(x, maps) - net(x, maps, w=w)).abs().max()) < 1e-6, w
    try:
        export.export([faithful, strange], folder)
        raise AssertionError('two checkpoints of different shapes make no file')
    except files.ExportError as e:
        assert 'one shape' in str(e), e


def judged(train, data, state):
    """The end phase on whole crops, where the judges' package is at hand: their state is kept."""
    if percept.smoke.lend(state):
        options = [*NARROW, '--teachers', 1, '--batch', 1]
        train('spad', data, state, *options, '--fresh', '--stop-at', 1)
        assert 'resumed spad at step 1' in train('spad', data, state, *options, '--stop-at', 2)


def run(train, data, state):
    for part in (operators, blocks, views, degraded):
        part()
    phases(train, data, state)
