# SPDX-License-Identifier: GPL-3.0-or-later
"""The compact JSFM-GAN generator. Graph, tensor names and widths follow docs/weights-format.md.

One class with two parameter forms: the training form (unfolded UFSB branches) and the deploy form that `fold()` returns, whose state_dict
holds exactly the tensors of a weights file.
"""
import torch
from torch import nn
from torch.nn import functional as F

from base.data import CLASSES
from base.layers import conv1, conv3, down2, inorm, lrelu, small_, up2
from jsfm import fused

CONFIG = dict(arch='jsfm', modulation='shared', size=512, heads='gated', map='soft',
              channels={16: 192, 32: 160, 64: 96, 128: 48, 256: 32, 512: 16},
              guides={16: 48, 32: 48, 64: 48, 128: 32, 256: 16, 512: 16})
W_POWER = 1         # the user's fidelity to this power is the graph's w: equal steps of the knob are equal changes of the picture


def both(a, first, second):
    """Two 1x1 convolutions of one guide as one, side by side."""
    return F.conv2d(a, torch.cat([first.weight, second.weight]), torch.cat([first.bias, second.bias]))


class STNorm(nn.Module):
    """Stage-1 modulation by degraded photo and map, then lrelu: lrelu(IN(x)*g(a) + b(a))."""

    def __init__(self, c, m):
        super().__init__()
        self.g, self.b = small_(conv1(m, c), 0.5, 1.0), small_(conv1(m, c), 0.5)

    def forward(self, x, a):
        s = both(a, self.g, self.b)
        if fused.usable(x):
            return fused.modulate(x, None, s, None)
        g, b = s.chunk(2, 1)
        return lrelu(inorm(x) * g + b)


class JSFM(nn.Module):
    """Joint stage feature modulation, then lrelu; w scales what the degraded photo contributes.

    c = gs*u + bs;  c + w*(gd*c + bd*(u + 1)) is the contract's formula with fewer passes.
    """

    def __init__(self, c, m):
        super().__init__()
        self.gd, self.bd = small_(conv1(m, c), 0.5), small_(conv1(m, c), 0.5)
        self.gs, self.bs = small_(conv1(m, c), 0.5, 1.0), small_(conv1(m, c), 0.5)

    def forward(self, x, ad, st, w):
        d, s = both(ad, self.gd, self.bd), both(st, self.gs, self.bs)
        if fused.usable(x):
            return fused.modulate(x, d, s, w)
        u, (gd, bd), (gs, bs) = inorm(x), d.chunk(2, 1), s.chunk(2, 1)
        c = gs * u + bs
        return lrelu(c + w.to(c.dtype) * (gd * c + bd * (u + 1)))


class STRes(nn.Module):
    def __init__(self, c, m):
        super().__init__()
        self.n0, self.n1 = STNorm(c, m), STNorm(c, m)
        self.c0, self.c1 = conv3(c, c), small_(conv3(c, c), 0.3)

    def forward(self, x, a):
        r = self.c0(self.n0(x, a))
        return x + self.c1(self.n1(r, a))


class JRes(nn.Module):
    def __init__(self, c, m):
        super().__init__()
        self.n0, self.n1 = JSFM(c, m), JSFM(c, m)
        self.c0, self.c1 = conv3(c, c), small_(conv3(c, c), 0.3)

    def forward(self, x, ad, st, w):
        r = self.c0(self.n0(x, ad, st, w))
        return x + self.c1(self.n1(r, ad, st, w))


class Chain(nn.Module):
    """Training form of UFSB branch 1: conv1x1 without bias, then conv3x3, computed as one 3x3."""

    def __init__(self, c):
        super().__init__()
        self.p, self.q = conv1(c, c, False), conv3(c, c)

    def folded(self):
        return torch.einsum('omhw,mi->oihw', self.q.weight, self.p.weight[:, :, 0, 0]), self.q.bias

    def forward(self, x):
        w, b = self.folded()
        return F.conv2d(x, w, b, padding=1)


