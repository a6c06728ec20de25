#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Smoke test of the perceptual teachers, on a made-up package of the real one's form; figures of the real one where it is at hand.

Seconds on one core. Run alone or by ../smoke.py.
"""
import base64
import hashlib
import json
import math
import os
import re
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import percept                                                  # noqa: E402
from base import common                                         # noqa: E402
from base.layers import down2                                   # noqa: E402
from jsfm import networks, phase, realism                       # noqa: E402
from percept import distance, judge, package, teachers, view    # noqa: E402

REAL = Path('/var/tmp/revisage/nsfwjs')
MIXED4, POOLED = 0.2189, 0.3372         # means of Inception's mixed4 and of MobileNet's pooled features on wave(), as another reading of the graphs has them


def lend(state):
    """Whether the real package is there; then a phase finds it in its state folder."""
    if REAL.exists() and not (state / 'nsfwjs').exists():
        (state / 'nsfwjs').symlink_to(REAL)
    return REAL.exists()


# ------------------------------------------------------------------ a package
class Graph:
    """Layers and weights of a small Keras graph, its 8-bit weights as the package has them."""

    def __init__(self, seed=0):
        self.layers, self.manifest, self.raw, self.rng = [], [], b'', np.random.default_rng(seed)
        self.layer('InputLayer', 'input_1', [])
        self.width = dict(input_1=3)

    def layer(self, kind, name, sources, **config):
        self.layers.append(dict(name=name, class_name=kind, config=dict(config, name=name), inbound_nodes=[[[s, 0, 0, {}] for s in sources]] if sources else []))
        return name

    def tensor(self, name, shape, low, high):
        q = self.rng.integers(0, 256, shape).astype(np.uint8)
        self.manifest.append(dict(name=name, shape=list(shape), dtype='float32',
                                  quantization=dict(min=low, scale=(high - low) / 255, dtype='uint8')))
        self.raw += q.tobytes()

    def block(self, i, source, filters, size, stride=1, padding='valid'):
        """Convolution, batch norm, relu: returns activation_i."""
        c, a = self.width[source], (3 / (size * size * self.width[source])) ** 0.5
        self.layer('Conv2D', f'conv2d_{i}', [source], strides=[stride] * 2, padding=padding, filters=filters, use_bias=False)
        self.tensor(f'conv2d_{i}/kernel', (size, size, c, filters), -a, a)
        self.layer('BatchNormalization', f'bn_{i}', [f'conv2d_{i}'], epsilon=0.001, scale=False, trainable=True)
        for part, low, high in (('beta', -.25, .25), ('moving_mean', -.1, .1), ('moving_variance', .5, 1.5)):
            self.tensor(f'bn_{i}/{part}', (filters,), low, high)
        self.layer('Activation', f'activation_{i}', [f'bn_{i}'], activation='relu')
        self.width[f'activation_{i}'] = filters
        return f'activation_{i}'

    def pool(self, name, source):
        self.width[name] = self.width[source]
        return self.layer('MaxPooling2D', name, [source], pool_size=[3, 3], strides=[2, 2], padding='valid')

    def mixed(self, k, source, stride):
        """A convolved and a pooled branch side by side."""
        pooled = self.pool(f'pool_{k}', source) if stride == 2 else self.layer('AveragePooling2D', f'pool_{k}', [source], strides=[1, 1], padding='same')
        self.width.setdefault(pooled, self.width[source])
        a = self.block(10 + k, source, 8, 3, stride, 'same' if stride == 1 else 'valid')
        self.width[f'mixed{k}'] = 8 + self.width[source]
        return self.layer('Concatenate', f'mixed{k}', [a, pooled], axis=3)


def small_graph():
    g = Graph()
    x = g.block(1, 'input_1', 8, 3, 2)
    x = g.block(3, g.block(2, x, 8, 3), 8, 3, padding='same')
    x = g.block(5, g.block(4, g.pool('pool_a', x), 8, 1), 12, 3)
    x = g.pool('pool_b', x)
    for k in range(5):
        x = g.mixed(k, x, 2 if k == 3 else 1)
    return g


def script(value):
    """A JavaScript file as a minifier leaves it: bare keys, !0, .5."""
    text = value if isinstance(value, str) else re.sub(r'(?<=[:\[,-])0\.', '.', re.sub(
        r'"(\w+)":', r'\1:', json.dumps(value, separators=(',', ':'))).replace('true', '!0').replace('false', '!1'))
    return '!function(n){e[0].exports=a}({1:[function(a,n,i){n.exports=' + (f'"{text}"' if isinstance(value, str) else text) + '},{}]},{},[1])(1)});'


def write_package(folder, g):
    """The package's files in the folder; returns their checksum."""
    path = Path(folder) / 'package/dist/models/inception_v3'
    path.mkdir(parents=True)
    model = dict(modelTopology=dict(model_config=dict(config=dict(layers=g.layers))), weightsManifest=[dict(weights=g.manifest)])
    (path / 'model.min.js').write_text(script(model))
    assert package.literal((path / 'model.min.js').read_text()) == model, 'the literal reads as it was written'
    for i, part in enumerate((g.raw[:1000], g.raw[1000:])):
        (path / f'group1-shard{i + 1}of2.min.js').write_text(script(base64.b64encode(part).decode()))
    return hashlib.sha256((path / 'model.min.js').read_bytes() + g.raw).hexdigest()


