# SPDX-License-Identifier: GPL-3.0-or-later
"""Smoke test of the shape and generative priors: meshes, model, pose, pictures, the phases some steps, export and back. Called by ../smoke.py."""
import math

import numpy as np
import torch

import export
import percept.smoke
import warm
from base import common, files, st
from sgpn import crops, features, head, measure, mesh, networks, raster, samples, shape
from sgpn.arch import ARCH, PARSER, SHAPE

PAIRS = ((33, 263), (133, 362), (61, 291))      # mirror twins that others look at; 1 and 4 are their own
RINGS = dict(eye_image_left=list(range(5, 21)), eye_image_right=list(range(21, 37)), lips_inner=list(range(40, 60)))


def made_up(n, rng, known):
    """(meshes f16 [n,468,3], tables) of bulging heads; known: index -> x, y."""
    own = [1, 4, *(i for p in PAIRS for i in p)]
    rest = [i for i in range(mesh.POINTS) if i not in own]
    mirror, flat = np.arange(mesh.POINTS), np.zeros((mesh.POINTS, 2))
    for a, b in (*PAIRS, *zip(rest[::2], rest[1::2])):
        mirror[a], mirror[b] = b, a
        r, t = np.sqrt(rng.random()), rng.uniform(-math.pi / 2, math.pi / 2)
        flat[a], flat[b] = (256 - 120 * r * math.cos(t), 290 + 150 * r * math.sin(t)), (256 + 120 * r * math.cos(t), 290 + 150 * r * math.sin(t))
    for i, p in known.items():
        flat[i] = p
    deep = -90 * np.sqrt(np.clip(1.1 - ((flat[:, 0] - 256) / 125) ** 2 - ((flat[:, 1] - 290) / 155) ** 2, 0, None))
    from scipy.spatial import Delaunay
    base, triangles = np.column_stack([flat, deep]), Delaunay(flat + rng.normal(0, 1e-3, flat.shape)).simplices
    a, b, c = (flat[triangles[:, k]] for k in range(3))
    turn = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    triangles[turn > 0] = triangles[turn > 0][:, ::-1]
    wave = rng.normal(0, 3, (n, 6))
    out = np.stack([base + np.column_stack([w[0] + w[1] * np.sin(flat[:, 1] / 40), w[2] + w[3] * np.cos(flat[:, 0] / 50), w[4] * deep / 40]) for w in wave])
    return out.astype(np.float16), dict(mirror=mirror.tolist(), triangles=triangles.tolist(), ibug68=list(range(68)), **RINGS)


def moving():
    """A mesh goes with its crop: a point lies where the moved picture shows what it lay on. Mirroring twice is nothing."""
    rng = np.random.default_rng(4)
    spot = np.zeros((128, 128, 3), np.uint8)
    spot[80:84, 40:44] = 255
    point = np.zeros((1, 3), np.float32)
    point[0] = 42 * 4, 82 * 4, 10
    for _ in range(5):
        m = crops.draw(rng, 128)
        cut = crops.cut(spot, m, 2).astype(np.float64)[..., 0]
        y, x = ((cut * g).sum() / cut.sum() + .5 for g in np.mgrid[:128, :128])
        got = mesh.moved(point, m, 128)[0]
        assert abs(got[0] - 4 * x) < 1 and abs(got[1] - 4 * y) < 1, (got, 4 * x, 4 * y)
    t = crops.TEMPLATE
    assert np.allclose(crops.of_landmarks(t + 128, 128), [[1, 0, 0], [0, 1, 0]], atol=1e-6)
    m = crops.matrix(1.1, 5, 8, -6, 512)
    seen = (t - .5) @ m[:, :2].T + m[:, 2] + .5         # where the old crop has what the new one shows at the template
    assert np.allclose(crops.of_landmarks(seen), m, atol=1e-6)


