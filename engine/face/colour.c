/* SPDX-License-Identifier: GPL-3.0-or-later
 * colour.c: the colour lock, computed on the difference between result and photo, where it is one linear high-pass. */
#include "face/colour.h"

#include "face/grid.h"
#include "face/maps.h"
#include "net/parser.h"
#include "ops/ops.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum
{
  N_GROUPS = 3,
  SUMS = 8 /* of a group: P, P^2, P * face RGB, P * delta RGB */
};
#define LUMA_R .299f
#define LUMA_G .587f
#define LUMA_B .114f
#define GUARD_DELTA_E 1.0

/* The classes of the regions that the guard looks at: large ones, where a mean shift is a tint and not a feature. -1 ends. */
static const int groups[N_GROUPS][5] = {
  { RVS_CLASS_SKIN, RVS_CLASS_NOSE, RVS_CLASS_L_EAR, RVS_CLASS_R_EAR, -1 },
  { RVS_CLASS_HAIR, -1 },
  { RVS_CLASS_NECK, -1 },
};

typedef struct Lock
{
  const RvsTensor *face, *map;
  RvsTensor       *delta;
  int              side;
  float            keep;
  float           *luma, *red, *blue, *spare; /* side x side; red and blue are differences from luma */
  float           *from, *to;                 /* of the smoothing pass */
  int              step;
  double          *sums;               /* per map row: N_GROUPS x SUMS */
  float            shift[N_GROUPS][3]; /* what the guard takes away, in [-1,1] units */
} Lock;

/* ---- low pass ---- */

static void
split_row (void *context, int y, int worker)
{
  const Lock  *lock = context;
  const size_t row = (size_t)y * (size_t)lock->side;
  const float *r = rvs__channel (lock->delta, 0) + row, *g = rvs__channel (lock->delta, 1) + row,
              *b = rvs__channel (lock->delta, 2) + row;

  (void)worker;
  for (int x = 0; x < lock->side; x++)
    {
      const float luma = LUMA_R * r[x] + LUMA_G * g[x] + LUMA_B * b[x];
      lock->luma[row + (size_t)x] = luma;
      lock->red[row + (size_t)x] = r[x] - luma;
      lock->blue[row + (size_t)x] = b[x] - luma;
    }
}

static int
mirror (int i, int n)
{
  i = i < 0 ? -1 - i : i;
  return i < n ? i : 2 * n - 1 - i;
}

static float
b3 (float a, float b, float c, float d, float e)
{
  return (a + e) * .0625f + (b + d) * .25f + c * .375f;
}

static void
smooth_across (void *context, int y, int worker)
{
  const Lock  *lock = context;
  const int    n = lock->side, s = lock->step;
  const float *p = lock->from + (size_t)y * (size_t)n;
  float       *q = lock->to + (size_t)y * (size_t)n;

  (void)worker;
  for (int x = 0; x < n; x++)
    if (x >= 2 * s && x < n - 2 * s)
      q[x] = b3 (p[x - 2 * s], p[x - s], p[x], p[x + s], p[x + 2 * s]);
    else
      q[x] = b3 (p[mirror (x - 2 * s, n)], p[mirror (x - s, n)], p[x], p[mirror (x + s, n)], p[mirror (x + 2 * s, n)]);
}

static void
smooth_down (void *context, int y, int worker)
{
  const Lock  *lock = context;
  const int    n = lock->side, s = lock->step;
  const float *rows[5];
  float       *q = lock->to + (size_t)y * (size_t)n;

  (void)worker;
  for (int k = 0; k < 5; k++)
    rows[k] = lock->from + (size_t)mirror (y + (k - 2) * s, n) * (size_t)n;
  for (int x = 0; x < n; x++)
    q[x] = b3 (rows[0][x], rows[1][x], rows[2][x], rows[3][x], rows[4][x]);
}

/* B3 a trous: level j has taps 2^j apart; after 5 levels the standard deviation is 18.5 pixels. */
static void
smooth_plane (RvsExec *exec, Lock *lock, float *plane, int levels)
{
  for (int level = 0; level < levels; level++)
    {
      lock->step = 1 << level;
      lock->from = plane;
      lock->to = lock->spare;
      rvs__exec_run (exec, smooth_across, lock, lock->side);
      lock->from = lock->spare;
      lock->to = plane;
      rvs__exec_run (exec, smooth_down, lock, lock->side);
    }
}

