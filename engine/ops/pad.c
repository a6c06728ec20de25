/* SPDX-License-Identifier: GPL-3.0-or-later
 * pad.c: rows of a plane as a convolution sees them, with what is beyond its edges. */
#include "ops/pad.h"

#include <string.h>

/* The index that position i of a padded side of n stands for, or -1 for a zero. */
static int
padded_index (int i, int n, RvsPad pad)
{
  if (i >= 0 && i < n)
    return i;
  if (pad == RVS_PAD_ZERO)
    return -1;
  i = i < 0 ? -i : 2 * (n - 1) - i;
  /* Only columns that no output uses can still be outside. */
  return i >= 0 && i < n ? i : -1;
}

/* dst[i] = src[i * step], n of them. A step that the compiler knows becomes shuffled vectors. */
static void
take (float *dst, int n, const float *src, int step)
{
  if (step == 1)
    memcpy (dst, src, (size_t)n * sizeof (float));
  else if (step == 2)
    for (int i = 0; i < n; i++)
      dst[i] = src[2 * i];
  else
    for (int i = 0; i < n; i++)
      dst[i] = src[i * step];
}

/* dst[i] = src[first + i * step], padded. */
static void
copy_row (float *dst, int n, const float *src, int w, int first, int step, RvsPad pad)
{
  int i = 0, inside;

  for (; i < n && first + i * step < 0; i++)
    {
      int x = padded_index (first + i * step, w, pad);
      dst[i] = x < 0 ? 0 : src[x];
    }
  inside = first < w ? (w - first + step - 1) / step : 0;
  inside = inside < n ? inside : n;
  if (i < inside)
    {
      take (dst + i, inside - i, src + first + i * step, step);
      i = inside;
    }
  for (; i < n; i++)
    {
      int x = padded_index (first + i * step, w, pad);
      dst[i] = x < 0 ? 0 : src[x];
    }
}

void
rvs__pad_row (const RvsTensor *in, int channel, int y, int first, int step, RvsPad pad, int n, float *dst)
{
  const int from = padded_index (y, in->h, pad);

  if (from < 0)
    memset (dst, 0, (size_t)n * sizeof (float));
  else
    copy_row (dst, n, rvs__channel (in, channel) + (size_t)from * (size_t)in->w, in->w, first, step, pad);
}
