/* SPDX-License-Identifier: GPL-3.0-or-later
 * tiles.c: a 3x3 convolution in tiles of 4 x 4 results.
 *
 * The weights are transformed first, once a call: they become four times as large, so they are not kept. Then bands of rows of tiles: the
 * band's input is transformed, 36 matrix products multiply it, each of one place in all tiles, and what they give is transformed back and
 * ends as any convolution does, a few channels at a time so that it stays in the cache. */
#include "ops/tiles.h"

#include "ops/band.h"
#include "ops/pad.h"
#include "ops/scratch.h"

#include <assert.h>

enum
{
  MAX_TILES = 128,   /* of one band, unless a single row has more */
  MAX_VALUES = 8192, /* tiles times input channels: 36 of them are 1.2 MB, in the second-level cache of today's processors */
  MIN_TILES = 32,
  MIN_BANDS = 8, /* so that a few threads finish together */
  CHUNK = 16     /* output channels that exist in tiles at a time */
};

typedef struct TilesJob
{
  RvsConvEnd       end;
  const RvsTensor *in;
  int              panel, n_panels;
  int              across, down;                 /* tiles of the whole */
  int              n_rows;                       /* of tiles in a band */
  int              n_channels;                   /* output channels in an item */
  int              n_parts;                      /* items of a band */
  size_t           pitch;                        /* of rows of values: of the input's copy and of the result */
  size_t           ld;                           /* from one channel's tiles to the next's */
  size_t           step, step_out, step_weights; /* from one place to the next */
  float           *weights;                      /* [place][panel][c_in][panel's columns] */
  RvsScratch       scratch;
} TilesJob;

/* One worker's scratch, taken apart. */
typedef struct Parts
{
  float        *copy;     /* the band's rows of one channel */
  float        *values;   /* [place][c_in][ld] */
  float        *products; /* [place][CHUNK][ld] */
  const float **rows;     /* of one product */
} Parts;

static size_t
round_up (size_t n, size_t to)
{
  return (n + to - 1) / to * to;
}

/* An odd number of cache lines, so that places fall into different cache sets. */
static size_t
odd_step (size_t n)
{
  return round_up (n, 16) | 16;
}

static int
n_tiles (int side)
{
  return (side + RVS_TILE - 1) / RVS_TILE;
}

bool
rvs__tiles_pay (const RvsExec *exec, const RvsConv *conv, const RvsTensor *in)
{
  const RvsTilesPay *pay = rvs__narrow (exec, conv) ? &exec->kernels->tiles_narrow : &exec->kernels->tiles;
  const int64_t      tiles = (int64_t)n_tiles (in->h) * n_tiles (in->w);

  if (conv->kh != 3 || conv->kw != 3 || conv->stride != 1 || conv->dilation != 1)
    return false;
  return pay->from > 0 && tiles >= pay->least && 3 * RVS_TILE * RVS_TILE * tiles <= (int64_t)4 * in->h * in->w
         && conv->c_in * conv->c_out >= pay->from * (conv->c_in + conv->c_out);
}

/* ---- the plan ---- */

static int
smaller (int a, int b)
{
  return a < b ? a : b;
}

/* Rows of tiles in a band: enough tiles for the products, few enough for the cache and for the threads. */
static int
band_rows (const TilesJob *job, int c_in)
{
  int tiles = smaller (MAX_TILES, smaller (MAX_VALUES / c_in, job->across * job->down / MIN_BANDS));

  if (tiles < MIN_TILES)
    tiles = MIN_TILES;
  return tiles / job->across < 1 ? 1 : smaller (tiles / job->across, job->down);
}

static int
n_bands (const TilesJob *job)
{
  return (job->down + job->n_rows - 1) / job->n_rows;
}

static void
plan (TilesJob *job)
{
  const RvsConv *conv = job->end.conv;
  int            parts;

  job->panel = job->end.exec->kernels->panel;
  job->n_panels = (conv->c_out + job->panel - 1) / job->panel;
  job->across = n_tiles (job->in->w);
  job->down = n_tiles (job->in->h);
  job->n_rows = band_rows (job, conv->c_in);
  parts = rvs__parts (job->end.exec, n_bands (job));
  job->n_channels = (int)round_up ((size_t)((conv->c_out + parts - 1) / parts), CHUNK);
  job->n_parts = (conv->c_out + job->n_channels - 1) / job->n_channels;
  job->pitch = RVS_TILE * round_up ((size_t)job->across, RVS_TILE_BLOCK) + 16;
  job->ld = round_up ((size_t)(job->n_rows * job->across), 16);
  job->step = odd_step ((size_t)conv->c_in * job->ld);
  job->step_out = odd_step (CHUNK * job->ld);
  job->step_weights = odd_step ((size_t)(job->n_panels * job->panel * conv->c_in));
}

static size_t
copy_floats (const TilesJob *job)
{
  return (size_t)(RVS_TILE * job->n_rows + 2) * job->pitch;
}

static size_t
scratch_bytes (const TilesJob *job)
{
  const size_t floats = copy_floats (job) + RVS_PLACES * (job->step + job->step_out);

  return rvs__scratch_round (floats * sizeof (float)) + (size_t)job->end.conv->c_in * sizeof (float *);
}

