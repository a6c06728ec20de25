# SPDX-License-Identifier: GPL-3.0-or-later
"""What evaluate.py writes: Markdown tables from measured rows, and contact sheets."""
import numpy as np
from PIL import Image, ImageDraw

from measure import evalset, runners

COLUMNS = (('psnr', 'PSNR dB', '.2f'), ('ssim', 'SSIM', '.4f'), ('identity', 'identity', '.4f'), ('taught', '128-D', '.4f'),
           ('person', '128-D, centred', '.3f'), ('sharp', 'gradient energy', '.3f'),
           ('ldm', 'LDm', '.1f'), ('kdm', 'KDm', '.0f'), ('colour', 'ΔE to clean', '.2f'), ('cast', 'ΔE to input', '.2f'), ('niqe', 'NIQE (own fit)', '.2f'))
IDENTITY = ('Identity is the cosine of two face descriptors, restored against clean: 1024-D features of a network that training never sees '
            '(witness.py; two different people: .37, the same person neutral and smiling: .92). "128-D" is the descriptor that is also a loss of the generator '
            '(identity.py), so it flatters; plain (different people: .84) and with the mean descriptor of clean training faces taken off.\n')
JUDGED = ('LDm is a perceptual distance to the clean face, KDm a distance between the sets of restored and clean faces, both by a network that training '
          'never sees (percept/judge.py; 0 is best; LDm favours blur, KDm detail).\n')
ORDER = ('input', 'auto', '0', '0.25', '0.5', '0.75', '1')


def pick(rows, **want):
    return [r for r in rows if all(r[k] == v for k, v in want.items())]


def mean(rows, key):
    v = [r[key] for r in rows if key in r and np.isfinite(r[key])]
    return float(np.mean(v)) if v else float('nan')


def gain(rows, level, w, key, stems=None):
    """Mean of output minus input over the images that have both."""
    base = {r['stem']: r[key] for r in pick(rows, level=level, w='input') if key in r}
    d = [r[key] - base[r['stem']] for r in pick(rows, level=level, w=w)
         if key in r and r['stem'] in base and (stems is None or r['stem'] in stems)]
    return float(np.mean(d)) if d else float('nan')


def text(v, form):
    return '-' if v != v else format(v, form)


def table(head, body):
    return '\n'.join('| ' + ' | '.join(r) + ' |' for r in [head, ['---'] * len(head)] + body) + '\n'


def line(rows, level):
    """One progress line of a level."""
    g = lambda k: text(gain(rows, level, 'auto', k), '+.3f')
    return (f'{level}: auto PSNR {text(mean(pick(rows, level=level, w="auto"), "psnr"), ".2f")} ({g("psnr")}), identity {g("identity")}, '
            f'sharpness auto {text(mean(pick(rows, level=level, w="auto"), "sharp"), ".3f")}, '
            f'at .5 {text(mean(pick(rows, level=level, w="0.5"), "sharp"), ".3f")}')


def level_table(rows, level):
    body = []
    for w in ORDER:
        part = pick(rows, level=level, w=w)
        if part:
            name = {'input': 'input (= bicubic)', 'auto': 'w auto'}.get(w, f'w {w}')
            body.append([name, str(len(part)), *(text(mean(part, k), f) for k, _, f in COLUMNS),
                         '' if w == 'input' else f'{text(gain(rows, level, w, "psnr"), "+.2f")} dB, {text(gain(rows, level, w, "identity"), "+.4f")}, '
                         f'{text(gain(rows, level, w, "taught"), "+.4f")}'])
    return table(['', 'images', *(n for _, n, _ in COLUMNS), 'over the input: PSNR, identity, 128-D'], body)


def near_table(rows):
    body = []
    base = {r['stem']: r['psnr'] for r in pick(rows, level='near', w='input')}
    for w in ('auto', '1'):
        part = [r for r in pick(rows, level='near', w=w) if base[r['stem']] > evalset.NEAR_PSNR]
        if part:
            kept = np.array([r['kept'] for r in part])
            body.append([f'w {w}', str(len(part)), f'{kept.mean():.2f}', f'{kept.min():.2f}', f'{100 * (kept >= evalset.NEAR_PSNR).mean():.0f} %',
                         text(mean(part, 'psnr') - np.mean([base[r['stem']] for r in part]), '+.2f')])
    return table(['near-clean input', 'images', 'PSNR to input, mean', 'least', 'share >= 38 dB', 'PSNR to clean over the input'], body)


