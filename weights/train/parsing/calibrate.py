#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Last step of the parser: fit its degradation head and class biases to crops made the way users' crops are.

Training makes its photos at 256; a user's crop is enlarged to 512 and halved. The head reads the traces of enlarging, so
its linear layer is fitted again (ridge towards the trained one) on faces degraded at 512. The weighted cross-entropy
makes rare classes too likely; a part of log(weight) comes off the biases, the part that gives the best mean IoU on
training pairs. Writes best.pt again, with `calibrated` set.
"""
import argparse
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from base import common, data, degrade          # noqa: E402
from base.layers import down2                   # noqa: E402
from parsing import networks, phase as parsing  # noqa: E402

PARTS = (0.0, 0.25, 0.5, 0.75)
RIDGE = 0.02


def pooled(net, x):
    """What the degradation head sees."""
    keep = {}
    hook = net.deg.register_forward_pre_hook(lambda m, i: keep.update(x=i[0]))
    with torch.no_grad(), common.autocast(x.device):
        logits = net(x)[0]
    hook.remove()
    return keep['x'].float(), logits.float()


def crops(faces, n, seed):
    """n faces degraded at 512 and halved, with labels: half of them by the levels' chain, half by the training's."""
    rng = np.random.default_rng(seed)
    for k in range(n):
        hq = np.asarray(faces[int(rng.integers(len(faces)))])
        if k % 2:
            lq, p = degrade.level(hq, ('mild', 'medium', 'severe')[k // 2 % 3], 10_000_000 + k)
        else:
            lq, _, p = degrade.degrade(hq, int(rng.integers(1 << 60)))
        yield lq, degrade.labels(p)


def halves(lq, size):
    x = data.tensor(lq)
    while x.shape[-1] > size:
        x = down2(x)
    return x


def batches(it, n):
    rows = []
    for r in it:
        rows.append(r)
        if len(rows) == n:
            yield zip(*rows)
            rows = []


def fit_head(net, faces, n, size):
    """Ridge regression of the labels on the pooled features; returns (before, after) mean absolute errors on the last fifth."""
    xs, ys = [], []
    for lq, lab in batches(crops(faces, n, 5), 10):
        xs.append(pooled(net, halves(list(lq), size))[0])
        ys.append(torch.from_numpy(np.stack(lab)))
    x, y = torch.cat(xs).double(), torch.cat(ys).double()
    w0, b0 = net.deg.weight.data.double(), net.deg.bias.data.double()
    cut = len(x) * 4 // 5
    mean, std = x[:cut].mean(0), x[:cut].std(0) + 1e-6
    z = torch.cat([(x - mean) / std, torch.ones(len(x), 1, dtype=x.dtype)], 1)
    rest = y - (x @ w0.T + b0)
    eye = torch.eye(z.shape[1], dtype=x.dtype) * RIDGE * cut
    eye[-1, -1] = 0
    d = torch.linalg.solve(z[:cut].T @ z[:cut] + eye, z[:cut].T @ rest[:cut])
    w, b = w0 + (d[:-1] / std[:, None]).T, b0 + d[-1] - (mean / std) @ d[:-1]
    err = lambda w, b: ((x[cut:] @ w.T + b).clamp(0, 1) - y[cut:]).abs().mean(0)
    res = err(w0, b0), err(w, b)
    net.deg.weight.data, net.deg.bias.data = w.float(), b.float()
    return res


def fit_biases(net, args, shards, n):
    img, mask, _, _ = data.pack_parsing(args.data, shards, 512)
    pick = [i for i in range(data.HOLD_OUT, len(img)) if parsing.plausible(mask[i])][:n]
    log_w = parsing.class_weights(mask).log()
    preds, true = [], []
    for i in pick:
        lq, _ = degrade.level(np.asarray(img[i]), 'medium', 20_000_000 + i)
        preds.append(pooled(net, halves([lq], args.size))[1])
        true.append(torch.from_numpy(mask[i][::4, ::4].astype(np.int64))[None])
    logits, true = torch.cat(preds), torch.cat(true)
    score = [float(np.nanmean(parsing.per_class_iou((logits - t * log_w.view(1, -1, 1, 1)).argmax(1), true))) for t in PARTS]
    best = PARTS[int(np.argmax(score))]
    net.mask.bias.data -= best * log_w
    return best, dict(zip(PARTS, score))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--data', default=str(data.default_root()))
    p.add_argument('--state', default='/var/tmp/revisage')
    p.add_argument('--count', type=int, default=1000)
    p.add_argument('--pairs', type=int, default=200)
    p.add_argument('--size', type=int, default=256)
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--threads', type=int, default=1)
    args = p.parse_args()
    folder, shards, _ = common.setup(args, 'parser')
    path = folder / 'best.pt'
    ck = common.load_checkpoint(path)
    if ck.get('calibrated'):
        raise SystemExit(f'{path}: calibrated already')
    net = networks.build(ck['config']).eval()
    common.load_into(net, ck['ema'], path)
    before, after = fit_head(net, data.pack_faces(args.data, shards, 'train', 512), args.count, args.size)
    print('degradation head, mean absolute error:', dict(zip(degrade.LABELS, zip(before.tolist(), after.tolist()))))
    part, scores = fit_biases(net, args, shards, args.pairs)
    print('share of log(weight) taken off the biases:', part, scores)
    valid = parsing.Validation(args, shards)
    res = valid(net, torch.device('cpu'), folder / 'samples-calibrated.png')
    print(res)
    common.save_atomic(dict(ck, ema=net.state_dict(), valid=res, iou=valid.iou.tolist(), calibrated=True), path)


if __name__ == '__main__':
    main()
