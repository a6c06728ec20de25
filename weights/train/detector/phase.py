# SPDX-License-Identifier: GPL-3.0-or-later
"""Phase `detector`: targets, losses and training of the face detector."""
import argparse
import math
import multiprocessing as mp
import os
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from base import common
from detector import data as data_
from detector.networks import CONFIG, Detector
from parsing.landmarks import flip_points

STRIDES = (8, 16, 32)
LIMITS = (44.0, 104.0)   # box heights (network pixels) at which one stride hands over to the next
UNIT = 4.0               # boxes and landmarks are predicted in units of 4 strides


# ---------------------------------------------------------------------------------------------------- targets, loss

def grids(side_w, side_h):
    """Per map: centres of all cells, [n, 2], and the stride of each cell, all maps in a row."""
    xy, st = [], []
    for s in STRIDES:
        y, x = np.mgrid[0:side_h // s, 0:side_w // s]
        xy.append(np.stack([(x.ravel() + 0.5) * s, (y.ravel() + 0.5) * s], 1))
        st.append(np.full(x.size, s))
    return np.concatenate(xy).astype(np.float32), np.concatenate(st).astype(np.float32)


def level_masks(height, stride):
    """Whether a face of that height belongs to a cell of that stride; near a limit both neighbours take it."""
    lo = np.select([stride == 8, stride == 16], [0.0, LIMITS[0]], LIMITS[1])
    hi = np.select([stride == 8, stride == 16], LIMITS, 1e9)
    return (height > lo / 1.2) & (height < hi * 1.2), (height > lo / 1.5) & (height < hi * 1.5)


def assign(labels, xy, stride):
    """labels [B, M, 15] -> score target [B, n] (1, 0 or -1 = ignored), face index [B, n]."""
    box, kind = labels[..., :4], labels[..., 14]
    cx, cy = box[..., 0] + box[..., 2] / 2, box[..., 1] + box[..., 3] / 2
    dx = np.abs(xy[None, None, :, 0] - cx[..., None])
    dy = np.abs(xy[None, None, :, 1] - cy[..., None])
    w, h, st = box[..., 2, None], box[..., 3, None], stride[None, None]
    mine, near = level_masks(h, st)
    live = (kind == 1)[..., None]
    core = live & mine & (dx <= np.maximum(0.16 * w, 0.5 * st)) & (dy <= np.maximum(0.14 * h, 0.5 * st))
    ring = live & near & (dx < np.maximum(0.34 * w, 1.01 * st)) & (dy < np.maximum(0.34 * h, 1.01 * st))
    ring |= (kind == 2)[..., None] & (dx < 0.6 * w) & (dy < 0.6 * h)
    ring |= (kind == 3)[..., None] & (st == STRIDES[-1]) & (dx < 0.3 * w) & (dy < 0.3 * h)  # larger than the view
    dist = np.where(core, (dx / (w + 1e-3)) ** 2 + (dy / (h + 1e-3)) ** 2, np.inf)
    face = dist.argmin(1)
    target = np.where(ring.any(1), -1, 0)
    target[core.any(1)] = 1
    return target.astype(np.float32), face


def flatten(maps):
    """Maps to [B, n, 15] in the order of grids()."""
    return torch.cat([m.permute(0, 2, 3, 1).reshape(m.shape[0], -1, 15) for m in maps], 1).float()


def decode_raw(raw, xy, stride):
    """Raw cells -> boxes (x, y, w, h) and landmarks in network pixels (torch or numpy, same formula)."""
    exp, cat = (torch.exp, torch.cat) if torch.is_tensor(raw) else (np.exp, np.concatenate)
    u = stride * UNIT
    c = xy + raw[..., 1:3] * u[..., None]
    wh = exp(raw[..., 3:5].clip(-4, 4)) * u[..., None]
    shape = raw.shape[:-1]
    marks = xy[..., None, :] + raw[..., 5:15].reshape(*shape, 5, 2) * u[..., None, None]
    return cat([c - wh / 2, wh], -1), marks


def giou(a, b):
    """Generalised IoU of boxes (x, y, w, h)."""
    ax1, ay1, bx1, by1 = a[:, 0] + a[:, 2], a[:, 1] + a[:, 3], b[:, 0] + b[:, 2], b[:, 1] + b[:, 3]
    iw = (torch.min(ax1, bx1) - torch.max(a[:, 0], b[:, 0])).clamp(min=0)
    ih = (torch.min(ay1, by1) - torch.max(a[:, 1], b[:, 1])).clamp(min=0)
    inter = iw * ih
    union = a[:, 2] * a[:, 3] + b[:, 2] * b[:, 3] - inter
    hull = (torch.max(ax1, bx1) - torch.min(a[:, 0], b[:, 0])) * (torch.max(ay1, by1) - torch.min(a[:, 1], b[:, 1]))
    return inter / union - (hull - union) / hull


def focal(logit, target, gamma=2.0, alpha=0.3):
    p = torch.sigmoid(logit)
    ce = F.binary_cross_entropy_with_logits(logit, target, reduction='none')
    pt = p * target + (1 - p) * (1 - target)
    return (alpha * target + (1 - alpha) * (1 - target)) * (1 - pt) ** gamma * ce


def losses(raw, labels, xy, stride):
    """raw [B, n, 15], labels numpy -> (score, box, landmark) losses."""
    target, face = assign(labels, xy, stride)
    keep = torch.from_numpy(target >= 0)
    t = torch.from_numpy(target.clip(0))
    b, i = np.nonzero(target == 1)
    n = max(len(b), 1)
    score = (focal(raw[..., 0], t) * keep).sum() / n
    if not len(b):
        return score, raw.sum() * 0, raw.sum() * 0
    lab = torch.from_numpy(labels[b, face[b, i]])
    box, marks = decode_raw(raw[b, i], torch.from_numpy(xy[i]), torch.from_numpy(stride[i]))
    size = torch.sqrt(lab[:, 2] * lab[:, 3])
    # one face, one vote: a large face has many cells
    key, inv, cnt = np.unique(b * 64 + face[b, i], return_inverse=True, return_counts=True)
    wgt = torch.from_numpy((1.0 / np.sqrt(cnt[inv])).astype(np.float32))
    wgt = wgt / wgt.sum()
    err = (marks - lab[:, 4:14].reshape(-1, 5, 2)).abs() / size[:, None, None]
    err = torch.where(err < 0.02, err * err / 0.04, err - 0.01).mean((1, 2))
    return score, ((1 - giou(box, lab[:, :4])) * wgt).sum(), (err * wgt).sum()


# ---------------------------------------------------------------------------------------------------- training

def batch_of(rng, ring, size):
    """Random slots, mirrored and re-tinted: (float [B, 3, S, S], labels)."""
    filled = int(min(ring.count[0], ring.slots))
    idx = rng.integers(0, filled, size)
    x = torch.from_numpy(ring.images[idx]).permute(0, 3, 1, 2)
    lab = np.array(ring.labels[idx])
    x = x.float().div_(127.5).sub_(1)
    side = ring.side
    for j in np.nonzero(rng.uniform(size=size) < 0.5)[0]:
        x[j] = x[j].flip(-1)
        on = lab[j, :, 14] > 0
        lab[j, on, 0] = side - lab[j, on, 0] - lab[j, on, 2]
        lab[j, on, 4:14] = flip_points(lab[j, on, 4:14].reshape(-1, 5, 2), side).reshape(-1, 10)
    gain = torch.from_numpy(rng.uniform(0.8, 1.15, (size, 3, 1, 1)).astype(np.float32))
    lift = torch.from_numpy(rng.uniform(-0.12, 0.12, (size, 1, 1, 1)).astype(np.float32))
    return (x * gain + lift).clamp_(-1, 1).contiguous(memory_format=torch.channels_last), lab


class Trainer:
    def __init__(self, args):
        self.args = args
        self.net = Detector().to(memory_format=torch.channels_last)
        decay = [p for p in self.net.parameters() if p.dim() > 1]
        rest = [p for p in self.net.parameters() if p.dim() <= 1]
        self.opt = torch.optim.AdamW([{'params': decay, 'weight_decay': 0.02},
                                      {'params': rest, 'weight_decay': 0.0}], lr=args.lr)
        self.ema = {k: v.clone() for k, v in self.net.state_dict().items()}
        self.step, self.seconds = 0, 0.0
        self.rng = np.random.default_rng(args.seed)
        self.path = os.path.join(args.ckpt, 'last.pt')
        if os.path.exists(self.path):
            self.restore()

    def restore(self):
        c = common.load_checkpoint(self.path)
        if c['config'] != CONFIG:
            raise common.TrainError(f'{self.path}: a checkpoint of another network: {c["config"]}')
        self.net.load_state_dict(c['net'])
        self.ema, self.step, self.seconds = c['ema'], c['step'], c['seconds']
        if 'opt' not in c:             # what warm.py made
            return
        self.opt.load_state_dict(c['opt'])
        self.rng.bit_generator.state = c['rng']
        torch.set_rng_state(c['torch_rng'])

    def save(self):
        common.save_atomic({'net': self.net.state_dict(), 'ema': self.ema, 'opt': self.opt.state_dict(), 'step': self.step,
                     'seconds': self.seconds, 'config': CONFIG, 'rng': self.rng.bit_generator.state,
                     'torch_rng': torch.get_rng_state()}, self.path)

    def rate(self):
        """Warm-up, then a cosine over the planned minutes (time, not steps, is what is given)."""
        t = min(1.0, self.seconds / (60 * self.args.plan))
        return self.args.lr * min(1.0, (self.step + 1) / 150) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * t)))

    def update(self, x, lab):
        for g in self.opt.param_groups:
            g['lr'] = self.rate()
        with torch.autocast('cpu', torch.bfloat16, enabled=bool(self.args.bf16)):
            maps = self.net(x)
        h, w = x.shape[2:]
        xy, st = grids(w, h)
        score, box, marks = losses(flatten(maps), lab, xy, st)
        loss = score + 1.0 * box + 14.0 * marks
        self.opt.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        if torch.isfinite(norm):
            self.opt.step()
        d = min(0.998, (1 + self.step) / (20 + self.step))
        for k, v in self.net.state_dict().items():
            if v.dtype.is_floating_point:
                self.ema[k].mul_(d).add_(v.detach(), alpha=1 - d)
            else:
                self.ema[k].copy_(v)
        self.step += 1
        return [float(score.detach()), float(box.detach()), float(marks.detach())]

    def run(self):
        a = self.args
        clock, log = common.Clock(a.minutes), common.Log(os.path.join(a.ckpt, 'log.csv'), 50)
        ring = start_producer(a, self.step)
        begin, saved = time.time() - self.seconds, self.seconds
        while not clock.done() and not (a.stop_at and self.step >= a.stop_at):
            x, lab = batch_of(self.rng, ring, a.batch)
            score, box, marks = self.update(x, lab)
            self.seconds = time.time() - begin
            log.add(self.step, a.batch, score=score, box=box, marks=marks, rate=self.rate(), made=int(ring.count[0]))
            if self.seconds - saved > 120:
                self.save()
                saved = self.seconds
        self.save()