class Asym(nn.Module):
    """Training form of UFSB branch 2: 1x3 + 3x1 + 3x3 without bias, computed as one 3x3."""

    def __init__(self, c):
        super().__init__()
        self.h = nn.Conv2d(c, c, (1, 3), padding=(0, 1), bias=False)
        self.v = nn.Conv2d(c, c, (3, 1), padding=(1, 0), bias=False)
        self.s = conv3(c, c, False)
        for m in (self.h, self.v, self.s):
            small_(m, 0.6)

    def folded(self):
        return self.s.weight + F.pad(self.h.weight, (0, 0, 1, 1)) + F.pad(self.v.weight, (1, 1, 0, 0)), None

    def forward(self, x):
        return F.conv2d(x, self.folded()[0], padding=1)


class UFSB(nn.Module):
    """Up-sampling feature supplement block: C channels in, C/2 at twice the size out."""

    def __init__(self, c, m, deploy=False):
        super().__init__()
        self.a = conv3(c, c) if deploy else Chain(c)
        self.b = conv3(c, c, False) if deploy else Asym(c)
        self.na, self.nb = JSFM(c, m), JSFM(c, m)
        self.noise = nn.Parameter(torch.full((1,), 0.1))      # at 0 its gradient is 0 on average

    def forward(self, x, ad, st, w, plane):
        y = torch.cat([self.na(self.a(x), ad, st, w), self.nb(self.b(x), ad, st, w)], 1)
        if plane is not None:
            y = y + self.noise.to(y.dtype) * plane.to(y.dtype)
        return F.pixel_shuffle(y, 2)


