/* SPDX-License-Identifier: GPL-3.0-or-later
 * lines.c: cells that a drawn line passes, then thinned. */
#include "mend/lines.h"

#include "core/image.h"
#include "ops/ops.h"

#include <math.h>

enum
{
  CHUNK = 64 /* pixels read at a time */
};

/* ---- cells ---- */

typedef struct Job
{
  const RvsView *lines;
  RvsAffine      crop_to_image;
  double         reach; /* from a cell's middle to its sides, in image pixels */
  int            cell;
  RvsTensor     *out;
} Job;

static bool
drawn_in_row (const RvsView *lines, int y, int x0, int x1)
{
  float value[CHUNK];

  for (int x = x0; x < x1; x += CHUNK)
    {
      const int n = x1 - x < CHUNK ? x1 - x : CHUNK;

      rvs__view_read_plane (lines, y, x, n, value);
      for (int i = 0; i < n; i++)
        if (value[i] > 0)
          return true;
    }
  return false;
}

/* Pixels [lo, hi) of n around a position; the one it lies in at least. */
static void
span (double at, double reach, int n, int *lo, int *hi)
{
  const double from = floor (fmax (fmin (at - reach + .5, at), 0)), to = fmin (fmax (floor (at + reach + .5), floor (at) + 1), n);

  *lo = from < n ? (int)from : n;
  *hi = to > 0 ? (int)to : 0;
}

static bool
drawn_in_cell (const Job *job, int u, int v)
{
  double x, y;
  int    x0, x1, y0, y1;

  rvs__affine_apply (&job->crop_to_image, (u + .5) * job->cell, (v + .5) * job->cell, &x, &y);
  span (x, job->reach, job->lines->width, &x0, &x1);
  span (y, job->reach, job->lines->height, &y0, &y1);
  for (int row = y0; row < y1; row++)
    if (drawn_in_row (job->lines, row, x0, x1))
      return true;
  return false;
}

static void
mark_row (void *context, int v, int worker)
{
  const Job *job = context;

  (void)worker;
  for (int u = 0; u < job->out->w; u++)
    job->out->data[(size_t)v * (size_t)job->out->w + (size_t)u] = drawn_in_cell (job, u, v);
}

/* ---- thinning ---- */

/* The eight neighbours clockwise from above, 0 or 1. */
static void
neighbours (const RvsTensor *cells, int u, int v, int out[8])
{
  static const int at[8][2] = { { 0, -1 }, { 1, -1 }, { 1, 0 }, { 1, 1 }, { 0, 1 }, { -1, 1 }, { -1, 0 }, { -1, -1 } };

  for (int i = 0; i < 8; i++)
    {
      const int x = u + at[i][0], y = v + at[i][1];
      out[i] = x >= 0 && y >= 0 && x < cells->w && y < cells->h && cells->data[(size_t)y * (size_t)cells->w + (size_t)x] > 0;
    }
}

/* On the rim, not an end, and nothing falls apart without it; first pass: south-east rims, second: north-west ones. */
static bool
can_go (const int p[8], bool second)
{
  int n = 0, changes = 0;

  for (int i = 0; i < 8; i++)
    {
      n += p[i];
      changes += !p[i] && p[(i + 1) % 8];
    }
  if (n < 2 || n > 6 || changes != 1)
    return false;
  return second ? !(p[0] && p[2] && p[6]) && !(p[0] && p[4] && p[6]) : !(p[0] && p[2] && p[4]) && !(p[2] && p[4] && p[6]);
}

/* Cells that go are marked 2 first, since all of a pass are judged by what was there before it. Returns how many went. */
static int
thin_once (RvsTensor *cells, bool second)
{
  int gone = 0;

  for (int v = 0; v < cells->h; v++)
    for (int u = 0; u < cells->w; u++)
      {
        float *cell = &cells->data[(size_t)v * (size_t)cells->w + (size_t)u];
        int    p[8];

        if (!(*cell > 0))
          continue;
        neighbours (cells, u, v, p);
        if (can_go (p, second))
          *cell = 2; /* still foreground for its neighbours */
      }
  for (size_t i = 0; i < (size_t)cells->h * (size_t)cells->w; i++)
    if (cells->data[i] > 1)
      {
        cells->data[i] = 0;
        gone++;
      }
  return gone;
}

void
rvs__thin (RvsTensor *cells)
{
  while (thin_once (cells, false) + thin_once (cells, true) > 0)
    ;
}

void
rvs__mend_lines (RvsExec *exec, const RvsView *lines, const RvsAffine *crop_to_image, int cell, RvsTensor *out)
{
  Job job = { lines, *crop_to_image, cell / 2.0 * rvs__affine_scale (crop_to_image), cell, out };

  if (rvs__exec_idle (exec))
    return;
  rvs__pool_run (exec->pool, mark_row, &job, out->h);
  rvs__thin (out);
}
