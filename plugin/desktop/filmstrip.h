/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * filmstrip.h: the row of small pictures, one a photo, with a badge for how each fared.
 *
 * Signals: "chosen" (guint id), when the user chose a photo; "removed" (guint id), when the user wants it out of the list.
 */
#ifndef RVS_DESKTOP_FILMSTRIP_H
#define RVS_DESKTOP_FILMSTRIP_H

#include "photo.h"
#include <gtk/gtk.h>

#define RVS_TYPE_FILMSTRIP (rvs_filmstrip_get_type ())
G_DECLARE_FINAL_TYPE (RvsFilmstrip, rvs_filmstrip, RVS, FILMSTRIP, GtkScrolledWindow)

GtkWidget *rvs_filmstrip_new (void);
/* The photo is only read during the calls. */
void rvs_filmstrip_add (RvsFilmstrip *strip, const RvsPhoto *photo);
void rvs_filmstrip_remove (RvsFilmstrip *strip, guint photo_id);
void rvs_filmstrip_set_thumb (RvsFilmstrip *strip, guint photo_id, cairo_surface_t *thumb);
/* Badge, tooltip and accessible description after the photo's state; `unsaved` puts a dot beside the name. */
void rvs_filmstrip_show_state (RvsFilmstrip *strip, const RvsPhoto *photo, gboolean unsaved);
void rvs_filmstrip_scroll_to (RvsFilmstrip *strip, guint photo_id);
/* Marks the photo and scrolls to it, without a signal; 0: none. */
void rvs_filmstrip_select (RvsFilmstrip *strip, guint photo_id);

#endif
