# SPDX-License-Identifier: GPL-3.0-or-later
"""The discriminator: small heads on fixed random mixtures of frozen features, one for each group of layers of one size."""
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import spectral_norm

GROUPS = (('activation_2', 'activation_3'), ('activation_4', 'activation_5'), ('mixed0', 'mixed1', 'mixed2'), ('mixed3', 'mixed4'))
LAYERS = tuple(n for g in GROUPS for n in g)
WIDTH = 64
SEED = 5


def stack(features, group):
    """The group's layers on top of each other, cut to the smallest: convolutions without padding lose a rim."""
    parts = [features[n].float() for n in group]
    n = min(p.shape[-1] for p in parts)
    cut = [(p.shape[-1] - n) // 2 for p in parts]
    return torch.cat([p[..., c:c + n, c:c + n] for p, c in zip(parts, cut)], 1)


class Mixture(nn.Module):
    """Channels standardised, then a fixed random 1x1 convolution to WIDTH. Both are buffers: a checkpoint holds them, no step moves them."""

    def __init__(self, channels, generator):
        super().__init__()
        self.register_buffer('mix', torch.randn(WIDTH, channels, generator=generator) / channels ** 0.5)
        self.register_buffer('mean', torch.zeros(channels))
        self.register_buffer('std', torch.ones(channels))

    def calibrate(self, x):
        """x [B,C,h,w]: features of clean pictures."""
        self.mean.copy_(x.mean((0, 2, 3)))
        self.std.copy_(x.std((0, 2, 3)) + 1e-3 * x.std())

    def forward(self, x):
        w = self.mix / self.std
        return F.conv2d(x, w[:, :, None, None], -(w @ self.mean))


class Head(nn.Module):
    """conv3, residual conv3, conv1, each spectrally normalised: a score for every place."""

    def __init__(self, classes, stride):
        super().__init__()
        self.a = spectral_norm(nn.Conv2d(WIDTH + classes, WIDTH, 3, stride, 1))
        self.b = spectral_norm(nn.Conv2d(WIDTH, WIDTH, 3, 1, 1))
        self.o = spectral_norm(nn.Conv2d(WIDTH, 1, 1))

    def forward(self, x):
        x = F.leaky_relu(self.a(x), 0.2)
        return self.o(x + F.leaky_relu(self.b(x), 0.2))


class Heads(nn.Module):
    """features (of LAYERS) and maps [B,classes,h,w] or None -> scores, one tensor a group."""

    def __init__(self, channels, classes=0):
        super().__init__()
        g = torch.Generator().manual_seed(SEED)
        self.mixtures = nn.ModuleList(Mixture(sum(channels[n] for n in group), g) for group in GROUPS)
        self.heads = nn.ModuleList(Head(classes, 2 if i == 0 else 1) for i in range(len(GROUPS)))

    def calibrate(self, features):
        for m, group in zip(self.mixtures, GROUPS):
            m.calibrate(stack(features, group))

    def forward(self, features, maps=None):
        out = []
        for m, head, group in zip(self.mixtures, self.heads, GROUPS):
            x = m(stack(features, group))
            if maps is not None:
                x = torch.cat([x, F.adaptive_avg_pool2d(maps, x.shape[2:]).to(x.dtype)], 1)
            out.append(head(x).float())
        return out
