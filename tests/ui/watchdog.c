/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * watchdog.c: a poll function that looks at the clocks before and after.
 */
#include "watchdog.h"
#include <time.h>

static gint64       busy_cpu_us, busy_wall_us, since_cpu_us, since_wall_us; /* main thread */
static WatchdogTurn told;

gint64
watchdog_thread_us (void)
{
  struct timespec t;
  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
  return (gint64)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static gint
watching_poll (GPollFD *fds, guint n, gint timeout)
{
  if (since_wall_us)
    {
      gint64 cpu_us = watchdog_thread_us () - since_cpu_us, wall_us = g_get_monotonic_time () - since_wall_us;
      busy_cpu_us = MAX (busy_cpu_us, cpu_us);
      busy_wall_us = MAX (busy_wall_us, wall_us);
      if (told)
        told (cpu_us, wall_us);
    }
  gint result = g_poll (fds, n, timeout);
  since_cpu_us = watchdog_thread_us ();
  since_wall_us = g_get_monotonic_time ();
  return result;
}

void
watchdog_install (WatchdogTurn of_each)
{
  told = of_each;
  g_main_context_set_poll_func (NULL, watching_poll);
}

void
watchdog_reset (void)
{
  busy_cpu_us = busy_wall_us = since_wall_us = 0;
}

double
watchdog_cpu_ms (void)
{
  return (double)busy_cpu_us / 1000;
}

double
watchdog_wall_ms (void)
{
  return (double)busy_wall_us / 1000;
}
