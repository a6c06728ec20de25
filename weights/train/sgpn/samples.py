# SPDX-License-Identifier: GPL-3.0-or-later
"""What the shape head learns from: features of degraded, moved training faces and their meshes. Computed once, kept in a shard, made when first wanted."""
import numpy as np
import torch
from PIL import Image

from base import data, degrade
from sgpn import crops, mesh

ROUNDS = 4                              # different samples of each face
LEVELS = ('mild', 'medium', 'severe')
ANY = .25                               # share with the synthesiser's whole mix


def worse(hq, rng):
    """A bad photo of a clean one, of the evaluation's levels or of the whole mix."""
    if rng.random() < ANY:
        return degrade.degrade(hq, int(rng.integers(1 << 60)))[0]
    return degrade.level(hq, LEVELS[int(rng.integers(3))], int(rng.integers(1 << 30)))[0]


class Faces:
    """Samples by number: (bad crop uint8 [side,side,3], mesh f32 [468,3]). Every round is shuffled: the first few are of all kinds of faces, too."""

    def __init__(self, root, shards, side, seed):
        points, good = mesh.of_faces(root, 'train')
        self.pack, self.mirror = data.pack_faces(root, shards, 'train', mesh.SIDE), mesh.Tables(root).mirror
        self.rows, self.points, self.side, self.seed = np.nonzero(good)[0], points, side, seed

    def __len__(self):
        return ROUNDS * len(self.rows)

    def face_of(self, i):
        """Which of the faces sample i shows."""
        return data.order(len(self.rows), i, self.seed)

    def __getitem__(self, i):
        row, rng = self.rows[self.face_of(i)], np.random.default_rng([self.seed, 8, i])
        hq, points = self.pack[row], self.points[row]
        if rng.random() < .5:
            hq, points = hq[:, ::-1], mesh.mirrored(points, self.mirror)
        hq = np.asarray(Image.fromarray(np.ascontiguousarray(hq)).resize((self.side, self.side), Image.BOX))
        m = crops.draw(rng, self.side)
        return crops.cut(worse(hq, rng), m, Image.BICUBIC), mesh.moved(points, m, self.side)


class Store:
    """Features as half floats and meshes of all samples; rows are filled in order, so that a run that is stopped goes on where it was."""

    def __init__(self, shards, faces, reader):
        self.faces, self.reader, n = faces, reader, len(faces)
        path = shards / f'shape-features-{faces.seed}-{reader.key}.npy'
        if not path.exists():
            data.write_array(path.with_suffix('.mesh.npy'), (n, mesh.POINTS, 3), np.float32, ())
            data.write_array(path, (n, reader.count), np.float16, ())
        self.rows, self.meshes = np.load(path, mmap_mode='r+'), np.load(path.with_suffix('.mesh.npy'), mmap_mode='r+')

    def done(self):
        """How many samples are there: a mesh has no vertex at the crop's corner before."""
        return int(np.argmin(np.append(self.meshes[:, 10, 0] != 0, False)))

    @torch.no_grad()
    def fill(self, wanted, size=16, stop=lambda: False):
        """Computes what is missing of the first `wanted`, `size` samples at a time."""
        at = self.done()
        while at < wanted and not stop():
            x, points = zip(*(self.faces[i] for i in range(at, min(at + size, wanted))))
            self.rows[at:at + len(x)] = self.reader(data.tensor(x)).cpu().numpy()
            self.meshes[at:at + len(x)] = np.stack(points)
            at += len(x)
            yield at

    def __len__(self):
        return len(self.faces)
