#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times `revisage` on pictures of many faces, and plots time against faces and threads.

    crowd.py REVISAGE WORK_FOLDER [--face PNG] [--faces 1,4,12,48] [--threads 1,2] [--plot PNG]

The picture is the one face, tiled. `cpu` is processor time, user and system, of the whole run with reading and writing; `busy` is how much of
the threads' time that is: low where threads wait, or where the machine is not idle. Weights are found as the program finds them.
"""
import argparse
import math
import os
import resource
import subprocess
import sys
import time

try:
    import matplotlib
    matplotlib.use('Agg')
    import matplotlib.image
    import matplotlib.pyplot as plt
    import numpy
except ImportError as e:
    sys.exit(f'crowd.py: {e}; install python3-matplotlib and run it with the system\'s python3')

HERE = os.path.dirname(os.path.abspath(__file__))


def crowd(face, n, work):
    """A PNG of n faces."""
    across = math.ceil(math.sqrt(n))
    blank = numpy.full_like(face, 0.5)
    tiles = [face] * n + [blank] * (across * math.ceil(n / across) - n)
    rows = [numpy.concatenate(tiles[i:i + across], 1) for i in range(0, len(tiles), across)]
    path = os.path.join(work, f'crowd-{n}.png')
    matplotlib.image.imsave(path, numpy.concatenate(rows, 0))
    return path


def measure(a, picture, threads):
    """Wall and processor seconds of one run."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([a.revisage, '--threads', str(threads), '--quiet', '--overwrite', '-o', os.path.join(a.work, 'crowd-out.png'), picture], check=True)
    wall, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def plot(results, path):
    figure, axes = plt.subplots(figsize=(6, 4))
    for threads in sorted({t for _, t in results}):
        points = sorted((n, wall, cpu) for (n, t), (wall, cpu) in results.items() if t == threads)
        line, = axes.plot([p[0] for p in points], [p[1] for p in points], 'o-', label=f'{threads} threads' if threads > 1 else '1 thread')
        axes.plot([p[0] for p in points], [p[2] for p in points], ':', color=line.get_color())
    axes.set_xlabel('faces')
    axes.set_ylabel('seconds (dotted: of processors)')
    axes.set_ylim(bottom=0)
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=80)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('revisage')
    p.add_argument('work')
    p.add_argument('--face', default=os.path.join(HERE, '..', 'tests', 'data', 'astronaut.png'))
    p.add_argument('--faces', default='1,4,12,48')
    p.add_argument('--threads', default='1,2')
    p.add_argument('--plot')
    a = p.parse_args()
    os.makedirs(a.work, exist_ok=True)
    face = matplotlib.image.imread(a.face)[:, :, :3]
    results = {}
    print(f'{"faces":>6} {"threads":>8} {"wall s":>8} {"cpu s":>8} {"busy":>6}')
    for n in map(int, a.faces.split(',')):
        picture = crowd(face, n, a.work)
        for threads in map(int, a.threads.split(',')):
            wall, cpu = results[n, threads] = measure(a, picture, threads)
            print(f'{n:6} {threads:8} {wall:8.2f} {cpu:8.2f} {cpu / wall / threads:6.0%}', flush=True)
    plot(results, a.plot or os.path.join(a.work, 'crowd.png'))


if __name__ == '__main__':
    main()
