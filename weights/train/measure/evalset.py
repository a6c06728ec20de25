# SPDX-License-Identifier: GPL-3.0-or-later
"""The evaluation set: split=eval of the face packs, degraded once into a cache folder.

Levels mild, medium and severe are degrade.level(); `near` is near-clean (PSNR to the clean crop above 38 dB).
Files: CACHE/<level>/<set>_<number>.png, CACHE/clean/..., CACHE/params.json. A change of the synthesiser or of the
list makes the cache again.
"""
import hashlib
import inspect
import json
import os
import shutil
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from base import data, degrade
from measure import metrics

LEVELS = ('mild', 'medium', 'severe')
NEAR = 'near'
NEAR_PSNR = 38.0


def stem(file):
    return os.path.splitext(file)[0].replace('/', '_')


def seed_of(file):
    """The seed goes with the name, so that a subset sees the same pictures as the whole."""
    return zlib.crc32(file.encode())


def near_clean(hq, seed):
    """(lq, parameters): slight blur, noise and JPEG; weaker until the PSNR is above NEAR_PSNR."""
    rng = np.random.default_rng([seed, 3])
    sigma, noise, q = rng.uniform(0, 0.5), rng.uniform(0, 1.8), rng.uniform(90, 98)
    p = dict(regime=NEAR, sigma=sigma, r=1.0, noise=noise, q=q, grey=0, blur='gauss', aspect=1.0, angle=0.0, linear=False,
             down=Image.BOX, up=Image.BICUBIC, kind='gauss', own=True, sub=0, jpeg=True, twice=False, phone='')
    for _ in range(12):
        lq = degrade.apply(hq, p, np.random.default_rng([seed, 4]))
        if metrics.psnr(lq, hq) > NEAR_PSNR:
            break
        p = dict(p, sigma=p['sigma'] * 0.6, noise=p['noise'] * 0.6, q=min(100.0, p['q'] + 2))
    return lq, p


def make(hq, level, file):
    return near_clean(hq, seed_of(file)) if level == NEAR else degrade.level(hq, level, seed_of(file))


def rows(root):
    """Rows of faces.csv with split=eval, in their order, with `stem` and `set` added."""
    out = data.face_rows(Path(root), 'eval')
    for r in out:
        r['stem'], r['set'] = stem(r['file']), r['file'].split('/')[0]
    return out


def spread(items, n):
    """n items evenly over the list, in its order (all when n is 0 or large). Nested: fewer are always a part of more."""
    if not n or n >= len(items):
        return list(items)
    taken, k = {}, 0
    while len(taken) < n:                    # van der Corput: halves, quarters, eighths, ...
        at, x, f = k, 0.0, 0.5
        while at:
            x, at, f = x + f * (at & 1), at >> 1, f / 2
        taken.setdefault(int(x * len(items)))
        k += 1
    return [items[i] for i in sorted(taken)]


def key(root):
    h = hashlib.sha256(Path(degrade.__file__).read_bytes() + inspect.getsource(near_clean).encode())
    h.update('\n'.join(r['file'] for r in rows(root)).encode())
    return h.hexdigest()


def save(img, path):
    """PNG, quick to write, complete or not there."""
    tmp = f'{path}.{os.getpid()}.part'
    Image.fromarray(img).save(tmp, 'PNG', compress_level=1)
    os.replace(tmp, path)


def read(path):
    return np.asarray(Image.open(path).convert('RGB'))


def prepare(root, cache, chosen, levels=LEVELS + (NEAR,)):
    """Fills the cache for the chosen rows. Returns {level: {stem: parameters}}."""
    cache = Path(cache)
    stamp, want = cache / 'key', key(root)
    if not stamp.exists() or stamp.read_text() != want:
        for d in LEVELS + (NEAR, 'clean'):
            shutil.rmtree(cache / d, ignore_errors=True)
        for f in ('params.json', 'inputs.json'):
            (cache / f).unlink(missing_ok=True)
        cache.mkdir(parents=True, exist_ok=True)
        stamp.write_text(want)
    store = cache / 'params.json'
    params = json.loads(store.read_text()) if store.exists() else {}
    for d in levels + ('clean',):
        (cache / d).mkdir(exist_ok=True)
    for r in chosen:
        todo = [v for v in levels if not (cache / v / f'{r["stem"]}.png').exists() or r['stem'] not in params.get(v, {})]
        clean = cache / 'clean' / f'{r["stem"]}.png'
        if not todo and clean.exists():
            continue
        hq = np.asarray(data.open_image(Path(root) / 'faces' / r['file']))
        save(hq, clean)
        for v in todo:
            lq, p = make(hq, v, r['file'])
            params.setdefault(v, {})[r['stem']] = {k: p[k] for k in ('sigma', 'r', 'noise', 'q')}
            save(lq, cache / v / f'{r["stem"]}.png')
    tmp = store.with_suffix('.part')
    tmp.write_text(json.dumps(params))
    os.replace(tmp, store)
    return params
