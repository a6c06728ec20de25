# SPDX-License-Identifier: GPL-3.0-or-later
"""Shape and generative priors as a system: one weights file of shape head (with the shape model) and decoder."""
import torch

from base import arch, files
from sgpn import head, networks

KEYS = ('modes', 'hidden', 'doubt', 'features', 'triangles')


class System(torch.nn.Module):
    """Both networks in deploy form, under their prefixes."""

    def __init__(self, config):
        super().__init__()
        self.shape, self.decoder = head.build(config['shape'], deploy=True), networks.build(config['decoder'])


class Sgpn(arch.Arch):
    name, file = 'sgpn', 'restore-sgpn-{size}'
    licence = f'{arch.OURS}Trained on {arch.FACES}, with a parser trained on {arch.MASKS}, and meshes by a network of Apache-2.0 terms (MediaPipe).'
    source = 'Revisage, trained by weights/train/train.py shape, sgpn'
    lists, parts = ('faces',), ('shape', 'sgpn')

    def keys(self, config):
        d, s = config['decoder'], config['shape']
        return {'sgpn.size': str(d['size']), 'sgpn.channels': arch.pairs(d['channels']), 'sgpn.code': str(d['code']), 'sgpn.style': str(d['style']),
                **{f'sgpn.shape.{k}': str(s[k]) for k in KEYS}, 'sgpn.shape.low': str(round(10 * head.LOW)), 'sgpn.shape.high': str(round(10 * head.HIGH))}

    def config(self, meta):
        shape = dict(arch='shape', **{k: int(meta[f'sgpn.shape.{k}']) for k in KEYS})
        channels = {int(k): int(v) for k, v in (p.split(':') for p in meta['sgpn.channels'].split(','))}
        decoder = dict(arch='sgpn', size=int(meta['sgpn.size']), channels=channels, code=int(meta['sgpn.code']), style=int(meta['sgpn.style']), modes=shape['modes'])
        return dict(arch='sgpn', size=decoder['size'], shape=shape, decoder=decoder)

    def module(self, config):
        return System(config)

    def deploy(self, checkpoints, **_):
        by = {ck['config']['arch']: ck for ck in checkpoints}
        missing = [p for p in self.parts if p not in by]
        if missing:
            raise files.ExportError(f'a file of this system takes two checkpoints, shape and sgpn; missing: {", ".join(missing)}')
        out = {}
        for prefix, part, build in (('shape', 'shape', head.build), ('decoder', 'sgpn', networks.build)):
            net = build(by[part]['config'])
            arch.fit(net, by[part]['ema'])
            out.update({f'{prefix}.{k}': v for k, v in net.eval().fold().state_dict().items()})
        config = by['sgpn']['config']
        return dict(arch='sgpn', size=config['size'], shape=by['shape']['config'], decoder=config), out


ARCH = Sgpn()
