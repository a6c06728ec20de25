/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * progress.c: draws the bar, 79 columns at most, only when its figure changed.
 */
#include "progress.h"

#include "stop.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum
{
  BAR = 40,
  NAME = 28
};

void
cli_progress_init (CliProgress *progress, bool quiet)
{
  *progress = (CliProgress){ .shown = !quiet && isatty (STDERR_FILENO), .last = -1 };
}

static void
draw (CliProgress *progress, double done)
{
  int         per_cent = (int)(100 * done), n = (int)(BAR * done);
  const char *slash = strrchr (progress->name, '/'), *name = slash ? slash + 1 : progress->name;

  if (!progress->shown || per_cent == progress->last)
    return;
  progress->last = per_cent;
  fputc ('\r', stderr);
  for (int i = 0; i < NAME; i++)
    {
      fputc (*name == '\0' ? ' ' : (unsigned char)*name < 0x20 ? '?' : *name, stderr);
      name += *name != '\0';
    }
  fputs (" [", stderr);
  for (int i = 0; i < BAR; i++)
    fputc (i < n ? '#' : '.', stderr);
  fprintf (stderr, "] %3d %%", per_cent);
  fflush (stderr);
}

void
cli_progress_begin (CliProgress *progress, const char *name)
{
  progress->name = name;
  progress->last = -1;
  cli_progress_part (progress, 0, 0);
  draw (progress, 0);
}

void
cli_progress_part (CliProgress *progress, double from, double span)
{
  progress->from = from;
  progress->span = span;
}

void
cli_progress_end (CliProgress *progress)
{
  if (progress->shown && progress->last >= 0)
    fprintf (stderr, "\r%*s\r", NAME + BAR + 9, "");
  progress->last = -1;
}

static bool
on_progress (void *user, const RvsProgress *state)
{
  CliProgress *progress = user;

  draw (progress, progress->from + progress->span * (double)state->done);
  return *cli_stop_flag () == 0;
}

RvsMonitor
cli_progress_monitor (CliProgress *progress)
{
  return (RvsMonitor){ on_progress, progress };
}
