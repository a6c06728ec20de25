/* SPDX-License-Identifier: GPL-3.0-or-later
 * products.c: the matrix products in float and in bfloat16, against the exact one. */
#include "check.h"

#include "core/mem.h"

#include "rounded.h"

#include <float.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What both made of the factors in gemm, against the exact product. denormal: what rounding to them may add. */
static void
check_product (const char *what, const RvsGemm *gemm, const RvsKernels *plain, const float *wanted, const RvsKernels *fast,
               const float *got, double denormal)
{
  for (int i = 0; i < gemm->m; i++)
    for (int j = 0; j < gemm->n; j++)
      {
        const size_t at = (size_t)i * gemm->ldc + (size_t)j;
        double       scale = 0, value = 0;

        for (int l = 0; l < gemm->k; l++)
          {
            const double product = (double)gemm->a[l * gemm->lda + i] * gemm->rows[l][j];

            value += product;
            scale += fabs (product);
          }
        for (int which = 0; which < 2; which++)
          if (!(fabs ((which ? got : wanted)[at] - value) <= gemm->k * 0x1p-24 * scale + denormal))
            fail_msg ("%s %s %dx%dx%d: [%d][%d] is %.9g, exact %.9g", what, which ? fast->name : plain->name, gemm->m, gemm->n,
                      gemm->k, i, j, (which ? got : wanted)[at], value);
      }
}

static void
check_gemm (const RvsKernels *plain, const RvsKernels *fast)
{
  int           packed = random_int (0, 2) == 0;
  int           m = random_int (1, packed ? fast->panel : 40), n = random_int (1, MAX_ROW), k = random_int (1, 90);
  int           lda = packed ? fast->panel : m + random_int (0, 3), shift = random_int (0, 5), strided = random_int (0, 1);
  size_t        ldc = (size_t)n + (size_t)random_int (0, 20), pitch = (size_t)n + (size_t)shift;
  float        *a = random_row ((size_t)lda * (size_t)k), *b = random_row (pitch * (size_t)(k + 1));
  float        *wanted = guarded (ldc * (size_t)m), *got = guarded (ldc * (size_t)m);
  const float **rows = malloc ((size_t)k * sizeof *rows);
  RvsGemm       gemm = { .m = m, .n = n, .k = k, .a = a, .lda = lda, .rows = rows, .c = wanted, .ldc = ldc };

  assert_non_null (rows);
  for (int l = 0; l < k; l++)
    rows[l] = strided ? b + (size_t)l * pitch + 1 : b + (size_t)random_int (0, k - 1) * pitch + (size_t)random_int (0, shift);
  gemm.row_stride = strided ? (ptrdiff_t)pitch : 0;
  gemm.work = new_floats (plain->gemm_work (m, n, k));
  plain->gemm (&gemm);
  rvs__free (gemm.work);
  gemm.work = new_floats (fast->gemm_work (m, n, k));
  gemm.c = got;
  fast->gemm (&gemm);
  rvs__free (gemm.work);
  check_guards (got, ldc * (size_t)m - (ldc - (size_t)n));
  check_product ("gemm", &gemm, plain, wanted, fast, got, 1e-37);
  rvs__free (a);
  rvs__free (b);
  free (rows);
  free_guarded (wanted);
  free_guarded (got);
}

/* Rows of pairs by the plain kernel, the product by both: each against the exact one of the rounded factors. */
static void
check_gemm_pairs (const RvsKernels *plain, const RvsKernels *fast)
{
  const int        m = random_int (1, 40), n = random_int (1, MAX_ROW), c_in = random_int (1, 13), taps = random_int (1, 9);
  const int        k = c_in * taps, pairs = (c_in + 1) / 2 * taps, lda = m + random_int (0, 3), pitch = n + random_int (0, 5);
  const size_t     ldc = (size_t)n + (size_t)random_int (0, 20);
  float           *a = random_row ((size_t)lda * (size_t)k), *b = random_row ((size_t)(pitch * k));
  float           *wanted = guarded (ldc * (size_t)m), *got = guarded (ldc * (size_t)m);
  uint32_t        *words = (uint32_t *)(void *)new_floats ((size_t)(pitch * pairs));
  const uint32_t **rows = malloc ((size_t)pairs * sizeof *rows);
  const float    **factors = malloc ((size_t)k * sizeof *factors);
  RvsPairGemm      gemm = { .m = m, .n = n, .c_in = c_in, .taps = taps, .a = a, .lda = lda, .rows = rows, .c = wanted, .ldc = ldc };

  assert_non_null (rows);
  assert_non_null (factors);
  for (int p = 0; p < pairs; p++)
    {
      const int    c = p / taps * 2, t = p % taps;
      const float *odd = c + 1 < c_in ? b + pitch * ((c + 1) * taps + t) : NULL;

      rows[p] = words + pitch * p;
      plain->pair_row (b + pitch * (c * taps + t), odd, n, words + pitch * p);
    }
  gemm.work = new_floats (plain->gemm_work (m, n, k));
  plain->gemm_pairs (&gemm);
  rvs__free (gemm.work);
  gemm.work = new_floats (fast->gemm_work (m, n, k));
  gemm.c = got;
  fast->gemm_pairs (&gemm);
  rvs__free (gemm.work);
  check_guards (got, ldc * (size_t)m - (ldc - (size_t)n));
  round_all (a, (size_t)lda * (size_t)k);
  round_all (b, (size_t)(pitch * k));
  for (int l = 0; l < k; l++)
    factors[l] = b + pitch * l;
  check_product ("gemm_pairs", &(RvsGemm){ .m = m, .n = n, .k = k, .a = a, .lda = lda, .rows = factors, .ldc = ldc }, plain, wanted,
                 fast, got, k * 0x1p-126);
  rvs__free (a);
  rvs__free (b);
  rvs__free (words);
  free (rows);
  free (factors);
  free_guarded (wanted);
  free_guarded (got);
}

