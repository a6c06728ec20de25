/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * face_overlay.h: drawing of the face boxes, the box being dragged, labels and notes over the preview.
 */
#ifndef RVS_UI_FACE_OVERLAY_H
#define RVS_UI_FACE_OVERLAY_H

#include "faces.h"
#include <gtk/gtk.h>

/* A rectangle in widget pixels. */
typedef struct RvsBoxF
{
  double x, y, w, h;
} RvsBoxF;

void rvs_overlay_draw_face (cairo_t *cr, RvsBoxF box, const RvsUiFace *face, gboolean focused, gboolean hovered);
/* The switch of a face, at the upper right corner of its box and outside of it, so that no brow is covered; it keeps inside of `within`.
 * FALSE: the box is too small to have one. */
gboolean rvs_overlay_badge (RvsBoxF box, RvsBoxF within, double *out_x, double *out_y, double *out_radius);
void     rvs_overlay_draw_badge (cairo_t *cr, RvsBoxF box, RvsBoxF within, const RvsUiFace *face);
void     rvs_overlay_draw_band (cairo_t *cr, RvsBoxF box);
/* A rounded label; ax, ay: which point of the label sits at x, y (0 left/top .. 1 right/bottom). */
void rvs_overlay_draw_pill (cairo_t *cr, GtkWidget *widget, const char *text, double x, double y, double ax, double ay);
/* From (x, y0) to (x, y1); level: from (y0, x) to (y1, x). */
void rvs_overlay_draw_divider (cairo_t *cr, gboolean level, double x, double y0, double y1, gboolean active);
/* The path of a rectangle with round corners. */
void rvs_overlay_rounded (cairo_t *cr, RvsBoxF box, double radius);

#endif