# ------------------------------------------------------------------ tests
def refused(folder, text):
    try:
        percept.load(folder)
    except common.TrainError as e:
        assert text in str(e), e
        return
    raise AssertionError(f'no complaint about "{text}"')


def bad_packages(folder):
    """Absent without npm, broken, another one: each is named, with what to do."""
    path = os.environ['PATH']
    os.environ['PATH'] = ''
    try:
        refused(folder / 'none', 'unpack the package by hand')
    finally:
        os.environ['PATH'] = path
    write_package(folder / 'other', small_graph())
    refused(folder / 'other', 'not the files that were checked')
    (folder / 'other/package/dist/models/inception_v3/model.min.js').write_text('n.exports={a:function(){}}')
    refused(folder / 'other', 'have it fetched again')


def folded(net, weights):
    """Convolution and batch norm, one after the other, give what the folded convolution gives."""
    x, t = blobs(1, 99, 1), {k: torch.from_numpy(v) for k, v in weights.items()}
    y = F.conv2d(x, t['conv2d_1/kernel'].permute(3, 2, 0, 1), None, 2)
    want = F.relu(F.batch_norm(y, t['bn_1/moving_mean'], t['bn_1/moving_variance'], None, t['bn_1/beta'], False, 0, 0.001))
    assert float((net(x, ['activation_1'])['activation_1'] - want).abs().max()) < 1e-5


def blobs(n, side, seed, cells=12):
    g = torch.Generator().manual_seed(seed)
    return F.interpolate(torch.rand(n, 3, cells, cells, generator=g), size=(side, side), mode='bicubic', align_corners=False) * 2 - 1


def distances(net):
    """Nothing between equals, more where more is changed, and only where it is looked for."""
    x = blobs(2, 128, 2)
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(3))
    noise[..., 64:] = 0                                              # the left half is spoilt
    see = lambda y: net(y, distance.TAPS)
    d = [distance.distance(see(x + k * noise), see(x)) for k in (0.0, 0.05, 0.2)]
    assert float(d[0].max()) == 0 and bool((d[0] < d[1]).all()) and bool((d[1] < d[2]).all())
    left = torch.zeros(2, 1, 128, 128)
    left[..., :40] = 1
    here, there = (distance.distance(see(x + 0.2 * noise), see(x), f) for f in (left, left.flip(-1)))
    assert bool((here > 20 * there).all()), (here, there)


def same_place():
    """A view cuts picture and map alike, and lies inside the picture."""
    m = torch.rand(1, 3, 32, 32)
    x = F.interpolate(m, scale_factor=8)
    for seed in range(40):
        v = view.View(256, percept.views(256), np.random.default_rng(seed))
        a, b = v.cut(x), v.cut(m)
        assert a.shape[-1] == v.window and 0 <= v.y <= 256 - v.window
        shift = F.interpolate(b, scale_factor=8)
        assert v.y % 8 or v.x % 8 or torch.equal(a, shift)
    assert view.View(512, ((384, 192),), np.random.default_rng(1)).look(torch.zeros(1, 3, 512, 512)).shape[-1] == 192


