# SPDX-License-Identifier: GPL-3.0-or-later
"""Face super-resolution as a system: its weights file, and back. A file holds both ends of the fidelity knob."""
from base import arch, files
from spad import knob, networks

LISTS = ('widths', 'blocks', 'habs')


class Spad(arch.Arch):
    name, file = 'spad', 'restore-spad-{size}'
    licence = f'{arch.OURS}Trained on {arch.FACES}, with label maps of a parser trained on {arch.MASKS}.'
    source = 'Revisage, trained by weights/train/train.py spad'
    lists = ('faces',)
    parts = ('spad', 'spad')        # the faithful end, then the real one

    def keys(self, config):
        return {'spad.size': str(config['size']), 'spad.tail': str(config['tail']), **{f'spad.{k}': arch.join(config[k]) for k in LISTS}}

    def config(self, meta):
        return dict(arch='spad', size=int(meta['spad.size']), tail=int(meta['spad.tail']), **{k: arch.ints(meta[f'spad.{k}']) for k in LISTS})

    def build(self, config):
        return networks.build(config)

    def module(self, config):
        return knob.build(config)

    def deploy(self, checkpoints, **wishes):
        """One checkpoint alone is both ends: its file has a knob that does nothing."""
        ends = [arch.Arch.deploy(self, [ck]) for ck in (checkpoints * 2)[:2]]
        if len(checkpoints) > 2 or ends[0][0] != ends[1][0]:
            raise files.ExportError('spad: a file is made of two checkpoints of one shape: the faithful end, then the real one')
        return ends[0][0], knob.join(ends[0][1], ends[1][1])

    def warm(self, tensors, config, args):
        net = self.build(config)
        net.load_state_dict(knob.end(tensors, args.real))
        return net, arch.fresh(args)


ARCH = Spad()
