# SPDX-License-Identifier: GPL-3.0-or-later
"""A second identity meter that training never sees: the 1024-D features of the face network in npm `@vladmandic/human` (MIT).

identity.py's descriptor is also a loss of the generator (likeness.py), so its figure flatters. This one is another network (MobileNet,
trained on other faces for other tasks) and is used for measuring only; it is fetched, not shipped. Input: the square
(66,66)..(446,446) of our aligned crop at 224x224, BGR 0..255 less `MEAN`.
"""
import json
import os

import numpy as np
import torch
from torch.nn import functional as F

from witness import identity

PACKAGE = '@vladmandic/human@3.3.6'
SHA256 = '2c7d2d62b76c97528b736527aa09d310ea71743c9e3e79fb6c62d4b2d73af79b'
CHIP = (66, 66, 446, 446)
MEAN = (103.939, 116.779, 123.68)
STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)       # of the thirteen depth-wise convolutions


def fetch(folder):
    """Folder of the package's model, fetched with npm when it is not there. OSError when that fails."""
    identity.npm_files(folder, PACKAGE, 'package/models/faceres')
    return os.path.join(folder, 'package', 'models')


def read_weights(model):
    """name -> float32 array in TensorFlow layout; the file holds fp16."""
    data = identity.checked(model, 'faceres.bin', SHA256)
    with open(os.path.join(model, 'faceres.json')) as f:
        entries = [w for part in json.load(f)['weightsManifest'] for w in part['weights']]
    out, at = {}, 0
    for e in entries:
        kind = '<f2' if 'quantization' in e else ('<i4' if e['dtype'] == 'int32' else '<f4')
        n = int(np.prod(e['shape']))
        out[e['name']] = np.frombuffer(data, kind, n, at).astype(np.float32).reshape(e['shape'])
        at += n * np.dtype(kind).itemsize
    assert at == len(data)
    return out


class Witness:
    """[N,3,224,224] RGB in 0..255 to [N,1024]."""

    def __init__(self, weights):
        t = {k: torch.from_numpy(v.copy()) for k, v in weights.items()}
        self.stem = t['conv1/convolution/merged_input'].permute(3, 2, 0, 1).contiguous(), t['conv1_bn/batchnorm_1/sub']
        self.deep, self.wide = [], []
        for i in range(1, len(STRIDES) + 1):
            scale = t[f'conv_dw_{i}_bn/batchnorm_1/mul'].view(-1, 1, 1, 1)
            self.deep.append((t[f'conv_dw_{i}/depthwise_kernel'].permute(2, 3, 0, 1) * scale, t[f'conv_dw_{i}_bn/batchnorm_1/sub']))
            self.wide.append((t[f'conv_pw_{i}/convolution/merged_input'].permute(3, 2, 0, 1).contiguous(), t[f'conv_pw_{i}_bn/batchnorm_1/sub']))

    def __call__(self, x):
        x = step(x.flip(1) - x.new_tensor(MEAN).view(1, 3, 1, 1), *self.stem, 2)
        for stride, deep, wide in zip(STRIDES, self.deep, self.wide):
            x = step(step(x, *deep, stride, x.shape[1]), *wide, 1)
        return x.mean((2, 3))


def step(x, weight, bias, stride, groups=1):
    """Convolution with TensorFlow's SAME padding (stride 2 pads right and below only), then relu6."""
    if weight.shape[-1] == 3:
        x = F.pad(x, (1, 1, 1, 1) if stride == 1 else (0, 1, 0, 1))
    return F.conv2d(x, weight, bias.flatten(), stride, groups=groups).clamp(0, 6)


def load(folder):
    return Witness(read_weights(fetch(folder)))


@torch.no_grad()
def embed(net, crops):
    """Features [N,1024] of aligned crops."""
    return torch.cat([net(identity.chip(c, CHIP, 224)) for c in crops])
