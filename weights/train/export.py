#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns training checkpoints into weights files:  export.py CHECKPOINT... [--out FOLDER]

Those of edge, fill and refine are given together and make one file, and so are two of spad, the faithful end of its knob first; a network that reads another one's output (shape: parser, sgpn: shape)
comes after that one, whose file must lie in the folder. The averaged (EMA) weights are folded into the deploy form, stored as fp16
safetensors with the metadata of docs/weights-format.md, and the folder's SHA256SUMS is brought up to date.
"""
import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import archs                                         # noqa: E402
from base import data, files, st                     # noqa: E402
from base.files import ExportError, read_checkpoint  # noqa: E402
from jsfm.networks import W_POWER                    # noqa: E402


def deploy(ck, **wishes):
    """(system, config, deploy tensors f32) of a checkpoint that is a system by itself."""
    arch = archs.of(ck['config'])
    return (arch, *arch.deploy([ck], **wishes))


def load_deploy(path):
    """(network in deploy form ready to run, config) from a checkpoint or from a weights file."""
    arch = archs.named(st.load(path)[1]['rvs.arch']) if str(path).endswith('.safetensors') else archs.of(read_checkpoint(path)['config'])
    return arch.load(path)


def trained(cks, calm):
    """How long, in words; {} where the checkpoints do not say."""
    if any('images' not in ck for ck in cks):
        return {}
    if len(cks) > 1:
        return {'rvs.trained': '; '.join(f'{ck["config"]["arch"]} {ck["images"]} images' for ck in cks)}
    return {'rvs.trained': f'{cks[0]["images"]} images, {cks[0]["step"]} steps' + (', calmed heads' if calm else '')}


def export(paths, folder, root=None, calm=False, **wishes):
    """Writes FOLDER/<id>.safetensors from a checkpoint, or from one each of a system's parts, and returns (its path, SHA-256)."""
    cks = [read_checkpoint(p) for p in (paths if isinstance(paths, (list, tuple)) else [paths])]
    arch = archs.of(cks[0]['config'])
    calm = calm and arch.name == 'jsfm'
    config, tensors = arch.deploy(cks, calm=calm, folder=folder, **wishes)
    return files.write(arch, config, tensors, folder, root, **trained(cks, calm))


def grouped(paths):
    """Checkpoints that make one file together: of a system with parts all that are given, else each by itself."""
    groups = {}
    for p in paths:
        arch = archs.of(read_checkpoint(p)['config'])
        groups.setdefault(arch.name if arch.parts else p, []).append(p)
    return groups.values()


def main(argv=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('checkpoint', nargs='+')
    p.add_argument('--out', default=str(files.ROOT / 'weights'), help='folder (default: weights/)')
    p.add_argument('--size', type=int, choices=(256, 512), help='cut the generator at this stage')
    p.add_argument('--w-power', type=int, choices=range(1, 9), help=f'of the fidelity knob (default: the checkpoint\'s, else {W_POWER})')
    p.add_argument('--calm', action='store_true', help='take the diagonal lattice out of the image heads at 256 and 512')
    p.add_argument('--data', default=str(data.default_root()), help='data folder, for the hash of the training list')
    a = p.parse_args(argv)
    try:
        for group in grouped(a.checkpoint):
            out, digest = export(group, a.out, a.data, a.calm, size=a.size, w_power=a.w_power)
            print(f'{out}  {os.path.getsize(out) / 1e6:.2f} MB  {digest}')
    except (ExportError, OSError) as e:
        sys.exit(f'export.py: {e}')


if __name__ == '__main__':
    main()
