# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape prior of a bad photo as the decoder gets it: coefficients, confidence, and the mesh rendered in the photo's light; and losses between meshes."""
import numpy as np
import torch
from torch.nn import functional as F

from base import common, files, st
from sgpn import features, head, mesh, networks, raster
from sgpn.arch import ARCH, PARSER, SHAPE


def sized(x, side):
    """A picture at another side: box mean downwards, bilinear upwards."""
    while x.shape[-1] > side:
        x = F.avg_pool2d(x, 2)
    return x if x.shape[-1] == side else F.interpolate(x, size=(side, side), mode='bilinear', align_corners=False)


class Prior:
    """(coefficients [B,K], confidence [B], render [B,6,128,128]) of bad crops [B,3,S,S]; all frozen."""

    def __init__(self, path, parser, root, device, mean_mesh=False):
        self.net, config = SHAPE.load(path)
        self.key, self.reader = head.key(self.net.state_dict()), features.Reader(parser, device)
        self.net.to(device)
        if not self.goes_with(path, config, parser):
            raise common.TrainError(f'{path}: a shape head on another parser\'s features than {parser}\'s: train it anew (train.py shape --fresh)')
        self.triangles, self.marks = self.net.triangles.cpu().numpy(), mesh.Tables(root).marks.tolist()
        self.mean_mesh = mean_mesh              # ablation: the mean mesh for every face

    def goes_with(self, path, config, parser):
        """Whether the head was trained on this parser's features: a weights file says so of another file, a checkpoint of the tensors."""
        if str(path).endswith('.safetensors'):
            return config['base'] == st.sha256(parser)
        return common.load_checkpoint(path).get('parser') == self.reader.key

    @torch.no_grad()
    def __call__(self, lq):
        c, error = self.seen(lq)
        if self.mean_mesh:
            c = torch.zeros_like(c)
        return c, head.trust(error), self.render(lq, c)

    def seen(self, photo):
        """What the head sees in a photo: (coefficients [B,K], their expected error)."""
        return self.net(self.reader(sized(photo, self.reader.size)))

    @torch.no_grad()
    def render(self, lq, c):
        """The mesh of these coefficients, drawn in the photo's light."""
        points, photos = self.net.mesh(c).cpu().numpy(), sized(lq, networks.RENDER).float().cpu().numpy()
        render = np.stack([raster.render(p, self.triangles, x)[0] for p, x in zip(points, photos)])
        return torch.from_numpy(render).to(lq.device).contiguous(memory_format=torch.channels_last)

    @torch.no_grad()
    def mesh(self, photo):
        """Vertices [B,468,3] that the head sees in a clean photo."""
        return self.net.mesh(self.seen(photo)[0])

    def losses(self, fake, want):
        """Distances of the landmarks and of all vertices that the head sees in a result from those in the clean photo (`mesh`), in eye distances [B].

        The gradient goes through head and parser into the result."""
        eyes = torch.stack([want[:, list(p)].mean(1) for p in mesh.EYES], 1)
        scale = 1 / (eyes[:, 0] - eyes[:, 1]).norm(dim=1).clamp_min(1)
        have = self.net.mesh(self.seen(fake)[0])
        far = ((have - want) ** 2).sum(2).add(1e-2).sqrt()
        return far[:, self.marks].mean(1) * scale, far.mean(1) * scale


def shipped(root):
    """(decoder, Prior) of the shipped files."""
    weights = files.ROOT / 'weights'
    own = Prior(weights / f'{SHAPE.file}.safetensors', weights / f'{PARSER}.safetensors', root, torch.device('cpu'))
    return ARCH.load(weights / 'restore-sgpn-512.safetensors')[0], own
