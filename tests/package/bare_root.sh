#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# bare_root.sh RELEASE FOLDER: what a user gets who installs the packages of FOLDER (./setup.sh package) in a bare Debian of that release
# (bookworm, trixie): apt installs them with all they need, debian/tests run, apt removes them, and nothing of ours is left. Needs mmdebstrap
# and root; takes minutes and the network. --build instead of a FOLDER makes the packages in that Debian first, from the clone's HEAD.
set -eu
release=$1 packages=$2
source=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

inside()
{
  chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive CI=true "$@"
}

mmdebstrap --quiet --variant=apt --include=ca-certificates "$release" "$root"
mount -t proc proc "$root/proc"
trap 'umount "$root/proc"; rm -rf "$root"' EXIT
inside apt-get -qq update
mkdir -p "$root/revisage" "$root/packages"
git -C "$source" archive HEAD | tar -x -C "$root/revisage"
if [ "$packages" = --build ]; then
  inside apt-get -qqy --no-install-recommends install git >/dev/null
  inside sh -c 'cd /revisage && git init -q && git add -A && git -c user.name=t -c user.email=t commit -qm t && ./setup.sh package'
  mv "$root"/revisage/packages/*.deb "$root/packages/"
else
  cp "$packages"/*.deb "$root/packages/"
fi
rm -f "$root"/packages/*-dbgsym_*
inside sh -c 'apt-get -qqy --no-install-recommends install /packages/*.deb xvfb xauth gcc libc6-dev netpbm pkg-config >/dev/null'
for test in command-line library plug-in desktop; do
  inside sh -c "cd /revisage && debian/tests/$test" >"$root/log" 2>&1 || { cat "$root/log"; echo "$release: $test failed"; exit 1; }
  echo "$release: $test is all right"
done
inside sh -c 'dpkg-query -W -f "\${Package}\n" "*revisage*" | xargs apt-get -qqy purge >/dev/null'
left=$(inside find /usr /etc /var -iname '*revisage*' ! -path '/var/log/*' ! -path '/var/cache/*')
[ -z "$left" ] || { echo "left behind by removing: $left"; exit 1; }
echo "$release: removed without a trace"
