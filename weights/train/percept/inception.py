# SPDX-License-Identifier: GPL-3.0-or-later
"""Inception-v3 up to a named layer, built by walking the Keras graph of the package; batch norm folded into the convolutions before it.

Frozen: parameters want no gradient, pictures do.
"""
import torch
from torch import nn
from torch.nn import functional as F

from base import common
from percept import package

LAST = 'mixed4'         # the deepest layer that teaches


def load(folder, device=torch.device('cpu'), last=LAST):
    """The frozen network from the package in `folder` (fetched there when missing). common.TrainError says what to do where it cannot be had."""
    try:
        net = Inception(*package.read(folder, 'inception_v3'), last)
    except OSError as e:
        raise common.TrainError(f'the perceptual teachers need the npm package {package.PACKAGE}: {e}') from None
    return net.to(device, memory_format=torch.channels_last)


def convolution(config, kernel):
    """nn.Conv2d of a Keras layer; kernel [h,w,i,o]."""
    h, w, i, o = kernel.shape
    same = config['padding'] == 'same'
    if same and config['strides'] != [1, 1]:
        raise ValueError(f'{config["name"]}: "same" padding with a stride pads one side more than the other: not built here')
    conv = nn.Conv2d(i, o, (h, w), config['strides'][0], (h // 2, w // 2) if same else 0)
    conv.weight.data = torch.from_numpy(kernel).permute(3, 2, 0, 1).contiguous()
    conv.bias.data.zero_()
    return conv


def fold(conv, weights, name, eps):
    """Batch norm `name`, in its running statistics, goes into the convolution."""
    get = lambda part, other: torch.from_numpy(weights[f'{name}/{part}']) if f'{name}/{part}' in weights else other
    mean, var = get('moving_mean', None), get('moving_variance', None)
    scale = get('gamma', torch.ones_like(var)) * torch.rsqrt(var + eps)
    conv.weight.data *= scale.view(-1, 1, 1, 1)
    conv.bias.data = get('beta', torch.zeros_like(mean)) + (conv.bias.data - mean) * scale


class Inception(nn.Module):
    """forward(x [B,3,h,w] in [-1,1], names) -> {name: features} of the named layers; stops at the last of them."""

    def __init__(self, topology, weights, last=LAST):
        super().__init__()
        self.convs, self.steps = nn.ModuleDict(), []
        for layer in topology['model_config']['config']['layers']:
            self.add(layer['class_name'], layer['config'], [s[0] for s in (layer['inbound_nodes'] or [[]])[0]], weights)
            if self.steps[-1][0] == last:
                break
        else:
            raise ValueError(f'no layer {last} in this graph')
        self.eval().requires_grad_(False)

    def add(self, kind, config, sources, weights):
        name, step = config['name'], None
        if kind == 'InputLayer' or kind == 'BatchNormalization':
            step = lambda x: x
        elif kind == 'Conv2D':
            self.convs[name] = convolution(config, weights[f'{name}/kernel'])
            step = self.convs[name]
        elif kind == 'Activation' and config['activation'] == 'relu':
            step = F.relu
        elif kind == 'MaxPooling2D' and config['padding'] == 'valid':
            step = lambda x: F.max_pool2d(x, config['pool_size'][0], config['strides'][0])
        elif kind == 'AveragePooling2D' and config['strides'] == [1, 1]:
            step = lambda x: F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
        elif kind == 'Concatenate':
            step = lambda *x: torch.cat(x, 1)
        else:
            raise ValueError(f'{name}: a layer of kind {kind} as it is here is not built')
        if kind == 'BatchNormalization':
            fold(self.convs[sources[0]], weights, name, config['epsilon'])
        self.steps.append((name, step, sources))

    def forward(self, x, names):
        out, left = {}, set(names)
        for name, step, sources in self.steps:
            out[name] = step(*(out[s] for s in sources)) if sources else x
            left.discard(name)
            if not left:
                return {n: out[n] for n in names}
        raise KeyError(f'{sorted(left)}: beyond the layers that were loaded')
