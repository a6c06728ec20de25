#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh [--install-peers] [OPTIONS of bench.py]: builds the bench, times every kernel, every shape of convolution and pictures of many faces
# (plotted), and compares engine, PyTorch and ONNX Runtime.
# --install-peers fetches onnxruntime-node with npm into the work folder; nothing else is ever installed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD_DIR:-$here/../build}
work=${WORK_DIR:-$build/bench/work}
mkdir -p "$work"
if [ "${1:-}" = --install-peers ]; then
  shift
  if command -v npm >/dev/null; then
    npm install --prefix "$work" --ignore-scripts --no-audit --no-fund onnxruntime-node || echo "run.sh: onnxruntime-node could not be installed"
  else
    echo "run.sh: no npm, so no ONNX Runtime"
  fi
fi
[ -f "$build/build.ninja" ] || meson setup "$build" "$here/.."
ninja -C "$build" bench/bench_nets >/dev/null
if ninja -C "$build" tests/kernels/checkkernels >/dev/null; then
  echo "Kernels, one thread, by processor time:"
  "$build/tests/kernels/checkkernels" --bench
else
  echo "run.sh: no rows of kernels, the build folder has no tests"
fi
ninja -C "$build" bench/bench_convs plugin/cli/revisage >/dev/null
echo "3x3 convolutions, one thread, by processor time:"
"$build/bench/bench_convs"
/usr/bin/python3 "$here/bench.py" "$build/bench/bench_nets" "$work" "$@"
echo "Many faces; the plot is $work/crowd.png:"
RVS_MODEL_DIR=${RVS_MODEL_DIR:-$here/../weights} exec /usr/bin/python3 "$here/crowd.py" "$build/plugin/cli/revisage" "$work"
