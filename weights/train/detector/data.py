# SPDX-License-Identifier: GPL-3.0-or-later
"""Training and test images for the face detector.

Images are made on the fly: face crops pasted over face-free backgrounds at any size, turn and light, mixed with
real scenes, then degraded.  Everything is packed once as small uint8 arrays (`pack`), so that composing one
320-pixel image costs some 10 ms of one core.

A face is described by its box (x, y, w, h) and five landmarks (image-left eye first), as in scenes.csv.
"""
import csv
import glob
import io
import json
import multiprocessing as mp
import os
import zlib

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from parsing import landmarks, reader
from parsing.landmarks import EYE_DISTANCE, flip_points, row_points, similarity, TEMPLATE

# The box of scenes.csv relative to its landmarks, fitted on the 733 rows whose landmarks fit the template: it bounds
# an upright ellipse of the 512 crop.  With the nose u pixels right of the template the centre moves by -1.741 u
# (residual 6 px) and the ellipse widens.
BOX_CENTRE_Y, BOX_HALF_W, BOX_HALF_H, BOX_YAW_SHIFT, BOX_YAW_WIDEN = 283.5, 134.5, 186.5, 1.741, 0.2

FACE_SIDE = 192      # side of a packed face crop
BG_SIDE = 768        # long side of a packed background
MAX_FACES = 12
HELD_OUT = 100       # scenes kept for the test
HARD = 0.25          # share of the scene views taken from those with a profile, a cut or a hidden face
SKIMAGE = ['/usr/lib/python3/dist-packages/skimage/data/' + n for n in (  # python3-skimage's pictures without people
    'coffee.png', 'gravel.png', 'brick.png', 'grass.png', 'rocket.jpg', 'motorcycle_left.png', 'chelsea.png', 'page.png',
    'text.png', 'hubble_deep_field.jpg', 'coins.png', 'retina.jpg', 'ihc.png')]
# What we saw in scenes.csv: "wrong" rows (file -> which of its rows) are no faces (a fist, curls, a tattooed arm, one eye of a face);
# "ignore" lists boxes (file -> [x, y, w, h]) that neither count nor make a find false.
LABELS = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'labels.json')
BACKGROUNDS = ['/usr/share/backgrounds', '/usr/share/wallpapers']


def box_of_landmarks(points):
    """The box that scenes.csv would give to a face with these landmarks."""
    s, c = similarity(points)
    nose = (complex(*points[2]) - c) / s
    u = nose.real - TEMPLATE[2, 0]
    centre = s * (256.0 - BOX_YAW_SHIFT * u + 1j * BOX_CENTRE_Y) + c
    scale, angle = abs(s), np.angle(s)
    hw, hh = BOX_HALF_W + BOX_YAW_WIDEN * abs(u), BOX_HALF_H
    bw = scale * np.hypot(hw * np.cos(angle), hh * np.sin(angle))
    bh = scale * np.hypot(hh * np.cos(angle), hw * np.sin(angle))
    return np.array([centre.real - bw, centre.imag - bh, 2 * bw, 2 * bh])


# ---------------------------------------------------------------------------------------------------- packing

def _load_face(args):
    path, side = args
    im = Image.open(path).convert('RGB')
    return np.asarray(im.resize((side, side), Image.BOX if 512 % side == 0 else Image.LANCZOS))


def _load_long(args):
    path, side = args
    im = Image.open(path)
    im.draft('RGB', (side * 2, side * 2))
    im = im.convert('RGB')
    k = min(1.0, side / max(im.size))
    return np.asarray(im.resize((max(1, round(im.width * k)), max(1, round(im.height * k))), Image.LANCZOS))


def _write_varied(path, images):
    """Images of different size in one flat file, with an index beside it."""
    index, offset = [], 0
    with open(path + '.u8', 'wb') as f:
        for im in images:
            index.append([offset, im.shape[0], im.shape[1]])
            f.write(np.ascontiguousarray(im).tobytes())
            offset += im.size
    with open(path + '.json', 'w') as f:
        json.dump(index, f)


