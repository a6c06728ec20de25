#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# appimage.sh BUILD FOLDER: the desktop filter as one file for any desktop with GTK 3. Makes FOLDER/Revisage.AppDir out of a build folder, with
# the weights, catalogs and the picture libraries that not every system has; runs appimagetool on it where that is installed. The C library,
# GTK and what draws are the system's: build on the oldest Debian that is to be served.
set -eu
build=$(realpath "$1") folder=$2 id=org.revisage.Revisage
[ -f "$build/build.ninja" ] || { echo "appimage.sh: $build is no build folder; meson setup makes one" >&2; exit 2; }
data=$(cd "$(dirname "$0")/data" && pwd)
# Libraries of these names come along; what they need further is theirs or the system's.
own='^lib(tiff|webp|webpdemux|webpmux|heif|de265|x265|aom|dav1d|lcms2|jpeg|png16|jbig|Lerc|deflate|numa|sharpyuv)\b'

installed()
{
  local root
  root=$(mktemp -d)
  meson install -C "$build" --no-rebuild --quiet --destdir "$root"
  program=$(find "$root" -path '*/bin/revisage-gtk')
  [ -n "$program" ] || { echo "appimage.sh: the build has no desktop filter (-Ddesktop=enabled)" >&2; exit 2; }
  mkdir -p "$app/usr/bin" "$app/usr/lib"
  mv "$program" "$app/usr/bin/"
  mv "${program%/bin/revisage-gtk}/share" "$app/usr/share"
  rm -rf "$root" "$app/usr/share/man"
}

bundle()
{
  ldd "$app/usr/bin/revisage-gtk" | awk '$3 ~ /^\// { print $3 }' | while read -r library; do
    [[ ! ${library##*/} =~ $own ]] || cp -L "$library" "$app/usr/lib/"
  done
}

needed() # PROGRAM OR LIBRARY: names of the libraries that it needs, directly or not
{
  ldd "$1" | awk '{ print $1 }'
}

# What is in the folder, what GTK needs, and what every system with a browser has; anything else may be missing where this is to run.
check()
{
  local gtk strangers
  gtk=$(ldd "$app/usr/bin/revisage-gtk" | awk '$1 ~ /^libgtk-3/ { print $3 }')
  strangers=$(needed "$app/usr/bin/revisage-gtk" | grep -vxF -e "$(needed "$gtk")" -e "$(ls "$app/usr/lib")" | grep -vE '^lib(gtk-3|gcc_s|stdc\+\+)\.so' || true)
  [ -z "$strangers" ] || { echo "appimage.sh: not every system has: $strangers; add to \`own\`" >&2; exit 1; }
}

entry()
{
  cp "$data/$id.desktop" "$data/$id.svg" "$app/"
  cat > "$app/AppRun" <<'RUN'
#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
export LD_LIBRARY_PATH="$here/usr/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
exec "$here/usr/bin/revisage-gtk" "$@"
RUN
  chmod 755 "$app/AppRun"
}

mkdir -p "$folder"
app=$(realpath "$folder")/Revisage.AppDir
rm -rf "$app"
installed
bundle
check
entry
if command -v appimagetool > /dev/null; then
  (cd "$folder" && ARCH=$(uname -m) appimagetool Revisage.AppDir)
else
  echo "$app is ready and runs by its AppRun; appimagetool, which is not installed, makes one file of it"
fi
