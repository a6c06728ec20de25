# SPDX-License-Identifier: GPL-3.0-or-later
"""The two teachers together: one look at the fake and one at the clean picture a step serve the perceptual loss, the adversary and its own step."""
from pathlib import Path

import torch

from base import common
from base import losses
from percept import distance, heads, inception, view

RAMP = 60           # steps until the adversary's weight is whole
NAMES = tuple(dict.fromkeys(heads.LAYERS + distance.TAPS))


class Teachers:
    """perceptual, adversary: weights; classes: channels of `maps`, 0 for none; views: see view.views(); area: where small windows lie (parts of the
    side: top, bottom, left, right; default the face of an aligned crop); light: only luma is taught."""

    def __init__(self, net, perceptual, adversary, views, classes=0, area=None, light=True, lr=1e-3):
        self.net, self.perceptual, self.adversary = net, perceptual, adversary
        self.views, self.area, self.light, self.n, self.seen = views, area, light, 0, None
        self.lr, self.device = lr, next(net.parameters()).device
        self.names = NAMES if adversary > 0 else distance.TAPS
        if adversary > 0:
            width = {k: v.shape[1] for k, v in self.features(torch.zeros(1, 3, 96, 96, device=self.device)).items()}
            self.heads = heads.Heads(width, classes).to(self.device)
            self.opt = torch.optim.Adam(self.heads.parameters(), lr=lr, betas=(0.0, 0.99))

    def features(self, x):
        with common.autocast(self.device):
            return self.net(x.contiguous(memory_format=torch.channels_last), self.names)

    @torch.no_grad()
    def calibrate(self, clean):
        """Standardises the heads' channels by these clean pictures [B,3,side,side]."""
        if self.adversary > 0:
            self.heads.calibrate(self.features(clean))

    def rate(self, part):
        """The heads learn at this part of their rate."""
        if self.adversary > 0:
            self.opt.param_groups[0]['lr'] = self.lr * part

    @torch.no_grad()
    def distance(self, fake, clean):
        """Mean perceptual distance of whole pictures, for logs."""
        pairs = [(self.features(a[None]), self.features(b[None])) for a, b in zip(fake, clean)]
        return float(torch.cat([distance.distance(f, g) for f, g in pairs]).mean())

    def losses(self, fake, clean, rng, k_seen=None, k_adv=None, focus=None, maps=None):
        """Weighted losses of one batch: seen (perceptual) and adv. What was looked at is kept for step()."""
        ones = torch.ones(len(fake), device=fake.device)
        v = view.View(fake.shape[-1], self.views, rng, self.area)
        with torch.no_grad():
            real = self.features(v.look(clean))
        seen = self.features(v.look(view.light_only(fake) if self.light else fake))
        d = distance.distance(seen, real, None if focus is None else v.cut(focus))
        parts = dict(seen=self.perceptual * (d * (ones if k_seen is None else k_seen)).mean())
        self.k = ones if k_adv is None else k_adv
        if self.adversary > 0 and float(self.k.max()) > 0:
            parts['adv'] = self.fool(seen, None if maps is None else v.cut(maps))
            self.seen = {n: f.detach() for n, f in seen.items()}, real, None if maps is None else v.cut(maps)
        return parts

    def fool(self, seen, maps):
        """What the heads say against the fake."""
        self.heads.requires_grad_(False)
        with common.autocast(self.device):
            scores = self.heads(seen, maps)
        self.heads.requires_grad_(True)
        k = self.adversary * min(1.0, self.n / RAMP) * self.k
        return sum(losses.hinge_g(s, k) for s in scores) / len(scores)

    def step(self):
        """One step of the heads on what losses() looked at. Returns dict(d=hinge loss): 2 is chance."""
        if self.seen is None:
            return {}
        fake, real, maps = self.seen
        self.seen = None
        with common.autocast(self.device):
            pairs = list(zip(self.heads(real, maps), self.heads(fake, maps)))
        d = sum(losses.hinge_d(r, f, self.k) for r, f in pairs) / len(pairs)
        self.opt.zero_grad(set_to_none=True)
        d.backward()
        self.opt.step()
        self.n += 1
        return dict(d=d.detach())

    def state(self):
        return dict(heads=self.heads.state_dict(), opt=self.opt.state_dict(), n=self.n) if self.adversary > 0 else None

    def load(self, state):
        """Goes on from state() of other teachers of the same classes."""
        if self.adversary > 0 and state:
            common.load_into(self.heads, state['heads'], 'heads of the frozen-feature discriminator')
            self.opt.load_state_dict(state['opt'])
            self.n = state['n']


def end_phase(trainer, perceptual, adversary, choices, clean, area=None):
    """The teachers of a phase's --teachers N, which scales both weights; None without. clean() makes 32 pictures to set the heads by."""
    k = trainer.args.teachers
    if not k:
        return None
    net = inception.load(Path(trainer.args.state) / 'nsfwjs', trainer.device)
    teachers = Teachers(net, perceptual * k, adversary * k, choices, area=area)
    teachers.calibrate(clean())
    return teachers
