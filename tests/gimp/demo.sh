#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# demo.sh ROOT PLUG-IN PHOTO WORK: what `./setup.sh demo` and debian/tests/plug-in have GIMP do, with the plug-in just built.
set -eu
plugin=$(realpath "$2")
cd "$1"
# shellcheck source=../../plugin/gimp/setup_gimp.sh
. plugin/gimp/setup_gimp.sh
rm -rf "$4"
version=$(gimp_version)
install -D -m 755 "$plugin" "$4/.config/GIMP/$version/plug-ins/revisage/revisage"
export HOME=$4 XDG_CONFIG_HOME=$4/.config RVS_MODEL_DIR=$1/weights
gimp_restore "$version" "$3" "$4/restored.xcf"
grep -aq 'revisage-recipe' "$4/restored.xcf" || { echo "no restored layer in $4/restored.xcf"; exit 1; }