def light(net):
    """Colour gets no gradient: the three channels' gradients stand as in luma."""
    t = percept.Teachers(net, 1.0, 0.0, percept.views(128))
    x = blobs(2, 128, 4)
    fake = (x * 0.7).requires_grad_(True)
    sum(t.losses(fake, x, np.random.default_rng(1)).values()).backward()
    r, g, b = fake.grad.sum((0, 2, 3)).tolist()
    assert abs(r / g - 0.299 / 0.587) < 1e-2 and abs(b / g - 0.114 / 0.587) < 1e-2, (r, g, b)
    assert t.step() == {} and t.state() is None


def heads_learn(net):
    """The heads tell noisy pictures from clean ones after some steps, say so to the generator, and go on from their state."""
    torch.manual_seed(0)
    t = percept.Teachers(net, 1.0, 0.3, percept.views(128), classes=2, lr=4e-3)
    t.calibrate(blobs(32, 128, 5))
    rng, first = np.random.default_rng(2), None
    for i in range(40):
        x, maps = blobs(4, 128, 10 + i), torch.ones(4, 2, 32, 32)
        fake = (x + 0.2 * torch.randn_like(x)).requires_grad_(True)
        parts = t.losses(fake, x, rng, maps=maps)
        assert i or float(parts['adv']) == 0, 'the adversary starts softly'
        d = float(t.step()['d'])
        first = first or d
    assert d < 1.5 < first, (first, d)
    sum(parts.values()).backward()
    assert float(fake.grad.abs().max()) > 0 and all(p.grad is None for p in net.parameters())
    other = percept.Teachers(net, 1.0, 0.3, percept.views(128), classes=2)
    other.load(t.state())
    assert other.n == 40 and all(torch.equal(a, b) for a, b in zip(t.heads.state_dict().values(), other.heads.state_dict().values()))
    assert t.losses(fake, x, rng, k_adv=torch.zeros(4)).keys() == {'seen'} and t.step() == {}, 'where nothing is to be judged'


