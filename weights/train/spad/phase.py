# SPDX-License-Identifier: GPL-3.0-or-later
"""Phase `spad`: face super-resolution. First the trunk (--habs 0,0,0), then blocks with dynamic kernels, zero at first, so that nothing is lost.

--warm FILE starts from another network's tensors: a trunk, or a checkpoint of this phase with fewer such blocks.
--likeness K and --teachers K are end phases on whole 512 crops, since a face descriptor and judges of pictures want the face: the person (npm
`@vladmandic/face-api` in STATE/face-api), and perceptual loss and adversary (npm `nsfwjs` in STATE/nsfwjs).
"""
import argparse
from pathlib import Path

import numpy as np
import torch

import percept
from base import common, data, losses, trainer
from jsfm import likeness
from spad import measure, networks, prior, samples

PIXELS, MEASURE = 10.0, 0.1             # weights of L1 and of the mean log error, which is PSNR as it is reported
SEEN, ADVERSARY = 2.5, .2               # at --teachers 1


def numbers(text):
    try:
        return [int(v) for v in text.split(',')]
    except ValueError:
        raise common.TrainError(f'"{text}": one number a level, as 2,1,0') from None


def options(args, rest):
    p = argparse.ArgumentParser(prog='train.py spad')
    p.add_argument('--warm', default='', help='tensors to start from: ../shared/warm/spad-trunk.pt, or a checkpoint of this phase')
    p.add_argument('--widths', type=numbers, default=networks.CONFIG['widths'])
    p.add_argument('--blocks', type=numbers, default=networks.CONFIG['blocks'])
    p.add_argument('--habs', type=numbers, default=networks.CONFIG['habs'], help='blocks with dynamic kernels a level')
    p.add_argument('--without', default='', choices=('', 'lsac', 'gsac', 'habs', 'prior'), help='leave a part out: for ablations')
    p.add_argument('--parser', default='', help='parser checkpoint or weights file (default: STATE/ckpt/parser/best.pt, else the shipped one)')
    p.add_argument('--likeness', type=float, default=0, help='weight of the likeness losses (end phase)')
    p.add_argument('--teachers', type=float, default=0, help='weight of perceptual and adversarial terms (end phase)')
    p.add_argument('--severe', type=float, default=0, help='share of samples of the synthesiser\'s severe level')
    p.add_argument('--valid', type=int, default=16, help='evaluation faces used for the logged figures')
    args = p.parse_args(rest, args)
    args.parser = args.parser or common.own_parser(args.state)
    args.whole = bool(args.likeness or args.teachers)
    return args


class Trainer(trainer.Trainer):
    name, rate = 'spad', 5e-4

    def build(self):
        a = self.args
        config = dict(networks.CONFIG, widths=a.widths, blocks=a.blocks, habs=a.habs)
        net = networks.build(config)
        if a.warm:
            self.start(net, a.warm)
        networks.without(net, a.without)
        return config, net

    def start(self, net, path):
        ck = common.load_checkpoint(path)
        tensors = ck.get('ema', ck.get('net', ck))
        own, strange = networks.grown(tensors, net)
        if strange:
            raise common.TrainError(f'{path}: {len(strange)} of its tensors have no place in this network: give its --widths and --blocks')
        net.load_state_dict(own)
        print(f'starts from {path}: {len(tensors)} of {len(own)} tensors')

    def prepare(self):
        a, wanted = self.args, any(self.args.habs) and self.args.without != 'prior'
        parser = prior.Parser(a.parser, self.device) if wanted else None
        self.samples = samples.Samples(a, self.shards, parser)
        self.valid = measure.Validation(data.pack_faces(a.data, self.shards, 'eval', 512), a.valid, parser)
        self.likeness = likeness.load(Path(a.state) / 'face-api', self.device) if a.likeness else None
        clean = lambda: data.tensor([self.samples[i][1] for i in range(32)])
        self.teachers = percept.end_phase(self, SEEN, ADVERSARY, percept.views(samples.WHOLE), clean)

    def batch(self, count, n):
        return [v if v is None else v.to(self.device) for v in samples.batch(self.samples, count, n)]

    def loss(self, b):
        lq, hq, maps, pooled = b
        with common.autocast(self.device):
            y = self.net(lq, maps, pooled)
        one = torch.ones(len(lq), device=self.device)
        return dict(l1=PIXELS * losses.charbonnier(y, hq, one), log=MEASURE * losses.log_mse(y, hq).mean(), **self.judged(y, hq))

    def judged(self, y, hq):
        """What looks at whole faces says."""
        rng, zero, parts = np.random.default_rng([self.args.seed, 11, self.step]), torch.zeros(len(y), device=self.device), {}
        if self.likeness:
            parts.update({k: self.args.likeness * v for k, v in self.likeness.losses(y, hq, zero, rng).items()})
        if self.teachers:
            parts.update(self.teachers.losses(y, hq, rng))
        return parts

    def check(self, net, png):
        return self.valid(net, png)

    def score(self, res):
        """Distance favours blur: of what is judged otherwise the latest is the best."""
        return self.step if self.args.whole else res['x8_gain'] + res['x4_gain']


def run(args):
    Trainer(args).run()
