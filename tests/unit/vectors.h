/* SPDX-License-Identifier: GPL-3.0-or-later
 * vectors.h: tensors from a .safetensors of tests/vectors, and an execution environment to run operators in. */
#ifndef TESTS_UNIT_VECTORS_H
#define TESTS_UNIT_VECTORS_H

#include "testing.h"

#include "../kernels/rounded.h"
#include "core/cpu.h"
#include "core/mem.h"
#include "ops/ops.h"
#include "weights/st_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every level once; the ones this processor lacks repeat the next lower one. */
static const uint32_t cpu_levels[]
    = { 0, RVS_CPU_BLAS, RVS_CPU_BLAS | RVS_CPU_AVX2 | RVS_CPU_NEON, RVS_CPU_BLAS | RVS_CPU_AVX2 | RVS_CPU_AVX512 | RVS_CPU_NEON };

enum
{
  N_LEVELS_TESTED = 4
};

static inline RvsStFile *
open_vectors (const char *name)
{
  char       path[1024];
  RvsStFile *file = NULL;
  RvsError   err = { 0 };

  snprintf (path, sizeof path, VECTORS "/%s", name);
  if (rvs__st_open (path, &file, &err) != RVS_OK)
    fail_msg ("%s: %s", path, err.message);
  return file;
}

/* A program whose tests all compare with one file names it in VECTOR_FILE before it includes this. */
#ifdef VECTOR_FILE
static RvsStFile *vectors;

static inline int
open_all (void **state)
{
  (void)state;
  vectors = open_vectors (VECTOR_FILE);
  return 0;
}

static inline int
close_all (void **state)
{
  (void)state;
  rvs__st_close (vectors);
  return 0;
}
#endif

/* The floats of CASE.NAME; free with rvs__free. */
static inline float *
floats_of (const RvsStFile *file, const char *group, const char *name, const RvsStTensor **out_tensor)
{
  char               full[128];
  const RvsStTensor *tensor;
  float             *values;

  snprintf (full, sizeof full, "%s.%s", group, name);
  tensor = rvs__st_find (file, full);
  if (!tensor)
    fail_msg ("no vector %s", full);
  values = rvs__alloc (tensor->n * sizeof (float));
  assert_non_null (values);
  assert_int_equal (rvs__st_read (tensor, values, NULL), RVS_OK);
  if (out_tensor)
    *out_tensor = tensor;
  return values;
}

/* A rank-3 vector as a tensor; free its data with rvs__free. */
static inline RvsTensor
tensor_of (const RvsStFile *file, const char *group, const char *name)
{
  const RvsStTensor *tensor;
  float             *values = floats_of (file, group, name, &tensor);

  assert_int_equal (tensor->rank, 3);
  return rvs__tensor (values, (int)tensor->shape[0], (int)tensor->shape[1], (int)tensor->shape[2]);
}

static inline RvsTensor
new_tensor (int c, int h, int w)
{
  float *data = rvs__alloc_zero ((size_t)c * (size_t)h * (size_t)w * sizeof (float));

  assert_non_null (data);
  return rvs__tensor (data, c, h, w);
}

static inline size_t
tensor_floats (const RvsTensor *t)
{
  return (size_t)t->c * (size_t)t->h * (size_t)t->w;
}

/* Bytes that a pass which must not write is to leave as they are. */
static inline void
fill_untouched (const RvsTensor *t)
{
  memset (t->data, 0x55, tensor_floats (t) * sizeof (float));
}

static inline void
assert_untouched (const RvsTensor *t)
{
  for (size_t i = 0; i < tensor_floats (t) * sizeof (float); i++)
    assert_int_equal (((unsigned char *)t->data)[i], 0x55);
}

/* One thread's result is kept in `first`; more threads' has the same bytes. */
static inline void
keep_or_compare (int threads, const RvsTensor *result, const RvsTensor *first)
{
  if (threads == 1)
    memcpy (first->data, result->data, tensor_floats (result) * sizeof (float));
  else
    assert_memory_equal (first->data, result->data, tensor_floats (result) * sizeof (float));
}

typedef struct Stage
{
  RvsKernels  kernels;
  RvsArena    arena;
  RvsExec     exec;
  atomic_bool cancel;
} Stage;

/* exec with a real arena of `bytes`. */
static inline void
stage_open (Stage *stage, int n_threads, uint32_t cpu_mask, size_t bytes)
{
  memset (stage, 0, sizeof *stage);
  rvs__kernels_init (&stage->kernels, cpu_mask);
  assert_int_equal (rvs__arena_open (&stage->arena, bytes, NULL), RVS_OK);
  stage->exec.kernels = &stage->kernels;
  stage->exec.arena = &stage->arena;
  stage->exec.cancel = &stage->cancel;
  assert_int_equal (rvs__pool_new (n_threads, &stage->exec.pool, NULL), RVS_OK);
}

static inline void
stage_close (Stage *stage)
{
  rvs__pool_free (stage->exec.pool);
  rvs__arena_close (&stage->arena);
}

static inline double
max_difference (const float *a, const float *b, size_t n)
{
  double worst = 0;

  for (size_t i = 0; i < n; i++)
    {
      double d = fabs ((double)a[i] - b[i]);

      /* A NaN must not look like no difference. */
      if (!(d <= worst))
        worst = isnan (d) ? INFINITY : d;
    }
  return worst;
}

static inline void
assert_close (const char *what, const float *a, const float *b, size_t n, double bound)
{
  double worst = max_difference (a, b, n);

  if (!(worst <= bound))
    fail_msg ("%s: largest difference %g, bound %g", what, worst, bound);
}

#endif
