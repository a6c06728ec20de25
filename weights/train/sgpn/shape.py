#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape model: principal components of the training meshes in crop pixels, pose and place in the crop included. Run: figures.

    mesh = centre + mean + (coefficients * spread) @ modes          coefficients have unit variance

Every mesh also mirrored, and both once more moved as the product's crops are moved: so the model is symmetric, and knows the crop's errors.
"""
import argparse
import os
import sys

import numpy as np

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from base import data               # noqa: E402
from sgpn import crops, mesh        # noqa: E402

MODES = 40
CENTRE = np.array([mesh.SIDE / 2, mesh.SIDE / 2, 0], np.float32)        # taken off, so that half floats keep a sixteenth of a pixel
RIGID = [1, 4, 5, 6, 168, 197, 195, 9, 8, 33, 133, 362, 263, 10, 151, 127, 356, 234, 454, 93, 323, 98, 327, 70, 300, 105, 334]


class Shape:
    """mean f32 [1404], modes f32 [K,1404] orthonormal, spread f32 [K] pixels, explained: share of the variance of the first k modes."""

    def __init__(self, mean, modes, spread, explained=None):
        self.mean, self.modes, self.spread, self.explained = mean, modes, spread, explained

    def encode(self, meshes, k=None):
        """[N,468,3] -> coefficients [N,k]."""
        flat = (meshes - CENTRE).reshape(len(meshes), -1) - self.mean
        return flat @ self.modes[:k].T / self.spread[:k]

    def decode(self, c):
        k = c.shape[-1]
        return (self.mean + (c * self.spread[:k]) @ self.modes[:k]).reshape(*c.shape[:-1], mesh.POINTS, 3) + CENTRE


def fit(meshes, modes=MODES):
    """The model of meshes [N,468,3], which are taken as they are."""
    flat = (meshes - CENTRE).reshape(len(meshes), -1).astype(np.float64)
    mean = flat.mean(0)
    value, vector = np.linalg.eigh((flat - mean).T @ (flat - mean) / len(flat))
    value, vector = value[::-1].clip(0), vector[:, ::-1]
    vector = vector * np.where(vector.sum(0) < 0, -1, 1)                # signs do not depend on the solver
    f = np.float32
    return Shape(mean.astype(f), np.ascontiguousarray(vector[:, :modes].T.astype(f)), np.sqrt(value[:modes]).astype(f),
                 np.cumsum(value) / value.sum())


def training_meshes(root, seed=1):
    """Right meshes of split=train, mirrored too, and all of these once more moved."""
    points, good = mesh.of_faces(root, 'train')
    both = np.concatenate([points[good], mesh.mirrored(points[good], mesh.Tables(root).mirror)])
    rng = np.random.default_rng([seed, 7])
    return np.concatenate([both, [mesh.moved(p, crops.draw(rng, mesh.SIDE)) for p in both]]).astype(np.float32)


def of_training(root, modes=MODES):
    return fit(training_meshes(root), modes)


def pose(meshes, reference):
    """(yaw, pitch, roll) in degrees [N,3] of meshes [N,468,3], against the reference [468,3], a face that looks into the camera: the model's mean.

    Of the rotation Rz(roll) Ry(yaw) Rx(pitch) that turns the reference's rigid points best (Kabsch): yaw positive where the nose points to the image's
    right, pitch positive upwards, roll positive clockwise. The depth of a mesh from one photo is a guess: so are large angles.
    """
    a, b = reference[RIGID] - reference[RIGID].mean(0), meshes[:, RIGID] - meshes[:, RIGID].mean(1, keepdims=True)
    u, _, v = np.linalg.svd(np.einsum('nki,kj->nij', b, a).astype(np.float64))
    u[..., 2] *= np.linalg.det(u @ v)[:, None]
    r = u @ v
    yaw, pitch, roll = np.arcsin(np.clip(r[:, 2, 0], -1, 1)), np.arctan2(-r[:, 2, 1], r[:, 2, 2]), np.arctan2(r[:, 1, 0], r[:, 0, 0])
    return np.degrees(np.stack([yaw, pitch, roll], 1))


def main(argv=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--data', default=str(data.default_root()))
    a = p.parse_args(argv)
    model = of_training(a.data, 60)
    held, good = mesh.of_faces(a.data, 'eval')
    held = held[good]
    rng = np.random.default_rng(3)
    shifted = np.stack([mesh.moved(q, crops.draw(rng, mesh.SIDE)) for q in held])
    print(f'mean mesh: 2D / 3D error on split=eval {" / ".join(f"{e.mean():.2f}" for e in mesh.errors(np.broadcast_to(model.decode(np.zeros(1)), held.shape), held))} % of the eye distance')
    for k in (10, 20, 40, 60):
        row = [f'{e.mean():.2f}' for m in (held, shifted) for e in mesh.errors(model.decode(model.encode(m, k)), m)]
        print(f'{k} modes: {100 * model.explained[k - 1]:.2f} % of the variance; 2D / 3D error on split=eval {row[0]} / {row[1]} %, on moved crops {row[2]} / {row[3]} %')


if __name__ == '__main__':
    main()
