#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""test_cli.py REVISAGE TOOL MORE FEW SOURCE SANITIZED CLASS: runs the command line as a user does, on tiny networks of random weights."""
import hashlib
import json
import math
import os
import pty
import random
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

REVISAGE, TOOL, MORE, FEW = (os.path.abspath(program) for program in sys.argv[1:5])
SOURCE, SANITIZED = sys.argv[5], sys.argv[6] == 'yes'
HERE = os.path.join(SOURCE, 'tests', 'cli')
PHOTO = os.path.join(SOURCE, 'tests', 'data', 'astronaut.png')
BOX = '--box=180,60,90,110'
TYPES = {1: 0, 2: 4, 3: 2, 4: 6}


def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))


def png(width, height, channels, bits, pixels, extra=b''):
    """A PNG file from packed rows (16-bit: big-endian)."""
    row = width * channels * bits // 8
    raw = b''.join(b'\0' + pixels[y * row:(y + 1) * row] for y in range(height))
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, bits, TYPES[channels], 0, 0, 0)) + extra
            + chunk(b'IDAT', zlib.compress(raw)) + chunk(b'IEND', b''))


def put(path, data):
    with open(path, 'wb') as f:
        f.write(data)
    return path


def get(path):
    with open(path, 'rb') as f:
        return f.read()


def dump(path):
    """(width, height, channels, bits, metadata numbers, pixels in host order) of a picture file."""
    done = subprocess.run([TOOL, 'dump', path], capture_output=True, check=True).stdout
    line, pixels = done.split(b'\n', 1)
    n = [int(v) for v in line.split()]
    return n[0], n[1], n[2], n[3], n[4:], pixels


def jpeg(path, width, height, channels, pixels, orientation=0, notes=0):
    args = [TOOL, 'jpeg'] + [str(v) for v in (width, height, channels, orientation, notes)]
    return put(path, subprocess.run(args, input=pixels, capture_output=True, check=True).stdout)


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix='rvs-cli-')
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.weights = os.path.join(HERE, 'weights')

    def path(self, name):
        return os.path.join(self.dir, name)

    def env(self):
        env = {k: v for k, v in os.environ.items() if not k.startswith('XDG_')}
        return dict(env, RVS_MODEL_DIR=self.weights, HOME=self.dir, LC_ALL='C')

    def run_cli(self, *args, code=0, program=REVISAGE, **more):
        """Runs it and checks the exit code, that errors are single lines, and that no temporary file stays."""
        done = subprocess.run([program, *args], capture_output=True, env=self.env(), timeout=900, **more)
        out, err = done.stdout.decode(), done.stderr.decode(errors='replace')
        self.assertEqual(done.returncode, code, f'{args}\n{out}\n{err}')
        for line in err.splitlines():
            self.assertTrue(line.startswith('revisage: '), err)
        for folder, _, names in os.walk(self.dir):
            self.assertFalse([n for n in names if n.startswith('.revisage-')], f'left behind in {folder}')
        return out, err

    def refuse(self, code, words, *args, **more):
        """One clear line on stderr, nothing on stdout."""
        out, err = self.run_cli(*args, code=code, **more)
        self.assertEqual(len(err.splitlines()), 1, err)
        self.assertIn(words, err)
        self.assertEqual(out, '')
        return err

    def photo(self, name='photo.png'):
        return shutil.copy(PHOTO, self.path(name))

    def blind(self):
        """Weights whose detector never sees a face."""
        folder = self.path('blind')
        shutil.copytree(self.weights, folder)
        shutil.copy(os.path.join(HERE, 'blind', 'detect-face.safetensors'), folder)
        os.unlink(os.path.join(folder, 'SHA256SUMS'))
        self.weights = folder
        return folder


    def formats(self):
        """The words of --format in this build."""
        out = ' '.join(self.run_cli('--help')[0].split())
        return re.split(', | or ', re.search(r'Write it as (.*?); else', out).group(1))


class Options(Case):
    def test_help(self):
        out, err = self.run_cli('--help')
        self.assertEqual(err, '')
        self.assertLessEqual(max(len(line) for line in out.splitlines()), 80)
        self.assertEqual(out, self.run_cli('-h')[0])

    def test_help_and_manual_agree(self):
        out, _ = self.run_cli('--help')
        with open(os.path.join(SOURCE, 'docs', 'revisage.1'), encoding='utf-8') as f:
            manual = f.read()
        options = set(re.findall(r'^ +(?:-\w, )?--([a-z-]+)', out, re.M))
        self.assertGreater(len(options), 15)
        documented = {m.replace('\\-', '-') for m in re.findall(r'\\-\\-((?:[a-z]|\\-)+)', manual)}
        self.assertEqual(options - documented, set())
        self.assertEqual(documented - options, set())
        codes = re.findall(r'^ +(\d+)  ', out, re.M)
        self.assertEqual(codes, ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '130'])
        self.assertEqual(re.findall(r'^\.B (\d+)$', manual, re.M), codes)

    def test_version(self):
        out, _ = self.run_cli('--version')
        self.assertRegex(out, r'^Revisage \d')
        self.assertIn('kernels', out)

    def test_wrong(self):
        photo = self.photo()
        for words, args in (("unknown option '--frobnicate'", ['--frobnicate', photo]), ("unknown option '-z'", ['-z', photo]),
                            ("'1.5' is not a number from 0 to 1", ['--strength', '1.5', photo]),
                            ("'nan'", ['--strength=nan', photo]), ("'-1'", ['--fidelity', '-1', photo]),
                            ('--fidelity needs a value', [photo, '--fidelity']), ('-o needs a value', [photo, '-o']),
                            ("'0'", ['--faces', '0', photo]), ("'many'", ['--faces', 'many', photo]),
                            ("'0'", ['--threads', '0', photo]), ("'1x'", ['--threads', '1x', photo]),
                            ("'bmp'", ['--format', 'bmp', photo]), ("'xml'", ['--report', 'xml', photo]),
                            ("'1,2,3'", ['--box', '1,2,3', photo]), ("'1,2,0,9'", ['--box', '1,2,0,9', photo]),
                            ("'1,2,inf,9'", ['--box', '1,2,inf,9', photo]), ('takes no value', ['--quiet=yes', photo]),
                            ('no picture given', []), ('slash', ['--suffix', 'a/b', photo]),
                            ('--in-place cannot go with', ['--in-place', '-o', self.path('x.png'), photo]),
                            ('--box cannot go with --faces', [BOX, '--faces', '1', photo]),
                            ('--aligned cannot go with', ['--aligned', BOX, photo]),
                            ('--box needs a single picture', [BOX, photo, photo]), ('--box needs a single picture', [BOX, self.dir]),
                            ('is unclear', [photo, '-o', self.path('out')]), ('contradicts', [photo, '-o', self.path('o.jpg'), '--format', 'png']),
                            ('names one picture', [self.dir, '-o', self.path('o.png')]), ('names one picture', [photo, PHOTO, '-o', self.path('o.JPG')]),
                            ('in / for a folder', [photo, '-o', self.path('out')]), ('two results', [photo, photo]), ('is a picture that is read', [photo, '-o', photo]),
                            ('is a picture that is read', [photo, '-o', photo, '--overwrite']),
                            ('is a picture that is read', [photo, '--suffix', ''])):
            with self.subTest(args=args):
                self.refuse(2, words, *args)
        self.assertEqual(get(photo), get(PHOTO))
        self.assertEqual(os.listdir(self.dir), ['photo.png'])

    def test_links_to_the_input(self):
        photo = self.photo()
        os.symlink(photo, self.path('soft.png'))
        os.link(photo, self.path('hard.png'))
        for name in ('soft.png', 'hard.png'):
            self.refuse(2, 'is a picture that is read', photo, '--overwrite', '-o', self.path(name))
        self.assertEqual(get(photo), get(PHOTO))

    def test_end_of_options(self):
        self.refuse(3, '--strange.png: cannot be opened: No such file', '-o', self.path('x.png'), '--', '--strange.png')

    def test_names(self):
        """Where results go without --output, with --suffix and with --format."""
        photo = self.photo('a.b.png')
        self.run_cli(BOX, photo)
        self.run_cli(BOX, photo, '--suffix=_x', '--format', 'jpeg')
        os.mkdir(self.path('folder'))
        self.run_cli(BOX, photo, '-o', self.path('folder'))
        self.assertEqual(sorted(os.listdir(self.dir)), ['a.b-restored.png', 'a.b.png', 'a.b_x.jpg', 'folder'])
        self.assertEqual(os.listdir(self.path('folder')), ['a.b.png'])
        self.assertEqual(get(self.path('a.b_x.jpg'))[:2], b'\xff\xd8')

    def test_list_models(self):
        out, _ = self.run_cli('--list-models')
        for ident in ('detect-face', 'parse-face-256', 'restore-jsfm-512'):
            self.assertIn(ident, out)
        listed = {m['id']: m for m in json.loads(self.run_cli('--list-models', '--report', 'json')[0]) if not m['error']}
        sums = dict(reversed(line.split()) for line in get(os.path.join(self.weights, 'SHA256SUMS')).decode().splitlines())
        self.assertEqual(listed['restore-jsfm-512']['sha256'], sums['restore-jsfm-512.safetensors'])

    def test_full_standard_output(self):
        with open('/dev/full', 'wb') as full:
            done = subprocess.run([REVISAGE, '--help'], stdout=full, stderr=subprocess.PIPE, env=self.env())
        self.assertEqual(done.returncode, 4)
        self.assertIn(b'No space left', done.stderr)


