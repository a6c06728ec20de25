# SPDX-License-Identifier: GPL-3.0-or-later
"""Phase `facefeat`: a small texture-aware feature network for perceptual and style losses.

Five stages of two conv3x3 with blur-pool between. Four tasks teach it: name a patch's degradation, parse the face,
tell crops of one face from crops of others, rebuild the clean image from stage 3.
"""
import argparse

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from base import common, data, degrade, layers, losses
from parsing import phase as parsing

WIDTHS = (32, 64, 128, 160, 192)
WEIGHTS = (0.1, 0.1, 1.0, 1.0, 1.0)
TEMPERATURE = 0.1


def options(args, rest):
    p = argparse.ArgumentParser(prog='train.py facefeat')
    p.add_argument('--widths', type=lambda t: tuple(int(v) for v in t.split(',')), default=WIDTHS)
    p.parse_args(rest, args)
    return args


def blur_pool(x):
    k = torch.tensor([1., 2., 1.], device=x.device, dtype=x.dtype)
    k = (k[:, None] * k[None] / 16).expand(x.shape[1], 1, 3, 3)
    return F.conv2d(x, k, stride=2, padding=1, groups=x.shape[1])


class FaceFeat(nn.Module):
    def __init__(self, widths=WIDTHS):
        super().__init__()
        ins = (3,) + tuple(widths[:-1])
        self.config = dict(arch='facefeat', widths=list(widths))
        self.stages = nn.ModuleList(nn.ModuleList([layers.conv3(i, o), layers.conv3(o, o)]) for i, o in zip(ins, widths))
        self.deg, self.embed = nn.Linear(sum(widths[2:]), 5), nn.Linear(widths[-1], 64)
        self.parse = nn.ModuleList(layers.conv1(w, data.CLASSES) for w in widths[2:])
        self.rebuild = layers.conv3(widths[2], 3 * 16)

    def features(self, x):
        out = []
        for i, (a, b) in enumerate(self.stages):
            x = layers.lrelu(b(layers.lrelu(a(blur_pool(x) if i else x))))
            out.append(x)
        return out

    def forward(self, x):
        f = self.features(x)
        size = f[2].shape[2:]
        logits = sum(F.interpolate(p(v).float(), size=size, mode='bilinear', align_corners=False)
                     for p, v in zip(self.parse, f[2:]))
        deg = self.deg(torch.cat([v.mean((2, 3)) for v in f[2:]], 1))
        return dict(deg=deg, parse=logits, embed=self.embed(f[4].mean((2, 3))),
                    image=F.pixel_shuffle(self.rebuild(f[2]), 4))


def contrast(a, b):
    """InfoNCE: the two crops of a face find each other among the batch."""
    a, b = F.normalize(a.float(), dim=1), F.normalize(b.float(), dim=1)
    s, t = a @ b.T / TEMPERATURE, torch.arange(len(a), device=a.device)
    return 0.5 * (F.cross_entropy(s, t) + F.cross_entropy(s.T, t))


