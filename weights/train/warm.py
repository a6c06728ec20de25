#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A checkpoint to go on from, made of a shipped weights file:  warm.py FILE [--state STATE]

For a machine on which the checkpoints are gone. The optimiser starts anew; the network computes what the file computes. Where the
training form has batch norm, its statistics are measured on training pictures, so that batch statistics change next to nothing.
"""
import argparse
import sys
from pathlib import Path

import torch
from torch import nn

import common
import data
import export
import networks
import st

CALIBRATION = 64            # pictures


def unfold_generator(net, tensors):
    """The UFSB's folded 3x3 convolutions into their training form: identity before, nothing beside."""
    own = net.state_dict()
    for k in own:
        if k in tensors:
            own[k] = tensors[k]
    for q, u in net.u.items():
        c = u.a.p.weight.shape[0]
        own[f'u.{q}.a.p.weight'] = torch.eye(c).view(c, c, 1, 1)
        own[f'u.{q}.a.q.weight'], own[f'u.{q}.a.q.bias'] = tensors[f'u.{q}.a.weight'], tensors[f'u.{q}.a.bias']
        own[f'u.{q}.b.s.weight'] = tensors[f'u.{q}.b.weight']
        for k in ('h', 'v'):
            own[f'u.{q}.b.{k}.weight'] = torch.zeros_like(own[f'u.{q}.b.{k}.weight'])
    net.load_state_dict(own)


def identity_norms(net, tensors, pairs):
    """Folded convolutions as (convolution, batch norm) that does nothing but add the bias. pairs: (file name, conv, norm)."""
    own = net.state_dict()
    for k in own:
        if k in tensors:
            own[k] = tensors[k]
    for name, conv, norm in pairs:
        own[f'{conv}.weight'] = tensors[f'{name}.weight']
        own[f'{norm}.weight'] = torch.ones_like(own[f'{norm}.weight'])
        own[f'{norm}.bias'] = tensors[f'{name}.bias']
        own[f'{norm}.running_mean'] = torch.zeros_like(own[f'{norm}.running_mean'])
        own[f'{norm}.running_var'] = torch.ones_like(own[f'{norm}.running_var']) - 1e-5
    net.load_state_dict(own)


@torch.no_grad()
def calibrate(net, images):
    """Gives every batch norm the statistics of its input and the scale and bias that leave its output as it is."""
    net.eval()
    seen, hooks = {}, []
    for m in net.modules():
        if isinstance(m, nn.BatchNorm2d):
            hooks.append(m.register_forward_pre_hook(lambda m, x: seen.setdefault(m, []).append(
                (x[0].mean((0, 2, 3)), (x[0] ** 2).mean((0, 2, 3))))))
    for i in range(0, len(images), 8):
        net(images[i:i + 8])
    for h in hooks:
        h.remove()
    for m, rows in seen.items():
        mean = torch.stack([r[0] for r in rows]).mean(0)
        var = torch.stack([r[1] for r in rows]).mean(0) - mean * mean
        m.running_mean.copy_(mean), m.running_var.copy_(var.clamp_min(1e-6))
        m.weight.copy_(torch.sqrt(m.running_var + m.eps)), m.bias.add_(mean)


def parser_checkpoint(tensors, config, args):
    import parser as parsing
    net = networks.build(config)
    identity_norms(net, tensors, [(f'{n}.{c}', f'{n}.{c}', f'{n}.n{c}') for n, m in net.named_modules()
                                  if isinstance(m, networks.ResBlock) for c in 'ab'])
    samples = parsing.Samples(argparse.Namespace(data=args.data, size=config['size'], seed=1), Path(args.state) / 'shards')
    calibrate(net, data.tensor([samples[i][0] for i in range(CALIBRATION)]))
    return net, dict(step=0, best=-1.0)


def detector_checkpoint(tensors, config, args):
    import detector
    import detector_data
    net = detector.Detector(config)
    identity_norms(net, tensors, [(n, f'{n}.conv', f'{n}.bn') for n, m in net.named_modules() if isinstance(m, detector.ConvBN)])
    folder = f'{args.state}/detpack'
    detector_data.pack_once(args.data, detector_data.BACKGROUNDS, folder, common.own_parser(args.state))
    calibrate(net, detector_data.pictures(folder, 320, CALIBRATION))
    return net, dict(step=0, seconds=0.0)


def generator_checkpoint(tensors, config, args):
    net = networks.build(config)
    unfold_generator(net, tensors)
    return net, dict(step=0, images=args.images, history=[], key='file')


MAKERS = {'jsfm': generator_checkpoint, 'parser': parser_checkpoint, 'detector': detector_checkpoint}


def make(args):
    tensors, meta = st.load(args.file)
    arch, config = meta['rvs.arch'], export.config_of(meta)
    last = Path(args.state) / 'ckpt' / arch / 'last.pt'
    if last.exists() and not args.force:
        raise common.TrainError(f'{last}: there is a checkpoint already; --force replaces it')
    net, more = MAKERS[arch]({k: v.float() for k, v in tensors.items()}, config, args)
    state = net.state_dict()
    common.save_atomic(dict(phase=arch, config=config, net=state, ema=state, **more), last)
    return last


def main(argv=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('file')
    p.add_argument('--data', default=str(data.default_root()))
    p.add_argument('--state', default='/var/tmp/revisage')
    p.add_argument('--images', type=int, default=0, help='how many pictures a generator has seen: training goes on from there')
    p.add_argument('--force', action='store_true', help='replace a checkpoint that is there')
    try:
        print(make(p.parse_args(argv)))
    except (common.TrainError, data.DataError, ValueError, OSError) as e:
        sys.exit(f'warm.py: {e}')


if __name__ == '__main__':
    main()
