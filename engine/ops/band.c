/* SPDX-License-Identifier: GPL-3.0-or-later
 * band.c: the padded copy of a band of input rows, its taps, and the product with them. */
#include "ops/band.h"

#include "ops/pad.h"
#include "ops/scratch.h"

#include <assert.h>
#include <string.h>

static bool
is_1x1 (const RvsConv *conv)
{
  return conv->kh == 1 && conv->kw == 1;
}

static bool
in_place (const RvsBand *band)
{
  return is_1x1 (band->conv) && band->conv->stride == 1 && !band->enlarge && !band->narrow;
}

static int
taps (const RvsBand *band)
{
  return band->conv->kh * band->conv->kw;
}

/* Planes of one stride phase: of channels, or of pairs of them. */
static int
phase_planes (const RvsBand *band)
{
  return band->narrow ? (band->conv->c_in + 1) / 2 : band->conv->c_in;
}

static int
product_rows (const RvsBand *band)
{
  return phase_planes (band) * taps (band);
}

static int
phases (const RvsBand *band)
{
  return band->phases_y * band->phases_x;
}

/* In words of four bytes. */
static size_t
plane_words (const RvsBand *band)
{
  return (size_t)band->pitch * (size_t)band->rows;
}

/* Of all that are copied. */
static size_t
planes_words (const RvsBand *band)
{
  return in_place (band) ? 0 : (size_t)(phase_planes (band) * phases (band)) * plane_words (band);
}

bool
rvs__narrow (const RvsExec *exec, const RvsConv *conv)
{
  return conv->narrow && exec->kernels->narrow[0];
}

void
rvs__band_plan (RvsBand *band, const RvsExec *exec, const RvsConv *conv, const RvsTensor *in, bool enlarge, int n_rows)
{
  int reach_y = (conv->kh - 1) * conv->dilation, reach_x = (conv->kw - 1) * conv->dilation;

  assert (in->c == conv->c_in);
  assert (!enlarge || (is_1x1 (conv) && conv->stride == 1));
  assert (conv->pad == RVS_PAD_ZERO || (in->h > reach_y / 2 && in->w > reach_x / 2));
  band->kernels = exec->kernels;
  band->conv = conv;
  band->in = in;
  band->narrow = rvs__narrow (exec, conv);
  band->enlarge = enlarge;
  band->w_out = enlarge ? 2 * in->w : rvs__conv_side (conv, in->w);
  band->h_out = enlarge ? 2 * in->h : rvs__conv_side (conv, in->h);
  band->n_rows = n_rows;
  band->phases_y = conv->kh > 1 ? conv->stride : 1;
  band->phases_x = conv->kw > 1 ? conv->stride : 1;
  band->pitch = band->w_out + reach_x / conv->stride;
  band->rows = n_rows + reach_y / conv->stride;
  band->pointer_bytes = rvs__scratch_round ((size_t)product_rows (band) * sizeof (float *));
  /* Behind the planes of pairs: a row of either channel. */
  band->plane_bytes = rvs__scratch_round ((planes_words (band) + (band->narrow ? 2 * (size_t)band->pitch : 0)) * sizeof (float));
}

int
rvs__band_columns (const RvsBand *band, int n_rows)
{
  return (n_rows - 1) * band->pitch + band->w_out;
}

size_t
rvs__band_bytes (const RvsBand *band, int m)
{
  const size_t work = band->kernels->gemm_work (m, rvs__band_columns (band, band->n_rows), band->conv->c_in * taps (band));

  return band->pointer_bytes + band->plane_bytes + rvs__scratch_round (work * sizeof (float));
}

/* One worker's scratch, taken apart. */
static float *
planes_of (const RvsBand *band, void *scratch)
{
  return (float *)(void *)((unsigned char *)scratch + band->pointer_bytes);
}

static float *
work_of (const RvsBand *band, void *scratch)
{
  return (float *)(void *)((unsigned char *)scratch + band->pointer_bytes + band->plane_bytes);
}

/* Row r of the padded plane of input channel ci and stride phase (py, px), for output rows from y on. */
static void
padded_row (const RvsBand *band, int ci, int py, int px, int y, int r, float *dst)
{
  const RvsConv *conv = band->conv;
  int            first_y = y * conv->stride - conv->kh / 2 * conv->dilation + py;
  int            first_x = px - conv->kw / 2 * conv->dilation;

  rvs__pad_row (band->in, ci, first_y + r * conv->stride, first_x, conv->stride, conv->pad, band->pitch, dst);
}

static void
enlarged_row (const RvsBand *band, int ci, int y, float *dst)
{
  const RvsTensor *in = band->in;
  const float     *plane = rvs__channel (in, ci);
  int              near = y / 2;
  int              far = y % 2 ? near + 1 : near - 1;

  far = far < 0 ? 0 : far >= in->h ? in->h - 1 : far;
  band->kernels->up2_row (plane + (size_t)near * (size_t)in->w, plane + (size_t)far * (size_t)in->w, 0.75f, in->w, dst);
}

static void
channel_row (const RvsBand *band, int ci, int phase, int y, int r, float *dst)
{
  if (band->enlarge)
    enlarged_row (band, ci, y + r, dst);
  else
    padded_row (band, ci, phase / band->phases_x, phase % band->phases_x, y, r, dst);
}

