#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# gimp3-run.sh ROOT SOURCE BUILD COMMAND...: runs COMMAND inside the GIMP 3 folder, SOURCE mounted at /src
# and BUILD at /build. Mounts and processes are private and gone when it ends; DISPLAY passes through.
set -euo pipefail
export g3_root=$1 g3_source=$2 g3_build=$3
shift 3
exec unshare --mount --pid --fork --kill-child bash -euc '
  mount --make-rprivate /
  mount -t proc proc "$g3_root/proc"
  mount --bind "$g3_source" "$g3_root/src"
  mount --bind "$g3_build" "$g3_root/build"
  mkdir -p "$g3_root/tmp/.X11-unix"
  [ ! -d /tmp/.X11-unix ] || mount --bind /tmp/.X11-unix "$g3_root/tmp/.X11-unix"
  mount -t tmpfs tmpfs "$g3_root/dev/shm" 2> /dev/null || true
  exec chroot "$g3_root" /usr/bin/env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME="${G3_HOME:-/build/home}" LC_ALL=C.UTF-8 \
     NO_AT_BRIDGE=1 ${DISPLAY:+DISPLAY=$DISPLAY} ${G3_ENV:-} "$@"' g3 "$@"
