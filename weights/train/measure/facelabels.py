# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups of evaluation faces that no list gives: glasses and skin tone, from the clean crop and our parser's map.

Glasses: class 3 covers more than 1 % of the crop. Skin tone: individual typology angle atan((L - 50) / b) of the median
Lab colour of the skin; above 41 degrees light, below 10 dark, else medium. It is the tone in the picture: light and
make-up count as well.
"""
import json
import os
from pathlib import Path

import numpy as np
import torch

from base import data
from base.layers import down2
from measure import evalset, metrics

SKIN, GLASSES = 1, 3


@torch.no_grad()
def label(net, img):
    prob = torch.softmax(net(down2(data.tensor([img])))[0], 1)[0].numpy()
    small = img.reshape(128, 4, 128, 4, 3).mean((1, 3)) / 255
    skin = metrics.lab(small[prob[SKIN] > 0.9]) if (prob[SKIN] > 0.9).sum() > 100 else None
    out = {'is glasses': 'yes' if (prob.argmax(0) == GLASSES).mean() > 0.01 else 'no'}
    if skin is not None:
        l, _, b = np.median(skin, axis=0)
        angle = float(np.degrees(np.arctan2(l - 50, b)))
        out['is skin'] = 'light' if angle > 41 else ('medium' if angle >= 10 else 'dark')
    return out


def of(net, key, cache, chosen):
    """{stem: labels}, remembered in the cache per parser (key)."""
    store = Path(cache) / 'labels.json'
    known = json.loads(store.read_text()) if store.exists() else {}
    if known.get('parser') != key:
        known = {'parser': key, 'faces': {}}
    for r in chosen:
        if r['stem'] not in known['faces']:
            known['faces'][r['stem']] = label(net, evalset.read(Path(cache) / 'clean' / f'{r["stem"]}.png'))
    tmp = store.with_suffix('.part')
    tmp.write_text(json.dumps(known))
    os.replace(tmp, store)
    return known['faces']
