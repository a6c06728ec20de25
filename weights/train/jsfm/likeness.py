# SPDX-License-Identifier: GPL-3.0-or-later
"""Likeness losses: what a public face descriptor sees in the restored face must be what it sees in the clean one.

Two looks through the network of identity.py (MIT): its early stages over the whole crop compare edges and texture (the place of the
literature's VGG features), the whole of it over its own 150x150 chip compares the person (networks.md 6.2). Identity
must therefore be measured by another network: witness.py.
"""
import torch
from torch.nn import functional as F

from base import losses
from witness import identity

PERCEPT, PERSON = 1.0, 0.7      # weights; the terms below are of the size of the pixel term
EARLY = ('conv32_1', 'conv32_3', 'conv64_1', 'conv64_3')
LATE = ('conv64_3', 'conv128_2', 'conv256_2')
MEMORY = 0.99                   # of the mean clean descriptor


def load(folder, device):
    """The loss, or None with a word where the descriptor is not to be had."""
    try:
        return Likeness(identity.load(folder), device)
    except OSError as e:
        print(f'training without the likeness losses: {e}')
        return None


class Likeness:
    def __init__(self, net, device):
        self.net = net.to(device, memory_format=torch.channels_last)
        self.device, self.centre = device, None

    @staticmethod
    def chip(x):
        k = x.shape[-1] / 512
        x0, y0, x1, y1 = (int(round(v * k)) for v in identity.CHIP)
        return F.interpolate(x[..., y0:y1, x0:x1], (150, 150), mode='bilinear', align_corners=False, antialias=x.shape[-1] > 256)

    def look(self, x, cut):
        x = (x + 1) * 127.5
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            early, late = self.net.features(cut(x), EARLY[-1]), self.net.features(self.chip(x))
            person = self.net.describe(late[identity.BLOCKS[-1]])
        return [early[b].float() for b in EARLY] + [late[b].float() for b in LATE], person

    @staticmethod
    def apart(f, g):
        """L1 of two feature maps in units of the clean one's mean strength, per sample."""
        return losses.per_sample((f - g).abs()) / (losses.per_sample(g.abs()) + 1e-4)

    def losses(self, fake, hq, w, rng):
        """fake, hq [B,3,r,r] in [-1,1]; w [B]. Both matter less as w rises: at w = 1 the pixels decide."""
        cut = losses.window(rng, hq.shape[-1])
        with torch.no_grad():
            want, who = self.look(hq, cut)
            mean = who.mean(0)
            self.centre = mean if self.centre is None else MEMORY * self.centre + (1 - MEMORY) * mean
        have, me = self.look(fake.clamp(-1.2, 1.2), cut)
        percept = sum(self.apart(f, g) for f, g in zip(have, want)) / len(want)
        far = 1 - F.cosine_similarity(me - self.centre, who - self.centre, dim=1)
        return dict(percept=PERCEPT * (percept * (1.1 - w)).mean(), person=PERSON * (far * (1 - 0.7 * w)).mean())
