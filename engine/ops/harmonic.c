/* SPDX-License-Identifier: GPL-3.0-or-later
 * harmonic.c: the smooth fill that the inpainting networks start from (Gortler et al. 1996: pull-push; then Jacobi's iteration).
 * The order of every sum is part of the definition: no fused multiply-add, no other order. */
#include "ops/fill.h"
#include "ops/scratch.h"

#include <assert.h>
#include <string.h>

enum
{
  JACOBI = 4,
  MAX_LEVELS = 17 /* sides up to 65535 */
};

/* The pyramid's geometry: each side the half of the one before, rounded up, down to one pixel. */
typedef struct Levels
{
  int    n, h[MAX_LEVELS], w[MAX_LEVELS];
  size_t at[MAX_LEVELS + 1]; /* where each level's plane begins; at[n]: all of them */
} Levels;

typedef struct HarmonicJob
{
  Levels           levels;
  const RvsTensor *x, *valid, *out;
  float           *known;  /* levels of `valid` */
  float           *values; /* levels of each channel, then one spare plane */
} HarmonicJob;

static Levels
levels_of (int h, int w)
{
  Levels levels = { .n = 1, .h = { h }, .w = { w } };

  for (levels.at[1] = (size_t)h * (size_t)w; h > 1 || w > 1; levels.n++)
    {
      assert (levels.n < MAX_LEVELS);
      levels.h[levels.n] = h = (h + 1) / 2;
      levels.w[levels.n] = w = (w + 1) / 2;
      levels.at[levels.n + 1] = levels.at[levels.n] + (size_t)h * (size_t)w;
    }
  return levels;
}

/* The sum of the 2x2 cell at (y, x) of the coarser plane; what lies outside counts nothing. */
static float
cell (const float *plane, int h, int w, int y, int x)
{
  const float *row = plane + (size_t)(2 * y) * (size_t)w + 2 * x;
  const bool   right = 2 * x + 1 < w, below = 2 * y + 1 < h;
  const float  upper = row[0] + (right ? row[1] : 0), lower = below ? row[w] + (right ? row[w + 1] : 0) : 0;

  return upper + lower;
}

/* Level l + 1 of `known`: 1 where any of its cell's pixels is. */
static void
pull_known (const Levels *levels, int l, float *known)
{
  for (int y = 0; y < levels->h[l + 1]; y++)
    for (int x = 0; x < levels->w[l + 1]; x++)
      {
        const float n = cell (known + levels->at[l], levels->h[l], levels->w[l], y, x);
        known[levels->at[l + 1] + (size_t)y * (size_t)levels->w[l + 1] + (size_t)x] = n < 1 ? n : 1;
      }
}

/* Level l + 1 of the values: means of the known ones. */
static void
pull_values (const Levels *levels, int l, const float *known, float *values)
{
  for (int y = 0; y < levels->h[l + 1]; y++)
    for (int x = 0; x < levels->w[l + 1]; x++)
      {
        const float n = cell (known + levels->at[l], levels->h[l], levels->w[l], y, x);
        const float sum = cell (values + levels->at[l], levels->h[l], levels->w[l], y, x);
        values[levels->at[l + 1] + (size_t)y * (size_t)levels->w[l + 1] + (size_t)x] = sum / (n > 1 ? n : 1);
      }
}

static int
clamp (int i, int n)
{
  return i < 0 ? 0 : i >= n ? n - 1 : i;
}

/* .75 of the nearer and .25 of the further coarse neighbour; the border repeats. */
static float
between (const float *row, int n, int x)
{
  return row[x / 2] * .75f + row[clamp (x / 2 + (x & 1 ? 1 : -1), n)] * .25f;
}

