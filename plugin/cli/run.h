/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * run.h: one picture from file to file.
 */
#ifndef RVS_CLI_RUN_H
#define RVS_CLI_RUN_H

#include "cli.h"
#include "jobs.h"
#include "progress.h"

/* What happened to one face. */
typedef struct CliFace
{
  RvsFaceReport report; /* beyond `face` and `skip` only where it was analysed */
  bool          analysed;
} CliFace;

/* What happened to one picture. */
typedef struct CliResult
{
  const CliJob *job;
  CliExit       exit;
  char          message[320];                  /* why exit is not OK */
  int32_t       width, height, channels, bits; /* 0 until the picture is read */
  CliFace      *faces;                         /* owned */
  size_t        n_faces, n_restored;
  size_t        n_found; /* by the detector; only the largest RVS_MAX_FACES of them are looked at */
  bool          filled;  /* a hole; the faces' n_restored then only counts those of --then */
  RvsFillReport fill;
  int64_t       n_marked;        /* --hole-output: pixels of damage that were found */
  unsigned      notes, lost;     /* RVS_NOTE_, RVS_LOST_ bits */
  bool          written, copied; /* copied: as it was */
  const char   *left;            /* why nothing was done, which is no failure; NULL otherwise */
  int32_t       factor;          /* of --enlarge, once it is done; 0 before, and without it */
  bool          faceless;        /* enlarged although no face could be restored; message says why */
  double        read_s, detect_s, enlarge_s, analyse_s, render_s, write_s;
} CliResult;

/* Where in the work a failure came up: it decides the exit code. */
typedef enum CliStep
{
  CLI_STEP_READ,
  CLI_STEP_FIND, /* the faces: the places of --box are the user's */
  CLI_STEP_ENGINE,
  CLI_STEP_WRITE
} CliStep;

typedef struct CliRun
{
  const CliOptions *options;
  RvsSession       *session, *then; /* then: of --then, or NULL */
  bool              fills;          /* session's restorer fills holes */
  bool              has_poses;      /* session has a shape head */
  float             min_confidence; /* of the sessions */
  CliProgress       progress;
} CliRun;

/* Reads, restores and writes, or only finds the faces. Never fails as such: the result says it all. */
void cli_run_job (CliRun *run, const CliJob *job, CliResult *out);

/* ---- result.c ---- */

CliExit cli_exit_of (CliStep step, RvsStatus status);
void    cli_result_fail (CliResult *result, CliExit code, const char *format, ...) __attribute__ ((format (printf, 3, 4)));
/* False when the status is a failure, which is then in the result with what to do about it. */
bool cli_result_check (CliResult *result, CliStep step, RvsStatus status, const RvsError *err);
void cli_result_clear (CliResult *result);

#endif
