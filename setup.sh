#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# setup.sh: from a fresh clone on Debian 12 or 13 to a restored picture, or to a full test run.
#
#   ./setup.sh demo   install what building needs, build, restore a sample portrait -> before-after.png
#   ./setup.sh test   install what the tests need, build, run every suite, print the sum
#   ./setup.sh install     build; put the command line, the desktop filter, the weights and, where GIMP is, its plug-in into your home
#                          folder
#   ./setup.sh uninstall   remove those again
#   ./setup.sh package     Debian packages for this release of Debian, in packages/
#
# Packages come from apt only; nothing else is downloaded. Needs root or sudo when a package is missing.
set -u
cd "$(dirname "$0")" || exit 1
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
# Debian's own Python has the modules that apt installs; another one on PATH has not.
export PATH="/usr/bin:/bin:/usr/sbin:/sbin:$PATH"
exec </dev/null

LOGS=build-logs
BUILD_PACKAGES="gcc libc6-dev meson ninja-build pkg-config libpng-dev libjpeg62-turbo-dev libtiff-dev libwebp-dev
  libheif-dev liblcms2-dev libopenblas-dev"
# Debian 13 has libheif's decoders in packages of their own.
[ "$(. /etc/os-release 2>/dev/null && echo "${VERSION_ID:-}")" != 13 ] \
  || BUILD_PACKAGES="$BUILD_PACKAGES libheif-plugin-libde265 libheif-plugin-dav1d"
# libclang-rt-dev: the sanitizers' and libFuzzer's run time; clang only recommends it. clang-format: Debian 12's decides about the
# source's form, another release's makes that test skip itself.
TEST_PACKAGES="git clang libclang-rt-dev llvm clang-format libcmocka-dev libcjson-dev libgtk-3-dev
  python3 python3-numpy python3-scipy python3-pil python3-torch python3-skimage file binutils gettext"
# The desktop filter is driven by keys and mouse too; the last two check its desktop file and metadata.
DESKTOP_TEST_PACKAGES="xclip dbus webp-pixbuf-loader util-linux desktop-file-utils appstream"
# The dialog is driven on a display of its own, in GIMP too; mmdebstrap makes the folder with GIMP 3 (see tests/gimp), locales has what
# a German locale is made of.
GIMP_TEST_PACKAGES="gimp libgtk-3-dev gettext locales xvfb xauth x11-utils openbox xdotool imagemagick adwaita-icon-theme mmdebstrap"

say()
{
  printf '%s\n' "$*"
}

die()
{
  printf '\nsetup.sh: %s\n' "$*" >&2
  exit 1
}

# The log of a step, from its words.
step_log()
{
  printf '%s/%s.log' "$LOGS" "$(printf '%s' "$1" | tr -cs 'A-Za-z0-9' '-')"
}

# step WORDS COMMAND...: runs the command with its output in a log; on failure shows the end of it.
step()
{
  local words=$1 log started=$SECONDS
  shift
  log=$(step_log "$words")
  printf '%s ... ' "$words"
  if "$@" >"$log" 2>&1; then
    say "done ($((SECONDS - started)) s)"
    return 0
  fi
  say "FAILED"
  tail -n 40 "$log" >&2
  printf '\nsetup.sh: this step failed: %s\n  command: %s\n  full output: %s\n' "$words" "$*" "$PWD/$log" >&2
  return 1
}

as_root()
{
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo DEBIAN_FRONTEND=noninteractive "$@"
  else
    die "packages are missing and this is neither root nor is there sudo. Run as root: apt-get install --no-install-recommends$missing"
  fi
}

install_packages()
{
  missing=
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
  done
  [ -n "$missing" ] || { say "Packages: all there"; return; }
  command -v apt-get >/dev/null || die "this script needs apt (Debian 12 or 13). Install by hand:$missing"
  say "Packages to install:$missing"
  step "Reading the package lists" as_root apt-get -o DPkg::Lock::Timeout=900 update -q \
    || die "the package lists could not be read; is the network up?"
  # shellcheck disable=SC2086
  step "Installing packages" as_root apt-get -o DPkg::Lock::Timeout=900 install -qy --no-install-recommends $missing \
    || die "apt could not install:$missing"
}

