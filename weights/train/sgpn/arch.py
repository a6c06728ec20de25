# SPDX-License-Identifier: GPL-3.0-or-later
"""Shape and generative priors as weights files: the shape head with its shape model, and the decoder that is trained over it.

Either says by rvs.base on which file's output it was trained: that of its name in the folder that it is written to.
"""
from pathlib import Path

import torch

from base import arch, files, st
from sgpn import features, head, networks

W_LEAST = 40        # hundredths: the graph's w at the user's fidelity 0. Below, the decoder draws no finer face, only a blur
KEYS = ('modes', 'hidden', 'doubt', 'features', 'triangles')
NOTE = f'Trained on {arch.FACES}, with a parser trained on {arch.MASKS}, and meshes by a network of Apache-2.0 terms (MediaPipe).'
PARSER = 'parse-face-256'


def base_of(folder, name, fits, what):
    """SHA-256 of the file that this one goes with, '' where no file is written; fits: whether it is the one that it was trained over."""
    if not folder:
        return ''
    path = Path(folder) / f'{name}.safetensors'
    if not path.exists():
        raise files.ExportError(f'{path}: not there; it must be written before {what}, which reads its output')
    if not fits(path):
        raise files.ExportError(f'{path}: {what} was trained on the output of another one: give it that very file')
    return st.sha256(path)


def beside(path, name, digest):
    """The file of that name in path's folder, if it is the one of that SHA-256."""
    other = Path(path).with_name(f'{name}.safetensors')
    if not other.exists() or st.sha256(other) != digest:
        raise files.ExportError(f'{other}: not the file that {path} goes with')
    return other


class Shape(arch.Arch):
    name, file = 'shape', 'shape-face-256'
    licence, source = arch.OURS + NOTE, 'Revisage, trained by weights/train/train.py shape'
    lists = ('faces',)

    def keys(self, config):
        return {'rvs.base': config['base'], **{f'shape.{k}': str(config[k]) for k in KEYS},
                'shape.low': str(round(10 * head.LOW)), 'shape.high': str(round(10 * head.HIGH))}

    def config(self, meta):
        return dict(arch='shape', base=meta['rvs.base'], **{k: int(meta[f'shape.{k}']) for k in KEYS})

    def build(self, config):
        return head.build(config)

    def module(self, config):
        return head.build(config, deploy=True)

    def deploy(self, checkpoints, folder=None, **wishes):
        config, tensors = super().deploy(checkpoints)
        fits = lambda path: features.Reader(path, torch.device('cpu')).key == checkpoints[0].get('parser')
        return dict(config, base=base_of(folder, PARSER, fits, 'the shape head')), tensors

    def warm(self, tensors, config, args):
        net = head.build(config)
        net.load_state_dict(dict(net.state_dict(), **tensors))      # offset 0 and gain 1, as it was built: the file has them in its weights
        parser = features.Reader(beside(args.file, PARSER, config['base']), torch.device('cpu')).key
        return net, arch.fresh(args, parser=parser)


SHAPE = Shape()


class Sgpn(arch.Arch):
    name, file = 'sgpn', 'restore-sgpn-{size}'
    licence, source = arch.OURS + NOTE, 'Revisage, trained by weights/train/train.py sgpn'
    lists = ('faces',)

    def keys(self, config):
        return {'rvs.base': config['base'], 'sgpn.size': str(config['size']), 'sgpn.channels': arch.pairs(config['channels']),
                **{f'sgpn.{k}': str(config[k]) for k in ('code', 'style', 'modes')},
                **({'sgpn.w_least': str(config['w_least'])} if config.get('w_least') else {})}

    def config(self, meta):
        channels = {int(k): int(v) for k, v in (p.split(':') for p in meta['sgpn.channels'].split(','))}
        return dict(arch='sgpn', base=meta['rvs.base'], channels=channels, w_least=int(meta.get('sgpn.w_least', 0)), **{k: int(meta[f'sgpn.{k}']) for k in ('size', 'code', 'style', 'modes')})

    def build(self, config):
        return networks.build(config)

    module = build

    def deploy(self, checkpoints, folder=None, **wishes):
        config, tensors = super().deploy(checkpoints)
        known = checkpoints[0].get('shape')             # checkpoints of before it was noted go with any
        fits = lambda path: known is None or head.key(st.load(path)[0]) == known
        return dict(config, base=base_of(folder, SHAPE.file, fits, 'the decoder'), w_least=W_LEAST), tensors

    def warm(self, tensors, config, args):
        net = self.build(config)
        net.load_state_dict(tensors)
        shape = head.key(st.load(beside(args.file, SHAPE.file, config['base']))[0])
        return net, arch.fresh(args, shape=shape)


ARCH = Sgpn()
