/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * run_private.h: what the flows of run.c and run_enlarge.c share.
 */
#ifndef RVS_GIMP_RUN_PRIVATE_H
#define RVS_GIMP_RUN_PRIVATE_H

#include "layer_pixels.h"
#include "run.h"
#include "ui_host.h"

/* A translated sentence, with the engine's own words; g_free. */
char *rvs__run_explain (RvsStatus status, const RvsError *err);
/* The image's name, and the layer's where it has several and one is worked on; g_free. */
char *rvs__run_title (const RvsRun *run, int drawable);
/* GIMP calls an image that it has from another program's file "[photo] (imported)"; g_free. */
char *rvs__run_image_name (int image);
/* A layer as the source of a run, with the image's channels beside it; takes the selection, NULL: none. */
void rvs__run_open_layer (int image, int drawable, GeglBuffer *selection, RvsLayerSource *layer);
/* NULL, or that the image has no channel of the name that a call gives; a dialog shows which it has. g_free. */
char *rvs__run_check_channel (const RvsRun *run);
void  rvs__run_show_help (gpointer user, GtkWindow *parent);
/* Once it is realized, the window stays above GIMP's. */
void rvs__run_stay_above (GtkWidget *window);
/* FALSE: there is no display, and run->message says so. */
gboolean rvs__run_gtk_init (RvsRun *run);

#endif
