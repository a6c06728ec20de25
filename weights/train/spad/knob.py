# SPDX-License-Identifier: GPL-3.0-or-later
"""The fidelity knob: two networks, the second trained on from the first (end phase with teachers), are the ends of a line on which every point
is a network too ("Deep Network Interpolation", Wang et al., 2019). One pass whatever the fidelity, and as exact as before at w = 1."""
import torch
from torch.nn.utils import stateless

from spad.networks import SPAD

REAL = 'real.'              # before the names of the end at w = 0


class Knob(SPAD):
    """forward(lq, maps, pooled, w=1, w_map=None): w in 0..1. w_map [B,1,S,S]: places that are to be nearer to an end than w go so much of the way
    from what w makes to what that end makes."""

    def __init__(self, **config):
        super().__init__(**config)
        self.real = SPAD(**config)

    def blend(self, w):
        """The tensors at w: real + w (faithful - real)."""
        own = self.state_dict()
        return {k: v + w * (own[k] - v) for k, v in self.real.state_dict().items()}

    def at(self, w, *given):
        if w >= 1:
            return super().forward(*given)
        return stateless.functional_call(self.real, self.blend(w), given)

    def forward(self, lq, maps=None, pooled=None, w=1.0, w_map=None):
        out = self.at(w, lq, maps, pooled)
        for end in (1.0, 0.0):
            if w_map is not None and w != end:
                out = out + ((w_map - w) / (end - w)).clamp(0, 1) * (self.at(end, lq, maps, pooled) - out)
        return out


def join(faithful, real):
    """The tensors of both ends, as they stand in a weights file."""
    return {**faithful, **{REAL + k: v for k, v in real.items()}}


def end(tensors, real):
    """Those of one end."""
    return {k[len(REAL):] if real else k: v for k, v in tensors.items() if k.startswith(REAL) == real}


def build(config):
    return Knob(**{k: v for k, v in config.items() if k != 'arch'})