static void
subtract_row (void *context, int y, int worker)
{
  const Lock  *lock = context;
  const size_t row = (size_t)y * (size_t)lock->side;
  float       *r = rvs__channel (lock->delta, 0) + row, *g = rvs__channel (lock->delta, 1) + row,
        *b = rvs__channel (lock->delta, 2) + row;

  (void)worker;
  for (int x = 0; x < lock->side; x++)
    {
      const float luma = lock->luma[row + (size_t)x], red = lock->red[row + (size_t)x], blue = lock->blue[row + (size_t)x];
      r[x] -= lock->keep * (luma + red);
      g[x] -= lock->keep * (luma - (LUMA_R * red + LUMA_B * blue) / LUMA_G);
      b[x] -= lock->keep * (luma + blue);
    }
}

/* ---- guard ---- */

static float
group_weight (const Lock *lock, int group, int cell)
{
  float p = 0;

  for (int i = 0; groups[group][i] >= 0; i++)
    p += rvs__channel (lock->map, groups[group][i])[cell];
  return p;
}

/* Mean of a block of the crop that lies under one cell of the map. */
static float
block_mean (const float *plane, int side, int block, int cx, int cy)
{
  float sum = 0;

  for (int y = cy * block; y < (cy + 1) * block; y++)
    for (int x = cx * block; x < (cx + 1) * block; x++)
      sum += plane[(size_t)y * (size_t)side + (size_t)x];
  return sum / (float)(block * block);
}

static void
sum_map_row (void *context, int cy, int worker)
{
  const Lock *lock = context;
  const int   n = lock->map->w, block = lock->side / n;
  double     *sums = lock->sums + (size_t)cy * N_GROUPS * SUMS;

  (void)worker;
  memset (sums, 0, N_GROUPS * SUMS * sizeof *sums);
  for (int cx = 0; cx < n; cx++)
    {
      double value[6];
      for (int c = 0; c < 3; c++)
        {
          value[c] = block_mean (rvs__channel (lock->face, c), lock->side, block, cx, cy);
          value[3 + c] = block_mean (rvs__channel (lock->delta, c), lock->side, block, cx, cy);
        }
      for (int group = 0; group < N_GROUPS; group++)
        {
          const double p = group_weight (lock, group, cy * n + cx);
          double      *to = sums + group * SUMS;
          to[0] += p;
          to[1] += p * p;
          for (int i = 0; i < 6; i++)
            to[2 + i] += p * value[i];
        }
    }
}

static double
lab_curve (double t)
{
  return t > 216.0 / 24389 ? cbrt (t) : (24389.0 / 27 * t + 16) / 116;
}

/* sRGB in [-1,1] to CIE Lab, D65. */
static void
to_lab (const double rgb[3], double lab[3])
{
  double lin[3];

  for (int c = 0; c < 3; c++)
    {
      const double v = fmin (fmax ((rgb[c] + 1) / 2, 0), 1);
      lin[c] = v <= .04045 ? v / 12.92 : pow ((v + .055) / 1.055, 2.4);
    }
  const double x = lab_curve ((.4124564 * lin[0] + .3575761 * lin[1] + .1804375 * lin[2]) / .95047);
  const double y = lab_curve (.2126729 * lin[0] + .7151522 * lin[1] + .0721750 * lin[2]);
  const double z = lab_curve ((.0193339 * lin[0] + .1191920 * lin[1] + .9503041 * lin[2]) / 1.08883);
  lab[0] = 116 * y - 16;
  lab[1] = 500 * (x - y);
  lab[2] = 200 * (y - z);
}

/* What to take from a region so that its mean colour moves by the allowed difference only. True when anything. */
static bool
find_shift (const double sums[SUMS], float shift[3])
{
  double before[3], after[3], lab0[3], lab1[3], e = 0;

  memset (shift, 0, 3 * sizeof *shift);
  if (sums[0] < 1) /* less than one cell of the map */
    return false;
  for (int c = 0; c < 3; c++)
    {
      before[c] = sums[2 + c] / sums[0];
      after[c] = before[c] + sums[5 + c] / sums[0];
    }
  to_lab (before, lab0);
  to_lab (after, lab1);
  for (int c = 0; c < 3; c++)
    e += (lab1[c] - lab0[c]) * (lab1[c] - lab0[c]);
  e = sqrt (e);
  if (e <= GUARD_DELTA_E)
    return false;
  /* The shift is applied with the soft weight P, which lowers the region's mean by sum P^2 / sum P of it. */
  for (int c = 0; c < 3; c++)
    shift[c] = (float)(sums[5 + c] / sums[0] * (1 - GUARD_DELTA_E / e) * (sums[0] / sums[1]));
  return true;
}

