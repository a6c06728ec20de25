# SPDX-License-Identifier: GPL-3.0-or-later
# common.sh: what the GIMP tests share: a fresh home, counting of checks, a display of their own.

fresh_home () { # FOLDER
  rm -rf "$1"
  mkdir -p "$1"
}

# Runs the commands of docs/batch.md in FOLDER by RUN and looks for the files they promise.
check_docs () { # DOCS VERSION FOLDER PHOTO RUN
  local n i
  mkdir -p "$3/photos"
  cp "$4" "$3/photo.png"
  cp "$4" "$3/photos/a.png"
  cp "$4" "$3/photos/b.png"
  n=$(python3 "$(dirname "${BASH_SOURCE[0]}")/doc_blocks.py" "$1" "$2" "$3")
  for i in $(seq "$n"); do
    rm -f "$3/photo.xcf" "$3"/photos/*.xcf
    $5 "$i" > "$3/$i.log" 2>&1 || true
    if [ -s "$3/photo.xcf" ] || { [ -s "$3/photos/a.png.xcf" ] && [ -s "$3/photos/b.png.xcf" ]; }; then
      echo "PASS command $i of the documentation"
    else
      echo "FAIL command $i of the documentation"
      tail -5 "$3/$i.log"
    fi
  done
}

# The catalogs that the build has made, where the plug-in finds them.
install_catalogs () { # PLUGIN-FOLDER BUILD
  local mo
  for mo in "$2"/po/*/LC_MESSAGES/revisage.mo; do
    install -D -m 644 "$mo" "$1/locale/${mo#"$2"/po/}"
  done
}

# A German locale without touching the system's; it is not there everywhere, and C.UTF-8 takes no LANGUAGE with newer C libraries.
make_locale () { # FOLDER
  mkdir -p "$1"
  [ -d "$1/de_DE.UTF-8" ] || localedef -i de_DE -f UTF-8 "$1/de_DE.UTF-8" > /dev/null 2>&1
}

# says LOG NAME TEXT: what was printed after "ASK NAME" and before its verdict has TEXT in it.
says () {
  # both patterns are fixed strings from the environment, so that brackets, stars and backslashes in them mean themselves
  if name=$2 text=$3 awk '
       BEGIN { name = ENVIRON["name"]; text = ENVIRON["text"] }
       index ($0, "ASK " name) { on = 1; next } on && / (PASS|FAIL|ASK) / { on = 0 } on && index ($0, text) { found = 1 }
       END { exit !found }' "$1"; then
    echo "PASS $2: the message says: $3"
  else
    echo "FAIL $2: the message says: $3"
  fi
}

# More faces than a picture has room for, for the double of the engine.
many_faces () {
  seq 1027 | awk '{ printf "%s0.%03d,0.%03d,0.06,0.06", (NR > 1 ? ";" : ""), $1 * 7 % 900, $1 * 13 % 900 }'
}

