/* SPDX-License-Identifier: GPL-3.0-or-later
 * rows.c: what is done to rows: epilogues, modulation, moments, enlarging and halving, interleaving. */
#include "check.h"

#include "core/mem.h"

#include <string.h>

static void
check_epilogue (const RvsKernels *plain, const RvsKernels *fast)
{
  int            n = random_int (1, MAX_ROW), with_add = random_int (0, 1);
  float         *src = random_row ((size_t)n), *add = random_row ((size_t)n), *wanted = guarded ((size_t)n);
  float         *got = guarded ((size_t)n);
  double         scale[MAX_ROW], sums[2][2] = { { 3, 4 }, { 3, 4 } }, total = 0, square = 0;
  RvsEpilogueRow row = { .src = src,
                         .dst = wanted,
                         .add = with_add ? add : NULL,
                         .n = n,
                         .bias = random_float (),
                         .act = (RvsAct)random_int (RVS_ACT_NONE, RVS_ACT_ELU),
                         .add_first = random_int (0, 1),
                         .sums = sums[0] };

  plain->epilogue_row (&row);
  row.dst = got;
  row.sums = sums[1];
  if (random_int (0, 1))
    {
      /* In place. */
      memcpy (got, src, (size_t)n * sizeof (float));
      row.src = got;
    }
  fast->epilogue_row (&row);
  check_guards (got, (size_t)n);
  for (int i = 0; i < n; i++)
    {
      scale[i] = fabs (src[i]) + fabs (row.bias) + (with_add ? fabs (add[i]) : 0) + 1e-30;
      total += scale[i];
      square += (scale[i] + 1) * (scale[i] + 1);
    }
  check_row ("epilogue", fast->name, got, wanted, scale, n);
  assert_true (fabs (sums[0][0] - sums[1][0]) <= 1e-6 * (total + n));
  assert_true (fabs (sums[0][1] - sums[1][1]) <= 1e-5 * (square + n));
  rvs__free (src);
  rvs__free (add);
  free_guarded (wanted);
  free_guarded (got);
}

static void
check_modulate (const RvsKernels *plain, const RvsKernels *fast)
{
  int            n = random_int (1, MAX_ROW), two = random_int (0, 1), in_place = random_int (0, 2);
  float         *in[6], *wanted = guarded ((size_t)n), *got = guarded ((size_t)n);
  double         scale[MAX_ROW];
  RvsModulateRow row = { .n = n,
                         .mean = random_float (),
                         .rstd = 1.5f,
                         .gd_bias = random_float (),
                         .bd_bias = random_float (),
                         .gs_bias = random_float (),
                         .bs_bias = random_float (),
                         .slope = random_int (0, 1) ? 0.2f : 1 };

  for (int i = 0; i < 6; i++)
    in[i] = random_row ((size_t)n);
  row.x = in[0];
  row.gd = in[1];
  row.bd = in[2];
  row.gs = two ? in[3] : NULL;
  row.bs = two ? in[4] : NULL;
  row.w = in[5];
  for (int i = 0; i < n; i++)
    {
      double u = fabs ((double)in[0][i] - row.mean) * 1.5 + (fabs (in[0][i]) + fabs (row.mean)) * 1.5;
      double gd = fabs (in[1][i]) + fabs (row.gd_bias), bd = fabs (in[2][i]) + fabs (row.bd_bias), w = fabs (in[5][i]);
      double gs = fabs (in[3][i]) + fabs (row.gs_bias), bs = fabs (in[4][i]) + fabs (row.bs_bias);

      scale[i] = two ? u * (gs * (1 + w * gd) + w * bd) + bs * (1 + w * gd) + w * bd : u * gd + bd;
    }
  row.out = wanted;
  plain->modulate_row (&row);
  row.out = got;
  if (in_place == 1)
    {
      memcpy (got, in[0], (size_t)n * sizeof (float));
      row.x = got;
    }
  else if (in_place == 2)
    {
      memcpy (got, in[1], (size_t)n * sizeof (float));
      row.gd = got;
    }
  fast->modulate_row (&row);
  check_guards (got, (size_t)n);
  check_row ("modulate", fast->name, got, wanted, scale, n);
  for (int i = 0; i < 6; i++)
    rvs__free (in[i]);
  free_guarded (wanted);
  free_guarded (got);
}

static void
check_moments (const RvsKernels *plain, const RvsKernels *fast)
{
  int    n = random_int (1, MAX_ROW);
  float *x = random_row ((size_t)n);
  double wanted[2] = { 1, 2 }, got[2] = { 1, 2 }, total = 1, square = 2;

  plain->moments_row (x, n, wanted);
  fast->moments_row (x, n, got);
  for (int i = 0; i < n; i++)
    {
      total += fabs (x[i]);
      square += (double)x[i] * x[i];
    }
  /* Doubles: the order of adding is all that may differ. */
  assert_true (fabs (got[0] - wanted[0]) <= n * 0x1p-50 * total);
  assert_true (fabs (got[1] - wanted[1]) <= n * 0x1p-50 * square);
  rvs__free (x);
}

