# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the networks of the npm package nsfwjs: TensorFlow.js graphs and 8-bit weights inside minified JavaScript files.

model.min.js exports the graph and the weights' manifest as an object literal, the group1-shard*.min.js files each export one base64 string. No
JavaScript runs here: a literal of plain values differs from JSON by bare keys, !0 and !1, and numbers without a leading zero.
"""
import base64
import hashlib
import json
import re
from pathlib import Path

import numpy as np

from witness import identity

PACKAGE = 'nsfwjs@4.3.0'
SHA256 = {'inception_v3': 'bbb4e8c6de5ac378fd18986f4298deea8dd8d85c908b3713e0277748f1da1bce',       # of graph file and decoded weights together
          'mobilenet_v2_mid': 'af5d268d10806213e3753d8264987d0591a3b84f62a71d4e99f186979dfd8e9f'}
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|![01]|[A-Za-z_$][\w$]*|-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[{}\[\]:,]')
SHARD = re.compile(r'exports="([A-Za-z0-9+/=]*)"')


class PackageError(OSError):
    """The package is not there or not what was checked; the message says what to do."""


def fetch(folder, model):
    """Path of a model's folder, fetched with npm when it is not there."""
    inside = f'package/dist/models/{model}/'
    try:
        identity.npm_files(str(folder), PACKAGE, inside, 'model.min.js')
    except OSError as e:
        raise PackageError(f'{e}. Where npm cannot be reached, unpack the package by hand: "npm pack {PACKAGE}" elsewhere, then '
                           f'"tar xzf nsfwjs-4.3.0.tgz" in {folder}.') from None
    return Path(folder) / inside


def word(token):
    """One token of a JavaScript literal as JSON has it."""
    if token in ('!0', '!1'):
        return 'true' if token == '!0' else 'false'
    if token[0].isalpha() or token[0] in '_$':
        return token if token == 'null' else f'"{token}"'
    return re.sub(r'^(-?)\.', r'\g<1>0.', token)


def literal(text):
    """The object that a minified CommonJS file exports."""
    at, out, depth = text.index('exports={') + len('exports='), [], 0
    while True:
        m = TOKEN.match(text, at)
        if not m:
            raise ValueError(f'unexpected "{text[at:at + 20]}" at {at}')
        out.append(word(m[0]))
        depth += {'{': 1, '}': -1}.get(m[0], 0)
        at = m.end()
        if depth == 0:
            return json.loads(''.join(out))


def shards(folder):
    """The weights' bytes, of all shards in order (group1-shard2of6: fewer than ten)."""
    return b''.join(base64.b64decode(SHARD.search(f.read_text())[1]) for f in sorted(folder.glob('group1-shard*.min.js')))


def tensors(manifest, raw):
    """name -> float32 array in TensorFlow layout."""
    out, at = {}, 0
    for e in (w for group in manifest for w in group['weights']):
        q, n = e.get('quantization'), int(np.prod(e['shape']))
        kind = np.dtype(q['dtype'] if q else e['dtype']).newbyteorder('<')
        a = np.frombuffer(raw, kind, n, at).astype(np.float32)
        out[e['name']] = (a * np.float32(q['scale']) + np.float32(q['min']) if q else a).reshape(e['shape'])
        at += n * kind.itemsize
    if at != len(raw):
        raise ValueError(f'{len(raw)} bytes of weights, the manifest wants {at}')
    return out


def read(folder, model, sha256=None):
    """(graph, name -> array) of one of the package's models; fetched when missing, checked against what was read when this was written."""
    path = fetch(folder, model)
    try:
        text, raw = (path / 'model.min.js').read_text(), shards(path)
        found = literal(text)
        out = found['modelTopology'], tensors(found['weightsManifest'], raw)
    except (ValueError, KeyError, TypeError) as e:
        raise PackageError(f'{path}: cannot be read ({e}). Delete the folder to have it fetched again.') from None
    if hashlib.sha256(text.encode() + raw).hexdigest() != (sha256 or SHA256[model]):
        raise PackageError(f'{path}: not the files that were checked. Delete the folder to have it fetched again.')
    return out
