/* SPDX-License-Identifier: GPL-3.0-or-later
 * screenless.c: reads a photo with the dots of its printing screen blurred into tones, at the photo's own scale: so the crops that all
 * networks see, and what is pasted, come from the same picture. */
#include "face/screen.h"

#include "core/image.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum
{
  CHUNK = 256,
  WIDE = CHUNK + 2 * RVS_SCREEN_REACH
};

/* Of the period: standard deviation of the blur. The dots keep exp (-2 pi^2 .4^2) = 4 % of their strength; with .3 (17 %) and .55 faces
 * come out up to .5 dB worse. */
#define BLUR .4f
#define REACH 2.5f /* standard deviations */

/* Columns [x - reach, x + n + reach) of row y into planes of WIDE; mirrored at the borders. */
static void
read_wide (const RvsView *view, int y, int x, int n, int reach, float planes[3][WIDE])
{
  const int lo = x - reach > 0 ? x - reach : 0, hi = x + n + reach < view->width ? x + n + reach : view->width;
  const int at = lo - (x - reach), end = hi - (x - reach);

  rvs__view_read_row (view, y, lo, hi - lo, planes[0] + at, planes[1] + at, planes[2] + at);
  for (int c = 0; c < 3; c++)
    {
      for (int i = 0; i < at; i++)
        planes[c][i] = planes[c][2 * at - 1 - i];
      for (int i = end; i < n + 2 * reach; i++)
        planes[c][i] = planes[c][2 * end - 1 - i];
    }
}

/* Down the columns. */
static void
blur_down (const RvsScreenless *source, int y, int x, int n, float sum[3][WIDE])
{
  const RvsView *view = source->from.view;
  const int      reach = source->reach, wide = n + 2 * reach;
  float          row[3][WIDE];

  memset (sum, 0, 3 * sizeof *sum);
  for (int k = -reach; k <= reach; k++)
    {
      const float tap = source->taps[k < 0 ? -k : k];

      read_wide (view, rvs__mirrored (y + k, view->height), x, n, reach, row);
      for (int c = 0; c < 3; c++)
        for (int i = 0; i < wide; i++)
          sum[c][i] += tap * row[c][i];
    }
}

/* Along the rows. */
static void
blur_across (const RvsScreenless *source, const float *from, int n, float *to)
{
  const int reach = source->reach;

  for (int i = 0; i < n; i++)
    to[i] = source->taps[0] * from[i + reach];
  for (int k = 1; k <= reach; k++)
    for (int i = 0; i < n; i++)
      to[i] += source->taps[k] * (from[i + reach - k] + from[i + reach + k]);
}

static void
note_colour (RvsScreenless *source, float planes[3][WIDE], int n)
{
  for (int i = 0; i < n; i++)
    if (planes[0][i] != planes[1][i] || planes[1][i] != planes[2][i])
      {
        atomic_store (&source->from.colourful, true);
        return;
      }
}

static void
read_screenless (void *context, int y, int x, int n, float *const *planes)
{
  RvsScreenless *source = context;
  float          sum[3][WIDE];

  for (int i = 0, part; i < n; i += part)
    {
      part = n - i < CHUNK ? n - i : CHUNK;
      blur_down (source, y, x + i, part, sum);
      note_colour (source, sum, part + 2 * source->reach);
      for (int c = 0; c < 3; c++)
        blur_across (source, sum[c], part, planes[c] + i);
    }
}

static void
fill_taps (RvsScreenless *source, float sigma)
{
  float sum = 0;

  source->reach = (int)fminf (ceilf (REACH * sigma), RVS_SCREEN_REACH);
  for (int k = 0; k <= source->reach; k++)
    {
      source->taps[k] = expf (-(float)(k * k) / (2 * sigma * sigma));
      sum += (k > 0 ? 2 : 1) * source->taps[k];
    }
  for (int k = 0; k <= source->reach; k++)
    source->taps[k] /= sum;
}

RvsWarpSource
rvs__warp_from_screened (RvsScreenless *source, const RvsView *view, float period)
{
  RvsWarpSource warp = rvs__warp_from_view (&source->from, view, 3);

  if (!(period > 0))
    return warp;
  assert (view->width >= 2 * RVS_SCREEN_REACH && view->height >= 2 * RVS_SCREEN_REACH);
  fill_taps (source, BLUR * period);
  warp.read = read_screenless;
  warp.source = source;
  return warp;
}
