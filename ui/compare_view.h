/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * compare_view.h: the preview widget: before and after with a draggable divider or side by side, zoom, pan, loupe, face boxes.
 *
 * A click on a box chooses the face, one on its badge turns it on and off, a double click zooms to it and does nothing else.
 *
 * Signals: "face-toggled" (int index), "face-focused" (int index, by the user), "face-removed" (int index),
 * "box-drawn" (double x, y, w, h in picture pixels), "undone" (Ctrl+Z), "view-changed" (zoom, layout, swap, loupe or boxes); with a brush "stroke-begun" and
 * "stroke-moved" (double x, y in picture pixels), "stroke-ended", "brush-changed" (its size or tool, by a key).
 */
#ifndef RVS_UI_COMPARE_VIEW_H
#define RVS_UI_COMPARE_VIEW_H

#include "canvas.h"
#include "compare_layout.h"
#include "faces.h"
#include "hole_overlay.h"
#include "map_overlay.h"
#include <gtk/gtk.h>

/* Of the brush, in picture pixels. */
#define RVS_BRUSH_MIN_RADIUS 0.5
#define RVS_BRUSH_MAX_RADIUS 250

#define RVS_TYPE_COMPARE_VIEW (rvs_compare_view_get_type ())
G_DECLARE_FINAL_TYPE (RvsCompareView, rvs_compare_view, RVS, COMPARE_VIEW, GtkDrawingArea)

typedef enum RvsZoomMode
{
  RVS_ZOOM_FIT,
  RVS_ZOOM_FACE, /* the focused face fills the view */
  RVS_ZOOM_FREE
} RvsZoomMode;

GtkWidget *rvs_compare_view_new (void);
/* Both are borrowed; the picture may be NULL while it is read. */
void rvs_compare_view_set_picture (RvsCompareView *view, RvsCanvas *picture);
void rvs_compare_view_set_faces (RvsCompareView *view, GArray *faces);
void rvs_compare_view_set_strength (RvsCompareView *view, double strength);
/* A line of text at the foot of the picture, or in the middle while there is none; NULL: none. */
void        rvs_compare_view_set_note (RvsCompareView *view, const char *note);
const char *rvs_compare_view_get_note (RvsCompareView *view); /* NULL: none */
/* What the label of the side after says; NULL: "After". */
void        rvs_compare_view_set_after_label (RvsCompareView *view, const char *label);
const char *rvs_compare_view_get_after_label (RvsCompareView *view); /* NULL: none of its own */
/* The face's badge changed. */
void rvs_compare_view_face_changed (RvsCompareView *view, const RvsUiFace *face);
/* Whether some of the rect, in picture pixels, can be seen. */
gboolean rvs_compare_view_sees (RvsCompareView *view, double x, double y, double w, double h);
/* A patch changed: repaint what is visible of it. */
void rvs_compare_view_picture_changed (RvsCompareView *view, RvsRect rect);

void        rvs_compare_view_set_mode (RvsCompareView *view, RvsZoomMode mode);
RvsZoomMode rvs_compare_view_get_mode (RvsCompareView *view);
/* Device pixels a picture pixel; keeps the middle in place. */
void   rvs_compare_view_set_zoom (RvsCompareView *view, double zoom);
double rvs_compare_view_get_zoom (RvsCompareView *view);
/* How before and after share the view. With panes, zoom and place are those of both, and so are boxes and loupe. */
void       rvs_compare_view_set_compare (RvsCompareView *view, RvsCompare compare);
RvsCompare rvs_compare_view_get_compare (RvsCompareView *view);
/* A loupe that follows the pointer and magnifies so many times the screen's pixels, parted as the view is; 0: none. A key held shows one
 * for as long. */
void     rvs_compare_view_set_loupe (RvsCompareView *view, double magnification);
double   rvs_compare_view_get_loupe (RvsCompareView *view);
double   rvs_compare_view_get_loupe_shown (RvsCompareView *view);         /* also while the key is held */
void     rvs_compare_view_set_split (RvsCompareView *view, double split); /* 0..1 of the visible picture's width, or height */
double   rvs_compare_view_get_split (RvsCompareView *view);
void     rvs_compare_view_set_swapped (RvsCompareView *view, gboolean swapped);
gboolean rvs_compare_view_get_swapped (RvsCompareView *view);
void     rvs_compare_view_set_boxes (RvsCompareView *view, gboolean shown);
gboolean rvs_compare_view_get_boxes (RvsCompareView *view);
gboolean rvs_compare_view_get_peeking (RvsCompareView *view); /* the key is held that shows all of it before */
/* All of it before, until it is turned off; the divider stays where it is. */
void     rvs_compare_view_set_original (RvsCompareView *view, gboolean shown);
gboolean rvs_compare_view_get_original (RvsCompareView *view);
void     rvs_compare_view_set_focus_face (RvsCompareView *view, int index);
int      rvs_compare_view_get_focus_face (RvsCompareView *view);
/* FALSE: faces do not matter now; their boxes are hidden and cannot be drawn. */
void rvs_compare_view_set_uses_faces (RvsCompareView *view, gboolean uses);
/* Over the face, with its legend: over after where it is of the result, else over both; borrowed, NULL: nothing. */
void           rvs_compare_view_set_map (RvsCompareView *view, RvsMapOverlay *map);
RvsMapOverlay *rvs_compare_view_get_map (RvsCompareView *view);
/* What is to be filled, tinted on the side of before, and on both where it is not filled yet; borrowed, NULL: nothing. */
void rvs_compare_view_set_hole (RvsCompareView *view, const RvsHoleOverlay *hole, gboolean filled);
/* The hole is what zoom and divider go to in place of the chosen face: at once, and as long as there is one that no stroke has
 * changed. */
gboolean rvs_compare_view_looks_at_hole (RvsCompareView *view);
void     rvs_compare_view_look_at_hole (RvsCompareView *view);
/* Strokes that the pointer paints, borrowed; the last one is shown while it is drawn. NULL: the pointer does not paint. With a pen the
 * tool of lines has a width of its own, else that of the others. */
void rvs_compare_view_set_brush (RvsCompareView *view, const RvsHoleBrush *brush, gboolean pen);
/* Where the photo rules and where detail may be invented, shown as the hole is; borrowed, NULL: nowhere. */
void rvs_compare_view_set_told (RvsCompareView *view, const RvsHoleOverlay *faithful, const RvsHoleOverlay *invent);
/* Picture pixels; the tool is PAINT, ERASE or LINE, which has no radius. */
void          rvs_compare_view_set_brush_tool (RvsCompareView *view, double radius, RvsStrokeKind tool);
double        rvs_compare_view_get_brush_radius (RvsCompareView *view);
RvsStrokeKind rvs_compare_view_get_brush_tool (RvsCompareView *view);
/* Lines that the user has drawn, and edges that the hole is filled along, over both sides; borrowed, NULL: none. */
void rvs_compare_view_set_lines (RvsCompareView *view, const RvsHoleOverlay *lines, const RvsHoleOverlay *sketch);
/* For tests: the middle of a face's badge, and widget pixels of a picture point; with panes, in the first. */
void rvs_compare_view_badge_at (RvsCompareView *view, int index, double *out_x, double *out_y);
void rvs_compare_view_to_widget (RvsCompareView *view, double x, double y, double *out_x, double *out_y);

#endif
