# SPDX-License-Identifier: GPL-3.0-or-later
"""The parser as a system: its weights file, and back."""
import argparse
from pathlib import Path

from base import arch, data
from parsing import networks, phase

CALIBRATION = 64            # pictures


class Parser(arch.Arch):
    name, file = 'parser', 'parse-face-{size}'
    licence = f'Trained on {arch.MASKS}: this file carries that note.'
    source = 'Revisage, trained by weights/train/train.py parser'
    lists = ('masks',)

    def keys(self, config):
        return {'parser.widths': arch.join(config['widths']), 'parser.blocks': arch.join(config['blocks']), 'parser.size': str(config['size'])}

    def config(self, meta):
        return dict(arch='parser', widths=arch.ints(meta['parser.widths']), blocks=arch.ints(meta['parser.blocks']), size=int(meta['parser.size']))

    def build(self, config):
        return networks.build(config)

    def module(self, config):
        return networks.build(config, deploy=True)

    def warm(self, tensors, config, args):
        net = self.build(config)
        arch.identity_norms(net, tensors, [(f'{n}.{c}', f'{n}.{c}', f'{n}.n{c}') for n, m in net.named_modules()
                                           if isinstance(m, networks.ResBlock) for c in 'ab'])
        samples = phase.Samples(argparse.Namespace(data=args.data, size=config['size'], seed=1), Path(args.state) / 'shards')
        arch.calibrate(net, data.tensor([samples[i][0] for i in range(CALIBRATION)]))
        return net, dict(step=0, best=-1.0)


ARCH = Parser()
