/* SPDX-License-Identifier: GPL-3.0-or-later
 * exec_bench.h: what an operator or a face step needs around it: pool, arena, kernels; and noise that is the same everywhere. */
#ifndef TESTS_EXEC_BENCH_H
#define TESTS_EXEC_BENCH_H

#include "core/exec.h"
#include "kernels/kernels.h"
#include "testing.h"

#include <stdlib.h>

typedef struct ExecBench
{
  RvsPool   *pool;
  RvsArena   arena;
  RvsKernels kernels;
  RvsExec    exec;
} ExecBench;

static inline void
exec_bench_open (ExecBench *b, int n_threads, size_t scratch_bytes)
{
  *b = (ExecBench){ 0 };
  assert_int_equal (rvs__pool_new (n_threads, &b->pool, NULL), RVS_OK);
  assert_int_equal (rvs__arena_open (&b->arena, scratch_bytes, NULL), RVS_OK);
  rvs__kernels_init (&b->kernels, UINT32_MAX);
  b->exec = (RvsExec){ b->pool, &b->arena, &b->kernels, NULL };
}

static inline void
exec_bench_close (ExecBench *b)
{
  assert_int_equal (b->arena.used, 0); /* whoever pushed has released */
  rvs__arena_close (&b->arena);
  rvs__pool_free (b->pool);
}

static inline uint32_t
next_random (uint32_t *state)
{
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

/* 0..1 */
static inline float
random_unit (uint32_t *state)
{
  return (float)next_random (state) / 16777216.0f;
}

static inline RvsTensor
tensor_new (int c, int h, int w)
{
  float *data = malloc ((size_t)c * (size_t)h * (size_t)w * sizeof *data);

  assert_non_null (data);
  return rvs__tensor (data, c, h, w);
}

#endif
