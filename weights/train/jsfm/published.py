# SPDX-License-Identifier: GPL-3.0-or-later
"""The full-size networks of the literature in our tensor names: what convert.py fills, and the engine's reference.

Written from the facts of the method (docs/weights-format.md, modulation `published`); no channel count is fixed, so that
tests run it tiny. Resizing of guides is bicubic (a = -0.75, align_corners=false, no anti-aliasing).
"""
import torch
from torch import nn
from torch.nn import functional as F

from base.data import CLASSES
from base.layers import conv1, conv3, inorm, lrelu

CHANNELS = {16: 1024, 32: 512, 64: 256, 128: 128, 256: 64, 512: 32}
TRUNK = 64
PARSER_WIDTHS = (64, 128, 256, 256, 256)
PARSER_UP = (256, 256, 128, 64)


def bicubic(x, n):
    return x if x.shape[-1] == n else F.interpolate(x, (n, n), mode='bicubic', align_corners=False)


class STNorm(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.t, self.g, self.b = conv3(3 + CLASSES, TRUNK), conv3(TRUNK, c), conv3(TRUNK, c)

    def forward(self, x, ref):
        a = lrelu(self.t(bicubic(ref, x.shape[-1])))
        return inorm(x) * self.g(a) + self.b(a)


class JSFT(nn.Module):
    """td, gd, bd: degraded photo and map; ts, gs, bs: stage image and map. w scales gd and bd; 1 is the published form."""

    def __init__(self, c):
        super().__init__()
        self.td, self.ts = conv3(3 + CLASSES, TRUNK), conv3(3 + CLASSES, TRUNK)
        self.gd, self.bd, self.gs, self.bs = (conv3(TRUNK, c) for _ in range(4))

    def forward(self, x, lm, sm, w):
        n = x.shape[-1]
        d, s = lrelu(self.td(bicubic(lm, n))), lrelu(self.ts(bicubic(sm, n)))
        gd, bd, gs, bs = w * self.gd(d), w * self.bd(d), self.gs(s), self.bs(s)
        return inorm(x) * (gs * (1 + gd) + bd) + bs * (1 + gd) + bd


class Res(nn.Module):
    """x + c1(lrelu(n1(c0(lrelu(n0(x))))))"""

    def __init__(self, c, norm):
        super().__init__()
        self.n0, self.n1, self.c0, self.c1 = norm(c), norm(c), conv3(c, c), conv3(c, c)

    def forward(self, x, *guides):
        return x + self.c1(lrelu(self.n1(self.c0(lrelu(self.n0(x, *guides))), *guides)))


class UFSB(nn.Module):
    """Two branches of C channels, concatenated, activated again, pixel-shuffled, plus noise at the new size."""

    def __init__(self, c):
        super().__init__()
        self.p, self.q, self.n = conv1(c, c), conv3(c, c), JSFT(c)
        self.h = nn.Conv2d(c, c, (1, 3), padding=(0, 1), bias=False)
        self.v = nn.Conv2d(c, c, (3, 1), padding=(1, 0), bias=False)
        self.s = conv3(c, c, False)
        self.nh, self.nv, self.ns = JSFT(c), JSFT(c), JSFT(c)
        self.noise = nn.Parameter(torch.zeros(1))

    def forward(self, x, lm, sm, w, plane=None):
        a = lrelu(self.n(self.q(self.p(x)), lm, sm, w))
        b = lrelu(sum(n(c(x), lm, sm, w) for c, n in ((self.h, self.nh), (self.v, self.nv), (self.s, self.ns))))
        y = F.pixel_shuffle(lrelu(torch.cat([a, b], 1)), 2)
        return y if plane is None else y + self.noise * plane


class Generator(nn.Module):
    """lq [B,3,512,512], one-hot map [B,19,512,512] -> {64: S64, 128, 256, 512}. planes: {q: [1,1,q,q]} of N(0,1)."""

    def __init__(self, channels=None):
        super().__init__()
        ch = {int(k): int(v) for k, v in (channels or CHANNELS).items()}
        self.const, self.h = nn.Parameter(torch.randn(1, ch[16], 16, 16)), conv3(ch[16], ch[16])
        self.r16, self.r32, self.r64 = (Res(ch[r], STNorm) for r in (16, 32, 64))
        self.m32, self.m64 = conv3(ch[16] // 4, ch[32]), conv3(ch[32] // 4, ch[64])
        self.noise = nn.ParameterDict({q: nn.Parameter(torch.zeros(1)) for q in ('32', '64')})
        up = (128, 256, 512)
        self.u = nn.ModuleDict({str(q): UFSB(ch[q // 2]) for q in up})
        self.m = nn.ModuleDict({str(q): conv3(ch[q // 2] // 2, ch[q]) for q in up})
        self.r = nn.ModuleDict({str(q): Res(ch[q], JSFT) for q in up})
        self.rgb = nn.ModuleDict({str(q): conv3(ch[q], 3) for q in (64,) + up})

    def forward(self, lq, onehot, w=1.0, planes=None):
        ref, planes = torch.cat([lq, onehot], 1), planes or {}
        x = self.r16(self.h(self.const).expand(len(lq), -1, -1, -1), ref)
        for q, m, r in ((32, self.m32, self.r32), (64, self.m64, self.r64)):
            x = F.pixel_shuffle(x, 2)
            if q in planes:
                x = x + self.noise[str(q)] * planes[q]
            x = r(m(x), ref)
        outs = {64: self.rgb['64'](x)}
        for q in (128, 256, 512):
            k = str(q)
            lm = bicubic(ref, q // 2)
            sm = torch.cat([outs[q // 2], lm[:, 3:]], 1)
            y = self.u[k](x, lm, sm, w, planes.get(q))
            x = self.r[k](self.m[k](y), lm, sm, w)
            outs[q] = self.rgb[k](x)
        return outs


class ParserBlock(nn.Module):
    """s(x) + b(lrelu(a(x))) with reflection padding; scale 'down': b and s stride 2; 'up': nearest x2 before a and s."""

    def __init__(self, i, o, scale):
        super().__init__()
        self.a, self.b, self.scale = nn.Conv2d(i, o, 3), nn.Conv2d(o, o, 3, 2 if scale == 'down' else 1), scale
        if scale:
            self.s = nn.Conv2d(i, o, 3, 2 if scale == 'down' else 1)

    def forward(self, x):
        if self.scale == 'up':
            x = F.interpolate(x, scale_factor=2, mode='nearest')
        y = self.b(mirror(lrelu(self.a(mirror(x)))))
        return y + (self.s(mirror(x)) if self.scale else x)


def mirror(x):
    return F.pad(x, (1, 1, 1, 1), mode='reflect')


class Parser(nn.Module):
    """[B,3,512,512] -> 19 logits at 512. Batch norm is folded into a and b."""

    def __init__(self, widths=PARSER_WIDTHS, up=PARSER_UP, body=10):
        super().__init__()
        self.stem = nn.Conv2d(3, widths[0], 3)
        self.e = nn.ModuleList(ParserBlock(a, b, 'down') for a, b in zip(widths, widths[1:]))
        self.body = nn.ModuleList(ParserBlock(widths[-1], widths[-1], '') for _ in range(body))
        self.d = nn.ModuleList(ParserBlock(a, b, 'up') for a, b in zip((widths[-1],) + tuple(up), up))
        self.mask = nn.Conv2d(up[-1], CLASSES, 3)

    def forward(self, x):
        x = self.stem(mirror(x))
        for m in self.e:
            x = m(x)
        y = x
        for m in self.body:
            y = m(y)
        x = x + y
        for m in self.d:
            x = m(x)
        return self.mask(mirror(x))
