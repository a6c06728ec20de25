#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the tiny networks of random weights that the command line's tests run, beside this script: weights/ holds one of each
kind, its detector seeing faces all over; blind/ holds a detector that never sees one. Run with python3-torch; the
files are committed."""
import math
import os
import shutil
import sys

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', '..', 'weights', 'train'), os.path.join(HERE, '..', 'vectors')]
import archs                               # noqa: E402
import gen_fill                            # noqa: E402
from base import files, st                 # noqa: E402
from detector import networks as detector  # noqa: E402

DETECTOR = {'detector.widths': '4,8,8,12,8', 'detector.blocks': '2,1,1', 'detector.neck': '8', 'detector.head': '2',
            'detector.strides': '8,16,32'}
PARSER = dict(arch='parser', widths=[4, 8, 8, 8], blocks=[1, 1, 1, 1], size=256)
JSFM = dict(arch='jsfm', modulation='shared', size=512, heads='gated', map='soft', channels={16: 16, 32: 16, 64: 8, 128: 8, 256: 8, 512: 4},
            guides={16: 4, 32: 4, 64: 4, 128: 4, 256: 4, 512: 4})


def meta(ident, arch, keys):
    return {'rvs.format': '1', 'rvs.id': ident, 'rvs.arch': arch, 'rvs.contract': f'{arch}_srgb_pm1_v1',
            'rvs.licence': 'GPL-3.0-or-later', 'rvs.source': 'random weights for the tests', **keys}


def save(folder, ident, arch, keys, tensors):
    os.makedirs(os.path.join(HERE, folder), exist_ok=True)
    st.save(os.path.join(HERE, folder, ident + '.safetensors'), files.halves(tensors), meta(ident, arch, keys))


# Landmarks of an upright face in its 512 crop, and the box that belongs to it: centre and width.
POINTS = ((192.98, 239.95), (318.90, 240.19), (256.63, 314.02), (201.26, 371.41), (313.09, 371.15))
CENTRE, WIDTH, HEIGHT = (256.0, 283.5), 269.0, 373.0


def eye(bias):
    """A detector that sees upright faces of one size in cells of stride 32; scores vary around the logistic of `bias`."""
    torch.manual_seed(5)
    net = detector.Detector(DETECTOR)
    for i, out in enumerate(net.out):
        out.weight.data.zero_()
        out.weight.data[0].normal_(0, 3.0)
        out.bias.data.zero_()
        out.bias.data[0] = bias if i == 2 else -20.0
        out.bias.data[3], out.bias.data[4] = 0.0, math.log(HEIGHT / WIDTH)
        for k, (x, y) in enumerate(POINTS):
            out.bias.data[5 + 2 * k] = (x - CENTRE[0]) / WIDTH
            out.bias.data[6 + 2 * k] = (y - CENTRE[1]) / WIDTH
    return detector.deploy(net.eval().state_dict(), DETECTOR)


def main():
    torch.manual_seed(11)
    save('weights', 'detect-face', 'detector', DETECTOR, eye(0.0))
    save('blind', 'detect-face', 'detector', DETECTOR, eye(-20.0))
    for ident, config in (('parse-face-256', PARSER), ('restore-jsfm-512', JSFM)):
        arch = archs.of(config)
        net = arch.build(config).eval()
        if config is PARSER:  # random points would confirm no face; without points the parser has no say
            net.lmk.weight.data.zero_()
            net.lmk.bias.data.fill_(-40)
        save('weights', ident, arch.name, arch.keys(config), net.fold().state_dict())
    save('weights', 'fill-face-512', 'fill', {'fill.size': '512', **gen_fill.metadata()}, gen_fill.build()[1])
    for ident in ('find-damage', 'restore-spad-512'):
        shutil.copy(os.path.join(HERE, '..', '..', 'weights', 'tiny', f'{ident}.safetensors'), os.path.join(HERE, 'weights'))
    files.update_sums(os.path.join(HERE, 'weights'))


if __name__ == '__main__':
    main()
