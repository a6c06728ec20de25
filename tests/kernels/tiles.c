/* SPDX-License-Identifier: GPL-3.0-or-later
 * tiles.c: Winograd's transforms, each against the exact one. */
#include "check.h"

#include "core/mem.h"

#define A 0.70710678118654752
#define B 1.41421356237309505

/* As kernels.h has them. */
static const double tile_b[36] = { 1, 0,  -2.5, 0, 1, 0, 0, -B, -2,   A,  1, 0, 0, B, -2, -A,   1, 0,
                                   0, -A, -0.5, B, 1, 0, 0, A,  -0.5, -B, 1, 0, 0, 1, 0,  -2.5, 0, 1 };
static const double tile_g[18] = { 1,       0,     0,       -2 / 3.0, -2 * A / 3, -1 / 3.0, -2 / 3.0, 2 * A / 3, -1 / 3.0,
                                   1 / 6.0, B / 6, 1 / 3.0, 1 / 6.0,  -B / 6,     1 / 3.0,  0,        0,         1 };
static const double tile_a[24] = { 1, 1, 1, 1, 1, 0, 0, A, -A, B, -B, 0, 0, 0.5, 0.5, 2, 2, 0, 0, A / 2, -A / 2, 2 * B, -2 * B, 1 };

#undef A
#undef B

/* left x left^T, and the same of the absolute values. */
static void
exact_transform (const double *left, int n_out, int n_in, const float *x, double *value, double *scale)
{
  for (int i = 0; i < n_out * n_out; i++)
    {
      value[i] = scale[i] = 0;
      for (int l = 0; l < n_in * n_in; l++)
        {
          const double term = left[i / n_out * n_in + l / n_in] * left[i % n_out * n_in + l % n_in] * x[l];

          value[i] += term;
          scale[i] += fabs (term);
        }
    }
}

/* Along a row and down a column a value is rounded five times at most: its coefficient, its product, and the sums. */
static void
check_transformed (const char *what, const RvsKernels *kernels, const double *left, int n_out, int n_in, const float *x,
                   const float *got, size_t step)
{
  double value[36], scale[36];

  exact_transform (left, n_out, n_in, x, value, scale);
  for (int i = 0; i < n_out * n_out; i++)
    if (!(fabs (got[(size_t)i * step] - value[i]) <= 12 * 0x1p-24 * scale[i] + 1e-36))
      fail_msg ("%s %s: value %d is %.9g, exact %.9g", what, kernels->name, i, got[(size_t)i * step], value[i]);
}

static void
check_tiles_weights (const RvsKernels *plain, const RvsKernels *fast)
{
  const int    n = random_int (1, fast->panel), lda = n + random_int (0, 5);
  const size_t step = (size_t)(fast->panel + random_int (0, 7));
  float       *w = random_row ((size_t)(9 * lda)), *got = guarded (36 * step), g[9];

  (void)plain;
  fast->tiles_weights (w, lda, n, got, step);
  check_guards (got, 35 * step + (size_t)fast->panel);
  for (int i = 0; i < fast->panel; i++)
    {
      for (int t = 0; t < 9; t++)
        g[t] = i < n ? w[t * lda + i] : 0;
      check_transformed ("tiles_weights", fast, tile_g, 6, 3, g, got + i, step);
    }
  rvs__free (w);
  free_guarded (got);
}

/* Floats in n tiles' rows, up to a whole block. */
static size_t
block_floats (int n)
{
  return (size_t)((n + RVS_TILE_BLOCK - 1) / RVS_TILE_BLOCK * RVS_TILE_BLOCK) * RVS_TILE;
}

static void
check_tiles_in (const RvsKernels *plain, const RvsKernels *fast)
{
  const int    n = random_int (1, 50);
  const size_t pitch = block_floats (n) + 2 + (size_t)random_int (0, 9), step = (size_t)(n + random_int (0, 20));
  float       *rows = random_row (6 * pitch), *got = guarded (36 * step), d[36];

  (void)plain;
  fast->tiles_in (&(RvsTilesIn){ .rows = rows, .pitch = pitch, .n = n, .out = got, .step = step });
  check_guards (got, 35 * step + (size_t)n);
  for (size_t i = 0; i < 35; i++)
    for (size_t t = (size_t)n; t < step; t++)
      assert_true (got[i * step + t] == check_guard);
  for (int t = 0; t < n; t++)
    {
      for (int i = 0; i < 36; i++)
        d[i] = rows[(size_t)(i / 6) * pitch + (size_t)(4 * t + i % 6)];
      check_transformed ("tiles_in", fast, tile_b, 6, 6, d, got + t, step);
    }
  rvs__free (rows);
  free_guarded (got);
}

static void
check_tiles_out (const RvsKernels *plain, const RvsKernels *fast)
{
  const int    n = random_int (1, 50);
  const size_t pitch = block_floats (n) + (size_t)random_int (0, 9), step = (size_t)(n + random_int (0, 20));
  float       *in = random_row (36 * step), *got = guarded (4 * pitch), m[36], y[16];

  (void)plain;
  fast->tiles_out (&(RvsTilesOut){ .in = in, .step = step, .n = n, .rows = got, .pitch = pitch });
  check_guards (got, 3 * pitch + block_floats (n));
  for (int t = 0; t < n; t++)
    {
      for (int i = 0; i < 36; i++)
        m[i] = in[(size_t)i * step + (size_t)t];
      for (int i = 0; i < 16; i++)
        y[i] = got[(size_t)(i / 4) * pitch + (size_t)(4 * t + i % 4)];
      check_transformed ("tiles_out", fast, tile_a, 4, 6, m, y, 1);
    }
  rvs__free (in);
  free_guarded (got);
}

/* ---- speed: 128 tiles; operations as kernels/tiles.h has them, a multiply-add as two ---- */

enum
{
  BENCH_TILES = 128,
  BENCH_STEP = BENCH_TILES + 16,
  BENCH_PITCH = 4 * BENCH_TILES + 16
};

static double
once_weights (const RvsKernels *kernels, float *values)
{
  kernels->tiles_weights (values, 96, kernels->panel, values + 9 * 96, 96 * 16 + 16);
  return 9.0 * 12 * kernels->panel;
}

static double
once_in (const RvsKernels *kernels, float *values)
{
  kernels->tiles_in (
      &(RvsTilesIn){ .rows = values, .pitch = BENCH_PITCH, .n = BENCH_TILES, .out = values + 8 * BENCH_PITCH, .step = BENCH_STEP });
  return 12.0 * 22 * BENCH_TILES;
}

static double
once_out (const RvsKernels *kernels, float *values)
{
  kernels->tiles_out (
      &(RvsTilesOut){ .in = values, .step = BENCH_STEP, .n = BENCH_TILES, .rows = values + 40 * BENCH_STEP, .pitch = BENCH_PITCH });
  return 10.0 * 16 * BENCH_TILES;
}

const Check check_tiles[3] = { { "tiles_weights", offsetof (RvsKernels, tiles_weights), check_tiles_weights, once_weights },
                               { "tiles_in", offsetof (RvsKernels, tiles_in), check_tiles_in, once_in },
                               { "tiles_out", offsetof (RvsKernels, tiles_out), check_tiles_out, once_out } };
