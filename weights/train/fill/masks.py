# SPDX-License-Identifier: GPL-3.0-or-later
"""Shapes of damage: seeded masks of strokes, scratches, dust, tears, stains, folds and writing, by hole ratio.

`mask(rng, kind)` and `hole(rng, low, high)` are what training draws; `round_brush` is kept for evaluation only: what a user paints.
All are bool [n,n], True = damaged, lengths in pixels of a 512 crop.
"""
import math
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from base import data

N = 512
BINS = ((0.01, .1), (.1, .2), (.2, .3), (.3, .4), (.4, .5), (.5, .6))
WORDS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,-/'


def canvas():
    im = Image.new('L', (N, N))
    return im, ImageDraw.Draw(im)


def done(im):
    return np.asarray(im) > 127


# ------------------------------------------------------------------ strokes and lines
def stroke(rng, size):
    """A wandering stroke with round joints, 6 to 60 px wide."""
    im, d = canvas()
    width = int(rng.uniform(6, 20 + 40 * size))
    x, y, a = rng.uniform(0, N), rng.uniform(0, N), rng.uniform(0, 2 * math.pi)
    points = [(x, y)]
    for _ in range(int(rng.integers(2, 12))):
        a += rng.normal(0, .9)
        step = rng.uniform(15, 90)
        x, y = min(max(x + step * math.cos(a), -20), N + 20), min(max(y + step * math.sin(a), -20), N + 20)
        points.append((x, y))
    d.line(points, 255, width, 'curve')
    for x, y in points:
        d.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), 255)
    return done(im)


def bezier(p, n=24):
    t = np.linspace(0, 1, n)[:, None]
    return (1 - t) ** 3 * p[0] + 3 * t * (1 - t) ** 2 * p[1] + 3 * t * t * (1 - t) * p[2] + t ** 3 * p[3]


def path(rng, pieces, reach, bend):
    """A chain of Bezier curves that go on in each other's direction."""
    at, a, out = rng.uniform(-20, N + 20, 2), rng.uniform(0, 2 * math.pi), []
    for _ in range(pieces):
        b = a + rng.normal(0, bend)
        step, go = rng.uniform(.3, 1) * reach, lambda c: np.array((math.cos(c), math.sin(c)))
        end = at + step * go((a + b) / 2)
        out.append(bezier([at, at + step / 3 * go(a), end - step / 3 * go(b), end]))
        at, a = end, b
    return np.concatenate(out)


def scratch(rng, size=.5):
    """One scratch, 1 to 4 px wide, width and ink changing on the way."""
    im, d = canvas()
    p = path(rng, int(rng.integers(1, 5)), rng.uniform(20, 60 + 300 * size), rng.choice((.05, .2, .6)))
    width, gap = int(rng.integers(1, 5)), rng.choice((0, 0, .15))
    skip = 0
    for a, b in zip(p, p[1:]):
        if rng.random() < gap:
            skip = int(rng.integers(1, 6))
        if skip:
            skip -= 1
            continue
        w = max(1, min(4, width + int(rng.integers(-1, 2)))) if rng.random() < .3 else width
        d.line((*a, *b), 255, w)
    return done(im)


def scratches(rng, size=.5):
    return any_of(scratch(rng, size) for _ in range(int(rng.integers(1, 3 + 10 * size))))


def dust(rng, size=.5):
    """Specks of 1 to 6 px and a few fibres."""
    im, d = canvas()
    for x, y in rng.uniform(0, N, (int(rng.integers(5, 20 + 160 * size)), 2)):
        r, e = .5 + 2.5 * rng.random() ** 3, rng.uniform(.6, 1)
        d.ellipse((x - r, y - r * e, x + r, y + r * e), 255)
    for _ in range(int(rng.integers(0, 5))):
        d.line([tuple(q) for q in path(rng, 2, rng.uniform(8, 40), 1.2)], 255, int(rng.integers(1, 3)))
    return done(im)


