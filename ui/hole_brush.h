/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hole_brush.h: damage that is marked, lines drawn in it, and where a face is to be more or less faithful: one list of strokes of a round
 * brush, eraser or pen and of what was found, in the order in which they are taken back, and the pixels they cover. Knows no widgets.
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
  RVS_STROKE_LINE,  /* how an edge goes on in the damage; marks none itself */
  /* Of local fidelity; the others leave it alone, as these leave damage and lines. */
  RVS_STROKE_FAITHFUL,  /* the photo rules */
  RVS_STROKE_INVENT,    /* detail may be invented */
  RVS_STROKE_UNTOLD,    /* neither */
  RVS_STROKE_ALL_UNTOLD /* no points: neither anywhere */
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
  GArray       *points; /* RvsPoint, at least one but for CLEAR, FOUND and ALL_UNTOLD */
  GArray       *spans;  /* RvsSpan, of FOUND; else NULL */
} RvsStroke;

typedef struct RvsHoleBrush RvsHoleBrush;

/* Whether a stroke is one of local fidelity, not of damage and lines. */
gboolean      rvs_stroke_tells (RvsStrokeKind kind);
RvsHoleBrush *rvs_hole_brush_new (int32_t width, int32_t height); /* of the picture */
void          rvs_hole_brush_free (RvsHoleBrush *brush);          /* NULL-safe */
RvsHoleBrush *rvs_hole_brush_new_copy (const RvsHoleBrush *from);
/* Replaces the strokes by those of `from`; NULL: by none. */
void rvs_hole_brush_copy (RvsHoleBrush *brush, const RvsHoleBrush *from);
/* Everything turned by a quarter clockwise, as a picture is that is turned so. Nothing may be selected. */
void rvs_hole_brush_turn (RvsHoleBrush *brush);
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
/* The same of local fidelity. */
void rvs_hole_brush_untell (RvsHoleBrush *brush);
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
/* The same of the places where the photo rules (FAITHFUL) or detail may be invented (INVENT); where both are, they share. */
GBytes *rvs_hole_brush_told (const RvsHoleBrush *brush, RvsStrokeKind kind, RvsView *out_view);
/* Both, laid over a map of one channel of 8 bits, as RvsParams.fidelity_map; pixels may be NULL. One channel where there is such a map, else
 * two; NULL where there is nothing, or out of memory. */
GBytes *rvs_hole_join_told (const RvsView *faithful, const RvsView *invent, const RvsView *over, RvsView *out_view);
/* The same of all strokes (NULL: none). */
GBytes *rvs_hole_brush_fidelity (const RvsHoleBrush *brush, const RvsView *over, RvsView *out_view);
/* The strokes of damage and lines alone. */
guint rvs_hole_brush_n_marks (const RvsHoleBrush *brush);

#endif
