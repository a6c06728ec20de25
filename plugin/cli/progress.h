/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * progress.h: a bar on the terminal while a picture is worked on.
 */
#ifndef RVS_CLI_PROGRESS_H
#define RVS_CLI_PROGRESS_H

#include "rvs.h"

typedef struct CliProgress
{
  bool        shown;      /* stderr is a terminal and --quiet was not given */
  const char *name;       /* of the picture */
  double      from, span; /* the part of the bar that the engine call in progress covers */
  int         last;       /* per cent on screen, -1 when none */
} CliProgress;

void cli_progress_init (CliProgress *progress, bool quiet);
void cli_progress_begin (CliProgress *progress, const char *name);
/* The next engine call covers this part of the whole. */
void cli_progress_part (CliProgress *progress, double from, double span);
void cli_progress_end (CliProgress *progress); /* clears the line */
/* For the engine's calls; also returns false after a signal. */
RvsMonitor cli_progress_monitor (CliProgress *progress);

#endif
