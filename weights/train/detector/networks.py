# SPDX-License-Identifier: GPL-3.0-or-later
"""The face detector's graph, training form and deploy tensors. Anchor-free: maps at strides 8, 16 and 32, each with a head; a cell gives a
score, a box and five landmarks."""
import torch
import torch.nn as nn
import torch.nn.functional as F

from base.arch import ints
from base.layers import lrelu

CONFIG = {
    'detector.widths': '16,32,48,64,64',  # at strides 2, 4, 8, 16, 32
    'detector.blocks': '2,2,2',           # residual blocks at strides 8, 16, 32
    'detector.neck': '32',
    'detector.head': '2',                 # 3x3 convolutions before the outputs
    'detector.strides': '8,16,32',
}


class ConvBN(nn.Module):
    """Convolution and batch norm: one convolution with bias once folded."""

    def __init__(self, cin, cout, k=3, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, k, stride, k // 2, bias=False)
        self.bn = nn.BatchNorm2d(cout)
        nn.init.kaiming_normal_(self.conv.weight, a=0.2)

    def forward(self, x):
        return self.bn(self.conv(x))

    def folded(self):
        g = self.bn.weight / torch.sqrt(self.bn.running_var + self.bn.eps)
        return self.conv.weight * g[:, None, None, None], self.bn.bias - self.bn.running_mean * g


class Block(nn.Module):
    """x + b(lrelu(a(x))), then lrelu."""

    def __init__(self, c):
        super().__init__()
        self.a, self.b = ConvBN(c, c), ConvBN(c, c)
        nn.init.constant_(self.b.bn.weight, 0.2)

    def forward(self, x):
        return lrelu(x + self.b(lrelu(self.a(x))))


class Detector(nn.Module):
    def __init__(self, config=CONFIG):
        super().__init__()
        w, blocks = ints(config['detector.widths']), ints(config['detector.blocks'])
        n = int(config['detector.neck'])
        self.stem = ConvBN(3, w[0], 3, 2)
        self.d = nn.ModuleList(ConvBN(w[i], w[i + 1], 3, 2) for i in range(4))
        self.e = nn.ModuleList(nn.ModuleList(Block(w[i + 2]) for _ in range(blocks[i])) for i in range(3))
        self.p = nn.ModuleList(ConvBN(w[i + 2], n, 1) for i in range(3))
        # Not shared by the strides: batch norm's running statistics would mix three distributions.
        self.h = nn.ModuleList(nn.ModuleList(ConvBN(n, n) for _ in range(int(config['detector.head']))) for _ in range(3))
        self.out = nn.ModuleList(nn.Conv2d(n, 15, 1) for _ in range(3))
        for out in self.out:
            nn.init.normal_(out.weight, std=0.01)
            nn.init.zeros_(out.bias)
            out.bias.data[0] = -4.0

    def forward(self, x):
        x = lrelu(self.d[0](lrelu(self.stem(x))))
        maps = []
        for i in range(3):
            x = lrelu(self.d[i + 1](x))
            for block in self.e[i]:
                x = block(x)
            maps.append(self.p[i](x))
        for i in (1, 0):
            maps[i] = maps[i] + F.interpolate(maps[i + 1], scale_factor=2, mode='bilinear', align_corners=False)
        return [self.head(i, lrelu(m)) for i, m in enumerate(maps)]

    def head(self, i, x):
        for conv in self.h[i]:
            x = lrelu(conv(x))
        return self.out[i](x)


def deploy(state, config):
    """The tensors of docs/weights-format.md from a training state: batch norm folded, f32."""
    net = Detector(config)
    net.load_state_dict(state)
    net.eval()
    out = {}
    for name, module in net.named_modules():
        if isinstance(module, ConvBN):
            w, b = module.folded()
            out[name + '.weight'], out[name + '.bias'] = w.detach().float(), b.detach().float()
    for i, conv in enumerate(net.out):
        out[f'out.{i}.weight'], out[f'out.{i}.bias'] = conv.weight.detach().float(), conv.bias.detach().float()
    return out
