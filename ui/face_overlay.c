/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * face_overlay.c: drawing over the preview. Every line is a light stroke over a dark one, so that it shows on any picture
 * and in any theme; off, waiting, working and done differ in shape (cross, dots, pie, tick), not only in colour.
 */
#include "face_overlay.h"
#include <math.h>

#define BADGE_RADIUS 8.5
#define BADGE_LEAST 5.0
#define BADGE_PART 0.14 /* of the box's shorter side, where that is less */
#define BADGE_BOX 18.0  /* smaller boxes have none */

void
rvs_overlay_rounded (cairo_t *cr, RvsBoxF b, double r)
{
  r = MIN (r, MIN (b.w, b.h) / 2);
  cairo_new_sub_path (cr);
  cairo_arc (cr, b.x + b.w - r, b.y + r, r, -G_PI_2, 0);
  cairo_arc (cr, b.x + b.w - r, b.y + b.h - r, r, 0, G_PI_2);
  cairo_arc (cr, b.x + r, b.y + b.h - r, r, G_PI_2, G_PI);
  cairo_arc (cr, b.x + r, b.y + r, r, G_PI, 1.5 * G_PI);
  cairo_close_path (cr);
}

static void
stroke_twice (cairo_t *cr, double width, double r, double g, double b, double alpha)
{
  cairo_set_source_rgba (cr, 0, 0, 0, 0.45 * alpha);
  cairo_set_line_width (cr, width + 2);
  cairo_stroke_preserve (cr);
  cairo_set_source_rgba (cr, r, g, b, alpha);
  cairo_set_line_width (cr, width);
  cairo_stroke (cr);
}

gboolean
rvs_overlay_badge (RvsBoxF box, RvsBoxF within, double *out_x, double *out_y, double *out_radius)
{
  double side = MIN (box.w, box.h), radius = CLAMP (side * BADGE_PART, BADGE_LEAST, BADGE_RADIUS);
  double away = radius * G_SQRT2 / 2; /* the disc touches the corner */
  *out_radius = radius;
  *out_x = CLAMP (box.x + box.w + away, within.x + radius + 1, MAX (within.x + radius + 1, within.x + within.w - radius - 1));
  *out_y = CLAMP (box.y - away, within.y + radius + 1, MAX (within.y + radius + 1, within.y + within.h - radius - 1));
  return side >= BADGE_BOX;
}

static void
draw_disc (cairo_t *cr, double radius, gboolean on)
{
  cairo_arc (cr, 0, 0, radius + 1, 0, 2 * G_PI);
  cairo_set_source_rgba (cr, 0, 0, 0, 0.35);
  cairo_fill (cr);
  cairo_arc (cr, 0, 0, radius, 0, 2 * G_PI);
  if (on)
    cairo_set_source_rgb (cr, 0.21, 0.52, 0.89);
  else
    cairo_set_source_rgb (cr, 0.38, 0.38, 0.40);
  cairo_fill (cr);
  cairo_set_source_rgb (cr, 1, 1, 1);
}

static void
draw_tick (cairo_t *cr)
{
  cairo_move_to (cr, -0.42, 0.02);
  cairo_line_to (cr, -0.12, 0.35);
  cairo_line_to (cr, 0.45, -0.33);
  cairo_stroke (cr);
}

static void
draw_cross (cairo_t *cr)
{
  cairo_move_to (cr, -0.33, -0.33);
  cairo_line_to (cr, 0.33, 0.33);
  cairo_move_to (cr, 0.33, -0.33);
  cairo_line_to (cr, -0.33, 0.33);
  cairo_stroke (cr);
}

static void
draw_dots (cairo_t *cr)
{
  for (int i = -1; i <= 1; i++)
    {
      cairo_arc (cr, 0.42 * i, 0, 0.14, 0, 2 * G_PI);
      cairo_fill (cr);
    }
}

/* How far it is, as a pie. */
static void
draw_pie (cairo_t *cr, double part)
{
  cairo_set_line_width (cr, 0.12);
  cairo_arc (cr, 0, 0, 0.62, 0, 2 * G_PI);
  cairo_stroke (cr);
  cairo_move_to (cr, 0, 0);
  cairo_arc (cr, 0, 0, 0.62, -G_PI_2, -G_PI_2 + 2 * G_PI * CLAMP (part, 0.05, 1));
  cairo_close_path (cr);
  cairo_fill (cr);
}

