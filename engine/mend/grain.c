/* SPDX-License-Identifier: GPL-3.0-or-later
 * grain.c: noise by what is left of small blocks when the mean of each pixel's neighbours is taken away. Edges and texture add to that, so
 * the smoothest quarter of the blocks decides. */
#include "mend/grain.h"

#include "core/image.h"
#include "core/order.h"

#include <math.h>
#include <string.h>

enum
{
  BLOCK = 24,
  GRID = 8, /* so many blocks each way, spread evenly */
  PATCH = BLOCK + 2
};

/* A block with one pixel around it: brightness 0..1, and 1 where it counts. */
typedef struct Patch
{
  float luma[PATCH][PATCH], counts[PATCH][PATCH];
} Patch;

typedef struct Source
{
  void (*read) (const struct Source *source, int x, int y, Patch *patch); /* (x, y): the patch's upper left pixel */
  int              width, height;
  const RvsView   *image;
  const RvsHole   *hole;
  const RvsTensor *crop, *valid;
} Source;

static void
read_photo (const Source *source, int x, int y, Patch *patch)
{
  float rgb[3][PATCH];

  for (int v = 0; v < PATCH; v++)
    {
      rvs__view_read_row (source->image, y + v, x, PATCH, rgb[0], rgb[1], rgb[2]);
      for (int u = 0; u < PATCH; u++)
        patch->luma[v][u] = (rgb[0][u] + rgb[1][u] + rgb[2][u]) / 3;
      rvs__hole_known_row (source->hole, y + v, x, PATCH, patch->counts[v]);
    }
}

static void
read_crop (const Source *source, int x, int y, Patch *patch)
{
  for (int v = 0; v < PATCH; v++)
    for (int u = 0; u < PATCH; u++)
      {
        const size_t at = (size_t)(y + v) * (size_t)source->width + (size_t)(x + u);
        float        sum = 0;

        for (int c = 0; c < 3; c++)
          sum += rvs__channel (source->crop, c)[at];
        patch->luma[v][u] = sum / 6 + .5f;
        patch->counts[v][u] = source->valid->data[at] > 0 ? 0 : 1;
      }
}

/* Mean absolute remainder of the patch's inner pixels with all neighbours; -1 when fewer than a quarter of them have. */
static float
remainder_of (const Patch *p)
{
  double sum = 0;
  int    n = 0;

  for (int v = 1; v <= BLOCK; v++)
    for (int u = 1; u <= BLOCK; u++)
      if (p->counts[v][u] > 0 && p->counts[v - 1][u] > 0 && p->counts[v + 1][u] > 0 && p->counts[v][u - 1] > 0
          && p->counts[v][u + 1] > 0)
        {
          sum += fabs (p->luma[v][u] - (p->luma[v - 1][u] + p->luma[v + 1][u] + p->luma[v][u - 1] + p->luma[v][u + 1]) / 4.0);
          n++;
        }
  return n >= BLOCK * BLOCK / 4 ? (float)(sum / n) : -1;
}

/* Position i of GRID between 0 and `room`. */
static int
spread (int i, int room)
{
  return (int)((int64_t)i * room / (GRID - 1));
}

static float
measure (const Source *source, RvsRect area)
{
  float values[GRID * GRID];
  int   n = 0;

  if (area.width < PATCH || area.height < PATCH)
    return 0;
  for (int i = 0; i < GRID * GRID; i++)
    {
      Patch patch;

      source->read (source, area.x + spread (i % GRID, area.width - PATCH), area.y + spread (i / GRID, area.height - PATCH),
                    &patch);
      values[n] = remainder_of (&patch);
      n += values[n] >= 0;
    }
  if (n == 0)
    return 0;
  rvs__sort_floats (values, (size_t)n);
  /* Gaussian noise of deviation s leaves a remainder of deviation s sqrt (5/4), whose mean size is sqrt (2/pi) of that. */
  return values[n / 4] / (float)sqrt (1.25 * 2 / 3.14159265358979);
}

float
rvs__grain_of_photo (const RvsView *image, const RvsHole *hole, RvsRect around)
{
  const Source source = { .read = read_photo, .width = image->width, .height = image->height, .image = image, .hole = hole };

  return measure (&source, around);
}

float
rvs__grain_of_crop (const RvsTensor *crop, const RvsTensor *valid)
{
  const Source source = { .read = read_crop, .width = crop->w, .height = crop->h, .crop = crop, .valid = valid };

  return measure (&source, (RvsRect){ 0, 0, crop->w, crop->h });
}
