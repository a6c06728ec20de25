#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes ops.safetensors beside this script: inputs, weights and what PyTorch makes of them, for tests/unit/test_ops.c.
Run with python3-torch; the file is committed. Names: CASE.in, CASE.weight, CASE.bias, CASE.out, ..."""
import os
import sys

import torch
from torch.nn import functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', '..', 'weights', 'train'))
from base import st  # noqa: E402

OUT = {}


def put(case, **tensors):
    for k, v in tensors.items():
        OUT[f'{case}.{k}'] = v.float().contiguous()


def rand(*shape):
    return torch.randn(*shape)


def conv(case, c_in, c_out, kh, kw, h, w, stride=1, dilation=1, reflect=False):
    x, weight, bias = rand(1, c_in, h, w), rand(c_out, c_in, kh, kw) * 0.3, rand(c_out)
    ph, pw = kh // 2 * dilation, kw // 2 * dilation
    y = F.conv2d(F.pad(x, (pw, pw, ph, ph), mode='reflect') if reflect else F.pad(x, (pw, pw, ph, ph)), weight, bias, stride, 0, dilation)
    put(case, weight=weight, bias=bias, **{'in': x[0], 'out': y[0]})



def epilogue():
    x, weight, bias, add = rand(1, 5, 9, 20), rand(6, 5, 3, 3) * 0.3, rand(6), rand(1, 6, 9, 20)
    y = F.conv2d(x, weight, bias, padding=1)
    z = F.leaky_relu(y, 0.2) + add
    put('epilogue', weight=weight, bias=bias, **{'in': x[0], 'add': add[0]}, lrelu_add=z[0], add_lrelu=F.leaky_relu(y + add, 0.2)[0],
        relu=F.relu(y)[0], sigmoid=torch.sigmoid(y)[0], elu=F.elu(y)[0], mean=z.double().mean((2, 3))[0],
        rstd=torch.rsqrt(z.double().var((2, 3), unbiased=False) + 1e-5)[0])


def inorm(x):
    return F.instance_norm(x.double(), eps=1e-5).float()


def modulation():
    c, m, h, w = 20, 6, 6, 18
    x, a, b, half = rand(1, c, h, w) * 2 + 1, rand(1, m, h, w), rand(1, m, h, w), rand(1, m, h // 2, w // 2)
    out0, wmap = rand(1, c, h, w), torch.rand(1, 1, h, w)
    names = ('gd', 'bd', 'gs', 'bs')
    one = {n: (rand(c, m, 1, 1) * 0.3, rand(c)) for n in names}
    three = {n: (rand(c, m, 3, 3) * 0.2, rand(c)) for n in names}
    u = inorm(x)

    def jsfm(heads, a, b, w, pad=0):
        gd, bd, gs, bs = (F.conv2d(g, *heads[n], padding=pad) for n, g in zip(names, (a, a, b, b)))
        gd, bd = w * gd, w * bd
        return u * (gs * (1 + gd) + bd) + bs * (1 + gd) + bd

    st1 = u * F.conv2d(a, *one['gd']) + F.conv2d(a, *one['bd'])
    j = jsfm(one, a, b, 0.7)
    put('modulate', x=x[0], a=a[0], b=b[0], half=half[0], start=out0[0], wmap=wmap[0],
        **{f'one.{n}.{k}': t for n, v in one.items() for k, t in zip(('weight', 'bias'), v)},
        **{f'three.{n}.{k}': t for n, v in three.items() for k, t in zip(('weight', 'bias'), v)},
        st=st1[0], st_lrelu=F.leaky_relu(st1, 0.2)[0], j=j[0], j_map=jsfm(one, a, b, wmap)[0],
        j_half=jsfm(one, a, F.interpolate(half, scale_factor=2, mode='bilinear', align_corners=False), 0.7)[0],
        j_three=jsfm(three, a, b, 0.7, 1)[0], j_accumulate=(out0 + j)[0],
        j_shuffle=F.pixel_shuffle(F.leaky_relu(j, 0.2), 2)[0])


def resampling():
    x = rand(1, 3, 6, 10)
    big = rand(1, 2, 20, 24)
    put('resample', **{'in': x[0]}, up2=F.interpolate(x, scale_factor=2, mode='bilinear', align_corners=False)[0],
        nearest=F.interpolate(x, scale_factor=2, mode='nearest')[0], down2=F.avg_pool2d(x, 2)[0],
        cubic_up=F.interpolate(x, (12, 20), mode='bicubic', align_corners=False)[0],
        cubic_odd=F.interpolate(x, (7, 23), mode='bicubic', align_corners=False)[0],
        linear_odd=F.interpolate(x, (7, 23), mode='bilinear', align_corners=False)[0],
        linear_down=F.interpolate(big, (5, 3), mode='bilinear', align_corners=False)[0],
        big=big[0], cubic_down=F.interpolate(big, (5, 3), mode='bicubic', align_corners=False)[0])
    y = rand(1, 8, 4, 6)
    put('shuffle', **{'in': y[0]}, out=F.pixel_shuffle(y, 2)[0])


def pointwise():
    x = rand(1, 19, 5, 7) * 4
    put('pointwise', **{'in': x[0]}, softmax=F.softmax(x, 1)[0], mean=x.mean((2, 3))[0])
    v, weight, bias = rand(1, 9), rand(5, 9), rand(5)
    put('linear', **{'in': v[0]}, weight=weight, bias=bias, out=F.linear(v, weight, bias)[0])


def gated():
    da, s, photo, wmap = rand(1, 4, 8, 12), rand(1, 3, 4, 6), rand(1, 3, 8, 12), torch.rand(1, 1, 8, 12)
    d, g = da[:, :3], torch.sigmoid(da[:, 3:])
    u = F.interpolate(s, scale_factor=2, mode='bilinear', align_corners=False)
    put('gated', da=da[0], previous=s[0], photo=photo[0], wmap=wmap[0], first=(d + g * photo)[0],
        next=(u + d + 0.6 * g * (photo - u))[0], next_map=(u + d + wmap * g * (photo - u))[0])


def attention():
    """CBAM's halves one after the other, and one direction of Bi-GFF."""
    c, hidden, h, w = 12, 3, 9, 14
    x, narrow, wide = rand(1, c, h, w) * 2, (rand(hidden, c), rand(hidden)), (rand(c, hidden), rand(c))
    spatial, gate, value = (rand(1, 2, 7, 7) * 0.3, rand(1)), torch.rand(1, c, h, w), rand(1, c, h, w)

    def f(v):
        return F.linear(F.relu(F.linear(v, *narrow)), *wide)

    channel = x * torch.sigmoid(f(x.mean((2, 3))) + f(x.amax((2, 3))))[:, :, None, None]
    both = channel * torch.sigmoid(F.conv2d(torch.cat([channel.amax(1, True), channel.mean(1, True)], 1), *spatial, padding=3))
    put('attention', x=x[0], channel=channel[0], both=both[0], gate=gate[0], value=value[0], gated=(x + 0.7 * gate * value)[0])
    for name, (weight, bias) in (('narrow', narrow), ('wide', wide), ('spatial', spatial)):
        put(f'attention.{name}', weight=weight, bias=bias)


