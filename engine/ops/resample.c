/* SPDX-License-Identifier: GPL-3.0-or-later
 * resample.c: operators that change a tensor's size. Positions follow PyTorch's align_corners=false. */
#include "ops/ops.h"
#include "ops/scratch.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* A job whose items are blocks of output rows, all channels after one another. */
typedef struct RowJob
{
  RvsExec         *exec;
  const RvsTensor *in, *out;
  void (*row) (const struct RowJob *job, int c, int y, float *scratch);
  RvsRows    rows;
  RvsScratch scratch;
} RowJob;

static void
row_item (void *context, int item, int worker)
{
  const RowJob *job = context;
  float        *scratch = (float *)(job->scratch.base + job->scratch.stride * (size_t)worker);
  int           end = (item + 1) * job->rows.per_item;

  if (end > job->rows.n_rows)
    end = job->rows.n_rows;
  for (int i = item * job->rows.per_item; i < end; i++)
    job->row (job, i / job->out->h, i % job->out->h, scratch);
}

static void
run_rows (RvsExec *exec, const RvsTensor *in, RvsTensor *out, void (*row) (const RowJob *, int, int, float *),
          size_t scratch_floats)
{
  size_t mark = rvs__arena_mark (exec->arena);
  RowJob job = { .exec = exec, .in = in, .out = out, .row = row };

  job.rows = rvs__rows (out->c * out->h, out->w);
  job.scratch = rvs__scratch_push (exec, scratch_floats * sizeof (float));
  if (!rvs__exec_idle (exec))
    rvs__pool_run (exec->pool, row_item, &job, (job.rows.n_rows + job.rows.per_item - 1) / job.rows.per_item);
  rvs__arena_release (exec->arena, mark);
}

static const float *
row_at (const RvsTensor *t, int c, int y)
{
  y = y < 0 ? 0 : y >= t->h ? t->h - 1 : y;
  return rvs__channel (t, c) + (size_t)y * (size_t)t->w;
}

static float *
out_row (const RowJob *job, int c, int y)
{
  return rvs__channel (job->out, c) + (size_t)y * (size_t)job->out->w;
}

static void
up2_row (const RowJob *job, int c, int y, float *scratch)
{
  (void)scratch;
  job->exec->kernels->up2_row (row_at (job->in, c, y / 2), row_at (job->in, c, y % 2 ? y / 2 + 1 : y / 2 - 1), 0.75f, job->in->w,
                               out_row (job, c, y));
}

void
rvs__up2 (RvsExec *exec, const RvsTensor *in, RvsTensor *out)
{
  assert (out->c == in->c && out->h == 2 * in->h && out->w == 2 * in->w);
  run_rows (exec, in, out, up2_row, 0);
}

static void
up2_add_row (const RowJob *job, int c, int y, float *scratch)
{
  float *dst = out_row (job, c, y);

  job->exec->kernels->up2_row (row_at (job->in, c, y / 2), row_at (job->in, c, y % 2 ? y / 2 + 1 : y / 2 - 1), 0.75f, job->in->w,
                               scratch);
  for (int x = 0; x < job->out->w; x++)
    dst[x] += scratch[x];
}

void
rvs__up2_add (RvsExec *exec, const RvsTensor *in, RvsTensor *out)
{
  assert (out->c == in->c && out->h == 2 * in->h && out->w == 2 * in->w);
  run_rows (exec, in, out, up2_add_row, (size_t)out->w);
}

static void
nearest_row (const RowJob *job, int c, int y, float *scratch)
{
  const float *row = row_at (job->in, c, y / 2);

  (void)scratch;
  job->exec->kernels->interleave_row (row, row, job->in->w, out_row (job, c, y));
}

void
rvs__up2_nearest (RvsExec *exec, const RvsTensor *in, RvsTensor *out)
{
  assert (out->c == in->c && out->h == 2 * in->h && out->w == 2 * in->w);
  run_rows (exec, in, out, nearest_row, 0);
}

static void
down2_row (const RowJob *job, int c, int y, float *scratch)
{
  (void)scratch;
  job->exec->kernels->down2_row (row_at (job->in, c, 2 * y), row_at (job->in, c, 2 * y + 1), job->out->w, out_row (job, c, y));
}

void
rvs__down2 (RvsExec *exec, const RvsTensor *in, RvsTensor *out)
{
  assert (out->c == in->c && in->h == 2 * out->h && in->w == 2 * out->w);
  run_rows (exec, in, out, down2_row, 0);
}

