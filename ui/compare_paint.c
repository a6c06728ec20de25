/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * compare_paint.c: what the preview shows: the picture before and after, what lies over it, labels, line and loupe.
 */
#include "compare_private.h"
#include "i18n.h"
#include "loupe.h"
#include <math.h>

#define DOWN_LABEL_PX 140 /* room for the label at the lower right where after is below */

/* In picture coordinates. */
static void
paint_hole (RvsCompareView *view, cairo_t *cr, double scale, gboolean after)
{
  const RvsStroke *stroke = view->drag == DRAG_STROKE && view->brush ? rvs_hole_brush_last (view->brush) : NULL;
  if (view->hole && (!after || !view->hole_filled || stroke))
    rvs_hole_overlay_paint (view->hole, cr, scale, RVS_TINT_HOLE);
  if (view->faithful && (!after || stroke))
    rvs_hole_overlay_paint (view->faithful, cr, scale, RVS_TINT_FAITHFUL);
  if (view->invent && (!after || stroke))
    rvs_hole_overlay_paint (view->invent, cr, scale, RVS_TINT_INVENT);
  if (view->sketch)
    rvs_hole_overlay_paint (view->sketch, cr, scale, RVS_TINT_SKETCH);
  if (view->lines)
    rvs_hole_overlay_paint (view->lines, cr, scale, RVS_TINT_LINES);
  if (stroke)
    rvs_hole_paint_stroke (cr, stroke, scale);
}

/* How the picture is looked at: its point (cx, cy) lies at (x, y) of the pane. */
typedef struct Camera
{
  double zoom, cx, cy, x, y;
} Camera;

static Camera
camera_of (RvsCompareView *view)
{
  return (Camera){ view->zoom, view->cx, view->cy, width_of (view) / 2, height_of (view) / 2 };
}

static RvsRect
seen_in (const Camera *camera, RvsBoxF part)
{
  RvsRect seen;
  seen.x = (int32_t)floor ((part.x - camera->x) / camera->zoom + camera->cx) - 1;
  seen.y = (int32_t)floor ((part.y - camera->y) / camera->zoom + camera->cy) - 1;
  seen.width = (int32_t)ceil ((part.x + part.w - camera->x) / camera->zoom + camera->cx) + 1 - seen.x;
  seen.height = (int32_t)ceil ((part.y + part.h - camera->y) / camera->zoom + camera->cy) + 1 - seen.y;
  return seen;
}

static gboolean
shows_before_only (RvsCompareView *view)
{
  return view->peeking || view->original;
}

/* In picture coordinates. */
static void
paint_map (RvsCompareView *view, cairo_t *cr, gboolean after)
{
  if (view->map && !shows_before_only (view) && (after || !rvs_map_overlay_of_result (view->map)))
    rvs_map_overlay_paint (view->map, cr, view->strength);
}

static void
paint_part (RvsCompareView *view, cairo_t *cr, const Camera *camera, RvsBoxF part, gboolean after)
{
  double scale = camera->zoom * gtk_widget_get_scale_factor (GTK_WIDGET (view));
  if (part.w <= 0 || part.h <= 0)
    return;
  cairo_save (cr);
  cairo_rectangle (cr, part.x, part.y, part.w, part.h);
  cairo_clip (cr);
  cairo_translate (cr, camera->x, camera->y);
  cairo_scale (cr, camera->zoom, camera->zoom);
  cairo_translate (cr, -camera->cx, -camera->cy);
  rvs_canvas_paint (view->picture, cr, seen_in (camera, part), scale, after ? view->strength : 0);
  paint_map (view, cr, after);
  paint_hole (view, cr, scale, after);
  cairo_restore (cr);
}

static void
paint_badge (RvsCompareView *view, cairo_t *cr, const RvsUiFace *face)
{
  RvsBoxF box = face_box (view, &face->face);
  rvs_overlay_draw_badge (cr, box, whole_widget (view), face);
  if (face->unsure && face->enabled)
    rvs_overlay_draw_pill (cr, GTK_WIDGET (view), _ ("No face recognised here"), box.x + box.w / 2, box.y + box.h - 6, 0.5, 1);
}

