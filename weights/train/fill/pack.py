# SPDX-License-Identifier: GPL-3.0-or-later
"""Weights files of the inpainting system: `fill` holds edge, coarse and refine network, `finder` the scratch finder."""
from fill import networks

PARTS = ('edge', 'coarse', 'refine')


def text(v):
    return ','.join(str(x) for x in v) if isinstance(v, (list, tuple)) else str(v)


def keys(arch, config):
    """Metadata of the graph: fill.PART.WIDTH for the three, finder.WIDTH for the one."""
    if arch == 'finder':
        return {f'finder.{k}': text(v) for k, v in config.items() if k != 'arch'}
    return {f'fill.{part}.{k}': text(v) for part in PARTS for k, v in config[part].items() if k != 'arch'} | {'fill.size': '512'}


def number(v):
    return [int(x) for x in v.split(',')] if ',' in v else int(v)


def config_of(meta):
    """The other way."""
    if meta['rvs.arch'] == 'finder':
        return dict(arch='finder', **{k.split('.')[1]: number(v) for k, v in meta.items() if k.startswith('finder.')})
    out = dict(arch='fill')
    for k, v in meta.items():
        if k.startswith('fill.') and k.count('.') == 2:
            _, part, key = k.split('.')
            out.setdefault(part, dict(arch=part))[key] = number(v)
    return out


def bundle(checkpoints):
    """(config, tensors) of a `fill` file from one checkpoint each of edge, coarse and refine network."""
    by = {ck['config']['arch']: ck for ck in checkpoints}
    missing = [p for p in PARTS if p not in by]
    if missing:
        raise ValueError(f'a fill file takes three checkpoints, edge, fill and refine; missing: {", ".join(missing)}')
    tensors = {f'{part}.{k}': v for part in PARTS for k, v in complete(by[part]).items()}
    return dict(arch='fill', **{p: by[p]['config'] for p in PARTS}), tensors


def complete(ck):
    """The averaged tensors, just those of its graph."""
    net = networks.build(ck['config'])
    net.load_state_dict(ck['ema'])
    return net.state_dict()


def modules(path_tensors, config):
    """Networks of a file: {part: network} or {'finder': network}, ready to run."""
    out = {}
    for part in PARTS if config['arch'] == 'fill' else ('finder',):
        net = networks.build(config[part] if config['arch'] == 'fill' else config)
        prefix = f'{part}.' if config['arch'] == 'fill' else ''
        net.load_state_dict({k[len(prefix):]: v.float() for k, v in path_tensors.items() if k.startswith(prefix)})
        out[part] = net.eval().requires_grad_(False)
    return out
