# SPDX-License-Identifier: GPL-3.0-or-later
"""Image measures that evaluation reports. Images are uint8 [H,W,3] arrays unless said.

PSNR and SSIM are over RGB and the full frame; SSIM is the Gaussian form (sigma 1.5, 11 taps, population covariance).
NIQE follows the published method, but its pristine model is fitted on our own clean faces, so its values
compare only with each other.
"""
import numpy as np
import torch
from scipy import ndimage, special

LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def psnr(a, b):
    """Decibels; infinite for equal images."""
    e = np.mean((a.astype(np.float32) - b.astype(np.float32)) ** 2, dtype=np.float64)
    return float('inf') if e == 0 else float(10 * np.log10(255.0 ** 2 / e))


def gauss11(z):
    """[N,H,W] smoothed with the 11-tap Gaussian, without the border. Shifted sums: 25 times quicker than conv2d here."""
    t = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
    t = (t / t.sum()).tolist()
    h, w = z.shape[1] - 10, z.shape[2] - 10
    x = z[:, :, :w] * t[0]
    for i in range(1, 11):
        x.add_(z[:, :, i:i + w], alpha=t[i])
    y = x[:, :h] * t[0]
    for i in range(1, 11):
        y.add_(x[:, i:i + h], alpha=t[i])
    return y


def ssim(a, b):
    x, y = (torch.from_numpy(v.astype(np.float32).transpose(2, 0, 1)) for v in (a, b))
    mx, my, xx, yy, xy = gauss11(torch.cat([x, y, x * x, y * y, x * y])).split(3)
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    s = (2 * mx * my + c1) * (2 * (xy - mx * my) + c2) / ((mx * mx + my * my + c1) * (xx - mx * mx + yy - my * my + c2))
    return float(s.double().mean())


def luma(a):
    return a.astype(np.float32) @ LUMA


def gradient_energy(a):
    """Mean squared forward difference of the luma, in squared 8-bit steps: noise counts as well as detail."""
    y = luma(a)
    return float(np.mean(np.diff(y, axis=0) ** 2, dtype=np.float64) + np.mean(np.diff(y, axis=1) ** 2, dtype=np.float64))


# ------------------------------------------------------------------ colour
def lab(rgb):
    """CIE L*a*b* (D65) of float sRGB in [0,1], any leading shape."""
    v = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    m = np.array([[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]])
    xyz = v @ m.T / np.array([0.95047, 1.0, 1.08883])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def delta_e2000(p, q):
    """CIEDE2000 between Lab arrays (Sharma's formulation, all weights 1)."""
    c = (np.hypot(p[..., 1], p[..., 2]) + np.hypot(q[..., 1], q[..., 2])) / 2
    g = 0.5 * (1 - np.sqrt(c ** 7 / (c ** 7 + 25.0 ** 7)))
    a1, a2 = p[..., 1] * (1 + g), q[..., 1] * (1 + g)
    c1, c2 = np.hypot(a1, p[..., 2]), np.hypot(a2, q[..., 2])
    h1, h2 = np.arctan2(p[..., 2], a1) % (2 * np.pi), np.arctan2(q[..., 2], a2) % (2 * np.pi)
    dl, dc, dh = q[..., 0] - p[..., 0], c2 - c1, h2 - h1
    dh = np.where(dh > np.pi, dh - 2 * np.pi, np.where(dh < -np.pi, dh + 2 * np.pi, dh))
    dh = np.where(c1 * c2 == 0, 0, dh)
    big = 2 * np.sqrt(c1 * c2) * np.sin(dh / 2)
    lm, cm, s = (p[..., 0] + q[..., 0]) / 2, (c1 + c2) / 2, h1 + h2
    far = np.abs(h1 - h2) > np.pi
    hm = np.where(c1 * c2 == 0, s, np.where(far, np.where(s < 2 * np.pi, s + 2 * np.pi, s - 2 * np.pi), s) / 2)
    t = (1 - 0.17 * np.cos(hm - np.pi / 6) + 0.24 * np.cos(2 * hm) + 0.32 * np.cos(3 * hm + np.radians(6))
         - 0.20 * np.cos(4 * hm - np.radians(63)))
    sl = 1 + 0.015 * (lm - 50) ** 2 / np.sqrt(20 + (lm - 50) ** 2)
    sc, sh = 1 + 0.045 * cm, 1 + 0.015 * cm * t
    turn = np.radians(60) * np.exp(-((np.degrees(hm) - 275) / 25) ** 2)
    rt = -2 * np.sqrt(cm ** 7 / (cm ** 7 + 25.0 ** 7)) * np.sin(turn)
    return np.sqrt((dl / sl) ** 2 + (dc / sc) ** 2 + (big / sh) ** 2 + rt * (dc / sc) * (big / sh))


