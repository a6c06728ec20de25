# SPDX-License-Identifier: GPL-3.0-or-later
"""The one degradation synthesiser: photo -> bad photo, seeded per image, parameters kept as labels.

Works at any square size: every length (blur, grain, dust) is given in pixels of the 512 crop and
scaled. The chain is blur -> reduce -> noise -> (over-denoise | sharpen) -> JPEG -> enlarge. Colour
changes of old prints and grey go to the clean image too: colour is not the network's to change.

Regimes: near (20 %), small (45 %), large (20 %), print (15 %). `level()` gives the three fixed
levels mild / medium / severe that evaluation uses.
"""
import io
import math

import numpy as np
from PIL import Image, ImageFilter
from scipy import fft, ndimage

REGIMES = ('near', 'small', 'large', 'print')
SHARES = (0.20, 0.45, 0.20, 0.15)
# (blur sigma in px at 512, reduction, noise sigma of 255, JPEG quality)
LEVELS = {'mild': ((0.5, 1.5), (1.2, 2), (0, 4), (75, 95)),
          'medium': ((1.5, 4), (3, 6), (3, 10), (50, 80)),
          'severe': ((4, 8), (8, 14), (6, 16), (30, 60))}
LABELS = ('blur', 'scale', 'noise', 'jpeg', 'grey')
TO_LINEAR = ((np.arange(256) / 255.0) ** 2.2).astype(np.float32)


def labels(p):
    """The degradation head's targets in [0,1], as docs/weights-format.md defines them."""
    clip = lambda v: float(min(max(v, 0.0), 1.0))
    return np.array([clip(p['sigma'] / 8), clip(math.log2(max(p['r'], 1)) / 4), clip(p['noise'] / 25),
                     clip((100 - p['q']) / 70), float(p['grey'])], np.float32)


def auto_w(lab):
    """Auto fidelity from labels or from the degradation head's outputs."""
    return min(max(1 - 1.9 * ((lab[0] + lab[1] + lab[2]) / 3 - .17), .5), 1.0)


# ------------------------------------------------------------------ parts of the chain
def kernel_spectrum(shape, kind, s, aspect, angle):
    """Real transfer function of a unit-sum blur on an rfft grid; s is its standard deviation in px."""
    fy, fx = np.meshgrid(fft.fftfreq(shape[0]), fft.rfftfreq(shape[1]), indexing='ij')
    c, n = math.cos(angle), math.sin(angle)
    u, v = c * fx + n * fy, c * fy - n * fx
    if kind == 'gauss':
        return np.exp(-2 * math.pi ** 2 * s * s * (u * u * aspect * aspect + v * v / (aspect * aspect)))
    if kind == 'motion':
        return np.sinc(u * s * math.sqrt(12.0))
    radius = 2.0 * s                                   # a disk of radius R has std R/2 per axis
    t = 2 * math.pi * radius * np.hypot(fx, fy) + 1e-6
    from scipy.special import j1
    return 2 * j1(t) / t


def blur(img, kind, s, aspect=1.0, angle=0.0):
    """Blur float [H,W,C] with mirrored borders."""
    if s < 0.15:
        return img
    h = img.shape[0]
    pad = min(int(3 * s * max(aspect, 1 / aspect)) + 2, h - 1)
    pad += (fft.next_fast_len(h + 2 * pad, True) - h - 2 * pad + 1) // 2
    x = np.pad(img, ((pad, pad), (pad, pad), (0, 0)), 'reflect') if pad < h else \
        np.pad(img, ((pad, pad), (pad, pad), (0, 0)), 'symmetric')
    k = kernel_spectrum(x.shape[:2], kind, s, aspect, angle).astype(np.float32)[..., None]
    y = fft.irfft2(fft.rfft2(x, axes=(0, 1)) * k, s=x.shape[:2], axes=(0, 1))
    return y[pad:pad + h, pad:pad + h]


def to_u8(x):
    return (np.clip(x, 0, 1) * 255 + 0.5).astype(np.uint8)


def resize(u8, n, how):
    return np.asarray(Image.fromarray(u8).resize((n, n), how))


def jpeg(u8, q, sub):
    buf = io.BytesIO()
    Image.fromarray(u8).save(buf, 'JPEG', quality=int(q), subsampling=sub)
    return np.asarray(Image.open(buf).convert('RGB'))


def noise_field(rng, n, kind, own):
    """Unit-variance noise [n,n,3]; own: independent per channel."""
    z = rng.standard_normal((n, n, 3 if own else 1), dtype=np.float32)
    if kind == 'grain' and n >= 16:
        z = ndimage.uniform_filter(z, (2, 2, 1)) - ndimage.uniform_filter(z, (5, 5, 1))
        z /= z.std() + 1e-6
    return np.broadcast_to(z, (n, n, 3))


