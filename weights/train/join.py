#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Joins two checkpoints of one start:  join.py INTO FROM OUT [--tensors REGEX] [--share S]

Sub-phases C (the 512 stage) and F (what w scales, up to 256) touch nothing of each other and can train side by side, one core each.
What trained the same tensors for another aim has its mean with what it started from (--tensors . --share 0.5): mostly that keeps the better half
of either ("Robust fine-tuning of zero-shot models", Wortsman et al., 2022).
"""
import argparse
import re
import sys

import torch

from base import common

FIDELITY = r'^((u|r)\.(128|256)\..*\.(gd|bd)|rgb\.(128|256))\.'


def join(into, other, pattern, share=1.0):
    """Number of tensors of which `share` is taken from `other`."""
    names = [k for k in into['ema'] if re.search(pattern, k)]
    for k in names:
        mine, theirs = into['ema'][k], other['ema'][k]
        both = torch.lerp(mine, theirs.to(mine.dtype), share) if mine.is_floating_point() else theirs
        into['net'][k] = into['ema'][k] = both
    return len(names)


def shapes(ck):
    """Of its tensors; configs of warm.py say more than a trainer's."""
    return {k: v.shape for k, v in ck['ema'].items()}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('into')
    p.add_argument('other', metavar='from')
    p.add_argument('out')
    p.add_argument('--tensors', default=FIDELITY, help='which tensors come from FROM (default: those of sub-phase F at 256)')
    p.add_argument('--share', type=float, default=1, help='how much of them: 0 to 1')
    a = p.parse_args()
    try:
        into, other = common.load_checkpoint(a.into), common.load_checkpoint(a.other)
        if shapes(into) != shapes(other):
            raise common.TrainError(f'{a.other}: another network than {a.into}')
        n = join(into, other, a.tensors, a.share)
        if not n:
            raise common.TrainError(f'no tensor matches {a.tensors}')
        common.save_atomic(into, a.out)
        print(f'{n} tensors of {a.other} joined into {a.out}')
    except common.TrainError as e:
        sys.exit(f'join.py: {e}')


if __name__ == '__main__':
    main()
