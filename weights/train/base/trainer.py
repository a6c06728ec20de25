# SPDX-License-Identifier: GPL-3.0-or-later
"""The trainer that phases share: resume, averaged weights, a learning rate held and then lowered, checks, log.

A phase gives: net(), loss(batch) -> dict of terms, sample(number), check(net, png) -> figures, score(figures).
"""
import math
import time

import torch

from base import common

HOLD = .6                           # share of the run at the full rate


class Trainer:
    name, rate, decay = '', 1e-3, .995
    teachers = None                 # of the end phases that have some (percept.end_phase): their heads are kept, and learn after each step

    def __init__(self, args):
        self.args = args
        self.folder, self.shards, self.device = common.setup(args, self.name)
        torch.manual_seed(args.seed)
        self.config, net = self.build()
        self.net = net.to(self.device, memory_format=torch.channels_last)
        self.ema = common.Ema(self.net, args.ema or self.decay)
        self.opt = torch.optim.Adam(self.net.parameters(), lr=self.rate, betas=(.9, .99))
        self.step, self.images, self.best, self.bad = 0, 0, -math.inf, 0
        self.prepare()
        self.log = common.Log(self.folder / 'log.csv', args.log_every)
        self.last = self.folder / 'last.pt'
        if self.last.exists() and not args.fresh:
            self.resume(common.load_checkpoint(self.last))

    def prepare(self):
        """Data, helpers and fixed validation set."""

    def more(self):
        """What else a checkpoint holds; `restore` takes it back."""
        return dict(teachers=self.teachers.state()) if self.teachers else {}

    def restore(self, ck):
        if self.teachers:
            self.teachers.load(ck.get('teachers'))

    def resume(self, ck):
        common.load_into(self.net, ck['net'], self.last)
        common.load_into(self.ema.net, ck['ema'], self.last)
        if 'opt' in ck:                 # one of warm.py has none
            self.opt.load_state_dict(ck['opt'])
        self.step, self.images, self.best = ck['step'], ck['images'], ck['best']
        self.restore(ck)
        print(f'resumed {self.name} at step {self.step}', flush=True)

    def save(self, path, **extra):
        common.save_atomic(dict(phase=self.name, config=self.config, net=self.net.state_dict(), ema=self.ema.net.state_dict(),
                                opt=self.opt.state_dict(), step=self.step, images=self.images, best=self.best, **self.more(), **extra), path)

    def set_rate(self, part):
        """Full rate for the first 60 % of the run, then a cosine down to 2 %."""
        x = max(0.0, (part - HOLD) / (1 - HOLD))
        k = .02 + .98 * .5 * (1 + math.cos(math.pi * min(1.0, x)))
        for g in self.opt.param_groups:
            g['lr'] = (self.args.lr or self.rate) * k * min(1.0, (self.step + 1) / 50)

    def descend(self, loss):
        """A step along finite gradients; a few bad ones are left out, many in a row mean that something is broken."""
        self.opt.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.bad = 0 if torch.isfinite(norm) else self.bad + 1
        if self.bad == 0:
            self.opt.step()
        elif self.bad == 20:
            raise common.TrainError(f'{self.name} step {self.step}: no finite gradient for 20 steps; the last checkpoint is as it was.')

    def check_now(self):
        t = time.time()
        res = self.check(self.ema.net, self.folder / f'samples-{self.name}.png')
        self.log.line(self.step, images=self.images, check_s=time.time() - t, **res)
        common.curves(self.log.path, self.folder / 'curves.png')
        if self.score(res) > self.best:
            self.best = self.score(res)
            self.save(self.folder / 'best.pt', valid=res)
        self.save(self.last)

    def run(self):
        clock, a = common.Clock(self.args.minutes), self.args
        self.part = 0.0
        while self.step < (a.stop_at or a.steps) and not clock.done():
            self.part = max(self.step / a.steps, clock.part()) if not a.minutes else clock.part()
            self.set_rate(self.part)
            batch = self.batch(self.images, a.batch)
            parts = self.loss(batch)
            self.descend(sum(parts.values()))
            parts.update(self.after(batch))
            self.step += 1
            self.images += a.batch
            self.ema.update(self.net, self.step)
            self.log.add(self.step, a.batch, **{k: v.detach() if torch.is_tensor(v) else v for k, v in parts.items()})
            if self.step % a.check_every == 0:
                self.check_now()
        self.check_now()
        print(f'stopped at {self.name} step {self.step}, {self.images} images in all', flush=True)

    def after(self, batch):
        return self.teachers.step() if self.teachers else {}
