# SPDX-License-Identifier: GPL-3.0-or-later
"""C sources as shared libraries, compiled once per source and user."""
import ctypes
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from base import common

SHARED = ('-fPIC', '-shared')
FAST = ('-O3', '-march=native', *SHARED)


def library(name, source, flags, headers=()):
    """The library of one C file; `headers` are those whose change makes it another. A missing compiler or an error of its is a TrainError."""
    source, cc = Path(source), shutil.which('cc')
    if not cc:
        raise common.TrainError(f'{source.name} needs a C compiler named cc: install one (Debian: gcc)')
    key = hashlib.sha256(b''.join(Path(p).read_bytes() for p in (source, *headers)) + ' '.join(flags).encode()).hexdigest()[:16]
    path = Path(tempfile.gettempdir()) / f'rvs-{name}-{os.getuid()}-{key}.so'
    if not path.exists():
        compile_to(path, [cc, *flags, str(source), '-lm'])
    return ctypes.CDLL(str(path))


def optional(name, source, flags):
    """The same of what PyTorch or numpy can do as well: None where it cannot be compiled, or RVS_FUSED=0 does without."""
    try:
        return library(name, source, flags) if os.environ.get('RVS_FUSED') != '0' else None
    except common.TrainError:
        return None


def compile_to(path, command):
    """Under a name of its own first: two trainers may compile at once."""
    tmp = path.with_suffix(f'.{os.getpid()}')
    r = subprocess.run([*command, '-o', str(tmp)], capture_output=True, text=True)
    if r.returncode:
        raise common.TrainError(f'{path.name}: cannot be compiled: {r.stderr.strip()}')
    os.replace(tmp, path)