class Systems(Case):
    """The program with the systems of tests/systems: what a row of the table does by itself, and how knobs are refused."""

    def test_last_model_wins(self):
        out = self.path('o.png')
        for args in (('/nonexistent.safetensors', 'jsfm'), ('nonsense', 'jsfm')):
            self.run_cli(PHOTO, BOX, '--overwrite', '-o', out, *(a for word in args for a in ('--model', word)))
        self.refuse(5, 'weights nonsense not found', PHOTO, BOX, '--overwrite', '-o', out, '--model', 'jsfm', '--model', 'nonsense')

    def test_a_row_appears(self):
        help_text = ' '.join(self.run_cli('--help', program=MORE)[0].split())
        self.assertIn('A word (jsfm, fill, spad, sgpn, tint, patch), the id', help_text)
        self.assertIn('A word (jsfm, fill, spad, sgpn), the id', ' '.join(self.run_cli('--help')[0].split()))
        self.assertIn('--turned WORD', self.run_cli('--help')[0])
        self.assertIn('One of auto, always, never; default auto.', ' '.join(self.run_cli('--help')[0].split()))
        self.assertIn('--model fill --hole scratches.png --then jsfm portrait.png', self.run_cli('--help')[0])
        listed = self.run_cli('--list-models', program=MORE)[0]
        self.assertRegex(listed, r'restore-tint\n  unusable: weights restore-tint not found')
        self.assertNotIn('tint', self.run_cli('--list-models')[0])
        (tint,) = [m for m in json.loads(self.run_cli('--list-models', '--report=json', program=MORE)[0]) if 'tint' in (m['error'] or '')]
        self.assertIsNone(tint['file'])
        self.refuse(5, 'weights restore-tint not found', PHOTO, BOX, '-o', self.path('o.png'), '--model', 'tint', program=MORE)
        self.refuse(5, 'weights tint not found', PHOTO, BOX, '-o', self.path('o.png'), '--model', 'tint')

    def test_a_model_that_restores_nothing(self):
        self.refuse(5, "'find-damage' is of the kind 'finder' and cannot serve as restorer; choose another model", PHOTO, BOX, '-o', self.path('o.png'),
                    '--model', 'find-damage')

    def test_knobs_that_a_system_has_not(self):
        out, folder = self.path('o.png'), self.path('folder')
        for key, value in (('texture', '1'), ('seed', '3'), ('fidelity', 'auto')):
            for args in (('--model', 'tint', '--' + key, value), ('--' + key, value, '--model', 'tint')):
                err = self.refuse(2, f"--{key} does nothing with the model 'tint'; leave it out", PHOTO, '-o', folder + '/', *args, program=MORE)
        self.assertNotIn('--strength', err)
        self.assertFalse(os.path.exists(folder))
        for args in (('--keep-colour', '1'), ('--strength', '1'), ('--faces', '1')):
            self.refuse(5, 'weights restore-tint not found', PHOTO, '-o', out, '--model', 'tint', *args, program=MORE)
        self.run_cli(PHOTO, BOX, '-o', out, '--model', 'tint', '--texture', '0.5', '--model', 'jsfm', program=MORE)

    def test_a_restorer_with_one_knob(self):
        """It restores, whatever the number of threads, and has its strength and its fidelity alone."""
        made = {}
        for name, args in (('one', ['--threads', '1', '--fidelity', '.4']), ('three', ['--threads', '3', '--fidelity', '.4']), ('none', ['--strength', '0']),
                           ('real', ['--fidelity', '0']), ('faithful', ['--fidelity', '1']), ('other', ['--model', 'jsfm', '--fidelity', '.4'])):
            self.run_cli(PHOTO, BOX, '-o', self.path(name + '.png'), '--model', 'spad', *args)
            made[name] = dump(self.path(name + '.png'))[5]
        self.assertEqual(made['one'], made['three'])
        self.assertEqual(made['none'], dump(PHOTO)[5])
        self.assertEqual(len(set(made.values())), 5)
        for key in ('texture', 'seed', 'keep-colour'):
            self.refuse(2, f"--{key} does nothing with the model 'spad'; leave it out", PHOTO, '-o', self.path('o.png'), '--model', 'spad', '--' + key, '1')

    def shaped(self, low, high):
        """A folder with a parser, the shape head on it and a restorer by the shape; expected errors (tenths of a per cent) of full trust and of none."""
        tiny, folder = os.path.join(SOURCE, 'weights', 'tiny'), self.path(f'shaped-{low}')
        shutil.copytree(self.weights, folder)
        os.unlink(os.path.join(folder, 'SHA256SUMS'))
        shutil.copy(os.path.join(tiny, 'parse-face-256.safetensors'), folder)
        head = get(os.path.join(tiny, 'shape-face-256.safetensors'))
        other = head.replace(b'shape.low":"30","shape.high":"90', f'shape.low":"{low}","shape.high":"{high}'.encode())
        self.assertEqual(len(other), len(head))
        put(os.path.join(folder, 'shape-face-256.safetensors'), other)
        restorer = get(os.path.join(tiny, 'restore-sgpn-256.safetensors'))
        put(os.path.join(folder, 'restore-sgpn-256.safetensors'),
            restorer.replace(hashlib.sha256(head).hexdigest().encode(), hashlib.sha256(other).hexdigest().encode()))
        return folder

    def test_a_restorer_by_the_shape(self):
        """The mesh counts, unless it is turned off or too uncertain: both give the same picture, and the latter is said."""
        made, said, sure, unsure = {}, {}, self.shaped(30, 90), self.shaped(11, 12)
        for name, self.weights, args in (('auto', sure, ()), ('one', sure, ('--threads', '1')), ('off', sure, ('--shape-prior', 'off')),
                                         ('unsure', unsure, ())):
            out, err = self.run_cli(PHOTO, BOX, '-o', self.path(name + '.png'), '--model', 'restore-sgpn-256', '--report', 'json', *args)
            made[name] = dump(self.path(name + '.png'))[5]
            said[name] = (json.loads(out)['files'][0]['faces'][0]['shape_prior'], 'the shape prior is off for 1 of 1 faces' in err)
        self.assertEqual(made['auto'], made['one'])
        self.assertEqual(made['off'], made['unsure'])
        self.assertEqual(len({made['auto'], made['off'], dump(PHOTO)[5]}), 3)
        self.assertEqual(said, {'auto': (True, False), 'one': (True, False), 'off': (False, False), 'unsure': (False, True)})

    def test_a_shape_that_does_not_fit(self):
        """Another head, or one that is cut short, is named; nothing is written."""
        out, args = self.path('o.png'), ('--model', 'restore-sgpn-256')
        self.refuse(2, "--shape-prior does nothing with the model 'jsfm'", PHOTO, BOX, '-o', out, '--shape-prior', 'auto')
        self.refuse(2, "'maybe' is not one of: auto, off", PHOTO, BOX, '-o', out, '--model', 'sgpn', '--shape-prior', 'maybe')
        folder = self.shaped(30, 90)
        head = os.path.join(folder, 'shape-face-256.safetensors')
        whole, self.weights = get(head), folder
        put(head, whole[:-2])
        self.refuse(5, 'shape-face-256', PHOTO, BOX, '-o', out, *args)
        put(head, whole.replace(b'"30","shape.high":"90', b'"31","shape.high":"90'))
        self.refuse(5, 'trained with another shape head; use the one it is shipped with', PHOTO, BOX, '-o', out, *args)
        shutil.copy(os.path.join(SOURCE, 'weights', 'shape-face-256.safetensors'), folder)
        self.refuse(5, 'trained on another face parser; use the one it is shipped with', PHOTO, BOX, '-o', out, *args)
        self.assertFalse(os.path.exists(out))


