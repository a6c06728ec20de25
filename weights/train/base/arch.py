# SPDX-License-Identifier: GPL-3.0-or-later
"""What export, warm start and tools must know of a system: one object each, made in its package's arch.py and listed in ../archs.py."""
import torch

from base import files, st

OURS = 'GPL-3.0-or-later. '
FACES = ('faces of terms MIT (SFHQ, SFHQ-T2I, officials\' portraits), GPL-3.0 (fakefaces), CC BY-SA 2.0 (gecid) and '
         '"none stated" (three sets of machine-generated faces that show no real person)')
MASKS = 'CelebAMask-HQ, whose terms are "non-commercial research purposes only"'
SCENES = 'photos with faces (MIT; "none stated (named Unsplash)")'


def join(v):
    return ','.join(str(x) for x in v)


def pairs(d):
    return ','.join(f'{k}:{d[k]}' for k in sorted(d))


def ints(text):
    return [int(v) for v in text.split(',')]


class Arch:
    name = ''               # rvs.arch
    file = ''               # id of its weights file; {size}: of its config
    licence = source = ''   # as the file says them
    lists = ()              # what it is trained on, of files.LISTS: hashed into the file
    parts = ()              # archs of its checkpoints where several make one file

    def keys(self, config):
        """The metadata that describe the graph."""
        raise NotImplementedError

    def config(self, meta):
        """The other way: a config from a file's metadata."""
        raise NotImplementedError

    def build(self, config):
        """The network in training form."""
        raise NotImplementedError

    def module(self, config):
        """The network in deploy form: its state_dict holds the tensors of a weights file."""
        raise NotImplementedError

    def deploy(self, checkpoints, **wishes):
        """(config, deploy tensors f32) of a checkpoint, or of one each of the parts. wishes: export.py's options."""
        (ck,) = checkpoints
        net = self.build(ck['config'])
        fit(net, ck['ema'])
        return ck['config'], net.eval().fold().state_dict()

    def warm(self, tensors, config, args):
        """(training network that computes what the file's tensors compute, what else its checkpoint holds). args: warm.py's."""
        raise files.ExportError(f'{self.name}: nothing is known of how to go on from a weights file')

    def phases(self, tensors, config, args):
        """[(phase, its config, training network, what else)] of a file's tensors: a checkpoint each."""
        return [(self.name, config, *self.warm(tensors, config, args))]

    def has(self, config):
        """Whether a checkpoint's config is of this system."""
        return config.get('arch') == self.name or config.get('arch') in self.parts

    def load(self, path):
        """(network in deploy form ready to run, config) from a checkpoint or from a weights file."""
        if str(path).endswith('.safetensors'):
            tensors, meta = st.load(path)
            config = self.config(meta)
        else:
            config, tensors = self.deploy([files.read_checkpoint(path)])
        net = self.module(config)
        net.load_state_dict({k: v.float() for k, v in tensors.items()})
        return net.eval().requires_grad_(False), config


def fresh(args, **more):
    """What a checkpoint to go on from holds besides its network, for a phase of base/trainer.py. args: warm.py's."""
    return dict(more, step=0, images=args.images, best=float('-inf'))


def fit(net, tensors):
    """load_state_dict of the network's own tensors, with a message that names what is missing."""
    own = net.state_dict()
    missing = [k for k in own if k not in tensors or tensors[k].shape != own[k].shape]
    if missing:
        raise files.ExportError(f'checkpoint lacks {len(missing)} tensors of its own config, the first is {missing[0]}')
    net.load_state_dict({k: tensors[k] for k in own})


def identity_norms(net, tensors, triples):
    """Folded convolutions as (convolution, batch norm) that does nothing but add the bias. triples: (file name, conv, norm)."""
    own = net.state_dict()
    for k in own:
        if k in tensors:
            own[k] = tensors[k]
    for name, conv, norm in triples:
        own[f'{conv}.weight'] = tensors[f'{name}.weight']
        own[f'{norm}.weight'] = torch.ones_like(own[f'{norm}.weight'])
        own[f'{norm}.bias'] = tensors[f'{name}.bias']
        own[f'{norm}.running_mean'] = torch.zeros_like(own[f'{norm}.running_mean'])
        own[f'{norm}.running_var'] = torch.ones_like(own[f'{norm}.running_var']) - 1e-5
    net.load_state_dict(own)


@torch.no_grad()
def calibrate(net, images):
    """Gives every batch norm the statistics of its input and the scale and bias that leave its output as it is."""
    net.eval()
    seen, hooks = {}, []
    for m in net.modules():
        if isinstance(m, torch.nn.BatchNorm2d):
            hooks.append(m.register_forward_pre_hook(lambda m, x: seen.setdefault(m, []).append(
                (x[0].mean((0, 2, 3)), (x[0] ** 2).mean((0, 2, 3))))))
    for i in range(0, len(images), 8):
        net(images[i:i + 8])
    for h in hooks:
        h.remove()
    for m, rows in seen.items():
        mean = torch.stack([r[0] for r in rows]).mean(0)
        var = torch.stack([r[1] for r in rows]).mean(0) - mean * mean
        m.running_mean.copy_(mean), m.running_var.copy_(var.clamp_min(1e-6))
        m.weight.copy_(torch.sqrt(m.running_var + m.eps)), m.bias.add_(mean)
