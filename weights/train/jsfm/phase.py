# SPDX-License-Identifier: GPL-3.0-or-later
"""Phase `jsfm`: the generator.

--sub A  pixel, stage reconstruction and texture losses; --res 64, 128 or 256 grows it;
--sub B  adds the discriminator (hinge, feature matching) and, where trained, FaceFeat style;
--sub C  trains the last stage only (--res 256 or 512), everything below frozen, with discriminator;
--sub R  the same with teachers on frozen features instead (realism.py): photograph-like detail, near-clean photos kept at any w;
--sub F  trains only what w scales, at w = 1 and for the pixels alone: the answer at w = 0 stays what it is.
A later sub-phase or size starts from the last checkpoint of the one before.
"""
import argparse
import math
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from base import common, data, degrade, losses, workers
from jsfm import adversary, afpm, likeness, networks
from parsing import phase as parsing
from parsing.arch import ARCH as PARSER

GROUPS = ((4, 5, 6, 7), (2,), (10, 11, 12), (1,), (13, 14))      # regions that may get their own w
KEEP = 5.0                         # near-clean photos at high fidelity shall stay as they are, too
ENERGY = 0.25                      # share of the gradient energy in the texture loss


def pairs(text):
    try:
        return {int(k): int(v) for k, v in (x.split(':') for x in text.split(','))}
    except ValueError:
        raise common.TrainError(f'"{text}": widths look like 16:192,32:160,...') from None


def options(args, rest):
    p = argparse.ArgumentParser(prog='train.py jsfm')
    p.add_argument('--sub', choices='ABCFR', default='A')
    p.add_argument('--res', type=int, default=0, help='size of the last trained stage (64, 128, 256, 512; default 256, in sub-phase C 512)')
    p.add_argument('--channels', type=pairs, default=None)
    p.add_argument('--guides', type=pairs, default=None)
    p.add_argument('--parser', default='', help='parser checkpoint or weights file (default: STATE/ckpt/parser/best.pt, else the shipped one)')
    p.add_argument('--texture', type=float, default=0.0, help='weight of the texture statistics at w=0')
    p.add_argument('--lattice', type=float, default=5.0, help='weight of lattice patterns; the texture statistics want 40')
    p.add_argument('--likeness', type=float, default=1.0, help='weight of the likeness losses; 0 leaves them out')
    p.add_argument('--adversary', type=float, default=None, help='weight of the adversarial loss (default: 0 in A, 0.5 in B and C, in R 0.3, at 512 0.25)')
    p.add_argument('--perceptual', type=float, default=2.5, help='weight of the perceptual loss of sub-phase R')
    p.add_argument('--pool', type=int, default=0, help='sub-phase R: samples whose frozen part is computed at once (default 384, at 512 192)')
    p.add_argument('--faithful', type=float, default=None, help='share of samples with w = 1 (default: 0.5, with adversary 0.45, in R 0.3)')
    p.add_argument('--anneal', action='store_true', help='the learning rate falls with --minutes, not with --steps')
    p.add_argument('--net-size', type=int, default=512, help='size of the network itself')
    p.add_argument('--valid', type=int, default=24, help='evaluation faces used for the logged figures')
    p.parse_args(rest, args)
    args.res = args.res or (512 if args.sub == 'C' else 256)
    if args.sub == 'R' and args.res < 256:
        raise common.TrainError('sub-phase R trains the stage of --res 256 or 512')
    if args.adversary is None:
        args.adversary = dict(A=0.0, F=0.0, R=0.25 if args.res == 512 else 0.3).get(args.sub, 0.5)
    if args.sub == 'F':
        args.faithful, args.likeness = 1.0, 0.0
    if args.faithful is None:
        args.faithful = 0.3 if args.sub == 'R' else 0.45 if args.adversary > 0 else 0.5
    args.parser = args.parser or common.own_parser(args.state)
    return args


