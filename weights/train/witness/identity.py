# SPDX-License-Identifier: GPL-3.0-or-later
"""A public 128-D face descriptor as a PyTorch module: a loss of the generator (likeness.py) and an identity meter.

Weights: face_recognition_model of the npm package @vladmandic/face-api 1.7.15 (MIT), the dlib metric network with 8-bit
weights. It is fetched into a cache folder and not shipped. From our aligned crop the network's own 150x150 chip is the square
(79,127)..(438,486): there the eyes lie where dlib's chip has them.
"""
import fcntl
import hashlib
import json
import os
import subprocess
import tarfile

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

PACKAGE = '@vladmandic/face-api@1.7.15'
SHA256 = 'b413e420d6840b2775fba32008db6f3cddb07d485967fb42cfcf379c16a8c589'
CHIP = (79, 127, 438, 486)
MEAN = (122.782, 117.001, 104.298)
DOWN = ('conv64_down', 'conv128_down', 'conv256_down', 'conv256_down_out')
BLOCKS = ('conv32_1', 'conv32_2', 'conv32_3', 'conv64_down', 'conv64_1', 'conv64_2', 'conv64_3', 'conv128_down',
          'conv128_1', 'conv128_2', 'conv256_down', 'conv256_1', 'conv256_2', 'conv256_down_out')


def npm_files(folder, package, wanted, mark='.bin'):
    """Unpacks the files of an npm package whose paths start with `wanted` into the folder, once: until wanted + mark is there. Of several
    processes that want them one does it, and the others wait. OSError when that fails."""
    there = os.path.join(folder, wanted + mark)
    if os.path.exists(there):
        return
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, '.lock'), 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(there):
            unpack(folder, package, wanted)


def unpack(folder, package, wanted):
    try:
        name = subprocess.run(['npm', 'pack', package], cwd=folder, check=True, capture_output=True, text=True).stdout.split()[-1]
        path = os.path.join(folder, name)
        with tarfile.open(path) as t:
            t.extractall(folder, [m for m in t.getmembers() if m.name.startswith(wanted)])
    except (subprocess.CalledProcessError, FileNotFoundError, IndexError, EOFError, tarfile.TarError) as e:
        raise OSError(f'npm pack {package} failed: {e}') from None
    os.unlink(path)


def checked(model, name, sha256):
    """Bytes of a file of the package, which must be the one that was checked."""
    with open(os.path.join(model, name), 'rb') as f:
        data = f.read()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise OSError(f'{model}: {name} is not the one that was checked')
    return data


def fetch(folder):
    """Path of the package's model folder, fetched with npm when it is not there. OSError when that fails."""
    npm_files(folder, PACKAGE, 'package/model/face_recognition_model')
    return os.path.join(folder, 'package', 'model')


def read_weights(model):
    """name -> float32 array, in TensorFlow layout, from the manifest and its 8-bit data."""
    data = checked(model, 'face_recognition_model.bin', SHA256)
    with open(os.path.join(model, 'face_recognition_model-weights_manifest.json')) as f:
        entries = [w for part in json.load(f) for w in part['weights']]
    out, at = {}, 0
    for e in entries:
        n, q = int(np.prod(e['shape'])), e.get('quantization')
        size = n if q else 4 * n
        a = np.frombuffer(data[at:at + size], np.uint8 if q else '<f4').astype(np.float32)
        out[e['name']] = (a * q['scale'] + q['min'] if q else a).reshape(e['shape']).astype(np.float32)
        at += size
    assert at == len(data)
    return out


def random_weights(rng):
    """Weights of the right shapes for tests without the package: name -> float32 array."""
    out, c = {}, 32

    def conv(name, i, o, k):
        out[f'{name}/conv/filters'] = rng.normal(0, (2 / (i * k * k)) ** 0.5, (k, k, i, o)).astype(np.float32)
        out[f'{name}/scale/weights'] = np.ones(o, np.float32)
        for b in ('conv/bias', 'scale/biases'):
            out[f'{name}/{b}'] = np.zeros(o, np.float32)
    conv('conv32_down', 3, 32, 7)
    for b in BLOCKS:
        o = int(b[4:].split('_')[0])
        conv(f'{b}/conv1', c, o, 3)
        conv(f'{b}/conv2', o, o, 3)
        c = o
    out['fc'] = rng.normal(0, 0.1, (256, 128)).astype(np.float32)
    return out


class Embedder(nn.Module):
    """[N,3,150,150] in 0..255 to [N,128]. Each convolution's scale and bias are folded into it."""

    def __init__(self, weights):
        super().__init__()
        self.conv, self.names = nn.ModuleList(), {}
        for name in ['conv32_down'] + [f'{b}/{c}' for b in BLOCKS for c in ('conv1', 'conv2')]:
            w, b = weights[f'{name}/conv/filters'], weights[f'{name}/conv/bias']
            g, o = weights[f'{name}/scale/weights'], weights[f'{name}/scale/biases']
            c = nn.Conv2d(w.shape[2], w.shape[3], w.shape[0])
            c.weight.data = torch.from_numpy((w * g).transpose(3, 2, 0, 1).copy())
            c.bias.data = torch.from_numpy(b * g + o)
            self.names[name] = len(self.conv)
            self.conv.append(c)
        self.fc = nn.Parameter(torch.from_numpy(weights['fc']))
        self.eval().requires_grad_(False)

    def run(self, name, x, stride=1):
        c = self.conv[self.names[name]]
        return F.conv2d(x, c.weight, c.bias, stride, c.weight.shape[-1] // 2 if stride == 1 else 0)

    def block(self, name, x):
        down = name in DOWN
        y = self.run(f'{name}/conv2', F.relu(self.run(f'{name}/conv1', x, 2 if down else 1)))
        if down:
            x = F.avg_pool2d(x, 2)
            x = F.pad(x, (0, 0, 0, 0, 0, y.shape[1] - x.shape[1]))
            y = F.pad(y, (0, x.shape[3] - y.shape[3], 0, x.shape[2] - y.shape[2]))
        return F.relu(x + y)

    def features(self, x, last=BLOCKS[-1]):
        """What comes out of every block up to `last`, in order: name -> [N,C,h,w]."""
        x = (x - x.new_tensor(MEAN).view(1, 3, 1, 1)) / 255
        x, out = F.max_pool2d(F.relu(self.run('conv32_down', x, 2)), 3, 2), {}
        for b in BLOCKS[:BLOCKS.index(last) + 1]:
            out[b] = x = self.block(b, x)
        return out

    def describe(self, x):
        """The descriptor from the last block's output."""
        return x.float().mean((2, 3)) @ self.fc

    def forward(self, x):
        return self.describe(self.features(x)[BLOCKS[-1]])


def chip(crop, box=CHIP, side=150):
    """[1,3,side,side] in 0..255 from an aligned 512x512 uint8 crop: the box (x0, y0, x1, y1), reduced with area weights."""
    x0, y0, x1, y1 = box
    x = torch.from_numpy(crop[y0:y1, x0:x1].astype(np.float32).transpose(2, 0, 1).copy())[None]
    return F.interpolate(x, (side, side), mode='bilinear', align_corners=False, antialias=True)


def load(folder):
    return Embedder(read_weights(fetch(folder)))


@torch.no_grad()
def embed(net, crops):
    """Descriptors [N,128] of aligned crops."""
    return torch.cat([net(chip(c)) for c in crops])


def cosine(a, b):
    return float(F.cosine_similarity(a, b, dim=-1))
