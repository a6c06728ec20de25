# SPDX-License-Identifier: GPL-3.0-or-later
"""Sub-phase R of `jsfm`: the last stage (256 or 512) alone, with the frozen-feature teachers in place of the discriminator from scratch.

What lies below is frozen, so it is computed once a sample and the sample is used several times (`Pool`). Near-clean and mildly bad photos are in the mix
at every w, and the better a photo is, the more the losses ask for it as it is: no setting of the knob may harm a good photo.
"""
import numpy as np
import torch
from torch.nn import functional as F

import percept
from base import common, data, degrade, losses, workers
from base.layers import down2, lrelu, up2
from jsfm import adversary, phase

NEAR, MILD = 0.15, 0.2              # shares of near-clean and mild photos in the mix
GOOD = (30.0, 38.0)                 # PSNR of the photo itself: from where on it is kept, and from where on wholly
POOL = {256: 384, 512: 192}         # samples that are computed at once: about a gigabyte
PASSES = 3                          # uses of each
CLEAN = 48                          # clean pictures the heads' channels are standardised by
STRENGTH = {256: 0.3, 512: 0.25}    # of the adversary
LOW_W = 0.02                        # graph w at which the logged perceptual distance is taken


class Samples(phase.Samples):
    """jsfm's samples with more good photos among them."""

    def degraded(self, hq, rng):
        u, seed = rng.random(), int(rng.integers(1 << 60))
        if u < MILD:
            lq, p = degrade.level(hq, 'mild', seed)
            return lq, hq, p
        return degrade.degrade(hq, seed, 'near' if u < MILD + NEAR else None)


def goodness(lq, hq):
    """0 for a bad photo, 1 for one that is near clean [B]."""
    return ((phase.psnr(lq, hq) - GOOD[0]) / (GOOD[1] - GOOD[0])).clamp(0, 1)


# ------------------------------------------------------------------ the last stage by itself
@torch.no_grad()
def below(net, q, lq, prob, w, generator=None):
    """What the stage `q` starts from: features and image at q/2. w: [B,1,q/2,q/2] or [B,1,1,1]; generator: of the texture noise."""
    keep, r = {}, q // 2
    hook = net.rgb[str(r)].register_forward_pre_hook(lambda m, x: keep.update(x=x[0]))
    with common.autocast(lq.device):
        s = net(down2(lq), prob, w, phase.noise_planes(len(lq), r, generator))[r]
    hook.remove()
    return keep['x'], s


def last_stage(net, q, x, s, lq, prob, w, plane):
    """The image at q from below()'s answer. w [B,1,q,q]."""
    r = q // 2
    pyr, maps, ws = {q: lq, r: down2(lq)}, {128: prob, 256: up2(prob)}, {q: w, r: down2(w)}
    a = {k: lrelu(net.gd[str(k)](torch.cat([pyr[k], maps[k]], 1))) for k in (r, q) if k <= 256}
    if q == 512:
        a[q] = lrelu(net.g512(lq) + up2(net.g512m(a[r])))
    return net.stage2(q, x, s, a, maps, pyr, ws, plane)[1]


