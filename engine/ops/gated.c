/* SPDX-License-Identifier: GPL-3.0-or-later
 * gated.c: the gated stage image: the previous image enlarged, plus a difference, plus the photo's own detail
 * as far as the gate and the fidelity let it through. */
#include "ops/ops.h"
#include "ops/scratch.h"

#include <assert.h>
#include <math.h>

typedef struct GatedJob
{
  RvsExec         *exec;
  const RvsTensor *da, *previous, *photo, *w_map, *out;
  float            w;
  RvsScratch       scratch;
} GatedJob;

static void
gated_row (const GatedJob *job, int c, int y, const float *gate, const float *enlarged)
{
  size_t       at = (size_t)y * (size_t)job->out->w;
  const float *difference = rvs__channel (job->da, c) + at;
  const float *photo = rvs__channel (job->photo, c) + at;
  float       *out = rvs__channel (job->out, c) + at;

  for (int x = 0; x < job->out->w; x++)
    {
      float base = enlarged ? enlarged[x] : 0;

      out[x] = base + difference[x] + gate[x] * (photo[x] - base);
    }
}

static void
gated_item (void *context, int y, int worker)
{
  const GatedJob *job = context;
  int             w = job->out->w;
  float          *gate = (float *)(job->scratch.base + job->scratch.stride * (size_t)worker);
  float          *enlarged = job->previous ? gate + w : NULL;
  const float    *logit = rvs__channel (job->da, 3) + (size_t)y * (size_t)w;
  const float    *w_row = job->w_map ? job->w_map->data + (size_t)y * (size_t)w : NULL;

  for (int x = 0; x < w; x++)
    gate[x] = (w_row ? w_row[x] : job->w) / (1 + expf (-logit[x]));
  for (int c = 0; c < 3; c++)
    {
      if (job->previous)
        {
          int near = y / 2, far = y % 2 ? near + 1 : near - 1, h = job->previous->h, side = job->previous->w;

          far = far < 0 ? 0 : far >= h ? h - 1 : far;
          job->exec->kernels->up2_row (rvs__channel (job->previous, c) + (size_t)near * (size_t)side,
                                       rvs__channel (job->previous, c) + (size_t)far * (size_t)side, 0.75f, side, enlarged);
        }
      gated_row (job, c, y, gate, enlarged);
    }
}

void
rvs__gated_image (RvsExec *exec, const RvsTensor *da, const RvsTensor *previous, const RvsTensor *photo, float w,
                  const RvsTensor *w_map, RvsTensor *out)
{
  size_t mark = rvs__arena_mark (exec->arena);
  /* The first image takes the whole of what its gate lets through: w acts below 1/8 resolution only. */
  GatedJob job = { exec, da, previous, photo, previous ? w_map : NULL, out, previous ? w : 1, { 0 } };

  assert (da->c == 4 && out->c == 3 && photo->c == 3);
  assert (da->h == out->h && da->w == out->w && photo->h == out->h && photo->w == out->w);
  assert (!previous || (2 * previous->h == out->h && 2 * previous->w == out->w));
  job.scratch = rvs__scratch_push (exec, 2 * (size_t)out->w * sizeof (float));
  if (!rvs__exec_idle (exec))
    rvs__pool_run (exec->pool, gated_item, &job, out->h);
  rvs__arena_release (exec->arena, mark);
}
