#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns training checkpoints into weights files:  export.py CHECKPOINT... [--out FOLDER]

Those of edge, fill and refine are given together and make one file. The averaged (EMA) weights are folded into the deploy form, stored as fp16 safetensors with the metadata of
docs/weights-format.md, and the folder's SHA256SUMS is brought up to date.
"""
import argparse
import csv
import hashlib
import math
import os
import subprocess
import sys
from pathlib import Path

import torch

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import data          # noqa: E402
import detector      # noqa: E402
from fill import pack  # noqa: E402
import networks      # noqa: E402
import st            # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
OURS = 'GPL-3.0-or-later. '
FACES = ('faces of terms MIT (SFHQ, SFHQ-T2I, officials\' portraits), GPL-3.0 (fakefaces), CC BY-SA 2.0 (gecid) and '
         '"none stated" (three sets of machine-generated faces that show no real person)')
MASKS = 'CelebAMask-HQ, whose terms are "non-commercial research purposes only"'
SCENES = 'photos with faces (MIT; "none stated (named Unsplash)")'
LICENCE = {'jsfm': f'{OURS}Trained on {FACES}, with label maps of a parser trained on {MASKS}.',
           'parser': f'Trained on {MASKS}: this file carries that note.',
           'detector': f'{OURS}Trained on {FACES}, photos with faces (MIT; "none stated (named Unsplash)") and wallpapers of Debian packages.',
           'fill': f'{OURS}Trained on {FACES} and {SCENES}.', 'finder': f'{OURS}Trained on {FACES} and {SCENES}.'}
SOURCE = {'jsfm': 'Revisage, trained by weights/train/train.py jsfm', 'parser': 'Revisage, trained by weights/train/train.py parser',
          'detector': 'Revisage, trained by weights/train/detector.py',
          'fill': 'Revisage, trained by weights/train/train.py edge, fill, refine', 'finder': 'Revisage, trained by weights/train/train.py finder'}
NAMES = {'jsfm': 'restore-jsfm-{size}', 'parser': 'parse-face-{size}', 'detector': 'detect-face',
         'fill': 'fill-face-512', 'finder': 'find-damage'}


class ExportError(Exception):
    """A message for the user; no traceback is wanted."""


def join(v):
    return ','.join(str(x) for x in v)


def pairs(d):
    return ','.join(f'{k}:{d[k]}' for k in sorted(d))


def graph_keys(arch, config):
    """The metadata keys that describe the graph."""
    if arch == 'detector':
        return {k: str(v) for k, v in config.items()}
    if arch in ('fill', 'finder'):
        return pack.keys(arch, config)
    if arch == 'parser':
        return {'parser.widths': join(config['widths']), 'parser.blocks': join(config['blocks']), 'parser.size': str(config['size'])}
    top = int(config['size'])
    cut = lambda d: pairs({int(k): v for k, v in d.items() if int(k) <= top})
    return {'jsfm.modulation': config['modulation'], 'jsfm.size': str(top), 'jsfm.channels': cut(config['channels']),
            'jsfm.guides': cut(config['guides']), 'jsfm.heads': config['heads'], 'jsfm.map': config['map'],
            **({'jsfm.w_power': str(config['w_power'])} if config.get('w_power', 1) != 1 else {})}


def config_of(meta):
    """The other way: a network's config from a file's metadata."""
    ints = lambda t: [int(v) for v in t.split(',')]
    table = lambda t: {int(k): int(v) for k, v in (p.split(':') for p in t.split(','))}
    if meta['rvs.arch'] == 'parser':
        return dict(arch='parser', widths=ints(meta['parser.widths']), blocks=ints(meta['parser.blocks']), size=int(meta['parser.size']))
    if meta['rvs.arch'] == 'jsfm':
        return dict(arch='jsfm', modulation=meta['jsfm.modulation'], size=int(meta['jsfm.size']), heads=meta['jsfm.heads'],
                    map=meta['jsfm.map'], channels=table(meta['jsfm.channels']), guides=table(meta['jsfm.guides']),
                    w_power=int(meta.get('jsfm.w_power', 1)))
    if meta['rvs.arch'] in ('fill', 'finder'):
        return pack.config_of(meta)
    return {k: v for k, v in meta.items() if k.startswith('detector.')}


def read_checkpoint(path):
    try:
        ck = torch.load(path, map_location='cpu')
    except Exception as e:
        raise ExportError(f'{path}: not a readable checkpoint ({e})') from e
    if not isinstance(ck, dict) or 'config' not in ck or 'ema' not in ck:
        raise ExportError(f'{path}: no "config" and "ema" in it: not a checkpoint of this training program')
    return ck


def with_default_guides(config, key):
    return {int(k): int(v) for k, v in (config.get(key) or networks.JSFM_CONFIG[key]).items()}


def arch_of(config):
    return 'detector' if any(k.startswith('detector.') for k in config) else config['arch']


def deploy(ck, size=None, w_power=None):
    """(arch, config, deploy tensors f32) of a checkpoint. size: cut a 512 generator down to its 256 stage."""
    config, arch = dict(ck['config']), arch_of(ck['config'])
    if arch == 'detector':
        return arch, config, detector.deploy(ck['ema'], config)
    if arch == 'finder':
        return arch, config, pack.complete(ck)
    if arch in pack.PARTS:
        raise ExportError(f'a {arch} network alone is no system: give the checkpoints of edge, fill and refine together')
    if arch == 'jsfm':
        config = dict(networks.JSFM_CONFIG, **config)
        for k in ('channels', 'guides'):
            config[k] = with_default_guides(config, k)
        config['w_power'] = w_power or config.get('w_power', networks.W_POWER)
        if size:
            config['size'] = size
    net = networks.build(config)
    own = net.state_dict()
    missing = [k for k in own if k not in ck['ema'] or ck['ema'][k].shape != own[k].shape]
    if missing:
        raise ExportError(f'checkpoint lacks {len(missing)} tensors of its own config, the first is {missing[0]}')
    net.load_state_dict({k: ck['ema'][k] for k in own})
    return arch, config, net.eval().fold().state_dict()


def load_deploy(path):
    """(network in deploy form ready to run, config) from a checkpoint or from a weights file."""
    if str(path).endswith('.safetensors'):
        tensors, meta = st.load(path)
        arch, config = meta['rvs.arch'], config_of(meta)
        tensors = {k: v.float() for k, v in tensors.items()}
    else:
        arch, config, tensors = deploy(read_checkpoint(path))
    if arch == 'detector':
        raise ExportError(f'{path}: a detector has no deploy module; run it through the engine')
    net = {'parser': networks.ParserC, 'jsfm': networks.Generator}[arch](deploy=True, **{k: v for k, v in config.items() if k != 'arch'})
    net.load_state_dict(tensors)
    return net.eval().requires_grad_(False), config


# ------------------------------------------------------------------ hashes
def graph_hash(keys, tensors):
    text = ''.join(f'{k}={keys[k]}\n' for k in sorted(keys)) + ''.join(f'{k} {list(tensors[k].shape)}\n' for k in sorted(tensors))
    return hashlib.sha256(text.encode()).hexdigest()


def data_hash(arch, root):
    """Of the training list: the train rows of faces.csv, the parsing pairs not held out, the scenes. 'unknown' without the data."""
    root = Path(root)
    lines = []
    try:
        if arch in ('jsfm', 'detector', 'fill', 'finder'):
            with open(root / 'faces' / 'faces.csv', newline='') as f:
                lines += [f'{r["file"]} {r["source"]}' for r in csv.DictReader(f) if r['split'] == 'train']
        if arch == 'parser':
            lines += [p.name for p in sorted((root / 'parsing' / 'images').glob('*.jpg'))][data.HOLD_OUT:]
        if arch in ('detector', 'fill', 'finder'):
            lines += (root / 'scenes' / 'scenes.csv').read_text().splitlines()
    except OSError:
        return 'unknown'
    return hashlib.sha256('\n'.join(lines).encode()).hexdigest() if lines else 'unknown'


def source_version():
    """Commit of the sources, with + when the training program differs from it."""
    git = lambda *a: subprocess.run(['git', '-C', str(ROOT), *a], capture_output=True, text=True).stdout.strip()
    head = git('rev-parse', 'HEAD')
    return (head + ('+' if git('status', '--porcelain', '--', 'weights/train') else '')) if head else 'unknown'


# ------------------------------------------------------------------ writing
def halves(tensors):
    """fp16 copies; refuses what fp16 cannot hold."""
    out = {}
    for k, v in tensors.items():
        h = v.detach().to(torch.float16)
        if not bool(torch.isfinite(h).all()):
            raise ExportError(f'{k}: NaN, infinite or beyond fp16: this checkpoint is broken')
        out[k] = h
    return out


def metadata(arch, config, tensors, root=None, **more):
    keys = graph_keys(arch, config)
    return {'rvs.format': '1', 'rvs.id': NAMES[arch].format(size=config.get('size')), 'rvs.arch': arch,
            'rvs.contract': f'{arch}_srgb_pm1_v1', 'rvs.licence': LICENCE[arch], 'rvs.source': SOURCE[arch],
            'rvs.graph': graph_hash(keys, tensors), 'rvs.data': data_hash(arch, root or data.default_root()),
            'rvs.git': source_version(), **keys, **more}


def update_sums(folder):
    """SHA256SUMS of every weights file in the folder, in sha256sum's own form."""
    files = sorted(p.name for p in Path(folder).glob('*.safetensors'))
    st.replace_file(str(Path(folder) / 'SHA256SUMS'), [''.join(f'{st.sha256(Path(folder) / n)}  {n}\n' for n in files).encode()])


