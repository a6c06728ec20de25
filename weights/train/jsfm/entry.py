# SPDX-License-Identifier: GPL-3.0-or-later
"""What train.py calls for `jsfm`: the trainer of the sub-phase."""
from jsfm import phase, realism

options = phase.options


def run(args):
    trainer = realism.Trainer if args.sub == 'R' else phase.Trainer
    trainer(args).run()
