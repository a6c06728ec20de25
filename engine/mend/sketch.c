/* SPDX-License-Identifier: GPL-3.0-or-later
 * sketch.c: sketches kept as bytes, and drawn where the photo asks for them. */
#include "mend/sketch.h"

enum
{
  CELLS = RVS_FILL_SKETCH_SIDE,
  CELL = RVS_FILL_SIDE / CELLS /* crop pixels */
};

void
rvs__mend_sketch_keep (const RvsTensor *sketch, const RvsAffine *crop_to_image, RvsRect area, RvsMendSketch *out)
{
  out->image_to_crop = rvs__affine_invert (crop_to_image);
  out->area = area;
  for (size_t i = 0; i < (size_t)CELLS * CELLS; i++)
    out->edges[i] = (uint8_t)(fminf (fmaxf (sketch->data[i], 0), 1) * 255 + .5f);
}

typedef struct Draw
{
  const RvsMendSketch *sketches;
  size_t               n;
  const RvsMutView    *dst;
} Draw;

static int
clamp (int i)
{
  return i < 0 ? 0 : i >= CELLS ? CELLS - 1 : i;
}

/* At crop pixels (x, y); the border's cells go on outside. */
static double
sample (const RvsMendSketch *sketch, double x, double y)
{
  const double   u = x / CELL - .5, v = y / CELL - .5;
  const int      u0 = (int)floor (u), v0 = (int)floor (v);
  const double   a = u - u0, b = v - v0;
  const uint8_t *upper = sketch->edges + clamp (v0) * CELLS, *lower = sketch->edges + clamp (v0 + 1) * CELLS;
  const int      left = clamp (u0), right = clamp (u0 + 1);

  return (1 - b) * ((1 - a) * upper[left] + a * upper[right]) + b * ((1 - a) * lower[left] + a * lower[right]);
}

static void
draw_part (const RvsMendSketch *sketch, int y, unsigned char *row)
{
  for (int x = sketch->area.x; x < sketch->area.x + sketch->area.width; x++)
    {
      double cx, cy;

      rvs__affine_apply (&sketch->image_to_crop, x + .5, y + .5, &cx, &cy);
      const unsigned char value = (unsigned char)(sample (sketch, cx, cy) + .5);
      row[x] = value > row[x] ? value : row[x];
    }
}

static void
clear_part (const RvsMendSketch *sketch, unsigned char *row)
{
  for (int x = sketch->area.x; x < sketch->area.x + sketch->area.width; x++)
    row[x] = 0;
}

static void
draw_row (void *context, int y, int worker)
{
  const Draw    *draw = context;
  unsigned char *row = (unsigned char *)draw->dst->pixels + y * draw->dst->stride;

  (void)worker;
  for (int round = 0; round < 2; round++)
    for (size_t i = 0; i < draw->n; i++)
      {
        const RvsMendSketch *sketch = &draw->sketches[i];

        if (y < sketch->area.y || y >= sketch->area.y + sketch->area.height)
          continue;
        if (round)
          draw_part (sketch, y, row);
        else
          clear_part (sketch, row);
      }
}

void
rvs__mend_sketch_draw (RvsExec *exec, const RvsMendSketch *sketches, size_t n, const RvsMutView *dst)
{
  Draw draw = { sketches, n, dst };

  rvs__pool_run (exec->pool, draw_row, &draw, dst->height);
}
