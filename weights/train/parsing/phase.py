# SPDX-License-Identifier: GPL-3.0-or-later
"""Phase `parser`: 19 classes, five degradation values and five heat maps, on degraded faces."""
import argparse

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

from base import common, data, degrade
from parsing import landmarks, networks

NAMES = ('background skin nose glasses l_eye r_eye l_brow r_brow l_ear r_ear mouth u_lip l_lip hair hat '
         'earring necklace neck cloth').split()
GROUPS = {'eyes': (4, 5), 'brows': (6, 7), 'lips': (11, 12)}


def options(args, rest):
    ints = lambda t: [int(v) for v in t.split(',')]
    p = argparse.ArgumentParser(prog='train.py parser')
    p.add_argument('--widths', type=ints, default=networks.CONFIG['widths'])
    p.add_argument('--blocks', type=ints, default=networks.CONFIG['blocks'])
    p.parse_args(rest, args)
    return args


class Samples:
    """Degraded, jittered and flipped parsing pairs by number."""

    def __init__(self, args, shards):
        self.img, self.mask, self.pts, self.ok = data.pack_parsing(args.data, shards, args.size)
        first = data.HOLD_OUT if len(self.img) > 2 * data.HOLD_OUT else 2
        self.train = np.array([i for i in range(first, len(self.img)) if plausible(self.mask[i])])
        self.seed = args.seed

    def __getitem__(self, count):
        i = int(self.train[data.order(len(self.train), count, self.seed)])
        rng = np.random.default_rng([self.seed, 1, count])
        img, mask, pts = self.img[i], self.mask[i], self.pts[i]
        if rng.random() < 0.5:
            img, mask = img[:, ::-1], data.SWAP[mask[:, ::-1]]
            pts = landmarks.flip_points(pts, 512)
        h = img.shape[0]
        m = degrade.similarity(h, rng, 0.10, 10, 24)
        img, mask = degrade.warp(img, m, Image.BICUBIC), degrade.warp(mask, m, Image.NEAREST)
        k = h / 512.0
        inv = np.linalg.inv(m[:, :2])
        pts = ((pts * k - 0.5 - m[:, 2]) @ inv.T + 0.5) / k
        img = light(img, rng)
        lq, _, p = degrade.degrade(img, int(rng.integers(1 << 60)))
        a, b = rng.integers(0, 2, 2)           # a random phase: no half-pixel bias at half size
        return lq, mask[a::2, b::2].copy(), pts, self.ok[i], degrade.labels(p)


def plausible(mask):
    """False for a label map that one class fills: a fault of the labels (there is one such map)."""
    return np.bincount(np.asarray(mask).reshape(-1)).max() < 0.9 * mask.size


def light(img, rng):
    """Exposure and colour of the scene; photo and map stay a pair."""
    if rng.random() < 0.4:
        return img
    x = img.astype(np.float32) / 255
    x = x ** rng.uniform(0.6, 1.6) * rng.uniform(0.75, 1.15) * rng.uniform(0.9, 1.1, 3).astype(np.float32)
    return degrade.to_u8(x)


def heat_target(pts, n):
    """Gaussians (sigma 1.5 cells) at points given in pixels of the 512 crop; [B,5,n,n]."""
    c = (torch.arange(n) + 0.5) * (512 / n)
    s = 1.5 * 512 / n
    gx = torch.exp(-(c.view(1, 1, 1, n) - pts[..., 0, None, None]) ** 2 / (2 * s * s))
    gy = torch.exp(-(c.view(1, 1, n, 1) - pts[..., 1, None, None]) ** 2 / (2 * s * s))
    return gx * gy


def batch(samples, count, n):
    rows = [samples[count + i] for i in range(n)]
    lq, mask, pts, ok, lab = zip(*rows)
    return (data.tensor(lq), torch.from_numpy(np.stack(mask).astype(np.int64)),
            torch.from_numpy(np.stack(pts).astype(np.float32)), torch.tensor(ok).float(), torch.from_numpy(np.stack(lab)))


