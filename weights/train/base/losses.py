# SPDX-License-Identifier: GPL-3.0-or-later
"""Losses of the generator. Images in [-1,1]; `k` are per-sample weights [B]."""
import torch
from torch.nn import functional as F

SRL = {64: 1.0, 128: 2.0, 256: 4.0, 512: 4.0}       # stage weights, as the published 1:2:4


def per_sample(x):
    return x.flatten(1).mean(1)


def charbonnier(x, y, k, focus=None):
    d = torch.sqrt((x - y) ** 2 + 1e-6)
    return (per_sample(d if focus is None else d * focus) * k).mean()


def log_mse(x, y):
    """PSNR as it is reported, a mean of logarithms, but for sign and scale: mild damage counts as much as heavy. Flat beyond 40 dB."""
    return (per_sample((x - y) ** 2) + 4e-4).log()


def focus_maps(prob, sizes, gain=2.0):
    """1 + gain on eyes, glasses, brows and mouth (soft, grown by two cells): what people recognise each other by is small."""
    f = 1 + gain * F.max_pool2d(prob[:, [3, 4, 5, 6, 7, 10, 11, 12]].sum(1, True), 5, 1, 2)
    return {r: F.adaptive_avg_pool2d(f, r) if r <= 128 else F.interpolate(f, size=(r, r), mode='bilinear', align_corners=False)
            for r in sizes}


def pixel_weight(w):
    return 0.25 + 0.75 * w


def luma(x):
    return 0.299 * x[:, :1] + 0.587 * x[:, 1:2] + 0.114 * x[:, 2:]


def chroma(x):
    """What luma leaves of the three channels."""
    return x - luma(x)


def texture_weight(w):
    """Whole up to w = 0.5 (the default fidelity), nothing from 0.7 on, where the photo is to be trusted."""
    return ((0.7 - w) / 0.2).clamp(0, 1)


def gradients(x):
    """Forward differences of every channel, both directions stacked on channels."""
    return torch.cat([F.pad(x[..., 1:] - x[..., :-1], (0, 1)), F.pad(x[..., 1:, :] - x[..., :-1, :], (0, 0, 0, 1))], 1)


def band(x):
    """What is lost when x is halved: the finest Laplacian band."""
    return x - F.interpolate(F.avg_pool2d(x, 2), scale_factor=2, mode='bilinear', align_corners=False)


def filters(x):
    """First, mixed and second differences, and the next octave's band. A checkerboard or comb of period two,
    which gives plenty of first differences for little pixel error, stands out in the mixed and second ones."""
    h, v = x[..., 1:] - x[..., :-1], x[..., 1:, :] - x[..., :-1, :]
    return h, v, h[..., 1:, :] - h[..., :-1, :], h[..., 1:] - h[..., :-1], v[..., 1:, :] - v[..., :-1, :], \
        band(F.avg_pool2d(x, 2))


def local_rms(x, cell):
    return torch.sqrt(F.avg_pool2d(x * x, cell, cell // 2) + 1e-6)


def texture(x, y, k, cell=16):
    """Local strength of a few filters' responses must be the clean photo's: it says how much detail, not which
    pixels, so the mean of all possible faces (blur) is no longer the cheapest answer."""
    loss, x, y = 0.0, luma(x), luma(y)
    for a, b in zip(filters(x), filters(y)):
        scale = b.pow(2).mean((1, 2, 3), keepdim=True).sqrt() + 0.01
        loss = loss + per_sample((local_rms(a, cell) - local_rms(b, cell)).abs() / scale)
    return (loss * k).mean() / 2


def energy(x, y, k):
    """Gradient energy of the whole picture, as a ratio: local strengths are compared by their roots, which lets
    strong edges fall short."""
    e = [per_sample(gradients(luma(t)) ** 2) + 1e-5 for t in (x, y)]
    return ((e[0] / e[1]).log().abs() * k).mean()


def lattice_waves(x, cell=8):
    """Local strength of the three period-2 patterns that are locked to the pixel lattice, sign included."""
    a, b, c, d = x[..., 0::2, 0::2], x[..., 0::2, 1::2], x[..., 1::2, 0::2], x[..., 1::2, 1::2]
    return [F.avg_pool2d(t, cell) / 4 for t in (a - b + c - d, a + b - c - d, a - b - c + d)]


def lattice(x, y):
    """Up-sampling leaves patterns whose phase never changes; texture has none that survives a local mean.
    Periods 2, 4 and 8, the traces of the last three enlargements."""
    loss, x, y = 0.0, luma(x), luma(y)
    for _ in range(3):
        loss = loss + sum((p - q).abs().mean() for p, q in zip(lattice_waves(x), lattice_waves(y)))
        x, y = F.avg_pool2d(x, 2), F.avg_pool2d(y, 2)
    return loss


def pyramid(hq, sizes):
    out, r = {}, hq.shape[-1]
    while r >= min(sizes):
        out[r] = hq
        hq, r = F.avg_pool2d(hq, 2), r // 2
    return out


WINDOW = 256        # costly looks at a larger image take one window of this size


def window(rng, size):
    """A cut by one random window; images of half that size are cut at the same place."""
    if size <= WINDOW:
        return lambda x: x
    y, x0 = (int(v) * 4 for v in rng.integers(0, (size - WINDOW) // 4 + 1, 2))

    def cut(x):
        k = size // x.shape[-1]
        return x[..., y // k:(y + WINDOW) // k, x0 // k:(x0 + WINDOW) // k]
    return cut


def hinge_d(real, fake, k):
    """k [B]: how much each sample counts, the real one as much as the fake."""
    return ((per_sample(F.relu(1 - real)) + per_sample(F.relu(1 + fake))) * k).sum() / k.sum()


def hinge_g(fake, k):
    return -(per_sample(fake) * k).mean()


def gram(f, m):
    """Gram matrix of features [B,C,h,w] inside soft regions m [B,K,h,w]: [B,K,C,C]."""
    b, c, h, w = f.shape
    x = f.flatten(2).unsqueeze(1) * m.flatten(2).unsqueeze(2).sqrt()
    return x @ x.transpose(2, 3) / (c * m.flatten(2).sum(2)[..., None, None] + 1e-8)


def mean_in(x, m):
    """Mean of x [B,C,H,W] inside m [B,1,H,W], per picture: [B]."""
    return (x.mean(1, True) * m).flatten(1).sum(1) / m.flatten(1).sum(1).clamp(min=1)
