#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# gimp3_window.sh TEST FILE SOURCE PHOTO BUILD: builds the plug-in and the layer effect in the GIMP 3 folder and runs TEST, a program beside this
# one, with FILE of that build. TAP on stdout.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
status=0
root=$("$here/gimp3_build.sh" "$3" "$5" | tail -1) || status=$?
[ "$status" = 0 ] && [ -n "$root" ] || { echo "1..0 # SKIP no folder with GIMP 3 (needs root, mmdebstrap and a Debian mirror)"; exit 0; }
exec python3 "$here/$1" 3 "$5/tree/$2" "$4" "$5" "$3" "$root"
