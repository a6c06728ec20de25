/* SPDX-License-Identifier: GPL-3.0-or-later
 * conv.c: convolution as one matrix product for each band of output rows, with bias, activation, addition and
 * instance-norm sums applied while the band's result is still in the cache. */
#include "ops/conv.h"
#include "ops/band.h"
#include "ops/ops.h"
#include "ops/scratch.h"
#include "ops/tiles.h"

#include <assert.h>

/* Columns of one band: the padded input and the result of a thin layer (24 channels) fit in half a megabyte. Narrow, its input takes half
 * of that, and the processors that multiply so have a megabyte and more: twice the columns, so that fewer rows are copied twice. */
enum
{
  MAX_PIXELS = 2048,
  MAX_PIXELS_NARROW = 4096
};

typedef struct ConvJob
{
  RvsConvEnd end;
  RvsBand    band;
  RvsCut     cut;
  RvsScratch scratch;
  size_t     result_bytes; /* the first part of the scratch; the band's follows */
  size_t     ldc;
} ConvJob;

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
  int            n_rows = job->end.out->h - y < job->cut.n_rows ? job->end.out->h - y : job->cut.n_rows;

  rvs__band_copy (&job->band, y, n_rows, scratch + job->result_bytes);
  rvs__band_multiply (&job->band, scratch + job->result_bytes, n_rows, first, m, result, job->ldc);
  for (int i = 0; i < m; i++)
    rvs__conv_end_channel (&job->end, band, first + i, result + (size_t)i * job->ldc, (size_t)job->band.pitch, y, n_rows);
}

static void
check_shapes (const RvsConv *conv, const RvsTensor *in, const RvsEpilogue *epilogue, const RvsTensor *out)
{
  assert (in->c == conv->c_in && out->c == conv->c_out);
  assert (out->h == rvs__conv_side (conv, in->h) && out->w == rvs__conv_side (conv, in->w));
  assert (!epilogue->add || (epilogue->add->c == out->c && epilogue->add->h == out->h && epilogue->add->w == out->w));
  (void)conv, (void)in, (void)epilogue, (void)out;
}

static void
conv_in_bands (ConvJob *job, const RvsTensor *in)
{
  RvsExec         *exec = job->end.exec;
  const RvsConv   *conv = job->end.conv;
  const RvsTensor *out = job->end.out;

  job->cut = rvs__cut (exec, out->h, out->w, conv->c_out, rvs__narrow (exec, conv) ? MAX_PIXELS_NARROW : MAX_PIXELS);
  rvs__band_plan (&job->band, exec, conv, in, false, job->cut.n_rows);
  job->ldc = ((size_t)rvs__band_columns (&job->band, job->cut.n_rows) + 15) & ~(size_t)15;
  job->result_bytes = rvs__scratch_round ((size_t)job->cut.n_channels * job->ldc * sizeof (float));
  job->scratch = rvs__scratch_push (exec, job->result_bytes + rvs__band_bytes (&job->band, job->cut.n_channels));
  rvs__conv_begin (&job->end, job->cut.n_bands);
  rvs__exec_run (exec, conv_item, job, job->cut.n_bands * job->cut.n_parts);
  rvs__conv_end (&job->end);
}

void
rvs__conv2d (RvsExec *exec, const RvsConv *conv, const RvsTensor *in, const RvsEpilogue *epilogue, RvsTensor *out)
{
  static const RvsEpilogue plain = { .act = RVS_ACT_NONE };
  size_t                   mark = rvs__arena_mark (exec->arena);
  const RvsConvEnd         end = { .exec = exec, .conv = conv, .epilogue = epilogue ? epilogue : &plain, .out = out };

  check_shapes (conv, in, end.epilogue, out);
  if (rvs__tiles_pay (exec, conv, in))
    rvs__conv_in_tiles (&end, in);
  else
    conv_in_bands (&(ConvJob){ .end = end }, in);
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
  rvs__norm_from_sums (sums, 1, 1, (double)job->x->h * job->x->w, &one);
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
