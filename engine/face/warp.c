/* SPDX-License-Identifier: GPL-3.0-or-later
 * warp.c: two passes: the part of the source that is needed is reduced by whole factors into a planar region (rows split over
 * the pool); then each destination pixel takes a separable, widened Lanczos-3 of the region. */
#include "face/warp.h"

#include "core/image.h"
#include "ops/ops.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum
{
  RADIUS = 3,         /* of the kernel, in units of its width */
  TABLE_STEPS = 1024, /* kernel samples per unit, interpolated linearly: error 4e-6 */
  TABLE_SIZE = RADIUS * TABLE_STEPS + 2,
  LANES = 16,              /* taps are handled in blocks of this, the rest weighted 0; */
  NARROW = 8,              /* in half of it where they fit */
  MARGIN = 2 * RADIUS + 2, /* region pixels around the hull: the kernel is widened by less than 2 */
  CHUNK = 2048             /* source pixels read at a time */
};
#define PI 3.14159265358979323846

/* The kernel, and how far it is from there to the next. */
typedef struct Step
{
  float value, to_next;
} Step;

typedef struct Warp
{
  const RvsWarpSource *source;
  const RvsWarpRange  *range;
  RvsTensor           *dest;
  RvsAffine            map;          /* dest to region index coordinates (pixel centres at whole numbers) */
  int                  kx, ky;       /* whole reduction factors */
  int                  x0, y0;       /* first region pixel, in units of kx and ky source pixels */
  int                  w, h;         /* of the region */
  size_t               row, plane;   /* floats from one region row, plane to the next; rows are padded by LANES */
  double               inv_x, inv_y; /* 1 / kernel width along the region's axes */
  float               *region;
  float               *rows; /* per worker: 3 planes of CHUNK */
  Step                *table;
} Warp;

/* ---- sources ---- */

static void
read_view (void *source, int y, int x, int n, float *const *planes)
{
  RvsViewSource *from = source;

  rvs__view_read_row (from->view, y, x, n, planes[0], planes[1], planes[2]);
  if (atomic_load_explicit (&from->colourful, memory_order_relaxed))
    return;
  for (int i = 0; i < n; i++)
    if (planes[0][i] != planes[1][i] || planes[1][i] != planes[2][i])
      {
        atomic_store_explicit (&from->colourful, true, memory_order_relaxed);
        return;
      }
}

RvsWarpSource
rvs__warp_from_view (RvsViewSource *source, const RvsView *view, int n_planes)
{
  source->view = view;
  atomic_init (&source->colourful, false);
  return (RvsWarpSource){ read_view, source, view->width, view->height, n_planes, false };
}

static void
read_tensor (void *source, int y, int x, int n, float *const *planes)
{
  const RvsTensor *from = source;

  for (int c = 0; c < from->c; c++)
    memcpy (planes[c], rvs__channel (from, c) + (size_t)y * from->w + x, (size_t)n * sizeof (float));
}

RvsWarpSource
rvs__warp_from_tensor (const RvsTensor *tensor)
{
  assert (tensor->c == 1 || tensor->c == 3);
  return (RvsWarpSource){ read_tensor, (void *)tensor, tensor->w, tensor->h, tensor->c, true };
}

/* ---- first pass: source to region ---- */

/* Reads source columns [x, x + n), n <= CHUNK, mirrored at the borders, into three rows of CHUNK. */
static void
read_reflected (const Warp *warp, int y, int x, int n, float *rows)
{
  const int width = warp->source->width;
  float    *planes[3] = { rows, rows + CHUNK, rows + 2 * CHUNK };
  float    *spare[3] = { rows + 3 * CHUNK, rows + 4 * CHUNK, rows + 5 * CHUNK };
  int       lo = width, hi = -1;

  if (x >= 0 && x + n <= width)
    {
      warp->source->read (warp->source->source, y, x, n, planes);
      return;
    }
  for (int i = 0; i < n; i++)
    {
      const int at = rvs__mirrored (x + i, width);
      lo = at < lo ? at : lo;
      hi = at > hi ? at : hi;
    }
  /* Mirroring folds the columns together, so these are never more than n. */
  warp->source->read (warp->source->source, y, lo, hi - lo + 1, spare);
  for (int c = 0; c < warp->source->n_planes; c++)
    for (int i = 0; i < n; i++)
      planes[c][i] = spare[c][rvs__mirrored (x + i, width) - lo];
}

