/* SPDX-License-Identifier: GPL-3.0-or-later
 * band.c: the padded copy of a band of input rows and its taps. */
#include "ops/band.h"

#include <assert.h>
#include <string.h>

static bool
in_place (const RvsBand *band)
{
  const RvsConv *conv = band->conv;

  return conv->kh == 1 && conv->kw == 1 && conv->stride == 1 && !band->enlarge;
}

void
rvs__band_plan (RvsBand *band, const RvsConv *conv, const RvsTensor *in, bool enlarge, int n_rows)
{
  int reach_y = (conv->kh - 1) * conv->dilation, reach_x = (conv->kw - 1) * conv->dilation;

  assert (in->c == conv->c_in);
  assert (!enlarge || (conv->kh == 1 && conv->kw == 1 && conv->stride == 1));
  assert (conv->pad == RVS_PAD_ZERO || (in->h > reach_y / 2 && in->w > reach_x / 2));
  band->conv = conv;
  band->in = in;
  band->enlarge = enlarge;
  band->w_out = enlarge ? 2 * in->w : rvs__conv_side (conv, in->w);
  band->h_out = enlarge ? 2 * in->h : rvs__conv_side (conv, in->h);
  band->n_rows = n_rows;
  band->phases_y = conv->kh > 1 ? conv->stride : 1;
  band->phases_x = conv->kw > 1 ? conv->stride : 1;
  band->pitch = band->w_out + reach_x / conv->stride;
  band->rows = n_rows + reach_y / conv->stride;
  band->k = conv->c_in * conv->kh * conv->kw;
}

static size_t
plane_floats (const RvsBand *band)
{
  return (size_t)band->pitch * (size_t)band->rows;
}

size_t
rvs__band_floats (const RvsBand *band)
{
  if (in_place (band))
    return 0;
  return plane_floats (band) * (size_t)(band->phases_y * band->phases_x) * (size_t)band->conv->c_in;
}

int
rvs__band_columns (const RvsBand *band, int n_rows)
{
  return (n_rows - 1) * band->pitch + band->w_out;
}

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

/* dst[i] = src[first + i * step], padded. */
static void
copy_row (float *dst, int n, const float *src, int w, int first, int step, RvsPad pad)
{
  int i = 0;

  for (; i < n && first + i * step < 0; i++)
    {
      int x = padded_index (first + i * step, w, pad);
      dst[i] = x < 0 ? 0 : src[x];
    }
  if (step == 1)
    {
      int middle = w - (first + i) < n - i ? w - (first + i) : n - i;

      if (middle > 0)
        {
          memcpy (dst + i, src + first + i, (size_t)middle * sizeof (float));
          i += middle;
        }
    }
  else
    for (; i < n && first + i * step < w; i++)
      dst[i] = src[first + i * step];
  for (; i < n; i++)
    {
      int x = padded_index (first + i * step, w, pad);
      dst[i] = x < 0 ? 0 : src[x];
    }
}

/* One padded plane: input channel ci, stride phase (py, px), for output rows [y, y + n_rows). */
static void
copy_plane (const RvsBand *band, int ci, int py, int px, int y, int n_rows, float *dst)
{
  const RvsConv *conv = band->conv;
  int            first_y = y * conv->stride - conv->kh / 2 * conv->dilation + py;
  int            first_x = px - conv->kw / 2 * conv->dilation;
  int            rows = n_rows + (band->rows - band->n_rows);

  for (int r = 0; r < rows; r++, dst += band->pitch)
    {
      int from = padded_index (first_y + r * conv->stride, band->in->h, conv->pad);

      if (from < 0)
        memset (dst, 0, (size_t)band->pitch * sizeof (float));
      else
        copy_row (dst, band->pitch, rvs__channel (band->in, ci) + (size_t)from * (size_t)band->in->w, band->in->w, first_x,
                  conv->stride, conv->pad);
    }
}

static void
enlarge_plane (const RvsBand *band, const RvsKernels *kernels, int ci, int y, int n_rows, float *dst)
{
  const RvsTensor *in = band->in;
  const float     *plane = rvs__channel (in, ci);

  for (int r = 0; r < n_rows; r++, dst += band->pitch)
    {
      int near = (y + r) / 2;
      int far = (y + r) % 2 ? near + 1 : near - 1;

      far = far < 0 ? 0 : far >= in->h ? in->h - 1 : far;
      kernels->up2_row (plane + (size_t)near * (size_t)in->w, plane + (size_t)far * (size_t)in->w, 0.75f, in->w, dst);
    }
}

ptrdiff_t
rvs__band_rows (const RvsBand *band, const RvsKernels *kernels, int y, int n_rows, float *scratch, const float **rows)
{
  const RvsConv *conv = band->conv;
  size_t         plane = plane_floats (band);
  int            l = 0;

  assert (n_rows <= band->n_rows);
  if (in_place (band))
    {
      for (int ci = 0; ci < conv->c_in; ci++)
        rows[ci] = rvs__channel (band->in, ci) + (size_t)y * (size_t)band->in->w;
      return (ptrdiff_t)band->in->cs;
    }
  for (int ci = 0; ci < conv->c_in; ci++)
    {
      float *planes = scratch + plane * (size_t)(ci * band->phases_y * band->phases_x);

      if (band->enlarge)
        enlarge_plane (band, kernels, ci, y, n_rows, planes);
      else
        for (int p = 0; p < band->phases_y * band->phases_x; p++)
          copy_plane (band, ci, p / band->phases_x, p % band->phases_x, y, n_rows, planes + plane * (size_t)p);
      for (int ky = 0; ky < conv->kh; ky++)
        for (int kx = 0; kx < conv->kw; kx++, l++)
          {
            int dy = ky * conv->dilation, dx = kx * conv->dilation;
            int phase = dy % conv->stride * band->phases_x + dx % conv->stride;

            rows[l]
                = planes + plane * (size_t)phase + (size_t)(dy / conv->stride) * (size_t)band->pitch + (size_t)(dx / conv->stride);
          }
    }
  return conv->kh == 1 && conv->kw == 1 ? (ptrdiff_t)plane : 0;
}
