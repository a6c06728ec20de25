#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of the inpainting networks on split=eval at 512:  fill/measure.py [--weights FILE | --state STATE] [--faces 64] [--json OUT]

Per hole ratio: PSNR, SSIM and L1 in the hole and the MAE of the whole, for Telea and Navier-Stokes (python3-opencv, r 3 and 5), mean, harmonic and
coarse fill and the whole system, on held-out masks of the synthesiser and on strokes of a round brush that no training saw. --judge adds LDm, the
perceptual distance by a network that nothing is trained on (percept/judge.py). --engine PROGRAM adds what the command line makes of the whole
photo, damage painted white: `engine` fills the hole, `drawn` the same with the true edges drawn in it, `jsfm` restores without filling.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy import ndimage

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from base import common, data                               # noqa: E402
from fill import coarse, edge, fast, masks, ops, refine, samples  # noqa: E402
from fill.arch import FILL                                  # noqa: E402
from percept import judge as judge_                         # noqa: E402

BINS = masks.BINS[:5]
CLASSES = [('scratch', None, None)] + [('own', *b) for b in BINS] + [('brush', *b) for b in BINS]


def holes(kind, low, high, n):
    make = dict(scratch=lambda r: masks.thin_only(r), own=lambda r: masks.hole(r, low, high), brush=lambda r: masks.round_brush(r, low, high))[kind]
    return [make(np.random.default_rng([samples.HELD, 77, int(100 * (high or 0)), i])) for i in range(n)]


def load(args):
    """{part: network} from a weights file, or from the best checkpoints of a state folder."""
    if args.weights:
        return dict(FILL.load(args.weights)[0].items())
    folders = dict(edge='edge', coarse='fill', refine='refine')
    return {p: coarse.load(f) for p, d in folders.items() if (f := Path(args.state) / 'ckpt' / d / f'{args.which}.pt').exists()}


# ------------------------------------------------------------------ other ways to fill
def classical(rgb, hole):
    """{name: u8 [512,512,3]} of the fills that need no network."""
    import cv2
    m, out = hole.astype(np.uint8) * 255, {}
    for r in (3, 5):
        out[f'telea{r}'] = cv2.inpaint(rgb, m, r, cv2.INPAINT_TELEA)
        out[f'ns{r}'] = cv2.inpaint(rgb, m, r, cv2.INPAINT_NS)
    mean = rgb[~hole].mean(0)
    out['mean'] = np.where(hole[..., None], np.round(mean).astype(np.uint8), rgb)
    return out


def ours(nets, rgb, hole, sketch='predicted'):
    """{name: u8} of harmonic fill, coarse network and whole system."""
    b = refine.Crops([rgb], [hole], nets['edge'], nets['coarse'], sketch=sketch)
    out = dict(harmonic=b.fill, coarse=b.coarse)
    if 'refine' in nets:
        with torch.no_grad():
            out['system'] = nets['refine'](b.fill, b.v, b.coarse, b.edge)
    pictures = {k: ops.to_u8(v.float().clamp(-1, 1).numpy())[0] for k, v in out.items()}
    return {k: np.where(hole[..., None], p, rgb) for k, p in pictures.items()}


def restored(program, photo, folder, *options):
    """What the command line makes of a picture; where it finds nothing to restore, the picture."""
    out = folder / 'out.png'
    done = subprocess.run([program, *options, '--no-face', 'copy', '--existing', 'overwrite', '-q', '-o', out, photo], capture_output=True, text=True)
    if done.returncode:
        raise OSError(f'{program} {" ".join(map(str, options))}: {done.stderr.strip()}')
    return np.asarray(Image.open(out).convert('RGB'))


