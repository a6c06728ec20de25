# SPDX-License-Identifier: GPL-3.0-or-later
"""Reduction of a damaged crop, Canny edges and harmonic fill: what the networks of `fill` are fed with.

The engine computes the same numbers: integers, or single precision in exactly the order written here (no fused multiply-add).
docs/weights-format.md holds the same definitions in words; tests/vectors/gen_fill.py writes vectors of them.
"""
import numpy as np
from scipy import ndimage

SIDE = 128                          # edge and coarse network work on the crop reduced to this
GAUSS = (14, 62, 104, 62, 14)       # /256: sigma 1
LOW, HIGH = 40 * 16, 90 * 16        # of |gx| + |gy| (Sobel 3x3) of the luma in sixteenths
TAN22 = 13573                       # tan(22.5 degrees) * 2^15
JACOBI = 4


# ------------------------------------------------------------------ reduction
def reduce(rgb, hole, side=SIDE):
    """u8 [n,n,3] and bool [n,n] (True = hole) -> u8 [side,side,3], valid bool [side,side].

    A cell is the rounded mean of its undamaged pixels, and is valid if at least half of them are undamaged: a hair-thin scratch
    costs the reduced picture nothing. Cells without any are 0."""
    n = rgb.shape[0]
    k = n // side
    good = (~hole).astype(np.int32)
    count = cells(good, k)
    total = np.stack([cells(rgb[..., c] * good, k) for c in range(3)], -1)
    div = np.maximum(count, 1)[..., None]
    return ((2 * total + div) // (2 * div)).astype(np.uint8), 2 * count >= k * k


def cells(x, k):
    """Sums of k x k cells of an integer plane."""
    rows = sum(x[i::k] for i in range(k))
    return sum(rows[:, i::k] for i in range(k))


# ------------------------------------------------------------------ Canny
def luma(rgb):
    """u8 [...,3] -> i32: (77 R + 150 G + 29 B + 128) >> 8."""
    return (rgb.astype(np.int32) @ np.array((77, 150, 29), np.int32) + 128) >> 8


def smooth(y):
    """Luma [B,H,W] -> its Gaussian in sixteenths: rows, then columns, 5 taps, borders repeated, (sum + 2048) >> 12 at the end."""
    h, w = y.shape[1:]
    p = np.pad(y, ((0, 0), (2, 2), (2, 2)), 'edge')
    p = sum(g * p[:, :, i:i + w] for i, g in enumerate(GAUSS))
    return (sum(g * p[:, i:i + h] for i, g in enumerate(GAUSS)) + 2048) >> 12


def sobel(s):
    """(gx, gy) of [B,H,W], kernel 1 2 1 x -1 0 1, borders repeated."""
    p = np.pad(s, ((0, 0), (1, 1), (1, 1)), 'edge')
    dx, dy = p[:, :, 2:] - p[:, :, :-2], p[:, 2:] - p[:, :-2]
    return dx[:, :-2] + 2 * dx[:, 1:-1] + dx[:, 2:], dy[:, :, :-2] + 2 * dy[:, :, 1:-1] + dy[:, :, 2:]


def crests(gx, gy):
    """|gx| + |gy|, and where it is largest across the edge; equal neighbours: the left or upper one wins, on diagonals neither."""
    ax, ay = np.abs(gx), np.abs(gy)
    m = ax + ay
    p = np.pad(m, ((0, 0), (1, 1), (1, 1)))
    at = lambda dy, dx: p[:, 1 + dy:p.shape[1] - 1 + dy, 1 + dx:p.shape[2] - 1 + dx]
    y, t = ay.astype(np.int64) << 15, ax.astype(np.int64) * TAN22
    flat, steep = y < t, y > t + (ax.astype(np.int64) << 16)
    rising = (gx ^ gy) < 0                                     # gradient towards upper right or lower left
    a = np.where(rising, at(-1, 1), at(-1, -1))
    b = np.where(rising, at(1, -1), at(1, 1))
    top = np.where(flat, (m > at(0, -1)) & (m >= at(0, 1)), np.where(steep, (m > at(-1, 0)) & (m >= at(1, 0)), (m > a) & (m > b)))
    return m, top


def canny(rgb):
    """u8 [B,H,W,3] -> bool [B,H,W]: crests above LOW that are joined (8 neighbours) to one above HIGH."""
    m, top = crests(*sobel(smooth(luma(rgb))))
    weak = top & (m > LOW)
    out = np.empty_like(weak)
    for i, w in enumerate(weak):
        names, n = ndimage.label(w, np.ones((3, 3)))
        keep = np.zeros(n + 1, bool)
        keep[names[w & (m[i] > HIGH)]] = True
        out[i] = keep[names]
    return out


# ------------------------------------------------------------------ harmonic fill
def pull(x, v):
    """Half size: mean of a cell's known pixels; known where one is. x f32 [B,C,H,W], v f32 [B,1,H,W], x = 0 where v = 0."""
    quad = lambda t: (t[..., ::2, ::2] + t[..., ::2, 1::2]) + (t[..., 1::2, ::2] + t[..., 1::2, 1::2])
    n = quad(v)
    return quad(x) / np.maximum(n, np.float32(1)), np.minimum(n, np.float32(1))


def up2(x):
    """Bilinear x2, columns first, then rows: even = .75 a + .25 left (upper), odd = .75 a + .25 right (lower), borders repeated."""
    for axis in (3, 2):
        n = x.shape[axis]
        cut = lambda a, b: x[(slice(None),) * axis + (slice(a, b),)]
        before, after = np.concatenate([cut(0, 1), cut(0, n - 1)], axis), np.concatenate([cut(1, n), cut(n - 1, n)], axis)
        big = x * np.float32(.75)
        pair = np.stack([big + before * np.float32(.25), big + after * np.float32(.25)], axis + 1)
        x = pair.reshape(x.shape[:axis] + (2 * n,) + x.shape[axis + 1:])
    return x


def relax(x, v):
    """One Jacobi step in the hole: ((left + right) + (up + down)) / 4, borders repeated."""
    p = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), 'edge')
    m = ((p[..., 1:-1, :-2] + p[..., 1:-1, 2:]) + (p[..., :-2, 1:-1] + p[..., 2:, 1:-1])) * np.float32(.25)
    return np.where(v, x, m)


def harmonic(x, valid):
    """Smooth fill of the holes of x f32 [B,C,n,n] (n a power of two), valid bool [B,n,n]; known pixels stay.

    Halved until one pixel is left, then level by level back: unknown pixels are the coarser level's, enlarged, and then JACOBI steps."""
    v = valid[:, None].astype(np.float32)
    levels = [(x * v, v)]
    while levels[-1][0].shape[-1] > 1:
        levels.append(pull(*levels[-1]))
    y = levels.pop()[0]
    for x, v in reversed(levels):
        y = np.where(v > 0, x, up2(y))
        for _ in range(JACOBI):
            y = relax(y, v > 0)
    return y


def to_float(u8):
    """u8 [B,H,W,3] -> f32 [B,3,H,W] in [-1,1]: x / 127.5 - 1."""
    return np.ascontiguousarray(u8.transpose(0, 3, 1, 2)).astype(np.float32) / np.float32(127.5) - np.float32(1)


def to_u8(x):
    """f32 [B,3,H,W] in [-1,1] -> u8 [B,H,W,3]: floor((x + 1) * 127.5 + .5), clamped."""
    return np.clip(np.floor((x + np.float32(1)) * np.float32(127.5) + np.float32(.5)), 0, 255).astype(np.uint8).transpose(0, 2, 3, 1)