static void
shuffle_row (const RowJob *job, int c, int y, float *scratch)
{
  int first = 4 * c + 2 * (y % 2);

  (void)scratch;
  job->exec->kernels->interleave_row (row_at (job->in, first, y / 2), row_at (job->in, first + 1, y / 2), job->in->w,
                                      out_row (job, c, y));
}

void
rvs__pixel_shuffle (RvsExec *exec, const RvsTensor *in, RvsTensor *out)
{
  assert (in->c == 4 * out->c && out->h == 2 * in->h && out->w == 2 * in->w);
  run_rows (exec, in, out, shuffle_row, 0);
}

static void
unshuffle_row (const RowJob *job, int c, int y, float *scratch)
{
  const int    n = job->in->w / job->out->w;
  const float *in = row_at (job->in, c / (n * n), n * y + c / n % n) + c % n;
  float       *out = out_row (job, c, y);

  (void)scratch;
  for (int x = 0; x < job->out->w; x++)
    out[x] = in[n * x];
}

void
rvs__pixel_unshuffle (RvsExec *exec, const RvsTensor *in, RvsTensor *out)
{
  assert (in->w % out->w == 0 && in->h == in->w / out->w * out->h && out->c == in->c * (in->w / out->w) * (in->w / out->w));
  run_rows (exec, in, out, unshuffle_row, 0);
}

/* Keys' cubic with a = -0.75, as PyTorch's bicubic: weights of the four neighbours for a fraction t. */
static void
cubic_weights (float t, float weights[4])
{
  const float a = -0.75f;
  float       d0 = t + 1, d3 = 2 - t, s = 1 - t;

  weights[0] = ((a * d0 - 5 * a) * d0 + 8 * a) * d0 - 4 * a;
  weights[1] = ((a + 2) * t - (a + 3)) * t * t + 1;
  weights[2] = ((a + 2) * s - (a + 3)) * s * s + 1;
  weights[3] = ((a * d3 - 5 * a) * d3 + 8 * a) * d3 - 4 * a;
}

static float
source_position (int i, int n_in, int n_out)
{
  return ((float)i + 0.5f) * ((float)n_in / (float)n_out) - 0.5f;
}

static void
bicubic_row (const RowJob *job, int c, int y, float *scratch)
{
  float  weights[4];
  float  position = source_position (y, job->in->h, job->out->h);
  int    base = (int)floorf (position), w = job->in->w;
  float *dst = out_row (job, c, y);

  /* Down the columns first, into scratch, then along it. */
  cubic_weights (position - (float)base, weights);
  for (int x = 0; x < w; x++)
    scratch[x] = 0;
  for (int i = 0; i < 4; i++)
    {
      const float *row = row_at (job->in, c, base - 1 + i);

      for (int x = 0; x < w; x++)
        scratch[x] += weights[i] * row[x];
    }
  for (int x = 0; x < job->out->w; x++)
    {
      float sum = 0;

      position = source_position (x, w, job->out->w);
      base = (int)floorf (position);
      cubic_weights (position - (float)base, weights);
      for (int i = 0; i < 4; i++)
        {
          int at = base - 1 + i;
          sum += weights[i] * scratch[at < 0 ? 0 : at >= w ? w - 1 : at];
        }
      dst[x] = sum;
    }
}

void
rvs__bicubic (RvsExec *exec, const RvsTensor *in, RvsTensor *out)
{
  assert (out->c == in->c);
  run_rows (exec, in, out, bicubic_row, (size_t)in->w);
}

static void
bilinear_row (const RowJob *job, int c, int y, float *scratch)
{
  float        position = source_position (y, job->in->h, job->out->h);
  int          w = job->in->w, base;
  const float *a, *b;
  float       *dst = out_row (job, c, y);

  /* PyTorch clamps negative positions to 0 before it splits them. */
  position = position < 0 ? 0 : position;
  base = (int)position;
  a = row_at (job->in, c, base);
  b = row_at (job->in, c, base + 1);
  for (int x = 0; x < w; x++)
    scratch[x] = a[x] + (position - (float)base) * (b[x] - a[x]);
  for (int x = 0; x < job->out->w; x++)
    {
      float at = source_position (x, w, job->out->w);
      int   left;

      at = at < 0 ? 0 : at;
      left = (int)at < w - 1 ? (int)at : w - 1;
      dst[x] = scratch[left] + (at - (float)left) * (scratch[left + 1 < w ? left + 1 : left] - scratch[left]);
    }
}

void
rvs__bilinear (RvsExec *exec, const RvsTensor *in, RvsTensor *out)
{
  assert (out->c == in->c);
  run_rows (exec, in, out, bilinear_row, (size_t)in->w);
}
