#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes detector.safetensors (a tiny detector of random weights) and detector_io.safetensors (what PyTorch makes of it,
and of the resizing) beside this script. Run with python3-torch; the files are committed."""
import os
import sys

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', '..', 'weights', 'train'))
from base import st                        # noqa: E402
from detector import networks as detector  # noqa: E402

CONFIG = {'detector.widths': '4,8,8,12,8', 'detector.blocks': '2,1,1', 'detector.neck': '8', 'detector.head': '2',
          'detector.strides': '8,16,32'}


def tiny_net():
    torch.manual_seed(5)
    net = detector.Detector(CONFIG)
    for m in net.modules():
        if isinstance(m, torch.nn.BatchNorm2d):  # so that folding is tested too
            m.running_mean.normal_(0, 0.2)
            m.running_var.uniform_(0.5, 1.5)
            m.weight.data.uniform_(0.5, 1.2)
            m.bias.data.normal_(0, 0.2)
    for out in net.out:
        out.weight.data.normal_(0, 0.2)
        out.bias.data.normal_(0, 0.5)
    return net.eval()


def fit(image, width, height):
    """Exact area mean or bilinear, each axis by itself, in double precision."""
    def matrix(n, m):
        a, r = np.zeros((m, n)), n / m
        for i in range(m):
            if r > 1:
                for j in range(n):
                    a[i, j] = max(0.0, min(j + 1, (i + 1) * r) - max(j, i * r)) / r
            else:
                p = min(max((i + 0.5) * r - 0.5, 0), n - 1)
                j = min(int(p), n - 2)
                a[i, j], a[i, j + 1] = 1 - (p - j), p - j
        return a
    h, w = image.shape[:2]
    return 2 * np.einsum('yh,hwc,xw->cyx', matrix(h, height), image / 255.0, matrix(w, width)) - 1


def main():
    net = tiny_net()
    meta = {'rvs.format': '1', 'rvs.id': 'detect-face', 'rvs.arch': 'detector', 'rvs.contract': 'detector_srgb_pm1_v1',
            'rvs.licence': 'GPL-3.0-or-later', 'rvs.source': 'random weights for the tests', **CONFIG}
    st.save(os.path.join(HERE, 'detector.safetensors'), detector.deploy(net.state_dict(), CONFIG), meta)
    x = torch.rand(1, 3, 64, 96) * 2 - 1
    with torch.no_grad():
        maps = net(x)
    io = {'image': x[0], **{f'map{i}': m[0].contiguous() for i, m in enumerate(maps)}}
    picture = np.random.default_rng(3).integers(0, 256, (37, 53, 3), np.uint8)
    io['picture'] = torch.from_numpy(picture.astype(np.float32))
    for name, (w, h) in {'small': (24, 16), 'large': (100, 80), 'mixed': (53, 9)}.items():
        io[name] = torch.from_numpy(fit(picture, w, h).astype(np.float32))
    st.save(os.path.join(HERE, 'detector_io.safetensors'), io)


if __name__ == '__main__':
    main()
