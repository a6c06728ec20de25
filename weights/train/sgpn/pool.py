# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples with everything that frozen networks make of them, computed once and used several times.

The parser's passes (the bad photo's prior, the clean photo's mesh) and the degrading cost more than a step of the decoder. Which samples serve a
step depends on the seed and the step's number only: a round is SIZE samples in `uses` different orders.
"""
import numpy as np
import torch

from base import data
from sgpn import prior

SIZE = {128: 2048, 256: 1024, 512: 256}         # samples of a round: about half a gigabyte


class Pool:
    """`batch(count, n)`: n samples from number count on, as lq and hq [n,3,res,res], coefficients, confidence, render and the clean photo's mesh."""

    def __init__(self, pairs, own, res, uses, seed):
        self.pairs, self.prior, self.res, self.uses, self.seed = pairs, own, res, uses, seed
        self.size, self.round, self.kept = SIZE[res], -1, {}

    def number(self, count):
        """The sample of a place in the sequence; a new round forgets the last one's."""
        number, at = divmod(count, self.size * self.uses)
        if number != self.round:
            self.round, self.kept, self.orders = number, {}, {}
        use, i = divmod(at, self.size)
        if use not in self.orders:
            self.orders[use] = np.random.default_rng([self.seed, 12, number, use]).permutation(self.size)
        return number * self.size + int(self.orders[use][i])

    def make(self, numbers):
        """Computes what is not there yet. Pictures are kept in bytes, renders in half precision."""
        lq, hq = (data.tensor(v).to(self.prior.reader.device) for v in zip(*(self.pairs[i] for i in numbers)))
        k, c, render = self.prior(lq)
        want = self.prior.mesh(hq)
        small = [((prior.sized(x, self.res) + 1) * 127.5).round().to(torch.uint8) for x in (lq, hq)]
        for i, row in zip(numbers, zip(*small, k, c, render.half(), want)):
            self.kept[i] = [x.clone() for x in row]

    def batch(self, count, n):
        numbers = [self.number(count + i) for i in range(n)]
        missing = sorted({i for i in numbers if i not in self.kept})
        if missing:
            self.make(missing)
        lq, hq, k, c, render, want = (torch.stack(v) for v in zip(*(self.kept[i] for i in numbers)))
        flat = lambda x: x.contiguous(memory_format=torch.channels_last)
        return flat(lq.float() / 127.5 - 1), flat(hq.float() / 127.5 - 1), k, c, flat(render.float()), want