# ------------------------------------------------------------------ data
class Samples:
    """(lq, hq) by number; made at 256, or at 512 for the last stage."""

    def __init__(self, args, shards):
        self.size, self.seed = (512 if args.res == 512 else 256), args.seed
        self.faithful = args.faithful
        self.faces = data.pack_faces(args.data, shards, 'train', self.size)

    def __getitem__(self, count):
        i = data.order(len(self.faces), count, self.seed)
        rng = np.random.default_rng([self.seed, 2, count])
        hq = np.asarray(self.faces[i])
        if rng.random() < 0.5:
            hq = hq[:, ::-1]
        if rng.random() < 0.5:
            hq = degrade.jitter(hq, rng)[0]
        if rng.random() < 0.3:
            hq = parsing.light(hq, rng)
        lq, hq, p = self.degraded(np.ascontiguousarray(hq), rng)
        return lq, hq, draw_w(rng, p, self.faithful), p['regime']

    def degraded(self, hq, rng):
        return degrade.degrade(hq, int(rng.integers(1 << 60)))


def draw_w(rng, p, faithful):
    """The graph's w of a training sample: 1 (with probability `faithful`), 0 or between, most of these low, where the adversary
    judges; heavy degradations see w = 0 more often."""
    if p['regime'] == 'large' and rng.random() < 0.3:
        return 0.0
    u = rng.random()
    return 1.0 if u < faithful else (0.0 if u < faithful + 0.1 else float(rng.random()) ** 2)


def batch(samples, count, n):
    """lq, hq, w and which samples are near clean."""
    lq, hq, w, regime = zip(*(samples[count + i] for i in range(n)))
    return data.tensor(lq), data.tensor(hq), torch.tensor(w), torch.tensor([float(r == 'near') for r in regime])


class Maps:
    """Soft maps of degraded crops by the frozen parser, adjusted by AFPM-2."""

    def __init__(self, path, device):
        if not Path(path).exists():
            raise common.TrainError(f'{path}: no such parser. Train it (train.py parser) or name one with --parser.')
        net, config = PARSER.load(path)
        self.net = net.to(device, memory_format=torch.channels_last)
        self.size, self.device = config['size'], device

    @torch.no_grad()
    def __call__(self, lq, rng=None):
        while lq.shape[-1] > self.size:
            lq = F.avg_pool2d(lq, 2)
        with common.autocast(self.device):
            logits, deg, heat = self.net(lq)
        p = logits.float().softmax(1)
        if rng is not None:
            knock_out(p, rng)
        pts, conf = parsing.points(heat)
        p = afpm.adjust(p, pts, conf)
        return p.contiguous(memory_format=torch.channels_last), deg.float().clamp(0, 1)


def knock_out(p, rng):
    """Now and then one eye or brow is missing from the map, as with bad photos: trains mirror completion."""
    for i in range(len(p)):
        if rng.random() < 0.1:
            k = int(rng.integers(4, 8))
            p[i, 1] += p[i, k]
            p[i, k] = 0