def reduced(a, n=32):
    """Box-reduced image, float in [0,1]; the sides are multiples of n."""
    h, w = a.shape[:2]
    return a.reshape(n, h // n, n, w // n, 3).astype(np.float64).mean((1, 3)) / 255


def colour_error(a, b):
    """Mean CIEDE2000 of the 32x32 reductions."""
    return float(delta_e2000(lab(reduced(a)), lab(reduced(b))).mean())


# ------------------------------------------------------------------ NIQE
SHAPES = np.arange(0.2, 10.001, 0.001)
RATIOS = special.gamma(2 / SHAPES) ** 2 / (special.gamma(1 / SHAPES) * special.gamma(3 / SHAPES))


def aggd(x):
    """Shape, left and right scale and mean of an asymmetric generalised Gaussian, per row of x [N,M]."""
    neg, pos = x < 0, x > 0
    sq = x * x
    ls = np.sqrt((sq * neg).sum(1) / np.maximum(neg.sum(1), 1))
    rs = np.sqrt((sq * pos).sum(1) / np.maximum(pos.sum(1), 1))
    g = ls / np.maximum(rs, 1e-9)
    r = np.abs(x).mean(1) ** 2 / np.maximum(sq.mean(1), 1e-12)
    r = r * (g ** 3 + 1) * (g + 1) / (g * g + 1) ** 2
    a = SHAPES[np.abs(RATIOS[None] - r[:, None]).argmin(1)]
    k = np.sqrt(special.gamma(1 / a) / special.gamma(3 / a))
    return a, ls * k, rs * k, (rs - ls) * k * special.gamma(2 / a) / special.gamma(1 / a)


def patch_features(y, side):
    """18 features of each side x side block of one scale, and the blocks' sharpness. y: luma, 0..255."""
    mu = ndimage.gaussian_filter(y, 7 / 6, truncate=3 / (7 / 6), mode='nearest')
    sd = np.sqrt(np.abs(ndimage.gaussian_filter(y * y, 7 / 6, truncate=3 / (7 / 6), mode='nearest') - mu * mu))
    m = (y - mu) / (sd + 1)
    n, k = y.shape[0] // side, y.shape[1] // side
    def cut(v):
        return v[:n * side, :k * side].reshape(n, side, k, side).transpose(0, 2, 1, 3).reshape(n * k, side, side)
    m, sharp = cut(m), cut(sd).mean((1, 2))
    a, bl, br, _ = aggd(m.reshape(len(m), -1))
    f = [a, (bl + br) / 2]
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        a, bl, br, mean = aggd((m * np.roll(m, (dy, dx), (1, 2))).reshape(len(m), -1))
        f += [a, mean, bl, br]
    return np.stack(f, 1), sharp


def niqe_features(a, side=96):
    """36 features per block (two scales) and the sharpness of the blocks."""
    y = luma(a)
    f1, sharp = patch_features(y, side)
    h, w = y.shape[0] // 2 * 2, y.shape[1] // 2 * 2
    half = y[:h, :w].reshape(h // 2, 2, w // 2, 2).mean((1, 3))
    return np.concatenate([f1, patch_features(half, side // 2)[0]], 1), sharp


def niqe_fit(images):
    """Pristine model (mean [36], covariance [36,36]) from the sharp blocks of clean images."""
    rows = []
    for a in images:
        f, s = niqe_features(a)
        rows.append(f[s > 0.75 * s.max()])
    rows = np.concatenate(rows)
    return rows.mean(0), np.cov(rows, rowvar=False)


def niqe(a, model):
    f, _ = niqe_features(a)
    d = f.mean(0) - model[0]
    return float(np.sqrt(d @ np.linalg.pinv((model[1] + np.cov(f, rowvar=False)) / 2) @ d))


# ------------------------------------------------------------------ labels
def confusion(pred, true, n=19):
    """[n,n] counts, rows = truth; values of `true` outside 0..n-1 are ignored."""
    k = (true >= 0) & (true < n)
    return np.bincount(n * true[k].astype(np.int64) + pred[k], minlength=n * n).reshape(n, n)


def iou(conf):
    """Per class intersection over union; NaN for a class that neither truth nor prediction has."""
    hit = np.diag(conf).astype(np.float64)
    union = conf.sum(0) + conf.sum(1) - hit
    return np.where(union > 0, hit / np.maximum(union, 1), np.nan)