class Generator(nn.Module):
    """JSFM-C. `forward` returns the stage images {64: S64, 128: S128, ...} up to the size of `lq`.

    Its w is the graph's own while training; the deploy form, as a weights file, takes the user's fidelity (w = fidelity ** w_power).
    """

    def __init__(self, channels=None, guides=None, size=512, heads='gated', w_power=1, deploy=False, **_):
        super().__init__()
        ch = {int(k): int(v) for k, v in (channels or CONFIG['channels']).items()}
        mm = {int(k): int(v) for k, v in (guides or CONFIG['guides']).items()}
        self.config = dict(CONFIG, channels=ch, guides=mm, size=size, heads=heads, w_power=w_power)
        self.size, self.gated, self.power = size, heads == 'gated', w_power if deploy else 1
        low, up = (16, 32, 64, 128, 256), [q for q in (128, 256, 512) if q <= size]
        self.const = nn.Parameter(torch.randn(1, ch[16], 16, 16))
        self.h = conv3(ch[16], ch[16])
        self.r16, self.r32, self.r64 = (STRes(ch[r], mm[r]) for r in (16, 32, 64))
        self.m32, self.m64 = conv3(ch[16] // 4, ch[32]), conv3(ch[32] // 4, ch[64])
        self.gd = nn.ModuleDict({str(r): conv3(3 + CLASSES, mm[r]) for r in low if r <= size})
        self.gs = nn.ModuleDict({str(q // 2): conv3(3 + CLASSES, mm[q // 2]) for q in up})
        self.pj = nn.ModuleDict({str(q): conv1(mm[q // 2], mm[q]) for q in up})
        if size == 512:
            self.g512, self.g512m = conv3(3, mm[512]), conv1(mm[256], mm[512])
        self.u = nn.ModuleDict({str(q): UFSB(ch[q // 2], mm[q // 2], deploy) for q in up})
        self.m = nn.ModuleDict({str(q): conv3(ch[q // 2] // 2, ch[q]) for q in up})
        self.r = nn.ModuleDict({str(q): JRes(ch[q], mm[q]) for q in up})
        outs = 4 if self.gated else 3
        self.rgb = nn.ModuleDict({str(r): small_(conv3(ch[r], outs), 0.05) for r in [64] + up})
        if self.gated:
            with torch.no_grad():
                self.rgb['64'].bias[3] = 2.0       # start as the reduced photo itself

    def guides(self, pyr, maps, top):
        a = {r: lrelu(self.gd[str(r)](torch.cat([pyr[r], maps[r]], 1))) for r in (16, 32, 64, 128, 256) if r <= top}
        if top == 512:
            a[512] = lrelu(self.g512(pyr[512]) + up2(self.g512m(a[256])))
        return a

    def head(self, r, x, pyr, prev, w):
        y = self.rgb[str(r)](x).float()
        if not self.gated:
            return y
        d, gate = y[:, :3], torch.sigmoid(y[:, 3:])
        if prev is None:
            return d + gate * pyr[r]
        u = up2(prev)
        return u + d + w * gate * (pyr[r] - u)

    def stage1(self, a, pyr):
        """Everything up to S64: does not depend on w."""
        n = next(iter(a.values())).shape[0]
        x = self.h(self.const).expand(n, -1, -1, -1)
        x = self.r16(x, a[16])
        x = self.r32(self.m32(F.pixel_shuffle(x, 2)), a[32])
        x = self.r64(self.m64(F.pixel_shuffle(x, 2)), a[64])
        return x, self.head(64, x, pyr, None, None)

    def stage2(self, q, x, s, a, maps, pyr, w, plane):
        """From x, S at q/2 to x, S at q. w: dict of [B,1,1,1] or [B,1,r,r] by resolution."""
        r = q // 2
        b = lrelu(self.gs[str(r)](torch.cat([s.detach() if self.cut else s, maps[r]], 1)))
        y = self.u[str(q)](x, a[r], b, w[r], plane)
        x = self.r[str(q)](self.m[str(q)](y), a[q], up2(self.pj[str(q)](b)), w[q])
        return x, self.head(q, x, pyr, s, w[q])

    cut = False     # True: the stage image is a constant for the next stage's guide

    def forward(self, lq, prob, w=1.0, planes=None, frozen=0):
        """lq [B,3,top,top], prob [B,19,128,128], w scalar, [B,1,1,1] or [B,1,top,top].

        planes: {q/2: [1 or B,1,q/2,q/2]} of N(0,1) for the UFSB noise, or None for none.
        frozen: stages up to this size run without gradients (the trainer's last phase).
        """
        top = int(lq.shape[-1])
        pyr, wp, r = {top: lq}, {}, top
        w = torch.as_tensor(w, dtype=torch.float32, device=lq.device) ** self.power
        wp[top] = w.view(-1, 1, 1, 1) if w.numel() in (1, lq.shape[0]) else w
        while r > 16:
            pyr[r // 2] = down2(pyr[r])
            wp[r // 2] = down2(wp[r]) if wp[r].shape[-1] > 1 else wp[r]
            r //= 2
        maps = {128: prob, 256: up2(prob) if top >= 256 else None}
        for r in (64, 32, 16):
            maps[r] = down2(maps[2 * r])
        planes = planes or {}
        with torch.set_grad_enabled(torch.is_grad_enabled() and frozen < 256):
            a = self.guides(pyr, maps, min(top, 256))
        with torch.set_grad_enabled(torch.is_grad_enabled() and frozen < 64):
            x, s = self.stage1(a, pyr)
        outs, q = {64: s}, 128
        while q <= top:
            with torch.set_grad_enabled(torch.is_grad_enabled() and frozen < q):
                if q == 512:
                    a[512] = lrelu(self.g512(pyr[512]) + up2(self.g512m(a[256])))
                x, s = self.stage2(q, x, s, a, maps, pyr, wp, planes.get(q // 2))
            outs[q] = s
            q *= 2
        return outs

    def fold(self):
        """Deploy form: both UFSB branches as one 3x3 convolution each."""
        out = Generator(deploy=True, **self.config)
        own = self.state_dict()
        new = {k: own[k].float().clone() for k in out.state_dict() if k in own}
        for q, u in self.u.items():
            wa, ba = u.a.folded()
            new[f'u.{q}.a.weight'], new[f'u.{q}.a.bias'] = wa.detach().float(), ba.detach().float()
            new[f'u.{q}.b.weight'] = u.b.folded()[0].detach().float()
        out.load_state_dict(new)
        return out.eval()


def build(config, deploy=False):
    return Generator(deploy=deploy, **{k: v for k, v in config.items() if k != 'arch'})
