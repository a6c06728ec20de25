/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hole_overlay.c: a pyramid of masks, each level the largest of four values of the one before: the mean would let a scratch fade away.
 */
#include "hole_overlay.h"
#include <string.h>

#define MAX_LEVELS 7

struct RvsHoleOverlay
{
  RvsRect          box;
  RvsRect          rect; /* whole pixels of the coarsest level */
  int              n_levels;
  cairo_surface_t *levels[MAX_LEVELS]; /* A8 */
};

static cairo_surface_t *
surface_new (int width, int height)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_A8, width, height);
  if (cairo_surface_status (surface) == CAIRO_STATUS_SUCCESS)
    return surface;
  cairo_surface_destroy (surface);
  return NULL;
}

static cairo_surface_t *
copy_of (const RvsView *plane, RvsRect rect)
{
  cairo_surface_t *surface = surface_new (rect.width, rect.height);
  if (!surface)
    return NULL;
  guint8 *to = cairo_image_surface_get_data (surface);
  int     stride = cairo_image_surface_get_stride (surface);
  for (int32_t y = 0; y < rect.height; y++)
    memcpy (to + (size_t)y * (size_t)stride, rvs_view_at (plane, rect.x, rect.y + y), (size_t)rect.width);
  cairo_surface_mark_dirty (surface);
  return surface;
}

/* The largest of the pixels (2 x, 2 y) .. (2 x + 1, 2 y + 1), as far as there are any. */
static void
halve_row (const guint8 *upper, const guint8 *lower, int width, guint8 *to)
{
  for (int x = 0; x < width; x++)
    {
      guint8 value = MAX (upper[x], lower[x]);
      to[x / 2] = x % 2 ? MAX (to[x / 2], value) : value;
    }
}

static cairo_surface_t *
half_of (cairo_surface_t *surface)
{
  int              width = cairo_image_surface_get_width (surface), height = cairo_image_surface_get_height (surface);
  cairo_surface_t *half = surface_new ((width + 1) / 2, (height + 1) / 2);
  if (!half)
    return NULL;
  const guint8 *from = cairo_image_surface_get_data (surface);
  size_t  stride = (size_t)cairo_image_surface_get_stride (surface), to_stride = (size_t)cairo_image_surface_get_stride (half);
  guint8 *to = cairo_image_surface_get_data (half);
  for (int y = 0; y < height; y += 2)
    halve_row (from + (size_t)y * stride, from + (size_t)MIN (y + 1, height - 1) * stride, width, to + (size_t)(y / 2) * to_stride);
  cairo_surface_mark_dirty (half);
  return half;
}

RvsHoleOverlay *
rvs_hole_overlay_new (const RvsView *plane, RvsRect box)
{
  RvsHoleOverlay *overlay = g_new0 (RvsHoleOverlay, 1);
  overlay->box = box;
  overlay->rect = rvs_rect_align (box, 1 << (MAX_LEVELS - 1), plane->width, plane->height);
  overlay->levels[0] = copy_of (plane, overlay->rect);
  overlay->n_levels = overlay->levels[0] != NULL;
  while (overlay->n_levels && overlay->n_levels < MAX_LEVELS)
    {
      cairo_surface_t *half = half_of (overlay->levels[overlay->n_levels - 1]);
      if (!half)
        break;
      overlay->levels[overlay->n_levels++] = half;
    }
  if (overlay->n_levels)
    return overlay;
  rvs_hole_overlay_free (overlay);
  return NULL;
}

RvsRect
rvs_hole_overlay_box (const RvsHoleOverlay *overlay)
{
  return overlay->box;
}

void
rvs_hole_overlay_free (RvsHoleOverlay *overlay)
{
  for (int i = 0; overlay && i < overlay->n_levels; i++)
    cairo_surface_destroy (overlay->levels[i]);
  g_free (overlay);
}

static void
set_tint (cairo_t *cr, RvsTint tint)
{
  static const double colours[][4] = { [RVS_TINT_HOLE] = { 0.96, 0.16, 0.22, 0.55 },
                                       [RVS_TINT_LINES] = { 1, 0.86, 0.1, 0.95 },
                                       [RVS_TINT_SKETCH] = { 0.1, 0.8, 1, 0.9 },
                                       /* told apart by all eyes */
                                       [RVS_TINT_FAITHFUL] = { 0.1, 0.45, 1, 0.45 },
                                       [RVS_TINT_INVENT] = { 1, 0.6, 0, 0.45 } };
  const double       *c = colours[tint];
  cairo_set_source_rgba (cr, c[0], c[1], c[2], c[3]);
}

void
rvs_hole_overlay_paint (const RvsHoleOverlay *overlay, cairo_t *cr, double scale, RvsTint tint)
{
  int level = 0;
  while (level + 1 < overlay->n_levels && scale * (2 << level) <= 1.0001)
    level++;
  cairo_save (cr);
  cairo_translate (cr, overlay->rect.x, overlay->rect.y);
  cairo_scale (cr, 1 << level, 1 << level);
  set_tint (cr, tint);
  cairo_mask_surface (cr, overlay->levels[level], 0, 0);
  cairo_restore (cr);
}

static RvsTint
tint_of (RvsStrokeKind kind)
{
  return kind == RVS_STROKE_LINE       ? RVS_TINT_LINES
         : kind == RVS_STROKE_FAITHFUL ? RVS_TINT_FAITHFUL
         : kind == RVS_STROKE_INVENT   ? RVS_TINT_INVENT
                                       : RVS_TINT_HOLE;
}

void
rvs_hole_paint_stroke (cairo_t *cr, const RvsStroke *stroke, double scale)
{
  const RvsPoint *points = (const RvsPoint *)(void *)stroke->points->data;
  cairo_save (cr);
  for (guint i = 0; i < stroke->points->len; i++)
    cairo_line_to (cr, (double)points[i].x, (double)points[i].y);
  if (stroke->points->len == 1)
    cairo_close_path (cr); /* or a single point would leave nothing */
  set_tint (cr, tint_of (stroke->kind));
  if (stroke->kind == RVS_STROKE_ERASE || stroke->kind == RVS_STROKE_UNTOLD)
    cairo_set_source_rgba (cr, 1, 1, 1, 0.5);
  cairo_set_line_width (cr, MAX (2 * (double)stroke->radius, 1 / scale)); /* as wide as it will be in the overlay */
  cairo_set_line_cap (cr, CAIRO_LINE_CAP_ROUND);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  cairo_stroke (cr);
  cairo_restore (cr);
}

/* Light over dark, so that it shows on any picture. */
void
rvs_hole_paint_brush (cairo_t *cr, double x, double y, double radius)
{
  cairo_save (cr);
  cairo_arc (cr, x, y, MAX (radius, 1.5), 0, 2 * G_PI);
  cairo_set_source_rgba (cr, 0, 0, 0, 0.5);
  cairo_set_line_width (cr, 3);
  cairo_stroke_preserve (cr);
  cairo_set_source_rgb (cr, 1, 1, 1);
  cairo_set_line_width (cr, 1.25);
  cairo_stroke (cr);
  cairo_restore (cr);
}
