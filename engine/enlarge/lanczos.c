/* SPDX-License-Identifier: GPL-3.0-or-later
 * lanczos.c: tile by tile: source rows to light, then for each row of the result six rows summed, and of that six columns.
 *
 * A whole factor has only `factor` different sets of weights, one a phase: the pixels of a phase are worked out side by side. */
#include "enlarge/lanczos.h"

#include "core/image.h"
#include "enlarge/light.h"
#include "ops/ops.h"

#include <assert.h>
#include <math.h>

enum
{
  TAPS = 6,
  MARGIN = 3, /* source pixels before a tile; behind it one more */
  AROUND = 7, /* both together */
  ROWS = 16,  /* source pixels of a tile */
  COLUMNS = 256,
  WIDTH = COLUMNS + AROUND + 1,
  ALPHA = 3, /* plane of it */
  PLANES = 4,
  TILES_A_RUN = 64 /* between two looks at the cancel flag */
};
#define PI 3.14159265358979323846
#define LEAST_ALPHA (1 / 1024.0f) /* below, a colour cannot be told from the sums any more */

/* Where the pixels of one phase are taken from: taps at i + shift - 2 .. i + shift + 3 for source pixel i. */
typedef struct Phase
{
  float weights[TAPS];
  int   shift; /* -1 or 0 */
} Phase;

/* Scratch of one thread. Planes 0..2 colours (1 used for grey), 3 alpha; index 0 is MARGIN pixels before the tile. */
typedef struct Tile
{
  float straight[3][ROWS + AROUND][WIDTH];                         /* light */
  float weighed[PLANES][ROWS + AROUND][WIDTH];                     /* light times alpha, and alpha; unused without alpha */
  float sum[PLANES][WIDTH];                                        /* of six rows */
  float low[PLANES][WIDTH], high[PLANES][WIDTH];                   /* of the two rows around */
  float lowest[PLANES][COLUMNS + 1], highest[PLANES][COLUMNS + 1]; /* of the four pixels around; [i + 1 + shift] */
  float weight[COLUMNS];                                           /* alpha before its limits: what the sums are divided by */
  float value[PLANES][COLUMNS];
  float row[PLANES][COLUMNS * RVS_MAX_FACTOR]; /* of the result, encoded */
} Tile;

typedef struct Job
{
  const RvsView    *src;
  const RvsMutView *dst;
  int               factor, n_colours, first_tile, tiles_across;
  bool              alpha;
  Phase             phases[RVS_MAX_FACTOR];
  const RvsLight   *light;
  Tile             *tiles;
} Job;

/* ---- weights ---- */

static double
lanczos (double x)
{
  const double a = PI * x;

  if (fabs (x) < 1e-9)
    return 1;
  return fabs (x) < 3 ? 3 * sin (a) * sin (a / 3) / (a * a) : 0;
}

static void
fill_phase (Phase *phase, int p, int factor)
{
  const double centre = (p + .5) / factor - .5;
  double       weights[TAPS], sum = 0;

  phase->shift = centre < -1e-9 ? -1 : 0;
  for (int t = 0; t < TAPS; t++)
    sum += weights[t] = lanczos (phase->shift - 2 + t - centre);
  for (int t = 0; t < TAPS; t++)
    phase->weights[t] = (float)(weights[t] / sum);
}

/* ---- the source ---- */

/* Planes of columns [x0, x0 + n) of a source row, which may lie outside on either side; the middle part is read first. */
static void
read_row (const Job *job, int y, int x0, int n, float *const planes[PLANES])
{
  const RvsView *src = job->src;
  const int      lo = x0 < 0 ? -x0 : 0, hi = x0 + n > src->width ? src->width - x0 : n;
  float         *at[PLANES];

  for (int c = 0; c < PLANES; c++)
    at[c] = planes[c] + lo;
  rvs__view_read_row (src, y, x0 + lo, hi - lo, at[0], at[1], at[2]);
  if (job->alpha)
    rvs__view_read_alpha (src, y, x0 + lo, hi - lo, at[ALPHA]);
  for (int c = 0; c < (job->alpha ? PLANES : 3); c++)
    {
      for (int i = lo - 1; i >= 0; i--)
        planes[c][i] = planes[c][rvs__mirrored (x0 + i, src->width) - x0];
      for (int i = hi; i < n; i++)
        planes[c][i] = planes[c][rvs__mirrored (x0 + i, src->width) - x0];
    }
}