def add_noise(x, rng, sigma, kind, own):
    z = noise_field(rng, x.shape[0], kind, own)
    if kind == 'poisson':        # stronger where it is bright, as photon noise is, same mean power
        lum = np.sqrt(np.clip(x.mean(2, keepdims=True), 0.02, 1))
        z = z * (lum / lum.mean())
    return x + z * np.float32(sigma / 255)


def grey_of(u8):
    g = u8.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    return np.repeat((g + 0.5).astype(np.uint8)[..., None], 3, 2)


# ------------------------------------------------------------------ parameters
def log_uniform(rng, a, b):
    return float(math.exp(rng.uniform(math.log(a), math.log(b))))


def draw(rng, regime=None):
    """Parameters of one degradation."""
    u = rng.uniform
    regime = regime or REGIMES[int(rng.choice(4, p=SHARES))]
    if regime == 'near':
        sigma, r, noise, q = u(0, 0.6), u(1, 1.3), u(0, 3), u(88, 100)
    elif regime == 'small':
        sigma, r, noise, q = log_uniform(rng, 0.3, 6), log_uniform(rng, 1, 8), u(0, 1) ** 1.5 * 20, u(45, 98)
    elif regime == 'large':
        sigma, r, noise, q = u(2, 10), log_uniform(rng, 5, 18), u(0, 18), u(25, 80)
    else:
        sigma, r, noise, q = u(0.5, 5), log_uniform(rng, 1.5, 8), u(2, 16), u(60, 95)
    none = rng.random() < 0.1
    p = dict(regime=regime, sigma=0.0 if none else sigma, r=r, noise=noise, q=q, grey=0)
    p['blur'] = 'gauss' if regime == 'near' or u() < 0.8 else ('disk' if u() < 0.5 else 'motion')
    p['aspect'] = 1.0 if u() < 0.5 else log_uniform(rng, 1, 1.8)
    p['angle'], p['linear'] = u(0, math.pi), u() < 0.4
    p['down'] = [Image.BOX, Image.BILINEAR, Image.BICUBIC, Image.NEAREST][int(rng.choice(4, p=(.45, .25, .27, .03)))]
    p['up'] = Image.BICUBIC if u() < 0.7 else Image.BILINEAR
    p['kind'] = 'gauss' if u() < 0.5 else ('grain' if u() < 0.25 else 'poisson')
    p['own'], p['sub'] = u() < 0.6, 2 if u() < 0.7 else 0
    p['jpeg'] = u() < (0.6 if regime in ('near', 'print') else 0.9)
    p['twice'] = u() < 0.15 and regime != 'near'
    p['phone'] = ('median' if u() < 0.5 else 'sharpen') if u() < 0.15 and regime in ('small', 'large') else ''
    p['grey'] = int(u() < (0.5 if regime == 'print' else 0.06))
    if not p['jpeg']:
        p['q'] = 100.0
    return p


# ------------------------------------------------------------------ old prints
def fade(hq, rng):
    """Fade and cast of an old print; returns a new clean image (the target has it as well)."""
    x = hq.astype(np.float32) / 255
    lift, top, gamma = rng.uniform(0, 0.2), rng.uniform(0.8, 1.0), rng.uniform(0.75, 1.3)
    x = lift + (top - lift) * x ** gamma
    cast = np.array([1 + rng.uniform(0, .08), 1 + rng.uniform(-.02, .04), 1 - rng.uniform(0, .2)], np.float32)
    return to_u8(x * cast)


def print_marks(x, rng, k):
    """Paper texture, dust and scratches on the degraded print only. k: size / 512."""
    n = x.shape[0]
    paper = ndimage.gaussian_filter(rng.standard_normal((n, n), dtype=np.float32), 1.2 * k + 0.3)
    x = x + paper[..., None] * np.float32(rng.uniform(0, 0.02) / (paper.std() + 1e-6))
    mark = Image.new('L', (n, n))
    from PIL import ImageDraw
    pen = ImageDraw.Draw(mark)
    for _ in range(int(rng.integers(0, 3))):
        a = rng.uniform(0, n, 2)
        b = a + rng.normal(0, n / 3, 2)
        pen.line([tuple(a), tuple(b)], fill=int(rng.integers(90, 230)), width=max(1, int(rng.uniform(1, 3) * k)))
    for _ in range(int(rng.integers(0, 12))):
        c, s = rng.uniform(0, n, 2), rng.uniform(0.5, 2.5) * k
        pen.ellipse([c[0] - s, c[1] - s, c[0] + s, c[1] + s], fill=int(rng.integers(60, 220)))
    m = np.asarray(mark, np.float32)[..., None] / 255
    return x * (1 - m) + m * np.float32(rng.uniform(0.7, 1.0))


