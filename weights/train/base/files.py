# SPDX-License-Identifier: GPL-3.0-or-later
"""Weights files as docs/weights-format.md has them: reading a checkpoint, metadata, hashes, writing."""
import csv
import hashlib
import subprocess
from pathlib import Path

import torch

from base import data, st

ROOT = Path(__file__).resolve().parents[3]


class ExportError(Exception):
    """A message for the user; no traceback is wanted."""


def read_checkpoint(path):
    try:
        ck = torch.load(path, map_location='cpu')
    except Exception as e:
        raise ExportError(f'{path}: not a readable checkpoint ({e})') from e
    if not isinstance(ck, dict) or 'config' not in ck or 'ema' not in ck:
        raise ExportError(f'{path}: no "config" and "ema" in it: not a checkpoint of this training program')
    return ck


# ------------------------------------------------------------------ hashes
def graph_hash(keys, tensors):
    text = ''.join(f'{k}={keys[k]}\n' for k in sorted(keys)) + ''.join(f'{k} {list(tensors[k].shape)}\n' for k in sorted(tensors))
    return hashlib.sha256(text.encode()).hexdigest()


def faces(root):
    with open(root / 'faces' / 'faces.csv', newline='') as f:
        return [f'{r["file"]} {r["source"]}' for r in csv.DictReader(f) if r['split'] == 'train']


def masks(root):
    return [p.name for p in sorted((root / 'parsing' / 'images').glob('*.jpg'))][data.HOLD_OUT:]


def scenes(root):
    return (root / 'scenes' / 'scenes.csv').read_text().splitlines()


LISTS = dict(faces=faces, masks=masks, scenes=scenes)


def data_hash(lists, root):
    """Of the training lists: the train rows of faces.csv, the parsing pairs not held out, the scenes. 'unknown' without the data."""
    try:
        lines = [line for name in lists for line in LISTS[name](Path(root))]
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
    """arch: the system's Arch."""
    keys = arch.keys(config)
    return {'rvs.format': '1', 'rvs.id': arch.file.format(size=config.get('size')), 'rvs.arch': arch.name,
            'rvs.contract': f'{arch.name}_srgb_pm1_v1', 'rvs.licence': arch.licence, 'rvs.source': arch.source,
            'rvs.graph': graph_hash(keys, tensors), 'rvs.data': data_hash(arch.lists, root or data.default_root()),
            'rvs.git': source_version(), **keys, **more}


def update_sums(folder):
    """SHA256SUMS of every weights file in the folder, in sha256sum's own form."""
    files = sorted(p.name for p in Path(folder).glob('*.safetensors'))
    st.replace_file(str(Path(folder) / 'SHA256SUMS'), [''.join(f'{st.sha256(Path(folder) / n)}  {n}\n' for n in files).encode()])


def write(arch, config, tensors, folder, root=None, **more):
    """Writes FOLDER/<id>.safetensors and returns (its path, SHA-256)."""
    tensors = halves(tensors)
    meta = metadata(arch, config, tensors, root, **more)
    Path(folder).mkdir(parents=True, exist_ok=True)
    out = Path(folder) / f'{meta["rvs.id"]}.safetensors'
    digest = st.save(str(out), tensors, meta)
    update_sums(folder)
    return out, digest
