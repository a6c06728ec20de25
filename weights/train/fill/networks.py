# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks of `fill`: edge, coarse, refine and finder. Graphs and tensor names as in docs/weights-format.md.

They have one form: what is trained is what a weights file holds. x is in [-1,1]; v is 1 where the photo is undamaged.
"""
import torch
from torch import nn
from torch.nn import functional as F

from base.layers import lrelu, up2

CONFIG = dict(edge=dict(widths=[16, 32, 64, 128], blocks=4, growth=32),
              coarse=dict(widths=[16, 32, 64, 128], blocks=4, growth=32, structure=[16, 32, 64]),
              refine=dict(widths=[16, 32, 64, 96], blocks=2, growth=32),
              finder=dict(widths=[24, 32, 64], blocks=2, growth=32))
UNKNOWN = .1                        # edge probability in the hole where nothing is known: about the share of edges in faces


def conv(i, o, k=3, stride=1, dilation=1):
    return nn.Conv2d(i, o, k, stride, k // 2 * dilation, dilation)


def quiet(c, gain):
    """A layer that starts with little to say."""
    with torch.no_grad():
        c.weight.mul_(gain)
        c.bias.zero_()
    return c


class CBAM(nn.Module):
    """Channel attention from mean and maximum, then spatial attention from them over channels."""

    def __init__(self, c, r=8):
        super().__init__()
        self.f1, self.f2, self.sp = nn.Linear(c, c // r), nn.Linear(c // r, c), conv(2, 1, 7)

    def forward(self, x):
        say = lambda v: self.f2(F.relu(self.f1(v)))
        x = x * torch.sigmoid(say(x.mean((2, 3))) + say(x.amax((2, 3))))[:, :, None, None]
        return x * torch.sigmoid(self.sp(torch.cat([x.amax(1, True), x.mean(1, True)], 1)))


class DRAB(nn.Module):
    """Dense residual attention block: three dilated convolutions that see all before them, then CBAM."""

    def __init__(self, c, g, dilations=(1, 2, 4)):
        super().__init__()
        self.cs = nn.ModuleList([conv(c + i * g, g, dilation=d) for i, d in enumerate(dilations)])
        self.f, self.att = quiet(conv(c + g * len(dilations), c, 1), .5), CBAM(c)

    def forward(self, x):
        y = x
        for c in self.cs:
            y = torch.cat([y, F.elu(c(y))], 1)
        return x + self.att(self.f(y))


class BiGFF(nn.Module):
    """Texture and structure give to each other, each through a gate that both open; starts as the identity."""

    def __init__(self, t, q):
        super().__init__()
        self.gs, self.gt = conv(t + q, t), conv(t + q, q)
        self.ps, self.pt = conv(q, t, 1), conv(t, q, 1)
        self.a, self.b = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))

    def forward(self, t, q):
        e = torch.cat([t, q], 1)
        return t + self.a * torch.sigmoid(self.gs(e)) * self.ps(q), q + self.b * torch.sigmoid(self.gt(e)) * self.pt(t)


class Unet(nn.Module):
    """What edge and coarse network share: three halvings, dense attention blocks with a learned position map at 1/8, and back."""

    def __init__(self, widths, blocks, growth, out):
        super().__init__()
        w = widths
        self.i = conv(8, w[0], 5)
        self.d = nn.ModuleList([conv(w[i], w[i + 1], stride=2) for i in range(3)])
        self.e = nn.ModuleList([conv(w[i], w[i]) for i in (1, 2)])
        self.pos = nn.Parameter(torch.randn(1, w[3], 16, 16) * .1)
        self.b = nn.ModuleList([DRAB(w[3], growth) for _ in range(blocks)])
        self.p = nn.ModuleList([conv(w[i + 1], w[i], 1) for i in range(3)])
        self.u = nn.ModuleList([conv(w[i], w[i]) for i in range(3)])
        self.l, self.out = conv(w[0], w[0]), quiet(conv(w[0], out), .1)

    def encode(self, fill, v, edge):
        x = lrelu(self.i(torch.cat([fill, fill * v, v, edge], 1)))
        skips = [x]
        for i in range(3):
            x = lrelu(self.d[i](x))
            if i < 2:
                x = lrelu(self.e[i](x))
            skips.append(x)
        return x, skips

    def decode(self, x, skips):
        for i in (2, 1, 0):
            x = up2(self.p[i](x)) + skips[i]
            x = x + lrelu(self.u[i](x))
        return self.out(lrelu(self.l(x))).float()

    def trunk(self, x):
        for b in self.b:
            x = b(x)
        return x


class Edge(Unet):
    """Edge logits of the whole reduced picture; fill: harmonic fill, edge: Canny edges outside the hole."""

    def __init__(self, widths, blocks, growth):
        super().__init__(widths, blocks, growth, 1)

    def forward(self, fill, v, edge, place=1.0):
        """place: 1 in an aligned face crop, 0 anywhere else."""
        x, skips = self.encode(fill, v, edge)
        return self.decode(self.trunk(x + place * self.pos), skips)


class Coarse(Unet):
    """Picture and edge logits at 128. A small structure stream (edges, known luma, v) is fused with the texture stream by Bi-GFF
    before and after the trunk; the second has nothing to give back to."""

    def __init__(self, widths, blocks, growth, structure):
        super().__init__(widths, blocks, growth, 4)
        q = [3] + list(structure)
        self.s = nn.ModuleList([conv(q[i], q[i + 1], stride=2) for i in range(3)])
        self.sb = DRAB(q[3], growth // 2)
        self.g = nn.ModuleList([BiGFF(widths[3], q[3]) for _ in range(2)])

    def forward(self, fill, v, edge, place=1.0):
        x, skips = self.encode(fill, v, edge)
        q = torch.cat([edge, luma(fill) * v, v], 1)
        for s in self.s:
            q = lrelu(s(q))
        x, q = self.g[0](x + place * self.pos, q)
        x, q = self.trunk(x), self.sb(q)
        y = self.decode(self.g[1](x, q)[0], skips)
        return fill + y[:, :3], y[:, 3:]


class DRB(nn.Module):
    """Dense residual block: DRAB without attention, so that a window computes what the whole picture does."""

    def __init__(self, c, g, dilations=(1, 2, 4)):
        super().__init__()
        self.cs = nn.ModuleList([conv(c + i * g, g, dilation=d) for i, d in enumerate(dilations)])
        self.f = quiet(conv(c + g * len(dilations), c, 1), .5)

    def forward(self, x):
        y = x
        for c in self.cs:
            y = torch.cat([y, F.elu(c(y))], 1)
        return x + self.f(y)


class Refine(nn.Module):
    """The hole at full resolution: between harmonic fill and enlarged coarse result by a learned gate, plus a learned difference."""

    def __init__(self, widths, blocks, growth):
        super().__init__()
        w = widths
        self.i = conv(8, w[0])
        self.d = nn.ModuleList([conv(w[i], w[i + 1], stride=2) for i in range(3)])
        self.e = nn.ModuleList([conv(w[0], w[0]), conv(w[1], w[1]), DRB(w[2], growth)])
        self.b = nn.ModuleList([DRB(w[3], growth) for _ in range(blocks)])
        self.p = nn.ModuleList([conv(w[i + 1], w[i], 1) for i in range(3)])
        self.u = nn.ModuleList([conv(w[i], w[i]) for i in range(3)])
        self.l, self.out = conv(w[0], w[0]), quiet(conv(w[0], 4), .1)

    def forward(self, fill, v, coarse, edge):
        """fill: harmonic fill of the crop; coarse, edge: the 128 networks' answers, enlarged twice by up2. Returns rgb."""
        x, skips = lrelu(self.i(torch.cat([fill, coarse, v, edge], 1))), []
        for i in range(3):
            x = self.e[i](x)
            x = lrelu(x) if i < 2 else x
            skips.append(x)
            x = lrelu(self.d[i](x))
        for b in self.b:
            x = b(x)
        for i in (2, 1, 0):
            x = up2(self.p[i](x)) + skips[i]
            x = x + lrelu(self.u[i](x))
        y = self.out(lrelu(self.l(x))).float()
        return fill + torch.sigmoid(y[:, 3:]) * (coarse - fill) + y[:, :3]


