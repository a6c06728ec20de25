#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding faces with the trained detector, and measuring it:  detector/evaluate.py --pack DIR --ckpt DIR [options]

`find` is the whole path of engine/face/detect.c in Python: resize, fine and coarse pass, decode, merge.
Prints the table: recall, false faces, landmark error. --pack: what training packed (STATE/detpack).
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import torch
from PIL import Image, ImageDraw

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from detector import data as data_, networks           # noqa: E402
from detector.phase import decode_raw, flatten, grids  # noqa: E402
from parsing.landmarks import flip_points              # noqa: E402

LONG_SIDE, MOST_ZOOM, COARSE = 1024, 2.0, 4
FINE_MOST, COARSE_LEAST = 320, 14
NMS_IOU, INSIDE, WHOLE, THRESHOLD = 0.4, 0.7, 0.7, 0.5
LOOK_MARGIN, LOOK_SIDE, LOOK_SCORE = 0.3, 160, 0.05


# ---------------------------------------------------------------------------------------------------- finding

def load(path):
    c = torch.load(path)
    net = networks.Detector(c['config'])
    net.load_state_dict(c['ema'])
    return net.eval()


def resized(im):
    """RGB picture -> ([3, h, w] in [-1, 1], zoom of each axis): long side 1024, enlarged at most twice."""
    zoom = min(MOST_ZOOM, LONG_SIDE / max(im.size))
    size = max(1, round(im.width * zoom)), max(1, round(im.height * zoom))
    small = im.resize(size, Image.BOX if zoom < 1 else Image.BILINEAR)
    x = torch.from_numpy(np.array(small, np.float32)).permute(2, 0, 1) / 127.5 - 1
    return x, np.array([size[0] / im.width, size[1] / im.height])


def padded(x):
    """Zeros (mid grey) to the right and below, up to multiples of 32."""
    h, w = x.shape[1:]
    return torch.nn.functional.pad(x, (0, -w % 32, 0, -h % 32))[None]


def one_pass(net, x, threshold):
    """Boxes [n, 4], landmarks [n, 5, 2], scores [n] in the pixels of x."""
    x = padded(x)
    with torch.no_grad():
        raw = flatten(net(x))[0].numpy()
    xy, stride = grids(x.shape[3], x.shape[2])
    score = 1 / (1 + np.exp(-raw[:, 0]))
    on = score >= threshold
    box, marks = decode_raw(raw[on], xy[on], stride[on])
    return box, marks, score[on]


def iou(a, b):
    """One box against many."""
    w = np.minimum(a[0] + a[2], b[:, 0] + b[:, 2]) - np.maximum(a[0], b[:, 0])
    h = np.minimum(a[1] + a[3], b[:, 1] + b[:, 3]) - np.maximum(a[1], b[:, 1])
    inter = np.maximum(w, 0) * np.maximum(h, 0)
    return inter / (a[2] * a[3] + b[:, 2] * b[:, 3] - inter), inter / np.minimum(a[2] * a[3], b[:, 2] * b[:, 3])


def merge(box, marks, score):
    """Greedy: the best box takes all that overlap it or lie in it; near-equal ones are averaged by score."""
    out, order = [], np.argsort(-score, kind='stable')
    while len(order):
        i = order[0]
        same, inside = iou(box[i], box[order])
        near = order[same >= 0.6]
        wgt = score[near] / score[near].sum()
        out.append((wgt @ box[near], np.tensordot(wgt, marks[near], 1), score[i]))
        larger = box[order, 2] * box[order, 3] > box[i, 2] * box[i, 3]
        order = order[(same < NMS_IOU) & (larger | (inside < INSIDE))]
    return out


