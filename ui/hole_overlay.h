/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hole_overlay.h: the hole, or lines, as they lie over the picture: a tint, at any zoom. Thin scratches stay to be seen in an overview.
 */
#ifndef RVS_UI_HOLE_OVERLAY_H
#define RVS_UI_HOLE_OVERLAY_H

#include "hole_brush.h"
#include "pixels.h"

typedef struct RvsHoleOverlay RvsHoleOverlay;

typedef enum RvsTint
{
  RVS_TINT_HOLE,
  RVS_TINT_LINES,  /* drawn by the user */
  RVS_TINT_SKETCH, /* the edges that the hole is filled along */
  RVS_TINT_FAITHFUL,
  RVS_TINT_INVENT
} RvsTint;

/* From a plane of one channel of 8 bits that is 0 outside the box; a copy is kept. NULL when out of memory. */
RvsHoleOverlay *rvs_hole_overlay_new (const RvsView *plane, RvsRect box);
RvsRect         rvs_hole_overlay_box (const RvsHoleOverlay *overlay); /* the smallest that holds all of it */
void            rvs_hole_overlay_free (RvsHoleOverlay *overlay);      /* NULL-safe */
/* In picture coordinates, with the clip set by the caller; scale: device pixels a picture pixel. */
void rvs_hole_overlay_paint (const RvsHoleOverlay *overlay, cairo_t *cr, double scale, RvsTint tint);
/* A stroke that is being drawn and is no part of the overlay yet. In picture coordinates. */
void rvs_hole_paint_stroke (cairo_t *cr, const RvsStroke *stroke, double scale);
/* Where the brush would paint; in widget pixels. */
void rvs_hole_paint_brush (cairo_t *cr, double x, double y, double radius);

#endif