def groups(rows):
    """Per set and kind, medium level: gains at auto, gradient energy at w = .5."""
    body = []
    names = [('kind', k) for k in sorted({r['kind'] for r in rows})] + [('set', k) for k in sorted({r['set'] for r in rows})]
    extra = sorted({k for r in rows for k in r if k.startswith('is ')})
    names += [(k, v) for k in extra for v in sorted({r[k] for r in rows if k in r})]
    for key, value in names:
        part = [r for r in rows if r.get(key) == value]
        cells = []
        for v in evalset.LEVELS:
            cells += [text(gain(part, v, 'auto', 'psnr'), '+.2f'), text(gain(part, v, 'auto', 'identity'), '+.4f')]
        n = len(pick(part, level='medium', w='auto'))
        body.append([f'{key} {value}', str(n), *cells, text(mean(pick(part, level='medium', w='0.5'), 'sharp'), '.3f')])
    head = ['group', 'images'] + [f'{v} {k}' for v in evalset.LEVELS for k in ('PSNR', 'identity')] + ['medium gradient energy, w .5']
    return table(head, body)


def share(rows, level, key):
    """Mean at auto over mean of the input, of the same images."""
    stems = {r['stem'] for r in pick(rows, level=level, w='auto')}
    return mean(pick(rows, level=level, w='auto'), key) / mean([r for r in pick(rows, level=level, w='input') if r['stem'] in stems], key)


def pipeline(rows):
    """What users get: the crops as whole photos through detector, alignment and matte."""
    body = []
    for level in evalset.LEVELS:
        if pick(rows, level=level):
            body.append([level, text(gain(rows, level, 'auto', 'psnr'), '+.2f'), text(gain(rows, level, 'auto', 'identity'), '+.4f'),
                         text(share(rows, level, 'ldm'), '.2f'), text(share(rows, level, 'kdm'), '.2f')])
    out = ['The same faces through the whole pipeline (detector, alignment, matte), auto fidelity, over the input:\n',
           table(['', 'PSNR dB', 'identity', 'LDm, share of the input\'s', 'KDm, share of the input\'s'], body)]
    for level in evalset.LEVELS:
        if pick(rows, level=level):
            out += [f'**{level}, pipeline**\n', level_table(rows, level)]
    return out


def monotone(values, falling=False):
    v = [-x for x in values] if falling else list(values)
    return all(b >= a for a, b in zip(v, v[1:]))


def targets(result):
    """The figures asked for and whether they are reached."""
    rows, body = result['rows'], []

    def add(what, value, limit, form, least=True):
        if value == value:
            body.append([what, text(value, form), f'{">=" if least else "<="} {limit:g}', 'yes' if (value >= limit if least else value <= limit) else '**no**'])

    for v, p, i in (('mild', -0.1, -0.005), ('medium', 1.0, 0.01), ('severe', 1.0, 0.05)):
        add(f'{v}: PSNR over the input, auto, dB', gain(rows, v, 'auto', 'psnr'), p, '+.2f')
        add(f'{v}: identity over the input, auto', gain(rows, v, 'auto', 'identity'), i, '+.4f')
        add(f'{v}: the same by the 128-D descriptor, which training uses', gain(rows, v, 'auto', 'taught'), i, '+.4f')
    for v, s in (('medium', 0.7), ('severe', 0.6)):
        add(f'{v}: gradient energy / clean, w = .5', mean(pick(rows, level=v, w='0.5'), 'sharp'), s, '.3f')
    near = [r['kept'] for r in pick(rows, level='near', w='auto')]
    add('near-clean: share with output within 38 dB of the input, %', 100 * float(np.mean(np.array(near) >= 38)) if near else float('nan'), 100, '.0f')
    for v in evalset.LEVELS:
        add(f'{v}: ΔE of the 32x32 reduction to the clean face, auto', mean(pick(rows, level=v, w='auto'), 'colour'), 1.5, '.2f', False)
        add(f'{v}: ΔE of the 32x32 reduction to the input, auto', mean(pick(rows, level=v, w='auto'), 'cast'), 1.5, '.2f', False)
    if 'smooth' in result:
        add('largest mean |out(w) - out(w\')| at |w - w\'| = .1, medium', result['smooth']['largest'], 0.1, '.4f', False)
    for v in evalset.LEVELS:
        at = {k: [mean(pick(rows, level=v, w=w), k) for w in ORDER[2:] if pick(rows, level=v, w=w)] for k in ('psnr', 'sharp')}
        if len(at['psnr']) > 2:
            ok = [monotone(at['psnr']), monotone(at['sharp'], True)]
            body.append([f'{v}: PSNR rises with w; gradient energy falls with w', ', '.join('yes' if k else 'no' for k in ok), 'yes, yes',
                         'yes' if all(ok) else '**no**'])
    return table(['measured', 'value', 'asked', 'reached'], body)


