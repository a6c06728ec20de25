#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# gimp3_dialog.sh SOURCE PHOTO BUILD: builds the plug-in in the GIMP 3 folder and runs dialog_test.py on it. TAP on stdout.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
status=0
root=$("$here/gimp3_build.sh" "$1" "$3" | tail -1) || status=$?
[ "$status" = 0 ] && [ -n "$root" ] || { echo "1..0 # SKIP no folder with GIMP 3 (needs root, mmdebstrap and a Debian mirror)"; exit 0; }
exec python3 "$here/dialog_test.py" 3 "$3/tree/tests/gimp/revisage-fake3" "$2" "$3" "$1" "$root"
