/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * watched.c: the program itself under a watchdog: how long the main loop works between two polls, by the thread's own processor
 * time for the verdict (other programs' load is not ours) and by the clock for the record. Begins two seconds after the start:
 * until then the window opens. At the end it writes to $RVS_WATCH_LOG "cpu_ms wall_ms", the longest of each.
 */
#include "app.h"
#include <stdio.h>
#include <time.h>

#define OPENING_US (2 * G_TIME_SPAN_SECOND)
#define NOTABLE_US 30000

static gint64 started_us, busy_cpu_us, busy_wall_us, since_cpu_us, since_wall_us; /* main thread */

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
  gint64 now = g_get_monotonic_time ();
  if (since_wall_us && now - started_us > OPENING_US)
    {
      gint64 cpu_us = thread_us () - since_cpu_us;
      if (cpu_us > NOTABLE_US)
        g_printerr ("watchdog: the main loop worked %.1f ms at %.1f s\n", (double)cpu_us / 1000, (double)(now - started_us) / 1e6);
      busy_cpu_us = MAX (busy_cpu_us, cpu_us);
      busy_wall_us = MAX (busy_wall_us, now - since_wall_us);
    }
  gint result = g_poll (fds, n, timeout);
  since_cpu_us = thread_us ();
  since_wall_us = g_get_monotonic_time ();
  return result;
}

int
main (int argc, char **argv)
{
  const char *path = g_getenv ("RVS_WATCH_LOG");
  started_us = g_get_monotonic_time ();
  g_main_context_set_poll_func (NULL, watching_poll);
  int   code = rvs_app_main (argc, argv);
  FILE *log = path ? fopen (path, "w") : NULL;
  if (log)
    {
      fprintf (log, "%.1f %.1f\n", (double)busy_cpu_us / 1000, (double)busy_wall_us / 1000);
      fclose (log);
    }
  return code;
}