/* A row between guards that the plain kernel and one that the level's has written: compared, then freed. */
static void
compare_rows (const char *name, const char *level, float *got, float *wanted, int n, double scale)
{
  double scales[MAX_ROW];

  for (int i = 0; i < n; i++)
    scales[i] = scale;
  check_guards (got, (size_t)n);
  check_row (name, level, got, wanted, scales, n);
  free_guarded (wanted);
  free_guarded (got);
}

static double
largest (const float *a, const float *b, int n)
{
  double most = 0;

  for (int i = 0; i < n; i++)
    most = fmax (most, fmax (fabs (a[i]), fabs (b[i])));
  return most;
}

static void
check_up2 (const RvsKernels *plain, const RvsKernels *fast)
{
  int    n = random_int (1, MAX_ROW / 2);
  float *a = random_row ((size_t)n), *b = random_row ((size_t)n);
  float *wanted = guarded (2 * (size_t)n), *got = guarded (2 * (size_t)n);

  plain->up2_row (a, b, 0.75f, n, wanted);
  fast->up2_row (a, b, 0.75f, n, got);
  compare_rows ("up2", fast->name, got, wanted, 2 * n, largest (a, b, n));
  rvs__free (a);
  rvs__free (b);
}

static void
check_down2 (const RvsKernels *plain, const RvsKernels *fast)
{
  int    n = random_int (1, MAX_ROW / 2);
  float *a = random_row (2 * (size_t)n), *b = random_row (2 * (size_t)n);
  float *wanted = guarded ((size_t)n), *got = guarded ((size_t)n);

  plain->down2_row (a, b, n, wanted);
  fast->down2_row (a, b, n, got);
  compare_rows ("down2", fast->name, got, wanted, n, largest (a, b, 2 * n));
  rvs__free (a);
  rvs__free (b);
}

static void
check_interleave (const RvsKernels *plain, const RvsKernels *fast)
{
  int    n = random_int (1, MAX_ROW / 2);
  float *a = random_row ((size_t)n), *b = random_row ((size_t)n);
  float *wanted = guarded (2 * (size_t)n), *got = guarded (2 * (size_t)n);

  plain->interleave_row (a, b, n, wanted);
  fast->interleave_row (a, b, n, got);
  assert_memory_equal (got, wanted, 2 * (size_t)n * sizeof (float)); /* copies, to the bit */
  compare_rows ("interleave", fast->name, got, wanted, 2 * n, 0);
  rvs__free (a);
  rvs__free (b);
}

/* ---- speed: rows of 512; a multiply-add counts as two ---- */

enum
{
  BENCH_ROW = 512
};

static double
once_epilogue (const RvsKernels *kernels, float *values)
{
  double sums[2] = { 0, 0 };

  kernels->epilogue_row (&(RvsEpilogueRow){
      .src = values, .dst = values + BENCH_ROW, .sums = sums, .n = BENCH_ROW, .bias = 0.5f, .act = RVS_ACT_LRELU });
  return 5.0 * BENCH_ROW;
}

static double
once_modulate (const RvsKernels *kernels, float *values)
{
  kernels->modulate_row (&(RvsModulateRow){ .x = values,
                                            .gd = values + BENCH_ROW,
                                            .bd = values + 2 * BENCH_ROW,
                                            .gs = values + 3 * BENCH_ROW,
                                            .bs = values + 4 * BENCH_ROW,
                                            .w = values + 5 * BENCH_ROW,
                                            .out = values + 6 * BENCH_ROW,
                                            .n = BENCH_ROW,
                                            .rstd = 1,
                                            .slope = 0.2f });
  return 16.0 * BENCH_ROW;
}

static double
once_moments (const RvsKernels *kernels, float *values)
{
  double sums[2] = { 0, 0 };

  kernels->moments_row (values, BENCH_ROW, sums);
  return 3.0 * BENCH_ROW;
}

static double
once_up2 (const RvsKernels *kernels, float *values)
{
  kernels->up2_row (values, values + BENCH_ROW, 0.75f, BENCH_ROW, values + 2 * BENCH_ROW);
  return 9.0 * BENCH_ROW;
}

static double
once_down2 (const RvsKernels *kernels, float *values)
{
  kernels->down2_row (values, values + 2 * BENCH_ROW, BENCH_ROW, values + 4 * BENCH_ROW);
  return 4.0 * BENCH_ROW;
}

/* Copies: floats in place of operations. */
static double
once_interleave (const RvsKernels *kernels, float *values)
{
  kernels->interleave_row (values, values + BENCH_ROW, BENCH_ROW, values + 2 * BENCH_ROW);
  return 2.0 * BENCH_ROW;
}

const Check check_rows[6] = { { "epilogue_row", offsetof (RvsKernels, epilogue_row), check_epilogue, once_epilogue },
                              { "modulate_row", offsetof (RvsKernels, modulate_row), check_modulate, once_modulate },
                              { "moments_row", offsetof (RvsKernels, moments_row), check_moments, once_moments },
                              { "up2_row", offsetof (RvsKernels, up2_row), check_up2, once_up2 },
                              { "down2_row", offsetof (RvsKernels, down2_row), check_down2, once_down2 },
                              { "interleave_row", offsetof (RvsKernels, interleave_row), check_interleave, once_interleave } };
