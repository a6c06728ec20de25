/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * run.h: the shared flows: check the layers, dialog or arguments, engine, new layers in one undo step, or a new image.
 */
#ifndef RVS_GIMP_RUN_H
#define RVS_GIMP_RUN_H

#include "fields.h"
#include <glib.h>

#define RVS_PROCEDURE "plug-in-revisage"
/* A menu entry of its own for systems that fill what is selected; it takes no settings, and is there if there is such a system. */
#define RVS_PROCEDURE_MEND "plug-in-revisage-mend"
/* Makes a new image, larger and with its faces restored at that size. */
#define RVS_PROCEDURE_ENLARGE "plug-in-revisage-enlarge"
#define RVS_FIRST_FACTOR 2

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
  int        new_image;   /* out, of rvs_run_enlarge */
  char      *message;     /* out: translated, when not done; g_free */
} RvsRun;

RvsRunStatus rvs_run (RvsRun *run);
/* One layer, whatever is selected, into an image of its own, which is shown when interactive; the old one stays as it is. */
RvsRunStatus rvs_run_enlarge (RvsRun *run);
/* Scripts: "factor" and "model" as they are given. NULL, or what is wrong; g_free. */
char *rvs_run_enlarge_values (int factor, const char *model, RvsValues *values);
/* The key file of last values and presets; g_free. */
char *rvs_run_settings_path (void);
/* Whether the procedure is to be offered. */
gboolean rvs_run_offers (const char *procedure);
/* What the procedure starts with where nothing of this session is known of it: the values of the last dialog in an earlier one when
 * interactive, else the defaults; with a system that fits the procedure. */
void rvs_run_first_values (const char *procedure, gboolean interactive, RvsValues *out_values);
/* Binds the catalogs beside the plug-in's program, or the installed ones. */
void rvs_run_bind_catalogs (const char *program);
/* Starts GEGL for buffers alone, without its modules of operations: we call none. */
void rvs_run_start_gegl (void);

#endif
