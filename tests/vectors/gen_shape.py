#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes weights/tiny/parts/shape.safetensors (a part, not a system: a shape head with random weights) and shape.safetensors beside this script: what the trainer makes of
patterns (patterns.h) with it, and the pose of turned meshes, for tests/net/test_shape.c. Run with python3-torch; the files are committed."""
import math
import os
import sys

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import gen_nets                         # noqa: E402
from base import st                     # noqa: E402
from sgpn import features, head, shape  # noqa: E402
from sgpn.arch import KEYS              # noqa: E402

WIDTH = 6                               # channels of the parser's trunk
CONFIG = dict(arch='shape', modes=5, hidden=7, doubt=4, triangles=9, features=features.count([0, 0, 0, WIDTH]))


def parsed():
    """(logits, degradation, heat maps, trunk) as patterns."""
    small, large = gen_nets.face(16), gen_nets.face(64)
    heat = 6 * torch.cat([large, large[:, :2].flip(1)], 1)
    return gen_nets.label_map().log(), torch.tensor([[.1, .3, .5, .7, .9]]), heat, torch.cat([small, 2 * small], 1)


def turned(points, yaw, pitch, roll):
    """The mesh after Rz(roll) Ry(yaw) Rx(pitch), from the definition: the nose, at smaller z, goes right, up and clockwise."""
    y, p, r = (math.radians(v) for v in (yaw, pitch, roll))
    rx = np.array([[1, 0, 0], [0, math.cos(p), math.sin(p)], [0, -math.sin(p), math.cos(p)]])
    ry = np.array([[math.cos(y), 0, -math.sin(y)], [0, 1, 0], [math.sin(y), 0, math.cos(y)]])
    rz = np.array([[math.cos(r), -math.sin(r), 0], [math.sin(r), math.cos(r), 0], [0, 0, 1]])
    return points @ (rz @ ry @ rx).T


def poses():
    rng = np.random.default_rng(15)
    points = rng.normal(0, 1, (468, 3)) * (90, 110, 40) + (256, 256, 0)
    angles = [(0, 0, 0), (30, 0, 0), (-55, 0, 0), (0, 20, 0), (0, 0, -12), (40, -15, 8), (-70, 10, 20)]
    meshes = np.stack([turned(points - 256, *a) + 256 + rng.normal(0, 3, 3) for a in angles])
    noisy = meshes[5] + rng.normal(0, 8, meshes[5].shape)
    meshes = np.concatenate([meshes, noisy[None]])
    got = shape.pose(meshes, points)
    assert np.allclose(got[:-1], angles, atol=1e-3)
    return {'pose.reference': points, 'pose.meshes': meshes, 'pose.angles': got}


def main():
    torch.manual_seed(44)
    net = head.build(CONFIG, deploy=True)
    with torch.no_grad():
        for p in net.parameters():
            p.normal_(0, .3 if p.dim() == 1 else p.shape[1] ** -.5)
        net.mean.normal_(0, 60), net.basis.normal_(0, 5), net.triangles.copy_(torch.arange(27).view(9, 3) * 17)
    net.load_state_dict(gen_nets.halve(net.state_dict()))
    meta = {'rvs.id': 'part-shape', 'rvs.arch': 'part', **{f'part.shape.{k}': str(CONFIG[k]) for k in KEYS}, 'part.shape.low': '5', 'part.shape.high': '40'}
    gen_nets.save('parts/shape', {f'shape.{k}': v for k, v in net.state_dict().items()}, meta)
    with torch.no_grad():
        x = features.of_outputs(*parsed())
        c, error = net(x)
        assert .5 < float(error) < 4, 'trust shall be between 0 and 1'
        out = {'shape.coefficients': c[0], 'shape.vertices': net.mesh(c)[0], 'shape.error': error, 'shape.trust': (4 - error) / 3.5}
    out.update({k: torch.from_numpy(np.ascontiguousarray(v, np.float32)) for k, v in poses().items()})
    st.save(os.path.join(HERE, 'shape.safetensors'), {k: v.float().contiguous() for k, v in out.items()})


if __name__ == '__main__':
    main()
