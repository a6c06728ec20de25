# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2034
#
# setup_desktop.sh: the parts of setup.sh that know the desktop filter. Sourced by setup.sh, whose say and install_catalogs it uses.

DESKTOP_ID=org.revisage.Revisage
# The last two are what GTK draws its icons with; apt only recommends them.
DESKTOP_PACKAGES="libgtk-3-dev gettext librsvg2-common adwaita-icon-theme"

# The files of the installation below the user's data folder.
desktop_files()
{
  echo "$1/applications/$DESKTOP_ID.desktop" "$1/icons/hicolor/scalable/apps/$DESKTOP_ID.svg" "$1/metainfo/$DESKTOP_ID.metainfo.xml"
}

# Tells the desktop about new or removed files; a desktop without these tools notices by itself.
desktop_refresh()
{
  command -v update-desktop-database >/dev/null && update-desktop-database -q "$1/applications"
  command -v gtk-update-icon-cache >/dev/null && gtk-update-icon-cache -qtf "$1/icons/hicolor" 2>/dev/null
  return 0
}

# desktop_install BIN DATA: the program, its menu entry (which names the program by its path: BIN need not be on the session's PATH),
# icon, metadata and catalogs.
desktop_install()
{
  local bin=$1 data=$2 source=plugin/desktop/data
  install -D -m 755 build/plugin/desktop/revisage-gtk "$bin/revisage-gtk" || return 1
  mkdir -p "$data/applications" || return 1
  sed "s|^Exec=revisage-gtk|Exec=\"$bin/revisage-gtk\"|" "$source/$DESKTOP_ID.desktop" > "$data/applications/$DESKTOP_ID.desktop" || return 1
  install -D -m 644 "$source/$DESKTOP_ID.svg" "$data/icons/hicolor/scalable/apps/$DESKTOP_ID.svg" || return 1
  install -D -m 644 "$source/$DESKTOP_ID.metainfo.xml" "$data/metainfo/$DESKTOP_ID.metainfo.xml" || return 1
  install_catalogs "$data/locale" || return 1
  desktop_refresh "$data"
}

# desktop_uninstall BIN DATA
desktop_uninstall()
{
  local path
  # shellcheck disable=SC2046
  for path in "$1/revisage-gtk" $(desktop_files "$2") "$2"/locale/*/LC_MESSAGES/revisage.mo; do
    [ ! -e "$path" ] || { rm -f "$path" && say "Removed $path"; }
  done
  desktop_refresh "$2"
}
