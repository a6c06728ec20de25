# SPDX-License-Identifier: GPL-3.0-or-later
"""The detector as a system: its weights file, and back. Its config is the file's own keys."""
from base import arch, common, files
from detector import data, networks


class Detector(arch.Arch):
    name, file = 'detector', 'detect-face'
    licence = f'{arch.OURS}Trained on {arch.FACES}, {arch.SCENES} and wallpapers of Debian packages.'
    source = 'Revisage, trained by weights/train/train.py detector'
    lists = ('faces', 'scenes')

    def has(self, config):
        return any(k.startswith('detector.') for k in config)

    def keys(self, config):
        return {k: str(v) for k, v in config.items()}

    def config(self, meta):
        return {k: v for k, v in meta.items() if k.startswith('detector.')}

    def build(self, config):
        return networks.Detector(config)

    def module(self, config):
        raise files.ExportError('a detector has no deploy module; run it through the engine')

    def deploy(self, checkpoints, **_):
        (ck,) = checkpoints
        return dict(ck['config']), networks.deploy(ck['ema'], ck['config'])

    def warm(self, tensors, config, args):
        net = self.build(config)
        arch.identity_norms(net, tensors, [(n, f'{n}.conv', f'{n}.bn') for n, m in net.named_modules() if isinstance(m, networks.ConvBN)])
        folder = f'{args.state}/detpack'
        data.pack_once(args.data, data.BACKGROUNDS, folder, common.own_parser(args.state))
        arch.calibrate(net, data.pictures(folder, 320, CALIBRATION))
        return net, dict(step=0, seconds=0.0)


CALIBRATION = 64            # pictures
ARCH = Detector()