def around(im, box, margin):
    """Whole pixels of the picture around a box, or None."""
    m = margin * max(box[2], box[3])
    x0, y0 = max(0, int(np.floor(box[0] - m))), max(0, int(np.floor(box[1] - m)))
    x1, y1 = min(im.width, int(np.ceil(box[0] + box[2] + m))), min(im.height, int(np.ceil(box[1] + box[3] + m)))
    return (x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None


def look_closely(net, im, box, margin=LOOK_MARGIN, side=LOOK_SIDE, least=LOOK_SCORE):
    """(box, landmarks, score) of the face seen in the box when it is looked at alone, or (None, None, 0)."""
    rect = around(im, box, margin)
    if rect is None:
        return None, None, 0.0
    w, h = rect[2] - rect[0], rect[3] - rect[1]
    zoom = side / max(w, h)
    size = max(1, round(w * zoom)), max(1, round(h * zoom))
    view = im.crop(rect).resize(size, Image.BOX if zoom < 1 else Image.BILINEAR)
    x = torch.from_numpy(np.array(view, np.float32)).permute(2, 0, 1) / 127.5 - 1
    zx, at = np.array([size[0] / w, size[1] / h]), np.array(rect[:2])
    local = (box - np.append(at, [0, 0])) * np.tile(zx, 2)
    b, m, s = look_once(net, x, local, least)
    if b is None:
        return None, None, 0.0
    local[0] = size[0] - local[0] - local[2]
    b2, m2, s2 = look_once(net, x.flip(2), local, least)  # mirrored: its errors differ, the mean errs less
    if b2 is not None:
        b2[0] = size[0] - b2[0] - b2[2]
        b, m = (b + b2) / 2, (m + flip_points(m2, size[0])) / 2
    return b / np.tile(zx, 2) + np.append(at, [0, 0]), m / zx + at, (s + s2) / 2


def look_once(net, x, box, least):
    """What explains the box best on one canvas, or (None, None, 0)."""
    best = None, None, 0.0, 0.0
    for b, m, s in merge(*one_pass(net, x, least)):
        same = iou(box, b[None])[0][0]
        if same >= 0.25 and same * s > best[3]:
            best = b, m, s, same * s
    return best[:3]


def find_candidates(net, im, threshold=THRESHOLD):
    """Both passes, merged: [(box, landmarks, score)] in source pixels."""
    x, zoom = resized(im)
    b, m, s = one_pass(net, x, threshold)
    on = b[:, 3] <= FINE_MOST
    parts = [(b[on], m[on], s[on])]
    small = torch.nn.functional.avg_pool2d(padded(x), COARSE)[0]
    b, m, s = one_pass(net, small, threshold)
    on = b[:, 3] >= COARSE_LEAST
    parts.append((b[on] * COARSE, m[on] * COARSE, s[on]))
    box, marks, score = (np.concatenate(v) for v in zip(*parts))
    return [(b / np.tile(zoom, 2), m / zoom, s) for b, m, s in merge(box, marks, score)]


def find(net, im, threshold=THRESHOLD):
    """[(box, landmarks, score)] in source pixels, each confirmed by a closer look."""
    out = []
    for box, marks, score in find_candidates(net, im, 0.6 * threshold):
        box2, marks2, score2 = look_closely(net, im, box)
        out.append((box, marks, score / 2) if box2 is None else (box2, marks2, (score + score2) / 2))
    return [f for f in drop_parts(out) if f[2] >= threshold]


def drop_parts(faces):
    """Of two faces, one inside the other, the larger one stays unless it is much less sure: an eye is no face."""
    faces = sorted(faces, key=lambda f: -f[0][2] * f[0][3])
    gone = set()
    for i, a in enumerate(faces):
        for j in range(i + 1, len(faces)):
            if i not in gone and j not in gone and iou(a[0], faces[j][0][None])[1][0] >= INSIDE:
                gone.add(j if a[2] >= WHOLE * faces[j][2] else i)
    return [f for i, f in enumerate(faces) if i not in gone]


# ---------------------------------------------------------------------------------------------------- test pictures

def composed_set(root, level, count, seed=7):
    """Faces of the eval split over eval backgrounds; all faces of a picture within 1.5x in size."""
    data = data_.Packed(root, 'eval')
    rng = np.random.default_rng([seed, ['clean', 'mild', 'medium', 'severe'].index(level)])
    for k in range(count):
        w, h = ((640, 480), (512, 640), (960, 720))[k % 3]
        base = float(np.exp(rng.uniform(np.log(16), np.log(h / 2 / 1.25))))
        im, faces = data_.compose(rng, data, w, h, lo=base / 1.22, hi=1.22 * base / h, most=4, uniform=True)
        if not faces:
            continue
        im = data_.degrade_level(rng, data_.recolour(rng, im), level, base)
        yield f'composed{k}', im, faces


def scene_set(root, level, count, seed=9):
    data = data_.Packed(root, 'eval')
    rng = np.random.default_rng([seed, 1])
    for k in range(min(count, len(data.scenes))):
        im = Image.fromarray(np.asarray(data.scenes[k]))
        name, faces = data.scene_faces[k]
        rows = [np.concatenate([f, [1.0]]) for f in faces]
        height = max(f[3] for f in faces)
        if level == 'turned':
            im, rows = data_.scene_view(rng, data, k, 512, 512, turn=np.pi / 4)
        else:
            rows += [np.concatenate([b, np.zeros(10), [2.0]]) for b in data.ignore.get(name, [])]
            im = data_.degrade_level(rng, im, level, height)
        yield name, im, rows


def empty_set(root, count, seed=11):
    data = data_.Packed(root, 'eval')
    rng = np.random.default_rng(seed)
    for k in range(count):
        im = data_.background(rng, data, 640)
        data_.distract(rng, im, data)
        yield f'empty{k}', data_.degrade_random(rng, im, []), []


# ---------------------------------------------------------------------------------------------------- measuring

BINS = ((12, 24), (24, 32), (32, 64), (64, 128), (128, 1000))


def match(found, faces):
    """(matched pairs, missed faces, false finds); kind 2 faces neither count nor make a find false."""
    free, pairs, missed = list(range(len(found))), [], []
    for f in faces:
        if f[14] != 1:
            continue
        over = [iou(f[:4], found[j][0][None])[0][0] for j in free]
        if over and max(over) >= 0.4:
            j = free.pop(int(np.argmax(over)))
            pairs.append((f, found[j]))
        else:
            missed.append(f)
    ignored = [f[:4] for f in faces if f[14] != 1]
    false = [found[j] for j in free if not any(iou(g, found[j][0][None])[1][0] > 0.3 for g in ignored)]
    return pairs, missed, false


def mark_error(face, marks):
    p = face[4:14].reshape(5, 2)
    return np.hypot(*(p - marks).T).mean() / np.hypot(*(p[0] - p[1]))


def measure(cases, threshold, keep=None):
    """One row from [(name, picture, faces, found)]: counts per size bin, false finds, landmark errors of faces >= 32 px."""
    row = {'images': 0, 'false': 0, 'bins': {b: [0, 0] for b in BINS}, 'err': [], 'big': [0, 0]}
    for name, im, faces, found in cases:
        pairs, missed, false = match([f for f in found if f[2] >= threshold], faces)
        row['images'] += 1
        row['false'] += len(false)
        for f, hit in [(p[0], 1) for p in pairs] + [(m, 0) for m in missed]:
            for b in BINS:
                if b[0] <= f[3] < b[1]:
                    row['bins'][b][0] += hit
                    row['bins'][b][1] += 1
            if f[3] >= 32:
                row['big'][0] += hit
                row['big'][1] += 1
        row['err'] += [mark_error(f, g[1]) for f, g in pairs if f[3] >= 32]
        if keep is not None and (missed or false):
            keep.append((name, im, pairs, missed, false))
    return row


def text_of(name, row):
    e = np.array(row['err'] or [np.nan])
    share = ' '.join(f'{b[0]}-{b[1]}:{100 * h / n if n else float("nan"):.1f}%({n})' for b, (h, n) in row['bins'].items())
    hit, n = row['big']
    return (f'{name:18s} images {row["images"]:4d}  recall>=32 {100 * hit / max(n, 1):6.2f}% of {n:4d}  '
            f'false/image {row["false"] / max(row["images"], 1):.3f}  '
            f'landmarks mean {100 * e.mean():.2f}% median {100 * np.median(e):.2f}% p90 {100 * np.percentile(e, 90):.2f}%'
            f'  [{share}]')


def sheet(cases, path, side=320, most=48):
    """Misses red, labels green, false finds yellow, landmarks of finds as dots."""
    cases = cases[:most]
    if not cases:
        return
    cols = 6
    out = Image.new('RGB', (cols * side, -(-len(cases) // cols) * side))
    for k, (name, im, pairs, missed, false) in enumerate(cases):
        z = side / max(im.size)
        p = im.resize((round(im.width * z), round(im.height * z)), Image.BILINEAR)
        d = ImageDraw.Draw(p)
        draw_box = lambda b, c: d.rectangle([b[0] * z, b[1] * z, (b[0] + b[2]) * z, (b[1] + b[3]) * z], outline=c)
        for f, g in pairs:
            draw_box(f[:4], (0, 255, 0))
            draw_marks(d, g[1] * z)
        for f in missed:
            draw_box(f[:4], (255, 0, 0))
        for g in false:
            draw_box(g[0], (255, 255, 0))
            draw_marks(d, g[1] * z)
            d.text((g[0][0] * z, g[0][1] * z), f'{g[2]:.2f}', fill=(255, 255, 0))
        d.text((2, 2), name, fill=(255, 255, 255))
        out.paste(p, ((k % cols) * side, (k // cols) * side))
    out.save(path)


def draw_marks(d, marks):
    for (x, y), c in zip(marks, ((255, 0, 0), (0, 0, 255), (0, 255, 0), (255, 0, 255), (0, 255, 255))):
        d.ellipse([x - 1.5, y - 1.5, x + 1.5, y + 1.5], fill=c)


def cli_finder(command, threshold):
    """Faces as the C program lists them; command: `revisage --list-faces --report json` with more options at will."""
    def finder(im):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'a.png')
            im.save(path)
            run = subprocess.run(command + [path], capture_output=True, text=True)
        if run.returncode not in (0, 6):  # 6: no face
            raise SystemExit(f'{" ".join(command)}: {run.stderr.strip()}')
        faces = json.loads(run.stdout)['files'][0]['faces']
        return [(np.array(f['box'], float), np.array(f['landmarks'], float).reshape(5, 2), f['score'])
                for f in faces if f['score'] >= threshold]
    return finder


THRESHOLDS = (0.4, 0.45, 0.5, 0.55, 0.6, 0.65)


def arguments():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument('--pack', required=True, help='the packed pictures')
    ap.add_argument('--ckpt', default='', help='checkpoint folder')
    ap.add_argument('--weights', default='last.pt', help='checkpoint file to evaluate')
    ap.add_argument('--cli', help='evaluate this command, which lists the faces of a picture as JSON')
    ap.add_argument('--count', type=int, default=100, help='pictures per test set')
    ap.add_argument('--threshold', type=float, default=0.5)
    ap.add_argument('--sheets', help='folder for pictures of misses and false faces')
    ap.add_argument('--threads', type=int, default=1)
    return ap.parse_args()


def main():
    """All sets, then recall / false faces per image of each at several thresholds."""
    a = arguments()
    torch.set_num_threads(a.threads)
    if a.cli:
        finder = cli_finder(a.cli.split(), 0.3)
    else:
        net = load(os.path.join(a.ckpt, a.weights))
        finder = lambda im: find(net, im, 0.3)  # noqa: E731
    sets = [(f'composed {v}', composed_set(a.pack, v, a.count)) for v in ('clean', 'mild', 'medium', 'severe')]
    sets += [(f'scenes {v}', scene_set(a.pack, v, a.count)) for v in ('clean', 'turned', 'medium')]
    sets += [('no face', empty_set(a.pack, a.count))]
    sweep = {t: [] for t in THRESHOLDS}
    for name, pictures in sets:
        keep, cases = [], [(n, im, faces, finder(im)) for n, im, faces in pictures]
        print(text_of(name, measure(cases, a.threshold, keep)), flush=True)
        for t in THRESHOLDS:
            row = measure(cases, t)
            sweep[t].append(f'{name} {100 * row["big"][0] / max(row["big"][1], 1):.1f} / {row["false"] / row["images"]:.2f}')
        if a.sheets:
            os.makedirs(a.sheets, exist_ok=True)
            sheet(keep, os.path.join(a.sheets, name.replace(' ', '-') + '.png'))
    for t in THRESHOLDS:
        print(f'threshold {t}: recall % / false per image: ' + ', '.join(sweep[t]))


if __name__ == '__main__':
    main()
