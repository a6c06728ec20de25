# SPDX-License-Identifier: GPL-3.0-or-later
"""What the shape head reads of a face: numbers that the frozen parser computes anyway. Differentiable.

In this order: the end of the trunk (160 x 16 x 16) averaged to 8x8, classes 1 to 17 (soft, adjusted) averaged to 16x16, the centroids of the
five heat maps, x and y of each in turn, 0 to 1 over the crop, and the five degradation values.
"""
import hashlib

import torch
from torch.nn import functional as F

from base import common
from base.layers import lrelu, up2
from jsfm import afpm
from parsing import phase as parsing
from parsing.arch import ARCH as PARSER

TRUNK, FIRST, CLASSES, CELLS = 8, 1, 17, 16         # side of the averaged trunk; classes; side of their maps
POINTS, DAMAGE = 5, 5
CENTROIDS = slice(-(2 * POINTS + DAMAGE), -DAMAGE)


def count(widths):
    """How many numbers they are, of a parser with these widths."""
    return widths[3] * TRUNK * TRUNK + CLASSES * CELLS * CELLS + 2 * POINTS + DAMAGE


def run(net, x):
    """The parser's pass with its trunk: (logits, degradation, heat maps, trunk). As parsing.networks.ParserC.forward."""
    x = lrelu(net.stem(x))
    skips = []
    for i in range(4):
        x = net.e[i](x)
        if i < 3:
            skips.append(x)
            x = lrelu(net.d[i](x))
    trunk, deg = x, net.deg(x.mean((2, 3)))
    for i in (2, 1, 0):
        x = net.r[i](up2(lrelu(net.p[i](x))) + skips[i])
        if i == 1:
            heat = net.lmk(x)
    return net.mask(x), deg, heat, trunk


def centroids(heat):
    """[B,5,n,n] logits -> [B,10]: means of the cells' centres, weighted by sigmoid(logit), over the whole map; 0 to 1."""
    p = torch.sigmoid(heat)
    c = (torch.arange(heat.shape[-1], device=heat.device, dtype=p.dtype) + 0.5) / heat.shape[-1]
    total = p.sum((2, 3)).clamp_min(1e-6)
    return torch.stack([(p.sum(2) * c).sum(2) / total, (p.sum(3) * c).sum(2) / total], 2).flatten(1)


def adjusted(logits, heat):
    """Soft classes after AFPM-2, as the engine has them; the gradient passes the adjusting by."""
    soft = logits.float().softmax(1)
    return soft + (afpm.adjust(soft.detach(), *parsing.points(heat.detach())) - soft).detach()


def of_parts(classes, deg, heat, trunk):
    """f32 [B,count]. classes: soft, adjusted."""
    parts = (F.adaptive_avg_pool2d(trunk.float(), TRUNK), F.adaptive_avg_pool2d(classes[:, FIRST:FIRST + CLASSES], CELLS),
             centroids(heat.float()), deg.float().clamp(0, 1))
    return torch.cat([p.flatten(1) for p in parts], 1)


def of_outputs(logits, deg, heat, trunk):
    return of_parts(adjusted(logits, heat), deg, heat, trunk)


class Reader:
    """Faces [B,3,S,S] in [-1,1], S the parser's size or twice it, ..., on any device -> features [B,count] on the reader's."""

    def __init__(self, path, device):
        try:
            net, self.config = PARSER.load(path)
        except OSError as e:
            raise common.TrainError(f'{path}: no such parser ({e}). Train it (train.py parser) or name one with --parser.') from e
        self.net, self.size, self.device = net, self.config['size'], device
        self.count = count(self.config['widths'])
        self.key = hashlib.sha256(b''.join(v.numpy().tobytes() for v in net.cpu().state_dict().values())).hexdigest()[:12]      # of this very parser
        self.net.to(device, memory_format=torch.channels_last)

    def __call__(self, x, exact=False):
        """exact: single precision, as the engine computes them; else bf16 where that is quicker."""
        x = x.to(self.device)
        while x.shape[-1] > self.size:
            x = F.avg_pool2d(x, 2)
        with common.autocast(self.device, not exact):
            out = run(self.net, x)
        return of_outputs(*out)
