#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# live.sh SECONDS TARGET CORPUS WORK: fuzzes for that long from the corpus; new inputs and crashes go to the folder WORK.
mkdir -p "$4" || exit 1
exec "$2" -max_total_time="$1" -timeout=200 -rss_limit_mb=2000 -malloc_limit_mb=200 -close_fd_mask=0 -print_final_stats=1 \
  -artifact_prefix="$4/crash-" "$4" "$3"