def class_weights(mask):
    """Rare classes count more, mildly: (frequency)^-0.3 around 1."""
    f = np.bincount(np.asarray(mask).reshape(-1), minlength=19)[:19] / mask.size
    w = np.clip(f, 1e-4, None) ** -0.3
    return torch.from_numpy((w / w[1]).astype(np.float32)).clamp(0.5, 6)


def dice(logits, mask):
    """1 - soft dice, mean over the classes that the batch holds."""
    p = logits.softmax(1)
    t = F.one_hot(mask, 19).permute(0, 3, 1, 2).to(p.dtype)
    s, u = (p * t).sum((0, 2, 3)), (p + t).sum((0, 2, 3))
    on = t.sum((0, 2, 3)) > 0
    return 1 - (2 * s[on] / (u[on] + 1)).mean()


def losses(out, mask, pts, ok, lab, weights):
    logits, deg, heat = (o.float() for o in out)
    t = heat_target(pts, heat.shape[-1]).to(heat.device)
    hit = F.binary_cross_entropy_with_logits(heat, t, reduction='none', pos_weight=torch.tensor(8.0))
    return dict(ce=F.cross_entropy(logits, mask, weight=weights), dice=0.5 * dice(logits, mask),
                deg=2 * F.smooth_l1_loss(deg, lab, beta=0.1), heat=4 * (hit.mean((1, 2, 3)) * ok).mean())


# ------------------------------------------------------------------ validation
class Validation:
    """Held-out pairs, clean and at the medium level."""

    def __init__(self, args, shards):
        img, mask, pts, _ = data.pack_parsing(args.data, shards, args.size)
        n = data.HOLD_OUT if len(img) > 2 * data.HOLD_OUT else 2
        keep = [i for i in range(n) if plausible(mask[i])]
        img, mask, pts, n = img[keep], mask[keep], pts[keep], len(keep)
        big = data.pack_parsing(args.data, shards, 512)[0][keep] if args.size == 256 else img
        half = lambda x: np.asarray(Image.fromarray(x).resize((args.size,) * 2, Image.BOX))
        made = [degrade.level(x, 'medium', i) for i, x in zip(keep, big)]
        self.sets = {'clean': data.tensor(list(img)), 'medium': data.tensor([half(x) for x, _ in made])}
        self.labels = torch.from_numpy(np.stack([degrade.labels(p) for _, p in made]))
        self.mask = torch.from_numpy(mask[:, ::2, ::2].astype(np.int64))
        self.pts = pts

    @torch.no_grad()
    def __call__(self, net, device, png):
        res, rows = {}, []
        for name, x in self.sets.items():
            pred, deg, heat = [], [], []
            for i in range(0, len(x), 10):
                with common.autocast(device):
                    a, b, c = net(x[i:i + 10].to(device))
                pred.append(a.argmax(1).cpu()), deg.append(b.float().cpu()), heat.append(c.float().cpu())
            pred, deg, heat = torch.cat(pred), torch.cat(deg), torch.cat(heat)
            iou = per_class_iou(pred, self.mask)
            res[f'{name}_miou'] = float(np.nanmean(iou))
            res[f'{name}_acc'] = float((pred == self.mask).float().mean())
            for g, ks in GROUPS.items():
                res[f'{name}_{g}'] = float(np.mean([iou[k] for k in ks]))
            d = np.linalg.norm(points(heat)[0].numpy() - self.pts, axis=2)
            res[f'{name}_pts_px'] = float(np.median(d))
            if name == 'medium':
                res['medium_deg_mae'] = float((deg.clamp(0, 1) - self.labels)[:, :4].abs().mean())
                self.iou = iou
            rows += [[data.image(t) for t in x[:6]], [paint(p) for p in pred[:6]]]
        rows.append([paint(m) for m in self.mask[:6]])
        common.sheet(rows, png, 160)
        return res


