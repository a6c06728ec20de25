# SPDX-License-Identifier: GPL-3.0-or-later
"""Several processes, one core each, training one network (train.py --workers N): every one takes its own part of the batch, gradients are averaged.

Two threads in one process give a fraction of that: most layers are too thin to be shared. With one worker nothing here costs time. The first
worker alone decides, logs, validates and saves.
"""
import os
import signal
import socket
import subprocess
import sys

import torch
from torch import distributed

rank, size = 0, 1


def start(count):
    """Runs this command line in `count` processes that join() each other; the exit status. One that fails stops the others."""
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        port = s.getsockname()[1]
    env = dict(os.environ, WORLD_SIZE=str(count), MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port))
    started = [subprocess.Popen([sys.executable] + sys.argv, env=dict(env, RANK=str(i))) for i in range(count)]
    for s in (signal.SIGTERM, signal.SIGINT):
        signal.signal(s, lambda *_: started[0].terminate())     # the first worker tells the others
    return [p.wait() for p in started][0]


def join():
    """Meets the other workers that start() has started, and keeps to a core of its own."""
    global rank, size
    if 'WORLD_SIZE' not in os.environ:
        return
    distributed.init_process_group('gloo')
    rank, size = distributed.get_rank(), distributed.get_world_size()
    cores = sorted(os.sched_getaffinity(0))
    if size <= len(cores):
        os.sched_setaffinity(0, {cores[rank]})


def first():
    return rank == 0


def mean_gradients(params):
    """Every parameter's gradient becomes the mean over the workers; a missing one counts as zero."""
    if size == 1:
        return
    for p in params:
        if p.grad is None:
            p.grad = torch.zeros_like(p)
    flat = torch.cat([p.grad.reshape(-1) for p in params])
    distributed.all_reduce(flat)
    for p, mean in zip(params, (flat / size).split([p.numel() for p in params])):
        p.grad.copy_(mean.view(p.shape))


def total(value):
    """Sum over the workers of one number."""
    if size == 1:
        return value
    t = torch.tensor([float(value)], dtype=torch.float64)
    distributed.all_reduce(t)
    return float(t)


def as_first(*values):
    """The first worker's numbers, for what has to be the same everywhere (time is not)."""
    if size == 1:
        return values
    t = torch.tensor([float(v) for v in values], dtype=torch.float64)
    distributed.broadcast(t, 0)
    return t.tolist()