# ------------------------------------------------------------------ contours
def noise1(rng, n, steps=(4, 12, 40, 128)):
    """Rough line: noise of several octaves, amplitude falling as the frequency."""
    return sum(np.interp(np.linspace(0, k, n), np.arange(k + 1), rng.normal(0, 1, k + 1)) * 4 / k for k in steps)


def noise2(rng, cells, n=N):
    """Smooth noise [n,n] of about so many cells across, unit variance."""
    z = rng.normal(0, 1, (cells + 3, cells + 3)).astype(np.float32)
    im = Image.fromarray(z).resize((n, n), Image.BICUBIC, (1, 1, cells + 2, cells + 2))
    return np.asarray(im)


def along(rng):
    """Coordinates (s along, t across a line of any direction through the picture) in pixels."""
    a, (y, x) = rng.uniform(0, 2 * math.pi), np.mgrid[:N, :N].astype(np.float32) - N / 2
    return x * math.cos(a) + y * math.sin(a), y * math.cos(a) - x * math.sin(a)


def rough(rng, s, height):
    line = noise1(rng, 1024).astype(np.float32) * height
    return line[np.clip((s + 512).astype(np.int32), 0, 1023)]


def tear(rng, size=.5):
    """Torn paper: a rough band, or all beyond a rough line."""
    s, t = along(rng)
    a = rough(rng, s, rng.uniform(4, 30))
    if rng.random() < .5:
        return t - a > N * (.55 - .45 * size * rng.random())
    width, shift = rng.uniform(4, 12 + 90 * size), rng.uniform(-200, 200)
    return np.abs(t - a - shift) < np.maximum(width / 2 * (1 + .5 * rough(rng, s, 1)), 1)


def stain(rng, size=.5):
    """A blot: noise over an ellipse, cut at a level."""
    (y, x), c = np.mgrid[:N, :N].astype(np.float32), rng.uniform(0, N, 2)
    rx, ry = rng.uniform(10, 30 + 170 * size, 2)
    e = 1 - ((x - c[0]) / rx) ** 2 - ((y - c[1]) / ry) ** 2
    return e + .5 * noise2(rng, int(rng.integers(6, 30))) * np.clip(2 + e, 0, 1) > rng.uniform(0, .4)


def fold(rng, size=.5):
    """A crease: a nearly straight, frayed line right across, broken here and there."""
    s, t = along(rng)
    if rng.random() < .7:                                       # papers are folded along their sides
        y, x = np.mgrid[:N, :N].astype(np.float32) - N / 2
        s, t = (x, y) if rng.random() < .5 else (y, x)
    t = t - s * rng.normal(0, .02) - rng.uniform(-230, 230) - rough(rng, s, 1.5)
    width = rng.uniform(1.5, 4 + 10 * size) * (.6 + .4 * np.abs(rough(rng, s, 1)))
    return (np.abs(t) < width / 2) & (noise2(rng, 40) > rng.uniform(-3, -.8))


@lru_cache(maxsize=64)
def font(size):
    import matplotlib
    return ImageFont.truetype(matplotlib.get_data_path() + '/fonts/ttf/DejaVuSans.ttf', size)


def text(rng, size=.5):
    """Writing or a stamp, any direction."""
    im, d = canvas()
    letters = font(int(rng.uniform(14, 40 + 60 * size)))
    for _ in range(int(rng.integers(1, 4))):
        word = ''.join(rng.choice(list(WORDS), int(rng.integers(3, 14))))
        d.text((rng.uniform(-40, 350), rng.uniform(0, 470)), word, 255, letters)
    return done(im.rotate(rng.uniform(-40, 40), Image.BILINEAR))


def polygon(rng, size=.5):
    """A torn-off piece with straight sides."""
    im, d = canvas()
    c, r, n = rng.uniform(0, N, 2), rng.uniform(15, 40 + 150 * size), int(rng.integers(3, 8))
    a = np.sort(rng.uniform(0, 2 * math.pi, n))
    d.polygon([tuple(c + r * rng.uniform(.5, 1) * np.array((math.cos(v), math.sin(v)))) for v in a], 255)
    return done(im)


def any_of(masks):
    out = np.zeros((N, N), bool)
    for m in masks:
        out |= m
    return out