/* The holes of level l from the level above it, enlarged bilinearly: columns first, then rows. */
static void
push (const Levels *levels, int l, const float *known, float *values)
{
  const int    h = levels->h[l], w = levels->w[l], ch = levels->h[l + 1], cw = levels->w[l + 1];
  const float *coarse = values + levels->at[l + 1];

  for (int y = 0; y < h; y++)
    {
      const float *near = coarse + (size_t)(y / 2) * (size_t)cw;
      const float *far = coarse + (size_t)clamp (y / 2 + (y & 1 ? 1 : -1), ch) * (size_t)cw;
      const size_t at = levels->at[l] + (size_t)y * (size_t)w;

      for (int x = 0; x < w; x++)
        if (!(known[at + (size_t)x] > 0))
          values[at + (size_t)x] = between (near, cw, x) * .75f + between (far, cw, x) * .25f;
    }
}

/* One pixel's mean of its four neighbours. */
static float
around (const float *row, const float *up, const float *down, int left, int x, int right)
{
  return ((row[left] + row[right]) + (up[x] + down[x])) * .25f;
}

/* One Jacobi step of the holes; the border repeats. */
static void
relax (const float *restrict from, const float *restrict known, int h, int w, float *restrict to)
{
  for (int y = 0; y < h; y++, known += w, to += w)
    {
      const float *row = from + (size_t)y * (size_t)w, *up = y > 0 ? row - w : row, *down = y < h - 1 ? row + w : row;

      to[0] = known[0] > 0 ? row[0] : around (row, up, down, 0, 0, w > 1);
      for (int x = 1; x < w - 1; x++)
        {
          const float mean = around (row, up, down, x - 1, x, x + 1);
          to[x] = known[x] > 0 ? row[x] : mean;
        }
      if (w > 1)
        to[w - 1] = known[w - 1] > 0 ? row[w - 1] : around (row, up, down, w - 2, w - 1, w - 1);
    }
}

static void
fill_channel (void *context, int c, int worker)
{
  const HarmonicJob *job = context;
  const Levels      *levels = &job->levels;
  const size_t       n = levels->at[1];
  float             *values = job->values + (size_t)c * (levels->at[levels->n] + n), *spare = values + levels->at[levels->n];
  const float       *x = rvs__channel (job->x, c);

  (void)worker;
  for (size_t i = 0; i < n; i++)
    values[i] = job->known[i] > 0 ? x[i] : 0;
  for (int l = 0; l + 1 < levels->n; l++)
    pull_values (levels, l, job->known, values);
  for (int l = levels->n - 2; l >= 0; l--)
    {
      float       *plane = values + levels->at[l];
      const float *known = job->known + levels->at[l];

      push (levels, l, job->known, values);
      for (int k = 0; k < JACOBI; k += 2)
        {
          relax (plane, known, levels->h[l], levels->w[l], spare);
          relax (spare, known, levels->h[l], levels->w[l], plane);
        }
    }
  memcpy (rvs__channel (job->out, c), values, n * sizeof *values);
}

void
rvs__harmonic_fill (RvsExec *exec, const RvsTensor *x, const RvsTensor *valid, RvsTensor *out)
{
  const size_t mark = rvs__arena_mark (exec->arena);
  HarmonicJob  job = { .levels = levels_of (x->h, x->w), .x = x, .valid = valid, .out = out };
  const size_t all = job.levels.at[job.levels.n];

  assert (valid->c == 1 && valid->h == x->h && valid->w == x->w && out->c == x->c && out->h == x->h && out->w == x->w);
  job.known = rvs__arena_floats (exec->arena, all);
  job.values = rvs__arena_floats (exec->arena, (size_t)x->c * (all + job.levels.at[1]));
  if (!rvs__exec_idle (exec))
    {
      memcpy (job.known, valid->data, job.levels.at[1] * sizeof *job.known);
      for (int l = 0; l + 1 < job.levels.n; l++)
        pull_known (&job.levels, l, job.known);
      rvs__pool_run (exec->pool, fill_channel, &job, x->c);
    }
  rvs__arena_release (exec->arena, mark);
}
