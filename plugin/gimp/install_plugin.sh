#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# install_plugin.sh PROGRAM FOLDER: installs a plug-in as FOLDER/revisage, the name that GIMP asks for.
set -eu
folder=${DESTDIR:-}$2
mkdir -p "$folder"
install -m 755 "$1" "$folder/revisage"
echo "Installing plug-in to $folder/revisage"
