/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * jobs.h: which picture is read and where its result goes.
 */
#ifndef RVS_CLI_JOBS_H
#define RVS_CLI_JOBS_H

#include "options.h"

typedef struct CliJob
{
  char            *input;
  char            *output; /* NULL when nothing is written */
  size_t           n_root; /* length of the folder given in `input`; 0: the picture itself was given */
  bool             has_format;
  RvsPictureFormat format; /* of the output, when known before the input is read */
} CliJob;

typedef struct CliJobs
{
  CliJob *jobs;
  size_t  n_jobs;
} CliJobs;

/* Expands folders, names the outputs, and refuses names that collide or would overwrite a picture that is read.
 * Creates the output folder. ARGUMENT: a usage error; IO, FORMAT: an input or the output folder; NO_MEMORY.
 * *out_blame (borrowed from the options) is the name that the error is about, or NULL. */
RVS_NODISCARD RvsStatus cli_jobs_plan (const CliOptions *options, CliJobs *out, const char **out_blame, RvsError *err);
void                    cli_jobs_clear (CliJobs *jobs);

#endif