def without(weight, waves):
    """3x3 kernels [.., .., 3, 3] without their response at the given (x, y) frequencies, radians per pixel."""
    rows = []
    for fx, fy in waves:
        for f in (math.cos, math.sin):
            v = torch.tensor([f(fx * x + fy * y) for y in (-1, 0, 1) for x in (-1, 0, 1)])
            if float(v.norm()) > 1e-3:
                rows.append(v)
    _, s, basis = torch.linalg.svd(torch.stack(rows), full_matrices=False)
    basis = basis[s > 1e-3]
    flat = weight.reshape(-1, 9)
    return (flat - (flat @ basis.T) @ basis).view_as(weight)


def calm(tensors):
    """Takes the lattice that a short texture training draws into hair (cells of 1 and 2 pixels, diagonal) out of the image
    heads: at 256 the (pi, pi) wave, at 512 that and the (pi/2, +-pi/2) waves of the learned difference."""
    p, h = math.pi, math.pi / 2
    out = dict(tensors)
    if 'rgb.512.weight' in out:
        w = out['rgb.512.weight'].clone()
        w[:3] = without(w[:3], ((p, p), (h, h), (h, -h)))
        out['rgb.512.weight'] = w
    out['rgb.256.weight'] = without(out['rgb.256.weight'], ((p, p),))
    return out