/* Adds one source row's box sums to columns [first, first + n) of region row `out`. */
static void
add_boxes (const Warp *warp, const float *rows, int first, int n, float *out)
{
  const float gain = 1.0f / (float)(warp->kx * warp->ky);

  for (int c = 0; c < warp->source->n_planes; c++)
    {
      const float *in = rows + (size_t)c * CHUNK;
      float       *to = out + (size_t)c * warp->plane + first;
      if (warp->kx == 1 && warp->ky == 1)
        memcpy (to, in, (size_t)n * sizeof (float));
      else
        for (int i = 0; i < n; i++)
          {
            float sum = 0;
            for (int k = 0; k < warp->kx; k++)
              sum += in[i * warp->kx + k];
            to[i] += sum * gain;
          }
    }
}

static void
reduce_row (void *context, int item, int worker)
{
  const Warp *warp = context;
  float      *rows = warp->rows + (size_t)worker * 6 * CHUNK;
  float      *out = warp->region + (size_t)item * warp->row;
  const int   step = CHUNK / warp->kx;

  for (int c = 0; c < warp->source->n_planes; c++)
    memset (out + (size_t)c * warp->plane, 0, warp->row * sizeof (float));
  for (int k = 0; k < warp->ky; k++)
    {
      const int y = rvs__mirrored ((warp->y0 + item) * warp->ky + k, warp->source->height);
      for (int first = 0; first < warp->w; first += step)
        {
          const int n = warp->w - first < step ? warp->w - first : step;
          read_reflected (warp, y, (warp->x0 + first) * warp->kx, n * warp->kx, rows);
          add_boxes (warp, rows, first, n, out);
        }
    }
}

/* ---- second pass: region to destination ---- */

static void
fill_table (Step *table)
{
  table[0].value = 1;
  for (int i = 1; i < TABLE_SIZE; i++)
    {
      const double x = (double)i / TABLE_STEPS;
      const bool   zero = i % TABLE_STEPS == 0 || x >= RADIUS; /* exactly 0, so that whole-pixel shifts copy */
      table[i].value = zero ? 0 : (float)(sin (PI * x) / (PI * x) * sin (PI * x / RADIUS) / (PI * x / RADIUS));
    }
  for (int i = 0; i + 1 < TABLE_SIZE; i++)
    table[i].to_next = table[i + 1].value - table[i].value;
}

static int
floor_of (double v)
{
  const int n = (int)v;

  return n - (v < n);
}

/* Weights of the taps around `centre`, summing to 1, 0 beyond them up to `lanes`. Returns the first tap. In steps that a compiler turns into
 * vectors. */
static inline int
weigh_taps (const Step *table, double centre, double inv_width, const int lanes, int *out_n, float *weights)
{
  const double reach = RADIUS / inv_width;
  const int    first = -floor_of (reach - centre), n = floor_of (centre + reach) - first + 1;
  float        at[LANES], sum = 0;
  int          k[LANES];

  assert (n >= 1 && n <= lanes);
  for (int i = 0; i < lanes; i++)
    {
      const float v = (float)(fabs (first + i - centre) * inv_width) * TABLE_STEPS;
      at[i] = v < RADIUS * TABLE_STEPS ? v : RADIUS * TABLE_STEPS;
      k[i] = (int)at[i];
    }
  for (int i = 0; i < lanes; i++)
    weights[i] = i < n ? table[k[i]].value + table[k[i]].to_next * (at[i] - (float)k[i]) : 0;
  for (int i = 0; i < lanes; i++)
    sum += weights[i];
  for (int i = 0; i < lanes; i++)
    weights[i] /= sum;
  *out_n = n;
  return first;
}

