#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# setup_counts.sh SETUP: what a program of setup.sh's test run leaves out counts as skipped, not as passed in silence; what runs beside
# others counts as if it ran alone, and goes when they go.
set -u # as setup.sh itself
LOGS=$(mktemp -d) passed=0 failed=0 skipped=0
trap 'rm -rf "$LOGS"' EXIT
eval "$(sed -n '/^say()/,/^}/p; /^step_log()/,/^}/p; /^step()/,/^}/p; /^single()/,/^}/p
  /^beside()/,/^}/p; /^ended()/,/^}/p; /^stop_beside()/,/^}/p' "$1")"
beside_pid=
single "All of it" sh -c 'echo fine' > /dev/null
single "With a part left out" sh -c 'echo "SKIP a part: no device"; echo fine' > "$LOGS/said"
single "A failure" sh -c 'exit 1' > /dev/null 2>&1
beside echo fine
single "Beside" ended > /dev/null
beside sh -c 'echo "SKIP another part"; exit 3'
single "A failure beside" ended > "$LOGS/said-beside" 2>&1
beside sleep 600
until grep -q sleep "/proc/$beside_pid/comm"; do sleep .01; done
stop_beside
wait "$beside_pid" 2> /dev/null
[ $? = 143 ] || { echo "what runs beside outlives the test run"; exit 1; }
grep -q 'SKIP another part' "$LOGS/said-beside" || { echo "what was left out beside is not said"; exit 1; }
grep -q 'SKIP a part: no device' "$LOGS/said" || { echo "what was left out is not said"; exit 1; }
[ "$passed $failed $skipped" = "3 2 2" ] || { echo "passed, failed, skipped: $passed $failed $skipped; expected 3 2 2"; exit 1; }