def markdown(result):
    rows = result['rows']
    part = [IDENTITY, JUDGED, f'{result["images"]} images of split=eval per level at auto fidelity, {result["sweep"]} at each fixed w; '
            f'runner: {result["runner"]}, {result["seconds"]:.2f} s per face.\n', targets(result)]
    for v in evalset.LEVELS:
        if pick(rows, level=v):
            part += [f'**{v}**\n', level_table(rows, v)]
    if pick(rows, level='near'):
        part.append(near_table(rows))
    if result.get('pipeline'):
        part += pipeline(result['pipeline'])
    part += ['Per group, over the input at auto fidelity:\n', groups(rows)]
    if 'smooth' in result:
        s = result['smooth']
        part.append(f'|out(w) - out(w\')| at |w - w\'| = .1, {s["level"]}, {s["images"]} images: mean {s["mean"]:.4f}, largest {s["largest"]:.4f}.\n')
    return '\n'.join(part)


# ------------------------------------------------------------------ sheets
def labelled(columns, rows, tile, path):
    """rows: (name, [image or None per column]) -> one PNG with a head line."""
    bar = 14
    canvas = Image.new('RGB', (tile * len(columns), bar + tile * len(rows)), (32, 32, 32))
    pen = ImageDraw.Draw(canvas)
    for i, c in enumerate(columns):
        pen.text((i * tile + 4, 1), c, fill=(255, 255, 255))
    for j, (name, images) in enumerate(rows):
        for i, img in enumerate(images):
            if img is not None:
                canvas.paste(Image.fromarray(img).resize((tile, tile), Image.BOX if img.shape[0] % tile == 0 else Image.LANCZOS),
                             (i * tile, bar + j * tile))
        pen.text((4, bar + j * tile + 2), name, fill=(255, 255, 0))
    canvas.save(path)


def sheet(runner, level, chosen, sweep, path, tile=256):
    """Clean, input, auto and three fixed w of the chosen rows."""
    ws = [w for w in (None, 0.0, 0.5, 1.0) if w is None or w in sweep]
    rows = []
    for r in chosen:
        s = r['stem']
        img = [evalset.read(runner.cache / d / f'{s}.png') for d in ('clean', level)]
        img += [evalset.read(runner.path(level, w, s)) if runner.path(level, w, s).exists() else None for w in ws]
        rows.append((s, img))
    labelled(['clean', f'input ({level})'] + [f'w {runners.name_of(w)}' for w in ws], rows, tile, path)


def worst(rows, runner, path, most=20):
    """The faces that auto fidelity serves worst: those whose LDm falls least, or rises. Clean, input, output."""
    base = {(r['level'], r['stem']): r['ldm'] for r in pick(rows, w='input')}
    found = sorted(((r['ldm'] - base[r['level'], r['stem']], r) for r in pick(rows, w='auto') if r['level'] != evalset.NEAR), key=lambda p: -p[0])
    tiles = [(f'{r["level"]} {r["stem"]} LDm {d:+.1f}', [evalset.read(f) for f in (
        runner.cache / 'clean' / f'{r["stem"]}.png', runner.cache / r['level'] / f'{r["stem"]}.png', runner.path(r['level'], None, r['stem']))])
        for d, r in found[:most]]
    if tiles:
        labelled(['clean', 'input', 'auto'], tiles, 256, path)


def face_sheet(photos, columns, path, tile=256, most=3):
    """The faces of restored photos: before and after, one face a row, at most `most` per photo."""
    rows = []
    for name, before, after, faces in photos:
        for x, y, side in sorted(faces, key=lambda f: -f[2])[:most]:
            cut = lambda im: np.asarray(im.transform((tile, tile), Image.AFFINE, (side / tile, 0, x, 0, side / tile, y), Image.BICUBIC))
            rows.append((f'{name} {side / 1.7:.0f} px', [cut(im) for im in [before] + after]))
    if rows:
        labelled(columns, rows, tile, path)
