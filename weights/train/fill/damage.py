# SPDX-License-Identifier: GPL-3.0-or-later
"""How damage looks: photo -> the same photo scratched, creased, stained, torn or written on, and a map of where it shows.

Bright (emulsion gone, paper shows) and dark (dirt, ink), opaque and see-through, sharp and soft. For the scratch finder."""
import numpy as np
from scipy import ndimage

from base import degrade
from fill import masks

SHOWS, GRAIN = 12, .5               # of 255, and of the photo's own unrest: less than this, seen through a small blur, is no damage

SPECK = 5                           # pixels: fewer together are grain


def tint(rng, bright):
    """A colour of paper or dirt, f32 [3] in 0..255."""
    level = rng.uniform(165, 255) if bright else rng.uniform(0, 80)
    return np.float32(np.clip(level + rng.normal(0, 8) * np.array((1, .3, -1)), 0, 255))


def soft(mask, sigma):
    return ndimage.gaussian_filter(mask.astype(np.float32), sigma) if sigma > .2 else mask.astype(np.float32)


def lay(img, cover, colour, rng):
    """Blends a grainy colour over float img where cover [n,n] in 0..1 says so."""
    grain = rng.normal(0, rng.uniform(0, 10), cover.shape).astype(np.float32)[..., None]
    return img + cover[..., None] * (colour + grain - img)


def scratched(img, mask, rng):
    """Thin damage: mostly bright, its strength changing along the way, at times with a shadow beside it."""
    bright = rng.random() < .7
    cover = soft(mask, rng.uniform(.2, .9)) * rng.uniform(.35, 1) * np.clip(.8 + .5 * masks.noise2(rng, 6, len(mask)), .1, 1)
    if rng.random() < .25:
        shade = np.roll(cover, tuple(int(v) for v in rng.integers(-2, 3, 2)), (0, 1)) * rng.uniform(.2, .6)
        img = lay(img, shade, tint(rng, not bright), rng)
    return lay(img, np.clip(cover, 0, 1), tint(rng, bright), rng)


def stained(img, mask, rng):
    """A see-through blot, darker or lighter, often with a rim."""
    cover = soft(mask, rng.uniform(.5, 5))
    if rng.random() < .5:
        rim = np.clip(4 * cover * (1 - cover), 0, 1)
        cover = rng.uniform(.4, 1) * cover + rng.uniform(0, .6) * rim
    return lay(img, np.clip(cover, 0, 1) * rng.uniform(.2, .8), tint(rng, rng.random() < .4), rng)


def gone(img, mask, rng):
    """Nothing of the photo left: a tear, paper or backing with structure."""
    colour = tint(rng, rng.random() < .75) + 12 * masks.noise2(rng, int(rng.integers(2, 24)), len(mask))[..., None]
    return img + soft(mask, rng.uniform(.3, 1))[..., None] * (colour - img)


def creased(img, mask, rng):
    """A fold: a bright broken line, the paper beside it lighter on one side and darker on the other."""
    wide = soft(mask, rng.uniform(2, 8))
    side = np.roll(wide, int(rng.integers(2, 6)), int(rng.integers(0, 2))) - wide
    return scratched(np.clip(img + rng.uniform(0, 120) * side[..., None], 0, 255), mask, rng)


LOOKS = dict(scratches=scratched, dust=scratched, fold=creased, tear=gone, stain=stained, text=gone, polygon=gone, stroke=stained)
SHARES = dict(scratches=.6, dust=.35, fold=.3, stain=.3, tear=.15, polygon=.06, text=.06, stroke=.08)


def somewhere(kind, n, rng, kinds):
    """A window of a mask of that kind (of up to three that are thin) with something in it, if a few tries find one."""
    mask = masks.any_of(kinds.draw(kind, rng) for _ in range(int(rng.integers(1, 4)) if kind in masks.THIN else 1))
    for _ in range(4):
        y, x = rng.integers(0, len(mask) - n + 1, 2)
        if mask[y:y + n, x:x + n].any():
            break
    return mask[y:y + n, x:x + n]


def grain_of(rgb):
    """Standard deviation of the grain, robust against the photo's edges."""
    y = rgb.astype(np.float32).mean(2)
    return 1.5 * float(np.median(np.abs(y - ndimage.uniform_filter(y, 3))))


def visible(out, rgb):
    """Where a user would mark damage: without the gap inside a crease, and without single pixels."""
    shift = np.abs(ndimage.uniform_filter(out.astype(np.float32) - rgb, (3, 3, 1))).max(2)
    marks = ndimage.binary_closing(np.pad(shift > max(SHOWS, GRAIN * grain_of(rgb)), 2), np.ones((3, 3)), 2)[2:-2, 2:-2]
    pieces, n = ndimage.label(marks, np.ones((3, 3)))
    return marks & (np.bincount(pieces.ravel(), minlength=n + 1) >= SPECK)[pieces]


def damage(rgb, rng, kinds):
    """u8 [n,n,3], n <= 512, kinds: masks.Kinds -> (damaged u8, bool [n,n] where it shows)."""
    img = rgb.astype(np.float32)
    for kind, share in SHARES.items():
        if rng.random() < share:
            img = LOOKS[kind](img, somewhere(kind, len(rgb), rng, kinds), rng)
    out = degrade.to_u8(img / 255)
    return out, visible(out, rgb)


def printed(rgb, rng):
    """The surroundings of damage: a clean photo, or an old print, grey or coarse."""
    u = rng.random()
    if u < .35:
        rgb = degrade.grey_of(rgb)
    if .2 < u < .55:
        rgb = degrade.degrade(rgb, int(rng.integers(1 << 60)), rng.choice(('near', 'print', 'small')))[0]
    return rgb


def scanned(rgb, rng):
    """After the damage: what scanner and JPEG did to the whole."""
    if rng.random() < .5:
        rgb = degrade.jpeg(rgb, rng.uniform(60, 98), int(rng.choice((0, 2))))
    return rgb