# ------------------------------------------------------------------ samples with what is frozen below
class Pool:
    """The frozen part of POOL samples at a time, kept in memory; which samples serve a step depends on its number only."""

    def __init__(self, trainer, samples, q):
        self.t, self.samples, self.q, self.number, self.rows = trainer, samples, q, -1, []
        self.size = min(trainer.args.pool or POOL[q], 1 << 16)

    def batch(self, count, n):
        """x, s, lq, hq, prob, clean map, w, near of the samples from `count` on."""
        number = count // (self.size * PASSES)
        if number != self.number:
            self.fill(number)
        rows = [self.rows[data.order(self.size, (count + i) % (self.size * PASSES), self.t.args.seed + number)] for i in range(n)]
        return [torch.cat(part).float() for part in zip(*rows)]

    def fill(self, number):
        self.rows, self.number = [], number
        self.t.say(f'computing what is frozen below {self.q} for {self.size} samples')
        self.rows = [self.row(number * self.size + i) for i in range(self.size)]

    def row(self, i):
        lq, hq, w, regime = self.samples[i]
        lq, hq, rng = data.tensor([lq]), data.tensor([hq]), np.random.default_rng([self.t.args.seed, 3, i])
        prob, _ = self.t.maps(lq, rng)
        clean, _ = self.t.maps(hq)
        w = phase.w_map(torch.tensor([w]), prob, rng, 128)
        x, s = below(self.t.net, self.q, lq, prob, w if w.numel() == 1 else sized(w, self.q // 2), torch.Generator().manual_seed(i))
        parts = [x, s, lq, hq, prob, clean, w.expand(1, 1, 128, 128), torch.tensor([float(regime == 'near')])]
        return [v.to(torch.bfloat16 if v is x else torch.float16) for v in parts]


def sized(w, n):
    return w if w.shape[-1] == n else F.interpolate(w, size=(n, n), mode='bilinear', align_corners=False)


class Realism:
    """What takes the adversary's place in jsfm's trainer."""

    def __init__(self, trainer):
        a = trainer.args
        self.t, self.ready = trainer, False
        self.teachers = percept.Teachers(percept.load(f'{a.state}/nsfwjs', trainer.device), a.perceptual, a.adversary, percept.views(a.res),
                                         classes=data.CLASSES)

    def state(self):
        return self.teachers.state()

    def load(self, s):
        """Goes on from heads; a discriminator of sub-phases B and C is of no use here."""
        if 'heads' in s:
            self.teachers.load(s)
            self.ready = True

    def calibrate(self, samples):
        if not self.ready:
            for_all = data.tensor([samples[i][1] for i in range(CLEAN)])
            self.teachers.calibrate(losses.pyramid(for_all, [self.t.args.res])[self.t.args.res])
            self.ready = True

    def generator_losses(self, fake, hq, w, rng, maps):
        self.teachers.rate(self.t.opt.param_groups[0]['lr'] / self.t.lr())
        return self.teachers.losses(fake, hq, rng, k_seen=(1.1 - w).clamp(max=1), k_adv=adversary.realism(w), maps=maps)

    def step(self):
        return self.teachers.step()


class Trainer(phase.Trainer):
    def __init__(self, args):
        if workers.size > 1:
            raise common.TrainError('sub-phase R trains in one process: leave --workers out')
        super().__init__(args)
        self.samples = Samples(args, self.shards)
        self.pool = Pool(self, self.samples, args.res)
        self.extra.calibrate(self.samples)

    def judge(self):
        return Realism(self)

    def train_step(self):
        a, q = self.args, self.args.res
        x, s, lq, hq, prob, clean, w, near = self.pool.batch(self.images, a.batch)
        w, rng = sized(w, q), np.random.default_rng([a.seed, 4, self.images])
        plane = torch.randn(len(x), 1, q // 2, q // 2)
        with common.autocast(self.device):
            y = last_stage(self.net, q, x, s, lq, prob, w, plane)
        mean_w = w.flatten(1).mean(1)
        asked = mean_w + goodness(lq, hq) * (1 - mean_w)        # what the losses ask for: more of the photo where it is good
        parts = phase.objective(a, {q: y}, hq, asked, prob)
        parts['keep'] = phase.KEEP * losses.charbonnier(y, lq, near * asked)
        if self.likeness:
            parts.update({k: a.likeness * v for k, v in self.likeness.losses(y.float(), hq, asked, rng).items()})
        parts.update(self.extra.generator_losses(y, hq, asked, rng, clean))
        self.opt.zero_grad(set_to_none=True)
        sum(parts.values()).backward()
        self.descend()
        parts.update(self.extra.step())
        return {k: v.detach() for k, v in parts.items()}

    def measure(self):
        """jsfm's figures and, at a low w, the perceptual distance (of the input: _seen_in) and gradient energy over clean."""
        res = super().measure()
        for name in degrade.LEVELS:
            n = min(8, len(self.valid.gt))
            y, gt, lq = self.valid.render(self.ema.net, name, torch.full((n,), LOW_W), n), self.valid.gt[:n], self.valid.sets[name][0][:n]
            res[f'{name}_seen'], res[f'{name}_seen_in'] = self.extra.teachers.distance(y, gt), self.extra.teachers.distance(lq, gt)
            res[f'{name}_grit'] = float((phase.grad_energy(y) / phase.grad_energy(gt)).mean())
        return res

    def score(self, res):
        """The latest averaged weights are the best: no one figure ranks realism (distance favours blur, energy grit)."""
        return self.step
