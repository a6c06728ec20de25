#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# aarch64.sh [FOLDER]: builds the engine, checkkernels and the operators' test for AArch64 in FOLDER (build-aarch64) and runs them under qemu.
#
# Needs Debian's gcc-aarch64-linux-gnu, libc6-dev-arm64-cross and qemu-user-static, and the headers and library of libcmocka-dev:arm64, whose
# folder is CMOCKA (after `dpkg --add-architecture arm64`: /usr; or unpack libcmocka-dev and libcmocka0 of arm64 with dpkg -x into any).
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
out=${1:-$here/build-aarch64}
cmocka=${CMOCKA:-/usr}
flags="-std=gnu11 -O2 -Wall -Wextra -Wno-overlength-strings -ffp-contract=off -fno-math-errno -DRVS_HAVE_NEON=1
  -I$here/engine -I$here/engine/include -I$here/tests -I$cmocka/include"
for tool in aarch64-linux-gnu-gcc qemu-aarch64-static; do
  command -v $tool >/dev/null || { echo "aarch64.sh: there is no $tool; the first lines of $0 name the packages" >&2; exit 1; }
done
[ -f "$cmocka/include/cmocka.h" ] || { echo "aarch64.sh: no cmocka.h in $cmocka/include; set CMOCKA, see the first lines of $0" >&2; exit 1; }
mkdir -p "$out"
# shellcheck disable=SC2046,SC2086 # lists of files and flags without spaces
compile()
{
  program=$1
  shift
  aarch64-linux-gnu-gcc $flags "$@" -DVECTORS="\"$here/tests/vectors\"" -DBUILT_BLAS=0 -DBUILT_X86=0 -DBUILT_NEON=1 -o "$out/$program" \
    $(find "$here/engine/core" "$here/engine/ops" -name '*.c') "$here"/engine/kernels/*.c "$here/engine/kernels/arm/neon.c" \
    "$here/engine/weights/st_file.c" "$here/engine/weights/st_scan.c" -L"$cmocka/lib/aarch64-linux-gnu" -lcmocka -lm -lpthread
  qemu-aarch64-static -L /usr/aarch64-linux-gnu -E LD_LIBRARY_PATH="$cmocka/lib/aarch64-linux-gnu" "$out/$program"
}
compile checkkernels "$here"/tests/kernels/*.c
compile test_ops "$here/tests/unit/test_ops.c"
