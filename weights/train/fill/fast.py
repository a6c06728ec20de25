# SPDX-License-Identifier: GPL-3.0-or-later
"""reduce, canny and harmonic of ops.py through fast.c where there is a compiler, else by ops.py itself: the same bits either way."""
import ctypes
from functools import lru_cache
from pathlib import Path

import numpy as np

from base import compiled
from fill import ops

FLAGS = [*compiled.FAST, '-ffp-contract=off', '-fno-math-errno']


@lru_cache(maxsize=None)
def library():
    """None where it cannot be compiled or is switched off."""
    lib = compiled.optional('fill', Path(__file__).with_name('fast.c'), FLAGS)
    if lib:
        p, i = ctypes.c_void_p, ctypes.c_int
        lib.rvs_reduce.argtypes = [p, p, i, i, p, p]
        lib.rvs_canny.argtypes = [p, i, i, p, p]
        lib.rvs_harmonic.argtypes = [p, p, i, p]
    return lib


def reduce(rgb, hole, side=ops.SIDE):
    lib = library()
    if not lib:
        return ops.reduce(rgb, hole, side)
    rgb, hole = np.ascontiguousarray(rgb), np.ascontiguousarray(hole)
    out, valid = np.empty((side, side, 3), np.uint8), np.empty((side, side), bool)
    lib.rvs_reduce(rgb.ctypes.data, hole.ctypes.data, side, rgb.shape[0] // side, out.ctypes.data, valid.ctypes.data)
    return out, valid


def canny(rgb):
    lib = library()
    if not lib:
        return ops.canny(rgb)
    rgb = np.ascontiguousarray(rgb)
    n, h, w = rgb.shape[:3]
    out, work = np.empty((n, h, w), bool), np.empty(4 * h * w, np.int32)
    for a, b in zip(rgb, out):
        lib.rvs_canny(a.ctypes.data, h, w, b.ctypes.data, work.ctypes.data)
    return out


def harmonic(x, valid):
    lib = library()
    if not lib:
        return ops.harmonic(x, valid)
    n = x.shape[-1]
    x, v, work = x.astype(np.float32, 'C', copy=True), valid.astype(np.float32), np.empty(5 * n * n, np.float32)
    for planes, known in zip(x, v):
        for plane in planes:
            lib.rvs_harmonic(plane.ctypes.data, known.ctypes.data, n, work.ctypes.data)
    return x