def true_edges(rgb):
    """u8 [512,512]: the edges that training calls true ones, as a user would draw them."""
    n = ops.SIDE
    small = np.asarray(Image.fromarray(rgb).resize((n, n), Image.BOX))
    return np.kron(fast.canny(small[None])[0].astype(np.uint8) * 255, np.ones((len(rgb) // n,) * 2, np.uint8))


def engine(program, rgb, hole):
    """{name: u8} through the engine, detector and paste included."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        photo, mask = folder / 'photo.png', folder / 'hole.png'
        Image.fromarray(np.where(hole[..., None], np.uint8(255), rgb)).save(photo)
        Image.fromarray(hole.astype(np.uint8) * 255).save(mask)
        Image.fromarray(true_edges(rgb)).save(folder / 'lines.png')
        fill = ('--model', 'fill', '--hole', mask)
        return dict(engine=restored(program, photo, folder, *fill), drawn=restored(program, photo, folder, *fill, '--lines', folder / 'lines.png'),
                    jsfm=restored(program, photo, folder))


# ------------------------------------------------------------------ figures
def ssim_map(a, b):
    """SSIM of luma with the usual Gaussian window (sigma 1.5), per pixel."""
    a, b = (ops.luma(t).astype(np.float64) for t in (a, b))
    g = lambda t: ndimage.gaussian_filter(t, 1.5, truncate=3.5)
    ma, mb = g(a), g(b)
    va, vb, ab = g(a * a) - ma * ma, g(b * b) - mb * mb, g(a * b) - ma * mb
    c1, c2 = 6.5025, 58.5225
    return (2 * ma * mb + c1) * (2 * ab + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2))


def figures(out, rgb, hole):
    d = (out.astype(np.float64) - rgb)[hole]
    return dict(psnr=-10 * np.log10(max((d ** 2).mean(), 1e-4) / 255 ** 2), ssim=ssim_map(out, rgb)[hole].mean(), l1=100 * np.abs(d).mean() / 255,
                mae=100 * np.abs(out.astype(np.float64) - rgb).mean() / 255)


def judged(judge, outs, rgb):
    """{method: LDm} of the composed faces."""
    want = judge.look(rgb[judge_.FACE])[0]
    return {m: judge_.apart(judge.look(o[judge_.FACE])[0], want) for m, o in outs.items() if m not in ('telea5', 'ns5', 'mean')}


def table(rows):
    """rows {method: [figures]} -> {method: mean figures}."""
    return {m: {k: float(np.mean([r[k] for r in v])) for k in v[0]} for m, v in rows.items()}


def edges(args, nets):
    """F1 of the edge network in the hole at .2 to .3, exact and within a pixel."""
    b = samples.held_out(args, Path(args.state) / 'shards', .2, .3, args.faces)
    p = samples.run(nets['edge'], b, lambda n, b: torch.sigmoid(n(b.fill, b.v, b.edge, b.place)))
    return {name: max(edge.f1(p, b.true, b.hole, t, r) for t in edge.LEVELS) for name, r in (('exact', 0), ('within a pixel', 1))}


def measure(args, nets):
    judge = judge_.load(Path(args.state) / 'nsfwjs') if args.judge else None
    faces = data.pack_faces(args.data, Path(args.state) / 'shards', 'eval', 512)
    pick = np.linspace(0, len(faces) - 1, args.faces).astype(int)
    result, sheet = dict(edges=edges(args, nets)), []
    print('F1 of edges in the hole at .2 to .3:', {k: round(v, 3) for k, v in result['edges'].items()}, flush=True)
    for kind, low, high in (c for c in CLASSES if c[0].startswith(args.classes)):
        rows, masks_ = {}, holes(kind, low, high, args.faces)
        for i, hole in zip(pick, masks_):
            rgb = np.ascontiguousarray(faces[i])
            outs = classical(rgb, hole) | ours(nets, rgb, hole)
            if args.engine:
                outs |= engine(args.engine, rgb, hole)
            if args.sketches:
                outs |= {f'sketch {s}': ours(nets, rgb, hole, s).popitem()[1] for s in ('true', 'none')}
            ldm = judged(judge, outs, rgb) if judge else {}
            for m, o in outs.items():
                rows.setdefault(m, []).append(figures(o, rgb, hole) | ({'ldm': ldm[m]} if m in ldm else {}))
        name = f'{kind} {low}-{high}' if low else kind
        result[name] = table(rows)
        show(name, float(np.mean([h.mean() for h in masks_])), result[name])
        sheet.append([np.where(hole[..., None], np.uint8(128), rgb), outs['telea3'], outs['harmonic'], outs['coarse'], outs.get('system', rgb), rgb])
    if args.sheet:
        common.sheet(sheet, args.sheet, 256)
    return result


def show(name, ratio, t):
    print(f'{name} (mean ratio {ratio:.3f})')
    for m, f in t.items():
        print(f'  {m:14s} ' + '  '.join(f'{k} {v:.3f}' for k, v in f.items()), flush=True)


def main(argv=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--weights', default='', help='a fill weights file')
    p.add_argument('--state', default='/var/tmp/revisage', help='checkpoints (without --weights) and shards')
    p.add_argument('--which', default='best', choices=('best', 'last'))
    p.add_argument('--data', default=str(data.default_root()))
    p.add_argument('--faces', type=int, default=64)
    p.add_argument('--sketches', action='store_true', help='also with true edges and without any')
    p.add_argument('--engine', default='', help='the program revisage, to be measured too')
    p.add_argument('--judge', action='store_true', help='also LDm')
    p.add_argument('--classes', default='', help='only those that begin so, e.g. scratch or own')
    p.add_argument('--json', default='')
    p.add_argument('--sheet', default='', help='PNG of one example a class')
    args = p.parse_args(argv)
    torch.set_num_threads(1)
    try:
        result = measure(args, load(args))
    except (common.TrainError, data.DataError, OSError, ImportError) as e:
        sys.exit(f'measure.py: {e}')
    if args.json:
        Path(args.json).write_text(json.dumps(result, indent=1))


if __name__ == '__main__':
    main()