static void
paint_faces (RvsCompareView *view, cairo_t *cr)
{
  for (guint i = 0; shows_boxes (view) && view->faces && i < view->faces->len; i++)
    {
      const RvsUiFace *face = rvs_faces_at (view->faces, (int)i);
      rvs_overlay_draw_face (cr, face_box (view, &face->face), face, (int)i == view->focus_face, (int)i == view->hover_face);
    }
  for (guint i = 0; shows_boxes (view) && view->faces && i < view->faces->len; i++)
    if (is_seen (view, rvs_faces_at (view->faces, (int)i)))
      paint_badge (view, cr, rvs_faces_at (view->faces, (int)i));
  if (view->drag == DRAG_BAND)
    rvs_overlay_draw_band (cr, (RvsBoxF){ MIN (view->press_x, view->last_x), MIN (view->press_y, view->last_y),
                                          fabs (view->last_x - view->press_x), fabs (view->last_y - view->press_y) });
}

static const char *
after_label (RvsCompareView *view)
{
  return view->after_label ? view->after_label : _ ("After");
}

/* Each label keeps to its own part and leaves when that gets too narrow: the first at the upper left, the second where it is far from it. */
static void
paint_label (RvsCompareView *view, cairo_t *cr, RvsBoxF part, const char *text, gboolean right, gboolean foot)
{
  cairo_save (cr);
  cairo_rectangle (cr, part.x, part.y, part.w, part.h);
  cairo_clip (cr);
  rvs_overlay_draw_pill (cr, GTK_WIDGET (view), text, right ? part.x + part.w - 10 : part.x + 10,
                         foot ? part.y + part.h - 10 : part.y + 10, right, foot);
  cairo_restore (cr);
}

/* Whether the first (0) or the second part is that of after. */
static gboolean
is_after (RvsCompareView *view, int part)
{
  return !shows_before_only (view) && (part == 1) != view->swapped;
}

/* Of one pane: all of `box`, parted by the layout; with panes, each is one part. */
static void
paint_parts (RvsCompareView *view, cairo_t *cr, const Camera *camera, RvsBoxF box, double split, int pane)
{
  RvsBoxF parts[2];
  rvs_compare_parts (view->compare, box, split, parts);
  if (shows_before_only (view))
    paint_part (view, cr, camera, box, FALSE);
  for (int i = 0; i < 2 && !shows_before_only (view); i++)
    if (rvs_compare_has_line (view->compare) || i == pane)
      paint_part (view, cr, camera, parts[i], is_after (view, i));
}

static void
paint_labels (RvsCompareView *view, cairo_t *cr, int pane)
{
  RvsBoxF box = picture_box (view), parts[2];
  rvs_compare_parts (view->compare, box, view->split, parts);
  if (shows_before_only (view))
    paint_label (view, cr, box, _ ("Before"), FALSE, FALSE);
  for (int i = 0; i < 2 && !shows_before_only (view); i++)
    if (rvs_compare_has_line (view->compare) || i == pane)
      paint_label (view, cr, parts[i], is_after (view, i) ? after_label (view) : _ ("Before"),
                   i == 1 && rvs_compare_has_line (view->compare), i == 1 && view->compare == RVS_COMPARE_DOWN);
}

/* At the foot of after, or of both. */
static void
paint_legend (RvsCompareView *view, cairo_t *cr, int pane)
{
  gboolean here = rvs_compare_has_line (view->compare) || is_after (view, pane) || !rvs_map_overlay_of_result (view->map);
  RvsBoxF  box = picture_box (view);
  if (view->compare == RVS_COMPARE_DOWN)
    box.w = MAX (box.w / 2, box.w - DOWN_LABEL_PX);
  if (here)
    rvs_map_overlay_draw_legend (view->map, cr, GTK_WIDGET (view), box);
}

