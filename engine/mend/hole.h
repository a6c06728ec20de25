/* SPDX-License-Identifier: GPL-3.0-or-later
 * hole.h: which pixels of a photo are to be invented: runs of them, and the connected parts that the runs make up. */
#ifndef RVS_MEND_HOLE_H
#define RVS_MEND_HOLE_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Columns [x, x + n) of one row. */
typedef struct RvsHoleRun
{
  int32_t  x, n;
  uint32_t part;
  size_t   at; /* of its first pixel among all of the hole's, in raster order */
} RvsHoleRun;

/* Pixels that touch each other, by a side or a corner. */
typedef struct RvsHolePart
{
  RvsRect box;
  int64_t area, rim; /* pixels; those beside a known one, a side each */
} RvsHolePart;

typedef struct RvsHole
{
  int32_t      width, height; /* of the photo */
  size_t      *rows;          /* height + 1: row y has runs [rows[y], rows[y + 1]) */
  RvsHoleRun  *runs;
  RvsHolePart *parts;
  size_t       n_parts, n_pixels;
  uint64_t     hash; /* of the runs */
} RvsHole;

/* A pixel belongs to the hole when the plane (one channel, any depth) is above 0 there. HOLE with the reason when there is nothing to
 * fill, or hardly anything to fill it from; NO_MEMORY. */
RvsStatus rvs__hole_read (const RvsView *plane, RvsHole **out_hole, RvsError *err);
void      rvs__hole_free (RvsHole *hole); /* NULL-safe */

/* known[i] = 1 where (x + i, y) is outside the hole, else 0. */
void rvs__hole_known_row (const RvsHole *hole, int y, int x, int n, float *known);

/* Mean width of a part in pixels: of a line its width, of a disc its radius. */
double rvs__hole_width (const RvsHolePart *part);

#endif
