# SPDX-License-Identifier: GPL-3.0-or-later
"""The generator as a system: its weights file, and back."""
import math

import torch

from base import arch
from jsfm import networks


def table(text):
    return {int(k): int(v) for k, v in (p.split(':') for p in text.split(','))}


class Generator(arch.Arch):
    name, file = 'jsfm', 'restore-jsfm-{size}'
    licence = f'{arch.OURS}Trained on {arch.FACES}, with label maps of a parser trained on {arch.MASKS}.'
    source = 'Revisage, trained by weights/train/train.py jsfm'
    lists = ('faces',)

    def keys(self, config):
        top = int(config['size'])
        cut = lambda d: arch.pairs({int(k): v for k, v in d.items() if int(k) <= top})
        return {'jsfm.modulation': config['modulation'], 'jsfm.size': str(top), 'jsfm.channels': cut(config['channels']),
                'jsfm.guides': cut(config['guides']), 'jsfm.heads': config['heads'], 'jsfm.map': config['map'],
                **({'jsfm.w_power': str(config['w_power'])} if config.get('w_power', 1) != 1 else {})}

    def config(self, meta):
        return dict(arch='jsfm', modulation=meta['jsfm.modulation'], size=int(meta['jsfm.size']), heads=meta['jsfm.heads'],
                    map=meta['jsfm.map'], channels=table(meta['jsfm.channels']), guides=table(meta['jsfm.guides']),
                    w_power=int(meta.get('jsfm.w_power', 1)))

    def build(self, config):
        return networks.build(config)

    def module(self, config):
        return networks.build(config, deploy=True)

    def deploy(self, checkpoints, size=None, w_power=None, calm=False, **_):
        """size: cut a 512 generator down to its 256 stage; calm: see below."""
        (ck,) = checkpoints
        config = dict(networks.CONFIG, **ck['config'])
        for k in ('channels', 'guides'):
            config[k] = {int(r): int(v) for r, v in (config.get(k) or networks.CONFIG[k]).items()}
        config['w_power'] = w_power or config.get('w_power', networks.W_POWER)
        config['size'] = size or config['size']
        net = self.build(config)
        arch.fit(net, ck['ema'])
        tensors = net.eval().fold().state_dict()
        return config, calmed(tensors) if calm else tensors

    def warm(self, tensors, config, args):
        """The UFSB's folded 3x3 convolutions into their training form: identity before, nothing beside."""
        net = self.build(config)
        own = net.state_dict()
        own.update({k: tensors[k] for k in own if k in tensors})
        for q, u in net.u.items():
            c = u.a.p.weight.shape[0]
            own[f'u.{q}.a.p.weight'] = torch.eye(c).view(c, c, 1, 1)
            own[f'u.{q}.a.q.weight'], own[f'u.{q}.a.q.bias'] = tensors[f'u.{q}.a.weight'], tensors[f'u.{q}.a.bias']
            own[f'u.{q}.b.s.weight'] = tensors[f'u.{q}.b.weight']
            for k in ('h', 'v'):
                own[f'u.{q}.b.{k}.weight'] = torch.zeros_like(own[f'u.{q}.b.{k}.weight'])
        net.load_state_dict(own)
        return net, dict(step=0, images=args.images, history=[], key='file')


# ------------------------------------------------------------------ lattice
def without(weight, waves):
    """3x3 kernels [.., .., 3, 3] without their response at the given (x, y) frequencies, radians per pixel."""
    rows = []
    for fx, fy in waves:
        for f in (math.cos, math.sin):
            v = torch.tensor([f(fx * x + fy * y) for y in (-1, 0, 1) for x in (-1, 0, 1)])
            if float(v.norm()) > 1e-3:
                rows.append(v)
    _, s, basis = torch.linalg.svd(torch.stack(rows), full_matrices=False)
    basis = basis[s > 1e-3]
    flat = weight.reshape(-1, 9)
    return (flat - (flat @ basis.T) @ basis).view_as(weight)


def calmed(tensors):
    """Takes the lattice that a short texture training draws into hair (cells of 1 and 2 pixels, diagonal) out of the image
    heads: at 256 the (pi, pi) wave, at 512 that and the (pi/2, +-pi/2) waves of the learned difference."""
    p, h = math.pi, math.pi / 2
    out = dict(tensors)
    if 'rgb.512.weight' in out:
        w = out['rgb.512.weight'].clone()
        w[:3] = without(w[:3], ((p, p), (h, h), (h, -h)))
        out['rgb.512.weight'] = w
    out['rgb.256.weight'] = without(out['rgb.256.weight'], ((p, p),))
    return out


ARCH = Generator()