static void
paint_line (RvsCompareView *view, cairo_t *cr)
{
  RvsBoxF  box = picture_box (view);
  gboolean level = view->compare == RVS_COMPARE_DOWN;
  if (rvs_compare_has_line (view->compare))
    rvs_overlay_draw_divider (cr, level, rvs_compare_line (view->compare, box, view->split), level ? box.x : box.y,
                              level ? box.x + box.w : box.y + box.h, view->hover_divider || view->drag == DRAG_DIVIDER);
}

/* ---- the loupe ---- */

/* Under the pointer; by the key alone in the middle, while the pointer is elsewhere. */
static void
paint_loupe (RvsCompareView *view, cairo_t *cr, int pane)
{
  double magnification = rvs_compare_view_get_loupe_shown (view);
  if (magnification <= 0)
    return;
  double  x = view->pointer_inside ? view->pointer_x : width_of (view) / 2;
  double  y = view->pointer_inside ? view->pointer_y : height_of (view) / 2;
  RvsBoxF box = rvs_loupe_box (whole_widget (view), x, y);
  Camera  camera = { magnification / gtk_widget_get_scale_factor (GTK_WIDGET (view)), to_px (view, x), to_py (view, y),
                     box.x + box.w / 2, box.y + box.h / 2 };
  cairo_save (cr);
  rvs_loupe_begin (cr, box);
  paint_parts (view, cr, &camera, box, 0.5, pane);
  cairo_restore (cr);
  char *text = g_strdup_printf (_ ("%.0f %%"), 100 * magnification);
  rvs_loupe_draw_frame (cr, GTK_WIDGET (view), box, text);
  g_free (text);
}

/* Only where there is something to compare. */
static void
paint_aids (RvsCompareView *view, cairo_t *cr, int pane)
{
  paint_line (view, cr);
  if (view->map)
    paint_legend (view, cr, pane);
  if (view->brush && view->brush_inside)
    rvs_hole_paint_brush (cr, view->brush_x, view->brush_y,
                          view->pen && view->brush_tool == RVS_STROKE_LINE ? 0 : view->brush_radius * view->zoom);
}

static void
paint_pane (RvsCompareView *view, cairo_t *cr, int pane)
{
  const Camera   camera = camera_of (view);
  const gboolean compares = !shows_before_only (view);
  paint_parts (view, cr, &camera, picture_box (view), view->split, pane);
  if (compares)
    paint_faces (view, cr);
  paint_labels (view, cr, pane);
  if (compares)
    paint_aids (view, cr, pane);
  paint_loupe (view, cr, pane);
}

static void
paint_panes (RvsCompareView *view, cairo_t *cr)
{
  for (int i = 0; i < rvs_compare_n_panes (view->compare); i++)
    {
      cairo_save (cr);
      cairo_translate (cr, pane_x (view, i), 0);
      cairo_rectangle (cr, 0, 0, width_of (view), height_of (view));
      cairo_clip (cr);
      paint_pane (view, cr, i);
      cairo_restore (cr);
    }
}

gboolean
rvs__compare_draw (GtkWidget *widget, cairo_t *cr)
{
  RvsCompareView  *view = RVS_COMPARE_VIEW (widget);
  GtkStyleContext *style = gtk_widget_get_style_context (widget);
  double           w = whole_width (view), h = height_of (view);
  gtk_render_background (style, cr, 0, 0, w, h);
  if (view->picture)
    paint_panes (view, cr);
  if (view->note && view->picture)
    rvs_overlay_draw_pill (cr, widget, view->note, w / 2, h - 14, 0.5, 1);
  else if (view->note)
    rvs_overlay_draw_pill (cr, widget, view->note, w / 2, h / 2, 0.5, 0.5);
  if (gtk_widget_has_visible_focus (widget))
    gtk_render_focus (style, cr, 2, 2, w - 4, h - 4);
  return FALSE;
}
