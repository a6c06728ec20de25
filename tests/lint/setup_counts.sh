#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# setup_counts.sh SETUP: what a program of setup.sh's test run leaves out counts as skipped, not as passed in silence.
set -u # as setup.sh itself
LOGS=$(mktemp -d) passed=0 failed=0 skipped=0
trap 'rm -rf "$LOGS"' EXIT
eval "$(sed -n '/^say()/,/^}/p; /^step_log()/,/^}/p; /^step()/,/^}/p; /^single()/,/^}/p' "$1")"
single "All of it" sh -c 'echo fine' > /dev/null
single "With a part left out" sh -c 'echo "SKIP a part: no device"; echo fine' > "$LOGS/said"
single "A failure" sh -c 'exit 1' > /dev/null 2>&1
grep -q 'SKIP a part: no device' "$LOGS/said" || { echo "what was left out is not said"; exit 1; }
[ "$passed $failed $skipped" = "2 1 1" ] || { echo "passed, failed, skipped: $passed $failed $skipped; expected 2 1 1"; exit 1; }