static void
weigh_row (Tile *tile, int k, int n_colours, int n)
{
  const float *alpha = tile->weighed[ALPHA][k];

  for (int c = 0; c < n_colours; c++)
    for (int i = 0; i < n; i++)
      tile->weighed[c][k][i] = tile->straight[c][k][i] * alpha[i];
}

/* Rows and columns around the tile as light. */
static void
read_tile (const Job *job, Tile *tile, int x0, int y0, int n_rows, int n)
{
  for (int k = 0; k < n_rows + AROUND; k++)
    {
      float *const planes[PLANES] = { tile->straight[0][k], tile->straight[1][k], tile->straight[2][k], tile->weighed[ALPHA][k] };

      read_row (job, rvs__mirrored (y0 - MARGIN + k, job->src->height), x0 - MARGIN, n + AROUND, planes);
      for (int c = 0; c < job->n_colours; c++)
        rvs__light_decode (job->light, planes[c], n + AROUND);
      if (job->alpha)
        weigh_row (tile, k, job->n_colours, n + AROUND);
    }
}

/* ---- sums ---- */

static void
sum_rows (const Phase *phase, float (*rows)[WIDTH], int first, int n, float *out)
{
  const float *w = phase->weights;

  for (int i = 0; i < n; i++)
    out[i] = w[0] * rows[first][i] + w[1] * rows[first + 1][i] + w[2] * rows[first + 2][i] + w[3] * rows[first + 3][i]
             + w[4] * rows[first + 4][i] + w[5] * rows[first + 5][i];
}

static void
sum_columns (const Phase *phase, const float *row, int n, float *out)
{
  const float *w = phase->weights, *at = row + phase->shift + 1;

  for (int i = 0; i < n; i++)
    out[i] = w[0] * at[i] + w[1] * at[i + 1] + w[2] * at[i + 2] + w[3] * at[i + 3] + w[4] * at[i + 4] + w[5] * at[i + 5];
}

/* ---- limits ---- */

static inline float
lower (float a, float b)
{
  return a < b ? a : b;
}

static inline float
higher (float a, float b)
{
  return a > b ? a : b;
}

static void
limit_rows (const float *a, const float *b, int n, float *low, float *high)
{
  for (int i = 0; i < n; i++)
    {
      low[i] = lower (a[i], b[i]);
      high[i] = higher (a[i], b[i]);
    }
}

/* Of colours that alpha hides or shows: what is not seen has no say. */
static void
limit_seen_rows (Tile *tile, int c, int k, int n)
{
  const float *a = tile->straight[c][k], *b = tile->straight[c][k + 1];
  const float *alpha_a = tile->weighed[ALPHA][k], *alpha_b = tile->weighed[ALPHA][k + 1];

  for (int i = 0; i < n; i++)
    {
      tile->low[c][i] = lower (alpha_a[i] > 0 ? a[i] : INFINITY, alpha_b[i] > 0 ? b[i] : INFINITY);
      tile->high[c][i] = higher (alpha_a[i] > 0 ? a[i] : -INFINITY, alpha_b[i] > 0 ? b[i] : -INFINITY);
    }
}

static void
limit_columns (Tile *tile, int c, int n)
{
  const float *low = tile->low[c] + MARGIN - 1, *high = tile->high[c] + MARGIN - 1;

  for (int i = 0; i < n + 1; i++)
    {
      tile->lowest[c][i] = lower (low[i], low[i + 1]);
      tile->highest[c][i] = higher (high[i], high[i + 1]);
    }
}

