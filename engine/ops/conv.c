/* SPDX-License-Identifier: GPL-3.0-or-later
 * conv.c: convolution as one matrix product for each band of output rows, with bias, activation, addition and
 * instance-norm sums applied while the band's result is still in the cache. */
#include "ops/band.h"
#include "ops/ops.h"
#include "ops/scratch.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Columns of one band: the padded input and the result of a thin layer (24 channels) fit in half a megabyte. Narrow, its input takes half
 * of that, and the processors that multiply so have a megabyte and more: twice the columns, so that fewer rows are copied twice. */
enum
{
  MAX_PIXELS = 2048,
  MAX_PIXELS_NARROW = 4096
};

typedef struct ConvJob
{
  RvsExec           *exec;
  const RvsEpilogue *epilogue;
  const RvsTensor   *out;
  RvsBand            band;
  RvsCut             cut;
  double            *sums; /* [band][channel][2] */
  RvsScratch         scratch;
  size_t             result_bytes; /* the first part of the scratch; the band's follows */
  size_t             ldc;
} ConvJob;

/* One channel of a band's result: [n_rows][pitch] in the cache -> the output. */
static void
finish_channel (const ConvJob *job, const float *result, int channel, int y, int n_rows, double *sums)
{
  const RvsEpilogue *epilogue = job->epilogue;
  const RvsTensor   *out = job->out;
  size_t             at = (size_t)y * (size_t)out->w;
  RvsEpilogueRow     row = {
        .n = out->w, .sums = sums, .bias = job->band.conv->bias[channel], .act = epilogue->act, .add_first = epilogue->add_first
  };

  for (int r = 0; r < n_rows; r++, at += (size_t)out->w)
    {
      row.src = result + (size_t)r * (size_t)job->band.pitch;
      row.dst = rvs__channel (out, channel) + at;
      row.add = epilogue->add ? rvs__channel (epilogue->add, channel) + at : NULL;
      job->exec->kernels->epilogue_row (&row);
    }
}

static void
conv_item (void *context, int item, int worker)
{
  ConvJob       *job = context;
  const RvsConv *conv = job->band.conv;
  unsigned char *scratch = job->scratch.base + job->scratch.stride * (size_t)worker;
  float         *result = (float *)(void *)scratch;
  int            band = item / job->cut.n_parts;
  int            first = item % job->cut.n_parts * job->cut.n_channels;
  int            m = conv->c_out - first < job->cut.n_channels ? conv->c_out - first : job->cut.n_channels;
  int            y = band * job->cut.n_rows;
  int            n_rows = job->out->h - y < job->cut.n_rows ? job->out->h - y : job->cut.n_rows;

  rvs__band_copy (&job->band, y, n_rows, scratch + job->result_bytes);
  rvs__band_multiply (&job->band, scratch + job->result_bytes, n_rows, first, m, result, job->ldc);
  for (int i = 0; i < m; i++)
    {
      double *sums = job->sums ? job->sums + 2 * ((size_t)band * (size_t)conv->c_out + (size_t)(first + i)) : NULL;

      if (sums)
        sums[0] = sums[1] = 0;
      finish_channel (job, result + (size_t)i * job->ldc, first + i, y, n_rows, sums);
    }
}

/* Adds the bands' sums in their order and turns them into mean and 1 / deviation. */
static void
reduce_norm (const double *sums, int n_bands, int channels, double n_pixels, RvsNorm *norm)
{
  for (int c = 0; c < channels; c++)
    {
      double sum = 0, square = 0, mean, variance;

      for (int b = 0; b < n_bands; b++)
        {
          sum += sums[2 * ((size_t)b * (size_t)channels + (size_t)c)];
          square += sums[2 * ((size_t)b * (size_t)channels + (size_t)c) + 1];
        }
      mean = sum / n_pixels;
      variance = square / n_pixels - mean * mean;
      norm->mean[c] = (float)mean;
      norm->rstd[c] = (float)(1 / sqrt ((variance < 0 ? 0 : variance) + 1e-5));
    }
}

