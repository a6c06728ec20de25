#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Joins two checkpoints that trained different tensors from the same start:  join.py INTO FROM OUT [--tensors REGEX]

Sub-phases C (the 512 stage) and F (what w scales, up to 256) touch nothing of each other and can train side by side, one core each.
"""
import argparse
import re
import sys

from base import common

FIDELITY = r'^((u|r)\.(128|256)\..*\.(gd|bd)|rgb\.(128|256))\.'


def join(into, other, pattern):
    """Number of tensors taken from `other`."""
    names = [k for k in into['ema'] if re.search(pattern, k)]
    for k in names:
        for part in ('net', 'ema'):
            into[part][k] = other['ema'][k]
    return len(names)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('into')
    p.add_argument('other', metavar='from')
    p.add_argument('out')
    p.add_argument('--tensors', default=FIDELITY, help='which tensors come from FROM (default: those of sub-phase F at 256)')
    a = p.parse_args()
    try:
        into, other = common.load_checkpoint(a.into), common.load_checkpoint(a.other)
        if into['config'] != other['config']:
            raise common.TrainError(f'{a.other}: another network than {a.into}')
        n = join(into, other, a.tensors)
        if not n:
            raise common.TrainError(f'no tensor matches {a.tensors}')
        common.save_atomic(into, a.out)
        print(f'{n} tensors of {a.other} joined into {a.out}')
    except common.TrainError as e:
        sys.exit(f'join.py: {e}')


if __name__ == '__main__':
    main()