void
rvs_overlay_draw_badge (cairo_t *cr, RvsBoxF box, RvsBoxF within, const RvsUiFace *face)
{
  double x, y, radius;
  if (!rvs_overlay_badge (box, within, &x, &y, &radius))
    return;
  cairo_save (cr);
  cairo_translate (cr, x, y);
  draw_disc (cr, radius, face->enabled);
  cairo_scale (cr, radius, radius);
  cairo_set_line_width (cr, 0.24);
  cairo_set_line_cap (cr, CAIRO_LINE_CAP_ROUND);
  switch (rvs_face_state (face))
    {
    case RVS_FACE_OFF:
      draw_cross (cr);
      break;
    case RVS_FACE_WAITING:
      draw_dots (cr);
      break;
    case RVS_FACE_WORKING:
      draw_pie (cr, face->progress);
      break;
    case RVS_FACE_DONE:
      draw_tick (cr);
      break;
    }
  cairo_restore (cr);
}

void
rvs_overlay_draw_face (cairo_t *cr, RvsBoxF box, const RvsUiFace *face, gboolean focused, gboolean hovered)
{
  static const double dashes[] = { 5, 4 };
  double              alpha = face->enabled ? (focused || hovered ? 1 : 0.8) : 0.65;
  cairo_save (cr);
  rvs_overlay_rounded (cr, box, 6);
  if (!face->enabled)
    cairo_set_dash (cr, dashes, 2, 0);
  if (face->enabled && focused)
    stroke_twice (cr, 2, 0.38, 0.68, 1, alpha);
  else
    stroke_twice (cr, hovered ? 2 : 1.25, 1, 1, 1, alpha);
  cairo_set_dash (cr, NULL, 0, 0);
  cairo_restore (cr);
}

void
rvs_overlay_draw_band (cairo_t *cr, RvsBoxF box)
{
  static const double dashes[] = { 6, 4 };
  cairo_save (cr);
  cairo_rectangle (cr, box.x, box.y, box.w, box.h);
  cairo_set_source_rgba (cr, 0.21, 0.52, 0.89, 0.18);
  cairo_fill_preserve (cr);
  cairo_set_dash (cr, dashes, 2, 0);
  stroke_twice (cr, 1.5, 1, 1, 1, 1);
  cairo_restore (cr);
}

void
rvs_overlay_draw_pill (cairo_t *cr, GtkWidget *widget, const char *text, double x, double y, double ax, double ay)
{
  PangoLayout *layout = gtk_widget_create_pango_layout (widget, text);
  int          w, h;
  pango_layout_get_pixel_size (layout, &w, &h);
  RvsBoxF box = { 0, 0, w + 20, h + 8 };
  box.x = floor (x - ax * box.w);
  box.y = floor (y - ay * box.h);
  rvs_overlay_rounded (cr, box, box.h / 2);
  cairo_set_source_rgba (cr, 0.09, 0.09, 0.10, 0.72);
  cairo_fill (cr);
  cairo_set_source_rgba (cr, 1, 1, 1, 0.96);
  cairo_move_to (cr, box.x + 10, box.y + 4);
  pango_cairo_show_layout (cr, layout);
  g_object_unref (layout);
}

static void
arrow (cairo_t *cr, double x, double y, double dx)
{
  cairo_move_to (cr, x, y - 4.5);
  cairo_line_to (cr, x + dx, y);
  cairo_line_to (cr, x, y + 4.5);
  cairo_close_path (cr);
  cairo_fill (cr);
}

void
rvs_overlay_draw_divider (cairo_t *cr, gboolean level, double x, double y0, double y1, gboolean active)
{
  const cairo_matrix_t turned = { .xx = 0, .yx = 1, .xy = 1, .yy = 0 };
  double               middle = floor ((y0 + y1) / 2), radius = active ? 15 : 13;
  cairo_save (cr);
  if (level)
    cairo_transform (cr, &turned);
  x = floor (x) + 0.5;
  cairo_move_to (cr, x, y0);
  cairo_line_to (cr, x, y1);
  cairo_set_source_rgba (cr, 0, 0, 0, 0.35);
  cairo_set_line_width (cr, 4);
  cairo_stroke_preserve (cr);
  cairo_set_source_rgb (cr, 1, 1, 1);
  cairo_set_line_width (cr, active ? 2 : 1.5);
  cairo_stroke (cr);
  if (y1 - y0 > 5 * radius)
    {
      cairo_arc (cr, x, middle, radius + 1.5, 0, 2 * G_PI);
      cairo_set_source_rgba (cr, 0, 0, 0, 0.3);
      cairo_fill (cr);
      cairo_arc (cr, x, middle, radius, 0, 2 * G_PI);
      cairo_set_source_rgb (cr, 1, 1, 1);
      cairo_fill (cr);
      cairo_set_source_rgb (cr, 0.2, 0.2, 0.22);
      arrow (cr, x - 3, middle, -5);
      arrow (cr, x + 3, middle, 5);
    }
  cairo_restore (cr);
}