# What both GIMPs say of each bad input.
check_messages () { # LOG VERSION
  says "$1" "unknown model" "model: 'nonesuch' is not one of: jsfm"
  says "$1" "unknown model" ", tint, patch"
  says "$1" "a row's record" 'model": "tint"'
  says "$1" "an unknown channel" "There is no channel"
  says "$1" "an unknown channel" "nonesuch"
  says "$1" "a channel's record" '"fidelity-channel": "Keep \"it\""'
  says "$1" "a group" "This is a layer group. Choose one layer inside it, or merge the group first."
  says "$1" "a text layer" "This is a text layer. Choose a layer with a photo."
  says "$1" "a 1x1 layer" "The layer is too small to hold a face."
  says "$1" "a layer off the canvas" "The layer lies outside the canvas."
  says "$1" "a selection beside the layer" "The selection does not touch the layer."
  says "$1" "locked pixels" "The layer's pixels are locked."
  says "$1" "a floating selection" "There is a floating selection. Anchor it"
  says "$1" "a hidden layer replaced" "The layer is hidden, and the restored faces with it."
  says "$1" "filling without a selection" "nothing on the layer is selected"
  says "$1" "mending without a selection" "Select only what is damaged."
  says "$1" "factor 5" "factor: 5 is not one of: 2, 3, 4, 8"
  says "$1" "factor 1" "factor: 1 is not one of: 2, 3, 4, 8"
  says "$1" "enlarging by an unknown model" "model: 'nonesuch' is not one of: jsfm, spad, sgpn"
  says "$1" "enlarging by a model that fills" "model: 'fill' is not one of: jsfm, spad, sgpn"
  says "$1" "too large" "The picture is too large."
  says "$1" "too large" "9000x20 pixels enlarged 8 times are 72000x160"
  says "$1" "enlarging without a face" "The photo was enlarged. No face to restore was found in it."
  says "$1" "filling everything" "the hole is the whole picture"
  says "$1" "no face" "No face to restore was found."
  says "$1" "an empty layer" "No face to restore was found."
  says "$1" "altered weights" "Install Revisage again"
  says "$1" "altered weights" "restore-jsfm-512.safetensors"
  says "$1" "no weights" "Install Revisage again"
  says "$1" "no weights" "weights detect-face not found"
  says "$1" "no memory" "There is not enough memory."
  says "$1" "too many faces" "1027 faces were found, and only the 1024 largest are taken."
  says "$1" "in German" "Es wurde kein Gesicht"
  if [ "$2" = 3 ]; then
    says "$1" "a layer without a face" "No face was found in: blank"
    says "$1" "enlarging two layers" "One layer at a time is enlarged. Choose one."
  fi
  if [ "$2" = 2 ]; then
    says "$1" "the model's help" '"tint" "patch"; default jsfm'
    says "$1" "the texture's help" "; ignored by "
    says "$1" "the texture's help" "Tint, Patch"
    says "$1" "strength 1.5" "strength: '1.5' is not a number from 0 to 1"
    says "$1" "unknown output" "output: 'nowhere' is not one of: layer, masked-layer, replace"
    says "$1" "a channel" "Faces are restored on a layer."
  fi
}

# Prints TAP from the checks of a log; the "END" line proves that the script ran to its end.
report () { # LOG
  grep -o '\(PASS\|FAIL\) .*' "$1" | sort -u > "$1.checks" || true
  awk '{ ok = $1 == "PASS"; sub (/^[A-Z]+ /, ""); n++; print (ok ? "ok " : "not ok ") n " - " $0 }' "$1.checks"
  local n
  n=$(($(wc -l < "$1.checks") + 1))
  if grep -q 'END$' "$1"; then echo "ok $n - the script reached its end"; else
    echo "not ok $n - the script reached its end"; sed 's/^/# /' "$1" | tail -30; fi
  # the plan may stand first or last, not between
  echo "1..$n"
}

# Waits for the plug-in installed below FOLDER to work, then kills it as GIMP's Cancel does.
kill_plugin () { # FOLDER
  local pid exe
  for _ in $(seq 200); do
    for pid in /proc/[0-9]*; do
      exe=$(readlink "$pid/exe" 2> /dev/null) || continue
      # the worker has started: the process that only answers "query" is over by then
      case $exe in "$1"/*/plug-ins/revisage/revisage)
        if tr '\0' ' ' < "$pid/cmdline" | grep -q -- '-run'; then
          sleep 1
          kill -9 "${pid#/proc/}" && return 0
        fi ;;
      esac
    done
    sleep 0.1
  done
  return 1
}

start_display () { # sets DISPLAY and display_pid
  local n=90
  while [ -e "/tmp/.X$n-lock" ] || [ -e "/tmp/.X11-unix/X$n" ]; do n=$((n + 1)); done
  Xvfb ":$n" -screen 0 1280x720x24 -nolisten tcp > /dev/null 2>&1 &
  display_pid=$!
  export DISPLAY=:$n
  for _ in $(seq 100); do xdpyinfo > /dev/null 2>&1 && return 0; sleep 0.1; done
  return 1
}