/* A kernel that is not widened has 7 taps at most. */
static int
tap_weights (const Step *table, double centre, double inv_width, int *out_n, float weights[LANES])
{
  return inv_width == 1 ? weigh_taps (table, centre, 1, NARROW, out_n, weights)
                        : weigh_taps (table, centre, inv_width, LANES, out_n, weights);
}

typedef float Four __attribute__ ((vector_size (16), aligned (4), may_alias));

/* One plane at one point: rows first, in independent columns, n_fours times four of them, then across. */
static inline float
weigh (const float *at, size_t row, int n_rows, const int n_fours, const float *wx, const float *wy)
{
  Four lanes[LANES / 4] = { 0 }, part = { 0 };

  for (int j = 0; j < n_rows; j++, at += row)
    for (int i = 0; i < n_fours; i++)
      lanes[i] += wy[j] * ((const Four *)at)[i];
  for (int i = 0; i < n_fours; i++)
    part += ((const Four *)wx)[i] * lanes[i];
  return (part[0] + part[2]) + (part[1] + part[3]);
}

/* The value in its range. */
static inline float
ranged (const RvsWarpRange *range, float v)
{
  const float u = v * range->gain + range->offset, w = u > range->lo ? u : range->lo;

  return w < range->hi ? w : range->hi;
}

static int
clamp_int (int v, int lo, int hi)
{
  return v < lo ? lo : v > hi ? hi : v;
}

static bool
outside (const Warp *warp, double x, double y)
{
  const double left = -.5 - (double)warp->x0, top = -.5 - (double)warp->y0;

  return x < left || y < top || x > left + (double)warp->source->width / warp->kx
         || y > top + (double)warp->source->height / warp->ky;
}

static void
sample_row (void *context, int item, int worker)
{
  const Warp *warp = context;
  float       wx[LANES] = { 0 }, wy[LANES] = { 0 };
  int         nx, ny;

  (void)worker;
  for (int i = 0; i < warp->dest->w; i++)
    {
      double       x, y;
      const size_t at_dest = (size_t)item * warp->dest->w + (size_t)i;

      rvs__affine_apply (&warp->map, i + .5, item + .5, &x, &y);
      if (warp->source->cut && outside (warp, x, y))
        {
          for (int c = 0; c < warp->source->n_planes; c++)
            rvs__channel (warp->dest, c)[at_dest] = 0;
          continue;
        }
      const int left = tap_weights (warp->table, x, warp->inv_x, &nx, wx);
      const int top = tap_weights (warp->table, y, warp->inv_y, &ny, wy);
      /* The margins hold every tap; the clamps only keep a rounding error from becoming a stray read. */
      const float *at = warp->region + (size_t)clamp_int (top, 0, warp->h - ny) * warp->row + clamp_int (left, 0, warp->w - nx);
      for (int c = 0; c < warp->source->n_planes; c++, at += warp->plane)
        {
          const float v
              = nx <= NARROW ? weigh (at, warp->row, ny, NARROW / 4, wx, wy) : weigh (at, warp->row, ny, LANES / 4, wx, wy);
          rvs__channel (warp->dest, c)[at_dest] = ranged (warp->range, v);
        }
    }
}

/* A shift of the region by whole pixels: what sample_row would find with a single tap of weight 1. */
static void
shift_row (void *context, int item, int worker)
{
  const Warp  *warp = context;
  const float *from = warp->region + (size_t)(item + (int)(warp->map.m[5] + .5)) * warp->row + (int)(warp->map.m[2] + .5);

  (void)worker;
  for (int c = 0; c < warp->source->n_planes; c++, from += warp->plane)
    {
      float *to = rvs__channel (warp->dest, c) + (size_t)item * (size_t)warp->dest->w;

      for (int i = 0; i < warp->dest->w; i++)
        to[i] = ranged (warp->range, from[i]);
    }
}

static bool
shifts_whole (const Warp *warp)
{
  const double *m = warp->map.m, x = m[2] + .5, y = m[5] + .5;

  return !warp->source->cut && m[0] == 1 && m[1] == 0 && m[3] == 0 && m[4] == 1 && x == floor (x) && y == floor (y);
}

/* ---- geometry ---- */

