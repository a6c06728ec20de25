/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * loop_watch.c: how long a program's main loop is kept from its events, whatever the program: LD_PRELOAD=build/bench/loop_watch.so gimp ...
 * On stderr a line for each turn that took longer than 100 ms, with the main thread's own processor time: a busy machine makes the first
 * number larger, not the second, and work that other threads do for it makes the second smaller.
 */
#include "watchdog.h"
#include <stdio.h>

#define LONG_US 100000

static void
report (gint64 cpu_us, gint64 wall_us)
{
  if (wall_us > LONG_US)
    fprintf (stderr, "loop_watch: busy for %.0f ms, %.0f ms processor\n", (double)wall_us / 1e3, (double)cpu_us / 1e3);
}

/* Of the program alone: what it starts would report itself too. */
static void __attribute__ ((constructor)) watch (void)
{
  g_unsetenv ("LD_PRELOAD");
  watchdog_install (report);
}