static void
check_shapes (const RvsConv *conv, const RvsTensor *in, const RvsEpilogue *epilogue, const RvsTensor *out)
{
  assert (in->c == conv->c_in && out->c == conv->c_out);
  assert (out->h == rvs__conv_side (conv, in->h) && out->w == rvs__conv_side (conv, in->w));
  assert (!epilogue->add || (epilogue->add->c == out->c && epilogue->add->h == out->h && epilogue->add->w == out->w));
  (void)conv, (void)in, (void)epilogue, (void)out;
}

void
rvs__conv2d (RvsExec *exec, const RvsConv *conv, const RvsTensor *in, const RvsEpilogue *epilogue, RvsTensor *out)
{
  static const RvsEpilogue plain = { .act = RVS_ACT_NONE };
  size_t                   mark = rvs__arena_mark (exec->arena);
  ConvJob                  job = { .exec = exec, .epilogue = epilogue ? epilogue : &plain, .out = out };

  check_shapes (conv, in, job.epilogue, out);
  job.cut = rvs__cut (out->h, out->w, conv->c_out, rvs__narrow (exec, conv) ? MAX_PIXELS_NARROW : MAX_PIXELS);
  rvs__band_plan (&job.band, exec, conv, in, false, job.cut.n_rows);
  job.ldc = ((size_t)rvs__band_columns (&job.band, job.cut.n_rows) + 15) & ~(size_t)15;
  job.result_bytes = rvs__scratch_round ((size_t)job.cut.n_channels * job.ldc * sizeof (float));
  job.scratch = rvs__scratch_push (exec, job.result_bytes + rvs__band_bytes (&job.band, job.cut.n_channels));
  if (job.epilogue->norm)
    job.sums = rvs__arena_push (exec->arena, (size_t)job.cut.n_bands * (size_t)conv->c_out * 2 * sizeof (double));
  if (!rvs__exec_idle (exec))
    {
      rvs__pool_run (exec->pool, conv_item, &job, job.cut.n_bands * job.cut.n_parts);
      if (job.epilogue->norm)
        reduce_norm (job.sums, job.cut.n_bands, conv->c_out, (double)out->h * out->w, job.epilogue->norm);
    }
  rvs__arena_release (exec->arena, mark);
}

/* ---- statistics of a tensor that no convolution has just made ---- */

typedef struct MomentsJob
{
  RvsExec         *exec;
  const RvsTensor *x;
  RvsNorm         *norm;
} MomentsJob;

static void
moments_item (void *context, int item, int worker)
{
  MomentsJob  *job = context;
  double       sums[2] = { 0, 0 };
  RvsNorm      one = { job->norm->mean + item, job->norm->rstd + item };
  const float *plane = rvs__channel (job->x, item);

  (void)worker;
  for (int y = 0; y < job->x->h; y++)
    job->exec->kernels->moments_row (plane + (size_t)y * (size_t)job->x->w, job->x->w, sums);
  reduce_norm (sums, 1, 1, (double)job->x->h * job->x->w, &one);
}

void
rvs__instance_moments (RvsExec *exec, const RvsTensor *x, RvsNorm *norm)
{
  MomentsJob job = { exec, x, norm };

  if (!rvs__exec_idle (exec))
    rvs__pool_run (exec->pool, moments_item, &job, x->c);
}

RvsTensor
rvs__conv_lrelu (RvsExec *exec, const RvsConv *conv, const RvsTensor *in)
{
  static const RvsEpilogue with_lrelu = { .act = RVS_ACT_LRELU };
  RvsTensor                out = rvs__exec_tensor (exec, conv->c_out, rvs__conv_side (conv, in->h), rvs__conv_side (conv, in->w));

  rvs__conv2d (exec, conv, in, &with_lrelu, &out);
  return out;
}
