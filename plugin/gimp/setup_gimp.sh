# SPDX-License-Identifier: GPL-3.0-or-later
#
# setup_gimp.sh: the parts of setup.sh that know GIMP: which one is there, where its user's plug-ins live, the demo in it.
# Sourced by setup.sh, whose say, die, step, configure, install_packages and install_catalogs it uses.

# "2.10", "3.0", "3.2" ...; empty when GIMP is not installed.
gimp_version()
{
  local program
  for program in gimp-console gimp; do
    command -v "$program" >/dev/null || continue
    "$program" --version 2>/dev/null | sed -n 's/.* \([0-9][0-9]*\.[0-9][0-9]*\)\.[0-9].*/\1/p' | head -n 1
    return
  done
}

# What building the plug-in needs for that version.
gimp_packages()
{
  case $1 in
    2.*) echo "libgimp2.0-dev libgtk-3-dev gettext" ;;
    3.*) echo "libgimp-3.0-dev libgtk-3-dev gettext" ;;
  esac
}

# The built plug-in for a version, below the build folder.
gimp_plugin_program()
{
  case $1 in
    2.*) echo build/plugin/gimp/revisage-gimp2 ;;
    3.*) echo build/plugin/gimp/revisage-gimp3 ;;
  esac
}

# gimp_install_plugin VERSION CONFIG_HOME: the plug-in and its catalogs, the whole folder made anew.
gimp_install_plugin()
{
  local folder=$2/GIMP/$1/plug-ins/revisage program
  program=$(gimp_plugin_program "$1")
  [ -x "$program" ] || { echo "the plug-in for GIMP $1 was not built" >&2; return 1; }
  rm -rf "$folder"
  mkdir -p "$folder" || return 1
  install -m 755 "$program" "$folder/revisage" || return 1
  install_catalogs "$folder/locale" || return 1
  echo "$folder"
}

# gegl_install_effect DATA: the layer effect, where GEGL looks for a user's.
gegl_install_effect()
{
  [ ! -f build/plugin/gegl/revisage-gegl.so ] || install -D -m 644 build/plugin/gegl/revisage-gegl.so "$1/gegl-0.4/plug-ins/revisage-gegl.so"
}

gegl_uninstall_effect()
{
  local effect=$1/gegl-0.4/plug-ins/revisage-gegl.so
  [ ! -e "$effect" ] || { rm -f "$effect" && say "Removed $effect"; }
}

# Every version's plug-in of this user.
gimp_uninstall_plugin()
{
  local folder
  for folder in "$1"/GIMP/*/plug-ins/revisage; do
    [ -d "$folder" ] || continue
    rm -rf "$folder"
    say "Removed $folder"
  done
}

# gimp_restore VERSION PICTURE XCF: restores a picture in GIMP, without a window, and saves it with the new layer.
gimp_restore()
{
  local version=$1 picture=$2 xcf=$3 script
  rm -f "$xcf"
  case $version in
    2.*)
      script="(let* ((image (car (gimp-file-load RUN-NONINTERACTIVE \"$picture\" \"$picture\")))
                     (layer (car (gimp-image-get-active-layer image))))
                (plug-in-revisage RUN-NONINTERACTIVE image layer \"jsfm\" 1 -1 1 1 0 0 24 TRUE \"layer\" FALSE \"auto\" FALSE \"head\" FALSE -1 -1 -1 -1 \"auto\" \"\" 1)
                (gimp-xcf-save RUN-NONINTERACTIVE image layer \"$xcf\" \"$xcf\"))"
      gimp-console -n -i -d -f -s -b "$script" -b '(gimp-quit 0)'
      ;;
    3.*)
      script="(let* ((image (car (gimp-file-load RUN-NONINTERACTIVE \"$picture\"))))
                (plug-in-revisage #:run-mode RUN-NONINTERACTIVE #:image image #:drawables (car (gimp-image-get-selected-drawables image)))
                (gimp-file-save RUN-NONINTERACTIVE image \"$xcf\"))"
      gimp-console -i -d -f -s --quit --batch-interpreter plug-in-script-fu-eval -b "$script"
      ;;
  esac
  [ -s "$xcf" ] || { echo "GIMP wrote no $xcf" >&2; return 1; }
}

# gimp_demo VERSION PICTURE XCF: the same with the plug-in just built, in a home of its own.
gimp_demo()
{
  local home status
  home=$(mktemp -d) || return 1
  gimp_install_plugin "$1" "$home/.config" >/dev/null || return 1
  HOME=$home XDG_CONFIG_HOME=$home/.config RVS_MODEL_DIR=$PWD/weights gimp_restore "$@"
  status=$?
  rm -rf "$home"
  return "$status"
}
