/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * loupe.c: place and frame of the loupe.
 */
#include "loupe.h"
#include <math.h>

#define SIDE_PX 320.0
#define PART 0.72 /* of the shorter side, where that is less */
#define CORNER_PX 10.0

RvsBoxF
rvs_loupe_box (RvsBoxF within, double x, double y)
{
  double  side = floor (MIN (SIDE_PX, PART * MIN (within.w, within.h)));
  RvsBoxF box = { floor (x - side / 2), floor (y - side / 2), side, side };
  box.x = CLAMP (box.x, within.x, within.x + within.w - side);
  box.y = CLAMP (box.y, within.y, within.y + within.h - side);
  return box;
}

void
rvs_loupe_begin (cairo_t *cr, RvsBoxF box)
{
  rvs_overlay_rounded (cr, box, CORNER_PX);
  cairo_clip (cr);
  cairo_set_source_rgb (cr, 0.12, 0.12, 0.12);
  cairo_paint (cr);
}

void
rvs_loupe_draw_frame (cairo_t *cr, GtkWidget *widget, RvsBoxF box, const char *text)
{
  cairo_save (cr);
  rvs_overlay_rounded (cr, box, CORNER_PX);
  cairo_set_source_rgba (cr, 0, 0, 0, 0.45);
  cairo_set_line_width (cr, 5);
  cairo_stroke_preserve (cr);
  cairo_set_source_rgb (cr, 1, 1, 1);
  cairo_set_line_width (cr, 2);
  cairo_stroke (cr);
  cairo_restore (cr);
  rvs_overlay_draw_pill (cr, widget, text, box.x + box.w / 2, box.y + box.h - 8, 0.5, 1);
}
