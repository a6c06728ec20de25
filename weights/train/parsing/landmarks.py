# SPDX-License-Identifier: GPL-3.0-or-later
"""The five landmarks that the face detector learns and is measured on, and where they come from.

faces.csv and scenes.csv hold what a five-point detector found; it errs by 5 % of the eye distance (its distance to the mesh over all
faces, constant offsets taken out), as much as ours may.  So a face crop's landmarks come from its 468-point mesh, and a scene's from our parser,
which learned the mesh's points (2.7 % from them on split=eval) and looks at the face alone.

Points are image-left eye, image-right eye, nose, image-left mouth corner, image-right one: [5, 2], in pixels.
"""
from pathlib import Path

import numpy as np

from base import data

POINTS = ('leye', 'reye', 'nose', 'lmouth', 'rmouth')
TEMPLATE = np.array([[192.98138, 239.94708], [318.90277, 240.1936], [256.63416, 314.01935],
                     [201.26117, 371.41043], [313.08905, 371.15118]])
EYE_DISTANCE = 125.92  # of the template, in pixels of the 512 crop
# The template's eyes lie higher and further out than the mean of the mesh's corners, its mouth corners further out: the median
# difference of faces.csv from the mesh over split=train, left and right averaged (pixels of the 512 crop).
OFFSET = np.array([[-4.6, -4.5], [4.6, -4.5], [0.0, 0.4], [-3.0, -0.6], [3.0, -0.6]])


def row_points(row):
    """The landmarks of a line of faces.csv or scenes.csv."""
    return np.array([[float(row[k + '_x']), float(row[k + '_y'])] for k in POINTS])


def similarity(points):
    """Complex (s, c) with points ~= s * template + c, least squares."""
    t = TEMPLATE[:, 0] + 1j * TEMPLATE[:, 1]
    p = points[:, 0] + 1j * points[:, 1]
    a, b = t - t.mean(), p - p.mean()
    s = (np.conj(a) * b).sum() / (np.abs(a) ** 2).sum()
    return s, p.mean() - s * t.mean()


def flip_points(p, width):
    """Mirror five landmarks and keep the image-left eye first."""
    q = p.copy()
    q[..., 0] = width - q[..., 0]
    return q[..., data.POINT_SWAP, :]


def distance(p, q):
    """Mean distance of two sets of landmarks as a part of p's eye distance as if seen from the front (a profile's eyes lie close)."""
    return np.hypot(*(p - q).T).mean() / (abs(similarity(p)[0]) * EYE_DISTANCE)


def of_meshes(root):
    """File (as in faces.csv) -> landmarks of its mesh, for the rows whose mesh is right."""
    rows = data.mesh_rows(Path(root))
    points = data.mesh_points(np.load(Path(root) / 'mesh' / 'mesh468.npy', mmap_mode='r'))
    return {file: points[row] + OFFSET for file, (row, good) in rows.items() if good and file.startswith('faces/')}
