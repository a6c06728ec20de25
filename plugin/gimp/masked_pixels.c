/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * masked_pixels.c: the arithmetic of a layer under a mask, value by value.
 */
#include "masked_pixels.h"
#include "pixels.h"
#include <math.h>
#include <string.h>

#define HALF_STEP 0.49    /* just inside of what rounds to the same value */
#define FLOAT_STEPS 65535 /* a float layer is as fine as 16 bits */

/* How many values a picture's 0..1 is divided into. */
static double
steps_of (RvsDepth depth)
{
  return depth == RVS_DEPTH_U8 ? 255 : depth == RVS_DEPTH_U16 ? 65535 : FLOAT_STEPS;
}

/* In steps. */
static double
value_at (const RvsView *v, const guint8 *pixel, int c)
{
  if (v->depth == RVS_DEPTH_U8)
    return pixel[c];
  if (v->depth == RVS_DEPTH_U16)
    return ((const guint16 *)(const void *)pixel)[c];
  return (double)((const float *)(const void *)pixel)[c] * FLOAT_STEPS;
}

static int
n_colours (const RvsView *v)
{
  return v->channels < 3 ? 1 : 3;
}

/* The smallest weight at which a layer value in 0..top gets from `from` to `to`. */
static double
least_weight (double from, double to, double top)
{
  double way = fabs (to - from) - HALF_STEP, room = to > from ? top - from : from;
  return way > 0 && room > 0 ? MIN (way / room, 1) : 0;
}

void
rvs_masked_weights (const RvsUiResult *result, int32_t x, int32_t y, int32_t n, float *weights)
{
  const RvsView *src = &result->src;
  double         top = steps_of (src->depth);
  for (int32_t i = 0; i < n; i++)
    for (int c = 0; c < n_colours (src); c++)
      {
        double from = value_at (src, rvs_view_at (src, x + i, y), c),
               to = value_at (&result->out, rvs_view_at (&result->out, x + i, y), c);
        weights[i] = MAX (weights[i], (float)least_weight (from, to, top));
      }
}

/* The value nearest to `bare` that shows `to`, to within half a step. */
static double
layer_value (double from, double to, double bare, double weight, gboolean whole)
{
  if (weight <= 0)
    return bare;
  double middle = from + (to - from) / weight, reach = HALF_STEP / weight;
  double low = middle - reach, high = middle + reach;
  if (!whole)
    return CLAMP (bare, low, high);
  low = ceil (low);
  high = floor (high);
  return low <= high ? CLAMP (bare, low, high) : round (middle);
}

/* A value's bytes in the kind of the picture. */
static void
set_value (const RvsView *kind, guint8 *pixel, int c, double steps)
{
  if (kind->depth == RVS_DEPTH_U8)
    pixel[c] = (guint8)CLAMP (steps, 0, 255);
  else if (kind->depth == RVS_DEPTH_U16)
    ((guint16 *)(void *)pixel)[c] = (guint16)CLAMP (steps, 0, 65535);
  else
    ((float *)(void *)pixel)[c] = (float)(steps / FLOAT_STEPS);
}

static void
make_opaque (const RvsView *kind, guint8 *pixel)
{
  int alpha = kind->channels - 1;
  if (kind->channels % 2 == 0 && value_at (kind, pixel, alpha) > 0)
    set_value (kind, pixel, alpha, steps_of (kind->depth));
}

void
rvs_masked_row (const RvsUiResult *result, int32_t x, int32_t y, int32_t n, const float *weights, void *pixels)
{
  const RvsView *src = &result->src;
  size_t         bytes = rvs_view_pixel_bytes (src);
  gboolean       whole = src->depth != RVS_DEPTH_F32;
  memcpy (pixels, rvs_view_at (src, x, y), (size_t)n * bytes);
  for (int32_t i = 0; i < n; i++)
    {
      guint8 *to = (guint8 *)pixels + (size_t)i * bytes;
      for (int c = 0; c < n_colours (src); c++)
        set_value (src, to, c,
                   layer_value (value_at (src, rvs_view_at (src, x + i, y), c),
                                value_at (&result->out, rvs_view_at (&result->out, x + i, y), c),
                                value_at (&result->bare, rvs_view_at (&result->bare, x + i, y), c), (double)weights[i], whole));
      if (weights[i] > 0)
        make_opaque (src, to);
    }
}
