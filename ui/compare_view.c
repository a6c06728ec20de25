/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * compare_view.c: the split preview: its zoom and place, input and properties.
 */
#include "compare_private.h"
#include "i18n.h"
#include <math.h>

#define GRIP_PX 8
#define DRAG_PX 5
#define MIN_BOX_PX 12
#define MAX_ZOOM 32.0
#define PAN_STEP_PX 48
#define KNOB_PX 18 /* half the height at which the divider is taken hold of while the pointer paints */
#define BRUSH_STEP 1.25
#define BADGE_SLACK_PX 3

G_DEFINE_TYPE (RvsCompareView, rvs_compare_view, GTK_TYPE_DRAWING_AREA)

enum
{
  FACE_TOGGLED,
  FACE_FOCUSED,
  FACE_REMOVED,
  BOX_DRAWN,
  VIEW_CHANGED,
  STROKE_BEGUN,
  STROKE_MOVED,
  STROKE_ENDED,
  UNDONE,
  BRUSH_CHANGED,
  N_SIGNALS
};
static guint signals[N_SIGNALS]; /* written once, by class_init */

/* ---- geometry ----------------------------------------------------------------------------- */

/* From the widget's x to the pane's. While something is dragged the pane is the one in which that began. */
static double
follow_pane (RvsCompareView *view, double wx)
{
  if (view->drag == DRAG_NONE)
    view->pane = rvs_compare_pane_at (view->compare, whole_width (view), wx);
  return wx - pane_x (view, view->pane);
}

void
rvs_compare_view_to_widget (RvsCompareView *view, double x, double y, double *out_x, double *out_y)
{
  *out_x = to_wx (view, x);
  *out_y = to_wy (view, y);
}

gboolean
rvs_compare_view_sees (RvsCompareView *view, double x, double y, double w, double h)
{
  return view->picture && to_wx (view, x + w) > 0 && to_wy (view, y + h) > 0 && to_wx (view, x) < width_of (view)
         && to_wy (view, y) < height_of (view);
}

static double
fit_zoom (RvsCompareView *view)
{
  double z = MIN (width_of (view) / rvs_canvas_width (view->picture), height_of (view) / rvs_canvas_height (view->picture));
  return MIN (z, 4.0 / gtk_widget_get_scale_factor (GTK_WIDGET (view))); /* a tiny picture is not blown up to bricks */
}

static void
clamp_centre (RvsCompareView *view)
{
  double pw = rvs_canvas_width (view->picture), ph = rvs_canvas_height (view->picture);
  double half_w = width_of (view) / 2 / view->zoom, half_h = height_of (view) / 2 / view->zoom;
  view->cx = half_w * 2 >= pw ? pw / 2 : CLAMP (view->cx, half_w, pw - half_w);
  view->cy = half_h * 2 >= ph ? ph / 2 : CLAMP (view->cy, half_h, ph - half_h);
}

gboolean
rvs_compare_view_looks_at_hole (RvsCompareView *view)
{
  return view->hole && (!view->brush || !rvs_hole_brush_n_marks (view->brush));
}

/* What is looked at, in picture pixels; FALSE: nothing but the whole picture. */
static gboolean
find_subject (RvsCompareView *view, RvsBoxF *out_box)
{
  const RvsUiFace *face = view->faces ? rvs_faces_at (view->faces, view->focus_face) : NULL;
  if (rvs_compare_view_looks_at_hole (view))
    {
      RvsRect r = rvs_hole_overlay_box (view->hole);
      *out_box = (RvsBoxF){ r.x, r.y, r.width, r.height };
      return TRUE;
    }
  if (face)
    *out_box = (RvsBoxF){ (double)face->face.x, (double)face->face.y, (double)face->face.w, (double)face->face.h };
  return face != NULL;
}

static void
split_subject (RvsCompareView *view, RvsBoxF subject)
{
  double split = rvs_compare_split_at (view->compare, picture_box (view), to_wx (view, subject.x + subject.w / 2),
                                       to_wy (view, subject.y + subject.h / 2));
  if (!view->split_chosen && split > 0 && split < 1)
    view->split = split;
}

static void
apply_mode (RvsCompareView *view)
{
  if (!view->picture || width_of (view) < 2)
    return;
  RvsBoxF  subject = { 0 };
  gboolean has_subject = find_subject (view, &subject);
  double   fit = fit_zoom (view);
  if (view->mode == RVS_ZOOM_FACE && has_subject)
    {
      /* the box of a face covers brow to chin: show hair and neck as well */
      double room = 1.9 * MAX (subject.w, subject.h * 0.9);
      view->zoom = CLAMP (MIN (width_of (view), height_of (view)) / MAX (room, 8), fit, 8.0);
      view->cx = subject.x + subject.w / 2;
      view->cy = subject.y + subject.h / 2;
    }
  else if (view->mode != RVS_ZOOM_FREE)
    view->zoom = fit;
  view->zoom = CLAMP (view->zoom, MIN (fit, 1.0 / 64), MAX_ZOOM);
  clamp_centre (view);
  if (has_subject)
    split_subject (view, subject);
}