def model(root):
    """The model gives back what it was made of; pose gives back the turn; a mirrored head looks the other way."""
    tables, (points, good) = mesh.Tables(root), mesh.of_faces(root, 'train')
    assert good.all() and np.array_equal(mesh.mirrored(mesh.mirrored(points, tables.mirror), tables.mirror), points)
    own = shape.of_training(root)
    flat, deep = mesh.errors(own.decode(own.encode(points)), points)
    assert deep.max() < 1 and abs(own.modes @ own.modes.T - np.eye(len(own.modes))).max() < 1e-4
    face = points[0]
    for yaw, pitch, roll in ((0, 0, 0), (25, 0, 0), (0, -15, 0), (0, 0, 8), (-40, 10, 5)):
        y, p, r = np.radians((yaw, pitch, roll))
        # the nose, at smaller z, goes right, up, and clockwise
        turn = np.array([[math.cos(r), -math.sin(r), 0], [math.sin(r), math.cos(r), 0], [0, 0, 1]]) @ \
            np.array([[math.cos(y), 0, -math.sin(y)], [0, 1, 0], [math.sin(y), 0, math.cos(y)]]) @ \
            np.array([[1, 0, 0], [0, math.cos(p), math.sin(p)], [0, -math.sin(p), math.cos(p)]])
        turned = face @ turn.T.astype(np.float32)
        ahead = turn @ (0, 0, -1)
        assert yaw == 0 or np.sign(ahead[0]) == np.sign(yaw)
        assert pitch == 0 or roll or np.sign(-ahead[1]) == np.sign(pitch)
        assert np.allclose(shape.pose(turned[None], face)[0], (yaw, pitch, roll), atol=.01), (yaw, pitch, roll, shape.pose(turned[None], face))


def pictures(root):
    """A mesh shows where it is, its openings are open, a broken one shows nothing."""
    tables, (points, _) = mesh.Tables(root), mesh.of_faces(root, 'train')
    photo = np.full((3, 96, 96), .2, np.float32)
    out, light = raster.render(points[0], tables.triangles, photo)
    on = (out[3:] != 0).any(0)
    assert .1 < on.mean() < .6 and np.allclose((out[3:] ** 2).sum(0)[on], 1, atol=1e-5) and (out[:, ~on] == 0).all()
    assert abs(out[:3, on].mean() - .2) < .02 and abs(light[0] - 1) < .1
    assert np.array_equal(raster.render(points[0], tables.triangles, photo)[0], out)
    assert not raster.render(points[0] * np.nan, tables.triangles, photo)[0].any()


def numbers(parser):
    """Features are as many as they say, and what they say of heat maps and classes is so."""
    reader = features.Reader(parser, torch.device('cpu'))
    x = torch.rand(1, 3, reader.size, reader.size) * 2 - 1
    y = reader(x, exact=True)
    assert y.shape == (1, reader.count) and torch.equal(y, reader(torch.nn.functional.interpolate(x, scale_factor=2, mode='nearest'), exact=True))
    want = reader.net(x)
    assert torch.allclose(y[:, -features.DAMAGE:], want[1].clamp(0, 1), atol=1e-5)
    spot = torch.full((1, 5, 16, 16), -20.0)
    spot[0, 2, 4, 12] = 10
    got = features.centroids(spot)[0]
    assert torch.allclose(got[4:6], torch.tensor([12.5, 4.5]) / 16, atol=1e-3), got


def folding():
    """The deploy form computes the same of raw features; it is a linear regression where nothing else was learned."""
    torch.manual_seed(3)
    net = head.build(dict(head.CONFIG, features=30, triangles=4, modes=6, hidden=8))
    net.offset.normal_(), net.gain.uniform_(.5, 2), net.basis.normal_(0, 20)
    x = torch.randn(4, 30)
    with torch.no_grad():
        assert torch.allclose(net(x)[0], net.straight((x - net.offset) * net.gain))
        net.turn.weight.normal_()
        for a, b in zip(net(x), net.fold()(x)):
            assert torch.allclose(a, b, atol=1e-4)
        assert net.mesh(net(x)[0]).shape == (4, mesh.POINTS, 3)


def regression():
    """Either form of the normal equations has the same answer, and it is the true one where there is no noise."""
    rng = np.random.default_rng(5)
    true = rng.normal(0, 1, (12, 3)).astype(np.float32)
    x = rng.normal(0, 1, (40, 12)).astype(np.float32)
    x -= x.mean(0)
    w, b = head.ridge(x, x @ true + 2, 1e-3)
    assert np.allclose(w, true, atol=1e-2) and np.allclose(b, 2, atol=1e-4)
    few = x[:8]
    tall, wide = head.ridge(few, few @ true, 1.0)[0], np.linalg.solve(few.T @ few + np.eye(12), few.T @ (few @ true - (few @ true).mean(0)))
    assert np.allclose(tall, wide, atol=1e-4)


