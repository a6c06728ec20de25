#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns a published JSFM-GAN checkpoint, which a user may own, into our `published` weights:

    convert.py generator.pth OUT.safetensors
    convert.py parser.pth    OUT.safetensors

Spectral norm is divided out (weight_orig / sigma, sigma = u'Wv), the parser's batch norm is folded. The tables below map every
published name to ours; anything left over on either side is listed and nothing is written. Such weights carry their own
author's terms: they are not ours to pass on.
"""
import argparse
import os
import sys

import torch

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from base import arch, files, st  # noqa: E402
from jsfm import published        # noqa: E402

# published module -> ours, within one module
STNORM = {'conv1.0': 't', 'gamma_conv': 'g', 'beta_conv': 'b'}
JSFT = {'conv1.0': 'td', 'conv2.0': 'ts', 'gamma_DI': 'gd', 'beta_DI': 'bd', 'gamma_SF': 'gs', 'beta_SF': 'bs'}
UFSB_CONVS = {'conv1_1': 'p', 'conv3_3': 'q', 'amm.conv1_3': 'h', 'amm.conv3_1': 'v', 'amm.conv3_3': 's'}
UFSB_NORMS = {'norm': 'n', 'amm.norm0': 'nh', 'amm.norm1': 'nv', 'amm.norm2': 'ns'}
ALIASES = ('pyramid.0.', 'pyramid.1.', 'pyramid.2.')     # the list form of pyramid_1..3: the same tensors again
BN_EPS = 1e-5


class ConvertError(Exception):
    """A message for the user; no traceback is wanted."""


def under(a, b, table):
    return {f'{a}.{k}': f'{b}.{v}' for k, v in table.items()}


def generator_modules():
    """(convolutions, single tensors): published name -> our name."""
    convs = {'head.0': 'h', 'img_out': 'rgb.512', 'pyramid_1': 'rgb.64', 'pyramid_2': 'rgb.128', 'pyramid_3': 'rgb.256',
             'body.0.1': 'm32', 'body.1.1': 'm64'}
    single = {'const_input': 'const', 'body.0.0.noise.weight': 'noise.32', 'body.1.0.noise.weight': 'noise.64'}
    for a, b in (('head.1', 'r16'), ('body.0.2', 'r32'), ('body.1.2', 'r64')):
        convs.update({f'{a}.conv_0': f'{b}.c0', f'{a}.conv_1': f'{b}.c1'})
        for i in '01':
            convs.update(under(f'{a}.norm_{i}', f'{b}.n{i}', STNORM))
    for i, q in ((2, 128), (3, 256), (4, 512)):
        single[f'body.{i}.0.noise.weight'] = f'u.{q}.noise'
        convs[f'body.{i}.1'] = f'm.{q}'
        convs.update(under(f'body.{i}.0.usfm', f'u.{q}', UFSB_CONVS))
        for a, b in UFSB_NORMS.items():
            convs.update(under(f'body.{i}.0.usfm.{a}', f'u.{q}.{b}', JSFT))
        convs.update({f'body.{i}.2.conv_0': f'r.{q}.c0', f'body.{i}.2.conv_3': f'r.{q}.c1'})
        for a, b in (('norm_0', 'n0'), ('norm_3', 'n1')):
            convs.update(under(f'body.{i}.2.{a}', f'r.{q}.{b}', JSFT))
    return convs, single


def parser_modules(downs=4, body=10, ups=4):
    """(convolution, batch norm or None) of the published parser -> our name; out_img_conv is a training aid and dropped."""
    out = {('encoder.0.conv2d', None): 'stem', ('out_mask_conv.conv2d', None): 'mask'}
    blocks = [(f'encoder.{i + 1}', f'e.{i}', True) for i in range(downs)] + [(f'body.{i}', f'body.{i}', False) for i in range(body)]
    blocks += [(f'decoder.{i}', f'd.{i}', True) for i in range(ups)]
    for a, b, short in blocks:
        out[f'{a}.conv1.conv2d', f'{a}.conv1.norm.norm'] = f'{b}.a'
        out[f'{a}.conv2.conv2d', f'{a}.conv2.norm.norm'] = f'{b}.b'
        if short:
            out[f'{a}.shortcut_func.conv2d', None] = f'{b}.s'
    return out


class Taker:
    """Hands out the tensors of a state dict and keeps account of them."""

    def __init__(self, state):
        self.state, self.used, self.missing = state, set(), []

    def __call__(self, name, needed=True):
        if name in self.state:
            self.used.add(name)
            return self.state[name].detach().float()
        if needed:
            self.missing.append(name)
        return None

    def weight(self, name):
        """A convolution's weight with its spectral norm, if it has one, divided out."""
        w = self(f'{name}.weight_orig', False)
        if w is None:
            return self(f'{name}.weight')
        u, v = self(f'{name}.weight_u'), self(f'{name}.weight_v')
        if u is None or v is None:
            return None
        sigma = torch.dot(u, torch.mv(w.reshape(w.shape[0], -1), v))
        return w / sigma

    def left(self, drop):
        return sorted(k for k in self.state if k not in self.used and not k.startswith(drop) and not k.endswith('num_batches_tracked'))


def conv_of(take, name, bn=None):
    """(weight, bias or None) with the batch norm folded."""
    w, b = take.weight(name), take(f'{name}.bias', False)
    if bn is None or w is None:
        return w, b
    g, o, m, v = (take(f'{bn}.{k}') for k in ('weight', 'bias', 'running_mean', 'running_var'))
    if any(t is None for t in (g, o, m, v)):
        return None, None
    k = g / torch.sqrt(v + BN_EPS)
    return w * k.view(-1, 1, 1, 1), o + ((b if b is not None else 0) - m) * k


def gather(take, state):
    """Our tensors of a generator or a parser, by what the checkpoint holds."""
    if 'const_input' in state:
        convs, single = generator_modules()
        out = {ours: take(theirs) for theirs, ours in single.items()}
        table = {ours: conv_of(take, theirs) for theirs, ours in convs.items()}
    else:
        count = lambda p: len({k.split('.')[1] for k in state if k.startswith(p + '.')})
        out = {}
        table = {ours: conv_of(take, *theirs) for theirs, ours in
                 parser_modules(max(count('encoder') - 1, 0), count('body'), count('decoder')).items()}
    for ours, (w, b) in table.items():
        out[f'{ours}.weight'] = w
        if b is not None:
            out[f'{ours}.bias'] = b
    return {k: v for k, v in out.items() if v is not None}


def plain(state):
    """The state dict itself, out of a wrapper or a DataParallel prefix."""
    for k in ('state_dict', 'params', 'net', 'model'):
        if isinstance(state, dict) and isinstance(state.get(k), dict):
            state = state[k]
    if not isinstance(state, dict) or not all(torch.is_tensor(v) for v in state.values()):
        raise ConvertError('no state dict in this file')
    return {k[7:] if k.startswith('module.') else k: v for k, v in state.items()}


def networks_of(tensors):
    """(empty network that must take the tensors, metadata) from their shapes."""
    size = lambda k: tensors[k].shape[0]
    if 'const' in tensors:
        channels = {16: tensors['const'].shape[1], 32: size('m32.weight'), 64: size('m64.weight'),
                    **{q: size(f'm.{q}.weight') for q in (128, 256, 512)}}
        meta = {'rvs.id': 'restore-jsfm-full-512', 'rvs.arch': 'jsfm', 'jsfm.modulation': 'published', 'jsfm.size': '512',
                'jsfm.channels': arch.pairs(channels), 'jsfm.guides': arch.pairs({r: published.TRUNK for r in channels}),
                'jsfm.heads': 'absolute', 'jsfm.map': 'hard'}
        return published.Generator(channels), meta
    widths = [size('stem.weight')] + [size(f'e.{i}.b.weight') for i in range(4)]
    up = [size(f'd.{i}.b.weight') for i in range(4)]
    body = len([k for k in tensors if k.startswith('body.') and k.endswith('.a.weight')])
    meta = {'rvs.id': 'parse-face-full-512', 'rvs.arch': 'parser', 'parser.kind': 'published', 'parser.size': '512',
            'parser.widths': arch.join(widths), 'parser.up': arch.join(up), 'parser.blocks': str(body)}
    return published.Parser(widths, up, body), meta


def convert(state):
    """(our tensors, metadata). ConvertError lists every name that does not fit."""
    state = plain(state)
    take = Taker(state)
    tensors = gather(take, state)
    left = take.left(ALIASES + ('out_img_conv.',))
    if take.missing or left:
        show = lambda names: ''.join(f'\n  {n}' for n in names[:40]) + (f'\n  ... {len(names) - 40} more' if len(names) > 40 else '')
        raise ConvertError((f'{len(take.missing)} tensors are not in the checkpoint:{show(take.missing)}\n' if take.missing else '') +
                           (f'{len(left)} tensors of the checkpoint are unknown:{show(left)}' if left else ''))
    net, meta = networks_of(tensors)
    own = net.state_dict()
    wrong = [f'{k}: {list(tensors[k].shape) if k in tensors else "missing"}, expected {list(own[k].shape)}' for k in own
             if k not in tensors or tensors[k].shape != own[k].shape] + [f'{k}: not in this graph' for k in tensors if k not in own]
    if wrong:
        raise ConvertError('shapes that do not fit together:\n  ' + '\n  '.join(wrong[:40]))
    keys = {k: v for k, v in meta.items() if not k.startswith('rvs.')}
    meta = {'rvs.format': '1', 'rvs.contract': f'{meta["rvs.arch"]}_srgb_pm1_v1', 'rvs.licence': 'the terms of the checkpoint that was converted',
            'rvs.source': 'converted from a published checkpoint by weights/train/convert.py', 'rvs.graph': files.graph_hash(keys, tensors),
            'rvs.data': 'unknown', 'rvs.git': files.source_version(), **meta}
    return tensors, meta


def main(argv=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('checkpoint')
    p.add_argument('out')
    a = p.parse_args(argv)
    try:
        try:
            state = torch.load(a.checkpoint, map_location='cpu')
        except Exception as e:
            raise ConvertError(f'not a readable checkpoint ({e})') from e
        tensors, meta = convert(state)
        digest = st.save(a.out, files.halves(tensors), meta)
        print(f'{a.out}  {os.path.getsize(a.out) / 1e6:.1f} MB  {digest}')
    except (ConvertError, files.ExportError, OSError) as e:
        sys.exit(f'convert.py: {a.checkpoint}: {e}')


if __name__ == '__main__':
    main()
