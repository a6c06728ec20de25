# SPDX-License-Identifier: GPL-3.0-or-later
"""The inpainting networks as systems: `fill` is one file of edge, coarse and refine network, `finder` a file of its own."""
from base import arch, files
from fill import networks


def text(v):
    return arch.join(v) if isinstance(v, (list, tuple)) else str(v)


def number(v):
    return arch.ints(v) if ',' in v else int(v)


def tensors_of(ck):
    net = networks.build(ck['config'])
    arch.fit(net, ck['ema'])
    return net.state_dict()


class Fill(arch.Arch):
    name, file = 'fill', 'fill-face-512'
    licence = f'{arch.OURS}Trained on {arch.FACES} and {arch.SCENES}.'
    source = 'Revisage, trained by weights/train/train.py edge, fill, refine'
    lists, parts = ('faces', 'scenes'), ('edge', 'coarse', 'refine')

    def keys(self, config):
        return {'fill.size': '512', **{f'fill.{p}.{k}': text(v) for p in self.parts for k, v in config[p].items() if k != 'arch'}}

    def config(self, meta):
        out = dict(arch='fill', **{p: dict(arch=p) for p in self.parts})
        for k, v in meta.items():
            if k.startswith('fill.') and k.count('.') == 2:
                _, part, key = k.split('.')
                out[part][key] = number(v)
        return out

    def module(self, config):
        return networks.System({p: networks.build(config[p]) for p in self.parts})

    def deploy(self, checkpoints, **_):
        by = {ck['config']['arch']: ck for ck in checkpoints}
        missing = [p for p in self.parts if p not in by]
        if missing:
            raise files.ExportError(f'a fill file takes three checkpoints, edge, fill and refine; missing: {", ".join(missing)}')
        return dict(arch='fill', **{p: by[p]['config'] for p in self.parts}), {f'{p}.{k}': v for p in self.parts for k, v in tensors_of(by[p]).items()}

    def phases(self, tensors, config, args):
        out = []
        for phase, part in (('edge', 'edge'), ('fill', 'coarse'), ('refine', 'refine')):
            net = networks.build(config[part])
            net.load_state_dict({k[len(part) + 1:]: v for k, v in tensors.items() if k.startswith(part + '.')})
            out.append((phase, config[part], net, arch.fresh(args)))
        return out


class Finder(arch.Arch):
    name, file = 'finder', 'find-damage'
    licence = f'{arch.OURS}Trained on {arch.FACES} and {arch.SCENES}.'
    source = 'Revisage, trained by weights/train/train.py finder'
    lists = ('faces', 'scenes')

    def keys(self, config):
        return {f'finder.{k}': text(v) for k, v in config.items() if k != 'arch'}

    def config(self, meta):
        return dict(arch='finder', **{k.split('.')[1]: number(v) for k, v in meta.items() if k.startswith('finder.')})

    def build(self, config):
        return networks.build(config)

    module = build

    def deploy(self, checkpoints, **_):
        (ck,) = checkpoints
        return ck['config'], tensors_of(ck)

    def warm(self, tensors, config, args):
        net = self.build(config)
        net.load_state_dict(tensors)
        return net, arch.fresh(args)


FILL, FINDER = Fill(), Finder()
