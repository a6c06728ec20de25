# SPDX-License-Identifier: GPL-3.0-or-later
"""The structure prior: the shipped parser's adjusted classes and heat maps of a degraded face, computed once for each training crop.

Which of the degradations the parser saw is drawn by the crop's number: the maps' faults are those of use, not of a clean face.
"""
import numpy as np
import torch
from torch.nn import functional as F

from base import common, data
from jsfm import afpm
from jsfm import phase as jsfm
from parsing import phase as parsing

SIDE = 128                              # of the maps of a 512 crop
FLIP = [0, 1, 2, 3, 5, 4, 7, 6, 9, 8, *range(10, 19), *(19 + k for k in data.POINT_SWAP)]


class Parser:
    """Degraded faces [B,3,512,512] -> maps [B,24,128,128] in [0,1]: 19 adjusted classes, 5 heat maps enlarged. exact: in single precision."""

    def __init__(self, path, device, exact=False):
        self.maps, self.exact = jsfm.Maps(path, device), exact
        self.net = self.maps.net

    def outputs(self, lq):
        while lq.shape[-1] > self.maps.size:
            lq = F.avg_pool2d(lq, 2)
        with common.autocast(lq.device, not self.exact):
            logits, _, heat = self.net(lq)
        return logits, heat

    @torch.no_grad()
    def __call__(self, lq):
        logits, heat = self.outputs(lq)
        points, sure = parsing.points(heat)
        classes = afpm.adjust(logits.float().softmax(1), points, sure)
        heat = F.interpolate(torch.sigmoid(heat.float()), size=(SIDE, SIDE), mode='bilinear', align_corners=False)
        return torch.cat([classes, heat], 1)


class Store:
    """Maps of every training crop as bytes in a shard, made when first wanted."""

    def __init__(self, shards, count, make):
        self.make, path = make, shards / 'spad-prior.npy'
        if not path.exists():
            data.write_array(path, (count, MAPS_AND_MARK, SIDE, SIDE), np.uint8, ())
        self.rows = np.load(path, mmap_mode='r+')

    def __getitem__(self, i):
        """[24,128,128] uint8."""
        row = self.rows[i]
        if not row[-1, 0, 0]:
            row[:-1] = (self.make(i).clamp(0, 1) * 255 + 0.5).byte().cpu().numpy()
            row[-1, 0, 0] = 1
        return row[:-1]


MAPS_AND_MARK = 25                      # one plane says that the row was made


def mirrored(maps):
    """Maps of the mirrored face: left and right change names."""
    return maps[FLIP][..., ::-1]