static uint32_t
bits_of (float v)
{
  uint32_t bits;

  memcpy (&bits, &v, sizeof bits);
  return bits;
}

/* To the bit, against arithmetic too. */
static void
check_pair_row (const RvsKernels *plain, const RvsKernels *fast)
{
  const int    n = random_int (1, MAX_ROW), alone = random_int (0, 3) == 0;
  float       *a = random_row ((size_t)n), *b = random_row ((size_t)n);
  float       *wanted = guarded ((size_t)n), *got = guarded ((size_t)n);
  const float  rare[] = { INFINITY, -INFINITY, NAN, FLT_MAX, 0x1.01p0f, 0x1.03p0f, -0x1.01p-126f, 0x1.fffp-127f };
  const size_t rares = sizeof rare / sizeof *rare;

  for (size_t i = 0; i < rares; i++)
    a[random_int (0, n - 1)] = rare[i];
  plain->pair_row (a, alone ? NULL : b, n, (uint32_t *)(void *)wanted);
  fast->pair_row (a, alone ? NULL : b, n, (uint32_t *)(void *)got);
  check_guards (got, (size_t)n);
  assert_memory_equal (got, wanted, (size_t)n * sizeof (float));
  for (int i = 0; i < n; i++)
    {
      const uint32_t low = bits_of (wanted[i]) << 16, high = bits_of (wanted[i]) & 0xffff0000u;

      assert_int_equal (high, alone ? 0 : bits_of (rounded_bf16 (b[i])));
      if (isfinite (a[i]))
        assert_int_equal (low, bits_of (rounded_bf16 (a[i])));
      else
        assert_true (isnan (a[i]) ? (low & 0x7fffffffu) > 0x7f800000u : low == bits_of (a[i]));
    }
  rvs__free (a);
  rvs__free (b);
  free_guarded (wanted);
  free_guarded (got);
}

/* ---- speed: one band of 96 channels to 96, of a single tap each ---- */

enum
{
  BENCH_M = 96,
  BENCH_K = 96,
  BENCH_N = 480
};

static double
once_gemm (const RvsKernels *kernels, float *values)
{
  const float *rows[BENCH_K];
  float       *a = values, *b = a + BENCH_M * BENCH_K, *c = b + BENCH_K * BENCH_N;
  RvsGemm      gemm = { .m = BENCH_M, .n = BENCH_N, .k = BENCH_K, .a = a, .lda = BENCH_M, .rows = rows, .c = c, .ldc = BENCH_N };

  for (int l = 0; l < BENCH_K; l++)
    rows[l] = b + l * BENCH_N;
  gemm.row_stride = BENCH_N;
  gemm.work = c + BENCH_M * BENCH_N;
  kernels->gemm (&gemm);
  return 2.0 * BENCH_M * BENCH_N * BENCH_K;
}

static double
once_gemm_pairs (const RvsKernels *kernels, float *values)
{
  const uint32_t *rows[BENCH_K / 2];
  float          *a = values, *b = a + BENCH_M * BENCH_K, *c = b + BENCH_K * BENCH_N;
  RvsPairGemm     gemm = { .m = BENCH_M, .n = BENCH_N, .c_in = BENCH_K, .taps = 1, .a = a, .lda = BENCH_M, .rows = rows, .c = c };

  for (int l = 0; l < BENCH_K / 2; l++)
    rows[l] = (const uint32_t *)(void *)(b + l * BENCH_N);
  gemm.ldc = BENCH_N;
  gemm.work = c + BENCH_M * BENCH_N;
  kernels->gemm_pairs (&gemm);
  return 2.0 * BENCH_M * BENCH_N * BENCH_K;
}

static double
once_pair_row (const RvsKernels *kernels, float *values)
{
  kernels->pair_row (values, values + 512, 512, (uint32_t *)(void *)(values + 1024));
  return 2 * 512;
}

const Check check_products[4] = { { "gemm_work", offsetof (RvsKernels, gemm_work), check_gemm, NULL },
                                  { "gemm", offsetof (RvsKernels, gemm), check_gemm, once_gemm },
                                  { "gemm_pairs", offsetof (RvsKernels, gemm_pairs), check_gemm_pairs, once_gemm_pairs },
                                  { "pair_row", offsetof (RvsKernels, pair_row), check_pair_row, once_pair_row } };
