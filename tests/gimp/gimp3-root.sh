#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# gimp3-root.sh [BASE]: makes, or finds, a Debian trixie folder with GIMP 3 and prints its path.
#
# GIMP 3 is not in Debian 12, so its tests run in this folder. It costs about two minutes and 1.2 GB
# once; the name carries a hash of suite, package list and script version, so a change makes a new one.
set -euo pipefail

base=${1:-${RVS_GIMP3_CACHE:-/var/cache/revisage/gimp3}}
suite=${GIMP3_SUITE:-trixie}
packages=gimp,libgimp-3.0-dev,libopenblas-dev,libpng-dev,libjpeg62-turbo-dev,meson,ninja-build,pkgconf,gcc,libc6-dev
packages+=,gettext,adwaita-icon-theme,librsvg2-common,fonts-dejavu-core,libcmocka-dev,libcjson-dev
key=$(printf '%s %s v1\n' "$suite" "$packages" | sha256sum | cut -c1-12)
root=$base/$suite-$key

say () { echo "gimp3-root: $*" >&2; }

# The mirror this machine itself uses, so that a mirror or proxy set up here serves the folder too.
mirror () {
  apt-get indextargets --format '$(RELEASE)|$(REPO_URI)' 'Created-By: Packages' \
    | awk -F'|' '$1 !~ /security|updates|backports/ { sub (/\/$/, "", $2); print $2; exit }'
}

make_root () {
  local new=$root.new uri
  uri=$(mirror)
  [ -n "$uri" ] || { say "no Debian mirror is configured in /etc/apt"; return 1; }
  rm -rf --one-file-system "$root" "$new"
  # Documentation, man pages and translations of GIMP itself are left out: a third of the size.
  mmdebstrap --quiet --mode=root --variant=minbase \
    --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Languages "none"' \
    --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Retries "5"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/help/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/gir-1.0/*' --dpkgopt='force-unsafe-io' \
    --include="$packages" "$suite" "$new" "$uri" >&2
  mkdir -p "$new/src" "$new/build" "$new/tmp/.X11-unix"
  touch "$new/.ready"
  mv "$new" "$root"
}

[ "$(id -u)" = 0 ] || { say "needs root"; exit 77; }
mkdir -p "$base"
exec 9> "$base/.lock"
flock 9
if [ ! -e "$root/.ready" ]; then
  command -v mmdebstrap > /dev/null || { say "mmdebstrap is missing: apt-get install mmdebstrap"; exit 77; }
  say "making $root (about two minutes)"
  for try in 1 2 3; do
    if make_root; then break; fi
    rm -rf --one-file-system "$root.new"
    [ "$try" -lt 3 ] || { say "gave up after $try tries"; exit 1; }
    sleep 5
  done
fi
echo "$root"
