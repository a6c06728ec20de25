# SPDX-License-Identifier: GPL-3.0-or-later
"""Safetensors files without the package: write (atomically), read, and check what the engine checks first.

Tensors are torch tensors; BF16 has no numpy type, so torch is the carrier. Layout of a file: u64 little-endian header
length, JSON header, data. Ours are written largest element type first and padded to 8 bytes, so that every tensor
is aligned when the file is mapped.
"""
import hashlib
import json
import os
import struct

import numpy as np
import torch

NUMPY = {'F64': '<f8', 'F32': '<f4', 'F16': '<f2', 'I64': '<i8', 'I32': '<i4', 'U8': 'u1'}
NAMES = {torch.float64: 'F64', torch.float32: 'F32', torch.float16: 'F16', torch.bfloat16: 'BF16',
         torch.int64: 'I64', torch.int32: 'I32', torch.uint8: 'U8'}
SIZES = {'F64': 8, 'I64': 8, 'F32': 4, 'I32': 4, 'F16': 2, 'BF16': 2, 'U8': 1}
MAX_HEADER = 16 << 20


def raw(t):
    """Little-endian bytes of a tensor."""
    t = t.detach().cpu().contiguous()
    if t.dtype == torch.bfloat16:
        return t.view(torch.int16).numpy().astype('<i2').tobytes()
    return t.numpy().astype(NUMPY[NAMES[t.dtype]]).tobytes()


def replace_file(path, chunks):
    """Write chunks beside `path`, fsync, rename: an interrupted write leaves the old file intact."""
    tmp = f'{path}.tmp{os.getpid()}'
    try:
        with open(tmp, 'wb') as f:
            for c in chunks:
                f.write(c)
            f.flush()
            os.fsync(f.fileno())
        os.replace(tmp, path)
    finally:
        if os.path.exists(tmp):
            os.unlink(tmp)


def save(path, tensors, meta=None):
    """tensors: name -> tensor; meta: string -> string. Returns the file's SHA-256."""
    for k, v in (meta or {}).items():
        if not (isinstance(k, str) and isinstance(v, str)):
            raise TypeError(f'metadata {k!r} must be text, got {type(v).__name__}')
    order = sorted(tensors, key=lambda k: (-SIZES[NAMES[tensors[k].dtype]], k))
    header, data, at = {'__metadata__': dict(meta)} if meta else {}, [], 0
    for k in order:
        b = raw(tensors[k])
        header[k] = {'dtype': NAMES[tensors[k].dtype], 'shape': list(tensors[k].shape), 'data_offsets': [at, at + len(b)]}
        data.append(b)
        at += len(b)
    head = json.dumps(header, separators=(',', ':'), ensure_ascii=False).encode()
    head += b' ' * (-len(head) % 8)
    chunks = [struct.pack('<Q', len(head)), head] + data
    replace_file(path, chunks)
    h = hashlib.sha256()
    for c in chunks:
        h.update(c)
    return h.hexdigest()


def scan(buf):
    """Header of a file's bytes, checked: (metadata, {name: (dtype, shape, begin, end)}, offset of the data)."""
    if len(buf) < 8:
        raise ValueError('shorter than 8 bytes')
    n = struct.unpack_from('<Q', buf)[0]
    if n > MAX_HEADER or n > len(buf) - 8 or buf[8:9] != b'{':
        raise ValueError('impossible header')
    def pairs(items):
        if len({k for k, _ in items}) != len(items):
            raise ValueError('duplicate key')
        return dict(items)
    header = json.loads(bytes(buf[8:8 + n]).decode('utf-8'), object_pairs_hook=pairs)
    meta, table, at = header.pop('__metadata__', {}), {}, 0
    for k, e in sorted(header.items(), key=lambda i: i[1]['data_offsets']):
        b, end = e['data_offsets']
        size = SIZES[e['dtype']] * int(np.prod(e['shape'], dtype=object))
        if set(e) != {'dtype', 'shape', 'data_offsets'} or b != at or end - b != size:
            raise ValueError(f'{k}: offsets do not match its shape, or leave a gap')
        table[k], at = (e['dtype'], e['shape'], b, end), end
    if at != len(buf) - 8 - n:
        raise ValueError('data longer or shorter than the header says')
    return meta, table, 8 + n


def load(path):
    """(tensors, metadata) of a safetensors file."""
    with open(path, 'rb') as f:
        buf = f.read()
    try:
        meta, table, base = scan(buf)
    except (ValueError, KeyError, TypeError) as e:
        raise ValueError(f'{path}: not a safetensors file: {e}') from None
    out = {}
    for k, (dtype, shape, b, e) in table.items():
        part = buf[base + b:base + e]
        if dtype == 'BF16':
            t = torch.from_numpy(np.frombuffer(part, '<i2').astype(np.int16)).view(torch.bfloat16)
        else:
            t = torch.from_numpy(np.frombuffer(part, NUMPY[dtype]).astype(NUMPY[dtype][-2:]))
        out[k] = t.reshape(shape)
    return out, meta


def sha256(path):
    h = hashlib.sha256()
    with open(path, 'rb') as f:
        for c in iter(lambda: f.read(1 << 20), b''):
            h.update(c)
    return h.hexdigest()
