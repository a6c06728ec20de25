# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers that the networks share: convolutions, resampling, instance norm, as docs/weights-format.md defines them."""
import torch
from torch import nn
from torch.nn import functional as F

EPS = 1e-5


def lrelu(x):
    return F.leaky_relu(x, 0.2)


def up2(x):
    return F.interpolate(x, scale_factor=2, mode='bilinear', align_corners=False)


def down2(x):
    return F.avg_pool2d(x, 2)


def norm_stats(x):
    """Mean and 1/std per sample and channel. E[x^2]-m^2: x.var() is several times slower on a CPU."""
    x = x.float()
    m = x.mean((2, 3), keepdim=True)
    v = (x * x).mean((2, 3), keepdim=True) - m * m
    return m, torch.rsqrt(v.clamp_min(0) + EPS)


def inorm(x):
    m, r = norm_stats(x)
    return x * r.to(x.dtype) - (m * r).to(x.dtype)


class Conv3(nn.Conv2d):
    """3x3 convolution with zero padding. Rows beyond 256 pixels are done in parts while training in bf16 on a CPU: oneDNN 2.6 (torch 1.13)
    returns NaN as the weights' gradient of wider ones where it uses AMX."""

    PART = 256

    def forward(self, x):
        n = x.shape[-1]
        if self.stride != (1, 1) or n <= self.PART or x.device.type != 'cpu' or not (torch.is_grad_enabled() and torch.is_autocast_cpu_enabled()):
            return super().forward(x)
        x = F.pad(x, (1, 1))
        return torch.cat([F.conv2d(x[..., i:min(i + self.PART, n) + 2], self.weight, self.bias, padding=(1, 0))
                          for i in range(0, n, self.PART)], 3)


def conv3(i, o, bias=True, stride=1):
    return Conv3(i, o, 3, stride, 1, bias=bias)


def conv1(i, o, bias=True):
    return nn.Conv2d(i, o, 1, bias=bias)


def small_(conv, gain, bias=0.0):
    """Scale the default init of a convolution and set its bias."""
    with torch.no_grad():
        conv.weight.mul_(gain)
        if conv.bias is not None:
            conv.bias.fill_(bias)
    return conv
