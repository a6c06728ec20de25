/* SPDX-License-Identifier: GPL-3.0-or-later
 * reduce_known.c: a damaged picture made smaller from what is left of it, in integers. */
#include "ops/fill.h"

#include <assert.h>

typedef struct ReduceJob
{
  const RvsTensor *rgb, *valid, *out, *out_valid;
  int              k;
} ReduceJob;

/* What one cell of k x k pixels holds. */
typedef struct Sums
{
  int32_t n, rgb[3];
} Sums;

static Sums
add_up (const ReduceJob *job, int y, int x)
{
  Sums sums = { 0 };

  for (int v = y * job->k; v < (y + 1) * job->k; v++)
    for (int u = x * job->k; u < (x + 1) * job->k; u++)
      {
        const size_t at = (size_t)v * (size_t)job->rgb->w + (size_t)u;

        if (!(job->valid->data[at] > 0))
          continue;
        sums.n++;
        for (int c = 0; c < 3; c++)
          sums.rgb[c] += rvs__fill_u8 (rvs__channel (job->rgb, c)[at]);
      }
  return sums;
}

static void
reduce_row (void *context, int y, int worker)
{
  const ReduceJob *job = context;

  (void)worker;
  for (int x = 0; x < job->out->w; x++)
    {
      const size_t  at = (size_t)y * (size_t)job->out->w + (size_t)x;
      const Sums    sums = add_up (job, y, x);
      const int32_t n = sums.n > 0 ? sums.n : 1;

      for (int c = 0; c < 3; c++)
        rvs__channel (job->out, c)[at] = (float)((2 * sums.rgb[c] + n) / (2 * n)) / 127.5f - 1;
      job->out_valid->data[at] = 2 * sums.n >= job->k * job->k;
    }
}

void
rvs__reduce_known (RvsExec *exec, const RvsTensor *rgb, const RvsTensor *valid, RvsTensor *out, RvsTensor *out_valid)
{
  ReduceJob job = { rgb, valid, out, out_valid, rgb->w / out->w };

  assert (rgb->c == 3 && out->c == 3 && valid->c == 1 && out_valid->c == 1);
  assert (rgb->w == job.k * out->w && rgb->h == job.k * out->h && out_valid->w == out->w && out_valid->h == out->h);
  if (!rvs__exec_idle (exec))
    rvs__pool_run (exec->pool, reduce_row, &job, out->h);
}
