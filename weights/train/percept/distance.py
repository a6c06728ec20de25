# SPDX-License-Identifier: GPL-3.0-or-later
"""The perceptual distance: squared difference of features in units of the clean picture's own strength there."""
import torch
from torch.nn import functional as F

TAPS = ('activation_2', 'activation_3', 'activation_5', 'mixed0', 'mixed2', 'mixed4')
FLOOR = 0.3         # of a tap's mean strength: empty places do not count without bound


def apart(f, g, focus=None):
    """Distance per sample [B] of features f from the clean picture's g. focus [B,1,h,w]: where it counts."""
    strength = (g * g).sum(1, keepdim=True)
    d = ((f - g) ** 2).sum(1, keepdim=True) / (strength + FLOOR * strength.mean((2, 3), keepdim=True) + 1e-8)
    if focus is None:
        return d.mean((1, 2, 3))
    k = F.adaptive_avg_pool2d(focus, d.shape[2:])
    return (d * k).sum((1, 2, 3)) / (k.sum((1, 2, 3)) + 1e-4)


def distance(fake, clean, focus=None):
    """Mean over the taps, per sample [B]; fake and clean as Inception gives them for TAPS."""
    return torch.stack([apart(fake[t].float(), clean[t].float(), focus) for t in TAPS]).mean(0)
