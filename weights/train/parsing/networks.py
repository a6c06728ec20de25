# SPDX-License-Identifier: GPL-3.0-or-later
"""The compact face parser. Graph, tensor names and widths follow docs/weights-format.md.

One class with two parameter forms: the training form (batch norm) and the deploy form that `fold()` returns, whose state_dict holds
exactly the tensors of a weights file.
"""
import torch
from torch import nn

from base.data import CLASSES
from base.layers import conv1, conv3, lrelu, up2

CONFIG = dict(arch='parser', widths=[24, 48, 96, 160], blocks=[1, 2, 2, 4], size=256)


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


def build(config, deploy=False):
    return ParserC(deploy=deploy, **{k: v for k, v in config.items() if k != 'arch'})
