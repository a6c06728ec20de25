/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * compare_private.h: the preview widget's fields and where things lie in it, shared by the file that paints it and the one that runs it.
 */
#ifndef RVS_UI_COMPARE_PRIVATE_H
#define RVS_UI_COMPARE_PRIVATE_H

#include "compare_view.h"
#include "face_overlay.h"

typedef enum Drag
{
  DRAG_NONE,
  DRAG_PENDING, /* pressed, not yet moved: a click or the start of something */
  DRAG_DIVIDER,
  DRAG_PAN,
  DRAG_BAND,
  DRAG_STROKE
} Drag;

struct _RvsCompareView
{
  GtkDrawingArea parent_instance;
  RvsCanvas     *picture;
  GArray        *faces;
  double         strength;
  char          *note, *after_label; /* NULL: none, and "After" */
  RvsZoomMode    mode;
  double         zoom;   /* logical pixels a picture pixel */
  double         cx, cy; /* the picture point in the middle of the widget */
  RvsCompare     compare;
  int            pane; /* where the pointer is, or was pressed */
  double         split;
  gboolean       split_chosen;                      /* by the user; before, the divider stands on the face that is looked at */
  gboolean       swapped, boxes, original, peeking; /* all of it before; peeking: while a key is held */
  int            focus_face, hover_face;
  int            click_face; /* the first press of a double click was on it; -1: on none */
  gboolean       hover_divider;
  Drag           drag;
  double         press_x, press_y, last_x, last_y; /* in the pane, as all that follows the pointer */

  double   loupe, loupe_held; /* magnifications, 0: none; held: while the key is */
  double   pointer_x, pointer_y;
  gboolean pointer_inside; /* over the picture */

  gboolean              faceless; /* faces do not matter now */
  RvsMapOverlay        *map;
  const RvsHoleOverlay *hole, *lines, *sketch, *faithful, *invent;
  gboolean              hole_filled;
  const RvsHoleBrush   *brush; /* NULL: the pointer does not paint */
  gboolean              pen;   /* lines are drawn by a thin one */
  double                brush_radius;
  RvsStrokeKind         brush_tool;
  gboolean              brush_inside; /* the pointer is over the picture */
  double                brush_x, brush_y;

  guint       tell_id; /* the zoom changed with the widget's size */
  GtkGesture *zoom_gesture;
  double      gesture_zoom;
};

static inline double
whole_width (RvsCompareView *view)
{
  return gtk_widget_get_allocated_width (GTK_WIDGET (view));
}

/* Of a pane. All geometry is that of a pane, and the same in each; without panes that is the widget's. */
static inline double
width_of (RvsCompareView *view)
{
  return rvs_compare_pane_width (view->compare, whole_width (view));
}

static inline double
pane_x (RvsCompareView *view, int pane)
{
  return pane * (width_of (view) + RVS_PANE_GAP);
}

static inline double
height_of (RvsCompareView *view)
{
  return gtk_widget_get_allocated_height (GTK_WIDGET (view));
}

static inline double
to_wx (RvsCompareView *view, double x)
{
  return (x - view->cx) * view->zoom + width_of (view) / 2;
}

static inline double
to_wy (RvsCompareView *view, double y)
{
  return (y - view->cy) * view->zoom + height_of (view) / 2;
}

static inline double
to_px (RvsCompareView *view, double wx)
{
  return (wx - width_of (view) / 2) / view->zoom + view->cx;
}

static inline double
to_py (RvsCompareView *view, double wy)
{
  return (wy - height_of (view) / 2) / view->zoom + view->cy;
}

/* The part of the pane that shows picture. */
static inline RvsBoxF
picture_box (RvsCompareView *view)
{
  double x0 = MAX (0, to_wx (view, 0)), x1 = MIN (width_of (view), to_wx (view, rvs_canvas_width (view->picture)));
  double y0 = MAX (0, to_wy (view, 0)), y1 = MIN (height_of (view), to_wy (view, rvs_canvas_height (view->picture)));
  return (RvsBoxF){ x0, y0, MAX (0, x1 - x0), MAX (0, y1 - y0) };
}

static inline gboolean
shows_boxes (RvsCompareView *view)
{
  return view->boxes && !view->faceless;
}

static inline RvsBoxF
face_box (RvsCompareView *view, const RvsFace *f)
{
  return (RvsBoxF){ to_wx (view, f->x), to_wy (view, f->y), f->w * view->zoom, f->h * view->zoom };
}

static inline RvsBoxF
whole_widget (RvsCompareView *view)
{
  return (RvsBoxF){ 0, 0, width_of (view), height_of (view) };
}

static inline gboolean
is_seen (RvsCompareView *view, const RvsUiFace *face)
{
  return rvs_compare_view_sees (view, face->face.x, face->face.y, face->face.w, face->face.h);
}

/* compare_paint.c: GtkWidgetClass.draw. */
gboolean rvs__compare_draw (GtkWidget *widget, cairo_t *cr);

#endif
