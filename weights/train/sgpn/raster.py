# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of face meshes by the engine's own rasteriser (engine/ops/mesh.c), built as a shared library on first use: trainer and engine see the same pixels."""
import ctypes
from functools import lru_cache
from pathlib import Path

import numpy as np

from base import compiled

PLANES = 6
ENGINE = Path(__file__).resolve().parents[3] / 'engine'
SOURCE, HEADER = (ENGINE / 'ops' / f'mesh.{e}' for e in 'ch')
FLAGS = ['-std=c11', '-O2', '-ffp-contract=off', *compiled.SHARED, '-I', str(ENGINE)]
P = ctypes.c_void_p


class Mesh(ctypes.Structure):
    _fields_ = [('vertices', P), ('triangles', P), ('n_vertices', ctypes.c_int), ('n_triangles', ctypes.c_int)]


class Point(ctypes.Structure):
    _fields_ = [('v', ctypes.c_int32 * 6)]


class Picture(ctypes.Structure):
    _fields_ = [('side', ctypes.c_int), ('normal', P * 3), ('colour', P * 3)]


class Light(ctypes.Structure):
    _fields_ = [('colour', ctypes.c_float * 3), ('harmonic', ctypes.c_float * 9)]


@lru_cache(maxsize=None)
def library():
    """There is no other way to draw, so a missing compiler is an error."""
    lib = compiled.library('mesh', SOURCE, FLAGS, [HEADER])
    lib.rvs__mesh_valid.restype = ctypes.c_bool
    return lib


def at(a):
    return a.ctypes.data_as(P)


def render(vertices, triangles, photo):
    """f32 [V,3] in pixels of the 512 crop, [T,3], f32 [3,side,side] in [-1,1] -> (f32 [6,side,side]: colour, normal; light [9]).

    A mesh that cannot be drawn (a vertex that is no number, or far away) gives an empty picture."""
    lib, side = library(), photo.shape[-1]
    v, t, photo = (np.ascontiguousarray(a, d) for a, d in ((vertices, np.float32), (triangles, np.uint16), (photo, np.float32)))
    out = np.zeros((PLANES, side, side), np.float32)
    mesh = Mesh(at(v), at(t), len(v), len(t))
    if not lib.rvs__mesh_valid(ctypes.byref(mesh)):
        return out, np.eye(9, dtype=np.float32)[0]
    sums, points, depth, owner = np.empty((len(v), 3), np.int64), (Point * len(v))(), *(np.empty((side, side), np.int32) for _ in range(2))
    picture = Picture(side, (P * 3)(*(at(p) for p in out[3:])), (P * 3)(*(at(p) for p in out[:3])))
    light = Light()
    lib.rvs__mesh_place(ctypes.byref(mesh), side, at(sums), points)
    lib.rvs__mesh_rows(ctypes.byref(mesh), points, 0, side, at(depth), at(owner), ctypes.byref(picture))
    lib.rvs__mesh_light(ctypes.byref(picture), (P * 3)(*(at(p) for p in photo)), ctypes.byref(light))
    lib.rvs__mesh_shade(ctypes.byref(light), 0, side, ctypes.byref(picture))
    return out, np.array(light.harmonic, np.float32)