static void
shift_row (void *context, int y, int worker)
{
  const Lock  *lock = context;
  const double cell = (double)lock->map->w / lock->side;

  (void)worker;
  for (int group = 0; group < N_GROUPS; group++)
    {
      const float *shift = lock->shift[group];
      if (shift[0] == 0 && shift[1] == 0 && shift[2] == 0)
        continue;
      for (int x = 0; x < lock->side; x++)
        {
          float p = 0;
          for (int i = 0; groups[group][i] >= 0; i++)
            p += rvs__grid_at (rvs__channel (lock->map, groups[group][i]), lock->map->w, (x + .5) * cell, (y + .5) * cell);
          for (int c = 0; c < 3; c++)
            rvs__channel (lock->delta, c)[(size_t)y * (size_t)lock->side + (size_t)x] -= lock->keep * p * shift[c];
        }
    }
}

static void
guard_regions (RvsExec *exec, Lock *lock)
{
  double total[N_GROUPS * SUMS] = { 0 };
  bool   any = false;

  rvs__exec_run (exec, sum_map_row, lock, lock->map->h);
  if (rvs__exec_idle (exec))
    return;
  for (int row = 0; row < lock->map->h; row++)
    for (int i = 0; i < N_GROUPS * SUMS; i++)
      total[i] += lock->sums[(size_t)row * N_GROUPS * SUMS + (size_t)i];
  for (int group = 0; group < N_GROUPS; group++)
    any = find_shift (total + group * SUMS, lock->shift[group]) || any;
  if (any)
    rvs__exec_run (exec, shift_row, lock, lock->side);
}

/* ---- entry ---- */

static void
take_scratch (RvsExec *exec, Lock *lock, int side)
{
  const size_t plane = (size_t)side * (size_t)side;

  lock->luma = rvs__arena_floats (exec->arena, plane);
  lock->red = rvs__arena_floats (exec->arena, plane);
  lock->blue = rvs__arena_floats (exec->arena, plane);
  lock->spare = rvs__arena_floats (exec->arena, plane);
  lock->sums = rvs__arena_push (exec->arena, RVS_MAP_SIDE * N_GROUPS * SUMS * sizeof *lock->sums);
}

void
rvs__colour_lock (RvsExec *exec, const RvsTensor *face, const RvsTensor *map, float keep, RvsTensor *delta)
{
  const size_t mark = rvs__arena_mark (exec->arena);
  const int    finest = delta->w > 256 ? 0 : 1; /* 5 levels at 512 reach as far as 4 at 256 */
  Lock         lock = { .face = face, .map = map, .delta = delta, .side = delta->w, .keep = keep };

  assert (delta->c == 3 && delta->w == delta->h && delta->cs == (size_t)delta->w * (size_t)delta->h);
  assert (map->c == RVS_N_CLASSES && map->w == map->h && map->w <= RVS_MAP_SIDE && delta->w % map->w == 0);
  if (keep <= 0)
    return;
  take_scratch (exec, &lock, delta->w);
  rvs__exec_run (exec, split_row, &lock, lock.side);
  smooth_plane (exec, &lock, lock.luma, 5 - finest);
  smooth_plane (exec, &lock, lock.red, 4 - finest);
  smooth_plane (exec, &lock, lock.blue, 4 - finest);
  rvs__exec_run (exec, subtract_row, &lock, lock.side);
  guard_regions (exec, &lock);
  rvs__arena_release (exec->arena, mark);
}

static void
grey_row (void *context, int y, int worker)
{
  RvsTensor   *delta = context;
  const size_t row = (size_t)y * (size_t)delta->w;

  (void)worker;
  for (size_t i = row; i < row + (size_t)delta->w; i++)
    {
      const float mean = (rvs__channel (delta, 0)[i] + rvs__channel (delta, 1)[i] + rvs__channel (delta, 2)[i]) / 3;
      for (int c = 0; c < 3; c++)
        rvs__channel (delta, c)[i] = mean;
    }
}

void
rvs__colour_make_grey (RvsExec *exec, RvsTensor *delta)
{
  assert (delta->c == 3);
  rvs__exec_run (exec, grey_row, delta, delta->h);
}
