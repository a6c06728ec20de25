# SPDX-License-Identifier: GPL-3.0-or-later
"""What every phase shares: atomic checkpoints, EMA, clock, CSV log, curve and sample sheets."""
import copy
import ctypes
import csv
import functools
import math
import os
import signal
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image


class TrainError(Exception):
    """A message for the user; no traceback is wanted."""


def save_atomic(obj, path):
    """The old file stays whole until the new one is complete on disk."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    tmp = Path(f'{path}.{os.getpid()}.part')
    try:
        with open(tmp, 'wb') as f:
            torch.save(obj, f)
            f.flush()
            os.fsync(f.fileno())
        os.replace(tmp, path)
    except (OSError, RuntimeError) as e:
        tmp.unlink(missing_ok=True)
        raise TrainError(f'{path}: cannot save ({e}). The checkpoint before it is intact. Is the disk full?') from e


def load_checkpoint(path):
    try:
        return torch.load(path, map_location='cpu')
    except Exception as e:
        raise TrainError(f'{path}: not a readable checkpoint ({e}).') from e


def own_parser(state):
    """The parser trained in this state folder where there is one, else the shipped file."""
    path = Path(state) / 'ckpt' / 'parser' / 'best.pt'
    return str(path if path.exists() else Path(__file__).resolve().parents[2] / 'parse-face-256.safetensors')


def load_into(net, state, what):
    """load_state_dict with a message that says which width differs."""
    own = net.state_dict()
    for k in own:
        if k not in state or tuple(state[k].shape) != tuple(own[k].shape):
            have = tuple(state[k].shape) if k in state else 'missing'
            raise TrainError(f'{what}: tensor {k} is {have}, this network needs {tuple(own[k].shape)}: a checkpoint of '
                             'another width. Train into another --state folder or give the same widths.')
    net.load_state_dict(state)


class Ema:
    """Exponential moving average of parameters; buffers (batch-norm statistics) are copied."""

    def __init__(self, net, decay):
        self.net, self.decay = copy.deepcopy(net).eval(), decay
        for p in self.net.parameters():
            p.requires_grad_(False)

    @torch.no_grad()
    def update(self, net, step):
        d = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_mul_(list(self.net.parameters()), d)
        torch._foreach_add_(list(self.net.parameters()), list(net.parameters()), alpha=1 - d)
        for a, b in zip(self.net.buffers(), net.buffers()):
            a.copy_(b)


class Clock:
    """Stops after --minutes or on SIGTERM / SIGINT, at a step's end."""

    def __init__(self, minutes):
        self.start, self.limit, self.stop = time.time(), minutes * 60 if minutes else math.inf, False
        for s in (signal.SIGTERM, signal.SIGINT):
            signal.signal(s, self._on)

    def _on(self, *_):
        self.stop = True

    def part(self):
        """Share of the time that is gone (0 without a limit)."""
        return (time.time() - self.start) / self.limit

    def done(self):
        return self.stop or time.time() - self.start > self.limit


class Log:
    """CSV log plus a progress line. Averages what it is given between lines."""

    def __init__(self, path, every):
        self.path, self.every, self.sums, self.n, self.t = Path(path), every, {}, 0, time.time()
        self.path.parent.mkdir(parents=True, exist_ok=True)

    def add(self, step, images, **values):
        for k, v in values.items():
            self.sums[k] = self.sums.get(k, 0.0) + float(v)
        self.n += 1
        if step % self.every == 0:
            mean = {k: v / self.n for k, v in self.sums.items()}
            speed = self.n * images / max(time.time() - self.t, 1e-6)
            self.line(step, img_s=speed, **mean)
            self.sums, self.n, self.t = {}, 0, time.time()

    def line(self, step, **values):
        print(f'{time.strftime("%H:%M:%S")} step {step}  ' + '  '.join(f'{k} {v:.4g}' for k, v in values.items()), flush=True)
        with open(self.path, 'a', newline='') as f:
            w = csv.writer(f)
            for k, v in values.items():
                w.writerow([int(time.time()), step, k, f'{v:.6g}'])


def curves(log, png):
    """Every logged value over steps, one small plot each."""
    import matplotlib
    matplotlib.use('Agg')
    import matplotlib.pyplot as plt
    series = {}
    with open(log, newline='') as f:
        for _, step, key, v in csv.reader(f):
            series.setdefault(key, []).append((int(step), float(v)))
    n = len(series)
    fig, ax = plt.subplots((n + 3) // 4, 4, figsize=(16, 2.6 * ((n + 3) // 4)), squeeze=False)
    for a, (k, v) in zip(ax.flat, sorted(series.items())):
        a.plot(*np.array(v).T, lw=1)
        a.set_title(k, fontsize=8)
    fig.tight_layout()
    fig.savefig(png, dpi=70)
    plt.close(fig)


def sheet(rows, png, size=256):
    """Rows of uint8 images -> one PNG."""
    def tile(x):
        return np.asarray(Image.fromarray(x).resize((size, size), Image.BICUBIC if x.shape[0] < size else Image.BOX))
    Image.fromarray(np.concatenate([np.concatenate([tile(x) for x in r], 1) for r in rows], 0)).save(png)


def rng_state():
    return dict(torch=torch.get_rng_state(), numpy=np.random.get_state())


def set_rng(s):
    torch.set_rng_state(s['torch'])
    np.random.set_state(s['numpy'])


def keep_memory():
    """Tell glibc to reuse big blocks: fresh pages for every activation cost a tenth of the time on a CPU."""
    try:
        libc = ctypes.CDLL(None)
        libc.mallopt(-4, 0)                        # M_MMAP_MAX
        libc.mallopt(-1, (1 << 31) - 1)            # M_TRIM_THRESHOLD
    except (OSError, AttributeError):
        pass


def setup(args, phase):
    """Threads, folders and device. Returns (checkpoint folder, shard folder, device)."""
    torch.set_num_threads(args.threads)
    keep_memory()
    state = Path(args.state)
    folder = state / 'ckpt' / phase
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise TrainError(f'{folder}: cannot create ({e}). --state names another folder.') from e
    return folder, state / 'shards', torch.device('cuda' if torch.cuda.is_available() and not args.cpu else 'cpu')


def cosine(step, total, warm=50, floor=0.05, part=0.0):
    """Learning-rate factor; `part` (of the time) counts where it is ahead of the steps."""
    if step < warm:
        return (step + 1) / warm
    x = min(1.0, max((step - warm) / max(1, total - warm), part))
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * x))


@functools.lru_cache(None)
def quick_in_halves(kind):
    """Whether bf16 is the quicker one here: not on every processor that has it (Xeon with AVX512-BF16, PyTorch 1.13: a third slower than f32)."""
    if kind != 'cpu':
        return True
    def cost(dtype):
        x, k = torch.zeros(4, 48, 64, 64, dtype=dtype).to(memory_format=torch.channels_last), torch.zeros(48, 48, 3, 3, dtype=dtype)
        def once():
            t = time.process_time()
            torch.nn.functional.conv2d(x, k, padding=1)
            return time.process_time() - t
        return min(once() for _ in range(6))
    return cost(torch.bfloat16) < cost(torch.float32)


def autocast(device, on=True):
    """bf16 where that is quicker."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=on and quick_in_halves(device.type))
