# SPDX-License-Identifier: GPL-3.0-or-later
"""The decoder: a generator whose convolutions one code modulates, fed at every size with what the photo and the rendered mesh show.

Up to 64 pixels, blocks of adaptive feature fusion (AFFB) decide, pixel by pixel, whom to trust; above, the photo's features are skips.

    w   fidelity, 0 to 1: how much of the photo's own features and pixels is let in
    c   confidence of the mesh, 0 to 1: at 0 nothing of it is
"""
import math

import torch
from torch import nn
from torch.nn import functional as F

from base.layers import conv1, conv3, down2, lrelu, up2
from sgpn import shape

SIZES = (4, 8, 16, 32, 64, 128, 256, 512)
CHANNELS = {4: 96, 8: 96, 16: 96, 32: 80, 64: 48, 128: 16, 256: 16, 512: 16}
FUSED, FIRST = 64, 16               # the largest size of fusion blocks; that of the first image
RENDER, PLANES = 128, 6             # side and planes of the rendered mesh
CONFIG = dict(arch='sgpn', size=128, channels=CHANNELS, code=128, style=192, modes=shape.MODES)
GAIN = math.sqrt(2)


class Modulated(nn.Module):
    """Convolution whose input channels a style scales; its output then has the variance that it had (unless demod is False).

    Batch form: scale the input, convolve, scale the output: the same function as weights of each picture's own."""

    def __init__(self, i, o, k, style, up=False, demod=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(o, i, k, k) / math.sqrt(i * k * k))
        self.scale, self.up, self.demod = nn.Linear(style, i), up, demod
        with torch.no_grad():
            self.scale.weight.mul_(.3), self.scale.bias.fill_(1)

    def forward(self, x, z):
        s = self.scale(z).float()
        y = F.conv2d(x * s[:, :, None, None].to(x.dtype), self.weight, padding=self.weight.shape[-1] // 2)
        if self.demod:
            d = torch.rsqrt((s * s) @ (self.weight.float() ** 2).sum((2, 3)).t() + 1e-8)
            y = y * d[:, :, None, None].to(y.dtype)
        return up2(y) if self.up else y


class AFFB(nn.Module):
    """y = conv(x); M = sigmoid(mask([y, photo, mesh])), M' = 1 - (1 - M) c; lrelu([y, w k (M' photo + (1 - M') mesh)] + b) sqrt 2: 2C channels."""

    def __init__(self, i, c, style, up):
        super().__init__()
        self.conv, self.mask = Modulated(i, c, 3, style, up), conv1(3 * c, c)
        self.k, self.b = nn.Parameter(torch.full((1,), .5)), nn.Parameter(torch.zeros(2 * c))
        self.plain, self.seen = False, None         # ablation: the sum of both; the last mask, for those who look

    def forward(self, x, z, photo, mesh, w, c):
        y = self.conv(x, z)
        m = torch.full_like(y, .5) if self.plain else torch.sigmoid(self.mask(torch.cat([y, photo, mesh], 1)))
        m = 1 - (1 - m) * c.to(m.dtype)
        self.seen = m.detach()
        y = torch.cat([y, (w * self.k).to(y.dtype) * (m * photo + (1 - m) * mesh)], 1)
        return F.leaky_relu(y + self.b.view(1, -1, 1, 1), .2) * GAIN


class Level(nn.Module):
    """Above the fusion blocks: lrelu(join([lrelu(up(x) + b), w photo]))."""

    def __init__(self, i, c, style):
        super().__init__()
        self.up, self.b, self.join = Modulated(i, c, 3, style, True), nn.Parameter(torch.zeros(c)), conv3(2 * c, c)

    def forward(self, x, z, photo, w):
        y = F.leaky_relu(self.up(x, z) + self.b.view(1, -1, 1, 1), .2) * GAIN
        return lrelu(self.join(torch.cat([y, w.to(y.dtype) * photo], 1)))


class Head(Modulated):
    """Features -> [difference 3 | gate 1]; at first the photo comes through."""

    def __init__(self, i, style):
        super().__init__(i, 4, 1, style, demod=False)
        self.bias = nn.Parameter(torch.tensor([0., 0., 0., 2.]))
        with torch.no_grad():
            self.weight.mul_(.1)

    def forward(self, x, z):
        return (super().forward(x, z) + self.bias.view(1, -1, 1, 1)).float()


class SGPN(nn.Module):
    """forward(lq [B,3,S,S], render [B,6,128,128], coefficients [B,K], w [B], c [B]) -> {size: image}, sizes 16 to S."""

    def __init__(self, size, channels, code=128, style=192, modes=shape.MODES, **_):
        super().__init__()
        self.sizes = [r for r in SIZES if r <= size]
        ch = {r: channels[r] for r in self.sizes}
        self.config = dict(arch='sgpn', size=size, channels=ch, code=code, style=style, modes=modes)
        self.first = nn.ModuleDict({str(r): conv3(3, ch[r]) for r in self.sizes if r > FUSED})
        self.mesh = conv3(PLANES, ch[FUSED], stride=2)
        self.down = nn.ModuleDict({str(r): conv3(ch[2 * r], ch[r], stride=2) for r in self.sizes[:-1]})       # up to FUSED shared by both branches
        self.code = nn.Linear(ch[4] * 16, code)
        self.map = nn.ModuleList([nn.Linear(2 * code + modes, style), nn.Linear(style, style)])
        self.const = nn.Parameter(torch.randn(1, ch[4], 4, 4))
        self.start = AFFB(ch[4], ch[4], style, False)
        self.up, self.same, self.rgb = nn.ModuleDict(), nn.ModuleDict(), nn.ModuleDict()
        for r in self.sizes[1:]:
            wide = ch[r // 2] * (2 if r <= 2 * FUSED else 1)
            if r <= FUSED:
                self.up[str(r)], self.same[str(r)] = AFFB(wide, ch[r], style, True), AFFB(2 * ch[r], ch[r], style, False)
            else:
                self.up[str(r)] = Level(wide, ch[r], style)
            if r >= FIRST:
                self.rgb[str(r)] = Head(ch[r] * (2 if r <= FUSED else 1), style)
        for r in self.sizes[:-1]:
            if r > FUSED:           # a network that grows loses nothing: what the new size tells the old ones starts at zero
                nn.init.zeros_(self.down[str(r)].weight), nn.init.zeros_(self.down[str(r)].bias)

    def look(self, photos):
        """Features of the photo down to FUSED: of each size from the next larger one's and from the photo itself."""
        top = self.sizes[-1]
        out = {top: lrelu(self.first[str(top)](photos[top]))}
        while top > FUSED:
            top //= 2
            x = self.down[str(top)](out[2 * top])
            out[top] = lrelu(x + self.first[str(top)](photos[top]) if top > FUSED else x)
        return out

    def encode(self, out):
        """Features from FUSED (given) down to 4, and the code of the smallest."""
        r = FUSED
        while r > 4:
            r //= 2
            out[r] = lrelu(self.down[str(r)](out[2 * r]))
        return out, lrelu(self.code(out[4].flatten(1)))

    def style(self, photo, mesh, coefficients, c):
        z = torch.cat([photo.float(), c * mesh.float(), c * coefficients], 1)
        z = z * torch.rsqrt((z * z).mean(1, True) + 1e-8)
        for layer in self.map:
            z = lrelu(layer(z))
        return z

    def image(self, r, x, z, before, lq, w):
        """The gated stage image: [d, a] = head; before: the smaller image."""
        da = self.rgb[str(r)](x, z)
        d, gate = da[:, :3], torch.sigmoid(da[:, 3:])
        if before is None:
            return d + gate * lq
        u = up2(before)
        return u + d + w * gate * (lq - u)

    def forward(self, lq, render, coefficients, w, c):
        w, c = w.view(-1, 1, 1, 1), c.view(-1, 1, 1, 1)
        photos = {lq.shape[-1]: lq}
        for r in self.sizes[-2::-1]:
            photos[r] = down2(photos[2 * r])
        fl, zl = self.encode(self.look(photos))
        f3, z3 = self.encode({FUSED: lrelu(self.mesh(render))})
        z = self.style(zl, z3, coefficients, c[:, :, 0, 0])
        x, out, image = self.start(self.const.expand(len(lq), -1, -1, -1), z, fl[4], f3[4], w, c), {}, None
        for r in self.sizes[1:]:
            if r <= FUSED:
                x = self.same[str(r)](self.up[str(r)](x, z, fl[r], f3[r], w, c), z, fl[r], f3[r], w, c)
            else:
                x = self.up[str(r)](x, z, fl[r], w)
            if r >= FIRST:
                image = out[r] = self.image(r, x, z, image, photos[r], w)
        return out

    def masks(self):
        """How far each fusion block of the last pass trusted the photo, mean over channels: [B,1,r,r] by size (its second block)."""
        return {r: self.same[str(r)].seen.mean(1, True) for r in self.sizes if 4 < r <= FUSED}

    def fold(self):
        """The deploy form is the training form; the engine folds the styles into the weights, picture by picture."""
        return self


def build(config):
    return SGPN(**{k: v for k, v in config.items() if k not in ('arch', 'base')})


def without(net, part):
    """Leaves a part out, for ablations: affb (a plain sum instead). `render`, `mesh` and `shape` are the phase's to leave out."""
    for m in net.modules():
        if isinstance(m, AFFB):
            m.plain = part == 'affb'


def size_of(name):
    """The size that a tensor of this name belongs to; 0: none in particular."""
    return max([int(n) for n in name.split('.')[:2] if n.isdigit()], default=0)


def cut(tensors, net):
    """A net's tensors without those of sizes that `net` has not, and without what tells its largest size of them."""
    top = net.sizes[-1]
    return {k: v for k, v in tensors.items() if not (size_of(k) > top or size_of(k) == top and k.startswith('down.'))}


def grown(tensors, net):
    """(a net's tensors with those of a smaller one in their places, names of those that fit nowhere)."""
    own = net.state_dict()
    strange = [k for k, v in tensors.items() if k not in own or own[k].shape != v.shape]
    own.update({k: v.float() for k, v in tensors.items() if k not in strange})
    return own, strange