def _pack_faces(data, out, split, pool):
    rows = [r for r in csv.DictReader(open(f'{data}/faces/faces.csv')) if r['split'] == split]
    mesh, keep = landmarks.of_meshes(data), []
    for r in rows:
        p = mesh.get('faces/' + r['file'], row_points(r))
        s, c = similarity(p)
        t = s * (TEMPLATE[:, 0] + 1j * TEMPLATE[:, 1]) + c
        off = np.abs(t - (p[:, 0] + 1j * p[:, 1])).max() / (abs(s) * EYE_DISTANCE)
        if off < 0.45 and 0.75 < abs(s) < 1.3:  # else the crop's alignment, or a row without a mesh, is a detector's slip
            keep.append((r, p))
    side = FACE_SIDE if split == 'train' else 512
    arr = np.lib.format.open_memmap(f'{out}/faces_{split}.npy', 'w+', np.uint8, (len(keep), side, side, 3))
    jobs = [(f'{data}/faces/' + r['file'], side) for r, _ in keep]
    for i, im in enumerate(pool.imap(_load_face, jobs, 16)):
        arr[i] = im
    arr.flush()
    np.save(f'{out}/points_{split}.npy', np.array([p for _, p in keep], np.float32))
    print(f'faces {split}: {len(keep)} of {len(rows)} kept', flush=True)


def _refined(image, faces, parser):
    """The faces of a scene with the parser's landmarks where it is sure of them, and how often it is not."""
    image, out, unsure = Image.fromarray(image), [], 0
    for f in faces:
        p = parser.refine(image, np.array(f[4:]).reshape(5, 2))
        unsure += p is None
        out.append(f if p is None else f[:4] + np.round(p, 2).ravel().tolist())
    return out, unsure


