# SPDX-License-Identifier: GPL-3.0-or-later
"""Training data: reads the shared packs once into uint8 shards, then serves samples by number.

A sample depends on (seed, number) only, so a run that resumes at step N sees what it would have seen.
split=eval is packed apart and is never trained on.
"""
import csv
import json
import os
from pathlib import Path

import numpy as np
from PIL import Image

CLASSES = 19                       # of the label maps, in CelebAMask order
SWAP = np.arange(256, dtype=np.uint8)
for _a, _b in ((4, 5), (6, 7), (8, 9)):
    SWAP[_a], SWAP[_b] = _b, _a
HOLD_OUT = 50                      # parsing pairs kept for validation
POINT_SWAP = [1, 0, 2, 4, 3]


class DataError(Exception):
    """Something is wrong with the data; the message names the file and what to do."""


def default_root():
    return Path(__file__).resolve().parents[3].parent / 'shared' / 'data'


def need(path):
    if not Path(path).exists():
        raise DataError(f'{path}: not found. Give the data folder with --data (its README.md lists what it holds).')
    return Path(path)


def open_image(path, mode='RGB'):
    try:
        with Image.open(path) as im:
            im.load()
            return im.convert(mode) if mode else im
    except (OSError, SyntaxError, ValueError) as e:
        raise DataError(f'{path}: cannot be read as an image ({e}). Restore the file or remove its line.') from e


# ------------------------------------------------------------------ packing
def write_array(path, shape, dtype, rows):
    """Stream rows into an .npy that appears under its name only when complete."""
    tmp = Path(f'{path}.{os.getpid()}.part')
    try:
        out = np.lib.format.open_memmap(tmp, 'w+', dtype, shape)
        for i, row in enumerate(rows):
            out[i] = row
        out.flush()
        del out
        os.replace(tmp, path)
    except OSError as e:
        tmp.unlink(missing_ok=True)
        raise DataError(f'{path}: cannot write the shard ({e}). Is the disk full? --state names another folder.') from e
    except BaseException:
        tmp.unlink(missing_ok=True)
        raise


def face_rows(root, split):
    with open(need(root / 'faces' / 'faces.csv'), newline='') as f:
        return [r for r in csv.DictReader(f) if r['split'] == split]


def pack_faces(root, shards, split, size):
    """uint8 [N,size,size,3] of all faces of a split, and their names."""
    path = shards / f'faces-{split}-{size}.npy'
    if not path.exists():
        rows = face_rows(Path(root), split)
        shards.mkdir(parents=True, exist_ok=True)
        (shards / f'faces-{split}.json').write_text(json.dumps([r['file'] for r in rows]))
        read = (np.asarray(open_image(Path(root) / 'faces' / r['file']).resize((size, size), Image.BOX)) for r in rows)
        write_array(path, (len(rows), size, size, 3), np.uint8, read)
    return np.load(path, mmap_mode='r')


def mesh_rows(root):
    """File (relative to the data folder) -> (row in mesh468.npy, whether the mesh is right)."""
    with open(need(root / 'mesh' / 'index.csv'), newline='') as f:
        return {r['file']: (int(r['row']), (r['ok'] == '1' and r['seen'] != 'n') or r['seen'] == 'y') for r in csv.DictReader(f)}


def mesh_points(mesh):
    """Five points (image-left eye first) from 468-point meshes [N,468,3]; pixels of the 512 crop."""
    m = mesh[..., :2].astype(np.float32)
    return np.stack([(m[:, 33] + m[:, 133]) / 2, (m[:, 362] + m[:, 263]) / 2, (m[:, 1] + m[:, 4]) / 2,
                     m[:, 61], m[:, 291]], 1)


def pack_parsing(root, shards, size):
    """(images [N,size,size,3], masks [N,size,size], points [N,5,2] at 512, usable points [N])."""
    root = Path(root)
    img, msk, pts = (shards / f'parsing-{k}-{size}.npy' for k in ('image', 'mask', 'points'))
    if not (img.exists() and msk.exists() and pts.exists()):
        files = sorted(need(root / 'parsing' / 'images').glob('*.jpg'))
        shards.mkdir(parents=True, exist_ok=True)
        mesh = mesh_rows(root)
        points = mesh_points(np.load(root / 'mesh' / 'mesh468.npy', mmap_mode='r'))
        table = np.zeros((len(files), 5, 3), np.float32)
        for i, f in enumerate(files):
            row, good = mesh[f'parsing/images/{f.name}']
            table[i, :, :2], table[i, :, 2] = points[row], good
        sq = (size, size)
        write_array(img, (len(files), *sq, 3), np.uint8, (np.asarray(open_image(f).resize(sq, Image.BOX)) for f in files))
        write_array(msk, (len(files), *sq), np.uint8, (np.asarray(open_image(
            root / 'parsing' / 'masks' / (f.stem + '.png'), None).resize(sq, Image.NEAREST)) for f in files))
        write_array(pts, table.shape, np.float32, table)
    a, m, p = (np.load(f, mmap_mode='r') for f in (img, msk, pts))
    return a, m, p[..., :2], p[:, 0, 2] > 0


# ------------------------------------------------------------------ order and tensors
def order(n, count, seed):
    """Index of the count-th sample: a fresh permutation every epoch, computed, not remembered."""
    epoch, at = divmod(count, n)
    key = (seed, n, epoch)
    if order.key != key:
        order.key, order.perm = key, np.random.default_rng([seed, epoch]).permutation(n)
    return int(order.perm[at])


order.key = None


def tensor(images):
    """List of uint8 [H,W,3] -> float tensor [B,3,H,W] in [-1,1], channels_last."""
    import torch
    x = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)
    return (x.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)


def image(t):
    """Tensor [3,H,W] in [-1,1] -> uint8 [H,W,3]."""
    return ((t.detach().float().clamp(-1, 1) + 1) * 127.5 + 0.5).byte().permute(1, 2, 0).cpu().numpy()
