# SPDX-License-Identifier: GPL-3.0-or-later
"""What the teachers look at: one random window a batch, enlarged or reduced, flipped, its light changed; the same for fake, clean and maps.

Windows keep a step short and, enlarged, show the network's features something of their usual size; the changes keep a discriminator that has few
pictures from learning them by heart (differentiable augmentation, Zhao et al. 2020).
"""
import torch
from torch.nn import functional as F

FACE = (0.15, 0.91, 0.15, 0.85)         # rows and columns of an aligned crop in which small windows lie, as parts of its side
BRIGHT, CONTRAST, SATURATION = 0.1, 0.15, 0.3


def views(side):
    """Choices for pictures of this side, as (window, side it is looked at in): fine and coarse."""
    if side >= 512:
        return ((192, 192), (384, 192))
    return ((192, 192), (96, 192)) if side >= 256 else ((side, side), (side * 3 // 4, 3 * side // 2))


class View:
    """One drawn view. cut(x) for anything of the picture's shape at its own resolution or less; look(x) for pictures."""

    def __init__(self, side, choices, rng, area=None):
        self.window, self.out = choices[int(rng.integers(len(choices)))]
        self.side, self.flip = side, rng.random() < 0.5
        self.y, self.x = (self.corner(a, b, rng) for a, b in ((area or FACE)[:2], (area or FACE)[2:]))
        self.light = [float(rng.uniform(-1, 1)) for _ in range(3)]

    def corner(self, begin, end, rng):
        """Small windows lie inside the area, large ones anywhere; on multiples of four, so that maps of a quarter's size can be cut too."""
        lo, hi = (begin * self.side, end * self.side - self.window) if self.window <= (end - begin) * self.side else (0, self.side - self.window)
        return int(rng.uniform(lo, hi)) // 4 * 4

    def cut(self, x):
        k = self.side / x.shape[-1]
        y0, x0, n = (int(round(v / k)) for v in (self.y, self.x, self.window))
        x = x[..., y0:y0 + n, x0:x0 + n]
        return x.flip(-1) if self.flip else x

    def resize(self, x):
        if self.window == self.out:
            return x
        if self.window == 2 * self.out:
            return F.avg_pool2d(x, 2)
        return F.interpolate(x, (self.out, self.out), mode='bilinear', align_corners=False, antialias=self.window > self.out)

    def look(self, x):
        """Window, size and light of a picture [B,3,side,side] in [-1,1]."""
        bright, contrast, saturation = self.light
        x = self.resize(self.cut(x))
        grey = x.mean(1, keepdim=True)
        x = grey + (x - grey) * (1 + SATURATION * saturation)
        mean = x.mean((1, 2, 3), keepdim=True)
        return mean + (x - mean) * (1 + CONTRAST * contrast) + BRIGHT * bright


def light_only(x):
    """The picture with a gradient for its luma alone."""
    luma = 0.299 * x[:, :1] + 0.587 * x[:, 1:2] + 0.114 * x[:, 2:]
    return luma + (x - luma).detach()
