#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# gimp2_batch.sh PLUGIN REAL PHOTO WORK: installs the plug-in with the engine's double into a fresh GIMP 2.10 home and runs gimp2.scm;
# then REAL, the one that people get, without its weights. TAP on stdout.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
plugin=$1 real=$2 photo=$3 work=$4
command -v gimp-console > /dev/null || { echo "1..0 # SKIP GIMP 2.10 is not installed"; exit 0; }
fresh_home "$work"
export HOME=$work XDG_CONFIG_HOME=$work/.config XDG_CACHE_HOME=$work/.cache
mkdir -p "$work/.config/GIMP/2.10/plug-ins/revisage"
cp "$plugin" "$work/.config/GIMP/2.10/plug-ins/revisage/revisage"
export RVS_FAKE_FACES="0.3,0.2,0.4,0.5"

script () { # CALL LOG
  timeout "$seconds" gimp-console -n -i -d -s -b "(begin (define photo \"$photo\") (load \"$here/batch.scm\") (load \"$here/gimp2.scm\") $1)" -b '(gimp-quit 0)' > "$2" 2>&1
}

seconds=1800 # for one that hangs: on a slow machine the longest takes ten minutes
script "(test-flattened-all)" "$work/log-flattened" || true
script "(run-all)" "$work/log" || true
RVS_FAKE_FACES= script "(test-no-face)" "$work/log-face" || true
RVS_FAKE_FACES=$(many_faces) script "(test-many)" "$work/log-many" || true
install_catalogs "$work/.config/GIMP/2.10/plug-ins/revisage" "$work/../../.."
make_locale "$work/locales"
LC_ALL=de_DE.UTF-8 LOCPATH=$work/locales RVS_FAKE_FACES= script '(test-failure "in German")' "$work/log-german" || true
RVS_FAKE_FAIL=weights script '(test-failure "altered weights")' "$work/log-altered" || true
RVS_FAKE_FAIL=memory script '(test-failure "no memory")' "$work/log-memory" || true
RVS_FAKE_SLOW_MS=20000 script "(test-killed)" "$work/log-killed" &
waiting=$!
kill_plugin "$work" && echo "killed" >> "$work/log"
wait $waiting || true
run_block () { (cd "$work/docs" && timeout 120 sh "$1.sh"); }
mkdir -p "$work/docs"
check_docs "$here/../../docs/batch.md" 2.10 "$work/docs" "$photo" run_block >> "$work/log"
cp "$real" "$work/.config/GIMP/2.10/plug-ins/revisage/revisage"
RVS_MODEL_DIR=/nonexistent script '(test-failure "no weights")' "$work/log-none" || true
cat "$work"/log-* >> "$work/log"
check_messages "$work/log" 2 > "$work/messages"
cat "$work/messages" >> "$work/log"
grep -q "^killed" "$work/log" || echo "FAIL the plug-in was there to be killed" >> "$work/log"
[ "$(grep -c 'END$' "$work/log")" = 9 ] || echo "FAIL every script reached its end" >> "$work/log"
report "$work/log"