def per_class_iou(pred, true):
    c = np.bincount((true.reshape(-1) * 19 + pred.reshape(-1)).numpy(), minlength=361).reshape(19, 19)
    u = c.sum(0) + c.sum(1) - np.diag(c)
    return np.where(c.sum(1) > 0, np.diag(c) / np.maximum(u, 1), np.nan)


def paint(mask):
    rng = np.random.default_rng(4)
    return rng.integers(40, 255, (19, 3)).astype(np.uint8)[mask.numpy()]


def points(heat):
    """(points [B,5,2] in pixels of the 512 crop, confidence [B,5]) from heat-map logits [B,5,n,n].

    The first largest cell in raster order, then the centroid of sigmoid(logit) over its 3x3 window.
    """
    b, k, n, _ = heat.shape
    p = torch.sigmoid(heat.float())
    at = p.reshape(b, k, -1).argmax(2)
    y, x = at // n, at % n
    pad = F.pad(p, (1, 1, 1, 1))
    num = torch.zeros(b, k, 2)
    den = torch.zeros(b, k)
    bi, ki = torch.meshgrid(torch.arange(b), torch.arange(k), indexing='ij')
    for dy in (0, 1, 2):
        for dx in (0, 1, 2):
            v = pad[bi, ki, y + dy, x + dx].cpu()
            den += v
            num[..., 0] += v * (x.cpu() + dx - 1 + 0.5)
            num[..., 1] += v * (y.cpu() + dy - 1 + 0.5)
    return num / den.clamp_min(1e-12)[..., None] * (512 / n), p.reshape(b, k, -1).amax(2)


# ------------------------------------------------------------------ the phase
def run(args):
    folder, shards, device = common.setup(args, 'parser')
    torch.manual_seed(args.seed)
    config = dict(networks.CONFIG, size=args.size, widths=args.widths, blocks=args.blocks)
    net = networks.build(config).to(device, memory_format=torch.channels_last)
    ema = common.Ema(net, args.ema or 0.99)
    opt = torch.optim.AdamW(net.parameters(), lr=args.lr or 2e-3, weight_decay=1e-3)
    step, best, last = 0, -1.0, folder / 'last.pt'
    if last.exists() and not args.fresh:
        ck = common.load_checkpoint(last)
        common.load_into(net, ck['net'], last)
        common.load_into(ema.net, ck['ema'], last)
        if 'opt' in ck:            # not in what warm.py made
            opt.load_state_dict(ck['opt'])
            common.set_rng(ck['rng'])
        step, best = ck['step'], ck['best']
        print(f'resumed at step {step}')
    samples, valid = Samples(args, shards), Validation(args, shards)
    weights = class_weights(samples.mask).to(device)
    log, clock = common.Log(folder / 'log.csv', args.log_every), common.Clock(args.minutes)

    def save(path, **more):
        common.save_atomic(dict(phase='parser', config=config, net=net.state_dict(), ema=ema.net.state_dict(), step=step,
                                opt=opt.state_dict(), rng=common.rng_state(), best=best, images=step * args.batch, **more), path)

    def check():
        nonlocal best
        res = valid(ema.net, device, folder / 'samples.png')
        log.line(step, **res)
        common.curves(log.path, folder / 'curves.png')
        if res['medium_miou'] > best:
            best = res['medium_miou']
            save(folder / 'best.pt', valid=res, iou=valid.iou.tolist())
        save(last)

    while step < (args.stop_at or args.steps) and not clock.done():
        for g in opt.param_groups:
            g['lr'] = (args.lr or 2e-3) * common.cosine(step, args.steps)
        x, mask, pts, ok, lab = (t.to(device) for t in batch(samples, step * args.batch, args.batch))
        with common.autocast(device):
            out = net(x)
        parts = losses(out, mask, pts, ok, lab, weights)
        opt.zero_grad(set_to_none=True)
        sum(parts.values()).backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        opt.step()
        step += 1
        ema.update(net, step)
        log.add(step, args.batch, **{k: v.detach() for k, v in parts.items()})
        if step % args.check_every == 0:
            check()
    check()
    print(f'stopped at step {step}; best medium mIoU {best:.4f}')
