/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * loop_watch.c: how long a program's main loop is kept from its events, whatever the program: LD_PRELOAD=build/bench/loop_watch.so gimp ...
 * On stderr a line for each turn that took longer than 100 ms, with the main thread's own processor time: a busy machine makes the first
 * number larger, not the second, and work that other threads do for it makes the second smaller.
 */
#include <glib.h>
#include <stdio.h>
#include <time.h>

#define LONG_US 100000

static gint64 since_wall_us, since_cpu_us; /* main thread */

static gint64
thread_us (void)
{
  struct timespec t;
  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
  return (gint64)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static gint
watching_poll (GPollFD *fds, guint n, gint timeout)
{
  gint64 wall = g_get_monotonic_time () - since_wall_us, cpu = thread_us () - since_cpu_us;
  gint   result;
  if (since_wall_us && wall > LONG_US)
    fprintf (stderr, "loop_watch: busy for %.0f ms, %.0f ms processor\n", (double)wall / 1e3, (double)cpu / 1e3);
  result = g_poll (fds, n, timeout);
  since_wall_us = g_get_monotonic_time ();
  since_cpu_us = thread_us ();
  return result;
}

/* Of the program alone: what it starts would report itself too. */
static void __attribute__ ((constructor)) watch (void)
{
  g_unsetenv ("LD_PRELOAD");
  g_main_context_set_poll_func (NULL, watching_poll);
}
