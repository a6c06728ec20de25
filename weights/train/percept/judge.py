# SPDX-License-Identifier: GPL-3.0-or-later
"""The unseen judge: MobileNetV2 1.4 of the same package. **Nothing is ever trained on it**; evaluate.py measures with it.

LDm: mean over six layers of the squared difference of channel-normalised features, x100 (LPIPS without its learned weights); lower is nearer to the
clean face. It favours blur. KDm: unbiased estimate of the squared cubic-kernel MMD between the pooled features of restored and clean faces, x1000
(the kernel inception distance, with this network); 0 = sets that cannot be told apart; differences below 10 are noise at 32 faces. It favours detail.
Both look at the face only, rows 80 to 464 and columns 80 to 432 of an aligned 512 crop.
"""
import os
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from measure import evalset
from percept import package

FACE = (slice(80, 464), slice(80, 432))
TAPS = ('Conv', 'expanded_conv_1', 'expanded_conv_2', 'expanded_conv_5', 'expanded_conv_9', 'expanded_conv_12')
STORE = 'judge.npz'
KEEP_EVERY = 40             # faces between two writings of the stores


def same(x, size, stride):
    """TensorFlow's SAME padding: what is odd goes right and below."""
    pad = [max((-(-n // stride) - 1) * stride + size - n, 0) for n in x.shape[2:]]
    return F.pad(x, (pad[1] // 2, pad[1] - pad[1] // 2, pad[0] // 2, pad[0] - pad[0] // 2))


class Judge:
    """uint8 faces in, (normalised features of the six taps, pooled features) out; walks the graph of the package up to its pooling."""

    def __init__(self, graph, weights):
        self.steps, self.const = [], {k: torch.from_numpy(v) for k, v in weights.items()}
        for node in graph['node']:
            if node['op'] == 'Const':
                continue
            step = self.step(node)
            if step is None:
                break
            self.steps.append((node['name'], [n for n in node.get('input', []) if n not in self.const], step))

    def step(self, node):
        """A function of the node's inputs that are not constant; None where the graph is no longer the image network."""
        op = node['op']
        if op in ('Placeholder', 'Mul', 'Sub'):                 # the graph's own scaling to [-1,1] was done before
            return lambda *x: x[0]
        if op in ('_FusedConv2D', 'FusedDepthwiseConv2dNative'):
            return self.convolution(node, op != '_FusedConv2D')
        return (lambda a, b: a + b) if op == 'AddV2' else None

    def convolution(self, node, deep):
        w, b = (self.const[n] for n in node['input'][1:3])
        stride, relu6 = int(node['attr']['strides']['list']['i'][1]), len(node['attr']['fused_ops']['list']['s']) == 2
        size, groups = w.shape[0], w.shape[2] if deep else 1
        w = w.permute((2, 3, 0, 1) if deep else (3, 2, 0, 1)).contiguous()

        def run(x):
            y = F.conv2d(same(x, size, stride), w, b, stride, groups=groups)
            return y.clamp(0, 6) if relu6 else y
        return run

    def look(self, face):
        """face uint8 [h,w,3]."""
        return self.features(torch.from_numpy(np.ascontiguousarray(face)).permute(2, 0, 1)[None].float() / 127.5 - 1)

    @torch.no_grad()
    def features(self, x):
        """x [1,3,h,w] in [-1,1]."""
        out, taps = {}, {}
        for name, sources, step in self.steps:
            out[name] = y = step(*(out[s] for s in sources)) if sources else x
            taps.update({t: y for t in TAPS if f'/{t}/' in name})
        return [normal(taps[t]) for t in TAPS], y.mean((2, 3))[0].numpy()


def load(folder):
    """OSError where the package cannot be had."""
    return Judge(*package.read(folder, 'mobilenet_v2_mid'))


def normal(f):
    return f / (f.pow(2).sum(1, keepdim=True) + 1e-8).sqrt()


def apart(f, g):
    """LDm of two looks."""
    return 100 * float(np.mean([float((a - b).pow(2).sum(1).mean()) for a, b in zip(f, g)]))


def kernel_distance(a, b):
    """KDm of two sets of pooled features [n,c]; NaN for fewer than two faces."""
    if len(a) < 2 or len(b) < 2:
        return float('nan')
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    k = lambda x, y: (x @ y.T / x.shape[1] + 1) ** 3
    inside = lambda x: (k(x, x).sum() - np.trace(k(x, x))) / (len(x) * (len(x) - 1))
    return 1000 * float(inside(a) + inside(b) - 2 * k(a, b).mean())


# ------------------------------------------------------------------ folders
class Store:
    """What was measured on the pictures of one folder, kept beside them: stem -> LDm, stem -> pooled features."""

    def __init__(self, folder):
        self.path, self.ldm, self.pooled, self.new = Path(folder) / STORE, {}, {}, False
        if self.path.exists():
            with np.load(self.path) as z:
                self.ldm, self.pooled = dict(zip(z['stems'].tolist(), z['ldm'].tolist())), dict(zip(z['stems'].tolist(), z['pooled']))

    def add(self, stem, ldm, pooled):
        self.ldm[stem], self.pooled[stem], self.new = ldm, pooled, True

    def save(self):
        if not self.new:
            return
        tmp = self.path.with_suffix(f'.{os.getpid()}.part.npz')
        np.savez(tmp, stems=list(self.ldm), ldm=list(self.ldm.values()), pooled=np.stack([self.pooled[s] for s in self.ldm]))
        os.replace(tmp, self.path)
        self.new = False


def measure(judge, clean, folders, stems):
    """{folder: Store} that holds all the stems of folders {folder: [stem]}. A clean face is looked at once for all of them."""
    stores = {f: Store(f) for f in [clean, *folders]}
    todo = lambda s: [f for f in folders if s in folders[f] and s not in stores[f].ldm]
    for i, s in enumerate(stems):
        if s in stores[clean].ldm and not todo(s):
            continue
        want, pooled = judge.look(evalset.read(Path(clean) / f'{s}.png')[FACE])
        stores[clean].add(s, 0.0, pooled)
        for f in todo(s):
            have, pooled = judge.look(evalset.read(Path(f) / f'{s}.png')[FACE])
            stores[f].add(s, apart(have, want), pooled)
        if i % KEEP_EVERY == KEEP_EVERY - 1:
            [v.save() for v in stores.values()]
    [v.save() for v in stores.values()]
    return stores


def set_distance(store, clean, stems):
    """KDm of a folder's faces to the clean ones of the same stems."""
    return kernel_distance([clean.pooled[s] for s in stems], [store.pooled[s] for s in stems])