KINDS = dict(stroke=stroke, scratches=scratches, dust=dust, tear=tear, stain=stain, fold=fold, text=text, polygon=polygon)
THIN = ('scratches', 'dust', 'fold')
WIDE = ('stroke', 'stroke', 'stain', 'tear', 'polygon', 'text')


def thin(rng):
    """Scratches of 1 to 4 px, dust, creases: what a refiner has to be good at. Ratio up to about .1."""
    return any_of(KINDS[k](rng, rng.random() * .6) for k in rng.choice(THIN, int(rng.integers(1, 4)), p=(.6, .2, .2)))


def hole(rng, low, high):
    """Pieces of any kind until the hole covers a part of the picture drawn between low and high."""
    out, least = np.zeros((N, N), bool), rng.uniform(low, low + .9 * (high - low))
    while (have := out.mean()) <= least:
        kind = rng.choice(WIDE) if rng.random() < .8 else rng.choice(THIN)
        more = out | KINDS[kind](rng, min(1, (high - have) * 3) * rng.uniform(.3, 1))
        if more.mean() <= high:
            out = more
    return out


def draw(rng):
    """A training mask: a third thin damage, else one of the six hole ratios."""
    if rng.random() < .34:
        m = thin(rng)
        if m.any():
            return m
    return hole(rng, *BINS[int(rng.integers(len(BINS)))])


def packed(path, count, make):
    """Masks make(number) drawn once (they cost more than a training step), a bit each: u8 [count,N,N/8]."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        data.write_array(path, (count, N, N // 8), np.uint8, (np.packbits(make(i), axis=1) for i in range(count)))
    return np.load(path, mmap_mode='r')


def served(row, rng):
    """A packed mask mirrored, turned and shifted."""
    m = np.unpackbits(row, axis=1).view(bool)
    if rng.random() < .5:
        m = m.T
    m = m[::rng.choice((-1, 1)), ::rng.choice((-1, 1))]
    return np.roll(m, tuple(int(v) for v in rng.integers(0, N, 2)), (0, 1))


class Bank:
    """Training masks."""

    def __init__(self, shards, count=1600):
        self.rows = packed(shards / f'masks-{count}.npy', count, lambda i: draw(np.random.default_rng([11, i])))

    def draw(self, rng):
        return served(self.rows[int(rng.integers(len(self.rows)))], rng)


class Kinds:
    """Masks of one kind each: draw(kind, rng)."""

    def __init__(self, shards, each=120):
        names, self.each = list(KINDS), each
        self.first = {k: i * each for i, k in enumerate(names)}
        self.rows = packed(shards / f'kinds-{each}.npy', each * len(names), lambda i: one(names[i // each], np.random.default_rng([13, i])))

    def draw(self, kind, rng):
        return served(self.rows[self.first[kind] + int(rng.integers(self.each))], rng)


def one(kind, rng):
    """A mask of the kind that is not empty."""
    while not (m := KINDS[kind](rng, rng.random() * (1 if kind in THIN else .5))).any():
        pass
    return m


# ------------------------------------------------------------------ evaluation only
def round_brush(rng, low, high):
    """What a hand paints: smooth curves of a round brush, one radius each. Never trained on."""
    out, least = np.zeros((N, N), bool), rng.uniform(low, low + .9 * (high - low))
    while out.mean() <= least:
        im, d = canvas()
        r, turn = rng.uniform(5, 26), rng.normal(0, .05)
        x, y, a = rng.uniform(30, 480), rng.uniform(30, 480), rng.uniform(0, 2 * math.pi)
        for _ in range(int(rng.integers(15, 80))):
            d.ellipse((x - r, y - r, x + r, y + r), 255)
            turn = .9 * turn + rng.normal(0, .05)
            a += turn
            x, y = x + .5 * r * math.cos(a), y + .5 * r * math.sin(a)
        more = out | done(im)
        if more.mean() <= high:
            out = more
    return out


def thin_only(rng):
    """Scratches of 1 to 4 px alone, the class of its own in the tables."""
    return any_of(scratch(rng, rng.random()) for _ in range(int(rng.integers(6, 16))))