def export(path, folder, size=None, root=None, calmed=False, w_power=None):
    """Writes FOLDER/<id>.safetensors and returns (its path, SHA-256). calmed: see calm(); generators only."""
    ck = read_checkpoint(path)
    arch, config, tensors = deploy(ck, size, w_power)
    calmed = calmed and arch == 'jsfm'
    tensors = halves(calm(tensors) if calmed else tensors)
    more = {'rvs.trained': f'{ck["images"]} images, {ck["step"]} steps' + (', calmed heads' if calmed else '')} if 'images' in ck else {}
    return write(arch, config, tensors, folder, root, more)


def export_fill(paths, folder, root=None):
    """The one file of the inpainting system from the checkpoints of its three networks."""
    cks = [read_checkpoint(p) for p in paths]
    try:
        config, tensors = pack.bundle(cks)
    except (ValueError, RuntimeError) as e:
        raise ExportError(str(e)) from None
    more = {'rvs.trained': '; '.join(f'{ck["config"]["arch"]} {ck["images"]} images' for ck in cks)}
    return write('fill', config, halves(tensors), folder, root, more)


def write(arch, config, tensors, folder, root, more):
    meta = metadata(arch, config, tensors, root, **more)
    Path(folder).mkdir(parents=True, exist_ok=True)
    out = Path(folder) / f'{meta["rvs.id"]}.safetensors'
    digest = st.save(str(out), tensors, meta)
    update_sums(folder)
    return out, digest


def main(argv=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('checkpoint', nargs='+')
    p.add_argument('--out', default=str(ROOT / 'weights'), help='folder (default: weights/)')
    p.add_argument('--size', type=int, choices=(256, 512), help='cut the generator at this stage')
    p.add_argument('--w-power', type=int, choices=range(1, 9), help=f'of the fidelity knob (default: the checkpoint\'s, else {networks.W_POWER})')
    p.add_argument('--calm', action='store_true', help='take the diagonal lattice out of the image heads at 256 and 512')
    p.add_argument('--data', default=str(data.default_root()), help='data folder, for the hash of the training list')
    a = p.parse_args(argv)
    try:
        parts = [c for c in a.checkpoint if arch_of(read_checkpoint(c)['config']) in pack.PARTS]
        done = [export_fill(parts, a.out, a.data)] if parts else []
        done += [export(c, a.out, a.size, a.data, a.calm, a.w_power) for c in a.checkpoint if c not in parts]
        for out, digest in done:
            print(f'{out}  {os.path.getsize(out) / 1e6:.2f} MB  {digest}')
    except (ExportError, OSError) as e:
        sys.exit(f'export.py: {e}')


if __name__ == '__main__':
    main()
