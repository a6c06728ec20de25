#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the parser on the held-out parsing pairs:  parsereval.py --parser FILE [--out FOLDER]

Per class intersection over union, clean and at each fixed level, logits enlarged to the mask's 512; the degradation head's
error; the heat maps' five points against the mesh's.
"""
import argparse
import json
import os
import sys
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from base import data, degrade, files, st     # noqa: E402
from base.layers import down2                 # noqa: E402
from measure import evalset, metrics, report  # noqa: E402
from parsing import phase as parser_          # noqa: E402
from parsing.arch import ARCH as PARSER       # noqa: E402

CLASSES = ('background', 'skin', 'nose', 'eyeglasses', 'l_eye', 'r_eye', 'l_brow', 'r_brow', 'l_ear', 'r_ear', 'mouth', 'u_lip', 'l_lip',
           'hair', 'hat', 'earring', 'necklace', 'neck', 'cloth')
GROUPS = {'eyes': (4, 5), 'brows': (6, 7), 'lips': (11, 12)}
LEVELS = ('clean',) + evalset.LEVELS


def pairs(root):
    """(name, image [512,512,3], mask [512,512]) of the pairs that training holds out: the first by name. A mask without
    skin is broken and left out (0a7dc1... is nose from edge to edge)."""
    files = sorted(data.need(Path(root) / 'parsing' / 'images').glob('*.jpg'))[:data.HOLD_OUT]
    for f in files:
        mask = np.asarray(data.open_image(Path(root) / 'parsing' / 'masks' / f'{f.stem}.png', None))
        if (mask == 1).mean() < 0.01:
            continue
        yield f.stem, np.asarray(data.open_image(f)), mask


@torch.no_grad()
def run(net, img):
    """(class per pixel [512,512], degradation [5])."""
    logits, deg, _ = net(down2(data.tensor([img])))
    up = F.interpolate(logits, size=img.shape[:2], mode='bilinear', align_corners=False)
    return up.argmax(1)[0].numpy().astype(np.uint8), deg.clamp(0, 1)[0].numpy()


def measure(net, root):
    conf = {v: np.zeros((19, 19), np.int64) for v in LEVELS}
    err, rows = {v: [] for v in LEVELS}, []
    for name, img, mask in pairs(root):
        shown = [img, parser_.paint(torch.from_numpy(mask.astype(np.int64)))]
        for v in LEVELS:
            lq, p = (img, dict(sigma=0, r=1, noise=0, q=100, grey=0)) if v == 'clean' else degrade.level(img, v, evalset.seed_of(name))
            pred, deg = run(net, lq)
            conf[v] += metrics.confusion(pred, mask)
            if v != 'clean':
                err[v].append(np.abs(deg - degrade.labels(p))[:4])
            shown += [lq] if v in ('medium', 'severe') else []
            shown += [parser_.paint(torch.from_numpy(pred.astype(np.int64)))]
        rows.append((name, shown))
    return conf, err, rows


def tables(conf, err):
    """(Markdown, figures)."""
    iou = {v: metrics.iou(conf[v]) for v in LEVELS}
    there = {v: np.diag(conf[v]).sum() / conf[v].sum() for v in LEVELS}
    counted = conf['clean'].sum(1) > 0                       # classes that the held-out truth has
    body = [[n] + [report.text(float(iou[v][k]), '.3f') for v in LEVELS] for k, n in enumerate(CLASSES) if counted[k]]
    mean = {v: float(np.nan_to_num(iou[v][counted]).mean()) for v in LEVELS}
    head = [['**mIoU**'] + [f'**{mean[v]:.3f}**' for v in LEVELS], ['pixel accuracy'] + [f'{there[v]:.3f}' for v in LEVELS]]
    body = head + body
    for i, n in enumerate(('blur', 'scale', 'noise', 'jpeg')):
        body.append([f'mean error of {n}', '-'] + [f'{np.mean([e[i] for e in err[v]]):.3f}' for v in evalset.LEVELS])
    asked = [['medium: mIoU', f'{mean["medium"]:.3f}', '>= 0.55', 'yes' if mean['medium'] >= 0.55 else '**no**']]
    for g, ks in GROUPS.items():
        least = min(iou['medium'][list(ks)])
        asked.append([f'medium: {g}, the lower of the two', f'{least:.3f}', '>= 0.55', 'yes' if least >= 0.55 else '**no**'])
    text = report.table(['measured', 'value', 'asked', 'reached'], asked) + '\n' + report.table(['IoU', *LEVELS], body)
    return text, dict(miou=mean, iou={v: [None if x != x else float(x) for x in iou[v]] for v in LEVELS})


def main(argv=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--parser', default=str(files.ROOT / 'weights' / 'parse-face-256.safetensors'), help='checkpoint or weights file')
    p.add_argument('--data', default=str(data.default_root()))
    p.add_argument('--out', default='/var/tmp/revisage/eval/out/parser')
    p.add_argument('--threads', type=int, default=1)
    a = p.parse_args(argv)
    torch.set_num_threads(a.threads)
    try:
        net, _ = PARSER.load(a.parser)
        conf, err, rows = measure(net, a.data)
        text, figures = tables(conf, err)
        out = Path(a.out)
        out.mkdir(parents=True, exist_ok=True)
        st.replace_file(str(out / 'table.md'), [text.encode()])
        st.replace_file(str(out / 'result.json'), [json.dumps(figures).encode()])
        names = ['clean', 'truth', 'on clean', 'on mild', 'medium', 'on medium', 'severe', 'on severe']
        report.labelled(names, rows[:16], 160, out / 'sheet.png')
        print(text)
    except (data.DataError, files.ExportError, ValueError, OSError) as e:
        sys.exit(f'parsereval.py: {e}')


if __name__ == '__main__':
    main()