def phases(train, data, state):
    """train: of ../smoke.py."""
    short = ['--valid', 2, '--samples', 24, '--hidden', 8]
    text = train('shape', data, state, *short, '--stop-at', 2)
    assert 'straight part fitted to' in text, text
    once = torch.load(state / 'ckpt/shape/last.pt')
    assert 'resumed shape at step 2' in train('shape', data, state, *short, '--stop-at', 3) and once['step'] == 2
    measure.main([str(state / 'ckpt/shape/last.pt'), '--faces', '2', '--data', str(data), '--state', str(state)])
    faces = samples.Faces(data, state / 'shards', 256, 1)
    store, n = samples.Store(state / 'shards', faces, features.Reader(common.own_parser(state), torch.device('cpu'))), len(faces.rows)
    rounds = [[faces.face_of(r * n + i) for i in range(n)] for r in range(2)]
    assert store.done() == 24 and all(sorted(r) == list(range(n)) for r in rounds) and rounds[0] != rounds[1], 'every round is a shuffle of all faces'
    decoder(train, data, state)


def decoder(train, data, state):
    """Starts, grows without loss, leaves parts out, makes a file."""
    folder, few = state / 'ckpt' / 'sgpn', ['--valid', 1]
    train('sgpn', data, state.with_name('none'), fail='train it first')
    other = state / 'ckpt/shape/other.pt'
    torch.save(dict(torch.load(state / 'ckpt/shape/best.pt'), parser='another'), other)
    train('sgpn', data, state, '--shape', other, '--stop-at', 1, fail='another parser')
    train('sgpn', data, state, *few, '--regime', 'large', '--stop-at', 1)
    assert 'resumed sgpn at step 1' in train('sgpn', data, state, *few, '--stop-at', 2)
    small = folder / 'small.pt'
    small.write_bytes((folder / 'last.pt').read_bytes())
    train('sgpn', data, state, *few, '--res', 256, '--warm', small, '--top', 128, '--fresh', '--stop-at', 1)
    a, b = torch.load(small)['ema'], torch.load(folder / 'last.pt')['ema']
    assert all(torch.equal(v, b[k]) for k, v in a.items()) and len(b) > len(a), '--top trains what is new'
    smaller(train, data, state, few, folder)
    for part in ('render', 'affb', 'mesh', 'shape'):
        train('sgpn', data, state, *few, '--without', part, '--fresh', '--stop-at', 1)
    teachers(train, data, state, few, small)
    again(train, data, state, *written(state, small))
    net, config = ARCH.load(state.parent / 'sgpn' / 'restore-sgpn-128.safetensors')
    x, k, one = torch.rand(1, 3, 128, 128), torch.randn(1, shape.MODES), torch.ones(1)
    want = networks.build(torch.load(small)['config'])
    want.load_state_dict(a)
    with torch.no_grad():
        have, want = (n(x, torch.zeros(1, 6, 128, 128), k, one, one)[128] for n in (net, want))
    assert float((have - want).abs().max()) < 5e-3 and config['size'] == 128


def smaller(train, data, state, few, folder):
    """A network goes on at a smaller size, and what was learned there goes back into it."""
    large, less = folder / 'large.pt', folder / 'less.pt'
    large.write_bytes((folder / 'last.pt').read_bytes())
    train('sgpn', data, state, *few, '--warm', large, '--fresh', '--stop-at', 1)
    less.write_bytes((folder / 'last.pt').read_bytes())
    train('sgpn', data, state, *few, '--res', 256, '--warm', large, less, '--top', 128, '--fresh', '--stop-at', 1)
    a, b, c = (torch.load(p)['ema'] for p in (large, less, folder / 'last.pt'))
    assert 'down.128.weight' not in b and 'up.256.b' not in b, 'of a smaller size'
    assert all(torch.equal(c[k], v) for k, v in b.items()) and not all(torch.equal(a[k], v) for k, v in b.items())


