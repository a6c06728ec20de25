# SPDX-License-Identifier: GPL-3.0-or-later
"""Face super-resolution as a system: its weights file, and back."""
from base import arch
from spad import networks

LISTS = ('widths', 'blocks', 'habs')


class Spad(arch.Arch):
    name, file = 'spad', 'restore-spad-{size}'
    licence = f'{arch.OURS}Trained on {arch.FACES}, with label maps of a parser trained on {arch.MASKS}.'
    source = 'Revisage, trained by weights/train/train.py spad'
    lists = ('faces',)

    def keys(self, config):
        return {'spad.size': str(config['size']), 'spad.tail': str(config['tail']), **{f'spad.{k}': arch.join(config[k]) for k in LISTS}}

    def config(self, meta):
        return dict(arch='spad', size=int(meta['spad.size']), tail=int(meta['spad.tail']), **{k: arch.ints(meta[f'spad.{k}']) for k in LISTS})

    def build(self, config):
        return networks.build(config)

    module = build

    def warm(self, tensors, config, args):
        net = self.build(config)
        net.load_state_dict(tensors)
        return net, dict(step=0, images=args.images, best=float('-inf'))


ARCH = Spad()
