#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""ONNX files of the generator and the parser, for the bench:  onnx_export.py WEIGHTS_FILE OUT.onnx

generator: inputs lq [1,3,S,S], map [1,19,128,128], w [1]; output face [1,3,S,S] (without the learned noise)
parser:    input  face [1,3,256,256]; outputs logits, degradation, heatmaps
The input may be a checkpoint or a weights file.
"""
import argparse
import os
import sys

import torch
from torch import nn

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import export           # noqa: E402
from base import files  # noqa: E402

OPSET = 13


class Face(nn.Module):
    """The generator's last stage only."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, lq, prob, w):
        return self.net(lq, prob, w.view(1, 1, 1, 1))[self.net.size]


def example(net, config):
    """(module, inputs, input names, output names)."""
    gen = torch.Generator().manual_seed(1)
    if config['arch'] == 'parser':
        n = int(config['size'])
        return net, (torch.rand(1, 3, n, n, generator=gen) * 2 - 1,), ['face'], ['logits', 'degradation', 'heatmaps']
    n = int(config['size'])
    prob = torch.softmax(torch.randn(1, 19, 128, 128, generator=gen), 1)
    return Face(net), (torch.rand(1, 3, n, n, generator=gen) * 2 - 1, prob, torch.tensor([0.5])), ['lq', 'map', 'w'], ['face']


def write(net, config, path):
    module, inputs, names, outs = example(net.eval(), config)
    tmp = f'{path}.{os.getpid()}.part'
    with torch.no_grad():
        torch.onnx.export(module, inputs, tmp, input_names=names, output_names=outs, opset_version=OPSET)
    os.replace(tmp, path)


def main(argv=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('weights')
    p.add_argument('out')
    a = p.parse_args(argv)
    try:
        net, config = export.load_deploy(a.weights)
        write(net, config, a.out)
        print(f'{a.out}  {os.path.getsize(a.out) / 1e6:.2f} MB  opset {OPSET}')
    except (files.ExportError, ValueError, OSError) as e:
        sys.exit(f'onnx_export.py: {e}')


if __name__ == '__main__':
    main()