/* The four pixels around each place between source row y (of the tile) and the one that `shift` says. */
static void
find_limits (const Job *job, Tile *tile, int y, int shift, int n)
{
  const int k = y + MARGIN + shift, width = n + AROUND;

  for (int c = 0; c < job->n_colours; c++)
    {
      if (job->alpha)
        limit_seen_rows (tile, c, k, width);
      else
        limit_rows (tile->straight[c][k], tile->straight[c][k + 1], width, tile->low[c], tile->high[c]);
      limit_columns (tile, c, n);
    }
  if (!job->alpha)
    return;
  limit_rows (tile->weighed[ALPHA][k], tile->weighed[ALPHA][k + 1], width, tile->low[ALPHA], tile->high[ALPHA]);
  limit_columns (tile, ALPHA, n);
}

/* ---- the result ---- */

/* Colours are the sums divided by alpha. */
static void
unweigh (float *value, const float *alpha, int n)
{
  for (int i = 0; i < n; i++)
    value[i] = alpha[i] > LEAST_ALPHA ? value[i] / alpha[i] : INFINITY;
}

static void
limit_values (const float *sums, const float *low, const float *high, int n, float *value)
{
  for (int i = 0; i < n; i++)
    value[i] = lower (higher (sums[i], low[i]), high[i]);
}

/* Where nothing around is seen, or too little to tell a colour: that of the nearest pixel. */
static void
limit_seen_values (float *value, const float *low, const float *high, const float *nearest, int n)
{
  for (int i = 0; i < n; i++)
    value[i] = low[i] <= high[i] && value[i] < INFINITY ? lower (higher (value[i], low[i]), high[i]) : nearest[i];
}

static void
spread (const float *values, int n, int phase, int factor, float *row)
{
  for (int i = 0; i < n; i++)
    row[i * factor + phase] = values[i];
}

/* Alpha of the pixels of a phase, and what the colours' sums are divided by. */
static void
make_alpha (Tile *tile, const Phase *phase, int n)
{
  sum_columns (phase, tile->sum[ALPHA], n, tile->weight);
  limit_values (tile->weight, tile->lowest[ALPHA] + 1 + phase->shift, tile->highest[ALPHA] + 1 + phase->shift, n,
                tile->value[ALPHA]);
}

/* Colour c of the pixels of a phase, as light within its limits; alpha is ready. nearest: the source row beside. */
static void
make_colour (const Job *job, Tile *tile, int c, const Phase *phase, int nearest, int n)
{
  const float *low = tile->lowest[c] + 1 + phase->shift, *high = tile->highest[c] + 1 + phase->shift;
  float       *value = tile->value[c];

  sum_columns (phase, tile->sum[c], n, value);
  if (!job->alpha)
    {
      limit_values (value, low, high, n, value);
      return;
    }
  unweigh (value, tile->weight, n);
  limit_seen_values (value, low, high, &tile->straight[c][nearest][MARGIN], n);
}

/* The pixels of column phase q; the sums of rows are there. */
static void
make_phase (const Job *job, Tile *tile, int q, int nearest, int n)
{
  const Phase *phase = &job->phases[q];

  if (job->alpha)
    {
      make_alpha (tile, phase, n);
      spread (tile->value[ALPHA], n, q, job->factor, tile->row[ALPHA]);
    }
  for (int c = 0; c < job->n_colours; c++)
    {
      make_colour (job, tile, c, phase, nearest, n);
      rvs__light_encode (job->light, tile->value[c], n);
      spread (tile->value[c], n, q, job->factor, tile->row[c]);
    }
}

