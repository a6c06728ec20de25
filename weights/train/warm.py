#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checkpoints to go on from, made of a shipped weights file:  warm.py FILE [--state STATE]

For a machine on which the checkpoints are gone. The optimiser, and an adversary, start anew; the network computes what the file computes. Where the
training form has batch norm, its statistics are measured on training pictures, so that batch statistics change next to nothing.
"""
import argparse
import sys
from pathlib import Path

import archs
from base import common, data, files, st


def save(args, phase, config, net, more):
    """As the last checkpoint, and as the best one, which other phases read."""
    last, state = Path(args.state) / 'ckpt' / phase / 'last.pt', net.state_dict()
    if last.exists() and not args.force:
        raise common.TrainError(f'{last}: there is a checkpoint already; --force replaces it')
    for path in (last, last.with_name('best.pt')):
        common.save_atomic(dict(phase=phase, config=config, net=state, ema=state, **more), path)
    return last


def make(args):
    """Paths of the checkpoints, one a phase."""
    tensors, meta = st.load(args.file)
    arch = archs.named(meta['rvs.arch'])
    return [save(args, *phase) for phase in arch.phases({k: v.float() for k, v in tensors.items()}, arch.config(meta), args)]


def main(argv=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('file')
    p.add_argument('--data', default=str(data.default_root()))
    p.add_argument('--state', default='/var/tmp/revisage')
    p.add_argument('--images', type=int, default=0, help='how many pictures a generator has seen: training goes on from there')
    p.add_argument('--real', action='store_true', help='of a file with two ends of the fidelity knob: the one at 0, not that at 1')
    p.add_argument('--force', action='store_true', help='replace a checkpoint that is there')
    try:
        print(*make(p.parse_args(argv)), sep='\n')
    except (common.TrainError, data.DataError, files.ExportError, ValueError, OSError) as e:
        sys.exit(f'warm.py: {e}')


if __name__ == '__main__':
    main()
