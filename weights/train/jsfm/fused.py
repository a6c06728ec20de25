# SPDX-License-Identifier: GPL-3.0-or-later
"""The generator's modulation + leaky ReLU as one autograd step (fused.c), where the CPU has AVX-512 bf16.

`modulate` returns None where the fast path does not apply; networks.py then does the same in PyTorch.
"""
import ctypes
from functools import lru_cache
from pathlib import Path

import torch

from base import compiled

SLOPE, EPS = 0.2, 1e-5


def _has_bf16():
    try:
        return 'avx512_bf16' in Path('/proc/cpuinfo').read_text()
    except OSError:
        return False


@lru_cache(maxsize=None)
def library():
    """None where it cannot be compiled, the processor has not what it needs, or it is switched off."""
    lib = compiled.optional('fused', Path(__file__).with_name('fused.c'), compiled.FAST) if _has_bf16() else None
    if lib:
        p, n, i, f = ctypes.c_void_p, ctypes.c_long, ctypes.c_int, ctypes.c_float
        lib.rvs_forward.argtypes = [p, p, p, p, n, p, p, n, n, i, f, f]
        lib.rvs_backward.argtypes = [p, p, p, p, p, n, p, p, p, p, n, n, i, f]
    return lib


def _ready(t):
    return t.to(torch.bfloat16).contiguous(memory_format=torch.channels_last)


def _at(t):
    return None if t is None else t.data_ptr()


class _Modulate(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, d, s, w):
        b, c, h, wd = x.shape
        x, s = _ready(x), _ready(s)
        d = None if d is None else _ready(d)
        w = None if d is None else w.float().contiguous()
        out, stats = torch.empty_like(x), torch.empty(b, 2, c)
        ctx.step = 0 if w is None or w.numel() == b else 1
        if library().rvs_forward(_at(x), _at(d), _at(s), _at(w), ctx.step, _at(out), _at(stats), b, h * wd, c, EPS, SLOPE):
            raise MemoryError('fused modulation')
        ctx.save_for_backward(x, d, s, w, stats)
        return out

    @staticmethod
    def backward(ctx, g):
        x, d, s, w, stats = ctx.saved_tensors
        b, c, h, wd = x.shape
        g, dx, ds = _ready(g), torch.empty_like(x), torch.empty_like(s)
        dd = None if d is None else torch.empty_like(d)
        if library().rvs_backward(_at(g), _at(x), _at(d), _at(s), _at(w), ctx.step, _at(stats), _at(dx), _at(dd), _at(ds),
                                  b, h * wd, c, SLOPE):
            raise MemoryError('fused modulation')
        return dx, dd, ds, None


def usable(x):
    return x.device.type == 'cpu' and torch.is_autocast_cpu_enabled() and x.shape[1] % 16 == 0 and bool(library())


def modulate(x, d, s, w):
    """lrelu of the modulated IN(x). s = cat(gs, bs), d = cat(gd, bd) or None; w [B,1,1,1] or [B,1,H,W]."""
    b = x.shape[0]
    if w is not None and w.shape[-1] == 1:
        w = w.expand(b, 1, 1, 1)
    elif w is not None:
        w = w.expand(b, 1, *x.shape[2:])
    return _Modulate.apply(x, d, s, w)
