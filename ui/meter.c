/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * meter.c: the process's memory from /proc, and the text of the progress line.
 */
#include "meter.h"
#include "i18n.h"
#include <stdio.h>
#include <unistd.h>

gsize
rvs_meter_memory (void)
{
  unsigned long pages = 0;
  FILE         *file = fopen ("/proc/self/statm", "r");
  if (!file)
    return 0;
  if (fscanf (file, "%*u %lu", &pages) != 1)
    pages = 0;
  fclose (file);
  return (gsize)pages * (gsize)sysconf (_SC_PAGESIZE);
}

char *
rvs_meter_text (gint64 elapsed_us)
{
  double seconds = (double)elapsed_us / 1e6;
  gsize  bytes = rvs_meter_memory ();
  if (!bytes)
    return g_strdup_printf (_ ("%.1f s"), seconds);
  return g_strdup_printf (_ ("%.1f s · %.0f MB"), seconds, (double)bytes / 1e6);
}
