#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# display.sh PROGRAM...: runs a program on a display of its own; skipped (77) where there is no Xvfb.
set -u
command -v Xvfb > /dev/null || { echo "1..0 # SKIP Xvfb is not installed"; exit 77; }
number=$(mktemp)
Xvfb -displayfd 4 -screen 0 1280x720x24 -nolisten tcp 4> "$number" > /dev/null 2>&1 &
server=$!
trap 'kill $server 2> /dev/null; rm -f "$number"' EXIT
for _ in $(seq 200); do [ -s "$number" ] && break; sleep 0.05; done
[ -s "$number" ] || { echo "1..0 # SKIP Xvfb did not start"; exit 77; }
export DISPLAY=:$(cat "$number") GDK_BACKEND=x11 NO_AT_BRIDGE=1
unset WAYLAND_DISPLAY
"$@"