def crop(lq, hq, mask, rng, n):
    y, x = (rng.integers(0, (lq.shape[0] - n) // 4 + 1, 2) * 4)
    return lq[y:y + n, x:x + n], hq[y:y + n, x:x + n], mask[y:y + n, x:x + n]


def batch(args, img, mask, count):
    """Two crops of every face, each degraded in its own way: lq, hq, labels, masks at a quarter of the crop."""
    rows, n = [[], []], args.size * 5 // 8 // 16 * 16
    for j in range(args.batch):
        i = data.order(len(img), count + j, args.seed)
        rng = np.random.default_rng([args.seed, 5, count + j])
        for r in rows:
            hq, m = np.asarray(img[i]), np.asarray(mask[i])
            if rng.random() < 0.5:
                hq, m = hq[:, ::-1], data.SWAP[m[:, ::-1]]
            lq, hq, p = degrade.degrade(np.ascontiguousarray(hq), int(rng.integers(1 << 60)))
            r.append((*crop(lq, hq, m, rng, n), degrade.labels(p)))
    lq, hq, m, lab = zip(*(rows[0] + rows[1]))
    return (data.tensor(lq), data.tensor(hq), torch.from_numpy(np.stack([v[2::4, 2::4] for v in m]).astype(np.int64)),
            torch.from_numpy(np.stack(lab)))


class Perceptual:
    """The frozen network as a loss."""

    def __init__(self, net):
        self.net = net.eval()
        for p in net.parameters():
            p.requires_grad_(False)

    def losses(self, fake, hq, maps, style):
        with common.autocast(fake.device):
            a = self.net.features(fake)
            with torch.no_grad():
                b = self.net.features(hq)
        unit = lambda f: f.float() * torch.rsqrt((f.float() ** 2).mean(1, True) + 1e-6)
        percept = sum(k * F.l1_loss(unit(x), unit(y)) for k, x, y in zip(WEIGHTS, a, b))
        grams = 0.0
        for x, y in zip(a[2:], b[2:]):
            m = F.adaptive_avg_pool2d(maps, x.shape[-1])
            grams = grams + F.l1_loss(losses.gram(x.float(), m), losses.gram(y.float(), m))
        return dict(percept=percept, style=style * 100 * grams)


def load(path, device):
    ck = common.load_checkpoint(path)
    net = FaceFeat(ck['config']['widths'])
    common.load_into(net, ck['ema'], path)
    return Perceptual(net.to(device, memory_format=torch.channels_last))


def run(args):
    folder, shards, device = common.setup(args, 'facefeat')
    torch.manual_seed(args.seed)
    net = FaceFeat(args.widths).to(device, memory_format=torch.channels_last)
    ema, lr = common.Ema(net, args.ema or 0.995), args.lr or 1e-3
    opt, step = torch.optim.Adam(net.parameters(), lr=lr), 0
    last = folder / 'last.pt'
    if last.exists() and not args.fresh:
        ck = common.load_checkpoint(last)
        common.load_into(net, ck['net'], last)
        common.load_into(ema.net, ck['ema'], last)
        opt.load_state_dict(ck['opt'])
        common.set_rng(ck['rng'])
        step = ck['step']
        print(f'resumed at step {step}')
    img, mask, _, _ = data.pack_parsing(args.data, shards, args.size)
    weights = parsing.class_weights(mask).to(device)
    log, clock = common.Log(folder / 'log.csv', args.log_every), common.Clock(args.minutes)

    def save():
        ck = dict(phase='facefeat', config=net.config, net=net.state_dict(), ema=ema.net.state_dict(), opt=opt.state_dict(),
                  rng=common.rng_state(), step=step)
        for name in ('last.pt', 'best.pt'):
            common.save_atomic(ck, folder / name)
        common.curves(log.path, folder / 'curves.png')

    while step < (args.stop_at or args.steps) and not clock.done():
        for g in opt.param_groups:
            g['lr'] = lr * common.cosine(step, args.steps)
        lq, hq, m, lab = (t.to(device) for t in batch(args, img, mask, step * args.batch))
        with common.autocast(device):
            out = net(lq)
        e1, e2 = out['embed'].chunk(2)
        parts = dict(deg=2 * F.smooth_l1_loss(out['deg'].float(), lab, beta=0.1), nce=0.2 * contrast(e1, e2),
                     parse=F.cross_entropy(out['parse'], m, weight=weights), image=F.l1_loss(out['image'].float(), hq))
        opt.zero_grad(set_to_none=True)
        sum(parts.values()).backward()
        opt.step()
        step += 1
        ema.update(net, step)
        log.add(step, args.batch, **{k: v.detach() for k, v in parts.items()})
        if step % args.check_every == 0:
            save()
    save()
    print(f'stopped at step {step}')
