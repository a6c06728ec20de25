/* SPDX-License-Identifier: GPL-3.0-or-later
 * exec.h: where a pass runs: its threads, its scratch, its inner loops, and the flag that stops it. What is done with one is
 * in ops/ops.h. */
#ifndef RVS_CORE_EXEC_H
#define RVS_CORE_EXEC_H

#include "core/arena.h"
#include "core/pool.h"
#include "core/tensor.h"

#include <stdatomic.h>

/* The table of inner loops, kernels/kernels.h; here it is only carried along. */
typedef struct RvsKernels RvsKernels;

typedef struct RvsExec
{
  RvsPool          *pool;
  RvsArena         *arena; /* also measuring: then every op returns at once */
  const RvsKernels *kernels;
  atomic_bool      *cancel; /* polled between layers; NULL = never */
} RvsExec;

#endif
