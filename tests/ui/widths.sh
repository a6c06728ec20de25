#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# widths.sh MEASURE PO-SOURCE PO-BUILD: the panel fits into 800 pixels in every language, and in a wide window no word is cut. On a display (display.sh).
set -u
measure=$1 linguas=$2/LINGUAS catalogs=$3 folder=$(mktemp -d) failed=0 n=0
trap 'rm -rf "$folder"' EXIT

verdict () { # PASSED TEXT
  n=$((n + 1))
  [ "$1" = 0 ] && echo "ok $n $2" && return
  echo "not ok $n $2"
  failed=1
}

check () { # LANGUAGE
  LC_ALL=de_DE.UTF-8 LANGUAGE=$1 LOCPATH=$folder RVS_LOCALE_DIR=$catalogs "$measure" > "$folder/out" 2> /dev/null
  verdict $? "$1"
  sed 's/^/# /' "$folder/out"
  cmp -s "$folder/out" "$folder/english" && verdict 1 "$1 is not English"
}

LC_ALL=C.UTF-8 "$measure" > "$folder/english"
verdict $? English
# Any locale that is not C takes every LANGUAGE; this one does without touching the system's.
if localedef -i de_DE -f UTF-8 "$folder/de_DE.UTF-8" > /dev/null 2>&1; then
  for language in $(grep -v '^#' "$linguas"); do
    if [ -f "$catalogs/$language/LC_MESSAGES/revisage.mo" ]; then
      check "$language"
    else
      verdict 0 "$language # SKIP there is no catalog"
    fi
  done
else
  verdict 0 "other languages # SKIP localedef makes no locale"
fi
echo "1..$n"
exit "$failed"