def start_producer(a, seed):
    path = os.path.join(a.ring, f'revisage-detector-{os.getpid()}')
    ring = data_.Ring(path, a.side, a.slots, True)
    proc = mp.get_context('spawn').Process(
        target=data_.produce, daemon=True,
        args=(path, a.pack, a.side, a.slots, a.seed + seed, os.getpid(), a.pause))
    proc.start()
    while ring.count[0] < 4 * a.batch:
        time.sleep(0.2)
        if not proc.is_alive():
            raise common.TrainError('the data producer stopped: see its message above')
    for ext in ('.img', '.lab', '.cnt'):  # both sides hold their maps; nothing is left behind
        os.unlink(path + ext)
    return ring


def options(args, rest):
    ap = argparse.ArgumentParser(prog='train.py detector')
    ap.add_argument('--backgrounds', nargs='+', default=data_.BACKGROUNDS, help='folders of face-free pictures')
    ap.add_argument('--plan', type=float, help='minutes of the whole schedule (default: --minutes)')
    ap.add_argument('--side', type=int, default=320)
    ap.add_argument('--slots', type=int, default=4096, help='pictures kept in shared memory')
    ap.add_argument('--pause', type=float, default=1.0, help='producer rest per unit of work once the ring fills')
    ap.add_argument('--ring', default='/dev/shm', help='folder of that memory')
    ap.add_argument('--bf16', type=int, default=1)
    ap.parse_args(rest, args)
    args.pack, args.ckpt = f'{args.state}/detpack', f'{args.state}/ckpt/detector'
    args.lr, args.minutes = args.lr or 3e-3, args.minutes or 40
    args.plan = args.plan or args.minutes
    return args


def run(args):
    os.makedirs(args.ckpt, exist_ok=True)
    data_.pack_once(args.data, args.backgrounds, args.pack, common.own_parser(args.state))
    if args.fresh and os.path.exists(f'{args.ckpt}/last.pt'):
        os.replace(f'{args.ckpt}/last.pt', f'{args.ckpt}/before.pt')
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    Trainer(args).run()