static void
changed (RvsCompareView *view)
{
  gtk_widget_queue_draw (GTK_WIDGET (view));
  g_signal_emit (view, signals[VIEW_CHANGED], 0);
}

/* Zooms so that the picture point under (wx, wy) stays there. */
static void
zoom_at (RvsCompareView *view, double factor, double wx, double wy)
{
  if (!view->picture)
    return;
  double px = to_px (view, wx), py = to_py (view, wy), fit = fit_zoom (view);
  view->mode = RVS_ZOOM_FREE;
  view->zoom = CLAMP (view->zoom * factor, MIN (fit, 1.0 / gtk_widget_get_scale_factor (GTK_WIDGET (view))), MAX_ZOOM);
  view->cx = px - (wx - width_of (view) / 2) / view->zoom;
  view->cy = py - (wy - height_of (view) / 2) / view->zoom;
  clamp_centre (view);
  changed (view);
}

static void
pan_by (RvsCompareView *view, double dx, double dy)
{
  if (!view->picture)
    return;
  view->mode = RVS_ZOOM_FREE;
  view->cx -= dx / view->zoom;
  view->cy -= dy / view->zoom;
  clamp_centre (view);
  changed (view);
}

/* ---- input -------------------------------------------------------------------------------- */

static int
face_under (RvsCompareView *view, double wx, double wy)
{
  if (!view->picture || !view->faces || !shows_boxes (view) || view->brush)
    return -1;
  return rvs_faces_hit (view->faces, to_px (view, wx), to_py (view, wy), 3 / view->zoom);
}

/* The face whose badge is there; -1: none. The last drawn lies on top. */
static int
badge_under (RvsCompareView *view, double wx, double wy)
{
  if (!view->picture || !view->faces || !shows_boxes (view) || view->brush)
    return -1;
  for (int i = (int)view->faces->len - 1; i >= 0; i--)
    {
      const RvsUiFace *face = rvs_faces_at (view->faces, i);
      double           x, y, radius;
      if (is_seen (view, face) && rvs_overlay_badge (face_box (view, &face->face), whole_widget (view), &x, &y, &radius)
          && hypot (wx - x, wy - y) <= radius + BADGE_SLACK_PX)
        return i;
    }
  return -1;
}

static gboolean
over_divider (RvsCompareView *view, double wx, double wy)
{
  RvsBoxF  box = picture_box (view);
  gboolean level = view->compare == RVS_COMPARE_DOWN;
  double   half = (level ? box.w : box.h) / 2, along = level ? wx - box.x : wy - box.y, at = level ? wy : wx;
  double   reach = view->brush ? MIN (KNOB_PX, half) : half; /* damage under the line is to be painted over */
  return rvs_compare_has_line (view->compare) && fabs (at - rvs_compare_line (view->compare, box, view->split)) <= GRIP_PX
         && fabs (along - half) <= reach;
}

static void
set_cursor (RvsCompareView *view, const char *name)
{
  GdkWindow *window = gtk_widget_get_window (GTK_WIDGET (view));
  GdkCursor *cursor = name ? gdk_cursor_new_from_name (gtk_widget_get_display (GTK_WIDGET (view)), name) : NULL;
  if (window)
    gdk_window_set_cursor (window, cursor);
  g_clear_object (&cursor);
}

/* The circle at the pointer. */
static void
follow_brush (RvsCompareView *view, double x, double y, gboolean inside)
{
  view->brush_x = x;
  view->brush_y = y;
  view->brush_inside = inside;
  if (view->brush)
    gtk_widget_queue_draw (GTK_WIDGET (view));
}

static gboolean
is_over_picture (RvsCompareView *view, double x, double y)
{
  RvsBoxF box = view->picture ? picture_box (view) : (RvsBoxF){ 0 };
  return view->picture && x >= box.x && y >= box.y && x <= box.x + box.w && y <= box.y + box.h;
}

static void
follow_loupe (RvsCompareView *view, double x, double y)
{
  gboolean was = rvs_compare_view_get_loupe_shown (view) > 0;
  view->pointer_x = x;
  view->pointer_y = y;
  view->pointer_inside = is_over_picture (view, x, y);
  if (was || rvs_compare_view_get_loupe_shown (view) > 0)
    gtk_widget_queue_draw (GTK_WIDGET (view));
}

