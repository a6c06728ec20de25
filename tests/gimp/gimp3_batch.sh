#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# gimp3_batch.sh SOURCE PHOTO BUILD: builds the plug-in in the GIMP 3 folder and runs gimp3.scm there. TAP on stdout.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
source=$1 photo=$2 build=$3
status=0
root=$("$here/gimp3_build.sh" "$source" "$build" | tail -1) || status=$?
[ "$status" != 77 ] && [ -n "$root" ] || { echo "1..0 # SKIP no folder with GIMP 3 (needs root, mmdebstrap and a Debian mirror)"; exit 0; }
home=$build/home
fresh_home "$home"
mkdir -p "$home/.config/GIMP/3.0/plug-ins/revisage"
cp "$build/tree/tests/gimp/revisage-fake3" "$home/.config/GIMP/3.0/plug-ins/revisage/revisage"
cp "$photo" "$build/photo.png"

script () { # CALL LOG ENVIRONMENT
  G3_ENV="${3:-RVS_FAKE_FACES=0.3,0.2,0.4,0.5}" timeout "$seconds" "$here/gimp3-run.sh" "$root" "$source" "$build" \
    gimp-console -i -d -s --quit --batch-interpreter plug-in-script-fu-eval \
    -b "(begin (define photo \"/build/photo.png\") (load \"/src/tests/gimp/batch.scm\") (load \"/src/tests/gimp/gimp3.scm\") $1)" > "$2" 2>&1
}

log=$home/log
seconds=1800 # for one that hangs: on a slow machine the longest takes ten minutes
script "(test-flattened-all)" "$log-flattened" || true
script "(run-all)" "$log" || true
script "(test-no-face)" "$log-face" RVS_FAKE_FACES= || true
script "(test-many)" "$log-many" "RVS_FAKE_FACES=$(many_faces)" || true
install_catalogs "$home/.config/GIMP/3.0/plug-ins/revisage" "$build/../../.."
make_locale "$home/locales"
script '(test-failure "in German")' "$log-german" "LC_ALL=de_DE.UTF-8 LOCPATH=/build/home/locales RVS_FAKE_FACES=" || true
script '(test-failure "altered weights")' "$log-altered" RVS_FAKE_FAIL=weights || true
script '(test-failure "no memory")' "$log-memory" RVS_FAKE_FAIL=memory || true
script "(test-killed)" "$log-killed" RVS_FAKE_SLOW_MS=20000 &
waiting=$!
kill_plugin "$root/build" && echo "killed" >> "$log"
wait $waiting || true
run_block () {
  G3_ENV="RVS_FAKE_FACES=0.3,0.2,0.4,0.5" timeout 120 "$here/gimp3-run.sh" "$root" "$source" "$build" sh -c "cd /build/home/docs && sh $1.sh"
}
mkdir -p "$home/docs"
check_docs "$source/docs/batch.md" 3 "$home/docs" "$photo" run_block >> "$log"
for words in '\"tint\" (Tint), \"patch\" (Patch)' 'Ignored by: ' 'Tint, Patch.'; do
  grep -qF -- "$words" "$home/.config/GIMP/3.0/pluginrc" && echo "PASS the help in the database: $words" || echo "FAIL the help in the database: $words"
done >> "$log"
for name in plug-in-revisage plug-in-revisage-mend plug-in-revisage-enlarge; do
  awk -v name="\"$name\"" '/\(proc-def / { on = $2 == name } on && index ($0, "menu-path \"<Image>/Filters/Enhance\"") { found = 1 }
    END { exit !found }' "$home/.config/GIMP/3.0/pluginrc" && echo "PASS in the menu: $name" || echo "FAIL in the menu: $name"
done >> "$log"
cp "$build/tree/plugin/gimp/revisage-gimp3" "$home/.config/GIMP/3.0/plug-ins/revisage/revisage"
script '(test-failure "no weights")' "$log-none" RVS_MODEL_DIR=/nonexistent || true
effects=$home/.local/share/gegl-0.4/plug-ins
mkdir -p "$effects"
cp "$build/tree/plugin/gegl/revisage-gegl.so" "$effects/"
script '(begin (load "/src/tests/gimp/effect3.scm") (test-effect))' "$log-effect" RVS_MODEL_DIR=/src/weights || true
rm -r "$effects"
script '(begin (load "/src/tests/gimp/effect3.scm") (test-not-installed))' "$log-effect-none" || true
grep -q 'restore-faces) filter is not installed' "$log-effect-none" && echo "PASS GIMP says that the effect is missing" >> "$log" \
  || echo "FAIL GIMP says that the effect is missing" >> "$log"
cat "$log"-* >> "$log"
check_messages "$log" 3 > "$home/messages"
cat "$home/messages" >> "$log"
grep -q "^killed" "$log" || echo "FAIL the plug-in was there to be killed" >> "$log"
[ "$(grep -c 'END$' "$log")" = 11 ] || echo "FAIL every script reached its end" >> "$log"
report "$log"
