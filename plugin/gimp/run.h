/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * run.h: the shared flow: check the layers, dialog or arguments, engine, new layers, one undo step.
 */
#ifndef RVS_GIMP_RUN_H
#define RVS_GIMP_RUN_H

#include "fields.h"
#include <glib.h>

#define RVS_PROCEDURE "plug-in-revisage"

typedef enum RvsRunStatus
{
  RVS_RUN_DONE,
  RVS_RUN_CANCELLED,
  RVS_RUN_BAD_CALL, /* wrong drawable or argument */
  RVS_RUN_FAILED
} RvsRunStatus;

typedef struct RvsRun
{
  int        image;
  const int *drawables;
  int        n_drawables;
  gboolean   interactive;
  RvsValues  values;      /* in: to start from; out: what was used */
  int        first_layer; /* out: the topmost new layer, or the replaced one */
  char      *message;     /* out: translated, when not done; g_free */
} RvsRun;

RvsRunStatus rvs_run (RvsRun *run);
/* The key file of last values and presets; g_free. */
char *rvs_run_settings_path (void);
/* The values of the last dialog in an earlier session; FALSE and untouched when there are none. */
gboolean rvs_run_remembered (RvsValues *values);
/* Binds the catalogs beside the plug-in's program, or the installed ones. */
void rvs_run_bind_catalogs (const char *program);

#endif