static void
hover (RvsCompareView *view, double x, double y)
{
  int         badge = badge_under (view, x, y);
  gboolean    divider = view->picture && badge < 0 && over_divider (view, x, y);
  int         face = divider ? -1 : badge >= 0 ? badge : face_under (view, x, y);
  gboolean    inside = is_over_picture (view, x, y);
  gboolean    cross = inside && (view->brush || shows_boxes (view));
  const char *resize = view->compare == RVS_COMPARE_DOWN ? "row-resize" : "col-resize";
  set_cursor (view, divider ? resize : face >= 0 ? "pointer" : cross ? "crosshair" : inside ? "grab" : NULL);
  follow_brush (view, x, y, inside && !divider);
  if (divider == view->hover_divider && face == view->hover_face)
    return;
  view->hover_divider = divider;
  view->hover_face = face;
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

/* The second press of a double click. The first one may have moved the picture: what it meant is what was under it then. */
static void
double_click (RvsCompareView *view)
{
  if (view->click_face < 0 && badge_under (view, view->press_x, view->press_y) >= 0)
    return; /* two quick clicks on a badge are two */
  view->drag = DRAG_NONE;
  if (!view->faces || !rvs_faces_at (view->faces, view->click_face))
    return;
  rvs_compare_view_set_focus_face (view, view->click_face);
  rvs_compare_view_set_mode (view, RVS_ZOOM_FACE);
}

/* On the badge it toggles, elsewhere in the box it chooses. */
static void
click (RvsCompareView *view, double x, double y)
{
  int badge = badge_under (view, x, y), face = badge >= 0 ? badge : face_under (view, x, y);
  view->click_face = badge >= 0 ? -1 : face;
  if (face < 0)
    return;
  rvs_compare_view_set_focus_face (view, face);
  g_signal_emit (view, signals[badge >= 0 ? FACE_TOGGLED : FACE_FOCUSED], 0, face);
}

static gboolean
button_press (GtkWidget *widget, GdkEventButton *event)
{
  RvsCompareView *view = RVS_COMPARE_VIEW (widget);
  gtk_widget_grab_focus (widget);
  if (!view->picture)
    return TRUE;
  if (event->type == GDK_2BUTTON_PRESS && event->button == GDK_BUTTON_PRIMARY)
    {
      if (!view->brush)
        double_click (view);
      return TRUE;
    }
  if (event->type != GDK_BUTTON_PRESS)
    return TRUE;
  double x = follow_pane (view, event->x), y = event->y;
  view->press_x = view->last_x = x;
  view->press_y = view->last_y = y;
  if (event->button == GDK_BUTTON_MIDDLE || (event->button == GDK_BUTTON_PRIMARY && (event->state & GDK_SHIFT_MASK)))
    view->drag = DRAG_PAN;
  else if (event->button == GDK_BUTTON_PRIMARY)
    {
      gboolean divider = badge_under (view, x, y) < 0 && over_divider (view, x, y);
      view->drag = divider ? DRAG_DIVIDER : view->brush ? DRAG_STROKE : DRAG_PENDING;
    }
  if (view->drag == DRAG_STROKE)
    g_signal_emit (view, signals[STROKE_BEGUN], 0, to_px (view, x), to_py (view, y));
  return TRUE;
}

/* Moved far enough: inside a box, or with the boxes hidden, the picture is panned; elsewhere a new box is drawn. */
static void
start_drag (RvsCompareView *view)
{
  gboolean pan = !shows_boxes (view) || face_under (view, view->press_x, view->press_y) >= 0;
  view->drag = pan ? DRAG_PAN : DRAG_BAND;
  set_cursor (view, pan ? "grabbing" : "crosshair");
}

static gboolean
motion (GtkWidget *widget, GdkEventMotion *event)
{
  RvsCompareView *view = RVS_COMPARE_VIEW (widget);
  double          x = follow_pane (view, event->x), y = event->y, dx = x - view->last_x, dy = y - view->last_y;
  follow_loupe (view, x, y);
  if (view->drag == DRAG_PENDING && hypot (x - view->press_x, y - view->press_y) > DRAG_PX)
    start_drag (view);
  switch (view->drag)
    {
    case DRAG_DIVIDER:
      rvs_compare_view_set_split (view, rvs_compare_split_at (view->compare, picture_box (view), x, y));
      break;
    case DRAG_PAN:
      pan_by (view, dx, dy);
      break;
    case DRAG_BAND:
      gtk_widget_queue_draw (widget);
      break;
    case DRAG_STROKE:
      follow_brush (view, x, y, TRUE);
      g_signal_emit (view, signals[STROKE_MOVED], 0, to_px (view, x), to_py (view, y));
      break;
    case DRAG_PENDING:
      return TRUE;
    case DRAG_NONE:
      hover (view, x, y);
      return TRUE;
    }
  view->last_x = x;
  view->last_y = y;
  return TRUE;
}

static void
finish_band (RvsCompareView *view)
{
  double pw = rvs_canvas_width (view->picture), ph = rvs_canvas_height (view->picture);
  double x0 = CLAMP (to_px (view, MIN (view->press_x, view->last_x)), 0, pw);
  double y0 = CLAMP (to_py (view, MIN (view->press_y, view->last_y)), 0, ph);
  double x1 = CLAMP (to_px (view, MAX (view->press_x, view->last_x)), 0, pw);
  double y1 = CLAMP (to_py (view, MAX (view->press_y, view->last_y)), 0, ph);
  if (x1 - x0 >= MIN_BOX_PX && y1 - y0 >= MIN_BOX_PX)
    g_signal_emit (view, signals[BOX_DRAWN], 0, x0, y0, x1 - x0, y1 - y0);
}

static gboolean
button_release (GtkWidget *widget, GdkEventButton *event)
{
  RvsCompareView *view = RVS_COMPARE_VIEW (widget);
  Drag            drag = view->drag;
  double          x = follow_pane (view, event->x), y = event->y;
  view->drag = DRAG_NONE;
  if (!view->picture)
    return TRUE;
  if (drag == DRAG_DIVIDER && hypot (x - view->press_x, y - view->press_y) < DRAG_PX)
    drag = DRAG_PENDING; /* a click where the divider crosses a face means the face */
  if (drag == DRAG_BAND)
    finish_band (view);
  else if (drag == DRAG_STROKE)
    g_signal_emit (view, signals[STROKE_ENDED], 0);
  else if (drag == DRAG_PENDING)
    click (view, x, y);
  hover (view, x, y);
  gtk_widget_queue_draw (widget);
  return TRUE;
}

static gboolean
leave (GtkWidget *widget, GdkEventCrossing *event)
{
  RvsCompareView *view = RVS_COMPARE_VIEW (widget);
  (void)event;
  view->pointer_inside = FALSE;
  view->hover_face = -1;
  view->hover_divider = view->brush_inside = FALSE;
  gtk_widget_queue_draw (widget);
  return FALSE;
}

static gboolean
scroll (GtkWidget *widget, GdkEventScroll *event)
{
  RvsCompareView *view = RVS_COMPARE_VIEW (widget);
  double          dx = 0, dy = 0;
  if (event->direction == GDK_SCROLL_UP)
    dy = -1;
  else if (event->direction == GDK_SCROLL_DOWN)
    dy = 1;
  else if (event->direction == GDK_SCROLL_SMOOTH)
    gdk_event_get_scroll_deltas ((GdkEvent *)event, &dx, &dy);
  if (event->state & GDK_SHIFT_MASK)
    pan_by (view, -PAN_STEP_PX * (dx + dy), 0);
  else if (dy != 0)
    zoom_at (view, pow (1.2, -dy), follow_pane (view, event->x), event->y);
  return TRUE;
}

static void
step_face (RvsCompareView *view, int step)
{
  int n = view->faces ? (int)view->faces->len : 0;
  if (n > 0)
    {
      rvs_compare_view_set_focus_face (view, (view->focus_face + step + n) % n);
      g_signal_emit (view, signals[FACE_FOCUSED], 0, view->focus_face);
    }
}

static void
peek (RvsCompareView *view, gboolean peeking)
{
  if (view->peeking != peeking)
    gtk_widget_queue_draw (GTK_WIDGET (view));
  view->peeking = peeking;
}

static void
hold_loupe (RvsCompareView *view, double magnification)
{
  if (view->loupe_held != magnification)
    gtk_widget_queue_draw (GTK_WIDGET (view));
  view->loupe_held = magnification;
}

static gboolean
key_moves (RvsCompareView *view, guint key, gboolean control)
{
  switch (key)
    {
    case GDK_KEY_Left:
    case GDK_KEY_KP_Left:
      control ? rvs_compare_view_set_split (view, view->split - 0.02) : pan_by (view, PAN_STEP_PX, 0);
      return TRUE;
    case GDK_KEY_Right:
    case GDK_KEY_KP_Right:
      control ? rvs_compare_view_set_split (view, view->split + 0.02) : pan_by (view, -PAN_STEP_PX, 0);
      return TRUE;
    case GDK_KEY_Up:
    case GDK_KEY_KP_Up:
      control ? rvs_compare_view_set_split (view, view->split - 0.02) : pan_by (view, 0, PAN_STEP_PX);
      return TRUE;
    case GDK_KEY_Down:
    case GDK_KEY_KP_Down:
      control ? rvs_compare_view_set_split (view, view->split + 0.02) : pan_by (view, 0, -PAN_STEP_PX);
      return TRUE;
    case GDK_KEY_plus:
    case GDK_KEY_equal:
    case GDK_KEY_KP_Add:
      zoom_at (view, 1.25, width_of (view) / 2, height_of (view) / 2);
      return TRUE;
    case GDK_KEY_minus:
    case GDK_KEY_KP_Subtract:
      zoom_at (view, 0.8, width_of (view) / 2, height_of (view) / 2);
      return TRUE;
    default:
      return FALSE;
    }
}

static void
change_brush (RvsCompareView *view, double factor, RvsStrokeKind tool)
{
  rvs_compare_view_set_brush_tool (view, view->brush_radius * factor, tool);
  g_signal_emit (view, signals[BRUSH_CHANGED], 0);
}

/* The brush where that is taken already. */
static void
take_tool (RvsCompareView *view, RvsStrokeKind tool)
{
  change_brush (view, 1, view->brush_tool == tool ? RVS_STROKE_PAINT : tool);
}

static gboolean
key_paints (RvsCompareView *view, guint key, gboolean control)
{
  switch (key)
    {
    case GDK_KEY_bracketleft:
      change_brush (view, 1 / BRUSH_STEP, view->brush_tool);
      return TRUE;
    case GDK_KEY_bracketright:
      change_brush (view, BRUSH_STEP, view->brush_tool);
      return TRUE;
    case GDK_KEY_e:
      if (!control)
        take_tool (view, RVS_STROKE_ERASE);
      return !control;
    case GDK_KEY_d:
      if (!control)
        take_tool (view, RVS_STROKE_LINE);
      return !control;
    default:
      return FALSE;
    }
}

static gboolean
key_acts (RvsCompareView *view, guint key, gboolean shift)
{
  switch (key)
    {
    case GDK_KEY_0:
    case GDK_KEY_KP_0:
      rvs_compare_view_set_mode (view, RVS_ZOOM_FIT);
      return TRUE;
    case GDK_KEY_1:
    case GDK_KEY_KP_1:
      rvs_compare_view_set_zoom (view, 1);
      return TRUE;
    case GDK_KEY_f:
      rvs_compare_view_set_mode (view, RVS_ZOOM_FACE);
      return TRUE;
    case GDK_KEY_x:
      rvs_compare_view_set_swapped (view, !view->swapped);
      return TRUE;
    case GDK_KEY_b:
      rvs_compare_view_set_boxes (view, !view->boxes);
      return TRUE;
    case GDK_KEY_c:
      rvs_compare_view_set_compare (view, (RvsCompare)((view->compare + 1) % RVS_N_COMPARE));
      return TRUE;
    case GDK_KEY_o:
      peek (view, TRUE);
      return TRUE;
    case GDK_KEY_l:
      hold_loupe (view, shift ? 2 : 1);
      return TRUE;
    case GDK_KEY_n:
      step_face (view, 1);
      return TRUE;
    case GDK_KEY_p:
      step_face (view, -1);
      return TRUE;
    case GDK_KEY_space:
      if (view->faces && !view->faceless && rvs_faces_at (view->faces, view->focus_face))
        g_signal_emit (view, signals[FACE_TOGGLED], 0, view->focus_face);
      return TRUE;
    case GDK_KEY_Delete:
    case GDK_KEY_KP_Delete:
      if (view->faces && !view->faceless && rvs_faces_at (view->faces, view->focus_face))
        g_signal_emit (view, signals[FACE_REMOVED], 0, view->focus_face);
      return TRUE;
    default:
      return FALSE;
    }
}

static gboolean
key_release (GtkWidget *widget, GdkEventKey *event)
{
  if (gdk_keyval_to_lower (event->keyval) == GDK_KEY_o)
    peek (RVS_COMPARE_VIEW (widget), FALSE);
  if (gdk_keyval_to_lower (event->keyval) == GDK_KEY_l)
    hold_loupe (RVS_COMPARE_VIEW (widget), 0);
  return FALSE;
}

static gboolean
focus_out (GtkWidget *widget, GdkEventFocus *event)
{
  peek (RVS_COMPARE_VIEW (widget), FALSE);
  hold_loupe (RVS_COMPARE_VIEW (widget), 0);
  return GTK_WIDGET_CLASS (rvs_compare_view_parent_class)->focus_out_event (widget, event);
}

static gboolean
key_press (GtkWidget *widget, GdkEventKey *event)
{
  RvsCompareView *view = RVS_COMPARE_VIEW (widget);
  if (event->state & GDK_MOD1_MASK)
    return FALSE;
  if (view->picture && view->brush
      && key_paints (view, gdk_keyval_to_lower (event->keyval), (event->state & GDK_CONTROL_MASK) != 0))
    return TRUE;
  if (view->picture && (event->state & GDK_CONTROL_MASK) && gdk_keyval_to_lower (event->keyval) == GDK_KEY_z)
    {
      g_signal_emit (view, signals[UNDONE], 0);
      return TRUE;
    }
  if (view->picture && key_moves (view, event->keyval, (event->state & GDK_CONTROL_MASK) != 0))
    return TRUE;
  return view->picture && !(event->state & GDK_CONTROL_MASK)
         && key_acts (view, gdk_keyval_to_lower (event->keyval), (event->state & GDK_SHIFT_MASK) != 0);
}

static void
pinch_begin (RvsCompareView *view)
{
  view->gesture_zoom = 1;
}

static void
pinch (RvsCompareView *view, double scale)
{
  double x, y;
  if (gtk_gesture_get_bounding_box_center (view->zoom_gesture, &x, &y))
    zoom_at (view, scale / view->gesture_zoom, follow_pane (view, x), y);
  view->gesture_zoom = scale;
}

/* ---- properties --------------------------------------------------------------------------- */

void
rvs_compare_view_set_picture (RvsCompareView *view, RvsCanvas *picture)
{
  view->picture = picture;
  apply_mode (view);
  changed (view);
}

void
rvs_compare_view_set_faces (RvsCompareView *view, GArray *faces)
{
  view->faces = faces;
  view->hover_face = -1;
  apply_mode (view);
  changed (view);
}

void
rvs_compare_view_set_strength (RvsCompareView *view, double strength)
{
  view->strength = CLAMP (strength, 0, 1);
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

const char *
rvs_compare_view_get_note (RvsCompareView *view)
{
  return view->note;
}

void
rvs_compare_view_set_note (RvsCompareView *view, const char *note)
{
  if (g_strcmp0 (view->note, note) == 0)
    return;
  g_free (view->note);
  view->note = g_strdup (note);
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

void
rvs_compare_view_set_after_label (RvsCompareView *view, const char *label)
{
  if (g_strcmp0 (view->after_label, label) == 0)
    return;
  g_free (view->after_label);
  view->after_label = g_strdup (label);
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

const char *
rvs_compare_view_get_after_label (RvsCompareView *view)
{
  return view->after_label;
}

/* In each pane; widget pixels of the pane. */
static void
queue_area (RvsCompareView *view, double x, double y, double w, double h)
{
  for (int i = 0; i < rvs_compare_n_panes (view->compare); i++)
    gtk_widget_queue_draw_area (GTK_WIDGET (view), (int)floor (pane_x (view, i) + x), (int)floor (y), (int)ceil (w) + 1,
                                (int)ceil (h) + 1);
}

void
rvs_compare_view_face_changed (RvsCompareView *view, const RvsUiFace *face)
{
  double x, y, radius;
  if (view->picture && shows_boxes (view) && is_seen (view, face)
      && rvs_overlay_badge (face_box (view, &face->face), whole_widget (view), &x, &y, &radius))
    queue_area (view, x - radius - 3, y - radius - 3, 2 * radius + 6, 2 * radius + 6);
}

void
rvs_compare_view_badge_at (RvsCompareView *view, int index, double *out_x, double *out_y)
{
  double radius;
  rvs_overlay_badge (face_box (view, &rvs_faces_at (view->faces, index)->face), whole_widget (view), out_x, out_y, &radius);
}

void
rvs_compare_view_picture_changed (RvsCompareView *view, RvsRect rect)
{
  if (!view->picture)
    return;
  if (rvs_compare_view_get_loupe_shown (view) > 0)
    gtk_widget_queue_draw (GTK_WIDGET (view));
  else
    queue_area (view, to_wx (view, rect.x) - 2, to_wy (view, rect.y) - 2, rect.width * view->zoom + 4,
                rect.height * view->zoom + 4);
}

void
rvs_compare_view_set_mode (RvsCompareView *view, RvsZoomMode mode)
{
  view->mode = mode;
  apply_mode (view);
  changed (view);
}

RvsZoomMode
rvs_compare_view_get_mode (RvsCompareView *view)
{
  return view->mode;
}

void
rvs_compare_view_set_zoom (RvsCompareView *view, double zoom)
{
  double  logical = zoom / gtk_widget_get_scale_factor (GTK_WIDGET (view));
  RvsBoxF subject;
  if (view->picture && view->mode == RVS_ZOOM_FIT && find_subject (view, &subject))
    {
      /* out of the overview, that is what one wants to see */
      view->cx = subject.x + subject.w / 2;
      view->cy = subject.y + subject.h / 2;
    }
  zoom_at (view, logical / view->zoom, width_of (view) / 2, height_of (view) / 2);
}

double
rvs_compare_view_get_zoom (RvsCompareView *view)
{
  return view->zoom * gtk_widget_get_scale_factor (GTK_WIDGET (view));
}

/* The place of a free zoom stays in the middle. A line that the user has not moved goes to the face again. */
void
rvs_compare_view_set_compare (RvsCompareView *view, RvsCompare compare)
{
  if (view->compare == compare)
    return;
  view->compare = compare;
  view->hover_face = -1;
  view->hover_divider = FALSE;
  apply_mode (view);
  changed (view);
}

RvsCompare
rvs_compare_view_get_compare (RvsCompareView *view)
{
  return view->compare;
}

void
rvs_compare_view_set_loupe (RvsCompareView *view, double magnification)
{
  if (view->loupe == magnification)
    return;
  view->loupe = magnification;
  changed (view);
}

double
rvs_compare_view_get_loupe (RvsCompareView *view)
{
  return view->loupe;
}

double
rvs_compare_view_get_loupe_shown (RvsCompareView *view)
{
  gboolean busy = view->drag == DRAG_DIVIDER || view->drag == DRAG_BAND || view->drag == DRAG_STROKE;
  if (!view->picture || busy)
    return 0;
  return view->loupe_held > 0 ? view->loupe_held : view->pointer_inside ? view->loupe : 0;
}

void
rvs_compare_view_set_split (RvsCompareView *view, double split)
{
  view->split = CLAMP (split, 0, 1);
  view->split_chosen = TRUE;
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

double
rvs_compare_view_get_split (RvsCompareView *view)
{
  return view->split;
}

void
rvs_compare_view_set_swapped (RvsCompareView *view, gboolean swapped)
{
  view->swapped = swapped;
  changed (view);
}

gboolean
rvs_compare_view_get_swapped (RvsCompareView *view)
{
  return view->swapped;
}

void
rvs_compare_view_set_boxes (RvsCompareView *view, gboolean shown)
{
  view->boxes = shown;
  view->hover_face = -1;
  changed (view);
}

gboolean
rvs_compare_view_get_boxes (RvsCompareView *view)
{
  return view->boxes;
}

void
rvs_compare_view_set_original (RvsCompareView *view, gboolean shown)
{
  view->original = shown;
  changed (view);
}

gboolean
rvs_compare_view_get_original (RvsCompareView *view)
{
  return view->original;
}

gboolean
rvs_compare_view_get_peeking (RvsCompareView *view)
{
  return view->peeking;
}

void
rvs_compare_view_set_focus_face (RvsCompareView *view, int index)
{
  view->focus_face = index;
  if (view->mode != RVS_ZOOM_FREE)
    apply_mode (view);
  changed (view);
}

int
rvs_compare_view_get_focus_face (RvsCompareView *view)
{
  return view->focus_face;
}

void
rvs_compare_view_set_uses_faces (RvsCompareView *view, gboolean uses)
{
  view->faceless = !uses;
  view->hover_face = -1;
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

void
rvs_compare_view_set_map (RvsCompareView *view, RvsMapOverlay *map)
{
  view->map = map;
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

RvsMapOverlay *
rvs_compare_view_get_map (RvsCompareView *view)
{
  return view->map;
}

void
rvs_compare_view_set_hole (RvsCompareView *view, const RvsHoleOverlay *hole, gboolean filled)
{
  view->hole = hole;
  view->hole_filled = filled;
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

void
rvs_compare_view_look_at_hole (RvsCompareView *view)
{
  if (view->mode != RVS_ZOOM_FREE)
    apply_mode (view);
  changed (view);
}

void
rvs_compare_view_set_brush (RvsCompareView *view, const RvsHoleBrush *brush, gboolean pen)
{
  view->brush = brush;
  view->pen = pen;
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

void
rvs_compare_view_set_brush_tool (RvsCompareView *view, double radius, RvsStrokeKind tool)
{
  view->brush_radius = CLAMP (radius, RVS_BRUSH_MIN_RADIUS, RVS_BRUSH_MAX_RADIUS);
  view->brush_tool = tool;
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

double
rvs_compare_view_get_brush_radius (RvsCompareView *view)
{
  return view->brush_radius;
}

void
rvs_compare_view_set_told (RvsCompareView *view, const RvsHoleOverlay *faithful, const RvsHoleOverlay *invent)
{
  view->faithful = faithful;
  view->invent = invent;
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

RvsStrokeKind
rvs_compare_view_get_brush_tool (RvsCompareView *view)
{
  return view->brush_tool;
}

void
rvs_compare_view_set_lines (RvsCompareView *view, const RvsHoleOverlay *lines, const RvsHoleOverlay *sketch)
{
  view->lines = lines;
  view->sketch = sketch;
  gtk_widget_queue_draw (GTK_WIDGET (view));
}

/* ---- class -------------------------------------------------------------------------------- */

static gboolean
tell_zoom (gpointer data)
{
  RvsCompareView *view = data;
  view->tell_id = 0;
  g_signal_emit (view, signals[VIEW_CHANGED], 0);
  return G_SOURCE_REMOVE;
}

/* Others show the zoom, and may not ask for another size right now. */
static void
size_allocate (GtkWidget *widget, GtkAllocation *allocation)
{
  RvsCompareView *view = RVS_COMPARE_VIEW (widget);
  double          zoom = view->zoom;
  GTK_WIDGET_CLASS (rvs_compare_view_parent_class)->size_allocate (widget, allocation);
  apply_mode (view);
  if (view->zoom != zoom && !view->tell_id)
    view->tell_id = g_idle_add_full (GTK_PRIORITY_RESIZE - 1, tell_zoom, view, NULL);
}

/* Moved to a screen of another density. */
static void
on_scale_factor (RvsCompareView *view)
{
  apply_mode (view);
  changed (view);
}

static void
dispose (GObject *object)
{
  RvsCompareView *view = RVS_COMPARE_VIEW (object);
  if (view->tell_id)
    g_source_remove (view->tell_id);
  view->tell_id = 0;
  G_OBJECT_CLASS (rvs_compare_view_parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  RvsCompareView *view = RVS_COMPARE_VIEW (object);
  g_clear_pointer (&view->note, g_free);
  g_clear_pointer (&view->after_label, g_free);
  g_clear_object (&view->zoom_gesture);
  G_OBJECT_CLASS (rvs_compare_view_parent_class)->finalize (object);
}

static guint
add_signal (const char *name, guint n_params, GType type)
{
  GType types[4] = { type, type, type, type };
  return g_signal_newv (name, RVS_TYPE_COMPARE_VIEW, G_SIGNAL_RUN_LAST, NULL, NULL, NULL, NULL, G_TYPE_NONE, n_params, types);
}

static void
rvs_compare_view_class_init (RvsCompareViewClass *klass)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (klass);
  G_OBJECT_CLASS (klass)->dispose = dispose;
  G_OBJECT_CLASS (klass)->finalize = finalize;
  widget->draw = rvs__compare_draw;
  widget->size_allocate = size_allocate;
  widget->button_press_event = button_press;
  widget->button_release_event = button_release;
  widget->motion_notify_event = motion;
  widget->leave_notify_event = leave;
  widget->scroll_event = scroll;
  widget->key_press_event = key_press;
  widget->key_release_event = key_release;
  widget->focus_out_event = focus_out;
  gtk_widget_class_set_css_name (widget, "revisage-preview");
  signals[FACE_TOGGLED] = add_signal ("face-toggled", 1, G_TYPE_INT);
  signals[FACE_FOCUSED] = add_signal ("face-focused", 1, G_TYPE_INT);
  signals[FACE_REMOVED] = add_signal ("face-removed", 1, G_TYPE_INT);
  signals[BOX_DRAWN] = add_signal ("box-drawn", 4, G_TYPE_DOUBLE);
  signals[VIEW_CHANGED] = add_signal ("view-changed", 0, G_TYPE_NONE);
  signals[STROKE_BEGUN] = add_signal ("stroke-begun", 2, G_TYPE_DOUBLE);
  signals[STROKE_MOVED] = add_signal ("stroke-moved", 2, G_TYPE_DOUBLE);
  signals[STROKE_ENDED] = add_signal ("stroke-ended", 0, G_TYPE_NONE);
  signals[UNDONE] = add_signal ("undone", 0, G_TYPE_NONE);
  signals[BRUSH_CHANGED] = add_signal ("brush-changed", 0, G_TYPE_NONE);
}

static void
rvs_compare_view_init (RvsCompareView *view)
{
  GtkWidget *widget = GTK_WIDGET (view);
  view->strength = 1;
  view->zoom = 1;
  view->split = 0.5;
  view->boxes = TRUE;
  view->focus_face = view->hover_face = view->click_face = -1;
  view->brush_radius = 8;
  gtk_widget_set_can_focus (widget, TRUE);
  gtk_widget_add_events (widget, GDK_BUTTON_PRESS_MASK | GDK_BUTTON_RELEASE_MASK | GDK_POINTER_MOTION_MASK | GDK_LEAVE_NOTIFY_MASK
                                     | GDK_SCROLL_MASK | GDK_SMOOTH_SCROLL_MASK | GDK_KEY_PRESS_MASK | GDK_KEY_RELEASE_MASK
                                     | GDK_TOUCHPAD_GESTURE_MASK);
  g_signal_connect (view, "notify::scale-factor", G_CALLBACK (on_scale_factor), NULL);
  view->zoom_gesture = gtk_gesture_zoom_new (widget);
  g_signal_connect_swapped (view->zoom_gesture, "begin", G_CALLBACK (pinch_begin), view);
  g_signal_connect_swapped (view->zoom_gesture, "scale-changed", G_CALLBACK (pinch), view);
}

GtkWidget *
rvs_compare_view_new (void)
{
  GtkWidget *widget = g_object_new (RVS_TYPE_COMPARE_VIEW, NULL);
  AtkObject *accessible = gtk_widget_get_accessible (widget);
  atk_object_set_name (accessible, _ ("Preview, before and after"));
  atk_object_set_description (
      accessible, _ ("Arrow keys move the picture, plus and minus zoom, Control with the arrow keys moves the divider, N and P "
                     "choose a face, Space turns it on or off, X swaps the sides, C changes how they are compared, O held down "
                     "shows the whole picture before, L held down a loupe."));
  return widget;
}
