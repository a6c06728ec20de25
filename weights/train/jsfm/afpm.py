# SPDX-License-Identifier: GPL-3.0-or-later
"""AFPM-2: adjusted facial parsing maps on soft probabilities, batched and deterministic.

The engine does the same; docs/weights-format.md holds the definition and every constant.
"""
import torch
from torch.nn import functional as F

SKIN, GLASSES, EYES, BROWS = 1, 3, (4, 5), (6, 7)
FRONTAL, PROFILE, SURE = 0.25, 0.6, 0.2
# (area from, area to) for the smoothsteps, as parts of the image
GLASSES_AREA, GLASSES_SIDE = (0.02, 0.04), (0.001, 0.004)
EYES_AREA, EYES_SIDE = (0.0005, 0.001), (0.00005, 0.0002)
BROWS_AREA, BROWS_SIDE = (0.0025, 0.005), (0.0002, 0.0008)
WEAK, MIRROR = 0.3, 0.7


def step(x, lo, hi):
    t = ((x - lo) / (hi - lo)).clamp(0, 1)
    return t * t * (3 - 2 * t)


def yaw(points):
    """q of section 2.7 from points [B,5,2] (image-left eye first): 0 frontal, beyond +-1 past profile."""
    a = points[:, 2, 0] - points[:, 0, 0]
    b = points[:, 1, 0] - points[:, 2, 0]
    return (a - b) / (a + b).clamp_min(1.0)


def area(p, k):
    return p[:, k].mean((1, 2))


def to_skin(p, ks, keep):
    """Leave the part `keep` [B] of classes ks, give the rest to skin."""
    for k in ks:
        moved = p[:, k] * (1 - keep).view(-1, 1, 1)
        p[:, SKIN] += moved
        p[:, k] -= moved


def reflect(plane, points, n):
    """plane [B,n,n] mirrored across the line through the mid-points of the eyes and of the mouth corners;
    bilinear, zero outside."""
    c = points * (n / 512.0)
    e, m = (c[:, 0] + c[:, 1]) / 2, (c[:, 3] + c[:, 4]) / 2
    d = m - e
    d = d / d.norm(dim=1, keepdim=True).clamp_min(1e-6)
    t = torch.arange(n, dtype=torch.float32, device=plane.device) + 0.5
    y, x = torch.meshgrid(t, t, indexing='ij')
    vx, vy = x - e[:, 0].view(-1, 1, 1), y - e[:, 1].view(-1, 1, 1)
    dx, dy = d[:, 0].view(-1, 1, 1), d[:, 1].view(-1, 1, 1)
    along = vx * dx + vy * dy
    rx, ry = 2 * along * dx - vx + e[:, 0].view(-1, 1, 1), 2 * along * dy - vy + e[:, 1].view(-1, 1, 1)
    grid = torch.stack([rx, ry], -1) * (2.0 / n) - 1
    return F.grid_sample(plane[:, None], grid, 'bilinear', 'zeros', False)[:, 0]


def complete(p, pair, lo, points, frontal):
    """Mirror completion: one of the pair is weak, the other healthy."""
    areas = torch.stack([area(p, k) for k in pair], 1)
    small, big = areas.min(1).values, areas.max(1).values
    on = frontal & (big > lo) & (small < WEAK * big)
    if not bool(on.any()):
        return p
    for weak, good in (pair, pair[::-1]):
        do = on & (area(p, weak) < area(p, good))
        if bool(do.any()):
            mirror = MIRROR * reflect(p[:, good], points, p.shape[-1])
            p[:, weak] = torch.where(do.view(-1, 1, 1), torch.maximum(p[:, weak], mirror), p[:, weak])
    return torch.where(on.view(-1, 1, 1, 1), p / p.sum(1, keepdim=True), p)


@torch.no_grad()
def adjust(prob, points, conf):
    """prob [B,19,n,n] soft map, points [B,5,2] in pixels of the 512 crop, conf [B,5] in [0,1]."""
    p = prob.float().clone()
    points, conf = points.to(p.device).float(), conf.to(p.device).float()
    q = yaw(points).abs()
    known = conf.min(1).values >= SURE
    frontal, turned = known & (q < FRONTAL), known & (q < PROFILE)
    p = complete(p, EYES, EYES_AREA[1] / 2, points, frontal)
    p = complete(p, BROWS, BROWS_AREA[1] / 2, points, frontal)
    half = p.shape[-1] // 2
    g = p[:, GLASSES]
    side = torch.minimum(g[:, :, :half].sum((1, 2)), g[:, :, half:].sum((1, 2))) / g[0].numel()
    keep = step(area(p, GLASSES), *GLASSES_AREA) * step(side, *GLASSES_SIDE)
    to_skin(p, (GLASSES,), torch.where(turned, keep, torch.ones_like(keep)))
    for pair, total, least in ((EYES, EYES_AREA, EYES_SIDE), (BROWS, BROWS_AREA, BROWS_SIDE)):
        a, b = area(p, pair[0]), area(p, pair[1])
        keep = step(a + b, *total) * step(torch.minimum(a, b), *least)
        to_skin(p, pair, torch.where(frontal, keep, torch.ones_like(keep)))
    return p
