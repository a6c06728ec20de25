/* SPDX-License-Identifier: GPL-3.0-or-later
 * seam.c: the difference at the nearest known pixels, carried a little way into the hole. */
#include "mend/seam.h"

#include "ops/ops.h"

#include <math.h>
#include <string.h>

enum
{
  FADE = 3, /* pixels */
  LOOK = 4  /* how far known ones count */
};

typedef struct Job
{
  const RvsFillIn *in;
  const RvsTensor *answer;
} Job;

/* What surrounds one pixel of the hole. */
typedef struct Around
{
  float nearest, weight, lacks[3]; /* squared distance; sums over the known pixels */
} Around;

static void
look (const Job *job, int y, int x, Around *around)
{
  const int h = job->answer->h, w = job->answer->w;

  *around = (Around){ .nearest = INFINITY };
  for (int v = y < LOOK ? 0 : y - LOOK; v <= y + LOOK && v < h; v++)
    for (int u = x < LOOK ? 0 : x - LOOK; u <= x + LOOK && u < w; u++)
      {
        const size_t at = (size_t)v * (size_t)w + (size_t)u;
        const float  d = (float)((v - y) * (v - y) + (u - x) * (u - x));

        if (!(job->in->valid.data[at] > 0))
          continue;
        around->nearest = d < around->nearest ? d : around->nearest;
        around->weight += 1 / (d * d);
        for (int c = 0; c < 3; c++)
          around->lacks[c] += (rvs__channel (&job->in->crop, c)[at] - rvs__channel (job->answer, c)[at]) / (d * d);
      }
}

/* Only the hole's pixels are written, and only known ones read. */
static void
join_row (void *context, int y, int worker)
{
  const Job *job = context;
  const int  w = job->answer->w;

  (void)worker;
  for (int x = 0; x < w; x++)
    {
      const size_t at = (size_t)y * (size_t)w + (size_t)x;
      Around       around;
      float        share;

      if (job->in->valid.data[at] > 0)
        continue;
      look (job, y, x, &around);
      share = 1 - sqrtf (around.nearest) / (FADE + 1);
      for (int c = 0; share > 0 && c < 3; c++)
        {
          float *v = rvs__channel (job->answer, c) + at;
          *v = fminf (fmaxf (*v + share * around.lacks[c] / around.weight, -1), 1);
        }
    }
}

static void
keep_known (void *context, int y, int worker)
{
  const Job *job = context;
  const int  w = job->answer->w;

  (void)worker;
  for (size_t at = (size_t)y * (size_t)w; at < (size_t)(y + 1) * (size_t)w; at++)
    for (int c = 0; job->in->valid.data[at] > 0 && c < 3; c++)
      rvs__channel (job->answer, c)[at] = rvs__channel (&job->in->crop, c)[at];
}

void
rvs__mend_seam (RvsExec *exec, const RvsFillIn *in, RvsTensor *answer)
{
  Job job = { in, answer };

  rvs__exec_run (exec, join_row, &job, answer->h);
  rvs__exec_run (exec, keep_known, &job, answer->h);
}