def _pack_scenes(data, out, pool, parser):
    faces = {}
    for r in csv.DictReader(open(f'{data}/scenes/scenes.csv')):
        box = [float(r[k]) for k in 'xywh']
        faces.setdefault(r['file'], []).append(box + row_points(r).ravel().tolist())
    for name, rows in json.load(open(LABELS))['wrong'].items():
        if name in faces:
            faces[name] = [f for i, f in enumerate(faces[name]) if i not in rows]
    names = sorted(faces, key=lambda n: zlib.crc32(n.encode()))  # a fixed shuffle
    held = min(HELD_OUT, len(names) // 4)
    for split, part in (('eval', names[:held]), ('train', names[held:])):
        ims = list(pool.imap(_load_long, [(f'{data}/scenes/{n}', 4096) for n in part], 8))
        _write_varied(f'{out}/scenes_{split}', ims)
        better = [_refined(im, faces[n], parser) for n, im in zip(part, ims)]
        with open(f'{out}/scenes_{split}_faces.json', 'w') as f:
            json.dump([[n, found] for n, (found, _) in zip(part, better)], f)
        with open(f'{out}/scenes_{split}_hard.json', 'w') as f:
            json.dump([i for i, (_, unsure) in enumerate(better) if unsure], f)
        print(f'scenes {split}: {len(part)}; the parser is unsure of {sum(n for _, n in better)} of '
              f'{sum(len(found) for found, _ in better)} faces', flush=True)


def list_backgrounds(roots):
    """Face-free pictures under the roots, one per set of sizes: the one nearest to 1920 x 1200.

    Meant for Debian's wallpaper packages (gnome-backgrounds, mate-backgrounds, plasma-workspace-wallpapers,
    ukui-wallpapers, lomiri-wallpapers, lomiri-wallpapers-16.04, lomiri-wallpapers-20.04, sway-backgrounds), installed
    or unpacked with dpkg-deb -x; all of them were looked at and hold no human face.
    """
    best = {}
    for path in sorted(p for r in roots for p in glob.glob(f'{r}/**/*', recursive=True)):
        if not path.lower().endswith(('.jpg', '.jpeg', '.png', '.webp')):
            continue
        try:
            w, h = Image.open(path).size
        except OSError:
            continue
        key = os.path.dirname(path) if '/contents/' in path else path  # Plasma ships many sizes of each
        if min(w, h) >= 300 and (key not in best or abs(w * h - 2304000) < best[key][0]):
            best[key] = abs(w * h - 2304000), path
    return [p for _, p in best.values()] + [p for p in SKIMAGE if os.path.exists(p)]


def _pack_backgrounds(roots, out, pool):
    paths = list_backgrounds(roots)
    if len(paths) < 12:
        raise SystemExit(f'{" ".join(roots)}: only {len(paths)} pictures; install Debian\'s wallpaper packages')
    ims = list(pool.imap(_load_long, [(p, BG_SIDE) for p in paths], 2))
    cut = [zlib.crc32(os.path.basename(p).encode()) % 6 == 0 for p in paths]
    _write_varied(f'{out}/bg_train', [im for im, c in zip(ims, cut) if not c])
    _write_varied(f'{out}/bg_eval', [im for im, c in zip(ims, cut) if c])
    print(f'backgrounds: {len(ims)}, {sum(cut)} of them for the test', flush=True)


def pack(data, backgrounds, out, parser):
    """parser: checkpoint or weights file of the parser that refines the scenes' landmarks."""
    os.makedirs(out, exist_ok=True)
    parser = reader.Parser(parser)
    with mp.Pool(2) as pool:
        _pack_backgrounds(backgrounds, out, pool)
        _pack_scenes(data, out, pool, parser)
        _pack_faces(data, out, 'train', pool)
        _pack_faces(data, out, 'eval', pool)


def pack_once(data, backgrounds, out, parser):
    if not os.path.exists(f'{out}/points_eval.npy'):  # written last
        pack(data, backgrounds, out, parser)


# ---------------------------------------------------------------------------------------------------- packed data

class Varied:
    """Images of different size behind one memory map."""

    def __init__(self, path):
        self.index = json.load(open(path + '.json'))
        self.data = np.memmap(path + '.u8', np.uint8, 'r')

    def __len__(self):
        return len(self.index)

    def __getitem__(self, i):
        o, h, w = self.index[i]
        return self.data[o:o + h * w * 3].reshape(h, w, 3)


class Packed:
    """The packed faces, scenes and backgrounds of one split ('train' or 'eval')."""

    def __init__(self, root, split):
        self.faces = np.load(f'{root}/faces_{split}.npy', mmap_mode='r')
        self.points = np.load(f'{root}/points_{split}.npy')
        self.scenes = Varied(f'{root}/scenes_{split}')
        self.scene_faces = json.load(open(f'{root}/scenes_{split}_faces.json'))
        self.hard = json.load(open(f'{root}/scenes_{split}_hard.json'))  # scenes with profiles, cut or hidden faces
        self.backgrounds = Varied(f'{root}/bg_{split}')
        self.ignore = json.load(open(LABELS))['ignore']


# ---------------------------------------------------------------------------------------------------- composing

def affine(a, b, tx, ty):
    """Matrix [[a, -b, tx], [b, a, ty]] as 3x3: a similarity."""
    return np.array([[a, -b, tx], [b, a, ty], [0, 0, 1.0]])


def map_points(m, p):
    return p @ m[:2, :2].T + m[:2, 2]


def warp(im, m, size, fill=None):
    """Resample so that source point p lands at m(p); reduces first where m shrinks, against aliasing."""
    scale = np.hypot(m[0, 0], m[1, 0])
    k = max(1, int(0.75 / scale)) if scale > 0 else 1
    if k > 1:
        im = im.reduce(k)
        m = m @ np.diag([k, k, 1.0])
    inv = np.linalg.inv(m)
    return im.transform(size, Image.AFFINE, tuple(inv[:2].ravel()), Image.BILINEAR, fillcolor=fill)


def procedural(rng, side):
    """Texture: coloured noise of a random scale, stripes or a gradient."""
    kind = rng.integers(4)
    if kind == 0:
        n = int(2 ** rng.uniform(1, 7))
        a = rng.integers(0, 256, (n, n, 3), np.uint8)
        return Image.fromarray(a).resize((side, side), Image.BICUBIC)
    c0, c1 = rng.uniform(0, 255, (2, 3))
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side
    th = rng.uniform(0, np.pi)
    t = x * np.cos(th) + y * np.sin(th)
    if kind == 1:
        t = 0.5 + 0.5 * np.sin(t * rng.uniform(5, 120))
    elif kind == 2:
        r = np.hypot(x - rng.uniform(), y - rng.uniform())
        t = 0.5 + 0.5 * np.sin(r * rng.uniform(5, 90))
    t = t[..., None]
    return Image.fromarray((c0 * (1 - t) + c1 * t).clip(0, 255).astype(np.uint8))


def random_view(rng, im, side, lo=0.35):
    """A random crop of an array, brought to side x side."""
    h, w = im.shape[:2]
    c = int(min(h, w) * rng.uniform(lo, 1.0))
    x, y = rng.integers(0, w - c + 1), rng.integers(0, h - c + 1)
    return Image.fromarray(im[y:y + c, x:x + c]).resize((side, side), Image.BILINEAR)


def scene_strip(rng, data, side):
    """The larger part of a scene that lies clear of its faces, if there is one."""
    i = rng.integers(len(data.scenes))
    im = data.scenes[i]
    name, faces = data.scene_faces[i]
    if len(faces) != 1 or name in data.ignore:
        return None
    x, y, w, h = faces[0][:4]
    x0, x1 = int(max(0, x - 0.45 * w)), int(x + 1.45 * w)
    parts = [im[:, :x0], im[:, x1:], im[int(y + 1.2 * h):]]
    part = max(parts, key=lambda p: min(p.shape[:2]))
    return random_view(rng, part, side, 0.6) if min(part.shape[:2]) >= 90 else None


def background(rng, data, side):
    kind = rng.uniform()
    if kind < 0.15:
        return procedural(rng, side)
    if kind < 0.45:
        im = scene_strip(rng, data, side)
        if im is not None:
            return im
    return random_view(rng, data.backgrounds[rng.integers(len(data.backgrounds))], side)


def relight(rng, im):
    """Gamma, gain per channel and side light on one PIL picture."""
    a = np.asarray(im).astype(np.float32) / 255
    a = a ** rng.uniform(0.55, 1.7) * rng.uniform(0.6, 1.25) * rng.uniform(0.85, 1.15, 3).astype(np.float32)
    if rng.uniform() < 0.3:
        ramp = np.linspace(rng.uniform(0.25, 1), 1, a.shape[1], dtype=np.float32)
        a = a * (ramp if rng.uniform() < 0.5 else ramp[::-1])[None, :, None]
    return Image.fromarray((a * 255).clip(0, 255).astype(np.uint8))


_MATTES = {}


def matte(rng, side):
    """Alpha of a face crop: the head's oval, the oval with shoulders, or the whole crop."""
    kind = int(rng.choice(4, p=[0.3, 0.2, 0.2, 0.3]))
    if (kind, side) not in _MATTES:
        m = Image.new('L', (side, side), 255 if kind == 3 else 0)
        d, k = ImageDraw.Draw(m), side / 512
        rx, ry = ((165, 225), (150, 205), (215, 250), (0, 0))[kind]
        d.ellipse([(256 - rx) * k, (268 - ry) * k, (256 + rx) * k, (268 + ry) * k], fill=255)
        if kind == 2:
            d.ellipse([-0.1 * side, 0.82 * side, 1.1 * side, 1.9 * side], fill=255)
        if kind < 3:
            m = m.filter(ImageFilter.GaussianBlur((10, 3, 6)[kind] * k))
        _MATTES[kind, side] = m
    return _MATTES[kind, side]


def boxes_overlap(a, b):
    """Intersection over the smaller area."""
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return 0.0 if w <= 0 or h <= 0 else w * h / min(a[2] * a[3], b[2] * b[3])


def place(rng, points, height, angle, w, h):
    """Similarity from the 512 crop to the picture giving a box of that height, wholly or mostly inside."""
    k = height / (2 * BOX_HALF_H)
    a, b = k * np.cos(angle), k * np.sin(angle)
    m = affine(a, b, 0, 0)
    box = box_of_landmarks(map_points(m, points))
    spare = 0.12 if rng.uniform() < 0.25 else 0.0  # a quarter may be cut by the border
    lo_x, hi_x = -spare * box[2], w - box[2] * (1 - spare)
    lo_y, hi_y = -spare * box[3], h - box[3] * (1 - spare)
    if hi_x <= lo_x or hi_y <= lo_y:
        return None
    m[0, 2], m[1, 2] = rng.uniform(lo_x, hi_x) - box[0], rng.uniform(lo_y, hi_y) - box[1]
    return m


def occlude(rng, im, box, data):
    """A bar or blob of other texture over part of one face, never over most of it."""
    x, y, w, h = box
    ow, oh = w * rng.uniform(0.15, 0.9), h * rng.uniform(0.12, 0.35)
    if rng.uniform() < 0.4:
        ow, oh = w * rng.uniform(0.12, 0.3), h * rng.uniform(0.3, 0.9)
    ox, oy = x + rng.uniform(-0.3, 1.0) * (w - 0.5 * ow), y + rng.uniform(-0.2, 1.0) * (h - 0.3 * oh)
    ow, oh = max(2, int(ow)), max(2, int(oh))
    tex = random_view(rng, data.backgrounds[rng.integers(len(data.backgrounds))], max(ow, oh), 0.1)
    tex = tex.crop((0, 0, ow, oh))
    mask = Image.new('L', (ow, oh), 0)
    draw = ImageDraw.Draw(mask)
    (draw.ellipse if rng.uniform() < 0.5 else draw.rectangle)([0, 0, ow - 1, oh - 1], fill=255)
    im.paste(tex, (int(ox), int(oy)), mask)


def paste_face(rng, im, data, m, i, flip):
    """Paste crop i through the similarity m (from 512-crop pixels)."""
    crop = Image.fromarray(np.asarray(data.faces[i]))
    side = crop.width
    if flip:
        crop = crop.transpose(Image.FLIP_LEFT_RIGHT)
    if rng.uniform() < 0.7:
        crop = relight(rng, crop)
    corners = map_points(m, np.array([[0, 0], [512, 0], [512, 512], [0, 512.0]]))
    x0, y0 = np.floor(corners.min(0)).astype(int) - 1
    x1, y1 = np.ceil(corners.max(0)).astype(int) + 1
    x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, im.width), min(y1, im.height)
    if x1 <= x0 or y1 <= y0:
        return
    t = np.eye(3)
    t[:2, 2] = -x0, -y0
    mm = t @ m @ np.diag([512 / side, 512 / side, 1.0])
    rgba = crop.copy()
    rgba.putalpha(matte(rng, side))
    patch = warp(rgba, mm, (int(x1 - x0), int(y1 - y0)), (0, 0, 0, 0))
    im.paste(patch.convert('RGB'), (int(x0), int(y0)), patch.getchannel('A'))


