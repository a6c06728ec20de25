#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times JSFM and parser on one 512 face: this engine, PyTorch and ONNX Runtime on the same networks, side by side.

    bench.py BENCH_NETS WORK_FOLDER [--rounds 3] [--runs 5] [--threads 1,2]

The networks have random weights (speed does not depend on them). Peers run in turns, round after round, so that other load on
the machine meets them alike; every figure is a median. `wall` is what a user waits; `cpu` is processor time, which suffers less
from other load: compare that when the machine is not idle. The sgemm rate is measured in the engine's own process (OpenBLAS,
1024 x 1024 x 1024 on each thread): its wall rate for `wall`, its processor-time rate for `cpu`.
"""
import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
TRAIN = os.path.join(HERE, '..', 'weights', 'train')
WIDTHS = {
    'design': dict(channels={16: 384, 32: 320, 64: 160, 128: 80, 256: 40, 512: 24},
                   guides={16: 64, 32: 64, 64: 64, 128: 48, 256: 32, 512: 16}),
    'default': {},
}
# Kernel levels (RVS_CPU_MASK) that are shown beside the best one.
MASKS = {'engine, AVX2': '3', 'engine, OpenBLAS': '1'}


def build(work):
    """Weights and ONNX files of each width; {name: GFLOP of generator + parser}."""
    sys.path.insert(0, TRAIN)
    import torch
    import onnx_export
    from base import files, st
    from jsfm import arch as jsfm
    from jsfm.networks import Generator
    from parsing import arch as parsing
    from parsing.networks import ParserC

    def save(name, net, arch):
        tensors = files.halves(net.state_dict())
        net.load_state_dict({k: v.float() for k, v in tensors.items()})
        st.save(os.path.join(work, name + '.safetensors'), tensors,
                {'rvs.format': '1', 'rvs.id': name, 'rvs.arch': arch.name, 'rvs.contract': f'{arch.name}_srgb_pm1_v1', 'rvs.licence': 'GPL-3.0-or-later',
                 'rvs.source': 'random weights for the bench', 'rvs.graph': 'unknown', 'rvs.data': 'none', 'rvs.git': 'unknown',
                 **arch.keys(net.config)})
        try:
            onnx_export.write(net, dict(net.config, arch=arch.name), os.path.join(work, name + '.onnx'))
        except Exception as e:                              # a torch without its ONNX half
            print(f'no ONNX file of {name}: {e}')

    def gflop(net, *inputs):
        macs = [0]

        def hook(m, i, o):
            if isinstance(m, torch.nn.Conv2d):
                macs[0] += o.numel() * m.in_channels * m.kernel_size[0] * m.kernel_size[1]
            elif isinstance(m, torch.nn.Linear):
                macs[0] += m.in_features * m.out_features
        # The modulations call F.conv2d on their heads' weights: count through the function itself.
        real, count = torch.nn.functional.conv2d, macs

        def counted(x, w, *a, **k):
            y = real(x, w, *a, **k)
            count[0] += y.numel() * w.shape[1] * w.shape[2] * w.shape[3]
            return y
        torch.nn.functional.conv2d = counted
        hooks = [m.register_forward_hook(hook) for m in net.modules() if isinstance(m, torch.nn.Linear)]
        net(*inputs)
        torch.nn.functional.conv2d = real
        for h in hooks:
            h.remove()
        return 2e-9 * macs[0]

    out = {}
    warnings.simplefilter('ignore')                         # the ONNX tracer's remarks
    torch.manual_seed(1)
    with torch.no_grad():
        parser = ParserC().eval().fold()
        save('parser', parser, parsing.ARCH)
        extra = gflop(parser, torch.zeros(1, 3, 256, 256))
        for name, config in WIDTHS.items():
            net = Generator(**config).eval().fold()
            save(name, net, jsfm.ARCH)
            out[name] = extra + gflop(net, torch.zeros(1, 3, 512, 512), torch.full((1, 19, 128, 128), 1 / 19), 0.5)
    return out


def peak_mib():
    """VmHWM: getrusage would also count the program that started this one."""
    with open('/proc/self/status') as f:
        return int(re.search(r'VmHWM:\s+(\d+)', f.read()).group(1)) / 1024


def measure(run, runs):
    """Prints wall, processor time and peak memory of a callable as JSON, after one run to warm up."""
    run()
    walls, begin = [], time.process_time()
    for _ in range(runs):
        t = time.perf_counter()
        run()
        walls.append(time.perf_counter() - t)
    print(json.dumps({'wall_s': statistics.median(walls), 'cpu_s': (time.process_time() - begin) / runs,
                      'peak_mib': peak_mib()}))


def peer_torch(work, name, threads, runs):
    sys.path.insert(0, TRAIN)
    import torch
    import export
    torch.set_num_threads(threads)
    net, _ = export.load_deploy(os.path.join(work, name + '.safetensors'))
    parser, _ = export.load_deploy(os.path.join(work, 'parser.safetensors'))
    face = torch.rand(1, 3, 512, 512) * 2 - 1
    with torch.no_grad():
        measure(lambda: net(face, torch.softmax(parser(torch.nn.functional.avg_pool2d(face, 2))[0], 1), 0.5), runs)


def command_of(peer, a, name, threads):
    if peer == 'engine':
        return [a.bench_nets, f'{a.work}/{name}.safetensors', f'{a.work}/parser.safetensors', str(threads), str(a.runs)]
    if peer in MASKS:
        return command_of('engine', a, name, threads) + [MASKS[peer]]
    if peer == 'PyTorch':
        return [sys.executable, os.path.abspath(__file__), '--peer-torch', a.work, name, str(threads), str(a.runs)]
    return ['node', os.path.join(HERE, 'ort.js'), a.work, name, str(threads), str(a.runs)]


def run_peer(peer, a, name, threads):
    out = subprocess.run(command_of(peer, a, name, threads), capture_output=True, text=True)
    if out.returncode != 0:
        sys.exit(f'bench.py: {peer} failed: {out.stderr.strip()[-400:]}')
    if peer.startswith('engine'):
        return {k: (v if k == 'kernels' else float(v)) for k, v in (line.split('=') for line in out.stdout.split())}
    return json.loads(out.stdout.splitlines()[-1])


def peers_here(a):
    peers = ['engine', *MASKS, 'PyTorch']
    if not shutil.which('node'):
        print('ONNX Runtime: skipped, there is no node')
    elif not os.path.isdir(os.path.join(a.work, 'node_modules', 'onnxruntime-node')):
        print('ONNX Runtime: skipped, onnxruntime-node is not installed (bench/run.sh --install-peers)')
    elif not os.path.exists(os.path.join(a.work, 'parser.onnx')):
        print('ONNX Runtime: skipped, no ONNX files')
    else:
        peers.append('ONNX Runtime')
    return peers


def table(name, gflop, threads, results):
    engine = results['engine']
    print(f'\nJSFM {name} widths + parser, {gflop:.1f} GFLOP, {threads} thread{"s" if threads > 1 else ""}; '
          f'sgemm {engine["sgemm_gflops"]:.0f} GFLOP/s wall, {engine["sgemm_cpu_gflops"]:.0f} per processor second')
    print(f'{"":18} {"wall s":>8} {"cpu s":>8} {"peak MiB":>9} {"GFLOP/s":>8} {"of sgemm":>9} {"cpu of sgemm":>13} {"wall ratio":>11} {"cpu ratio":>10}')
    for peer, r in results.items():
        rate = gflop / r['wall_s']
        print(f'{peer:18} {r["wall_s"]:8.3f} {r["cpu_s"]:8.3f} {r["peak_mib"]:9.0f} {rate:8.1f} {rate / engine["sgemm_gflops"]:9.0%} '
              f'{gflop / r["cpu_s"] / engine["sgemm_cpu_gflops"]:13.0%} {r["wall_s"] / engine["wall_s"]:11.2f} {r["cpu_s"] / engine["cpu_s"]:10.2f}')
    print(f'engine: parser {engine["parser_s"]:.3f} s, stage 1 {engine["stage1_s"]:.3f} s, stage 2 (all that a slider costs) {engine["stage2_s"]:.3f} s; '
          f'scratch {engine["scratch_mib"]:.0f} MiB; kernels {engine["kernels"]}', flush=True)


def main():
    if sys.argv[1:2] == ['--peer-torch']:
        return peer_torch(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('bench_nets')
    p.add_argument('work')
    p.add_argument('--rounds', type=int, default=3)
    p.add_argument('--runs', type=int, default=5)
    p.add_argument('--threads', default='1,2')
    p.add_argument('--widths', default='design,default')
    a = p.parse_args()
    a.work = os.path.abspath(a.work)
    os.makedirs(a.work, exist_ok=True)
    try:
        gflops = build(a.work)
    except ImportError as e:
        sys.exit(f'bench.py: {e}; install python3-torch and run it with the system\'s python3')
    peers = peers_here(a)
    with open('/proc/cpuinfo') as f:
        model = next((line.split(':')[1].strip() for line in f if line.startswith('model name')), 'unknown')
    print(f'{model}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; medians of {a.rounds} rounds of {a.runs}')
    for name in a.widths.split(','):
        for threads in map(int, a.threads.split(',')):
            rounds = [{peer: run_peer(peer, a, name, threads) for peer in peers} for _ in range(a.rounds)]
            table(name, gflops[name], threads, {peer: {k: v if isinstance(v, str) else statistics.median(r[peer][k] for r in rounds)
                                                       for k, v in rounds[0][peer].items()} for peer in peers})
    print(f'\nload at the end {os.getloadavg()[0]:.1f}')


if __name__ == '__main__':
    main()
