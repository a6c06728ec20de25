# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a face's five landmarks with the trained parser: what the detector learns in scenes."""
import numpy as np
import torch
from PIL import Image

from base import data
from parsing import landmarks
from parsing.arch import ARCH
from parsing.phase import points as points_of

SURE = 0.6    # least heat-map confidence of all five points
FAR = 0.2     # of the eye distance: further from the csv's points than this on average, the parser looks at something else


class Parser:
    """Landmarks of a face in a picture by the parser's heat maps."""

    def __init__(self, path):
        self.net, config = ARCH.load(path)
        self.size = config['size']

    def crop(self, image, s, c):
        """The aligned crop of the face that similarity (s, c) places."""
        k = 512 / self.size
        inverse = (s.real * k, -s.imag * k, c.real, s.imag * k, s.real * k, c.imag)
        return np.asarray(image.transform((self.size, self.size), Image.AFFINE, inverse, Image.BICUBIC))

    def points(self, crop):
        """(points in pixels of the 512 crop, least confidence); the mean of the crop and its mirror image."""
        x = data.tensor([crop, crop[:, ::-1]])
        with torch.no_grad():
            p, sure = points_of(self.net(x)[2])
        p = p.numpy().astype(np.float64)
        return (p[0] + landmarks.flip_points(p[1], 512.0)) / 2, float(sure.mean(0).min())

    def refine(self, image, points):
        """Better landmarks of the face at `points` in a PIL picture, or None when the parser is not sure of them."""
        now, sure = points, 0.0
        for _ in range(2):  # the second crop sits better
            s, c = landmarks.similarity(now)
            seen, sure = self.points(self.crop(image, s, c))
            z = s * ((seen + landmarks.OFFSET) @ [1, 1j]) + c
            now = np.stack([z.real, z.imag], 1)
        return now if sure >= SURE and landmarks.distance(points, now) <= FAR else None
