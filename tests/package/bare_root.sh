#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# bare_root.sh RELEASE FOLDER: what a user gets who installs the packages of FOLDER (./setup.sh package) in a bare Debian of that release
# (bookworm, trixie): apt installs an earlier version of them and upgrades it, debian/tests run, apt removes them, and outside of caches and logs
# every file is as it was before, whoever made it. Screenshots of GIMP's window stay in FOLDER. Needs mmdebstrap and root; takes minutes and the
# network. --build instead of a FOLDER makes the packages in a Debian of that release first, from the clone's HEAD, in packages-RELEASE/.
set -eu
release=$1 packages=$2
source=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
work=$(mktemp -d)
root=$work/root
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
test_tools="gcc imagemagick libc6-dev netpbm openbox pkg-config xauth xdotool xvfb"

inside()
{
  chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive CI=true "$@"
}

install()
{
  inside apt-get -qqy --no-install-recommends install "$@" >/dev/null
}

# A bare Debian with the clone's HEAD in it; the same twice.
open_root()
{
  [ -f "$work/base.tar" ] || mmdebstrap --quiet --variant=apt --include=ca-certificates "$release" "$work/base.tar"
  mkdir "$root"
  tar -xpf "$work/base.tar" -C "$root"
  mount -t proc proc "$root/proc"
  echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/unsafe-io" # nothing here is to survive a power cut
  mkdir "$root/revisage" "$root/packages" "$root/earlier" "$root/pictures"
  git -C "$source" archive HEAD | tar -x -C "$root/revisage"
  inside apt-get -qq update
}

close_root()
{
  [ ! -d "$root/proc/self" ] || umount "$root/proc"
  rm -rf --one-file-system "$root"
}

trap 'close_root; rm -rf "$work"' EXIT

build()
{
  open_root
  install git
  inside sh -c 'cd /revisage && git init -q && git add -A && git -c user.name=t -c user.email=t commit -qm t && ./setup.sh package'
  packages=$source/packages-$release
  rm -rf "$packages"
  mkdir "$packages"
  cp "$root"/revisage/packages/*.deb "$packages/"
  close_root
}

# There is no earlier release: the same packages, with a lower version and a file each that the new ones have not.
make_earlier()
{
  local file name tree=$work/tree
  for file in "$root"/packages/*.deb; do
    name=$(dpkg-deb -f "$file" Package)
    dpkg-deb -R "$file" "$tree"
    sed -i 's/^Version: .*/Version: 0.0.1/; s/(= [^)]*)/(= 0.0.1)/g' "$tree/DEBIAN/control"
    mkdir -p "$tree/usr/lib/$name-revisage"
    touch "$tree/usr/lib/$name-revisage/earlier"
    dpkg-deb --root-owner-group -Zgzip -z1 -b "$tree" "$root/earlier/${name}_0.0.1.deb" >/dev/null
    rm -rf "$tree"
  done
}

# What the packages need of others, as apt-get satisfy takes it.
needs()
{
  local file
  for file in "$root"/packages/*.deb; do
    dpkg-deb -f "$file" Pre-Depends Depends | sed 's/^[A-Za-z-]*: //' | tr ',' '\n'
  done | sed 's/^ *//' | grep -vE "^(lib)?revisage" | sort -u | paste -sd,
}

# Every file with its kind, mode, owner, size and where it points to.
snapshot()
{
  inside find / -xdev \( -path /proc -o -path /root -o -path /tmp -o -path /revisage -o -path /packages -o -path /pictures -o -path /earlier -o -path /run \
    -o -path /var/cache -o -path /var/log -o -path /var/lib/apt -o -path /var/lib/dpkg \) -prune \
    -o -type d -printf 'd %m %u:%g %p\n' -o -printf '%y %m %u:%g %s %p %l\n' | sort
}

ours()
{
  inside dpkg-query -W -f '${Package} ${Version} ${db:Status-Status}\n' '*revisage*' 2>/dev/null | grep -v ' not-installed$' || true
}

# One of debian/tests. Here they are root's, and Python would keep its bytecode beside GIMP's own plug-ins, where a user cannot write.
try()
{
  local status=0
  inside sh -c "cd /revisage && PYTHONDONTWRITEBYTECODE=1 AUTOPKGTEST_ARTIFACTS=/pictures debian/tests/$1" >"$work/log" 2>&1 || status=$?
  [ -z "$(ls "$root/pictures")" ] || mv "$root"/pictures/* "$packages/"
  [ "$status" = 0 ] || { cat "$work/log"; echo "$release: $1 failed"; exit 1; }
  echo "$release: $1 is all right"
}

[ "$packages" != --build ] || build
open_root
cp "$packages"/*.deb "$root/packages/"
rm -f "$root"/packages/*-dbgsym_*
# shellcheck disable=SC2086
install $test_tools
inside apt-get -qqy --no-install-recommends satisfy "$(needs)" >/dev/null
snapshot >"$work/before"

make_earlier
inside sh -c 'apt-get -qqy --no-install-recommends install /earlier/*.deb >/dev/null && apt-get -qqy --no-install-recommends install /packages/*.deb >/dev/null'
left=$(ours | grep -F ' 0.0.1 ' || true)$(inside find / -xdev -path '*-revisage/earlier*')
[ -z "$left" ] || { echo "$release: left behind by upgrading: $left"; exit 1; }
echo "$release: upgraded from an earlier version"

for test in command-line library plug-in desktop window; do
  try "$test"
done

inside sh -c 'dpkg-query -W -f "\${Package}\n" "*revisage*" | xargs apt-get -qqy purge >/dev/null'
[ -z "$(ours)" ] || { echo "$release: not removed: $(ours)"; exit 1; }
snapshot >"$work/after"
diff "$work/before" "$work/after" || { echo "$release: removing the packages did not leave everything as it was"; exit 1; }
echo "$release: removed without a trace"
