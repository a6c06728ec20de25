#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes weights/tiny/find-damage.safetensors (random weights, fixed seed) and finder.safetensors beside this script: what the trainer's
finder makes of a pattern (patterns.h), for tests/net. Run with python3-torch; the files are committed."""
import os
import sys

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import gen_nets               # noqa: E402
from base import st           # noqa: E402
from fill import networks     # noqa: E402
from fill.arch import FINDER  # noqa: E402

CONFIG = dict(arch='finder', widths=[6, 8, 12], blocks=2, growth=6)


def main():
    torch.manual_seed(43)
    net = networks.build(CONFIG).eval()
    net.out.weight.data.mul_(9)         # else the logits say too little to show an error
    tensors = gen_nets.halve(net.state_dict())
    net.load_state_dict(tensors)
    gen_nets.save('find-damage', tensors, {'rvs.id': 'find-damage', 'rvs.arch': 'finder', **FINDER.keys(CONFIG)})
    gen_nets.OUT.clear()
    with torch.no_grad():
        gen_nets.put('finder', dict(logits=net(gen_nets.face(64))))
    st.save(os.path.join(HERE, 'finder.safetensors'), gen_nets.OUT)


if __name__ == '__main__':
    main()
