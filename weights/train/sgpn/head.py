# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape head: features of the parser -> coefficients of the shape model, and the error to be expected of the mesh.

    h = lrelu(hidden(x))
    coefficients = straight(x) + turn(h)                the straight part is a linear regression; the other one learns what that cannot
    error = exp(error(lrelu(unsure([h, coefficients, degradation]))))       % of the eye distance, mean over vertices in the plane

    mesh = centre + mean + coefficients @ basis         basis: the modes of shape.py times their spread

While training, x is standardised first; the deploy form has that in its weights.
"""
import hashlib

import numpy as np
import torch
from torch import nn

from base.layers import lrelu
from sgpn import features, mesh, shape

CONFIG = dict(arch='shape', modes=shape.MODES, hidden=128, doubt=32)
LOW, HIGH = 3.0, 9.0            # expected errors of full trust and of none
LEAST = .02                     # spread below which a feature says nothing by itself
DAMAGE = features.DAMAGE


class Head(nn.Module):
    """forward(features [B,N]) -> (coefficients [B,K], expected error [B])."""

    def __init__(self, features, triangles, modes=shape.MODES, hidden=128, doubt=32, deploy=False, **_):
        super().__init__()
        self.config = dict(arch='shape', modes=modes, hidden=hidden, doubt=doubt, features=features, triangles=triangles)
        self.straight, self.hidden, self.turn = nn.Linear(features, modes), nn.Linear(features, hidden), nn.Linear(hidden, modes)
        self.unsure, self.error = nn.Linear(hidden + modes + DAMAGE, doubt), nn.Linear(doubt, 1)
        for name, size in (('mean', (mesh.POINTS, 3)), ('basis', (modes, mesh.POINTS, 3)), ('triangles', (triangles, 3))):
            self.register_buffer(name, torch.zeros(size))
        self.deploy = deploy
        if not deploy:
            self.register_buffer('offset', torch.zeros(features)), self.register_buffer('gain', torch.ones(features))
        nn.init.zeros_(self.turn.weight), nn.init.zeros_(self.turn.bias)

    def forward(self, x):
        damage = x[:, -DAMAGE:]
        x = x if self.deploy else (x - self.offset) * self.gain
        h = lrelu(self.hidden(x))
        c = self.straight(x) + self.turn(h)
        known = torch.cat([h, c, damage], 1).detach()                   # doubt looks on: it does not steer the shape
        return c, torch.exp(self.error(lrelu(self.unsure(known)))[:, 0])

    def mesh(self, c):
        """[B,K] -> vertices [B,468,3] in pixels of the 512 crop."""
        flat = self.mean.flatten() + c @ self.basis.flatten(1)
        return flat.view(len(c), mesh.POINTS, 3) + torch.from_numpy(shape.CENTRE).to(flat)

    def fold(self):
        """The same function of features as they are."""
        out = Head(deploy=True, **self.config)
        own = {k: v.clone() for k, v in self.state_dict().items() if k not in ('offset', 'gain')}
        for name in ('straight', 'hidden'):
            w = own[f'{name}.weight'].double() * self.gain.double()
            own[f'{name}.weight'], own[f'{name}.bias'] = w.float(), (own[f'{name}.bias'].double() - w @ self.offset.double()).float()
        out.load_state_dict(own)
        return out.eval()


def build(config, deploy=False):
    return Head(deploy=deploy, **{k: v for k, v in config.items() if k not in ('arch', 'base')})


def key(tensors):
    """Of this very head: of its deploy form as a file has it."""
    return hashlib.sha256(b''.join(tensors[k].half().contiguous().numpy().tobytes() for k in sorted(tensors))).hexdigest()[:12]


def trust(error):
    """Confidence 0 to 1 of an expected error: 1 up to LOW, 0 from HIGH on."""
    return ((HIGH - error) / (HIGH - LOW)).clip(0, 1)


def give_shape(net, model, triangles):
    """The shape model and the rendered surface into the head's buffers."""
    k = len(net.basis)
    net.mean.copy_(torch.from_numpy(model.mean).view(-1, 3))
    net.basis.copy_(torch.from_numpy(model.modes[:k] * model.spread[:k, None]).view(k, -1, 3))
    net.triangles.copy_(torch.from_numpy(triangles.astype(np.float32)))


# ------------------------------------------------------------------ the straight part, in closed form
def moments(rows):
    """(mean, spread) f32 of features [n,N]."""
    total, square = 0, 0
    for i in range(0, len(rows), 1024):
        x = rows[i:i + 1024].astype(np.float64)
        total, square = total + x.sum(0), square + (x * x).sum(0)
    mean = total / len(rows)
    return mean.astype(np.float32), np.sqrt((square / len(rows) - mean * mean).clip(LEAST ** 2)).astype(np.float32)


def ridge(x, want, strength):
    """(weights [N,K], bias [K]) of the ridge regression of want [n,K] on standardised features x [n,N], by whichever normal equations are smaller.

    Given what an earlier regression leaves of the coefficients, it holds on to that one as far as the samples let it."""
    from scipy import linalg
    n, bias = len(x), want.mean(0)
    a = x @ x.T if n < x.shape[1] else x.T @ x
    a[np.diag_indices_from(a)] += np.float32(strength)
    factor = linalg.cho_factor(a, lower=True, overwrite_a=True)
    solve = lambda b: linalg.cho_solve(factor, b)
    w = x.T @ solve(want - bias) if n < x.shape[1] else solve(x.T @ (want - bias))
    return w.astype(np.float32), bias.astype(np.float32)


def earlier(path, model, widths):
    """(weights [N,K], bias [K]) on raw features of an earlier regression, a .npz of W, mu, sg, mean and basis, in this model's coefficients.

    Its features: trunk averaged to 4x4, twice the classes, 20 times the centroids (all x, then all y), degradation."""
    z = np.load(path)
    w = z['W'].astype(np.float64) / z['sg'][:, None] @ z['basis'] @ model.modes.T / model.spread
    bias = (z['mean'] - shape.CENTRE[None].repeat(mesh.POINTS, 0).ravel() - model.mean) @ model.modes.T / model.spread - z['mu'] @ w
    t, c, k = widths[3] * 16, features.CLASSES * features.CELLS ** 2, w.shape[1]
    trunk = (w[:t].reshape(widths[3], 4, 1, 4, 1, k) / 4).repeat(2, 2).repeat(2, 4).reshape(-1, k)
    points = 20 * w[t + c:-DAMAGE].reshape(2, -1, k).transpose(1, 0, 2).reshape(-1, k)
    return np.concatenate([trunk, 2 * w[t:t + c], points, w[-DAMAGE:]]), bias
