#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# gimp3_build.sh SOURCE BUILD: builds the plug-in, real and with the engine's double, and the layer effect, inside the GIMP 3 folder, into
# BUILD/tree.
# Prints the folder's path on the last line; exit 77 where the folder cannot be made.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
source=$1 build=$2
mkdir -p "$build"
root=$("$here/gimp3-root.sh") || exit 77
"$here/gimp3-run.sh" "$root" "$source" "$build" sh -euc '
  [ -f /build/tree/build.ninja ] || meson setup /build/tree /src -Dcli=false -Dgimp3=enabled --buildtype=release
  ninja -C /build/tree plugin/gimp/revisage-gimp3 plugin/gegl/revisage-gegl.so tests/gimp/revisage-fake3 tests/gimp/revisage-probe3 tests/gimp/gimp_probe.so' >&2
echo "$root"