def distract(rng, im, data):
    """Texture cut out like a face: the outline of a pasted patch must not mean a face."""
    for _ in range(rng.integers(1, 4)):
        side = int(np.exp(rng.uniform(np.log(16), np.log(0.6 * im.height))))
        if rng.uniform() < 0.35:
            skin = np.array([200, 150, 120.0]) * rng.uniform(0.35, 1.2)
            tex = Image.new('RGB', (side, side), tuple(int(v) for v in skin.clip(0, 255)))
        else:
            tex = background(rng, data, side)
        mask = matte(rng, 192).resize((side, side), Image.BILINEAR)
        angle = rng.uniform(-45, 45)
        mask, tex = mask.rotate(angle), tex.rotate(angle)
        im.paste(tex, (int(rng.integers(-side // 3, im.width)), int(rng.integers(-side // 3, im.height))), mask)


def compose(rng, data, w, h, lo=11.0, hi=0.9, most=6, uniform=False):
    """Faces pasted over a background: (PIL picture, [box + landmarks + kind])."""
    im = background(rng, data, max(w, h)).crop((0, 0, w, h))
    if rng.uniform() < 0.4:
        distract(rng, im, data)
    out, count = [], 1 + min(most - 1, int(rng.exponential(2.5)))
    for _ in range(count):
        i = int(rng.integers(len(data.faces)))
        top = hi * h if count == 1 or uniform else hi * h / 2
        height = float(np.exp(rng.uniform(np.log(lo), np.log(top))))
        angle = rng.normal(0, 0.14) if rng.uniform() < 0.5 else rng.uniform(-0.82, 0.82)
        flip = rng.uniform() < 0.5
        p = data.points[i].astype(np.float64)
        p = flip_points(p, 512.0) if flip else p
        m = place(rng, p, height, angle, w, h)
        if m is None:
            continue
        q = map_points(m, p)
        box = box_of_landmarks(q)
        around = box + np.array([-0.25, -0.25, 0.5, 0.5]) * np.array([box[2], box[3]] * 2)
        if any(boxes_overlap(around, f[:4]) > 0.08 for f in out):
            continue
        paste_face(rng, im, data, m, i, flip)
        if rng.uniform() < 0.15:
            occlude(rng, im, box, data)
        out.append(np.concatenate([box, q.ravel(), [1.0]]))
    return im, out


def visible(box, w, h):
    """Share of the box inside the picture."""
    iw = min(box[0] + box[2], w) - max(box[0], 0)
    ih = min(box[1] + box[3], h) - max(box[1], 0)
    return max(iw, 0) * max(ih, 0) / (box[2] * box[3])


def scene_view(rng, data, i, w, h, turn=0.6, zoom_in=False):
    """A real scene through a random similarity: (PIL picture, faces); boxes follow their landmarks.

    zoom_in: some faces larger than the view (kind 3), for the fine pass meets them and must not take an eye for a face.
    """
    arr = data.scenes[i]
    name, faces = data.scene_faces[i]
    sh, sw = arr.shape[:2]
    im = Image.fromarray(np.asarray(arr))
    flip = rng.uniform() < 0.5
    if flip:
        im = im.transpose(Image.FLIP_LEFT_RIGHT)
    focus = np.array(faces[rng.integers(len(faces))])
    huge = zoom_in and rng.uniform() < 0.25
    height = float(np.exp(rng.uniform(np.log(14), np.log(0.9 * h)))) if not huge else h * rng.uniform(1.0, 2.6)
    scale = min(height / focus[3], 6.0 if huge else 2.2)
    angle = rng.normal(0, 0.06) if rng.uniform() < 0.6 else rng.uniform(-turn, turn)
    cx, cy = focus[0] + focus[2] / 2, focus[1] + focus[3] / 2
    cx = sw - cx if flip else cx
    m = affine(scale * np.cos(angle), scale * np.sin(angle), 0, 0)
    c = map_points(m, np.array([[cx, cy]]))[0]
    fh = scale * focus[3] * (0.5 if not huge else 0.1)
    room_x, room_y = max(w - 2 * fh, 1), max(h - 2 * fh, 1)
    m[0, 2] = (w - room_x) / 2 + rng.uniform() * room_x - c[0]
    m[1, 2] = (h - room_y) / 2 + rng.uniform() * room_y - c[1]
    view = warp(im.convert('RGBA'), m, (w, h), (0, 0, 0, 0))
    if rng.uniform() < 0.3:
        under = Image.new('RGB', (w, h), tuple(int(v) for v in rng.integers(0, 256, 3)))
    else:
        under = background(rng, data, max(w, h)).crop((0, 0, w, h))
    under.paste(view.convert('RGB'), (0, 0), view.getchannel('A'))
    view = under
    out = []
    for f in faces:
        p = np.array(f[4:]).reshape(5, 2)
        b = np.array(f[:4])
        p = flip_points(p, sw) if flip else p
        b[0] = sw - b[0] - b[2] if flip else b[0]
        out.append(_turned(m, b, p, scale, angle))
    for b in data.ignore.get(name, []):
        b = np.array(b, float)
        b[0] = sw - b[0] - b[2] if flip else b[0]
        out.append(_turned(m, b, None, scale, angle))
    out = [f for f in out if visible(f, w, h) > 0.05]
    for f in out:
        if f[3] > 1.02 * h and f[14] == 1:
            f[14] = 3.0
        elif visible(f, w, h) < 0.55:
            f[14] = 2.0
    return view, out


def _turned(m, box, points, scale, angle):
    """Map a box: its ellipse turned by the angle; kind 2 (ignored) without landmarks."""
    c = map_points(m, np.array([[box[0] + box[2] / 2, box[1] + box[3] / 2]]))[0]
    rw, rh = box[2] / 2 * scale, box[3] / 2 * scale
    bw = np.hypot(rw * np.cos(angle), rh * np.sin(angle))
    bh = np.hypot(rh * np.cos(angle), rw * np.sin(angle))
    q = np.zeros(10) if points is None else map_points(m, points).ravel()
    return np.concatenate([[c[0] - bw, c[1] - bh, 2 * bw, 2 * bh], q, [2.0 if points is None else 1.0]])


# ---------------------------------------------------------------------------------------------------- degradation

LEVELS = {  # blur sigma and reduction at a 512 crop, noise, JPEG quality: the project's three fixed levels
    'mild': ((0.5, 1.5), (1.0, 2.0), (0, 4), (75, 95)),
    'medium': ((1.5, 4.0), (3.0, 6.0), (3, 10), (50, 80)),
    'severe': ((4.0, 8.0), (8.0, 14.0), (6, 16), (30, 60)),
}


def _jpeg(im, quality):
    buf = io.BytesIO()
    im.save(buf, 'JPEG', quality=int(quality))
    buf.seek(0)
    return Image.open(buf).convert('RGB')


def degrade(rng, im, sigma, reduce, noise, quality):
    """Blur, shrink, noise, JPEG, enlarge; sigma and reduction in this picture's pixels."""
    w, h = im.size
    if sigma > 0.3:
        k = max(1, int(sigma / 1.5))  # a wide blur is cheap at a smaller size
        small = im.reduce(k) if k > 1 else im
        im = small.filter(ImageFilter.GaussianBlur(sigma / k))
        if k > 1:
            im = im.resize((w, h), Image.BILINEAR)
    if reduce > 1.05:
        im = im.resize((max(8, round(w / reduce)), max(8, round(h / reduce))), Image.BOX)
    if noise > 0.3:
        a = np.asarray(im).astype(np.float32)
        n = rng.standard_normal(a.shape[:2] + ((1,) if rng.uniform() < 0.4 else (3,)), np.float32)
        im = Image.fromarray((a + noise * n).clip(0, 255).astype(np.uint8))
    if quality < 100:
        im = _jpeg(im, quality)
    return im if im.size == (w, h) else im.resize((w, h), Image.BILINEAR)


def degrade_level(rng, im, level, height):
    """One fixed level, given the box height of the face that counts."""
    if level == 'clean':
        return im
    s, r, n, q = LEVELS[level]
    k = height / (2 * BOX_HALF_H)
    return degrade(rng, im, rng.uniform(*s) * k, max(1.0, rng.uniform(*r) * k), rng.uniform(*n), rng.uniform(*q))


def recolour(rng, im):
    """Grey, sepia, faded or recoloured whole picture."""
    kind = rng.uniform()
    if kind < 0.18:
        return im.convert('L').convert('RGB')
    if kind < 0.26:
        g = np.asarray(im.convert('L')).astype(np.float32) / 255
        lo, hi = rng.uniform(0, 90, 3), rng.uniform(150, 255, 3)
        return Image.fromarray((lo + g[..., None] * (hi - lo)).astype(np.uint8))
    return relight(rng, im) if kind < 0.55 else im


def hide_lost(im, faces, coarseness):
    """Faces that nobody could see any more (too few pixels left, or no contrast) are ignored, not learned."""
    for f in faces:
        x0, y0 = int(max(f[0], 0)), int(max(f[1], 0))
        if f[14] != 1:
            continue
        part = im.crop((x0, y0, max(x0 + 1, int(min(f[0] + f[2], im.width))), max(y0 + 1, int(min(f[1] + f[3], im.height)))))
        if f[3] / coarseness < 10.5 or np.asarray(part.convert('L')).std() < 7:
            f[14] = 2.0


def degrade_random(rng, im, faces):
    """Anything from untouched to severe, sized by one of the faces."""
    im = recolour(rng, im)
    if rng.uniform() < 0.25:
        im = _jpeg(im, rng.integers(60, 96)) if rng.uniform() < 0.5 else im
        hide_lost(im, faces, 1.0)
        return im
    height = faces[rng.integers(len(faces))][3] if faces else np.exp(rng.uniform(np.log(14), np.log(250)))
    k = height / (2 * BOX_HALF_H)
    strength = rng.uniform()
    sigma = rng.uniform(0, 8 * strength) * k if rng.uniform() < 0.7 else 0.0
    red = max(1.0, rng.uniform(1, 1 + 13 * strength) * k) if rng.uniform() < 0.6 else 1.0
    noise = rng.uniform(0, 18 * strength) if rng.uniform() < 0.6 else 0.0
    quality = rng.uniform(95 - 65 * strength, 96) if rng.uniform() < 0.7 else 100
    im = degrade(rng, im, sigma, red, noise, quality)
    hide_lost(im, faces, np.hypot(red, 1.5 * sigma))
    return im


def sample(rng, data, side):
    """One training picture: (uint8 [side, side, 3], float32 [MAX_FACES, 15])."""
    kind = rng.uniform()
    if kind < 0.48:
        im, faces = compose(rng, data, side, side)
    elif kind < 0.92:
        i = rng.choice(data.hard) if data.hard and rng.uniform() < HARD else rng.integers(len(data.scenes))
        im, faces = scene_view(rng, data, i, side, side, zoom_in=True)
        if rng.uniform() < 0.25:
            for f in faces:
                if f[14] == 1 and rng.uniform() < 0.6:
                    occlude(rng, im, f[:4], data)
    else:
        im, faces = background(rng, data, side), []
    im = degrade_random(rng, im, faces)
    lab = np.zeros((MAX_FACES, 15), np.float32)
    for j, f in enumerate(faces[:MAX_FACES]):
        lab[j] = f
    return np.asarray(im), lab


def pictures(root, side, n, seed=0):
    """n training pictures as a float tensor [n, 3, side, side] in [-1, 1]."""
    import torch
    rng, data = np.random.default_rng(seed), Packed(root, 'train')
    x = np.stack([sample(rng, data, side)[0] for _ in range(n)])
    return torch.from_numpy(x).permute(0, 3, 1, 2).float() / 127.5 - 1


# ---------------------------------------------------------------------------------------------------- ring

class Ring:
    """A ring of ready pictures in shared memory that one process fills and the trainer samples.

    Neither waits for the other: the trainer draws any filled slot, so a slow producer only means that a picture
    is seen a few times (mirrored and recoloured by the trainer).
    """

    def __init__(self, path, side, slots, create):
        mode = 'w+' if create else 'r+'
        self.images = np.memmap(path + '.img', np.uint8, mode, shape=(slots, side, side, 3))
        self.labels = np.memmap(path + '.lab', np.float32, mode, shape=(slots, MAX_FACES, 15))
        self.count = np.memmap(path + '.cnt', np.int64, mode, shape=(2,))
        self.slots, self.side = slots, side


def produce(path, root, side, slots, seed, parent, pause):
    """Fill the ring until the parent is gone."""
    import time
    os.nice(5)
    ring, data = Ring(path, side, slots, False), Packed(root, 'train')
    rng = np.random.default_rng(seed)
    while os.getppid() == parent:
        t = time.perf_counter()
        im, lab = sample(rng, data, side)
        i = int(ring.count[0] % slots)
        ring.images[i], ring.labels[i] = im, lab
        ring.count[0] += 1
        if ring.count[0] > slots // 4:  # fill fast first, then leave the core to others
            time.sleep(pause * (time.perf_counter() - t))
