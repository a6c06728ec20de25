# SPDX-License-Identifier: GPL-3.0-or-later
"""The graph: a trunk of residual channel-attention blocks, between them blocks whose kernels follow the face's structure.

Input: the small face enlarged (bicubically), side S; the prior at S/4, 24 maps (classes, then heat maps); the prior of the whole face pooled to 3x3.
The published global convolution's gate was reshaped wrongly (one pattern for all channels); this is the form that was meant. It pools the prior over
the whole aligned face and not over what the network is shown, a fixed window: so windows in training and whole crops in use get the same kernel.
"""
import math

import torch
from torch import nn
from torch.nn import functional as F

from base.layers import conv1, conv3, lrelu, small_

MAPS = 24                   # 19 classes, 5 heat maps
SCALE = 8                   # of the pixel unshuffling: the trunk's lowest level
CONFIG = dict(arch='spad', widths=[96, 48, 16], blocks=[8, 4, 2], habs=[2, 1, 0], tail=16, size=512)
NEAR = 8                    # channels in which pixels are alike or not


class RCAB(nn.Module):
    """x + attention * b(relu(a(x))); attention from the channels' means."""

    def __init__(self, c):
        super().__init__()
        self.a, self.b = conv3(c, c), small_(conv3(c, c), 0.5)
        self.d, self.u = nn.Linear(c, c // 8), nn.Linear(c // 8, c)

    def forward(self, x):
        y = self.b(F.relu(self.a(x)))
        g = torch.sigmoid(self.u(F.relu(self.d(y.mean((2, 3))))))
        return x + y * g[:, :, None, None]


def shifted(x, i, j):
    """x displaced by (i - 1, j - 1), zero outside."""
    h, w = x.shape[2:]
    return F.pad(x, (1, 1, 1, 1))[..., i:i + h, j:j + w]


class LSAC(nn.Module):
    """Local structure-adaptive 3x3 convolution: y_p = b + sum_q exp(-|f_p - f_q|^2 / 2) W[q - p] x_q, f a 1x1 projection of the structure k.

    As nine shifted products and one 1x1 convolution, several times quicker than unfolding.
    """

    def __init__(self, c):
        super().__init__()
        self.w, self.b, self.f = nn.Parameter(torch.randn(c, c, 3, 3) / math.sqrt(9 * c)), nn.Parameter(torch.zeros(c)), conv1(c, NEAR)

    def forward(self, x, k):
        f, parts = self.f(k), []
        for i in range(3):
            for j in range(3):
                alike = torch.exp(-0.5 * ((shifted(f, i, j) - f) ** 2).sum(1, True)) if (i, j) != (1, 1) else 1
                parts.append(shifted(x, i, j) * alike)
        return F.conv2d(torch.cat(parts, 1), self.w.permute(0, 2, 3, 1).flatten(1)[:, :, None, None], self.b)


class GSAC(nn.Module):
    """Global structure-aware convolution: one depth-wise 3x3 kernel a channel for the whole face, from its pooled prior. A kernel's sum is 2."""

    def __init__(self, c, maps=MAPS):
        super().__init__()
        self.g = conv1(maps, c)

    def forward(self, x, pooled):
        k = torch.sigmoid(self.g(pooled).float())
        k = (2 * k / k.sum((2, 3), keepdim=True)).to(x.dtype)
        b, c, h, w = x.shape
        return F.conv2d(x.reshape(1, b * c, h, w), k.reshape(b * c, 1, 3, 3), padding=1, groups=b * c).reshape(b, c, h, w)


class HAB(nn.Module):
    """x + o(relu(m([LSAC(s(x), k), GSAC(s(x))]))), k = h(prior). o starts at zero: adding the block changes nothing."""

    def __init__(self, c):
        super().__init__()
        self.s, self.h, self.l, self.g = conv3(c, c), conv3(c, c), LSAC(c), GSAC(c)
        self.m, self.o = conv1(2 * c, c), conv3(c, c)
        nn.init.zeros_(self.o.weight), nn.init.zeros_(self.o.bias)
        self.local, self.whole = True, True                 # for ablations: a plain convolution instead

    def forward(self, x, prior, pooled):
        a = self.s(x)
        k = self.h(prior) if self.local else torch.zeros_like(a)
        g = self.g(a, pooled) if self.whole else a
        return x + self.o(F.relu(self.m(torch.cat([self.l(a, k), g.to(a.dtype)], 1))))


class SPAD(nn.Module):
    """forward(lq [B,3,S,S] in [-1,1], maps [B,24,S/4,S/4], pooled [B,24,3,3]) -> [B,3,S,S]. S a multiple of 16. pooled: default, of these maps."""

    def __init__(self, widths, blocks, habs, tail, size=512, **_):
        super().__init__()
        w = list(widths)
        self.config = dict(arch='spad', widths=w, blocks=list(blocks), habs=list(habs), tail=tail, size=size)
        self.head = conv3(3 * SCALE * SCALE, w[0])
        self.sr = nn.ModuleList(nn.ModuleList(RCAB(w[i]) for _ in range(n)) for i, n in enumerate(blocks))
        self.hab = nn.ModuleList(nn.ModuleList(HAB(w[i]) for _ in range(n)) for i, n in enumerate(habs))
        self.mp = nn.ModuleList(conv3(MAPS, w[i]) if n else nn.Identity() for i, n in enumerate(habs))
        self.us = nn.ModuleList([conv3(w[0], 4 * w[1]), conv3(w[1], 4 * w[2]), conv3(w[2], 4 * tail)])
        self.sk = nn.ModuleList([conv1(w[0], w[1]), conv1(w[0], w[2])])
        self.out = small_(conv3(tail, 3), 0.2)

    def level(self, i, x, prior, pooled):
        """The blocks of one level: a HAB after each of the first RCABs."""
        h = lrelu(self.mp[i](prior)) if len(self.hab[i]) else None
        for j, block in enumerate(self.sr[i]):
            x = block(x)
            if j < len(self.hab[i]):
                x = self.hab[i][j](x, h, pooled)
        return x

    def forward(self, lq, maps=None, pooled=None):
        if maps is None:
            maps = lq.new_zeros(len(lq), MAPS, lq.shape[2] // 4, lq.shape[3] // 4)
        pooled = F.adaptive_avg_pool2d(maps, 3) if pooled is None else pooled
        first = x = self.head(F.pixel_unshuffle(lq, SCALE))
        for i in range(3):
            prior = F.avg_pool2d(maps, 2) if i == 0 else maps if i == 1 else F.interpolate(maps, scale_factor=2, mode='bilinear', align_corners=False)
            x = F.pixel_shuffle(self.us[i](self.level(i, x, prior, pooled)), 2)
            if i < 2:
                x = x + F.interpolate(self.sk[i](first), scale_factor=2 ** (i + 1), mode='bilinear', align_corners=False)
        return lq + self.out(x).float()

    def fold(self):
        """The deploy form is the training form."""
        return self


def build(config):
    return SPAD(**{k: v for k, v in config.items() if k != 'arch'})


def without(net, part):
    """Leaves a part out, for ablations: lsac (its kernels see no structure), gsac, or habs (they stay at nothing)."""
    for level in net.hab:
        for block in level:
            block.local, block.whole = part != 'lsac', part != 'gsac'
            block.o.requires_grad_(part != 'habs')


def grown(tensors, net):
    """(a net's tensors with those of a smaller one, the trunk of a warm start, in their places; names of those that fit nowhere)."""
    own = net.state_dict()
    strange = [k for k, v in tensors.items() if k not in own or own[k].shape != v.shape]
    own.update({k: v.float() for k, v in tensors.items() if k not in strange})
    return own, strange