class Finder(nn.Module):
    """Damage logits of a picture of any size (multiples of 8): works on 2x2 pixels at a time."""

    def __init__(self, widths, blocks, growth):
        super().__init__()
        w = widths
        self.i = conv(12, w[0])
        self.d = nn.ModuleList([conv(w[i], w[i + 1], stride=2) for i in range(2)])
        self.e = nn.ModuleList([conv(w[i], w[i]) for i in range(2)])
        self.b = nn.ModuleList([DRB(w[2], growth) for _ in range(blocks)])
        self.p = nn.ModuleList([conv(w[i + 1], w[i], 1) for i in range(2)])
        self.u = nn.ModuleList([conv(w[i], w[i]) for i in range(2)])
        self.out = conv(w[0], 4)

    def forward(self, x):
        x, skips = lrelu(self.i(F.pixel_unshuffle(x, 2))), []
        for i in range(2):
            x = lrelu(self.e[i](x))
            skips.append(x)
            x = lrelu(self.d[i](x))
        for b in self.b:
            x = b(x)
        for i in (1, 0):
            x = up2(self.p[i](x)) + skips[i]
            x = x + lrelu(self.u[i](x))
        return F.pixel_shuffle(self.out(x).float(), 2)


def luma(x):
    return .299 * x[:, :1] + .587 * x[:, 1:2] + .114 * x[:, 2:]


def build(config):
    """A network from its config (`arch` and widths)."""
    kinds = dict(edge=Edge, coarse=Coarse, refine=Refine, finder=Finder)
    return kinds[config['arch']](**{k: v for k, v in config.items() if k != 'arch'})


def enlarge(x):
    """128 -> 512: up2 twice."""
    return up2(up2(x))


class System(nn.ModuleDict):
    """The three networks of a `fill` file; state_dict names are edge.*, coarse.*, refine.*."""
