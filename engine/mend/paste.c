/* SPDX-License-Identifier: GPL-3.0-or-later
 * paste.c: a filled hole into a photo, a run of its pixels at a time. */
#include "mend/mend.h"

#include "core/image.h"
#include "ops/ops.h"

#include <math.h>

enum
{
  CHUNK = 512
};

typedef struct Job
{
  const RvsMendPaste *paste;
  const RvsMutView   *dst;
  bool                weights; /* alpha alone */
} Job;

static void
multiply_plane (const RvsView *plane, int y, int x, int n, float *alpha)
{
  float v[CHUNK];

  rvs__view_read_plane (plane, y, x, n, v);
  for (int i = 0; i < n; i++)
    alpha[i] *= fminf (fmaxf (v[i], 0), 1);
}

/* Of n pixels of a run from its `first` on. */
static void
alpha_of (const RvsMendPaste *paste, int y, const RvsHoleRun *run, int first, int n, float *alpha)
{
  for (int i = 0; i < n; i++)
    alpha[i] = paste->strength;
  if (!paste->bare)
    multiply_plane (paste->plane, y, run->x + first, n, alpha);
  if (!paste->bare && paste->mask)
    multiply_plane (paste->mask, y, run->x + first, n, alpha);
}

static void
paste_chunk (const Job *job, int y, const RvsHoleRun *run, int first, int n, const float *alpha)
{
  const RvsMendPaste *paste = job->paste;
  const RvsMendSum   *sums = paste->mended->sums + run->at + first;
  const int           x = run->x + first;
  float               rgb[3][CHUNK];

  rvs__view_read_row (paste->src, y, x, n, rgb[0], rgb[1], rgb[2]);
  for (int i = 0; i < n; i++)
    {
      const float grain = paste->grain * (sums[i].grain / sums[i].weight);
      const float noise = grain > 0 ? grain * rvs__noise_at (paste->seed, 0, y, x + i) : 0;
      for (int c = 0; c < 3; c++)
        rgb[c][i] += alpha[i] * (sums[i].rgb[c] / sums[i].weight + noise - rgb[c][i]);
    }
  rvs__view_write_row (job->dst, y, x, n, rgb[0], rgb[1], rgb[2]);
}

/* Where nothing is replaced the source's own bytes stand. */
static void
paste_spans (const Job *job, int y, const RvsHoleRun *run, int first, int n, const float *alpha)
{
  for (int lo = 0, hi; lo < n; lo = hi)
    {
      for (hi = lo + 1; hi < n && (alpha[hi] > 0) == (alpha[lo] > 0); hi++)
        ;
      if (alpha[lo] > 0)
        paste_chunk (job, y, run, first + lo, hi - lo, alpha + lo);
      else
        rvs__view_copy_rect (job->paste->src, job->dst, (RvsRect){ run->x + first + lo, y, hi - lo, 1 });
    }
}

static void
paste_row (void *context, int y, int worker)
{
  const Job     *job = context;
  const RvsHole *hole = job->paste->mended->hole;
  float          alpha[CHUNK];

  (void)worker;
  for (size_t k = hole->rows[y]; k < hole->rows[y + 1]; k++)
    for (int first = 0; first < hole->runs[k].n; first += CHUNK)
      {
        const RvsHoleRun *run = &hole->runs[k];
        const int         n = run->n - first < CHUNK ? run->n - first : CHUNK;

        alpha_of (job->paste, y, run, first, n, alpha);
        if (!job->weights)
          rvs__view_spare_hidden (job->paste->src, y, run->x + first, n, alpha);
        if (job->weights)
          rvs__view_write_row (job->dst, y, run->x + first, n, alpha, alpha, alpha);
        else
          paste_spans (job, y, run, first, n, alpha);
      }
}

void
rvs__mend_paste (RvsExec *exec, const RvsMendPaste *paste, const RvsMutView *dst)
{
  Job job = { paste, dst, false };

  rvs__pool_run (exec->pool, paste_row, &job, paste->mended->hole->height);
}

void
rvs__mend_weights (RvsExec *exec, const RvsMendPaste *paste, const RvsMutView *dst)
{
  Job job = { paste, dst, true };

  rvs__pool_run (exec->pool, paste_row, &job, paste->mended->hole->height);
}
