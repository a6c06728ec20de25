/* SPDX-License-Identifier: GPL-3.0-or-later
 * fit.c: resizing for the detector, straight from the caller's pixels and without a full-size copy: an image of 400 megapixels
 * is read once, in tiles, each reduced vertically while it is read and then horizontally. */
#include "face/fit.h"

#include "ops/ops.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum
{
  TILE_COLUMNS = 64, /* output pixels of one work item, fewer where the reduction is strong */
  TILE_ROWS = 16,
  TILE_SOURCE = 4098 /* most source columns that one tile reads */
};

/* The source pixels under one output pixel: weights head, 1, 1, .., tail, all times the axis's norm. */
typedef struct Span
{
  int   first, n;
  float head, tail;
} Span;

typedef struct Fit
{
  const RvsView   *view;
  RvsRect          rect;
  int              width, height, tile_columns, tiles_x;
  const Span      *columns, *rows;
  float            norm;
  float           *scratch; /* per worker: three sums and three rows of TILE_SOURCE */
  const RvsTensor *dst;
} Fit;

static Span
span_area (double from, double to, int n_source)
{
  Span s;
  int  last;
  s.first = (int)from;
  last = (int)ceil (to - 1e-9) - 1;
  if (last >= n_source)
    last = n_source - 1;
  s.n = last - s.first + 1;
  s.head = (float)((s.n > 1 ? s.first + 1 : to) - from);
  s.tail = (float)(to - last);
  return s;
}

static Span
span_bilinear (double at, int n_source)
{
  double floor_at = floor (at);
  Span   s = { (int)floor_at, 2, (float)(1.0 - (at - floor_at)), (float)(at - floor_at) };
  if (s.first < 0 || s.first + 1 >= n_source)
    {
      s.first = s.first < 0 ? 0 : n_source - 1;
      s.n = 1;
      s.head = 1.0f;
    }
  return s;
}

/* Fills the spans of one axis and returns their norm. */
static float
axis_spans (int n_source, int n_out, Span *spans)
{
  double ratio = (double)n_source / n_out;
  for (int i = 0; i < n_out; i++)
    spans[i] = ratio > 1.0 ? span_area (i * ratio, (i + 1) * ratio, n_source) : span_bilinear ((i + 0.5) * ratio - 0.5, n_source);
  return ratio > 1.0 ? (float)(1.0 / ratio) : 1.0f;
}

static float
span_weight (const Span *s, int k)
{
  return k == 0 ? s->head : k == s->n - 1 ? s->tail : 1.0f;
}

/* Sums the rows under output row y, columns [x0, x0 + n) of the rect, into sums. */
static void
sum_rows (const Fit *fit, const Span *rows, int x0, int n, float *const sums[3], float *const line[3])
{
  for (int c = 0; c < 3; c++)
    memset (sums[c], 0, (size_t)n * sizeof (float));
  for (int k = 0; k < rows->n; k++)
    {
      float weight = span_weight (rows, k);
      rvs__view_read_row (fit->view, fit->rect.y + rows->first + k, fit->rect.x + x0, n, line[0], line[1], line[2]);
      for (int c = 0; c < 3; c++)
        for (int i = 0; i < n; i++)
          sums[c][i] += weight * line[c][i];
    }
}

static float
sum_columns (const float *sums, const Span *s)
{
  float total = s->head * sums[0];
  for (int k = 1; k < s->n - 1; k++)
    total += sums[k];
  if (s->n > 1)
    total += s->tail * sums[s->n - 1];
  return total;
}

static void
fit_tile (void *context, int item, int worker)
{
  const Fit *fit = context;
  int        x = item % fit->tiles_x * fit->tile_columns, y = item / fit->tiles_x * TILE_ROWS;
  int        x_end = x + fit->tile_columns < fit->width ? x + fit->tile_columns : fit->width;
  int        y_end = y + TILE_ROWS < fit->height ? y + TILE_ROWS : fit->height;
  int        x0 = fit->columns[x].first;
  int        n = fit->columns[x_end - 1].first + fit->columns[x_end - 1].n - x0;
  float     *base = fit->scratch + (size_t)worker * 6 * TILE_SOURCE;
  float     *sums[3], *line[3];
  for (int c = 0; c < 3; c++)
    {
      sums[c] = base + (size_t)c * TILE_SOURCE;
      line[c] = base + (size_t)(3 + c) * TILE_SOURCE;
    }
  for (; y < y_end; y++)
    {
      sum_rows (fit, &fit->rows[y], x0, n, sums, line);
      for (int c = 0; c < 3; c++)
        {
          float *out = rvs__channel (fit->dst, c) + (size_t)y * (size_t)fit->dst->w;
          for (int i = x; i < x_end; i++)
            {
              float v = fit->norm * sum_columns (sums[c] + fit->columns[i].first - x0, &fit->columns[i]);
              /* float images may hold any value; the network's range is fixed */
              out[i] = 2.0f * (v < 0.0f ? 0.0f : v > 1.0f ? 1.0f : v) - 1.0f;
            }
        }
    }
}

/* Columns of a tile so that the source under them fits the scratch. */
static int
tile_columns_for (int n_source, int n_out)
{
  double most = floor ((TILE_SOURCE - 2) * (double)n_out / n_source);
  assert (most >= 1.0);
  return most < TILE_COLUMNS ? (int)most : TILE_COLUMNS;
}

void
rvs__fit (RvsExec *exec, const RvsView *view, RvsRect rect, int width, int height, const RvsTensor *dst)
{
  size_t mark = rvs__arena_mark (exec->arena);
  Fit    fit = { .view = view, .rect = rect, .width = width, .height = height, .dst = dst };
  Span  *columns = rvs__arena_push (exec->arena, (size_t)width * sizeof (Span));
  Span  *rows = rvs__arena_push (exec->arena, (size_t)height * sizeof (Span));
  fit.scratch = rvs__arena_floats (exec->arena, (size_t)rvs__pool_n_threads (exec->pool) * 6 * TILE_SOURCE);
  if (!rvs__exec_idle (exec))
    {
      assert (dst->c == 3 && width <= dst->w && height <= dst->h);
      fit.columns = columns;
      fit.rows = rows;
      fit.norm = axis_spans (rect.width, width, columns);
      fit.norm *= axis_spans (rect.height, height, rows);
      fit.tile_columns = tile_columns_for (rect.width, width);
      fit.tiles_x = (width + fit.tile_columns - 1) / fit.tile_columns;
      rvs__pool_run (exec->pool, fit_tile, &fit, fit.tiles_x * ((height + TILE_ROWS - 1) / TILE_ROWS));
    }
  rvs__arena_release (exec->arena, mark);
}