class Restoring(Case):
    def differences(self, before, after):
        """Bounds (x0, y0, x1, y1) of the pixels that differ, None when none do; and the comparison's pictures."""
        a, b = dump(before), dump(after)
        self.assertEqual(a[:4], b[:4])
        width, height, channels, bits = a[:4]
        row, px = width * channels * bits // 8, channels * bits // 8
        rows = [y for y in range(height) if a[5][y * row:(y + 1) * row] != b[5][y * row:(y + 1) * row]]
        columns = [x for y in rows for x in range(width)
                   if a[5][y * row + x * px:y * row + (x + 1) * px] != b[5][y * row + x * px:y * row + (x + 1) * px]]
        return (min(columns), rows[0], max(columns) + 1, rows[-1] + 1) if rows else None

    def test_dots_of_print(self):
        """A printed photo is reported and said with how far its dots are apart; one with tones alone is not."""
        side, turn = 200, 2 * math.pi * .19
        for dots in (0, 25):
            name = self.path(f'{dots}.png')
            put(name, png(side, side, 1, 8, bytes(int(110 + x // 4 + dots * (math.cos(turn * (x + y)) + math.cos(turn * (x - y))))
                                                  for y in range(side) for x in range(side))))
            out, err = self.run_cli(name, '--aligned', '-o', self.path('o.png'), '--overwrite', '--report', 'json')
            (face,) = json.loads(out)['files'][0]['faces']
            self.assertEqual('taken away from 1 of 1 faces' in err, dots > 0)
            self.assertAlmostEqual(face.get('screen', 0), dots and 3.72, delta=.1)

    def test_only_the_face_changes(self):
        out = self.path('out.png')
        report = json.loads(self.run_cli(PHOTO, '--faces', '1', '-o', out, '--report', 'json')[0])
        (face,) = [f for f in report['files'][0]['faces'] if not f['skipped']]
        x, y, w, h = face['changed']
        x0, y0, x1, y1 = self.differences(PHOTO, out)
        self.assertGreaterEqual((x0, y0), (x, y))
        self.assertTrue(x <= x0 and y <= y0 and x1 <= x + w and y1 <= y + h, (face['changed'], (x0, y0, x1, y1)))

    def test_strength_0(self):
        out = self.path('out.png')
        self.run_cli(PHOTO, BOX, '--strength', '0', '-o', out)
        self.assertIsNone(self.differences(PHOTO, out))

    def test_box_where_nothing_is_seen(self):
        self.blind()
        out = self.path('out.png')
        self.run_cli(PHOTO, BOX, '-o', out)
        self.assertIsNotNone(self.differences(PHOTO, out))

    def test_box_outside(self):
        """Wrong use, not a fault of the program; and no sentence speaks of landmarks or of a box as something that was found."""
        out = self.path('out.png')
        for box in ('600,10,90,110', '10,-300,90,110'):
            self.refuse(2, f"--box {box}: the face's box lies outside of the image, which has 512x512 pixels", PHOTO, '--box=' + box, '-o', out)
        self.blind()
        err = self.refuse(6, 'the face in the box cannot be restored: it cannot be aligned', PHOTO, '--box=0,0,65535,65535', '-o', out)
        self.assertNotIn('found', err)
        self.assertNotIn('landmarks', err)

    def test_doubtful_places_are_not_counted(self):
        """What is too small is counted and measured without the places that may be no face."""
        photo = put(self.path('grey.png'), png(260, 200, 3, 8, bytes([96]) * (260 * 200 * 3)))  # the test's detector is not sure of grey
        found = json.loads(self.run_cli(photo, '--list-faces', '--report', 'json')[0])['files'][0]['faces']
        sure = [f for f in found if f['skipped'] != 'low confidence']
        self.assertTrue(0 < len(sure) < len(found))
        too_much = max(min(f['box'][2:]) for f in found) + 1
        width, height = (round(v) for v in sure[0]['box'][2:])
        self.refuse(6, f'{len(sure)} faces found, but none can be restored: the largest is too small ({width}x{height} pixels; see --min-face)',
                    photo, '--min-face', str(too_much), '-o', self.path('out.png'))

    def test_two_boxes(self):
        self.blind()
        report = json.loads(self.run_cli(PHOTO, BOX, '--box', '20,300,90,110', '-o', self.path('out.png'), '--report=json')[0])
        self.assertEqual([f['origin'] for f in report['files'][0]['faces']], ['box', 'box'])

    def test_aligned(self):
        """All of the picture changes; no detector is needed."""
        self.blind()
        os.unlink(os.path.join(self.weights, 'detect-face.safetensors'))
        out = self.path('out.png')
        report = json.loads(self.run_cli(PHOTO, '--aligned', '-o', out, '--report', 'json')[0])
        self.assertEqual(report['files'][0]['faces'][0]['origin'], 'aligned')
        x0, y0, x1, y1 = self.differences(PHOTO, out)
        self.assertTrue(x0 < 10 and y0 < 10 and x1 > 500 and y1 > 500, (x0, y0, x1, y1))

    def test_threads_give_the_same_bytes(self):
        results = []
        for n in ('1', '2', '3'):
            out = self.path(n + '.png')
            self.run_cli(PHOTO, '--faces', '2', '--threads', n, '-o', out)
            results.append(get(out))
        self.assertEqual(results[0], results[1])
        self.assertEqual(results[0], results[2])

    def test_kinds_of_pixels(self):
        """Grey stays grey, 16 bits stay 16, alpha stays as it is; also under a face."""
        self.blind()
        width, height, _, _, _, rgb = dump(PHOTO)
        for channels in (1, 2, 3, 4):
            for bits in (8, 16):
                with self.subTest(channels=channels, bits=bits):
                    pixels = bytearray()
                    for i in range(width * height):
                        colour = rgb[3 * i:3 * i + 3] if channels >= 3 else rgb[3 * i:3 * i + 1]
                        for v in colour + (bytes([i % 256]) if channels % 2 == 0 else b''):
                            pixels += bytes([v, i % 251]) if bits == 16 else bytes([v])
                    before = put(self.path('in.png'), png(width, height, channels, bits, bytes(pixels)))
                    after = self.path('out.png')
                    self.run_cli(before, BOX, '--overwrite', '-o', after)
                    a, b = dump(before), dump(after)
                    self.assertEqual(a[:4], b[:4])
                    self.assertNotEqual(a[5], b[5])
                    if channels % 2 == 0:
                        size, step = bits // 8, channels * bits // 8
                        for k in range(size):
                            at = step - size + k
                            self.assertEqual(a[5][at::step], b[5][at::step])

    def test_hidden_colours(self):
        """What alpha 0 hides stays as it is, to the byte; what it shows is restored."""
        self.blind()
        width, height, _, _, _, rgb = dump(PHOTO)
        for bits in (8, 16):
            pixels = bytearray()
            for i in range(width * height):
                for v in rgb[3 * i:3 * i + 3] + bytes([255 * (i // width % 2)]):
                    pixels += bytes([v, v]) if bits == 16 else bytes([v])
            before, after = put(self.path('in.png'), png(width, height, 4, bits, bytes(pixels))), self.path('out.png')
            self.run_cli(before, BOX, '--overwrite', '-o', after)
            a, b = dump(before)[5], dump(after)[5]
            row = width * 4 * bits // 8
            changed = {y % 2 for y in range(height) if a[y * row:(y + 1) * row] != b[y * row:(y + 1) * row]}
            self.assertEqual(changed, {1})

    def list_faces(self, *args, photo=PHOTO):
        return json.loads(self.run_cli(photo, '--list-faces', '--report', 'json', *args)[0])['files'][0]['faces']

    def test_faces(self):
        """--faces, --min-face and the report's reasons."""
        def reasons(*args):
            return [f['skipped'] for f in self.list_faces(*args)]
        found = self.list_faces()
        usable = [f for f in found if not f['skipped']]
        self.assertGreater(len(usable), 2)
        self.assertLess(len(found), 40)  # else the other tests take too long
        (largest,) = [f for f in self.list_faces('--faces', 'largest') if not f['skipped']]
        self.assertEqual(max(f['box'][2] * f['box'][3] for f in usable), largest['box'][2] * largest['box'][3])
        self.assertEqual(reasons('--faces', '2').count(None), 2)
        self.assertEqual(reasons('--faces', '2').count('disabled'), len(usable) - 2)
        self.assertEqual(reasons('--faces', 'all'), [f['skipped'] for f in found])
        sides = sorted(min(f['box'][2:]) for f in usable)
        least = sides[-1] - 0.01  # boxes of random networks may be of one size
        self.assertEqual(reasons('--min-face', str(least)).count(None), sum(side > least for side in sides))
        too_much = str(max(min(f['box'][2:]) for f in found) + 1)
        self.assertEqual(set(reasons('--min-face', too_much)), {'too small'})
        out, _ = self.run_cli(PHOTO, '--list-faces')
        self.assertEqual(len(re.findall(r'^  --box [-\d]+,[-\d]+,\d+,\d+  score 0\.\d\d', out, re.M)), len(found))
        err = self.refuse(6, 'none can be restored: the largest is too small', PHOTO, '--min-face', too_much, '-o', self.path('x.png'))
        self.assertIn(f'{len(found)} faces found', err)
        self.assertEqual(os.listdir(self.dir), [])

    def test_poses(self):
        """Where a shape head for this very parser is installed, the report says which way faces look; elsewhere nothing is said."""
        tiny, folder = os.path.join(SOURCE, 'weights', 'tiny'), self.path('shaped')
        shutil.copytree(self.weights, folder)
        os.unlink(os.path.join(folder, 'SHA256SUMS'))
        for name in ('parse-face-256', 'shape-face-256'):
            shutil.copy(os.path.join(tiny, name + '.safetensors'), folder)
        own, self.weights = self.weights, folder
        poses = [f['pose'] for f in self.list_faces() if not f['skipped'] and 'pose' in f]
        self.assertGreater(len(poses), 0)
        self.assertTrue(all(set(p) == {'yaw', 'pitch', 'roll', 'confidence'} and 0 <= p['confidence'] <= 1 for p in poses))
        self.assertRegex(self.run_cli(PHOTO, '--list-faces')[0], r'yaw [-+]\d+, pitch [-+]\d+, roll [-+]\d+ degrees \(confidence [01]\.\d\d\)')
        report = json.loads(self.run_cli(PHOTO, BOX, '-o', self.path('with.png'), '--report', 'json')[0])
        self.assertIn('shape', [m['role'] for m in report['models']])
        self.assertIn('yaw', report['files'][0]['faces'][0]['pose'])
        shutil.copy(os.path.join(own, 'parse-face-256.safetensors'), folder)    # another parser: the head is left alone
        self.assertFalse(any('pose' in f for f in self.list_faces()))
        self.run_cli(PHOTO, BOX, '-o', self.path('other.png'))
        self.weights = own
        self.run_cli(PHOTO, BOX, '-o', self.path('without.png'))
        self.assertEqual(get(self.path('other.png')), get(self.path('without.png')))
        put(os.path.join(folder, 'shape-face-256.safetensors'), b'x')
        self.weights = folder
        self.refuse(5, 'shape-face-256', PHOTO, '--list-faces')

    def test_no_face(self):
        self.blind()
        self.refuse(6, 'no face found; give its place with --box', PHOTO, '-o', self.path('x.png'))
        self.refuse(6, 'no face found', PHOTO, '--list-faces')
        self.assertEqual(os.listdir(self.dir), ['blind'])

    def test_more_faces_than_room(self):
        """The largest are taken, and how many there are is said; FEW has room for five."""
        photo = self.path('many.png')
        noise = random.Random(1)
        put(photo, png(640, 640, 2, 8, bytes(noise.randrange(256) for _ in range(640 * 640 * 3))))
        all_faces = self.list_faces('--turned', 'never', photo=photo)
        self.assertGreater(len(all_faces), 5)
        out, err = self.run_cli('--turned', 'never', '--list-faces', '--report', 'json', photo, program=FEW)
        (report,) = json.loads(out)['files']
        self.assertEqual(report['faces_found'], len(all_faces))
        self.assertEqual([f['box'] for f in report['faces']], [f['box'] for f in all_faces[:5]])
        self.assertIn(f'note: {len(all_faces)} faces were found, and only the 5 largest are taken; cut the picture into parts', err)
        self.assertNotIn('were found', self.run_cli('--turned', 'never', '--list-faces', photo)[1])

    def test_turned(self):
        """On its side the portrait is found by looking at every turn only; where it is found, the eyes lie above each other."""
        self.weights = os.path.join(SOURCE, 'weights')
        width, height, channels, bits, _, pixels = dump(PHOTO)
        rows = [pixels[y * width * channels:(y + 1) * width * channels] for y in range(height)]
        side = b''.join(b''.join(row[x * channels:(x + 1) * channels] for row in reversed(rows)) for x in range(width))
        photo = put(self.path('side.png'), png(height, width, channels, bits, side))
        for turned, n in (('never', 0), ('auto', 1), ('always', 1)):
            found = self.list_faces('--turned', turned, photo=photo)
            self.assertEqual(len([f for f in found if not f['skipped']]), n, turned)
        (left, right) = found[0]['landmarks'][:2]
        self.assertLess(abs(left[0] - right[0]), abs(left[1] - right[1]) / 2)

    @unittest.skipIf(SANITIZED, 'minutes; what it is made of runs with the sanitizers elsewhere')
    def test_region(self):
        """More of the photo changes from the face to the head to all around it, and the head is the default."""
        self.weights = os.path.join(SOURCE, 'weights')
        pixels, changed, results = dump(PHOTO)[5], [], {}
        for region in ('face', 'head', 'crop'):
            out = self.path(f'{region}.png')
            self.run_cli('--region', region, PHOTO, '-o', out)
            results[region] = dump(out)[5]
            changed.append(sum(a != b for a, b in zip(results[region], pixels)))
        self.assertLess(changed[0], changed[1])
        self.assertLess(1.2 * changed[1], changed[2])
        self.run_cli(PHOTO, '-o', self.path('default.png'))
        self.assertEqual(dump(self.path('default.png'))[5], results['head'])

    def restored(self, *args):
        self.run_cli(*args, BOX, PHOTO, '-o', self.path('told.png'), '--overwrite')
        return dump(self.path('told.png'))[5]

    def assert_near(self, a, b):
        """The same but for the rounding of a plane that was resampled."""
        self.assertLessEqual(max(abs(x - y) for x, y in zip(a, b)), 1)

    def fidelity_map(self, name, pixel, channels=1, bits=8, size=None):
        """pixel: of (x, y) the values of its channels, 0 to 255."""
        w, h = size or dump(PHOTO)[:2]
        data = b''.join(bytes([v]) * (bits // 8) for y in range(h) for x in range(w) for v in pixel(x, y))
        return put(self.path(name), png(w, h, channels, bits, data))

    def test_fidelity_map(self):
        """White is fidelity 1, black 0, and where it is transparent --fidelity decides; 16 bits and colours of grey mean the same."""
        half, one = self.restored('--fidelity', '0.5'), self.restored('--fidelity', '1')
        self.assertGreater(max(abs(a - b) for a, b in zip(half, one)), 3)
        white = self.fidelity_map('white.png', lambda x, y: (255,))
        self.assert_near(self.restored('--fidelity', '0.5', '--fidelity-map', white), one)
        nothing = self.fidelity_map('nothing.png', lambda x, y: (255 * (x % 2), 0), 2)
        self.assert_near(self.restored('--fidelity', '0.5', '--fidelity-map', nothing), half)
        middle = dump(PHOTO)[0] // 2
        side = lambda x, y: 255 * (x < middle)
        told = self.restored('--fidelity-map', self.fidelity_map('half.png', lambda x, y: (side(x, y),)))
        self.assertNotIn(told, (half, one))
        for name, channels, bits in (('rgb.png', 3, 8), ('opaque.png', 4, 16)):
            values = lambda x, y: (side(x, y),) * min(channels, 3) + (255,) * (channels == 4)
            self.assertEqual(self.restored('--fidelity-map', self.fidelity_map(name, values, channels, bits)), told, name)

    def test_fidelity_of_parts(self):
        half = self.restored('--fidelity', '0.5')
        parts = [f'--fidelity-{part}' for part in ('eyes', 'mouth', 'skin', 'hair')]
        self.assertEqual(self.restored('--fidelity', '0.5', *sum(([part, 'auto'] for part in parts), [])), half)
        self.assertNotEqual(self.restored('--fidelity', '0.5', *sum(([part, '1'] for part in parts), [])), half)
        self.refuse(2, "--fidelity-eyes: '1.5' is not a number from 0 to 1 or auto", '--fidelity-eyes', '1.5', PHOTO)

    def test_refused_fidelity_maps(self):
        """One line that says what to do, nothing written."""
        w, h = dump(PHOTO)[:2]
        out = self.path('no.png')
        for code, words, mask in (
                (9, f'it has 100 x 90 pixels; it must have the photo\'s size, {w} x {h}',
                 self.fidelity_map('small.png', lambda x, y: (9,), size=(100, 90))),
                (9, 'it has colours; white is where the photo rules', self.fidelity_map('red.png', lambda x, y: (255, 0, 0), 3)),
                (9, 'save it as PNG', jpeg(self.path('map.jpg'), w, h, 1, bytes(w * h))),
                (3, 'cannot be opened', self.path('missing.png'))):
            self.assertIn('--fidelity-map', self.refuse(code, words, '--fidelity-map', mask, PHOTO, '-o', out))
            self.assertFalse(os.path.exists(out), mask)
        self.refuse(2, "--fidelity-map does nothing with the model 'tint'", '--model', 'tint', '--fidelity-map', 'a.png', PHOTO, program=MORE)
        for words, args in (('--fidelity-map needs a single picture', ['--fidelity-map', 'a.png', PHOTO, PHOTO]),
                            ('--fidelity-map needs a picture', ['--fidelity-map', '', PHOTO])):
            self.refuse(2, words, *args)

    def test_no_face_keeps_the_old_file(self):
        self.blind()
        old = put(self.path('x.png'), b'old')
        self.refuse(6, 'no face', PHOTO, '-o', old, '--overwrite')
        photo = self.photo()
        self.refuse(6, 'no face', photo, '--in-place')
        self.assertEqual((get(old), get(photo)), (b'old', get(PHOTO)))

    def test_report(self):
        out, err = self.run_cli(PHOTO, BOX, '--fidelity', '0.25', '-o', self.path('o.png'), '--report', 'json')
        self.assertEqual(err, '')
        report = json.loads(out)
        self.assertEqual([m['role'] for m in report['models']], ['detector', 'parser', 'restorer'])
        self.assertTrue(all(re.fullmatch('[0-9a-f]{64}', m['sha256']) for m in report['models']))
        (file,) = report['files']
        self.assertEqual((file['exit'], file['error'], file['output']), (0, None, self.path('o.png')))
        self.assertEqual((file['width'], file['height'], file['channels'], file['bits']), (512, 512, 3, 8))
        self.assertEqual(set(file['seconds']), {'read', 'detect', 'analyse', 'render', 'write'})
        (face,) = file['faces']
        self.assertEqual(face['fidelity'], 0.25)
        self.assertTrue(0 <= face['auto_fidelity'] <= 1)
        self.assertEqual(set(face['degradation']), {'blur', 'scale', 'noise', 'jpeg', 'grey'})
        self.assertEqual(len(face['landmarks']), 5)

    def test_report_of_failures(self):
        """The document stays complete, and names that are not UTF-8 do not spoil it."""
        bad = put(os.fsencode(self.dir) + b'/\xff"\n.png', b'junk')
        out, err = self.run_cli(PHOTO, bad, '--faces=1', '-o', self.path('f'),
                                '--report', 'json', code=1)
        files = json.loads(out)['files']
        self.assertEqual([f['exit'] for f in files], [0, 3])
        self.assertIn('\ufffd"\n.png', files[1]['input'])
        self.assertEqual(len(err.splitlines()), 2)

    def terminal(self, *args):
        """What a terminal gets as standard error."""
        master, slave = pty.openpty()
        try:
            done = subprocess.run([REVISAGE, *args], stdout=subprocess.DEVNULL, stderr=slave, env=self.env(), timeout=900)
            self.assertEqual(done.returncode, 0)
            os.set_blocking(master, False)
            try:
                return os.read(master, 65536).decode()
            except BlockingIOError:
                return ''
        finally:
            os.close(master)
            os.close(slave)

    def test_progress_bar(self):
        """On a terminal only, in 79 columns, never going back, and gone at the end."""
        text = self.terminal(PHOTO, BOX, '-o', self.path('o.png'))
        lines = text.split('\r')
        self.assertLessEqual(max(len(line) for line in lines), 79)
        figures = [int(v) for v in re.findall(r'(\d+) %', text)]
        self.assertGreater(len(figures), 3)
        self.assertEqual(figures, sorted(figures))
        self.assertIn('[####', text)
        self.assertEqual(lines[-2].strip() + lines[-1], '')
        self.assertEqual(self.terminal('-q', PHOTO, BOX, '-o', self.path('q.png')), '')

    def test_quiet(self):
        self.assertEqual(self.run_cli('-q', PHOTO, BOX, '-o', self.path('o.png')), ('', ''))


class Holes(Case):
    """--model fill: only what --hole marks changes."""

    def setUp(self):
        super().setUp()
        self.w, self.h, self.c, self.bits, _, self.pixels = dump(PHOTO)
        self.out = self.path('out.png')

    def marks(self, x, y):
        """A stain on the face, a scratch across the picture, dust."""
        return (x - 230) ** 2 + (y - 110) ** 2 < 400 or abs(x - y) < 2 or (x % 90 == 7 and y % 80 == 5)

    def mask(self, name='hole.png', bits=8, channels=1, marks=None, extra=b'', width=None, height=None, alpha=255):
        """A mask picture; channels 0: a palette of black and white."""
        w, h = width or self.w, height or self.h
        marked = [(marks or self.marks)(x, y) for y in range(h) for x in range(w)]
        if channels == 0:
            rows = b''.join(b'\0' + bytes(marked[y * w:(y + 1) * w]) for y in range(h))
            data = (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', w, h, 8, 3, 0, 0, 0))
                    + chunk(b'PLTE', bytes((0, 0, 0, 255, 255, 255))) + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))
            return put(self.path(name), data)
        sample = lambda v: bytes([v]) * (bits // 8)
        pixel = [sample(v) * (3 if channels > 2 else 1) + (sample(alpha) if channels % 2 == 0 else b'') for v in (0, 255)]
        return put(self.path(name), png(w, h, channels, bits, b''.join(pixel[m] for m in marked), extra))

    def fill(self, mask, *args, photo=PHOTO, **more):
        return self.run_cli('--model', 'fill', '--hole', mask, photo, '-o', self.out, '--overwrite', *args, **more)

    def test_only_the_hole_changes(self):
        out, _ = self.fill(self.mask())
        pixels = dump(self.out)[5]
        n_marked = n_changed = 0
        for i in range(self.w * self.h):
            marked = self.marks(i % self.w, i // self.w)
            same = pixels[3 * i:3 * i + 3] == self.pixels[3 * i:3 * i + 3]
            self.assertTrue(marked or same, (i % self.w, i // self.w))
            n_marked += marked
            n_changed += not same
        self.assertGreater(n_changed, n_marked * .6)
        self.assertIn(f'{n_marked} pixels filled', out)
        report = json.loads(self.fill(self.mask(), '--report', 'json')[0])
        hole = report['files'][0]['hole']
        self.assertEqual(hole['pixels'], n_marked)
        self.assertEqual([m['role'] for m in report['models']], ['detector', 'restorer'])
        self.assertEqual(hole['pixels_on_faces'], sum(f.get('filled', 0) for f in report['files'][0]['faces']))

    @unittest.skipIf(SANITIZED, 'minutes; what it is made of runs with the sanitizers elsewhere')
    def test_every_clear_mask_means_the_same(self):
        self.fill(self.mask())
        first = get(self.out)
        for kind in (dict(bits=16), dict(channels=3), dict(channels=0), dict(channels=2), dict(channels=4, bits=16)):
            self.fill(self.mask(**kind))
            self.assertEqual(get(self.out), first, kind)

    def test_threads_and_seed(self):
        mask, results = self.mask(), []
        for args in (('--threads', '1'), ('--threads', '3'), ('--threads', '2', '--seed', '4')):
            self.fill(mask, *args)
            results.append(get(self.out))
        self.assertEqual(results[0], results[1])
        self.assertNotEqual(results[0], results[2])  # the grain

    def test_depth_and_grey_stay(self):
        grey = png(self.w, self.h, 1, 16, b''.join(bytes((self.pixels[3 * i], i % 251)) for i in range(self.w * self.h)))
        photo = put(self.path('grey.png'), grey)
        self.fill(self.mask(), photo=photo)
        before, after = dump(photo), dump(self.out)
        self.assertEqual(after[:4], (self.w, self.h, 1, 16))
        self.assertTrue(all(before[5][2 * i:2 * i + 2] == after[5][2 * i:2 * i + 2] for i in range(self.w * self.h)
                            if not self.marks(i % self.w, i // self.w)))
        self.assertNotEqual(before[5], after[5])

    def test_without_a_face(self):
        self.blind()
        out, _ = self.fill(self.mask())
        self.assertIn(' 0 of them on faces', out)
        out, _ = self.fill(self.mask(), '--then', 'jsfm')
        self.assertIn('0 faces restored', out)

    def test_then(self):
        self.fill(self.mask())
        filled = shutil.copy(self.out, self.path('filled.png'))
        out, _ = self.fill(self.mask(), '--then', 'jsfm', '--fidelity', '0.5')
        self.assertRegex(out, r'pixels filled, .* [1-9]\d* faces? restored')
        both = get(self.out)
        self.run_cli('--fidelity', '0.5', filled, '-o', self.out, '--overwrite')
        self.assertEqual(dump(self.out)[5], (put(self.path('both.png'), both), dump(self.path('both.png'))[5])[1])

    def test_face_under_the_damage(self):
        """No face is seen while a bar covers its eyes; on what is filled it is, and the hole is filled with it and then restored."""
        self.weights = os.path.join(SOURCE, 'weights')
        side, bar = 256, lambda x, y: 76 <= x <= 172 and 84 <= y <= 118
        pixels = b''.join(bytes((232,) * 3) if bar(x, y) else self.pixels[3 * (y * self.w + x + 100):][:3]
                          for y in range(side) for x in range(side))
        photo = put(self.path('covered.png'), png(side, side, 3, 8, pixels))
        mask = self.mask(marks=bar, width=side, height=side)
        (file,) = json.loads(self.run_cli('--list-faces', '--report', 'json', photo)[0])['files']
        self.assertFalse([f for f in file['faces'] if not f['skipped']])
        (file,) = json.loads(self.fill(mask, '--report', 'json', photo=photo)[0])['files']
        (face,) = [f for f in file['faces'] if not f['skipped']]
        self.assertGreater(face['filled'], 3000)
        self.assertEqual(file['hole']['pixels_on_faces'], face['filled'])
        left, right = face['landmarks'][:2]
        self.assertTrue(abs(left[0] - 99) < 10 and abs(right[0] - 149) < 10 and all(92 < y < 112 for _, y in (left, right)), face)
        out, _ = self.fill(mask, '--then', 'jsfm', photo=photo)
        self.assertIn('1 face restored', out)

    def test_find_scratches(self):
        mask = self.path('mask.png')
        out, _ = self.run_cli('--hole-output', mask, PHOTO)
        w, h, channels, bits, _, pixels = dump(mask)
        self.assertEqual((w, h, channels, bits, set(pixels)), (self.w, self.h, 1, 8, {0, 255}))
        self.assertIn(f'{pixels.count(255)} pixels marked', out)
        self.refuse(4, 'use --overwrite', '--hole-output', mask, PHOTO)
        self.fill(mask)
        by_mask = get(self.out)
        out, _ = self.run_cli('--model', 'fill', '--find-scratches', PHOTO, '-o', self.out, '--overwrite', '--report', 'json')
        report = json.loads(out)
        self.assertEqual(get(self.out), by_mask)
        self.assertEqual(report['files'][0]['marked'], pixels.count(255))
        self.assertEqual([m['role'] for m in report['models']], ['detector', 'restorer', 'finder'])
        self.refuse(2, '--hole cannot go with', '--model', 'fill', '--find-scratches', '--hole', mask, PHOTO)
        self.refuse(2, "--find-scratches does nothing with the model 'jsfm'", '--find-scratches', PHOTO)
        self.refuse(2, '--hole-output needs a single picture', '--hole-output', mask, PHOTO, self.photo())

    def test_no_scratches(self):
        """A clean photo of an album: nothing to fill, but what comes after it."""
        folder = self.path('sees-nothing')
        shutil.copytree(self.weights, folder)
        finder = os.path.join(folder, 'find-damage.safetensors')
        data = bytearray(get(finder))
        n = int.from_bytes(data[:8], 'little')
        begin, end = json.loads(data[8:8 + n])['out.bias']['data_offsets']
        data[8 + n + begin:8 + n + end] = struct.pack('<e', -60000) * ((end - begin) // 2)
        put(finder, bytes(data))
        os.unlink(os.path.join(folder, 'SHA256SUMS'))
        self.run_cli(PHOTO, '-o', self.out)
        only_faces = get(self.out)
        self.weights = folder
        self.refuse(9, 'no scratches were found', '--model', 'fill', '--find-scratches', PHOTO)
        for options in (('--model', 'fill', '--find-scratches', '--then', 'jsfm'), ('--old-photo',)):
            self.run_cli(*options, PHOTO, '-o', self.out, '--overwrite')
            self.assertEqual(get(self.out), only_faces)
        self.run_cli('--model', 'fill', '--find-scratches', '--then', 'jsfm', '--enlarge', '2', PHOTO, '-o', self.out, '--overwrite')

    @unittest.skipIf(SANITIZED, 'minutes; what it is made of runs with the sanitizers elsewhere')
    def test_old_photo(self):
        """As scratches found, filled, and faces restored; without the finder's weights only the latter."""
        self.run_cli('--model', 'fill', '--find-scratches', '--then', 'jsfm', PHOTO, '-o', self.out)
        step_by_step = get(self.out)
        self.run_cli('--old-photo', PHOTO, '-o', self.out, '--overwrite')
        self.assertEqual(get(self.out), step_by_step)
        for option in (('--model', 'fill'), ('--hole', PHOTO), ('--find-scratches',), ('--then', 'jsfm'), ('--aligned',), ('--list-faces',)):
            self.refuse(2, f'--old-photo cannot go with {option[0]}', '--old-photo', *option, PHOTO)
        folder = self.path('no-finder')
        shutil.copytree(self.weights, folder)
        os.unlink(os.path.join(folder, 'find-damage.safetensors'))
        self.weights = folder
        away = shutil.copy(REVISAGE, self.path('revisage'))  # from where it does not see the tree's own weights
        self.run_cli(PHOTO, '-o', self.out, '--overwrite')
        only_faces = get(self.out)
        _, err = self.run_cli('--old-photo', PHOTO, '-o', self.out, '--overwrite', program=away)
        self.assertIn('note: weights find-damage are not there', err)
        self.assertEqual(get(self.out), only_faces)

    def test_lines(self):
        """What is drawn in the hole shows there and nowhere else; drawn beside it, it changes nothing."""
        mask = self.mask()
        self.fill(mask)
        plain = get(self.out)
        self.fill(mask, '--lines', self.mask('beside.png', marks=lambda x, y: y == 5 and 100 < x < 200))
        self.assertEqual(get(self.out), plain)
        self.fill(mask, '--lines', self.mask('lines.png', bits=16, marks=lambda x, y: abs(y - 110 - (x - 230) // 3) < 2))
        self.assertNotEqual(get(self.out), plain)
        pixels = dump(self.out)[5]
        for i in range(self.w * self.h):
            if not self.marks(i % self.w, i // self.w):
                self.assertEqual(pixels[3 * i:3 * i + 3], self.pixels[3 * i:3 * i + 3])

    def test_refused_masks(self):
        """Exit 9 or 3, one line that says why, nothing written, the picture as it was."""
        photo = self.photo()
        before = get(photo)
        marks = self.marks
        rgb = png(self.w, self.h, 3, 8, b'\xff\0\0' * (self.w * self.h))
        cases = [(9, 'is empty', self.mask('empty.png', marks=lambda x, y: False)),
                 (9, 'is the whole picture', self.mask('all.png', marks=lambda x, y: True)),
                 (9, 'leaves 0.4 % of the picture', self.mask('sliver.png', marks=lambda x, y: y > 1)),
                 (9, f'100x90 pixels and the picture {self.w}x{self.h}', self.mask('small.png', width=100, height=90)),
                 (9, 'it has colours', put(self.path('red.png'), rgb)),
                 (9, 'it is transparent', self.mask('clear.png', channels=4, alpha=128)),
                 (9, 'save it as PNG', jpeg(self.path('mask.jpg'), self.w, self.h, 1, bytes(255 * marks(i % self.w, i // self.w)
                                                                                          for i in range(self.w * self.h)))),
                 (3, 'cannot be opened', self.path('missing.png')),
                 (3, '', put(self.path('broken.png'), get(self.mask())[:300]))]
        for code, words, mask in cases:
            err = self.refuse(code, words, '--model', 'fill', '--hole', mask, photo, '-o', self.out)
            self.assertIn('photo.png', err)
            self.assertFalse(os.path.exists(self.out), mask)
            self.refuse(code, words, '--model', 'fill', '--hole', mask, photo, '--in-place')
            self.assertEqual(get(photo), before)
        for code, words, lines in ((9, f'the picture of drawn lines is 100x90 pixels and the picture {self.w}x{self.h}',
                                    self.mask('small.png', width=100, height=90)), (9, 'it has colours', self.path('red.png')),
                                   (3, 'cannot be opened', self.path('missing.png'))):
            self.refuse(code, words, '--model', 'fill', '--hole', self.mask(), '--lines', lines, photo, '-o', self.out)
            self.assertFalse(os.path.exists(self.out), lines)

    def test_combinations(self):
        mask, photo = self.mask(), self.photo()
        for words, args in (("the model 'fill' needs --hole MASK", ['--model', 'fill', photo]),
                            ("--hole does nothing with the model 'jsfm'", ['--hole', mask, photo]),
                            ('--hole needs a single picture', ['--model', 'fill', '--hole', mask, photo, photo]),
                            ('--lines needs --hole MASK', ['--model', 'fill', '--find-scratches', '--lines', mask, photo]),
                            ('--lines needs a picture', ['--model', 'fill', '--hole', mask, '--lines', '', photo]),
                            ('--hole needs a picture', ['--model', 'fill', '--hole', '', photo]),
                            ("--fidelity does nothing with the model 'fill'", ['--model', 'fill', '--hole', mask, '--fidelity', '1', photo]),
                            ("--then: 'nonsense' is not a model's word", ['--then', 'nonsense', photo]),
                            ("--then: 'fill' fills holes", ['--then', 'fill', photo])):
            self.refuse(2, words, *args)
        weights = os.path.join(self.weights, 'fill-face-512.safetensors')
        self.refuse(2, "the model 'fill' needs --hole MASK", '--model', weights, photo)
        self.run_cli('--model', weights, '--hole', mask, photo, '-o', self.out)


class Enlarging(Case):
    def setUp(self):
        super().setUp()
        self.w, self.h, self.channels, self.bits, _, self.before = dump(PHOTO)

    def report(self, *args, code=0):
        out, _ = self.run_cli(*args, '--report', 'json', code=code)
        return json.loads(out)['files'][0]

    def pixel(self, picture, x, y):
        at = (y * picture[0] + x) * picture[2]
        return picture[5][at:at + picture[2]]

    def test_size_and_report(self):
        plain = self.report(self.photo(), BOX, '-o', self.path('plain.png'))
        report = self.report(self.photo(), BOX, '--enlarge', '3', '-o', self.path('out.png'))
        self.assertEqual(report['enlarged'], {'factor': 3, 'width': 3 * self.w, 'height': 3 * self.h})
        self.assertNotIn('enlarged', plain)
        picture = dump(self.path('out.png'))
        self.assertEqual(picture[:4], (3 * self.w, 3 * self.h, self.channels, self.bits))
        # what is said of faces stays in the photo's pixels, so that --box can take it
        self.assertEqual(report['faces'][0]['box'], plain['faces'][0]['box'])
        self.assertAlmostEqual(report['faces'][0]['eye_distance'], plain['faces'][0]['eye_distance'], places=3)
        self.assertIsNone(report['faces'][0]['skipped'])
        # outside of what changes an odd factor has every pixel of the photo in its place
        rects = [f['changed'] for f in report['faces'] if f.get('changed')]
        self.assertTrue(rects)
        outside = [(x, y) for y in range(0, self.h, 3) for x in range(0, self.w, 3)
                   if not any(rx <= 3 * x + 1 < rx + rw and ry <= 3 * y + 1 < ry + rh for rx, ry, rw, rh in rects)]
        photo = dump(PHOTO)
        self.assertGreater(len(outside), 1000)
        for x, y in outside:
            self.assertEqual(self.pixel(picture, 3 * x + 1, 3 * y + 1), self.pixel(photo, x, y))

    def test_the_face_changes_at_the_new_size(self):
        """Strength 0 is the enlarged photo; the face of the result differs from it, and nothing else."""
        report = self.report(PHOTO, '--enlarge', '2', BOX, '-o', self.path('on.png'))
        self.run_cli(PHOTO, '--enlarge', '2', BOX, '--strength', '0', '-o', self.path('off.png'))
        on, off = dump(self.path('on.png')), dump(self.path('off.png'))
        x0, y0, w, h = report['faces'][0]['changed']
        self.assertGreater(w, 2 * 90)
        changed = 0
        for y in range(0, on[1], 2):
            for x in range(0, on[0], 2):
                if self.pixel(on, x, y) != self.pixel(off, x, y):
                    self.assertTrue(x0 <= x < x0 + w and y0 <= y < y0 + h, (x, y))
                    changed += 1
        self.assertGreater(changed, 1000)

    def test_threads_give_the_same_bytes(self):
        for n in ('1', '3'):
            self.run_cli(PHOTO, '--enlarge', '2', '--threads', n, '-o', self.path(f'{n}.png'))
        self.assertEqual(get(self.path('1.png')), get(self.path('3.png')))

    def test_every_factor_and_kind(self):
        pixels = bytes(i * 37 % 251 for i in range(20 * 12 * 8))
        for factor in (2, 3, 4, 8):
            for channels in (1, 2, 3, 4):
                for bits in (8, 16):
                    name = put(self.path('kind.png'), png(20, 12, channels, bits, pixels[:20 * 12 * channels * bits // 8]))
                    self.run_cli(name, '--enlarge', str(factor), '--box=2,1,16,10', '-o', self.path('out.png'), '--overwrite')
                    self.assertEqual(dump(self.path('out.png'))[:4], (20 * factor, 12 * factor, channels, bits))

    def test_formats_and_notes(self):
        """EXIF's size of the pixels follows; the resolution and the thumbnail's fate are as without enlarging."""
        photo = jpeg(self.path('photo.jpg'), self.w, self.h, self.channels, self.before, orientation=1, notes=1)
        self.run_cli(photo, '-o', self.path('plain.jpg'))
        for name in self.formats():
            out = self.path('out.' + name)
            self.run_cli(photo, '--enlarge', '2', '-o', out)
            self.assertEqual(dump(out)[:2], (2 * self.w, 2 * self.h))
            self.assertEqual(dump(out)[4][1], dump(self.path('plain.jpg'))[4][1])  # the profile
        self.assertEqual(dump(self.path('out.jpeg'))[4], dump(self.path('plain.jpg'))[4])
        data = get(self.path('out.jpeg'))
        self.assertIn(struct.pack('<HHII', 0xa002, 4, 1, 2 * self.w), data)
        self.assertIn(struct.pack('<HHII', 0xa003, 4, 1, 2 * self.h), data)

    def test_without_a_face(self):
        self.blind()
        out, err = self.run_cli(PHOTO, '--enlarge', '2', '-o', self.path('out.png'))
        self.assertIn('note: no face found', err)
        self.assertIn(f'0 faces restored, enlarged 2 times to {2 * self.w}x{2 * self.h} pixels', out)
        self.assertEqual(dump(self.path('out.png'))[:2], (2 * self.w, 2 * self.h))
        self.refuse(6, 'no face found', PHOTO, '--enlarge', '2', '--no-face', 'fail', '-o', self.path('no.png'))
        out, _ = self.run_cli(PHOTO, '--enlarge', '2', '--no-face', 'skip', '-o', self.path('no.png'))
        self.assertIn('left alone, no face', out)
        self.assertFalse(os.path.exists(self.path('no.png')))

    def test_an_album_comes_out_whole(self):
        os.mkdir(self.path('in'))
        self.photo('in/face.png')
        put(self.path('in/wall.png'), png(40, 30, 3, 8, bytes(40 * 30 * 3)))
        self.run_cli(self.path('in'), '--enlarge', '2', '-o', self.path('out'))
        self.assertEqual(sorted(os.listdir(self.path('out'))), ['face.png', 'wall.png'])
        self.assertEqual(dump(self.path('out/wall.png'))[:2], (80, 60))

    def test_small_faces_stay_left_out(self):
        """--min-face means the photo's pixels: what is too small there does not become large enough."""
        report = self.report(PHOTO, '--enlarge', '4', '--min-face', '2000', '-o', self.path('out.png'))
        self.assertTrue(report['faces'])
        self.assertEqual({f['skipped'] for f in report['faces']} - {'too small', 'low confidence'}, set())

    def test_too_large(self):
        """Refused before anything is done: whatever the picture is, in an instant and with little memory."""
        put(self.path('long.png'), png(9000, 1, 1, 8, bytes(9000)))
        self.refuse(3, '9000x1 pixels enlarged 8 times are 72000x8; at most 65535 a side', self.path('long.png'), '--enlarge', '8',
                    '-o', self.path('out.png'))
        put(self.path('area.png'), png(5001, 5000, 1, 8, bytes(5001 * 5000)))
        self.refuse(3, '400 million', self.path('area.png'), '--enlarge', '4', '-o', self.path('out.png'))
        put(self.path('wide.png'), png(5000, 1, 1, 8, bytes(5000)))
        if 'webp' in self.formats():
            self.refuse(4, 'WebP pictures end at 16383 pixels a side', self.path('wide.png'), '--enlarge', '4', '-o',
                        self.path('out.webp'))
        self.assertFalse(os.path.exists(self.path('out.png')))

    def test_then(self):
        """The hole is filled at the photo's size, the faces come after it at the new one."""
        mask = bytes(255 * (20 <= i % self.w < 30 and 20 <= i // self.w < 60) for i in range(self.w * self.h))
        put(self.path('hole.png'), png(self.w, self.h, 1, 8, mask))
        fill = ['--model', 'fill', '--hole', self.path('hole.png'), '--enlarge', '2', PHOTO]
        self.refuse(2, 'say with --then what restores them', *fill)
        report = self.report(*fill, '--then', 'jsfm', '-o', self.path('out.png'))
        self.assertEqual(report['hole']['pixels'], 10 * 40)
        self.assertTrue(any('changed' in f for f in report['faces']))
        self.assertEqual(dump(self.path('out.png'))[:2], (2 * self.w, 2 * self.h))

    def test_aligned(self):
        put(self.path('crop.png'), png(64, 64, 3, 8, bytes(i * 7 % 256 for i in range(64 * 64 * 3))))
        report = self.report('--aligned', '--enlarge', '8', self.path('crop.png'), '-o', self.path('out.png'))
        self.assertEqual(report['faces'][0]['changed'], [0, 0, 512, 512])

    def test_combinations(self):
        photo = self.photo()
        for words, args in (("--enlarge: '5' is not 2, 3, 4 or 8", ['--enlarge', '5']), ("'4x'", ['--enlarge', '4x']),
                            ("'0'", ['--enlarge=0']), ('--enlarge needs a value', ['--enlarge']),
                            ('--in-place', ['--enlarge', '2', '--in-place']), ('--list-faces', ['--enlarge', '2', '--list-faces']),
                            ('--hole-output', ['--enlarge', '2', '--hole-output', self.path('x.png')]),
                            ('--no-face copy', ['--enlarge', '2', '--no-face', 'copy'])):
            self.refuse(2, words, photo, *args)


class Files(Case):
    def test_folder(self):
        """Bad files are reported, the rest go on; other files and own results are left alone."""
        folder = self.path('in')
        os.mkdir(folder)
        os.mkdir(os.path.join(folder, 'sub.png'))
        for name in ('b.png', 'a.PNG'):
            shutil.copy(PHOTO, os.path.join(folder, name))
        put(os.path.join(folder, 'bad.png'), get(PHOTO)[:5000])
        put(os.path.join(folder, 'note.txt'), b'text')
        put(os.path.join(folder, '.hidden.png'), b'junk')
        out, err = self.run_cli(folder, '-o', self.path('out'), '--faces', '1', code=1)
        self.assertEqual(sorted(os.listdir(self.path('out'))), ['a.PNG', 'b.png'])
        self.assertIn('bad.png: the PNG file is truncated', err)
        self.assertIn('2 of 3 pictures done, 0 without a face, 1 failed', err)
        self.assertEqual([line.split(':')[0] for line in out.splitlines()], [folder + '/a.PNG', folder + '/b.png'])

    def test_folder_twice(self):
        """A second run takes no result of the first for a picture, and keeps what is there."""
        self.photo()
        self.run_cli(self.dir, '--faces', '1')
        first = get(self.path('photo-restored.png'))
        self.refuse(4, 'exists already; use --overwrite', self.dir, '--faces', '1', '--strength', '0.5')
        self.assertEqual(get(self.path('photo-restored.png')), first)
        self.run_cli(self.dir, '--faces', '1', '--strength', '0.5', '--overwrite')
        self.assertNotEqual(get(self.path('photo-restored.png')), first)
        self.assertEqual(sorted(os.listdir(self.dir)), ['photo-restored.png', 'photo.png'])

    def test_recursive(self):
        """The structure stays, also when the results lie in the album itself, and a second run finds the same pictures."""
        for folder in ('in/a/b', 'in/.hidden'):
            os.makedirs(self.path(folder))
        for name in ('one.png', 'a/one.png', 'a/b/two.png', '.hidden/x.png'):
            self.photo('in/' + name)
        os.symlink('..', self.path('in/a/loop'))
        album, out = self.path('in'), self.path('in/restored')
        self.assertEqual(len(self.run_cli(album, '--list-faces')[0].split(album)), 2)
        for run in range(2):
            text, _ = self.run_cli(album, '-r', '-o', out, '--faces', '1', '--overwrite')
            self.assertEqual(len(text.splitlines()), 3)
            made = sorted(os.path.relpath(os.path.join(f, n), out) for f, _, names in os.walk(out) for n in names)
            self.assertEqual(made, ['a/b/two.png', 'a/one.png', 'one.png'])
        self.run_cli(album + '/a', '--recursive', '--faces', '1')
        self.assertEqual(sorted(os.listdir(album + '/a/b')), ['two-restored.png', 'two.png'])

    def test_same_command_again(self):
        """`revisage *.png`: results of the first run are not taken for pictures, unless they are all that is given."""
        photo, result = self.photo(), self.path('photo-restored.png')
        self.run_cli(photo, '--faces', '1')
        first = get(result)
        for args in ((photo, result), (result, photo)):
            self.refuse(4, 'exists already', *args, '--faces', '1')
            out, _ = self.run_cli(*args, '--faces', '1', '--existing', 'skip')
            self.assertEqual(out, f'{photo}: left alone, the result exists\n')
        self.assertEqual(get(result), first)
        self.assertEqual(sorted(os.listdir(self.dir)), ['photo-restored.png', 'photo.png'])
        self.run_cli(result, '--faces', '1')
        self.assertTrue(os.path.exists(self.path('photo-restored-restored.png')))

    def test_existing(self):
        """A run that was stopped goes on: what is there stays, what is missing is made."""
        os.mkdir(self.path('in'))
        for name in 'ab':
            self.photo(f'in/{name}.png')
        os.mkdir(self.path('out'))
        old = put(self.path('out/a.png'), b'old')
        out, _ = self.run_cli(self.path('in'), '-o', self.path('out'), '--faces', '1', '--existing=skip')
        self.assertEqual((get(old), sorted(os.listdir(self.path('out')))), (b'old', ['a.png', 'b.png']))
        self.assertIn('in/a.png: left alone, the result exists', out)
        report = json.loads(self.run_cli(self.path('in'), '-o', self.path('out'), '--existing=skip', '--report=json')[0])
        self.assertEqual([f['left_alone'] for f in report['files']], ['the result exists'] * 2)
        self.run_cli(PHOTO, '--faces', '1', '-o', old, '--existing=overwrite')
        self.assertNotEqual(get(old), b'old')
        self.refuse(2, "--existing: 'never' is not fail, skip or overwrite", PHOTO, '-o', old, '--existing=never')

    def test_no_face(self):
        """An album comes out whole: a picture without a face is copied byte for byte, or in the format asked for."""
        self.blind()
        photo, out = self.photo(), self.path('out.png')
        self.refuse(6, 'no face found', photo, '-o', out)
        text, _ = self.run_cli(photo, '-o', out, '--no-face', 'skip')
        self.assertEqual(text, f'{photo}: left alone, no face\n')
        self.assertFalse(os.path.exists(out))
        text, _ = self.run_cli(photo, '-o', out, '--no-face', 'copy')
        self.assertIn(': no face, copied -> ', text)
        self.assertEqual(get(out), get(photo))
        self.run_cli(photo, '-o', self.path('o.jpg'), '--no-face', 'copy')
        self.assertEqual(get(self.path('o.jpg'))[:2], b'\xff\xd8')
        before = os.stat(photo).st_mtime_ns
        self.run_cli(photo, '--in-place', '--no-face', 'copy')
        self.assertEqual(os.stat(photo).st_mtime_ns, before)
        self.refuse(2, "turned: 'often' is not one of: auto, always, never", photo, '-o', out, '--turned=often')
        self.refuse(2, "--no-face: 'ask' is not fail, copy or skip", photo, '-o', out, '--no-face=ask')

    def test_in_place_once(self):
        """One file under several names is restored once."""
        photo = self.photo()
        os.symlink('photo.png', self.path('link.png'))
        out, _ = self.run_cli(photo, self.path('./photo.png'), self.path('link.png'), '--in-place', '--faces', '1')
        self.assertEqual(len(out.splitlines()), 1)
        once = get(photo)
        shutil.copy(PHOTO, photo)
        self.run_cli(photo, '--in-place', '--faces', '1')
        self.assertEqual(get(photo), once)

    def test_clash_names_all(self):
        for folder in ('one', 'two', 'three'):
            os.mkdir(self.path(folder))
            self.photo(folder + '/a.png')
        os.chdir(self.dir)
        err = self.refuse(2, "two results would have the name 'out/a.png'", 'one/a.png', 'two/a.png', 'three/a.png', '-o', 'out')
        for folder in ('one', 'two', 'three'):
            self.assertIn(folder + '/a.png', err)
        self.photo('one/b.png')
        self.photo('three/b.png')
        args = [f'{folder}/{name}.png' for folder, name in (('one', 'a'), ('one', 'b'), ('two', 'a'), ('three', 'b'))]
        lines = self.run_cli(*args, '-o', 'out', code=2)[1].splitlines()
        self.assertEqual(lines, [f"revisage: two results would have the name 'out/{name}.png': of {inputs}" for name, inputs in
                                 (('a', 'one/a.png, two/a.png'), ('b', 'one/b.png, three/b.png'))])
        self.assertFalse(os.path.exists('out'))

    def test_no_escapes_in_any_line(self):
        name = 'a\x1b[31m\u009b2J\n.png'
        photo = self.photo(name)
        out, _ = self.run_cli(photo, '--faces', '1')
        out += self.run_cli(photo, '--list-faces')[0]
        _, err = self.run_cli(photo, '--faces', '1', code=4)
        for text in (out, err):
            self.assertIn('a?[31m?2J?', text)
            self.assertNotRegex(text, '[\x00-\x09\x0b-\x1f\x7f-\x9f]')
        self.assertEqual(len(err.splitlines()), 1)

    def test_folder_without_faces(self):
        self.blind()
        os.mkdir(self.path('in'))
        for name in 'ab':
            self.photo(f'in/{name}.png')
        _, err = self.run_cli(self.path('in'), '-o', self.path('out'), code=6)
        self.assertIn('0 of 2 pictures done, 2 without a face, 0 failed', err)

    def test_empty_folder(self):
        self.refuse(3, 'there are no PNG', self.dir)

    def test_in_place(self):
        photo = self.photo()
        os.chmod(photo, 0o640)
        os.symlink('photo.png', self.path('link.png'))
        self.run_cli(self.path('link.png'), '--in-place', '--faces', '1')
        self.assertTrue(os.path.islink(self.path('link.png')))
        self.assertNotEqual(get(photo), get(PHOTO))
        self.assertEqual(os.stat(photo).st_mode & 0o7777, 0o640)

    def test_mode_follows_umask(self):
        self.run_cli(PHOTO, BOX, '-o', self.path('o.png'), preexec_fn=lambda: os.umask(0o027))
        self.assertEqual(os.stat(self.path('o.png')).st_mode & 0o7777, 0o640)

    def test_existing_result_is_kept(self):
        old = put(self.path('old.png'), b'old')
        self.refuse(4, 'exists already; use --overwrite', PHOTO, BOX, '-o', old)
        self.assertEqual(get(old), b'old')

    def metadata(self, path):
        exif, icc, xmp, texts, unit, x, y, orientation = dump(path)[4]
        return dict(exif=exif, icc=icc, xmp=xmp, texts=texts, unit=unit, x=x, y=y, orientation=orientation)

    def test_metadata(self):
        """EXIF orientation 6, ICC, XMP, comment and resolution: through JPEG and through PNG and back."""
        self.blind()
        _, _, _, _, _, rgb = dump(PHOTO)
        photo = jpeg(self.path('in.jpg'), 512, 256, 3, rgb[:512 * 256 * 3], orientation=6, notes=1)
        for step, source, name in ((1, photo, 'a.jpg'), (2, photo, 'b.png'), (3, self.path('b.png'), 'c.jpg')):
            with self.subTest(step=step):
                self.run_cli(source, '--box=60,180,90,110', '-o', self.path(name))
                self.assertEqual(dump(self.path(name))[:2], (256, 512))
                meta = self.metadata(self.path(name))
                self.assertEqual({k: meta[k] for k in ('exif', 'icc', 'xmp', 'texts', 'orientation')},
                                 dict(exif=74, icc=400, xmp=12, texts=1, orientation=1))
                expected = (4, 5906, 11811) if name == 'b.png' else (2, 150, 300)
                self.assertEqual((meta['unit'], meta['x'], meta['y']), expected)

    def test_formats(self):
        """Every format of the table is written and read back: exactly where it can be, and the same by its ending as by its word."""
        exact = self.path('exact.png')
        self.run_cli(PHOTO, BOX, '-o', exact)
        words = self.formats()
        self.assertIn('png', words)
        for word in words:
            with self.subTest(word=word):
                by_word, by_ending = self.path('by-word'), self.path('by-ending.' + word)
                self.run_cli(PHOTO, BOX, '--overwrite', '--format', word, '-o', by_word)
                self.run_cli(PHOTO, BOX, '-o', by_ending)
                self.assertEqual(get(by_word), get(by_ending))
                if word != 'jpeg':
                    self.assertEqual(dump(by_ending)[5], dump(exact)[5])
                if word != 'png':
                    self.run_cli(by_ending, BOX)
                    self.assertEqual(dump(self.path('by-ending-restored.' + word))[:2], dump(exact)[:2])

    def test_profile(self):
        """A picture in another space than sRGB: only the face changes, the profile stays, the report says what was done."""
        gamma = chunk(b'gAMA', struct.pack('>I', 100000))  # linear light
        width, height, _, _, _, rgb = dump(PHOTO)
        linear = bytes(round(255 * ((v / 255 + 0.055) / 1.055) ** 2.4) if v > 10 else round(v / 12.92) for v in range(256))
        before = put(self.path('in.png'), png(width, height, 3, 8, rgb.translate(linear), gamma))
        plain, after = self.path('plain.png'), self.path('out.png')
        self.run_cli(PHOTO, BOX, '-o', plain)
        report = json.loads(self.run_cli(before, BOX, '--report=json', '-o', after)[0])['files'][0]
        if 'converted' not in report['notes']:
            self.skipTest('this build has no lcms2')
        self.assertIn(gamma, get(after))
        x, y, w, h = report['faces'][0]['changed']
        a, b, c, d = (dump(path)[5] for path in (before, after, PHOTO, plain))
        outside = [i for i in range(width * height) if not (x <= i % width < x + w and y <= i // width < y + h)]
        self.assertTrue(all(a[3 * i:3 * i + 3] == b[3 * i:3 * i + 3] for i in outside))
        # The same restoration, seen through either space: 8 bits of linear light are coarse in the dark.
        want = bytes(d).translate(linear)
        moved = [(b[i] - want[i], a[i] != b[i]) for i in range(len(b)) if c[i] > 64]
        self.assertGreater(sum(changed for _, changed in moved), 1000)
        self.assertLess(sum(abs(v) for v, changed in moved if changed) / sum(changed for _, changed in moved), 4)

    def test_quality(self):
        sizes = []
        for quality in ('20', '95', '100'):
            self.run_cli(PHOTO, BOX, '--overwrite', '--quality', quality, '-o', self.path('o.jpg'))
            sizes.append(os.path.getsize(self.path('o.jpg')))
        self.assertEqual(sizes, sorted(sizes))
        self.run_cli(PHOTO, BOX, '--overwrite', '-o', self.path('o.jpg'))
        self.assertEqual(os.path.getsize(self.path('o.jpg')), sizes[1])
        for value in ('0', '101', 'best'):
            self.refuse(2, f"--quality: '{value}' is not", PHOTO, '--quality', value)

    def test_read_only_format(self):
        """HEIC: the result is a PNG; it cannot take its source's place."""
        out = self.run_cli('--help')[0]
        if 'HEIC' not in out:
            self.skipTest('this build reads no HEIC')
        photo = shutil.copy(os.path.join(SOURCE, 'tests/fuzz/corpus/picture/grey.heic'), self.path('photo.heic'))
        self.run_cli(photo, '--aligned')
        self.assertEqual(dump(self.path('photo-restored.png'))[:2], dump(photo)[:2])
        self.refuse(2, 'HEIC pictures cannot be written', photo, '--aligned', '--in-place')
        self.refuse(2, "'heic' is not", photo, '--format', 'heic')

    def test_notes_of_loss(self):
        photo = put(self.path('in.png'), png(200, 200, 1, 16, bytes(80000)))
        _, err = self.run_cli(photo, '--aligned', '-o', self.path('o.jpg'))
        self.assertIn('note: not kept: the finer steps of 16-bit values\n', err)

    def test_motion_photo(self):
        """The video behind a picture is missed in one line, in the report too."""
        photo = jpeg(self.path('in.jpg'), 200, 200, 3, bytes(120000))
        put(photo, get(photo) + b'\0\0\0\x18ftypmp42' + bytes(100))
        out, err = self.run_cli(photo, '--aligned', '--report=json', '-o', self.path('o.jpg'))
        self.assertEqual(err, f"revisage: {self.path('o.jpg')}: note: not kept: the video behind the picture\n")
        self.assertEqual(json.loads(out)['files'][0]['lost'], ['video'])
        self.assertNotIn(b'ftyp', get(self.path('o.jpg')))

    def test_transparent_to_jpeg(self):
        photo = put(self.path('in.png'), png(200, 200, 4, 8, bytes(160000)))
        self.refuse(4, 'transparent, which JPEG cannot hold; write a PNG', photo, '--aligned', '-o', self.path('o.jpg'))
        self.assertEqual(os.listdir(self.dir), ['in.png'])


class BadInput(Case):
    def refuse_picture(self, words, data, name='bad.png'):
        bad = put(self.path(name), data)
        self.refuse(3, words, bad, '-o', self.path('out.png'))
        self.assertEqual(os.listdir(self.dir), [name])
        os.unlink(bad)

    def test_truncated_png(self):
        for n in (0, 3, 20, 33, 4000, os.path.getsize(PHOTO) - 13):
            self.refuse_picture('empty' if n == 0 else 'not a PNG' if n == 3 else 'truncated', get(PHOTO)[:n])

    def test_truncated_jpeg(self):
        data = get(jpeg(self.path('x.jpg'), 64, 64, 3, bytes(range(256)) * 48))
        os.unlink(self.path('x.jpg'))
        for n in (4, 100, len(data) // 2, len(data) - 3):
            self.refuse_picture('JPEG file is truncated', data[:n], 'bad.jpg')

    def test_no_end_mark(self):
        """All of the picture without the mark behind it: read, noted, and the same result."""
        whole, cut = self.path('whole.png'), self.path('cut.png')
        self.run_cli(PHOTO, BOX, '-o', whole)
        _, err = self.run_cli(put(cut, get(PHOTO)[:-12]), BOX, '-o', self.path('out.png'))
        self.assertIn('cut.png: note: the file ends too early, but the picture is complete\n', err)
        self.assertEqual(dump(whole), dump(self.path('out.png')))
        report = json.loads(self.run_cli(cut, BOX, '--overwrite', '-o', self.path('out.png'), '--report=json')[0])
        self.assertEqual(report['files'][0]['notes'], ['no-end'])

    def test_corrupt(self):
        data = bytearray(get(PHOTO))
        data[400000] ^= 0xff
        self.refuse_picture('the PNG file is damaged', bytes(data))
        data = bytearray(get(jpeg(self.path('x.jpg'), 64, 64, 3, os.urandom(64 * 64 * 3))))
        os.unlink(self.path('x.jpg'))
        data[len(data) // 2:len(data) // 2 + 2] = b'\xff\xc4'
        self.refuse_picture('JPEG file is', bytes(data), 'bad.jpg')

    def test_sizes(self):
        def header(width, height, size=100):
            return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0))
                    + chunk(b'IDAT', zlib.compress(bytes(size))) + chunk(b'IEND', b''))
        self.refuse_picture('0x0 pixels', header(0, 0))
        self.refuse_picture('100000x100000 pixels; at most', header(100000, 100000))
        self.refuse_picture('cannot hold 20000x20000 pixels', header(20000, 20000))

    def test_other_formats(self):
        self.refuse_picture('WebP', b'RIFF\x10\0\0\0WEBPVP8 ' + bytes(30), 'x.webp')  # damaged, or not in this build
        self.refuse_picture('GIF pictures are not supported; convert it to PNG or JPEG first', b'GIF89a' + bytes(30), 'x.gif')
        self.refuse_picture('not a PNG, JPEG' if 'TIFF' in self.run_cli('--help')[0] else 'not a PNG or JPEG', b'hello, world', 'x.jpg')
        data = get(jpeg(self.path('x.jpg'), 16, 16, 4, bytes(1024)))
        self.refuse_picture('CMYK JPEG pictures are not supported', data, 'x.jpg')

    def test_unreadable(self):
        self.refuse(3, 'No such file or directory', self.path('none.png'), '-o', self.path('o.png'))
        os.mkfifo(self.path('pipe.png'))
        self.refuse(3, 'not a regular file', self.path('pipe.png'), '-o', self.path('o.png'))
        if os.geteuid() != 0:
            os.chmod(self.photo(), 0)
            self.refuse(3, 'Permission denied', self.path('photo.png'), '-o', self.path('o.png'))

    def test_unwritable(self):
        self.refuse(4, 'No such file or directory', PHOTO, BOX, '-o', self.path('none/o.png'))
        self.refuse(4, 'it is not a regular file', PHOTO, BOX, '--format', 'png', '-o', '/dev/null')
        put(self.path('file'), b'')
        self.refuse(4, 'cannot be made', PHOTO, self.photo('other.png'), '-o', self.path('file'))
        if os.geteuid() != 0:
            os.mkdir(self.path('locked'), 0o500)
            self.refuse(4, 'Permission denied', PHOTO, BOX, '-o', self.path('locked/o.png'))

    def test_one_line_whatever_the_name(self):
        self.refuse(3, 'cannot be opened', self.path('a\nb\x1b[31m.png'), '-o', self.path('o.png'))

    def test_full_disk(self):
        """A file size limit stands in for it; the tests of plugin/io use /dev/full."""
        old = put(self.path('old.png'), b'old')
        for name in ('new.png', 'old.png', 'new.jpg'):
            self.refuse(4, 'cannot be written: File too large', PHOTO, BOX, '--overwrite', '-o', self.path(name),
                        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000)))
        self.assertEqual(os.listdir(self.dir), ['old.png'])
        self.assertEqual(get(old), b'old')
        deep = put(self.path('deep.png'), png(256, 256, 3, 16, random.Random(1).randbytes(6 * 256 * 256)))
        err = self.refuse(4, 'cannot be written: File too large', deep, BOX, '-o', self.path('deep.jpg'),
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000)))
        self.assertNotIn('not kept', err)  # of what is not there

    @unittest.skipIf(SANITIZED, 'the sanitizers reserve address space')
    def test_out_of_memory(self):
        """Whatever the limit: a clear line and code 7, or success; never a crash or half a file."""
        out, codes = self.path('o.png'), []
        photo = put(self.path('in.png'), png(3000, 3000, 3, 8, bytes(27000000)))
        for megabytes in range(60, 700, 20):
            limit = megabytes << 20
            done = subprocess.run([REVISAGE, photo, BOX, '--threads', '1', '--overwrite', '-o', out], capture_output=True,
                                  env=dict(self.env(), OPENBLAS_NUM_THREADS='1'), timeout=300,
                                  preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
            text = done.stderr.decode()
            if 'error while loading shared libraries' in text:
                continue
            codes.append(done.returncode)
            self.assertIn(done.returncode, (0, 7), f'{megabytes} MB: {text}')
            if done.returncode:
                self.assertIn('memory', text)
                self.assertEqual(len(text.splitlines()), 1)
                self.assertEqual(os.listdir(self.dir), ['in.png'])
            else:
                break
        self.assertIn(7, codes)
        self.assertEqual(codes[-1], 0)

    def cancel(self, number, *args):
        process = subprocess.Popen([REVISAGE, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.env(),
                                   preexec_fn=lambda: signal.signal(number, signal.SIG_DFL))
        while True:  # until the handler is there: before, the signal would simply kill
            with open(f'/proc/{process.pid}/status') as f:
                caught = int(re.search(r'SigCgt:\s*([0-9a-f]+)', f.read()).group(1), 16)
            if caught >> (number - 1) & 1:
                break
            time.sleep(0.01)
        time.sleep(0.3)
        process.send_signal(number)
        out, err = process.communicate(timeout=120)
        return process.returncode, out.decode(), err.decode()

    def test_ignored_signal(self):
        """nohup: what the caller has us ignore does not stop the run."""
        process = subprocess.Popen([REVISAGE, PHOTO, BOX, '-o', self.path('o.png')], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=self.env(), preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        while process.poll() is None:
            process.send_signal(signal.SIGHUP)
            time.sleep(0.05)
        process.communicate()
        self.assertEqual(process.returncode, 0)

    def test_cancel(self):
        """Enough pictures to be in the middle of them; results that were complete stay, and are complete."""
        os.mkdir(self.path('in'))
        for i in range(40):
            os.link(self.photo('one.png'), self.path(f'in/{i:02}.png')) if i == 0 else shutil.copy(PHOTO, self.path(f'in/{i:02}.png'))
        for number in (signal.SIGINT, signal.SIGTERM):
            code, _, err = self.cancel(number, self.path('in'), '-o', self.path(f'out{number}'))
            self.assertEqual(code, 128 + number, err)
            self.assertEqual(len(err.splitlines()), 1, err)
            results = os.listdir(self.path(f'out{number}'))
            self.assertLess(len(results), 40)
            for name in results:
                self.assertTrue(name.endswith('.png') and not name.startswith('.'))
                dump(self.path(f'out{number}/{name}'))


class Weights(Case):
    def setUp(self):
        super().setUp()
        self.weights = self.path('weights')
        shutil.copytree(os.path.join(HERE, 'weights'), self.weights)
        self.restorer = os.path.join(self.weights, 'restore-jsfm-512.safetensors')

    def refuse_weights(self, words, *args):
        self.refuse(5, words, PHOTO, BOX, '-o', self.path('o.png'), *args)
        self.assertEqual(os.listdir(self.dir), ['weights'])

    def test_other_system_by_name(self):
        """Weights by id or path may be of another system than the default: what that has not, or needs, is refused as of --model WORD."""
        for name in ('fill-face-512', os.path.join(self.weights, 'fill-face-512.safetensors')):
            self.refuse(2, "--fidelity does nothing with the model 'fill'; leave it out", PHOTO, '-o', self.path('o.png'), '--model', name,
                        '--fidelity', '1', '--find-scratches')
            self.refuse(2, "the model 'fill' needs --hole MASK", PHOTO, '-o', self.path('o.png'), '--model', name)
        self.refuse(2, "--find-scratches does nothing with the model 'jsfm'", PHOTO, '-o', self.path('o.png'), '--model', self.restorer,
                    '--find-scratches')
        self.assertEqual(os.listdir(self.dir), ['weights'])

    def test_missing(self):
        """From a copy elsewhere, since the build tree's own weights would be found."""
        shutil.rmtree(self.weights)
        os.mkdir(self.weights)
        program = shutil.copy(REVISAGE, self.path('revisage'))
        err = self.refuse(5, 'weights detect-face not found', PHOTO, BOX, '-o', self.path('o.png'), program=program)
        self.assertIn('set RVS_MODEL_DIR', err)
        self.assertIn(self.weights, err)

    def test_altered(self):
        data = bytearray(get(self.restorer))
        data[-5] ^= 1
        put(self.restorer, bytes(data))
        self.refuse_weights(f'); fetch it again ({self.restorer})')  # all of it: what is wrong, what to do, and where

    def test_truncated_or_empty(self):
        os.unlink(os.path.join(self.weights, 'SHA256SUMS'))
        data = get(self.restorer)
        for n in (0, 7, 100, len(data) - 1):
            put(self.restorer, data[:n])
            self.refuse_weights("weights 'restore-jsfm-512.safetensors': ")

    def test_nan(self):
        os.unlink(os.path.join(self.weights, 'SHA256SUMS'))
        data = get(self.restorer)
        put(self.restorer, data[:-2] + b'\x00\x7e')
        self.refuse_weights("weights 'restore-jsfm-512.safetensors': ")

    def test_wrong_graph(self):
        self.refuse_weights('', '--model', 'parse-face-256')
        shutil.copy(os.path.join(self.weights, 'detect-face.safetensors'), os.path.join(self.weights, 'mine.safetensors'))
        self.refuse_weights('', '--model', os.path.join(self.weights, 'mine.safetensors'))
        self.refuse_weights('weights nonsense not found', '--model', 'nonsense')
        self.refuse_weights('No such file', '--model', self.path('none.safetensors'))

    def test_bad_list(self):
        put(os.path.join(self.weights, 'SHA256SUMS'), b'not a list\n')
        self.refuse_weights('SHA256SUMS, line 1: not a line of sha256sum')

    def test_own_model_by_path(self):
        mine = shutil.move(self.restorer, self.path('weights/mine.safetensors'))
        for model in (mine, 'mine'):
            report = json.loads(self.run_cli(PHOTO, BOX, '--overwrite', '-o', self.path('o.png'), '--model', model, '--report=json')[0])
            self.assertEqual(report['models'][2]['file'], mine)

    def test_user_data_folder(self):
        """Found without RVS_MODEL_DIR, under XDG_DATA_HOME and under HOME."""
        for variable, folder in (('XDG_DATA_HOME', 'data'), ('HOME', 'home/.local/share')):
            shutil.copytree(self.weights, self.path(folder + '/revisage/weights'))
            env = {k: v for k, v in self.env().items() if k not in ('RVS_MODEL_DIR', 'HOME')}
            env[variable] = self.path(folder.split('/')[0])
            done = subprocess.run([REVISAGE, '--list-models', '--report', 'json'], capture_output=True, env=env, check=True)
            files = [m['file'] for m in json.loads(done.stdout)]
            self.assertIn(self.path(folder + '/revisage/weights/restore-jsfm-512.safetensors'), files)


if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0], *sys.argv[7:]], verbosity=2)