# configure FOLDER OPTIONS...: sets up a build folder, or changes the options of one that exists.
configure()
{
  local folder=$1
  shift
  if [ -f "$folder/build.ninja" ] && meson setup --reconfigure "$folder" "$@"; then
    return 0
  fi
  # Absent, or left by another compiler or meson: start afresh. The folder holds build products only.
  rm -rf "$folder" && meson setup "$folder" "$@"
}

# Files that root made for a user who called sudo belong to that user.
give_back()
{
  if [ "$(id -u)" = 0 ] && [ -n "${SUDO_UID:-}" ] && [ -n "${SUDO_GID:-}" ]; then
    for path in "$LOGS" build build-asan packages before-after.png restored.xcf; do
      [ ! -e "$path" ] || chown -R "$SUDO_UID:$SUDO_GID" "$path"
    done
  fi
}

# The built catalogs, each into its language's folder below FOLDER.
install_catalogs()
{
  local language
  for language in build/po/*/LC_MESSAGES/revisage.mo; do
    [ -f "$language" ] || continue
    install -D -m 644 "$language" "$1/${language#build/po/}" || return 1
  done
}

# shellcheck source=plugin/gimp/setup_gimp.sh
. plugin/gimp/setup_gimp.sh
# shellcheck source=plugin/desktop/setup_desktop.sh
. plugin/desktop/setup_desktop.sh

# For sudo, the folders and their owner are the calling user's.
user_folders()
{
  local home=$HOME
  if [ "$(id -u)" = 0 ] && [ -n "${SUDO_USER:-}" ]; then
    home=$(getent passwd "$SUDO_USER" | cut -d: -f6)
    user_config=$home/.config user_data=$home/.local/share
  else
    user_config=${XDG_CONFIG_HOME:-$home/.config} user_data=${XDG_DATA_HOME:-$home/.local/share}
  fi
  user_bin=$home/.local/bin
}

to_user()
{
  [ "$(id -u)" = 0 ] && [ -n "${SUDO_UID:-}" ] && chown -R "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" "$@"
  return 0
}

install_weights()
{
  mkdir -p "$user_data/revisage/weights" || return 1
  install -m 644 weights/*.safetensors "$user_data/revisage/weights/" || return 1
  [ ! -f weights/SHA256SUMS ] || install -m 644 weights/SHA256SUMS "$user_data/revisage/weights/"
}

install_all()
{
  local version folder
  user_folders
  version=$(gimp_version)
  # shellcheck disable=SC2046,SC2086
  install_packages $BUILD_PACKAGES $DESKTOP_PACKAGES $(gimp_packages "$version")
  step "Configuring" configure build -Dtests=false -Dcli=true --buildtype=release || exit 1
  step "Building" ninja -C build || exit 1
  step "Installing the command line" install -D -m 755 build/plugin/cli/revisage "$user_bin/revisage" || exit 1
  if ls weights/*.safetensors >/dev/null 2>&1; then
    step "Installing the weights" install_weights || exit 1
  else
    say "There are no weights in weights/: the programs will ask for them."
  fi
  step "Installing the desktop filter" desktop_install "$user_bin" "$user_data" || exit 1
  if [ -n "$version" ]; then
    folder=$(gimp_install_plugin "$version" "$user_config") || die "the plug-in could not be installed for GIMP $version"
    step "Installing the layer effect" gegl_install_effect "$user_data" || exit 1
    to_user "$user_config/GIMP"
    say "GIMP $version: $folder. Start GIMP again; the menu is Filters > Enhance > Restore Faces..."
  else
    say "GIMP is not installed: no plug-in. Install it (apt install gimp) and run this again to get one."
  fi
  to_user "$user_bin"/{revisage,revisage-gtk} "$user_data"/{revisage,locale,applications,icons,metainfo}
  [ ! -d "$user_data/gegl-0.4" ] || to_user "$user_data/gegl-0.4"
  give_back
  say "Desktop filter: Revisage in the menu of programs, or $user_bin/revisage-gtk"
  say "Command line: $user_bin/revisage"
}

uninstall_all()
{
  user_folders
  gimp_uninstall_plugin "$user_config"
  gegl_uninstall_effect "$user_data"
  desktop_uninstall "$user_bin" "$user_data"
  for path in "$user_bin/revisage" "$user_data/revisage"; do
    [ ! -e "$path" ] || { rm -rf "$path" && say "Removed $path"; }
  done
  for path in "$user_config/revisage/settings.ini" "$user_config/revisage/desktop.ini"; do
    [ ! -e "$path" ] || say "Kept your presets: $path"
  done
}

# dpkg-buildpackage writes beside the source folder; so the source is a copy in packages/.
package()
{
  local version folder=packages/revisage
  # shellcheck disable=SC2086
  install_packages build-essential debhelper lintian git $BUILD_PACKAGES $DESKTOP_PACKAGES libgegl-dev
  version=$(sed -n 's/^  version: .\([0-9.]*\).,.*/\1/p' meson.build)
  apt-cache show libgimp-3.0-dev >/dev/null 2>&1 && install_packages $(gimp_packages 3.0) || install_packages $(gimp_packages 2.10)
  rm -rf packages && mkdir -p packages || exit 1
  # Modes as git has them, whatever the user's umask: the source package keeps them.
  git archive --prefix=revisage/ HEAD | tar -xp -C packages || die "packages are made from a git clone"
  step "Building the packages" package_build "$folder" || exit 1
  step "Checking them with lintian" lintian --fail-on error,warning packages/*.changes || exit 1
  give_back
  say "Packages of $version: packages/*.deb. Install them: apt install ./packages/*.deb"
}

package_build()
{
  (cd "$1" && dpkg-buildpackage -us -uc)
}

demo()
{
  local version
  # shellcheck disable=SC2086
  install_packages $BUILD_PACKAGES gimp
  version=$(gimp_version)
  # shellcheck disable=SC2046
  install_packages $(gimp_packages "$version")
  step "Configuring" configure build -Dtests=false --buildtype=release || exit 1
  step "Building" ninja -C build || exit 1
  [ -x build/bench/demo_picture ] && [ -x build/plugin/cli/revisage ] \
    || die "the demo is not complete yet: the engine does not link into a command line"
  local work=$LOGS/demo
  mkdir -p "$work" || exit 1
  step "Degrading the sample portrait" build/bench/demo_picture degrade tests/data/astronaut.png "$work/degraded.png" || exit 1
  local started ended
  started=$(date +%s.%N)
  step "Restoring it" build/plugin/cli/revisage --overwrite -o "$work/restored.png" "$work/degraded.png" || exit 1
  ended=$(date +%s.%N)
  step "Putting both side by side" build/bench/demo_picture compare "$work/degraded.png" "$work/restored.png" before-after.png 150 40 150 \
    || exit 1
  step "Restoring it in GIMP $version" gimp_demo "$version" "$PWD/$work/degraded.png" "$PWD/restored.xcf" || exit 1
  say
  say "Before and after: $PWD/before-after.png"
  say "With the faces on a layer of their own: $PWD/restored.xcf"
  say "Restoring took $(awk -v a="$started" -v b="$ended" 'BEGIN { printf "%.1f", b - a }') s."
}

passed=0 failed=0 skipped=0
beside_pid=

# Adds up a meson test log.
count_log()
{
  local log=$1/meson-logs/testlog.json
  [ -f "$log" ] || { failed=$((failed + 1)); say "no test log in $1"; return; }
  passed=$((passed + $(grep -cE '"result": "(OK|EXPECTEDFAIL)"' "$log")))
  skipped=$((skipped + $(grep -c '"result": "SKIP"' "$log")))
  failed=$((failed + $(grep -cE '"result": "(FAIL|TIMEOUT|ERROR|UNEXPECTEDPASS|INTERRUPT)"' "$log")))
}

# beside COMMAND...: runs it with what the processors have left while tests run: those of the windows wait more than they compute. One at a time.
# A session of its own, since a kernel that groups processes by session shares the processor between groups first.
beside()
{
  # shellcheck disable=SC2016
  setsid nice -n 19 sh -c 'echo 19 2>/dev/null >/proc/self/autogroup; exec "$@"' sh "$@" >"$LOGS/beside.log" 2>&1 &
  beside_pid=$!
}

# Waits for what was started beside, with its output and status.
ended()
{
  local status
  wait "$beside_pid"
  status=$?
  beside_pid=
  cat "$LOGS/beside.log"
  return $status
}

# A session of its own is not told when this one is interrupted.
stop_beside()
{
  [ -z "$beside_pid" ] || kill -- "-$beside_pid" "$beside_pid" 2>/dev/null
}

# test_suite WORDS FOLDER STATUS: runs the tests of a build folder, whose build ended with that status.
test_suite()
{
  [ "$3" = 0 ] || { failed=$((failed + 1)); return; }
  rm -f "$2/meson-logs/testlog.json"
  say "Testing $1"
  # Time limits are set for an idle machine: allow for a busy one, and for the sanitizers.
  meson test -C "$2" --no-rebuild --print-errorlogs --num-processes "$(nproc)" --timeout-multiplier 4
  count_log "$2"
}

# One program that counts as one test; each line "SKIP what" that it prints counts as one that was left out.
single()
{
  local log
  log=$(step_log "$1")
  if step "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  skipped=$((skipped + $(grep -c '^SKIP ' "$log")))
  grep '^SKIP ' "$log" || true
}

run_tests()
{
  local strict='' released
  # shellcheck disable=SC2086
  install_packages $BUILD_PACKAGES $TEST_PACKAGES $DESKTOP_PACKAGES $DESKTOP_TEST_PACKAGES $GIMP_TEST_PACKAGES
  # shellcheck disable=SC2046
  install_packages $(gimp_packages "$(gimp_version)")
  [ "${CI:-}" = true ] && strict=--werror
  [ -d ../shared ] || say "There is no ../shared folder: tests that need its pictures are skipped."
  export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
  # shellcheck disable=SC2086
  step "Configuring release build" configure build -Dtests=true --buildtype=release $strict && step "Building release build" ninja -C build
  released=$?
  # shellcheck disable=SC2086
  CC=clang step "Configuring sanitizer build" configure build-asan -Dtests=true -Dfuzz=true --buildtype=debugoptimized \
    -Db_sanitize=address,undefined -Db_lundef=false $strict
  beside ninja -j1 -C build-asan
  test_suite "release build" build "$released"
  step "Building sanitizer build" ended
  test_suite "sanitizer build" build-asan $?
  single "Training smoke test" python3 weights/train/smoke.py
  say
  if [ "$skipped" -gt 0 ]; then
    say "$passed passed, $failed failed, $skipped skipped"
  else
    say "$passed passed, $failed failed"
  fi
  [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}

mkdir -p "$LOGS" || die "cannot write in $PWD"
trap 'stop_beside; give_back' EXIT
case "${1:-}" in
  demo) demo ;;
  test) run_tests ;;
  install) install_all ;;
  uninstall) uninstall_all ;;
  package) package ;;
  *)
    say "usage: ./setup.sh demo   build, restore a sample portrait, write before-after.png"
    say "       ./setup.sh test   build and run every test"
    say "       ./setup.sh install     put the desktop filter, command line, weights and GIMP plug-in into your home folder"
    say "       ./setup.sh uninstall   remove them again"
    say "       ./setup.sh package     make Debian packages of them"
    exit 2
    ;;
esac