# ------------------------------------------------------------------ the chain
def apply(hq, p, rng):
    """Degrade uint8 [H,H,3] with parameters p; uint8 of the same size."""
    h = hq.shape[0]
    k = h / 512.0
    full = 512.0 / p['r']                    # side of the bad photo before it was enlarged
    n = int(min(max(round(full), 8), h))
    x = hq
    s = p['sigma'] * k
    if s >= 0.15:
        f = TO_LINEAR[x] if p['linear'] else x.astype(np.float32) / 255
        f = blur(f, p['blur'], s, p['aspect'], p['angle'])
        x = to_u8(np.clip(f, 0, 1) ** (1 / 2.2) if p['linear'] else f)
    if n < h:
        x = resize(x, n, p['down'])
    f = x.astype(np.float32) / 255
    if p['regime'] == 'print':
        f = print_marks(f, rng, n / 512.0)
    if p['noise'] > 0:                       # noise finer than our grid is averaged away by it
        f = add_noise(f, rng, p['noise'] * min(1.0, n / full), p['kind'], p['own'])
    x = to_u8(f)
    if p['phone'] == 'median':
        x = np.asarray(Image.fromarray(x).filter(ImageFilter.MedianFilter(3)))
    elif p['phone'] == 'sharpen':
        x = np.asarray(Image.fromarray(x).filter(ImageFilter.UnsharpMask(1.5, 120, 2)))
    if p['grey']:
        x = grey_of(x)
    if p['jpeg']:
        x = jpeg(x, p['q'], p['sub'])
        if p['twice']:
            m = max(8, int(n * 0.8))
            x = resize(jpeg(resize(x, m, Image.BILINEAR), min(95, p['q'] + 10), 2), n, Image.BILINEAR)
    if p['grey']:
        x = grey_of(x)
    if n == h:
        return x
    if h < 512:          # enlarge as users' crops are, to 512, and reduce: networks learn the enlarging's traces
        return resize(resize(x, 512, p['up']), h, Image.BOX)
    return resize(x, h, p['up'])


def degrade(hq, seed, regime=None):
    """(lq, hq, parameters): both uint8; hq is returned because prints and grey change it too."""
    rng = np.random.default_rng(seed)
    p = draw(rng, regime)
    if p['regime'] == 'print':
        hq = fade(hq, rng)
    if p['grey']:
        hq = grey_of(hq)
    return apply(hq, p, rng), hq, p


def level(hq, name, seed):
    """(lq, parameters) of a fixed evaluation level: isotropic Gaussian blur, area reduction, Gaussian
    noise per channel, JPEG 4:2:0, bicubic enlargement. The same seed gives the same bytes."""
    rng = np.random.default_rng([seed, sorted(LEVELS).index(name)])
    (s0, s1), (r0, r1), (n0, n1), (q0, q1) = LEVELS[name]
    u = rng.uniform
    p = dict(regime=name, sigma=u(s0, s1), r=u(r0, r1), noise=u(n0, n1), q=u(q0, q1), grey=0, blur='gauss',
             aspect=1.0, angle=0.0, linear=False, down=Image.BOX, up=Image.BICUBIC, kind='gauss', own=True,
             sub=2, jpeg=True, twice=False, phone='')
    return apply(hq, p, rng), p


# ------------------------------------------------------------------ geometry
def jitter(img, rng, interp=Image.BICUBIC, scale=0.03, turn=4.0, shift=6.0):
    """Similarity jitter of a crop, as a detector's error gives; amounts at 512. Returns (image, matrix 2x3
    from output to input pixels) so that labels can follow."""
    m = similarity(img.shape[0], rng, scale, turn, shift)
    return warp(img, m, interp), m


def similarity(h, rng, scale, turn, shift):
    s = 1 + rng.uniform(-scale, scale)
    a = math.radians(rng.uniform(-turn, turn))
    t = rng.uniform(-shift, shift, 2) * h / 512
    c, n, o = math.cos(a) * s, math.sin(a) * s, (h - 1) / 2
    return np.array([[c, -n, o - c * o + n * o + t[0]], [n, c, o - n * o - c * o + t[1]]])


def warp(img, m, interp):
    """PIL samples at pixel centres + .5; mirrored borders by padding first."""
    h, pad = img.shape[0], img.shape[0] // 8
    x = np.pad(img, ((pad, pad), (pad, pad)) + ((0, 0),) * (img.ndim - 2), 'reflect')
    a = m[:, :2]
    b = a @ np.array([0.5, 0.5]) * -1 + m[:, 2] + 0.5 + pad
    d = (a[0, 0], a[0, 1], b[0], a[1, 0], a[1, 1], b[1])
    return np.asarray(Image.fromarray(x).transform((h, h), Image.AFFINE, d, interp))
