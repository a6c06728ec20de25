/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * loupe.h: where the loupe lies over the preview, and its frame. Widget pixels.
 */
#ifndef RVS_UI_LOUPE_H
#define RVS_UI_LOUPE_H

#include "face_overlay.h"

/* Around the point, moved so that it lies in `within` as a whole. */
RvsBoxF rvs_loupe_box (RvsBoxF within, double x, double y);
/* Clips to it and paints its ground. */
void rvs_loupe_begin (cairo_t *cr, RvsBoxF box);
/* Its frame and what it says at its foot; not clipped. */
void rvs_loupe_draw_frame (cairo_t *cr, GtkWidget *widget, RvsBoxF box, const char *text);

#endif