def windows(x):
    """[1,C,9,h,w]: the 3x3 window of every pixel, zero outside."""
    return F.unfold(x, 3, padding=1).view(1, x.shape[1], 9, *x.shape[2:])


def adaptive(case, c_in, c_out, guides, h, w):
    """Pixel-adaptive convolution by its definition, unfolded; both in double."""
    x, f, weight, bias = rand(1, c_in, h, w), rand(1, guides, h, w) * 0.5, rand(c_out, c_in, 3, 3) * 0.3, rand(c_out)
    alike = torch.exp(-0.5 * (windows(f.double()) - f.double()[:, :, None]).square().sum(1, True))
    y = torch.einsum('oit,bithw->bohw', weight.double().flatten(2), alike * windows(x.double())) + bias[None, :, None, None]
    put(case, weight=weight, bias=bias, guide=f[0], **{'in': x[0], 'out': y[0]})


def dynamic():
    """Depth-wise convolution, pooling to cells, unshuffling by more than 2, and the end of an RCAB."""
    x, kernels = rand(1, 7, 9, 14), rand(7, 1, 3, 3)
    put('depthwise', kernels=kernels[:, 0], **{'in': x[0], 'out': F.conv2d(x, kernels, padding=1, groups=7)[0]})
    big = rand(1, 3, 16, 22)
    put('cells', **{'in': big[0], 'few': F.adaptive_avg_pool2d(big, 3)[0], 'half': F.avg_pool2d(big, 2)[0]})
    wide = rand(1, 2, 6, 15)
    put('unshuffle3', **{'in': wide[0], 'out': F.pixel_unshuffle(wide, 3)[0]})
    y, start, narrow, widen = rand(1, 7, 9, 14), rand(1, 7, 9, 14), (rand(3, 7), rand(3)), (rand(7, 3), rand(7))
    mean = y.mean((2, 3))
    gate = torch.sigmoid(F.linear(F.relu(F.linear(mean, *narrow)), *widen))
    put('attended', y=y[0], mean=mean[0], start=start[0], out=(start + y * gate[:, :, None, None])[0])
    for name, (weight, bias) in (('narrow', narrow), ('wide', widen)):
        put(f'attended.{name}', weight=weight, bias=bias)


def main():
    torch.manual_seed(20)
    conv('c3', 5, 7, 3, 3, 11, 19)
    conv('c1', 6, 10, 1, 1, 9, 33)
    conv('s2', 4, 9, 3, 3, 14, 22, stride=2)
    conv('s2odd', 4, 9, 3, 3, 15, 21, stride=2)
    conv('c1s2', 4, 6, 1, 1, 12, 10, stride=2)
    conv('c13', 4, 8, 1, 3, 10, 12)
    conv('c31', 4, 8, 3, 1, 10, 12)
    conv('c5', 3, 4, 5, 5, 12, 14)
    conv('d2', 3, 5, 3, 3, 16, 17, dilation=2)
    conv('r3', 5, 8, 3, 3, 10, 13, reflect=True)
    conv('r3s2', 5, 8, 3, 3, 16, 12, stride=2, reflect=True)
    conv('wide', 3, 9, 3, 3, 24, 70)
    conv('deep', 40, 17, 3, 3, 16, 16)
    epilogue()
    modulation()
    resampling()
    pointwise()
    gated()
    conv('d4', 3, 5, 3, 3, 16, 17, dilation=4)
    conv('c7', 2, 1, 7, 7, 9, 14)
    attention()
    adaptive('adaptive', 5, 7, 4, 11, 19)
    adaptive('adaptive.deep', 40, 17, 8, 9, 16)
    adaptive('adaptive.thin', 3, 9, 2, 3, 1)
    dynamic()
    st.save(os.path.join(HERE, 'ops.safetensors'), OUT)


if __name__ == '__main__':
    main()
