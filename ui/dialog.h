/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * dialog.h: the panel in a dialog with Help, Reset, Cancel and Restore. Of several layers one is shown, and the user steps through them;
 * the settings are those of all.
 */
#ifndef RVS_UI_DIALOG_H
#define RVS_UI_DIALOG_H

#include "panel.h"

typedef struct RvsDialog RvsDialog;

typedef struct RvsDialogLayer
{
  const char        *name; /* shown where there are several; copied */
  const RvsUiSource *source;
} RvsDialogLayer;

typedef enum RvsDialogOutcome
{
  RVS_DIALOG_RESTORED,
  RVS_DIALOG_NOTHING, /* the user looked at the layer and left no face of it on */
  RVS_DIALOG_UNSEEN /* the user did not look at it, or not until its faces were found: it is still to be restored, with the values of the others */
} RvsDialogOutcome;

/* The window is made but not shown, so that the host may make it transient for its own. At least one layer. */
RvsDialog *rvs_dialog_new (const RvsUiHost *host, const RvsDialogLayer *layers, size_t n_layers, const RvsValues *values);
GtkWidget *rvs_dialog_window (RvsDialog *dialog);
RvsPanel  *rvs_dialog_panel (RvsDialog *dialog); /* of the layer on show */
/* Shows the window and runs a main loop until the user is done. TRUE: restored, rvs_dialog_result has the pixels. The window is
 * hidden before the worker is waited for, so that closing never hangs on screen. */
gboolean rvs_dialog_run (RvsDialog *dialog);
/* Of one layer, after rvs_dialog_run; without RESTORED only out_result->values is set. */
RvsDialogOutcome rvs_dialog_result (RvsDialog *dialog, size_t layer, RvsUiResult *out_result);
void             rvs_dialog_free (RvsDialog *dialog);

#endif