/* The two channels' row in pairs. Where the input's row is to be taken as it lies, it is rounded on the way. */
static void
pair_rows (const RvsBand *band, int ci, int phase, int y, int r, float *spare, uint32_t *dst)
{
  const RvsConv *conv = band->conv;
  const int      from = y + r - conv->kh / 2 * conv->dilation, left = conv->kw / 2 * conv->dilation, w = band->in->w;
  const size_t   at = (size_t)from * (size_t)w;
  const bool     both = ci + 1 < conv->c_in;

  if (conv->stride == 1 && conv->pad == RVS_PAD_ZERO && !band->enlarge && from >= 0 && from < band->in->h)
    {
      memset (dst, 0, (size_t)left * sizeof *dst);
      band->kernels->pair_row (rvs__channel (band->in, ci) + at, both ? rvs__channel (band->in, ci + 1) + at : NULL, w, dst + left);
      memset (dst + left + w, 0, (size_t)(band->pitch - left - w) * sizeof *dst);
      return;
    }
  channel_row (band, ci, phase, y, r, spare);
  if (both)
    channel_row (band, ci + 1, phase, y, r, spare + band->pitch);
  band->kernels->pair_row (spare, both ? spare + band->pitch : NULL, band->pitch, dst);
}

/* The plane of channel ci, or of the pair that begins with it. spare: two rows. */
static void
copy_plane (const RvsBand *band, int ci, int phase, int y, int n_rows, float *spare, float *dst)
{
  int rows = n_rows + (band->rows - band->n_rows);

  for (int r = 0; r < rows; r++, dst += band->pitch)
    if (band->narrow)
      pair_rows (band, ci, phase, y, r, spare, (uint32_t *)(void *)dst);
    else
      channel_row (band, ci, phase, y, r, dst);
}

/* Where tap (ky, kx) begins in the planes of its channels. */
static size_t
tap_offset (const RvsBand *band, int ky, int kx)
{
  const RvsConv *conv = band->conv;
  int            dy = ky * conv->dilation, dx = kx * conv->dilation;
  int            phase = dy % conv->stride * band->phases_x + dx % conv->stride;

  return plane_words (band) * (size_t)phase + (size_t)(dy / conv->stride) * (size_t)band->pitch + (size_t)(dx / conv->stride);
}

/* One pointer for each channel (or pair) and tap. Taps outside: their places are found once, not for each channel. */
static void
point_rows (const RvsBand *band, const float *planes, const float **rows)
{
  const int    n_taps = taps (band), n_planes = phase_planes (band);
  const size_t step = plane_words (band) * (size_t)phases (band);

  for (int tap = 0; tap < n_taps; tap++)
    {
      const float *at = planes + tap_offset (band, tap / band->conv->kw, tap % band->conv->kw);
      for (int i = 0; i < n_planes; i++, at += step)
        rows[i * n_taps + tap] = at;
    }
}

void
rvs__band_copy (const RvsBand *band, int y, int n_rows, void *scratch)
{
  const RvsConv *conv = band->conv;
  const int      step = band->narrow ? 2 : 1;
  const float  **rows = scratch;
  float         *planes = planes_of (band, scratch), *spare;

  assert (n_rows <= band->n_rows);
  if (in_place (band))
    {
      for (int ci = 0; ci < conv->c_in; ci++)
        rows[ci] = rvs__channel (band->in, ci) + (size_t)y * (size_t)band->in->w;
      return;
    }
  spare = planes + planes_words (band);
  point_rows (band, planes, rows);
  for (int ci = 0; ci < conv->c_in; ci += step)
    for (int p = 0; p < phases (band); p++, planes += plane_words (band))
      copy_plane (band, ci, p, y, n_rows, spare, planes);
}

/* From one row of the product to the next, or 0 where that differs. */
static ptrdiff_t
row_stride (const RvsBand *band)
{
  if (in_place (band))
    return (ptrdiff_t)band->in->cs;
  return is_1x1 (band->conv) ? (ptrdiff_t)plane_words (band) : 0;
}

void
rvs__band_multiply (const RvsBand *band, void *scratch, int n_rows, int first, int m, float *c, size_t ldc)
{
  const RvsConv *conv = band->conv;

  if (band->narrow)
    band->kernels->gemm_pairs (&(RvsPairGemm){ .m = m,
                                               .n = rvs__band_columns (band, n_rows),
                                               .c_in = conv->c_in,
                                               .taps = taps (band),
                                               .a = conv->weight + first,
                                               .lda = conv->c_out,
                                               .rows = scratch,
                                               .c = c,
                                               .ldc = ldc,
                                               .work = work_of (band, scratch) });
  else
    band->kernels->gemm (&(RvsGemm){ .m = m,
                                     .n = rvs__band_columns (band, n_rows),
                                     .k = product_rows (band),
                                     .a = conv->weight + first,
                                     .lda = conv->c_out,
                                     .rows = scratch,
                                     .row_stride = row_stride (band),
                                     .c = c,
                                     .ldc = ldc,
                                     .work = work_of (band, scratch) });
}
