#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains one phase:  train.py detector|parser|facefeat|jsfm|edge|fill|refine|finder|spad|shape|sgpn [options].

Every phase resumes where its last checkpoint stopped; --minutes N or SIGTERM stop it cleanly.
Checkpoints, logs, curves and sample sheets go to STATE/ckpt/PHASE, packed data to STATE/shards.
"""
import argparse
import importlib
import os
import sys

from base import common, data, files, workers

PHASES = {'detector': 'detector.phase', 'parser': 'parsing.phase', 'facefeat': 'jsfm.facefeat', 'jsfm': 'jsfm.entry', 'edge': 'fill.edge',
          'fill': 'fill.coarse', 'refine': 'fill.refine', 'finder': 'fill.finder', 'spad': 'spad.phase',
          'shape': 'sgpn.shape_phase', 'sgpn': 'sgpn.phase'}


def arguments(argv):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('phase', choices=sorted(PHASES))
    p.add_argument('--data', default=str(data.default_root()), help='data folder (default: ../shared/data beside the repository)')
    p.add_argument('--state', default='/var/tmp/revisage', help='folder for checkpoints and shards')
    p.add_argument('--minutes', type=float, default=0, help='stop cleanly after so many minutes')
    p.add_argument('--steps', type=int, default=20000, help='planned steps: the learning rate falls until then')
    p.add_argument('--stop-at', type=int, default=0, help='stop at this step, the plan of --steps unchanged')
    p.add_argument('--batch', type=int, default=8)
    p.add_argument('--size', type=int, default=256, help='training size in pixels')
    p.add_argument('--lr', type=float, default=0)
    p.add_argument('--ema', type=float, default=0)
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--threads', type=int, default=1)
    p.add_argument('--workers', type=int, default=1, help='processes, one core each; --batch is that of each (jsfm only)')
    p.add_argument('--log-every', type=int, default=20)
    p.add_argument('--check-every', type=int, default=200, help='steps between validations and checkpoints')
    p.add_argument('--fresh', action='store_true', help='ignore the last checkpoint')
    p.add_argument('--cpu', action='store_true')
    return p.parse_known_args(argv)


def main(argv=None):
    args, rest = arguments(argv)
    if args.workers > 1 and 'WORLD_SIZE' not in os.environ:
        sys.exit(workers.start(args.workers))
    module = importlib.import_module(PHASES[args.phase])
    try:
        if args.workers > 1 and args.phase != 'jsfm':
            raise common.TrainError(f'{args.phase} trains in one process: leave --workers out')
        if hasattr(module, 'options'):
            args = module.options(args, rest)
        elif rest:
            raise common.TrainError(f'unknown options: {" ".join(rest)}')
        module.run(args)
    except (common.TrainError, data.DataError, files.ExportError) as e:
        sys.exit(f'train.py: {e}')


if __name__ == '__main__':
    main()