def frozen_below():
    """The last stage from what is kept of the stages below is the whole network, with a w of its own at every place."""
    torch.manual_seed(6)
    narrow = {r: 16 for r in (16, 32, 64, 128, 256, 512)}
    for q in (256, 512):
        net = networks.Generator(channels=narrow, guides=narrow, size=q)
        lq, prob, w = blobs(1, q, 7), torch.randn(1, 19, 128, 128).softmax(1), torch.rand(1, 1, 128, 128)
        planes = phase.noise_planes(1, q // 2, torch.Generator().manual_seed(8))
        planes[q // 2] = torch.randn(1, 1, q // 2, q // 2)
        full, half = realism.sized(w, q), realism.sized(w, q // 2)
        with torch.no_grad(), common.autocast(lq.device):
            want = net(lq, prob, full, planes)[q]
            x, s = realism.below(net, q, lq, prob, down2(full), torch.Generator().manual_seed(8))
            have = realism.last_stage(net, q, x, s, lq, prob, full, planes[q // 2])
        assert float((have - want).abs().max()) < 1e-2 < float((half - w.mean()).abs().max()), (q, float((have - want).abs().max()))


def good_photos_are_asked_for():
    x = blobs(1, 64, 9)
    good = [float(realism.goodness(x + k * torch.randn(x.shape, generator=torch.Generator().manual_seed(1)), x)) for k in (0.005, 0.04, 0.2)]
    assert good[0] == 1 > good[1] > good[2] == 0, good


def small_judge():
    """A judge of the graph model's kinds of nodes, every tap of one convolution."""
    rng, weights, nodes = np.random.default_rng(4), {}, [dict(name='in', op='Placeholder'), dict(name='in/scaled', op='Mul', input=['in', 'two'])]
    last, strides = 'in/scaled', lambda s: dict(strides=dict(list=dict(i=['1', str(s), str(s), '1'])), fused_ops=dict(list=dict(s=['BiasAdd', 'Relu6'])))
    for i, tap in enumerate(judge.TAPS):
        deep, c = i % 2 == 1, 3 if i == 0 else 6
        w, b, name = f'w{i}', f'b{i}', f'net/{tap}/conv'
        weights[w], weights[b] = rng.normal(0, .4, (3, 3, c, 1 if deep else 6)).astype(np.float32), rng.normal(0, .3, 6).astype(np.float32)
        nodes += [dict(name=w, op='Const'), dict(name=b, op='Const'), dict(name=name, input=[last, w, b], attr=strides(2 if i == 0 else 1),
                                                                          op='FusedDepthwiseConv2dNative' if deep else '_FusedConv2D')]
        last = name
    nodes += [dict(name='sum', op='AddV2', input=[last, last]), dict(name='pooled', op='Mean', input=['sum'])]
    return judge.Judge(dict(node=nodes), dict(weights, two=np.ones(1, np.float32)))


def judges(folder):
    """Equal pictures are 0 apart, spoilt ones more; a store is read again, not measured again; sets that differ are found."""
    net = small_judge()
    for k, noise in (('clean', 0), ('same', 0), ('bad', 40)):
        (folder / k).mkdir()
        for i in range(3):
            x = np.random.default_rng(i).integers(0, 200, (512, 512, 3)) + np.random.default_rng(9 + i).integers(0, noise + 1, (512, 512, 3))
            judge.evalset.save(x.astype(np.uint8), folder / k / f'{i}.png')
    run = lambda: judge.measure(net, folder / 'clean', {folder / 'same': ['0', '1', '2'], folder / 'bad': ['0', '2']}, ['0', '1', '2'])
    stores = run()
    assert set(stores[folder / 'bad'].ldm) == {'0', '2'} and stores[folder / 'same'].ldm['1'] == 0 < stores[folder / 'bad'].ldm['2']
    net.look = None
    assert run()[folder / 'bad'].ldm == stores[folder / 'bad'].ldm, 'the second time all is known'
    a, b = np.random.default_rng(1).normal(size=(2, 200, 8))
    near, far = judge.kernel_distance(a, b), judge.kernel_distance(a, b + 0.5)
    assert abs(near) < 60 < far and np.isnan(judge.kernel_distance(a[:1], b)), (near, far)
    assert judge.same(torch.zeros(1, 1, 7, 8), 3, 2).shape[2:] == (9, 9) and judge.same(torch.ones(1, 1, 8, 8), 3, 2)[0, 0, 0, 0] == 1


def wave(side=160):
    t = torch.arange(side) * (2 * math.pi / 20)
    return torch.stack([torch.sin(t)[None] * torch.cos(0.7 * t)[:, None], torch.cos(1.3 * t)[None] * torch.ones(side, 1),
                        torch.sin(0.4 * t)[:, None] * torch.ones(1, side)])[None]


def real():
    """Features of the real networks, where their package is at hand."""
    if not (REAL / 'package').exists():
        print(f'perceptual teachers: {REAL} is not there, the real networks are not looked at')
        return
    mean = float(percept.load(REAL)(wave(), ['mixed4'])['mixed4'].mean())
    assert abs(mean - MIXED4) < 5e-4, mean
    net = judge.load(REAL)
    pooled = net.features(wave())[1]
    assert abs(float(pooled.mean()) - POOLED) < 5e-4, pooled.mean()


def run():
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as tmp:
        torch.manual_seed(1)
        bad_packages(Path(tmp))
        judges(Path(tmp))
        sha = write_package(Path(tmp) / 'good', small_graph())
        topology, weights = package.read(Path(tmp) / 'good', 'inception_v3', sha)
    net = percept.Inception(topology, weights)
    folded(net, weights)
    distances(net)
    same_place()
    light(net)
    heads_learn(net)
    frozen_below()
    good_photos_are_asked_for()
    assert set(teachers.NAMES) <= set(net(blobs(1, 96, 1), teachers.NAMES))
    real()


if __name__ == '__main__':
    run()
    print('perceptual teachers: smoke test passed')
