#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# reproducible.sh tarball|packages: the commit that is checked out makes the same bytes twice, in two folders and two time zones: the tarball of
# `meson dist`, which then builds without a network and restores the sample, or the Debian packages. Takes minutes; needs no root but for the
# network to be cut (unshare), and for packages what ./setup.sh package installs.
set -eu
what=$1
source=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
small=(-Dtests=false -Dgimp2=disabled -Dgimp3=disabled -Ddesktop=disabled)

tarball() # FOLDER
{
  git clone -q --no-hardlinks "$source" "$work/$1/clone"
  meson setup "$work/$1/build" "$work/$1/clone" "${small[@]}" >"$work/$1.log"
  meson dist -C "$work/$1/build" --no-tests >>"$work/$1.log"
  mv "$work/$1"/build/meson-dist/*.tar.xz "$work/$1/"
}

# What a user does who has the tarball and no network.
offline()
{
  tar -xf "$work"/one/*.tar.xz -C "$work"
  cd "$work"/revisage-*/
  meson setup build "${small[@]}" >/dev/null
  ninja -C build >/dev/null
  build/plugin/cli/revisage -o "$work/restored.png" tests/data/astronaut.png
}

packages() # FOLDER
{
  git -C "$source" archive --prefix=revisage/ HEAD | tar -xp -C "$work/$1" # as ./setup.sh package does
  (cd "$work/$1/revisage" && dpkg-buildpackage -us -uc >"$work/$1.log" 2>&1) || { tail -20 "$work/$1.log"; return 1; }
}

compare() # PATTERN: files of both folders
{
  local file n=0
  for file in "$work"/one/$1; do
    cmp "$file" "$work/two/${file##*/}"
    n=$((n + 1))
  done
  echo "$n file(s) $1: twice the same bytes"
}

mkdir -p "$work/one" "$work/two"
case $what in
  tarball)
    TZ=UTC "$what" one
    sleep 1
    (umask 077 && TZ=Asia/Tokyo "$what" two)
    compare '*.tar.xz'
    export -f offline && export work
    unshare -n -r bash -euc "$(declare -p small); offline"
    [ -s "$work/restored.png" ] && echo "the tarball builds without a network and restores the sample"
    ;;
  packages)
    TZ=UTC "$what" one
    (umask 077 && TZ=Asia/Tokyo "$what" two)
    compare '*.deb'
    compare '*.tar.*'
    compare '*.dsc'
    ;;
  *) echo "reproducible.sh tarball|packages" >&2; exit 2 ;;
esac