/* Whole factors, kernel widths, and the region: the hull of the destination in the source, plus margins. */
static void
plan_region (Warp *warp, const RvsAffine *map)
{
  const double sx = hypot (map->m[0], map->m[1]), sy = hypot (map->m[3], map->m[4]);
  double       x0 = INFINITY, y0 = INFINITY, x1 = -INFINITY, y1 = -INFINITY;

  assert (sx < CHUNK && sy < CHUNK);
  warp->kx = sx >= 2 ? (int)floor (sx + 1e-9) : 1;
  warp->ky = sy >= 2 ? (int)floor (sy + 1e-9) : 1;
  warp->inv_x = fmin (1, warp->kx / sx);
  warp->inv_y = fmin (1, warp->ky / sy);
  for (int corner = 0; corner < 4; corner++)
    {
      double x, y;
      rvs__affine_apply (map, corner & 1 ? warp->dest->w : 0, corner & 2 ? warp->dest->h : 0, &x, &y);
      x0 = fmin (x0, x / warp->kx);
      y0 = fmin (y0, y / warp->ky);
      x1 = fmax (x1, x / warp->kx);
      y1 = fmax (y1, y / warp->ky);
    }
  if (warp->source->cut)
    {
      x0 = fmax (x0, 0);
      y0 = fmax (y0, 0);
      x1 = fmax (x0, fmin (x1, (double)warp->source->width / warp->kx));
      y1 = fmax (y0, fmin (y1, (double)warp->source->height / warp->ky));
    }
  warp->x0 = (int)floor (x0) - MARGIN;
  warp->y0 = (int)floor (y0) - MARGIN;
  warp->w = (int)ceil (x1) + MARGIN - warp->x0;
  warp->h = (int)ceil (y1) + MARGIN - warp->y0;
  for (int i = 0; i < 3; i++)
    {
      warp->map.m[i] = map->m[i] / warp->kx;
      warp->map.m[i + 3] = map->m[i + 3] / warp->ky;
    }
  warp->map.m[2] -= warp->x0 + .5;
  warp->map.m[5] -= warp->y0 + .5;
}

/* While measuring the map is not known yet: the largest region that any map can ask for. */
static void
plan_largest (Warp *warp)
{
  const RvsWarpSource *source = warp->source;
  const int            side = warp->dest->w > warp->dest->h ? warp->dest->w : warp->dest->h;
  /* A square turned by 45 degrees, at the largest scale below the next whole factor. */
  const int hull = (int)ceil (side * 2 * sqrt (2.0));

  warp->w = (source->cut ? source->width : hull) + 2 * MARGIN + 2;
  warp->h = (source->cut ? source->height : hull) + 2 * MARGIN + 2;
}

static size_t
row_scratch (const RvsExec *exec)
{
  return (size_t)rvs__pool_n_threads (exec->pool) * 6 * CHUNK;
}

void
rvs__warp (RvsExec *exec, const RvsWarpSource *source, const RvsAffine *dest_to_source, const RvsWarpRange *range, RvsTensor *dest)
{
  static const RvsWarpRange as_it_is = { 1, 0, -INFINITY, INFINITY };
  const size_t              mark = rvs__arena_mark (exec->arena);
  Warp                      warp = { .source = source, .range = range ? range : &as_it_is, .dest = dest };

  assert (dest->c == source->n_planes);
  if (exec->arena->measuring)
    plan_largest (&warp);
  else
    plan_region (&warp, dest_to_source);
  warp.row = (size_t)warp.w + LANES;
  warp.plane = warp.row * (size_t)warp.h;
  warp.region = rvs__arena_floats (exec->arena, warp.plane * (size_t)source->n_planes);
  warp.rows = rvs__arena_floats (exec->arena, row_scratch (exec));
  warp.table = rvs__arena_push (exec->arena, TABLE_SIZE * sizeof *warp.table);
  if (!rvs__exec_idle (exec))
    fill_table (warp.table);
  rvs__exec_run (exec, reduce_row, &warp, warp.h);
  rvs__exec_run (exec, !rvs__exec_idle (exec) && shifts_whole (&warp) ? shift_row : sample_row, &warp, dest->h);
  rvs__arena_release (exec->arena, mark);
}
