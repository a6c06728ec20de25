# SPDX-License-Identifier: GPL-3.0-or-later
"""Sub-phase B: two-scale discriminator with hinge and feature-matching losses, and region style.

The discriminator sees the image and the clean photo's map. Its weight is warmed up, so that an untrained one
does not spoil what phase A has learnt. Region style needs a FaceFeat checkpoint and is left out without one.
"""
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import spectral_norm

import common
import losses
import networks

WARM = 500          # steps until the adversarial weight is whole
ADV, FM, STYLE = 0.1, 1.0, 0.2


class Discriminator(nn.Module):
    """conv3x3, then `depth` x (conv4x4 stride 2, IN, lrelu), score conv3x3; the same again at half size."""

    def __init__(self, width=32, depth=4, scales=2, most=256):
        super().__init__()
        self.nets = nn.ModuleList()
        for _ in range(scales):
            c, layers = width, [spectral_norm(nn.Conv2d(3 + networks.CLASSES, width, 3, 1, 1))]
            for i in range(depth):
                o = min(width * 2 ** (i + 1), most)
                layers.append(spectral_norm(nn.Conv2d(c, o, 4, 2, 1)))
                c = o
            layers.append(spectral_norm(nn.Conv2d(c, 1, 3)))
            self.nets.append(nn.ModuleList(layers))

    def forward(self, image, maps):
        """(scores per scale, features per scale)."""
        x = torch.cat([image, maps], 1)
        scores, features = [], []
        for net in self.nets:
            y = x
            for i, layer in enumerate(net):
                y = layer(y)
                if i < len(net) - 1:
                    y = networks.lrelu(networks.inorm(y) if i else y)
                    features.append(y)
            scores.append(y.float())
            x = F.avg_pool2d(x, 2)
        return scores, features


class Adversary:
    """What the trainer of sub-phase B adds to the generator's losses, and the discriminator's own step."""

    def __init__(self, trainer):
        self.t, args = trainer, trainer.args
        self.net = Discriminator().to(trainer.device, memory_format=torch.channels_last)
        self.opt = torch.optim.Adam(self.net.parameters(), lr=2 * trainer.lr(), betas=(0.5, 0.99))
        self.n = 0
        path = Path(args.state) / 'ckpt' / 'facefeat' / 'best.pt'
        self.feat = None
        if path.exists():
            import facefeat
            self.feat = facefeat.load(path, trainer.device)
        else:
            print(f'{path}: none yet, training without the perceptual and style terms')

    def state(self):
        return dict(net=self.net.state_dict(), opt=self.opt.state_dict(), n=self.n)

    def load(self, s):
        common.load_into(self.net, s['net'], 'discriminator')
        self.opt.load_state_dict(s['opt'])
        self.n = s['n']

    def maps(self, hq):
        full, _ = self.t.maps(hq)
        r = hq.shape[-1]
        while full.shape[-1] < r:
            full = networks.up2(full)
        while full.shape[-1] > r:
            full = networks.down2(full)
        return full

    def generator_losses(self, fake, hq, lq, prob, w):
        """Adversarial weight falls with w: (1.5 - 0.75 w)."""
        self.hq_map = self.maps(hq)
        k = ADV * min(1.0, self.n / WARM) * (1.5 - 0.75 * w)
        for p in self.net.parameters():
            p.requires_grad_(False)
        with common.autocast(self.t.device):
            scores, f = self.net(fake, self.hq_map)
            with torch.no_grad():
                _, g = self.net(hq, self.hq_map)
        for p in self.net.parameters():
            p.requires_grad_(True)
        f, g = [x.float() for x in f], [x.float() for x in g]
        parts = dict(adv=sum(losses.hinge_g(s, k) for s in scores) / len(scores), fm=FM * losses.feature_match(f, g))
        if self.feat is not None:
            parts.update(self.feat.losses(fake, hq, self.hq_map, STYLE))
        return parts

    def step(self, fake, hq, prob):
        with common.autocast(self.t.device):
            real, _ = self.net(hq, self.hq_map)
            false, _ = self.net(fake, self.hq_map)
        loss = sum(losses.hinge_d(a, b) for a, b in zip(real, false)) / len(real)
        self.opt.zero_grad(set_to_none=True)
        loss.backward()
        self.opt.step()
        self.n += 1
        return dict(d=loss.detach())
