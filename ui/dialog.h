/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * dialog.h: the panel in a dialog with Help, Reset, Cancel and Restore.
 */
#ifndef RVS_UI_DIALOG_H
#define RVS_UI_DIALOG_H

#include "panel.h"

typedef struct RvsDialog RvsDialog;

/* The window is made but not shown, so that the host may make it transient for its own. */
RvsDialog *rvs_dialog_new (const RvsUiHost *host, const RvsUiSource *source, const RvsValues *values);
GtkWidget *rvs_dialog_window (RvsDialog *dialog);
RvsPanel  *rvs_dialog_panel (RvsDialog *dialog);
/* Shows the window and runs a main loop until the user is done. TRUE: restored, rvs_dialog_result has the pixels. The window is
 * hidden before the worker is waited for, so that closing never hangs on screen. */
gboolean rvs_dialog_run (RvsDialog *dialog);
void     rvs_dialog_result (RvsDialog *dialog, RvsUiResult *out_result);
void     rvs_dialog_free (RvsDialog *dialog);

#endif