def teachers(train, data, state, few, small):
    """The end phase, where its package is there; it resumes with its adversary."""
    if not percept.smoke.lend(state):
        return
    more = [*few, '--warm', small, '--teachers', 1, '--stop-at']
    train('sgpn', data, state, *more, 1, '--fresh')
    assert 'resumed sgpn at step 1' in train('sgpn', data, state, *more, 2)


def refused(checkpoint, folder, words):
    try:
        export.export(checkpoint, folder)
        raise AssertionError(f'{checkpoint}: written without what it goes with')
    except files.ExportError as e:
        assert words in str(e), e


def written(state, decoder):
    """Parser, shape head, decoder: each only beside the very one that it reads the output of."""
    folder, best, other = state.parent / 'sgpn', state / 'ckpt/shape/best.pt', state / 'ckpt/shape/filed.pt'
    refused(best, folder, 'not there')
    parser = export.export(common.own_parser(state), folder)[0]
    parser = parser.rename(folder / f'{PARSER}.safetensors')
    refused(best, folder, 'another one')                # trained on the checkpoint: not quite what the file says
    torch.save(dict(torch.load(best), parser=features.Reader(parser, torch.device('cpu')).key), other)
    net, config = SHAPE.load(export.export(other, folder)[0])
    assert config['base'] == st.sha256(parser) and config['modes'] == shape.MODES and net.deploy
    odd = state / 'ckpt/shape/odd.pt'
    torch.save(dict(torch.load(decoder), shape='another'), odd)
    refused(odd, folder, 'another one')
    return folder, export.export(decoder, folder)[0]


def again(train, data, state, folder, file):
    """Files go back into checkpoints that make the same files and train on."""
    other = state.with_name('warm-sgpn')
    for path, phase in ((folder / f'{SHAPE.file}.safetensors', 'shape'), (file, 'sgpn')):
        warm.main([str(path), '--state', str(other)])
        have, want = export.deploy(torch.load(other / 'ckpt' / phase / 'last.pt'))[2], st.load(path)[0]
        assert all(torch.equal(have[k].half(), v.half()) for k, v in want.items()), phase
    options = ['--shape', other / 'ckpt/shape/last.pt', '--parser', folder / f'{PARSER}.safetensors', '--valid', 1, '--stop-at', 1]
    assert 'resumed sgpn at step 0' in train('sgpn', data, other, *options)


def generator():
    """Modulation is per-picture weights; without confidence nothing of the mesh matters; a grown network gives the smaller one's images."""
    torch.manual_seed(6)
    m, x, z = networks.Modulated(6, 5, 3, 7), torch.randn(2, 6, 8, 8), torch.randn(2, 7)
    with torch.no_grad():
        for i in range(2):
            w = m.weight * m.scale(z[i]).view(1, -1, 1, 1)
            w = w / (w * w).sum((1, 2, 3), keepdim=True).add(1e-8).sqrt()
            assert torch.allclose(torch.nn.functional.conv2d(x[i:i + 1], w, padding=1), m(x, z)[i:i + 1], atol=1e-5)
        ch = {r: 16 for r in networks.SIZES}
        small, large = (networks.SGPN(n, ch, 8, 12, 5) for n in (128, 256))
        own, strange = networks.grown(small.state_dict(), large)
        large.load_state_dict(own)
        x, r, k, one = torch.rand(1, 3, 256, 256), torch.randn(1, 6, 128, 128), torch.randn(1, 5), torch.ones(1)
        a, b = small(torch.nn.functional.avg_pool2d(x, 2), r, k, one, one), large(x, r, k, one, one)
        assert not strange and max(float((a[n] - b[n]).abs().max()) for n in a) < 1e-5 and 256 in b
        assert torch.equal(small(x[..., :128, :128], r, k, one, 0 * one)[128], small(x[..., :128, :128], -r, 2 * k, one, 0 * one)[128])
        assert not torch.equal(small(x[..., :128, :128], r, k, one, one)[128], small(x[..., :128, :128], -r, k, one, one)[128])
    assert float(small.masks()[64].min()) >= 0


def run(train, data, state):
    for part in (moving, folding, regression, generator):
        part()
    model(data), pictures(data), numbers(common.own_parser(state))
    phases(train, data, state)
