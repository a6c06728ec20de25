/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * pass.h: one model over a picture's pixels: the only one, or with --then the first or the second of two.
 */
#ifndef RVS_CLI_PASS_H
#define RVS_CLI_PASS_H

#include "run.h"

typedef struct CliPass
{
  CliRun     *run;
  RvsSession *session;
  RvsParams   params;
  bool        fills;
  int32_t     factor;     /* what is restored is so many times as large as what the faces were found on; 1: it is the same */
  double      from, span; /* of the progress bar */
} CliPass;

/* The faces to analyse come first; those that are too many follow and are only reported. */
typedef struct CliChosen
{
  RvsFace faces[RVS_MAX_FACES];
  RvsFace at_size[RVS_MAX_FACES]; /* the first n, in what is restored */
  RvsSkip skips[RVS_MAX_FACES];   /* of each, as far as it can be told before the analysis */
  size_t  n, n_left_out;
  size_t  n_found; /* may be more than there is room for */
} CliChosen;

/* The pixels are sRGB. A failure is in the result. */
bool cli_pass_find (const CliPass *pass, const RvsMutView *pixels, CliChosen **out_chosen, CliResult *result); /* caller frees */
/* --list-faces: puts them in the result, which is all; false. */
bool cli_pass_list (const CliPass *pass, const RvsMutView *pixels, const CliChosen *chosen, CliResult *result);
/* In place. False when nothing has changed. */
bool cli_pass_restore (const CliPass *pass, const RvsMutView *pixels, CliChosen *chosen, CliResult *result);

double     cli_now (void); /* seconds */
RvsMonitor cli_pass_watch (const CliPass *pass, double from, double span);

#endif
