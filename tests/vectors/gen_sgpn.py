#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes weights/tiny/shape-face-256.safetensors, restore-sgpn-128 and -256 (random weights, fixed seed) and, beside this script, sgpn.safetensors and shape.safetensors:
what the trainer's decoder and shape head make of patterns (patterns.h), and the pose of turned meshes, for tests/net/test_sgpn.c and test_shape.c.
Run with python3-torch, after gen_nets.py: the head is made for its parser. The files are committed."""
import math
import os
import sys

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import gen_nets                             # noqa: E402
from base import st                         # noqa: E402
from sgpn import features, head, networks, shape    # noqa: E402
from sgpn.arch import ARCH, SHAPE           # noqa: E402

CHANNELS = {4: 8, 8: 8, 16: 8, 32: 6, 64: 6, 128: 4, 256: 4}
WIDTH = 12                                  # channels of the tiny parser's trunk
HEAD = dict(arch='shape', modes=5, hidden=7, doubt=4, triangles=9, features=features.count([0, 0, 0, WIDTH]))
MODES = {128: 4, 256: 5}                    # the smaller one does not fit the head, for the test that this is refused
COEFFICIENTS = [.5, -1, 2, .25, -.75]
CASES = dict(whole=(1.0, 1.0), part=(.6, .4), off=(1.0, 0.0))       # w, c


def render():
    """Six planes at 128: the face's three, and those halved and turned over."""
    f = gen_nets.face(128)
    return torch.cat([f, -.5 * f], 1)


def file_hash(name):
    return st.sha256(os.path.join(gen_nets.TINY, f'{name}.safetensors'))


def shape_head():
    config = dict(HEAD, base=file_hash('parse-face-256'))
    net = head.build(config, deploy=True).eval()
    with torch.no_grad():
        lively(net)
    net.load_state_dict(gen_nets.halve(net.state_dict()))
    gen_nets.save(SHAPE.file, net.state_dict(), {'rvs.id': SHAPE.file, 'rvs.arch': 'shape', **SHAPE.keys(config)})
    return net


def one(size):
    config = dict(arch='sgpn', base=file_hash(SHAPE.file), size=size, channels={r: c for r, c in CHANNELS.items() if r <= size}, code=6, style=7, modes=MODES[size])
    net = networks.build(config).eval()
    with torch.no_grad():
        for k, p in net.named_parameters():
            p.add_(torch.randn_like(p) * .1) if p.dim() == 1 else p.mul_(1.5)
        for r in net.rgb.values():
            r.weight.mul_(12)
        for k, p in net.down.items():
            p.weight.normal_(0, .3 / p.weight.shape[1] ** .5)
        for k, p in net.named_parameters():
            if k.endswith('mask.weight'):
                p.normal_(0, 1.5)       # masks of every value
    net.load_state_dict(gen_nets.halve(net.state_dict()))
    gen_nets.save(f'restore-sgpn-{size}', net.state_dict(), {'rvs.id': f'restore-sgpn-{size}', 'rvs.arch': 'sgpn', **ARCH.keys(config)})
    for name, (w, c) in CASES.items():
        with torch.no_grad():
            out = net(gen_nets.face(size), render(), torch.tensor([COEFFICIENTS[:MODES[size]]]), torch.tensor([w]), torch.tensor([c]))
        gen_nets.put(f'{name}{size}', {f's{r}': out[r] for r in (32, 64, 128, size) if r <= size})
        if name == 'whole':
            gen_nets.put(f'{name}{size}', dict(trusted=net.same['64'].seen))


def parsed():
    """(classes, degradation, heat maps, trunk) as patterns."""
    small, large = gen_nets.face(16), gen_nets.face(64)
    heat = 6 * torch.cat([large, large[:, :2].flip(1)], 1)
    return gen_nets.label_map(), torch.tensor([[.1, .3, .5, .7, .9]]), heat, torch.cat([small, 2 * small, -small, .5 * small], 1)


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


def lively(net):
    """A head whose every number matters; its confidence is between 0 and 1."""
    for p in net.parameters():
        p.normal_(0, .3 if p.dim() == 1 else p.shape[1] ** -.5)
    net.mean.normal_(0, 60), net.basis.normal_(0, 5), net.triangles.copy_(torch.arange(27).view(9, 3) * 17)
    net.error.bias.add_(math.log(5) - net(features.of_parts(*parsed()))[1].log())


@torch.no_grad()
def shapes(net):
    c, error = net(features.of_parts(*parsed()))
    assert head.LOW < float(error) < head.HIGH
    out = {'shape.coefficients': c[0], 'shape.vertices': net.mesh(c)[0], 'shape.error': error, 'shape.trust': head.trust(error)}
    out.update({k: torch.from_numpy(np.ascontiguousarray(v, np.float32)) for k, v in poses().items()})
    st.save(os.path.join(HERE, 'shape.safetensors'), {k: v.float().contiguous() for k, v in out.items()})


def main():
    torch.manual_seed(45)
    gen_nets.OUT.clear()
    shapes(shape_head())
    one(128), one(256)
    st.save(os.path.join(HERE, 'sgpn.safetensors'), gen_nets.OUT)


if __name__ == '__main__':
    main()
