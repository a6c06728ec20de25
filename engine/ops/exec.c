/* SPDX-License-Identifier: GPL-3.0-or-later
 * exec.c: whether a pass goes on, and what it takes from its arena. */
#include "ops/ops.h"

bool
rvs__exec_cancelled (const RvsExec *exec)
{
  return exec->cancel && atomic_load_explicit (exec->cancel, memory_order_relaxed);
}

bool
rvs__exec_idle (const RvsExec *exec)
{
  return exec->arena->measuring || rvs__exec_cancelled (exec);
}

void
rvs__exec_run (RvsExec *exec, RvsTask task, void *context, int n_items)
{
  if (!rvs__exec_idle (exec))
    rvs__pool_run (exec->pool, task, context, n_items);
}

RvsTensor
rvs__exec_tensor (RvsExec *exec, int c, int h, int w)
{
  return rvs__tensor (rvs__arena_floats (exec->arena, (size_t)c * (size_t)h * (size_t)w), c, h, w);
}

RvsNorm
rvs__exec_norm (RvsExec *exec, int c)
{
  RvsNorm norm;

  norm.mean = rvs__arena_floats (exec->arena, (size_t)c);
  norm.rstd = rvs__arena_floats (exec->arena, (size_t)c);
  return norm;
}
