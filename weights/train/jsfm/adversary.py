# SPDX-License-Identifier: GPL-3.0-or-later
"""The adversary of sub-phases B and C: a two-scale discriminator with hinge and feature-matching losses, and region style.

The discriminator sees the image, its finest band made strong, and the clean photo's map, all at half the image's size: pixels are moved to
channels, so nothing is lost and the widest layer works on a quarter of the pixels. Without the band it learns nothing in the time a CPU gives: at
128 pixels its held-out hinge loss after 120 steps was 1.96 (chance is 2), with it 0.71. It judges only answers that claim realism (w < 0.9): at w = 1 the mean of
what the photo allows is wanted. Its weight is warmed up, so that an untrained one does not spoil what phase A has learnt.
"""
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import spectral_norm

from base import common, data, losses, workers
from base.layers import down2, inorm, lrelu, up2
from jsfm import facefeat

WARM = 200          # steps until the adversarial weight is whole
FM, STYLE = 2.0, 0.2
BAND = 6.0          # of the finest band, whose own strength is some hundredths


class Discriminator(nn.Module):
    """unshuffle, conv3x3, then `depth` x (conv4x4 stride 2, IN, lrelu), score conv3x3; the same again at half size."""

    def __init__(self, width=48, depth=3, scales=2, most=192):
        super().__init__()
        self.nets = nn.ModuleList()
        for _ in range(scales):
            c, layers = width, [spectral_norm(nn.Conv2d(2 * 3 * 4 + data.CLASSES, width, 3, 1, 1))]
            for i in range(depth):
                o = min(width * 2 ** (i + 1), most)
                layers.append(spectral_norm(nn.Conv2d(c, o, 4, 2, 1)))
                c = o
            layers.append(nn.Conv2d(c, 1, 3))
            self.nets.append(nn.ModuleList(layers))

    def forward(self, image, maps):
        """image [B,3,r,r], maps [B,19,r/2,r/2] -> (scores per scale, features per scale)."""
        scores, features = [], []
        for net in self.nets:
            y = torch.cat([F.pixel_unshuffle(image, 2), F.pixel_unshuffle(BAND * losses.band(image), 2), maps], 1)
            for i, layer in enumerate(net):
                y = layer(y)
                if i < len(net) - 1:
                    y = lrelu(inorm(y) if i else y)
                    features.append(y)
            scores.append(y.float())
            image, maps = F.avg_pool2d(image, 2), F.avg_pool2d(maps, 2)
        return scores, features


def realism(w):
    """How much an answer at fidelity w is judged: whole up to 0.5, not at all from 0.9 on."""
    return ((0.9 - w) / 0.4).clamp(0, 1)


class Adversary:
    """What the trainer of an adversarial sub-phase adds to the generator's losses, and the discriminator's own step."""

    def __init__(self, trainer):
        self.t, args = trainer, trainer.args
        self.net = Discriminator().to(trainer.device, memory_format=torch.channels_last)
        self.opt = torch.optim.Adam(self.net.parameters(), lr=2 * trainer.lr(), betas=(0.5, 0.99))
        self.n, self.weight = 0, args.adversary
        path = Path(args.state) / 'ckpt' / 'facefeat' / 'best.pt'
        self.feat = None
        if path.exists():
            self.feat = facefeat.load(path, trainer.device)
        else:
            print(f'{path}: none yet, training without the FaceFeat terms')

    def state(self):
        return dict(net=self.net.state_dict(), opt=self.opt.state_dict(), n=self.n)

    def load(self, s):
        if 'net' not in s:
            return                              # heads on frozen features, of sub-phase R
        common.load_into(self.net, s['net'], 'discriminator')
        self.opt.load_state_dict(s['opt'])
        self.n = s['n']

    def maps(self, hq):
        """Soft map of the clean photo at half its size."""
        full, _ = self.t.maps(hq)
        r = hq.shape[-1] // 2
        while full.shape[-1] < r:
            full = up2(full)
        while full.shape[-1] > r:
            full = down2(full)
        return full

    def generator_losses(self, fake, hq, w, rng):
        self.k = realism(w)
        if float(self.k.max()) == 0:
            return {}
        maps, cut = self.maps(hq), losses.window(rng, hq.shape[-1])
        self.hq, self.map, seen = cut(hq), cut(maps), cut(fake)
        for p in self.net.parameters():
            p.requires_grad_(False)
        with common.autocast(self.t.device):
            scores, f = self.net(seen, self.map)
            with torch.no_grad():
                _, g = self.net(self.hq, self.map)
        for p in self.net.parameters():
            p.requires_grad_(True)
        k = self.weight * min(1.0, self.n / WARM) * self.k
        match = sum((losses.per_sample((a.float() - b.float()).abs()) * self.k).mean() for a, b in zip(f, g)) / len(f)
        parts = dict(adv=sum(losses.hinge_g(s, k) for s in scores) / len(scores), fm=FM * match)
        if self.feat is not None:
            parts.update(self.feat.losses(fake, hq, maps, STYLE))
        self.fake = seen.detach()
        return parts

    def step(self):
        """One step of the discriminator on the pictures that generator_losses saw."""
        seen = float(self.k.max()) > 0
        if workers.total(seen) == 0:
            return {}
        self.opt.zero_grad(set_to_none=True)
        parts = dict(d=self.judge()) if seen else {}
        workers.mean_gradients(list(self.net.parameters()))
        self.opt.step()
        self.n += 1
        return parts

    def judge(self):
        with common.autocast(self.t.device):
            real, _ = self.net(self.hq, self.map)
            false, _ = self.net(self.fake, self.map)
        loss = sum(losses.hinge_d(a, b, self.k) for a, b in zip(real, false)) / len(real)
        loss.backward()
        return loss.detach()
