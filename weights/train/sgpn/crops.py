# SPDX-License-Identifier: GPL-3.0-or-later
"""Crops as the product cuts them: by a detector that has seen the bad photo, not the good one.

Against the crops of faces.csv, 30 faces of split=eval each, this program's detector and alignment: scale .033 / .047 / .047, turn 1.7 / 1.7 / 2.0
degrees, shift 2.5, 3.6 / 2.7, 3.7 / 4.5, 4.3 pixels of 512 (standard deviations at mild / medium / severe). Training draws a little more.
"""
import math

import numpy as np

from base import degrade

SCALE, TURN, SHIFT = .045, 2.2, 4.5                 # standard deviations: logarithm, degrees, pixels of the 512 crop


def matrix(scale, turn, dx, dy, side):
    """2x3 from pixels of the new crop to those of the old one, as base.degrade.similarity's; dx, dy at 512."""
    c, n, o = math.cos(math.radians(turn)) * scale, math.sin(math.radians(turn)) * scale, (side - 1) / 2
    k = side / 512
    return np.array([[c, -n, o - c * o + n * o + dx * k], [n, c, o - n * o - c * o + dy * k]])


def draw(rng, side):
    """A crop's error."""
    s, t, x, y = np.clip(rng.standard_normal(4), -2.5, 2.5)
    return matrix(math.exp(SCALE * s), TURN * t, SHIFT * x, SHIFT * y, side)


def cut(image, m, how):
    return degrade.warp(image, m, how)


def of_landmarks(points, margin=0):
    """The crop's error where the program finds these five landmarks [5,2] in a crop with a margin around it: 2x3 as `matrix`; None without landmarks.

    Similarity by least squares with one Huber re-weighting, as engine/face/align.c (which takes three points for profiles)."""
    if points is None:
        return None
    p, q, w = points[:, 0] + 1j * points[:, 1] - margin * (1 + 1j), TEMPLATE[:, 0] + 1j * TEMPLATE[:, 1], np.ones(5)
    for _ in range(2):
        a, b = p - (w * p).sum() / w.sum(), q - (w * q).sum() / w.sum()
        k = (w * a.conj() * b).sum() / (w * abs(a) ** 2).sum()
        t = (w * (q - k * p)).sum() / w.sum()
        w = np.minimum(1, 12 / np.maximum(abs(k * p + t - q), 1e-6))
    k, t = 1 / k, -t / k                    # crop to picture, both with pixel centres at .5
    o = k * (.5 + .5j) + t - (.5 + .5j)
    return np.array([[k.real, -k.imag, o.real], [k.imag, k.real, o.imag]])


TEMPLATE = np.array([[192.98138, 239.94708], [318.90277, 240.1936], [256.63416, 314.01935], [201.26117, 371.41043], [313.08905, 371.15118]])
