/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * restore.h: one picture in memory.
 */
#ifndef RVS_CLI_RESTORE_H
#define RVS_CLI_RESTORE_H

#include "hole.h"
#include "run.h"

/* What the user has marked in the picture. */
typedef struct CliMasks
{
  RvsHoleFile hole, lines, fidelity;
} CliMasks;

/* Restores the picture's faces, fills the hole, enlarges it: what the options ask for; with --hole-output it becomes the mask, which is
 * taken. False when there is nothing to write: a failure is in the result. */
bool cli_restore (CliRun *run, RvsPicture *picture, CliMasks *masks, CliResult *result);

#endif
