# SPDX-License-Identifier: GPL-3.0-or-later
"""Face meshes of 468 points in pixels of the 512 crop: reading them, mirroring them, moving them as a crop is moved, their errors.

x to the right, y down, (0, 0) the crop's corner; z in the same pixels, smaller is nearer. Arrays are f32 [..., 468, 3].
"""
import json
from pathlib import Path

import numpy as np

from base import data

POINTS, SIDE = 468, 512
EYES = ((33, 133), (362, 263))                      # corners, image-left eye first
OPEN = ('eye_image_left', 'eye_image_right', 'lips_inner')      # rings that the rendered surface leaves open


class Tables:
    """Index tables of the mesh: `mirror` [468], `marks` (the 68 landmarks), `triangles` [T,3] without those that close eyes and mouth,
    clockwise on the screen where they look at the viewer."""

    def __init__(self, root):
        path = data.need(Path(root) / 'mesh' / 'indices.json')
        try:
            table = json.loads(path.read_text())
            self.mirror, self.marks = np.array(table['mirror']), np.array(table['ibug68'])
            rings = [set(table[k]) for k in OPEN]
            self.rings = [table[k] for k in OPEN]
            self.triangles = np.array([t[::-1] for t in table['triangles'] if not any(set(t) <= r for r in rings)], np.int32)
        except (KeyError, ValueError) as e:
            raise data.DataError(f'{path}: not the mesh tables ({e!r}). Restore the file.') from e


def of_faces(root, split):
    """(f32 [N,468,3], bool [N] whether the mesh is right) in the order of the packed faces of that split."""
    root = Path(root)
    rows = data.mesh_rows(root)
    points = np.load(data.need(root / 'mesh' / 'mesh468.npy'), mmap_mode='r')
    at, good = zip(*(rows.get(f'faces/{r["file"]}', (0, False)) for r in data.face_rows(root, split)))
    return points[list(at)].astype(np.float32), np.array(good)


def mirrored(mesh, mirror):
    """The mesh of the mirrored face."""
    out = mesh[..., mirror, :].copy()
    out[..., 0] = SIDE - out[..., 0]
    return out


def moved(mesh, m, side=SIDE):
    """The mesh in a crop of which pixel i shows pixel m[:, :2] i + m[:, 2] of the old one (base.degrade.similarity), both `side` wide."""
    k, turn = side / SIDE, np.linalg.inv(m[:, :2])
    out = mesh.copy()
    out[..., :2] = ((mesh[..., :2] * k - 0.5 - m[:, 2]) @ turn.T + 0.5) / k
    out[..., 2] = mesh[..., 2] * np.sqrt(abs(np.linalg.det(turn)))
    return out


def eye_distance(mesh):
    """Pixels between the mid-points of both eyes' corners, in space: a turned head's do not move together."""
    a, b = (mesh[..., list(pair), :].mean(-2) for pair in EYES)
    return np.linalg.norm(a - b, axis=-1)


def errors(have, want):
    """(2D, 3D) mean distance of the vertices, in per cent of the true mesh's eye distance: two arrays [...]."""
    d, scale = have - want, 100 / eye_distance(want)
    return np.linalg.norm(d[..., :2], axis=-1).mean(-1) * scale, np.linalg.norm(d, axis=-1).mean(-1) * scale