static Parts
parts_of (const TilesJob *job, int worker)
{
  Parts parts;

  parts.copy = (float *)(void *)(job->scratch.base + job->scratch.stride * (size_t)worker);
  parts.values = parts.copy + copy_floats (job);
  parts.products = parts.values + RVS_PLACES * job->step;
  parts.rows = (const float **)(void *)(parts.products + RVS_PLACES * job->step_out);
  return parts;
}

/* ---- the weights ---- */

static void
weights_item (void *context, int item, int worker)
{
  const TilesJob *job = context;
  const RvsConv  *conv = job->end.conv;
  const int       first = item * job->panel, n = smaller (job->panel, conv->c_out - first);
  float          *out = job->weights + (size_t)(item * conv->c_in * job->panel);

  (void)worker;
  for (int ci = 0; ci < conv->c_in; ci++)
    job->end.exec->kernels->tiles_weights (conv->weight + (size_t)(ci * 9) * (size_t)conv->c_out + first, conv->c_out, n,
                                           out + ci * job->panel, job->step_weights);
}

/* ---- a band ---- */

static void
transform_band (const TilesJob *job, const Parts *parts, int top, int n_rows)
{
  const RvsConv *conv = job->end.conv;
  const int      width = RVS_TILE * job->across + 2;
  RvsTilesIn     args = { .pitch = job->pitch, .n = job->across, .step = job->step };

  for (int ci = 0; ci < conv->c_in; ci++)
    {
      for (int r = 0; r < RVS_TILE * n_rows + 2; r++)
        rvs__pad_row (job->in, ci, RVS_TILE * top + r - 1, -1, 1, conv->pad, width, parts->copy + (size_t)r * job->pitch);
      for (int r = 0; r < n_rows; r++)
        {
          args.rows = parts->copy + (size_t)(RVS_TILE * r) * job->pitch;
          args.out = parts->values + (size_t)ci * job->ld + (size_t)(r * job->across);
          job->end.exec->kernels->tiles_in (&args);
        }
    }
}

/* The products of one place, for output channels [first, first + m), whole panels from the first on. */
static void
multiply_place (const TilesJob *job, const Parts *parts, int place, int first, int m, int n_tiles)
{
  const RvsConv *conv = job->end.conv;
  const size_t   panel_floats = (size_t)(conv->c_in * job->panel);
  const float   *values = parts->values + (size_t)place * job->step;
  float         *products = parts->products + (size_t)place * job->step_out;
  RvsGemm        gemm = { .n = n_tiles, .k = conv->c_in, .lda = job->panel, .rows = parts->rows, .row_stride = (ptrdiff_t)job->ld };

  for (int ci = 0; ci < conv->c_in; ci++)
    parts->rows[ci] = values + (size_t)ci * job->ld;
  gemm.ldc = job->ld;
  for (int i = 0; i < m; i += job->panel)
    {
      gemm.m = smaller (job->panel, m - i);
      gemm.a = job->weights + (size_t)place * job->step_weights + (size_t)((first + i) / job->panel) * panel_floats;
      gemm.c = products + (size_t)i * job->ld;
      job->end.exec->kernels->gemm (&gemm);
    }
}

/* A channel of the chunk, back from tiles into rows, and to its end. The input's copy has had its time: the rows lie there. */
static void
finish_channel (const TilesJob *job, const Parts *parts, int i, int channel, int band, int n_rows)
{
  const int   y = RVS_TILE * band * job->n_rows;
  RvsTilesOut args = { .step = job->step_out, .n = job->across, .pitch = job->pitch };

  for (int r = 0; r < n_rows; r++)
    {
      args.in = parts->products + (size_t)i * job->ld + (size_t)(r * job->across);
      args.rows = parts->copy + (size_t)(RVS_TILE * r) * job->pitch;
      job->end.exec->kernels->tiles_out (&args);
    }
  rvs__conv_end_channel (&job->end, band, channel, parts->copy, job->pitch, y, smaller (RVS_TILE * n_rows, job->end.out->h - y));
}

static void
band_item (void *context, int item, int worker)
{
  const TilesJob *job = context;
  const Parts     parts = parts_of (job, worker);
  const int       band = item / job->n_parts, top = band * job->n_rows, n_rows = smaller (job->n_rows, job->down - top);
  const int       first = item % job->n_parts * job->n_channels, end = smaller (first + job->n_channels, job->end.conv->c_out);

  transform_band (job, &parts, top, n_rows);
  for (int c = first; c < end; c += CHUNK)
    {
      const int m = smaller (CHUNK, end - c);

      for (int place = 0; place < RVS_PLACES; place++)
        multiply_place (job, &parts, place, c, m, n_rows * job->across);
      for (int i = 0; i < m; i++)
        finish_channel (job, &parts, i, c + i, band, n_rows);
    }
}

void
rvs__conv_in_tiles (const RvsConvEnd *end, const RvsTensor *in)
{
  TilesJob job = { .end = *end, .in = in };
  RvsExec *exec = end->exec;

  plan (&job);
  assert (CHUNK % job.panel == 0);
  job.weights = rvs__arena_floats (exec->arena, RVS_PLACES * job.step_weights);
  job.scratch = rvs__scratch_push (exec, scratch_bytes (&job));
  rvs__conv_begin (&job.end, n_bands (&job));
  rvs__exec_run (exec, weights_item, &job, job.n_panels);
  rvs__exec_run (exec, band_item, &job, n_bands (&job) * job.n_parts);
  rvs__conv_end (&job.end);
}
