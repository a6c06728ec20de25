/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * watched.c: the program itself under the watchdog. It begins two seconds after the start: until then the window opens. At the end it
 * writes to $RVS_WATCH_LOG "cpu_ms wall_ms", the longest of each.
 */
#include "app.h"
#include "watchdog.h"
#include <stdio.h>

static gboolean
begin (gpointer data)
{
  (void)data;
  watchdog_reset ();
  return G_SOURCE_REMOVE;
}

int
main (int argc, char **argv)
{
  const char *path = g_getenv ("RVS_WATCH_LOG");
  watchdog_install (NULL);
  g_timeout_add_seconds (2, begin, NULL);
  int   code = rvs_app_main (argc, argv);
  FILE *log = path ? fopen (path, "w") : NULL;
  if (log)
    {
      fprintf (log, "%.1f %.1f\n", watchdog_cpu_ms (), watchdog_wall_ms ());
      fclose (log);
    }
  return code;
}
