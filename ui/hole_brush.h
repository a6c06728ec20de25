/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hole_brush.h: damage that is marked, and lines drawn in it: a list of strokes of a round brush, eraser or pen and of what was found, and
 * the pixels they cover. Knows no widgets.
 */
#ifndef RVS_UI_HOLE_BRUSH_H
#define RVS_UI_HOLE_BRUSH_H

#include "rvs.h"
#include <glib.h>

typedef enum RvsStrokeKind
{
  RVS_STROKE_PAINT,
  RVS_STROKE_ERASE, /* damage and lines */
  RVS_STROKE_CLEAR, /* no points: all that was before is gone */
  RVS_STROKE_FOUND, /* spans in place of points */
  RVS_STROKE_LINE   /* how an edge goes on in the damage; marks none itself */
} RvsStrokeKind;

typedef struct RvsPoint
{
  float x, y; /* picture pixels; (0,0) is the corner of the first */
} RvsPoint;

/* Pixels x .. x + n - 1 of row y. */
typedef struct RvsSpan
{
  int32_t x, y, n;
} RvsSpan;

typedef struct RvsStroke
{
  RvsStrokeKind kind;
  float         radius; /* picture pixels */
  GArray       *points; /* RvsPoint, at least one but for CLEAR and FOUND */
  GArray       *spans;  /* RvsSpan, of FOUND; else NULL */
} RvsStroke;

typedef struct RvsHoleBrush RvsHoleBrush;

RvsHoleBrush *rvs_hole_brush_new (int32_t width, int32_t height); /* of the picture */
void          rvs_hole_brush_free (RvsHoleBrush *brush);          /* NULL-safe */
RvsHoleBrush *rvs_hole_brush_new_copy (const RvsHoleBrush *from);
/* Replaces the strokes by those of `from`; NULL: by none. */
void rvs_hole_brush_copy (RvsHoleBrush *brush, const RvsHoleBrush *from);
/* What is selected, one channel of 8 bits of the picture's size, borrowed: marked from the first, and nothing outside of it is. Where
 * damage was looked for in it, what was found is marked in its place. Not copied with the strokes; the brushes made by new_copy have none. */
void rvs_hole_brush_set_selection (RvsHoleBrush *brush, const RvsView *selection);

void rvs_hole_brush_begin (RvsHoleBrush *brush, RvsStrokeKind kind, float x, float y, float radius);
/* One more point of the last stroke. */
void rvs_hole_brush_extend (RvsHoleBrush *brush, float x, float y);
/* Pixels that were found, RvsSpan, taken over: one stroke. */
void rvs_hole_brush_add_found (RvsHoleBrush *brush, GArray *spans);
/* Of a plane of one channel of 8 bits: its pixels above 0, row by row. */
GArray *rvs_spans_of_plane (const RvsView *plane);
/* Everything is unmarked; itself a stroke that can be undone. Nothing happens where nothing is marked. */
void rvs_hole_brush_clear (RvsHoleBrush *brush);
/* Takes the last stroke back; FALSE: there is none. */
gboolean         rvs_hole_brush_undo (RvsHoleBrush *brush);
guint            rvs_hole_brush_n_strokes (const RvsHoleBrush *brush);
const RvsStroke *rvs_hole_brush_last (const RvsHoleBrush *brush); /* NULL: none */

/* Equal strokes have equal numbers; 0: none. */
guint64 rvs_hole_brush_hash (const RvsHoleBrush *brush);
/* How much of each pixel is marked, 0..255, packed rows; NULL when nothing is, or out of memory. *out_view points into the bytes. */
GBytes *rvs_hole_brush_coverage (const RvsHoleBrush *brush, RvsView *out_view);
/* The same of the lines. */
GBytes *rvs_hole_brush_lines (const RvsHoleBrush *brush, RvsView *out_view);

#endif