static void
make_row (const Job *job, Tile *tile, int x0, int y0, int y, int p, int n)
{
  const Phase *phase = &job->phases[p];
  const int    to_y = (y0 + y) * job->factor + p, last = job->n_colours - 1;

  for (int c = 0; c < job->n_colours; c++)
    sum_rows (phase, job->alpha ? tile->weighed[c] : tile->straight[c], y + phase->shift + 1, n + AROUND, tile->sum[c]);
  if (job->alpha)
    sum_rows (phase, tile->weighed[ALPHA], y + phase->shift + 1, n + AROUND, tile->sum[ALPHA]);
  for (int q = 0; q < job->factor; q++)
    make_phase (job, tile, q, y + MARGIN, n);
  rvs__view_write_row (job->dst, to_y, x0 * job->factor, n * job->factor, tile->row[0], tile->row[last / 2], tile->row[last]);
  if (job->alpha)
    rvs__view_write_alpha (job->dst, to_y, x0 * job->factor, n * job->factor, tile->row[ALPHA]);
}

static void
make_tile (void *context, int item, int worker)
{
  const Job *job = context;
  Tile      *tile = &job->tiles[worker];
  const int  at = job->first_tile + item;
  const int  x0 = at % job->tiles_across * COLUMNS, y0 = at / job->tiles_across * ROWS;
  const int  n = job->src->width - x0 < COLUMNS ? job->src->width - x0 : COLUMNS;
  const int  n_rows = job->src->height - y0 < ROWS ? job->src->height - y0 : ROWS;

  read_tile (job, tile, x0, y0, n_rows, n);
  for (int y = 0; y < n_rows; y++)
    for (int p = 0; p < job->factor; p++)
      {
        if (p == 0 || job->phases[p].shift != job->phases[p - 1].shift)
          find_limits (job, tile, y, job->phases[p].shift, n);
        make_row (job, tile, x0, y0, y, p, n);
      }
}

static RvsStatus
make_tiles (RvsExec *exec, Job *job, const RvsWatch *watch)
{
  const int n_tiles = job->tiles_across * ((job->src->height + ROWS - 1) / ROWS);
  RvsStatus status = RVS_OK;

  for (job->first_tile = 0; job->first_tile < n_tiles && status == RVS_OK; job->first_tile += TILES_A_RUN)
    {
      const int n = n_tiles - job->first_tile < TILES_A_RUN ? n_tiles - job->first_tile : TILES_A_RUN;

      rvs__exec_run (exec, make_tile, job, n);
      status = watch->done (watch->user, (float)(job->first_tile + n) / (float)n_tiles);
    }
  return rvs__exec_cancelled (exec) ? RVS_ERR_CANCELLED : status;
}

static void
take_scratch (RvsExec *exec, RvsLight **out_light, Tile **out_tiles)
{
  *out_light = rvs__arena_push (exec->arena, sizeof **out_light);
  *out_tiles = rvs__arena_push (exec->arena, (size_t)rvs__pool_n_threads (exec->pool) * sizeof **out_tiles);
}

RvsStatus
rvs__lanczos (RvsExec *exec, const RvsView *src, int factor, const RvsWatch *watch, const RvsMutView *dst)
{
  const size_t mark = rvs__arena_mark (exec->arena);
  Job          job = { .src = src,
                       .dst = dst,
                       .factor = factor,
                       .n_colours = rvs__view_colours (src),
                       .alpha = src->channels % 2 == 0,
                       .tiles_across = (src->width + COLUMNS - 1) / COLUMNS };
  RvsLight    *light;
  RvsStatus    status;

  assert (factor >= 2 && factor <= RVS_MAX_FACTOR && dst->width == src->width * factor && dst->height == src->height * factor);
  take_scratch (exec, &light, &job.tiles);
  rvs__light_init (light);
  job.light = light;
  for (int p = 0; p < factor; p++)
    fill_phase (&job.phases[p], p, factor);
  status = make_tiles (exec, &job, watch);
  rvs__arena_release (exec->arena, mark);
  return status;
}

void
rvs__lanczos_measure (RvsExec *exec)
{
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsLight    *light;
  Tile        *tiles;

  assert (exec->arena->measuring);
  take_scratch (exec, &light, &tiles);
  rvs__arena_release (exec->arena, mark);
}
