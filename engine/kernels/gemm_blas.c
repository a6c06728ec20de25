/* SPDX-License-Identifier: GPL-3.0-or-later
 * gemm_blas.c: the gemm kernel on a BLAS; the only file that includes cblas.h. Rows without a common distance
 * are gathered in blocks small enough to stay in the second-level cache. Our pool calls it from several threads,
 * so the library itself must run single-threaded: rvs__kernels_fill_blas sees to that. */
#include "kernels/kernels.h"

#if RVS_HAVE_BLAS

#include <cblas.h>
#include <string.h>

/* Columns gathered at a time; fixed, because sums may depend on it in the last bit. */
enum
{
  BLOCK_COLUMNS = 512
};

static size_t
gemm_work_blas (int m, int n, int k)
{
  (void)m;
  return (size_t)k * (size_t)(n < BLOCK_COLUMNS ? n : BLOCK_COLUMNS);
}

static void
gemm_f32_blas (const RvsGemm *args)
{
  if (args->row_stride >= args->n)
    {
      cblas_sgemm (CblasRowMajor, CblasTrans, CblasNoTrans, args->m, args->n, args->k, 1, args->a, args->lda, args->rows[0],
                   (int)args->row_stride, 0, args->c, (int)args->ldc);
      return;
    }
  for (int j = 0; j < args->n; j += BLOCK_COLUMNS)
    {
      int n = args->n - j < BLOCK_COLUMNS ? args->n - j : BLOCK_COLUMNS;

      for (int l = 0; l < args->k; l++)
        memcpy (args->work + (size_t)l * n, args->rows[l] + j, (size_t)n * sizeof (float));
      cblas_sgemm (CblasRowMajor, CblasTrans, CblasNoTrans, args->m, n, args->k, 1, args->a, args->lda, args->work, n, 0,
                   args->c + j, (int)args->ldc);
    }
}

void
rvs__kernels_fill_blas (RvsKernels *kernels)
{
  openblas_set_num_threads (1);
  kernels->name = "openblas";
  kernels->gemm_work = gemm_work_blas;
  kernels->gemm = gemm_f32_blas;
}

const char *
rvs__blas_text (void)
{
  return openblas_get_config ();
}

#else

void
rvs__kernels_fill_blas (RvsKernels *kernels)
{
  (void)kernels;
}

const char *
rvs__blas_text (void)
{
  return "none";
}

#endif
