/* SPDX-License-Identifier: GPL-3.0-or-later
 * spad_blocks.c: residual channel attention, and the block with kernels that follow the structure. */
#include "net/spad_blocks.h"

/* ---- loading ---- */

void
rvs__spad_load_rcab (RvsLoader *loader, RvsSpadRcab *block, int c, const char *name)
{
  rvs__load_conv (loader, &block->a, c, c, 3, "%s.a", name);
  rvs__load_conv (loader, &block->b, c, c, 3, "%s.b", name);
  rvs__load_linear (loader, &block->narrow, c / RVS_SPAD_SQUEEZE, c, "%s.d", name);
  rvs__load_linear (loader, &block->wide, c, c / RVS_SPAD_SQUEEZE, "%s.u", name);
}

void
rvs__spad_load_hab (RvsLoader *loader, RvsSpadHab *block, int c, const char *name)
{
  rvs__load_conv (loader, &block->s, c, c, 3, "%s.s", name);
  rvs__load_conv (loader, &block->h, c, c, 3, "%s.h", name);
  rvs__load_own_conv (loader, &block->local, c, c, 3, "%s.l", name);
  rvs__load_conv (loader, &block->near, RVS_SPAD_NEAR, c, 1, "%s.l.f", name);
  rvs__load_conv (loader, &block->global, c, RVS_SPAD_MAPS, 1, "%s.g.g", name);
  rvs__load_conv (loader, &block->m, c, 2 * c, 1, "%s.m", name);
  rvs__load_conv (loader, &block->o, c, c, 3, "%s.o", name);
}

/* ---- forward ---- */

static const RvsEpilogue with_relu = { .act = RVS_ACT_RELU };

void
rvs__spad_rcab (RvsExec *exec, const RvsSpadRcab *block, RvsTensor *x)
{
  const size_t      mark = rvs__arena_mark (exec->arena);
  RvsNorm           norm = rvs__exec_norm (exec, x->c);
  const RvsEpilogue with_means = { .act = RVS_ACT_NONE, .norm = &norm };
  RvsTensor         a = rvs__exec_tensor (exec, x->c, x->h, x->w), b = rvs__exec_tensor (exec, x->c, x->h, x->w);

  rvs__conv2d (exec, &block->a, x, &with_relu, &a);
  rvs__conv2d (exec, &block->b, &a, &with_means, &b);
  rvs__add_attended (exec, &block->narrow, &block->wide, norm.mean, &b, x);
  rvs__arena_release (exec->arena, mark);
}

/* K = 2 k / (sum of k), k = sigmoid (global (pooled)). */
static void
global_kernels (RvsExec *exec, const RvsConv *global, const RvsTensor *pooled, RvsTensor *kernels)
{
  static const RvsEpilogue with_sigmoid = { .act = RVS_ACT_SIGMOID };

  rvs__conv2d (exec, global, pooled, &with_sigmoid, kernels);
  for (int c = 0; !rvs__exec_idle (exec) && c < kernels->c; c++)
    {
      float *kernel = rvs__channel (kernels, c), sum = 0;

      for (int i = 0; i < RVS_SPAD_CELLS * RVS_SPAD_CELLS; i++)
        sum += kernel[i];
      for (int i = 0; i < RVS_SPAD_CELLS * RVS_SPAD_CELLS; i++)
        kernel[i] *= 2 / sum;
    }
}

/* [local | global], 2C channels. */
static void
both_kinds (RvsExec *exec, const RvsSpadHab *block, const RvsTensor *structure, const RvsTensor *pooled, const RvsTensor *x,
            RvsTensor *both)
{
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsTensor    a = rvs__exec_tensor (exec, x->c, x->h, x->w), k = rvs__exec_tensor (exec, x->c, x->h, x->w);
  RvsTensor    guide = rvs__exec_tensor (exec, RVS_SPAD_NEAR, x->h, x->w);
  RvsTensor    kernels = rvs__exec_tensor (exec, x->c, RVS_SPAD_CELLS, RVS_SPAD_CELLS);
  RvsTensor    local = rvs__channels (both, 0, x->c), global = rvs__channels (both, x->c, x->c);

  rvs__conv2d (exec, &block->s, x, NULL, &a);
  rvs__conv2d (exec, &block->h, structure, NULL, &k);
  rvs__conv2d (exec, &block->near, &k, NULL, &guide);
  rvs__adaptive_conv (exec, &block->local, &guide, &a, &local);
  global_kernels (exec, &block->global, pooled, &kernels);
  rvs__depthwise3 (exec, &kernels, &a, &global);
  rvs__arena_release (exec->arena, mark);
}

void
rvs__spad_hab (RvsExec *exec, const RvsSpadHab *block, const RvsTensor *structure, const RvsTensor *pooled, RvsTensor *x)
{
  const size_t      mark = rvs__arena_mark (exec->arena);
  const RvsEpilogue add_x = { .add = x };
  RvsTensor         joined = rvs__exec_tensor (exec, x->c, x->h, x->w), both = rvs__exec_tensor (exec, 2 * x->c, x->h, x->w);

  both_kinds (exec, block, structure, pooled, x, &both);
  rvs__conv2d (exec, &block->m, &both, &with_relu, &joined);
  rvs__conv2d (exec, &block->o, &joined, &add_x, x);
  rvs__arena_release (exec->arena, mark);
}
