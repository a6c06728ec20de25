# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks that are trained here: compact face parser and compact JSFM-GAN generator.

Graphs, tensor names and widths follow docs/weights-format.md. Each network has one class with
two parameter forms: the training form (batch norm, unfolded UFSB branches) and the deploy form
that `fold()` returns, whose state_dict holds exactly the tensors of a weights file.
"""
import torch
from torch import nn
from torch.nn import functional as F

import fused

EPS = 1e-5
CLASSES = 19

PARSER_CONFIG = dict(arch='parser', widths=[24, 48, 96, 160], blocks=[1, 2, 2, 4], size=256)
JSFM_CONFIG = dict(arch='jsfm', modulation='shared', size=512, heads='gated', map='soft',
            channels={16: 192, 32: 160, 64: 96, 128: 48, 256: 32, 512: 16},
            guides={16: 48, 32: 48, 64: 48, 128: 32, 256: 16, 512: 16})
W_POWER = 6         # the user's fidelity to this power is the graph's w: realism reaches up to the middle of the knob


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


# ---------------------------------------------------------------------------- parser
class ResBlock(nn.Module):
    """x + b(lrelu(a(x))); with batch norm after both convolutions while training."""

    def __init__(self, c, deploy=False):
        super().__init__()
        self.a, self.b = conv3(c, c, deploy), conv3(c, c, deploy)
        if not deploy:
            self.na, self.nb = nn.BatchNorm2d(c), nn.BatchNorm2d(c)
        self.deploy = deploy

    def forward(self, x):
        if self.deploy:
            return x + self.b(lrelu(self.a(x)))
        return x + self.nb(self.b(lrelu(self.na(self.a(x)))))


class ParserC(nn.Module):
    """256x256 in; 19 logits at 128, 5 degradation values, 5 heat-map logits at 64."""

    def __init__(self, widths=(24, 48, 96, 160), blocks=(1, 2, 2, 4), size=256, deploy=False, **_):
        super().__init__()
        w = list(widths)
        self.config = dict(arch='parser', widths=w, blocks=list(blocks), size=size)
        self.stem = conv3(3, w[0], stride=2)
        self.e = nn.ModuleList(nn.Sequential(*[ResBlock(c, deploy) for _ in range(n)]) for c, n in zip(w, blocks))
        self.d = nn.ModuleList(conv3(w[i], w[i + 1], stride=2) for i in range(3))
        self.p = nn.ModuleList(conv1(w[i + 1], w[i]) for i in range(3))
        self.r = nn.ModuleList(ResBlock(w[i], deploy) for i in range(3))
        self.mask = conv3(w[0], CLASSES)
        self.deg = nn.Linear(w[3], 5)
        self.lmk = conv1(w[1], 5)
        with torch.no_grad():
            self.lmk.bias.fill_(-4.0)       # heat maps are nearly empty: start there

    def forward(self, x):
        x = lrelu(self.stem(x))
        skips = []
        for i in range(4):
            x = self.e[i](x)
            if i < 3:
                skips.append(x)
                x = lrelu(self.d[i](x))
        deg = self.deg(x.mean((2, 3)))
        for i in (2, 1, 0):
            x = self.r[i](up2(lrelu(self.p[i](x))) + skips[i])
            if i == 1:
                heat = self.lmk(x)
        return self.mask(x), deg, heat

    def fold(self):
        """The same function with batch norm folded into the convolutions (float32, eval statistics)."""
        out = ParserC(deploy=True, **self.config)
        own = self.state_dict()
        new = {k: own[k].float().clone() for k in out.state_dict() if k in own}
        for name, m in self.named_modules():
            if isinstance(m, ResBlock):
                for conv, bn in (('a', m.na), ('b', m.nb)):
                    g = bn.weight.float() / torch.sqrt(bn.running_var.float() + bn.eps)
                    new[f'{name}.{conv}.weight'] = getattr(m, conv).weight.float() * g.view(-1, 1, 1, 1)
                    new[f'{name}.{conv}.bias'] = bn.bias.float() - bn.running_mean.float() * g
        out.load_state_dict(new)
        return out.eval()


# ---------------------------------------------------------------------------- generator
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
        ch = {int(k): int(v) for k, v in (channels or JSFM_CONFIG['channels']).items()}
        mm = {int(k): int(v) for k, v in (guides or JSFM_CONFIG['guides']).items()}
        self.config = dict(JSFM_CONFIG, channels=ch, guides=mm, size=size, heads=heads, w_power=w_power)
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


def build(config):
    """Network in training form for a checkpoint's `config`."""
    c = {k: v for k, v in config.items() if k != 'arch'}
    return {'parser': ParserC, 'jsfm': Generator}[config['arch']](**c)
