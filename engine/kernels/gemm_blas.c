/* SPDX-License-Identifier: GPL-3.0-or-later
 * gemm_blas.c: the gemm kernel on OpenBLAS; the only file that includes cblas.h. Rows without a common distance
 * are gathered in blocks small enough to stay in the second-level cache. Our pool calls it from several threads,
 * so the library itself must run single-threaded: rvs__kernels_fill_blas sees to that.
 *
 * It is loaded when it is first needed, not linked: OpenBLAS starts a thread for every processor as soon as it is loaded, and those
 * busy-wait for the first tenth of a second, beside the engine's own (finding two faces took 76 ms instead of 46). Most processors have AVX2
 * and never need it. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* RTLD_NOW under -std=c11 */
#endif
#include "kernels/kernels.h"

#if RVS_HAVE_BLAS

#include <cblas.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
/* Written once; NULL where there is no OpenBLAS. */
static __typeof__ (&cblas_sgemm)         sgemm;
static __typeof__ (&openblas_get_config) get_config;

static void
load_library (void)
{
  void                                  *library = dlopen ("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  __typeof__ (&openblas_set_num_threads) set_threads;

  if (!library)
    return;
  *(void **)&set_threads = dlsym (library, "openblas_set_num_threads");
  *(void **)&get_config = dlsym (library, "openblas_get_config");
  if (!set_threads || !get_config)
    return;
  set_threads (1);
  *(void **)&sgemm = dlsym (library, "cblas_sgemm");
}

static bool
have_library (void)
{
  pthread_once (&once, load_library);
  return sgemm != NULL;
}

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
      sgemm (CblasRowMajor, CblasTrans, CblasNoTrans, args->m, args->n, args->k, 1, args->a, args->lda, args->rows[0],
             (int)args->row_stride, 0, args->c, (int)args->ldc);
      return;
    }
  for (int j = 0; j < args->n; j += BLOCK_COLUMNS)
    {
      int n = args->n - j < BLOCK_COLUMNS ? args->n - j : BLOCK_COLUMNS;

      for (int l = 0; l < args->k; l++)
        memcpy (args->work + (size_t)l * n, args->rows[l] + j, (size_t)n * sizeof (float));
      sgemm (CblasRowMajor, CblasTrans, CblasNoTrans, args->m, n, args->k, 1, args->a, args->lda, args->work, n, 0, args->c + j,
             (int)args->ldc);
    }
}

void
rvs__kernels_fill_blas (RvsKernels *kernels)
{
  if (!have_library ())
    return; /* plain C stays in the table */
  kernels->name = "openblas";
  kernels->library = get_config ();
  kernels->gemm_work = gemm_work_blas;
  kernels->gemm = gemm_f32_blas;
}

#else

void
rvs__kernels_fill_blas (RvsKernels *kernels)
{
  (void)kernels;
}

#endif
