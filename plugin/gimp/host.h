/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * host.h: what both GIMP versions provide to the shared flow. Images, layers and their parents are named by GIMP's ids.
 * Implemented by host_gimp2.c and host_gimp3.c, which with main_gimp*.c are the only files that include libgimp.
 */
#ifndef RVS_GIMP_HOST_H
#define RVS_GIMP_HOST_H

#include <gegl.h>
#include <glib.h>

/* NULL when the drawable can be restored, else a translated sentence that says what to do; g_free. `selected`: the selection, if there
 * is one, must touch it. */
char *rvs_host_refuse (int image, int drawable, gboolean selected);
/* The layer's pixels; g_object_unref. */
GeglBuffer *rvs_host_buffer (int drawable);
gboolean    rvs_host_is_grey (int drawable);
gboolean    rvs_host_is_locked (int drawable); /* its pixels must stay */
gboolean    rvs_host_is_visible (int drawable);
void        rvs_host_show (int layer);
void        rvs_host_hide (int layer); /* whether its visibility is locked or not */
/* Where it is opaque, what is below does not show through: a copy above it changes only what differs. Not so with a mode, an opacity, a
 * mask or effects of its own. */
gboolean rvs_host_covers (int layer);
gboolean rvs_host_is_indexed (int drawable);
gboolean rvs_host_has_alpha (int drawable);
char    *rvs_host_name (int drawable); /* g_free */
char    *rvs_host_image_name (int image);
int      rvs_host_n_layers (int image); /* on its top level */
/* Of the layer, in the image. */
void rvs_host_offsets (int drawable, int *out_x, int *out_y);
/* The image's selection; NULL when nothing is selected. */
GeglBuffer *rvs_host_selection (int image);
/* The names of the image's channels, from the top, NULL-terminated; g_strfreev. */
char **rvs_host_channels (int image);
/* The pixels of the channel of that name, NULL: there is none; g_object_unref. */
GeglBuffer *rvs_host_channel (int image, const char *name);

/* The steps of writing the result, all inside one undo group. */
void rvs_host_begin (int image);
void rvs_host_end (int image);
void rvs_host_convert_to_rgb (int image);
/* A copy of the layer, not yet in the image; -1 when GIMP refuses. */
int rvs_host_copy_layer (int drawable, const char *name);
/* A new group above the layer with its mode, opacity and mask, and in it a copy of the layer without them: what lies above the copy,
 * inside of the group, changes the picture only where it differs from the copy. Returns the copy, -1 when GIMP refuses. */
int rvs_host_stand_in (int image, int drawable);
/* Takes mode and opacity from a layer that is not in the image, and lets it mix with what is below in sRGB's encoding, as the
 * engine does, not in linear light: behind a mask of a half, half of the difference shows. `inside`: only where there is something
 * below. */
void rvs_host_make_patch (int layer, gboolean inside);
/* The pixels of its mask, which is made where it has none and put into effect; NULL when GIMP refuses; g_object_unref. */
GeglBuffer *rvs_host_mask (int layer);
/* Puts `layer` above `below`, or in its place when `replace`; FALSE when GIMP refuses. Updates the screen. */
gboolean rvs_host_insert (int image, int layer, int below, gboolean replace);
void     rvs_host_attach (int layer, const char *name, const char *text); /* a persistent parasite */
int      rvs_host_parent (int layer);                                     /* the group that it is in; -1: none */
void     rvs_host_remove (int image, int layer);
void     rvs_host_rename (int layer, const char *name);
char    *rvs_host_attached (int layer, const char *name); /* its text; NULL: none; g_free */
/* A number that stays the layer's in the file. */
guint32 rvs_host_tattoo (int layer);
int     rvs_host_layer_by_tattoo (int image, guint32 tattoo); /* -1: none */

/* A new image with one layer of that size: RGB or grey, alpha, precision, resolution, profile and metadata as those of the old image and of
 * the layer, whose name it has. -1 and NULL when GIMP refuses; else the layer's pixels, g_object_unref. */
int rvs_host_new_image (int like, int drawable, int width, int height, GeglBuffer **out_buffer);
/* `name`, which gets an ending, in the folder of the old image's file; where that has none, or Save would overwrite one without a question,
 * the image stays without a name. */
void rvs_host_name_new_image (int image, int like, const char *name);
/* When its pixels are there; `shown`: in a window. */
void rvs_host_finish_new_image (int image, gboolean shown);

void rvs_host_progress_start (const char *text);
void rvs_host_progress (double done);
void rvs_host_progress_end (void);
/* A remark that is not a failure, in GIMP's own way. */
void rvs_host_message (const char *text);
/* gtk_init with GIMP's theme; FALSE when there is no display. */
gboolean rvs_host_gtk_init (void);
/* `gtk_window` (a GtkWindow) stays above GIMP's window. */
void rvs_host_make_transient (gpointer gtk_window);

#endif
