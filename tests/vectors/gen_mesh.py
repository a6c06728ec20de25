#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes mesh.safetensors beside this script: meshes and their pictures for tests/unit/test_mesh.c. The file is committed.

The reference is written from the definition in docs/weights-format.md and mesh.h, pixel by pixel over all triangles in exact integers and fractions;
nothing of it is the engine's. Light: normal equations solved by numpy.
"""
import os
import sys
from fractions import Fraction

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', '..', 'weights', 'train'))
from base import st   # noqa: E402

OUT = {}
ROUND = lambda v: np.floor(np.asarray(v, np.float64) + 0.5).astype(np.int64)


def put(case, **arrays):
    for k, v in arrays.items():
        OUT[f'{case}.{k}'] = torch.from_numpy(np.ascontiguousarray(v, np.float32))


def vertex_normals(vertices, triangles):
    """Area-weighted, of vertices rounded to 1/64 pixel; integers of length 2^14."""
    fine = np.floor(vertices.astype(np.float32) * np.float32(64) + np.float32(.5)).astype(np.int64)
    total = np.zeros((len(vertices), 3), np.int64)
    for a, b, c in triangles:
        n = np.cross(fine[b] - fine[a], fine[c] - fine[a]) * (-1, -1, 1)
        for v in (a, b, c):
            total[v] += n
    size = np.sqrt((total.astype(np.float64) ** 2).sum(1))
    out = np.zeros_like(total)
    out[:, 2] = 1 << 14
    some = size > 0
    out[some] = ROUND(total[some] / size[some, None] * (1 << 14))
    return out


def owner(p, t, px, py):
    """(depth, weights) of triangle t at a pixel's centre, None where it does not cover it. All in 1/16 pixel."""
    (ax, ay, az), (bx, by, bz), (cx, cy, cz) = (tuple(int(v) for v in p[i]) for i in t)
    turn = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    if turn <= 0:
        return None
    w = []
    for (ux, uy), (vx, vy) in (((bx, by), (cx, cy)), ((cx, cy), (ax, ay)), ((ax, ay), (bx, by))):
        side = (vx - ux) * (py - uy) - (vy - uy) * (px - ux)
        mine = vy < uy or (vy == uy and vx > ux)           # a left edge goes up, a top edge goes right
        if side < 0 or (side == 0 and not mine):
            return None
        w.append(side)
    assert sum(w) == turn
    return Fraction(w[0] * az + w[1] * bz + w[2] * cz, turn), w


def picture(vertices, triangles, side):
    """Unit normals f64 [3,side,side], zero where nothing shows."""
    grid, normal = ROUND(vertices.astype(np.float64) * side * 16 / 512), vertex_normals(vertices, triangles)
    out = np.zeros((3, side, side))
    for y in range(side):
        for x in range(side):
            best = None
            for i, t in enumerate(triangles):
                hit = owner(grid, t, 16 * x + 8, 16 * y + 8)
                if hit:
                    depth = hit[0] * 256 // 1
                    if best is None or depth < best[0]:
                        best = depth, i, hit[1]
            if best:
                v = sum(w * normal[k].astype(np.float64) for w, k in zip(best[2], triangles[best[1]]))
                out[:, y, x] = v / np.sqrt((v * v).sum()) if v.any() else (0, 0, 1)
    return out


def light(normal, photo):
    """(mean colour [3] in 0..1, harmonics [9])."""
    step = -(-normal.shape[1] // 128)
    cut = (slice(None), slice(step // 2, None, step), slice(step // 2, None, step))
    n, c = normal[cut].reshape(3, -1), photo[cut].reshape(3, -1)
    on = (n != 0).any(0)
    colour = c[:, on].mean(1) / 2 + .5 if on.any() else np.zeros(3)
    even = np.eye(9)[0]
    if on.sum() < 64 or colour.mean() <= 1e-3:
        return colour, even
    x, y, z = n[:, on]
    h = np.stack([np.ones_like(x), x, y, z, x * y, x * z, y * z, x * x - y * y, 3 * z * z - 1], 1)
    want, ridge = (c[:, on].sum(0) / 6 + .5) / colour.mean(), np.diag([20.] * 4 + [80.] * 5)
    fit = lambda k: np.linalg.solve(h[k].T @ h[k] + ridge, h[k].T @ want[k] + 20. * even)
    first = fit(np.ones(len(want), bool))
    error = np.abs(want - h @ first.astype(np.float32))
    near = error <= 2 * error.mean()
    return colour, fit(near) if near.sum() >= 64 else first


def rendered(normal, photo):
    colour, k = light(normal, photo)
    x, y, z = normal
    v = np.tensordot(k, np.stack([np.ones_like(x), x, y, z, x * y, x * z, y * z, x * x - y * y, 3 * z * z - 1]), 1)
    return np.clip(2 * v * colour[:, None, None] - 1, -1, 1) * (normal != 0).any(0), colour, k


def dome(rows, cols, rng, turn=0.0, jitter=4.0, gap=()):
    """A bulging patch of rows x cols vertices over the crop, turned about its upright axis; clockwise triangles, those of `gap` left out."""
    v, u = np.meshgrid(np.linspace(-1, 1, rows), np.linspace(-1, 1, cols), indexing='ij')
    p = np.stack([150 * u, 180 * v, -140 * np.sqrt(np.clip(1.3 - .6 * u * u - .5 * v * v, 0, None)) - 60 * np.exp(-9 * (u * u + v * v))], -1)
    p = p + rng.normal(0, jitter, p.shape)
    c, s = np.cos(turn), np.sin(turn)
    p = np.stack([c * p[..., 0] - s * p[..., 2] + 256, p[..., 1] + 256, s * p[..., 0] + c * p[..., 2]], -1)
    faces = []
    for i in range(rows - 1):
        for j in range(cols - 1):
            a, b, d, e = i * cols + j, i * cols + j + 1, (i + 1) * cols + j, (i + 1) * cols + j + 1
            if (i, j) not in gap:
                faces += [(a, b, d), (b, e, d)]
    return p.reshape(-1, 3).astype(np.float32), np.array(faces)


def case(name, vertices, triangles, side, rng):
    photo = np.clip(.3 * np.cumsum(rng.normal(0, .3, (3, side, side)), 2), -1, 1).astype(np.float32)
    normal = picture(vertices, triangles, side)
    shaded, colour, k = rendered(normal, photo)
    put(name, vertices=vertices, triangles=triangles, photo=photo, colour=colour, light=k, out=np.concatenate([shaded, normal]))


def main():
    rng = np.random.default_rng(14)
    case('dome', *dome(7, 6, rng, gap={(2, 1), (2, 3), (4, 2)}), 48, rng)
    case('turned', *dome(6, 7, rng, turn=1.0), 40, rng)
    big, faces = dome(5, 5, rng)
    case('outside', (big - 256) * 4 + (100, 300, 0), faces, 33, rng)                # most of it out of the crop
    flat = np.float32([[64, 64, 0], [192, 64, 0], [192, 192, 0], [64, 192, 0], [128, 128, -20], [64, 64, 0], [320, 64, 5], [320, 64, 5]])
    case('degenerate', flat, np.array([(0, 1, 2), (0, 2, 3), (0, 0, 1), (0, 5, 3), (0, 1, 6), (6, 7, 6), (2, 1, 0), (3, 2, 1), (4, 1, 3)]), 32, rng)
    assert OUT['dome.out'][3:].abs().sum(0).gt(0).float().mean() > .2 and OUT['dome.light'][1:].abs().max() > .01
    st.save(os.path.join(HERE, 'mesh.safetensors'), OUT)


if __name__ == '__main__':
    main()