def w_map(w, prob, rng, top):
    """Some samples between 0 and 1 get one w per face region, box-blurred: W [B,1,top,top]; else [B,1,1,1]."""
    mid = [i for i in range(len(w)) if 0 < w[i] < 1 and rng.random() < 0.3]
    if not mid:
        return w.view(-1, 1, 1, 1)
    out = w.view(-1, 1, 1, 1).expand(-1, 1, 128, 128).clone()
    for i in mid:
        v = torch.from_numpy(rng.random(len(GROUPS)).astype(np.float32))
        m = torch.stack([prob[i, list(g)].sum(0) for g in GROUPS])
        out[i, 0] = (m * v.view(-1, 1, 1)).sum(0) + (1 - m.sum(0)) * w[i]
    out = F.avg_pool2d(F.pad(out, (4, 4, 4, 4), mode='replicate'), 9, 1)
    return out if top == 128 else (F.avg_pool2d(out, 128 // top) if top < 128 else
                                   F.interpolate(out, size=(top, top), mode='bilinear', align_corners=False))


def noise_planes(n, top, gen=None):
    return {r: torch.randn(n, 1, r, r, generator=gen) for r in (64, 128, 256) if r < top}


# ------------------------------------------------------------------ validation
class Validation:
    """Faces of split=eval, degraded once by the fixed levels; figures only, never trained on."""

    def __init__(self, args, shards, maps):
        faces = data.pack_faces(args.data, shards, 'eval', 512)
        pick = np.linspace(0, len(faces) - 1, min(args.valid, len(faces))).astype(int)
        self.top, self.hq = args.res, [np.asarray(faces[i]) for i in pick]
        self.sets, self.auto = {}, {}
        for name in degrade.LEVELS:
            lq = [degrade.level(x, name, i)[0] for i, x in enumerate(self.hq)]
            self.add(name, data.tensor(lq), maps)
        clean = [degrade.degrade(x, 900 + i, 'near')[0] for i, x in enumerate(self.hq)]
        self.add('near', data.tensor(clean), maps)
        self.gt = self.reduce(data.tensor(self.hq))

    def reduce(self, t):
        while t.shape[-1] > self.top:
            t = F.avg_pool2d(t, 2)
        return t

    def add(self, name, lq, maps):
        out = [maps(lq[i:i + 8]) for i in range(0, len(lq), 8)]
        prob, deg = torch.cat([p for p, _ in out]), torch.cat([d for _, d in out])
        self.sets[name] = (self.reduce(lq), prob)
        self.auto[name] = torch.tensor([degrade.auto_w(d.tolist()) for d in deg]) ** networks.W_POWER

    @torch.no_grad()
    def render(self, net, name, w, n=None):
        lq, prob = self.sets[name]
        n = n or len(lq)
        outs, gen = [], torch.Generator().manual_seed(0)
        for i in range(0, n, 4):
            with common.autocast(lq.device):
                y = net(lq[i:i + 4], prob[i:i + 4], w[i:i + 4], noise_planes(1, self.top, gen))[self.top]
            outs.append(y.float().clamp(-1, 1))
        return torch.cat(outs)

    def __call__(self, net, png):
        """Figures at the user's fidelities 0, .5, 1 and auto."""
        res, rows = {}, []
        for name, (lq, _) in self.sets.items():
            n = len(lq)
            base, out = psnr(lq, self.gt), self.render(net, name, self.auto[name])
            res[f'{name}_gain'] = float((psnr(out, self.gt) - base).mean())
            res[f'{name}_in'] = float(base.mean())
            if name == 'near':
                res['near_vs_input'] = float(psnr(out, lq).min())
                continue
            by_w = {w: self.render(net, name, torch.full((n,), w ** networks.W_POWER)) for w in (0.0, 0.5, 1.0)}
            for w, y in by_w.items():
                res[f'{name}_w{w:g}'] = float((psnr(y, self.gt) - base).mean())
            res[f'{name}_sharp'] = float((grad_energy(by_w[0.5]) / grad_energy(self.gt)).mean())
            res[f'{name}_sharp0'] = float((grad_energy(by_w[0.0]) / grad_energy(self.gt)).mean())
            res[f'{name}_sharp_auto'] = float((grad_energy(out) / grad_energy(self.gt)).mean())
            for i in range(0, n, max(1, n // 3)):
                rows.append([data.image(t[i]) for t in (lq, by_w[0.0], by_w[0.5], by_w[1.0], out, self.gt)])
        common.sheet(rows, png, min(256, self.top))
        return res


def psnr(a, b):
    return -10 * torch.log10(losses.per_sample((a - b) ** 2) / 4 + 1e-10)


def grad_energy(x):
    """Mean squared forward difference of the luma, as evaluate.py measures it."""
    return losses.per_sample(losses.gradients(losses.luma(x)) ** 2)


# ------------------------------------------------------------------ the phase
def objective(args, outs, hq, w, prob):
    """Weighted pixel losses. F's is the measure itself, at w = 1 where nothing else is wanted; 0.03 makes its gradient as long as L1's."""
    k, kt = losses.pixel_weight(w), losses.texture_weight(w)
    target, focus = losses.pyramid(hq, outs), losses.focus_maps(prob, outs)
    top = max(outs)
    parts = {}
    for r, s in outs.items():
        if not s.requires_grad:
            continue
        weight = 10.0 if r == top else 10 / 3 * losses.SRL[r] / 2
        if args.sub == 'F':
            parts[f's{r}'] = 0.03 * weight * losses.log_mse(s, target[r]).mean()
        else:
            parts[f's{r}'] = weight * losses.charbonnier(s, target[r], k if r > 64 else torch.ones_like(k), focus[r])
            if r > 64:      # detail is light and dark: colour keeps its whole weight at any w, else it comes as specks and blotches
                parts[f'c{r}'] = 2 * weight * losses.charbonnier(losses.chroma(s), losses.chroma(target[r]), 1 - k, focus[r])
        if r > 64:
            parts[f'g{r}'] = args.lattice * losses.lattice(s, target[r])
        if r > 64 and args.texture > 0:
            parts[f't{r}'] = args.texture * (1 if r == top else .5) * \
                (losses.texture(s, target[r], kt, 16 if r > 128 else 8) + ENERGY * losses.energy(s, target[r], kt))
    return parts


def gate_only(grad):
    """The gradient of an image head's gate, its fourth channel, alone."""
    return torch.cat([torch.zeros_like(grad[:3]), grad[3:]])


def trained(net, args):
    """Sub-phases C and R train the last stage alone, F what w scales: the photo's part of every modulation, and the gates of the image heads."""
    if args.sub == 'F':
        for n, p in net.named_parameters():
            head = net.gated and n.startswith('rgb.') and not n.startswith('rgb.64')
            p.requires_grad_(head or n[0] in 'ur' and ('.gd.' in n or '.bd.' in n))
            if head:
                p.register_hook(gate_only)
    elif args.sub in 'CR':
        q = args.res
        own = ('g512' if q == 512 else f'gd.{q}', f'gs.{q // 2}', *(f'{part}.{q}.' for part in ('pj', 'u', 'm', 'r', 'rgb')))
        for n, p in net.named_parameters():
            p.requires_grad_(n.startswith(own))
    return [(n, p) for n, p in net.named_parameters() if p.requires_grad]


class Trainer:
    def __init__(self, args):
        self.args = args
        workers.join()
        self.folder, self.shards, self.device = common.setup(args, 'jsfm')
        torch.manual_seed(args.seed)
        self.maps = Maps(args.parser, self.device)
        self.config = dict(networks.CONFIG, size=args.net_size)
        self.config.update({k: v for k, v in (('channels', args.channels), ('guides', args.guides)) if v})
        self.last = self.folder / 'last.pt'
        ck = common.load_checkpoint(self.last) if self.last.exists() and not args.fresh else None
        if ck and not (args.channels or args.guides):
            self.config = ck['config']
        self.net = networks.build(self.config).to(self.device, memory_format=torch.channels_last)
        self.params = trained(self.net, args)
        self.opt = torch.optim.Adam([p for _, p in self.params], lr=self.lr(), betas=(0.9, 0.99))
        self.ema = common.Ema(self.net, args.ema or (0.98 if args.sub == 'R' else 0.995))
        self.step, self.best, self.images, self.history, self.bad = 0, -math.inf, 0, [], 0
        self.extra, self.kept = None, None
        self.likeness = likeness.load(Path(args.state) / 'face-api', self.device) if args.likeness > 0 else None
        if args.adversary > 0 or args.sub == 'R':
            self.extra = self.judge()
        if ck:
            self.resume(ck)
        if not workers.first():
            torch.manual_seed(args.seed + workers.rank + self.images)       # noise planes of its own
        self.samples, self.valid = Samples(args, self.shards), Validation(args, self.shards, self.maps)
        self.log = common.Log(self.folder / 'log.csv', args.log_every)

    def judge(self):
        return adversary.Adversary(self)

    def lr(self):
        return self.args.lr or 5e-4

    def key(self):
        return f'{self.args.sub}{self.args.res}'

    def resume(self, ck):
        common.load_into(self.net, ck['net'], self.last)
        common.load_into(self.ema.net, ck['ema'], self.last)
        self.images, self.history = ck['images'], ck['history']
        self.kept = ck.get('extra')
        if self.extra and self.kept:
            self.extra.load(self.kept)            # it judges patches: a larger image is no news to it
        if self.likeness:
            self.likeness.centre = ck.get('centre')
        if ck['key'] != self.key():
            self.history = self.history + [(ck['key'], ck['step'])]
            common.load_into(self.net, ck['ema'], self.last)        # the averaged weights are the better start
            self.say(f'{self.key()} starts from {ck["key"]} step {ck["step"]}')
            return
        self.opt.load_state_dict(ck['opt'])
        common.set_rng(ck['rng'])
        self.step, self.best = ck['step'], ck['best']
        self.say(f'resumed {self.key()} at step {self.step}')

    @staticmethod
    def say(text):
        if workers.first():
            print(text, flush=True)

    def save(self, path, **more):
        common.save_atomic(dict(phase='jsfm', config=self.config, net=self.net.state_dict(), ema=self.ema.net.state_dict(),
                                opt=self.opt.state_dict(), rng=common.rng_state(), step=self.step, best=self.best,
                                key=self.key(), images=self.images, history=self.history,
                                extra=self.extra.state() if self.extra else self.kept,
                                centre=self.likeness.centre if self.likeness else None, **more), path)

    def train_step(self):
        a, count = self.args, self.images + workers.rank * self.args.batch
        lq, hq, w, near = (t.to(self.device) for t in batch(self.samples, count, a.batch))
        rng = np.random.default_rng([a.seed, 3, count])
        prob, _ = self.maps(lq, rng)
        lq, hq = (losses.pyramid(t, [a.res])[a.res] for t in (lq, hq))
        wm = w_map(w, prob, rng, a.res)
        planes = noise_planes(a.batch, a.res)
        with common.autocast(self.device):
            outs = self.net(lq, prob, wm, planes, frozen=a.res // 2 if a.sub == 'C' else 0)
        mean_w = wm.flatten(1).mean(1)
        parts = objective(a, outs, hq, mean_w, prob)
        parts['keep'] = 0.5 * (losses.log_mse(outs[a.res], lq) * near).mean() if a.sub == 'F' else \
            KEEP * losses.charbonnier(outs[a.res], lq, near * mean_w)
        if self.likeness:
            parts.update({k: a.likeness * v for k, v in self.likeness.losses(outs[a.res].float(), hq, mean_w, rng).items()})
        if self.extra:
            parts.update(self.extra.generator_losses(outs[a.res], hq, mean_w, rng))
        self.opt.zero_grad(set_to_none=True)
        sum(parts.values()).backward()
        self.descend()
        if self.extra:
            parts.update(self.extra.step())
        return {k: v.detach() for k, v in parts.items()}

    def descend(self):
        """A step along finite gradients; a few bad ones are left out, many in a row mean that something is broken."""
        params = [p for _, p in self.params]
        workers.mean_gradients(params)
        norm = torch.nn.utils.clip_grad_norm_(params, 5.0)
        self.bad = 0 if torch.isfinite(norm) else self.bad + 1
        if self.bad == 0:
            self.opt.step()
        elif self.bad == 20:
            raise common.TrainError(f'{self.key()} step {self.step}: no finite gradient for 20 steps; the last checkpoint is as it was.')

    def measure(self):
        return self.valid(self.ema.net, self.folder / f'samples-{self.key()}.png')

    def score(self, res):
        return quality(res)

    def check(self):
        res = self.measure()
        self.log.line(self.step, **res)
        common.curves(self.log.path, self.folder / 'curves.png')
        score = self.score(res)
        if score > self.best:
            self.best = score
            self.save(self.folder / f'best-{self.key()}.pt', valid=res)
            self.save(self.folder / 'best.pt', valid=res)
        self.save(self.last)

    def run(self):
        clock, a = common.Clock(self.args.minutes), self.args
        while self.step < (a.stop_at or a.steps):
            done, part = workers.as_first(clock.done(), clock.part())
            if done:
                break
            for g in self.opt.param_groups:
                g['lr'] = self.lr() * common.cosine(self.step, a.steps, 30, part=part if a.anneal else 0.0)
            parts = self.train_step()
            self.step += 1
            self.images += a.batch * workers.size
            self.ema.update(self.net, self.step)
            if workers.first():
                self.log.add(self.step, a.batch * workers.size, **parts)
                if self.step % a.check_every == 0:
                    self.check()
        if workers.first():
            self.check()
        self.say(f'stopped at {self.key()} step {self.step}, {self.images} images in all')


def quality(res):
    """One number to pick the best checkpoint: gains, less what is missing of the sharpness and near-clean goals."""
    lack = sum(max(0.0, goal - res[f'{n}_sharp']) for n, goal in (('medium', 0.75), ('severe', 0.65)))
    return res['mild_gain'] + res['medium_gain'] + res['severe_gain'] - 4 * lack - max(0.0, 38 - res['near_vs_input']) * 0.1
