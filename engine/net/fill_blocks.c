/* SPDX-License-Identifier: GPL-3.0-or-later
 * fill_blocks.c: dense residual blocks with and without attention, gated fusion, and the U-Nets' step up. */
#include "net/fill_blocks.h"

/* ---- loading ---- */

void
rvs__fill_load_dense (RvsLoader *loader, RvsFillDense *block, int c, int growth, bool attends, const char *name)
{
  for (int i = 0; i < RVS_FILL_DENSE; i++)
    {
      rvs__load_conv (loader, &block->dense[i], growth, c + i * growth, 3, "%s.cs.%d", name, i);
      block->dense[i].dilation = 1 << i;
    }
  rvs__load_conv (loader, &block->join, c, c + RVS_FILL_DENSE * growth, 1, "%s.f", name);
  block->attends = attends;
  if (!attends)
    return;
  rvs__load_linear (loader, &block->narrow, c / RVS_FILL_SQUEEZE, c, "%s.att.f1", name);
  rvs__load_linear (loader, &block->wide, c, c / RVS_FILL_SQUEEZE, "%s.att.f2", name);
  rvs__load_conv (loader, &block->place, 1, 2, 7, "%s.att.sp", name);
}

void
rvs__fill_load_fusion (RvsLoader *loader, RvsFillFusion *fusion, int t, int q, const char *name)
{
  static const size_t one[1] = { 1 };

  rvs__load_conv (loader, &fusion->gate_t, t, t + q, 3, "%s.gs", name);
  rvs__load_conv (loader, &fusion->gate_q, q, t + q, 3, "%s.gt", name);
  rvs__load_conv (loader, &fusion->to_t, t, q, 1, "%s.ps", name);
  rvs__load_conv (loader, &fusion->to_q, q, t, 1, "%s.pt", name);
  rvs__load_tensor (loader, &fusion->gain_t, 1, one, "%s.a", name);
  rvs__load_tensor (loader, &fusion->gain_q, 1, one, "%s.b", name);
}

/* ---- forward ---- */

void
rvs__fill_dense (RvsExec *exec, const RvsFillDense *block, RvsTensor *x)
{
  static const RvsEpilogue with_elu = { .act = RVS_ACT_ELU };
  const size_t             mark = rvs__arena_mark (exec->arena);
  const RvsEpilogue        add_x = { .add = x };
  const int                growth = block->dense[0].c_out;
  RvsTensor                all = rvs__exec_tensor (exec, block->join.c_in, x->h, x->w), seen = rvs__channels (&all, 0, x->c);

  rvs__copy (exec, x, &seen);
  for (int i = 0; i < RVS_FILL_DENSE; i++)
    {
      RvsTensor grown = rvs__channels (&all, x->c + i * growth, growth);

      seen = rvs__channels (&all, 0, x->c + i * growth);
      rvs__conv2d (exec, &block->dense[i], &seen, &with_elu, &grown);
    }
  if (!block->attends)
    rvs__conv2d (exec, &block->join, &all, &add_x, x);
  else
    {
      RvsTensor joined = rvs__exec_tensor (exec, x->c, x->h, x->w);

      rvs__conv2d (exec, &block->join, &all, NULL, &joined);
      rvs__channel_attention (exec, &block->narrow, &block->wide, &joined);
      rvs__spatial_attention (exec, &block->place, &joined);
      rvs__add (exec, &joined, x);
    }
  rvs__arena_release (exec->arena, mark);
}

/* x += gain * sigmoid (gate (both)) * to (other) */
static void
give (RvsExec *exec, const RvsConv *gate, const RvsConv *to, const float *gain, const RvsTensor *both, const RvsTensor *other,
      RvsTensor *x)
{
  static const RvsEpilogue to_gate = { .act = RVS_ACT_SIGMOID };
  const size_t             mark = rvs__arena_mark (exec->arena);
  RvsTensor                open = rvs__exec_tensor (exec, x->c, x->h, x->w), value = rvs__exec_tensor (exec, x->c, x->h, x->w);

  rvs__conv2d (exec, gate, both, &to_gate, &open);
  rvs__conv2d (exec, to, other, NULL, &value);
  rvs__add_gated (exec, rvs__exec_idle (exec) ? 0 : *gain, &open, &value, x);
  rvs__arena_release (exec->arena, mark);
}

void
rvs__fill_fuse (RvsExec *exec, const RvsFillFusion *fusion, RvsTensor *t, RvsTensor *q, bool both)
{
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsTensor    old = rvs__exec_tensor (exec, t->c + q->c, t->h, t->w);
  RvsTensor    old_t = rvs__channels (&old, 0, t->c), old_q = rvs__channels (&old, t->c, q->c);

  rvs__copy (exec, t, &old_t);
  rvs__copy (exec, q, &old_q);
  give (exec, &fusion->gate_t, &fusion->to_t, fusion->gain_t, &old, &old_q, t);
  if (both)
    give (exec, &fusion->gate_q, &fusion->to_q, fusion->gain_q, &old, &old_t, q);
  rvs__arena_release (exec->arena, mark);
}

void
rvs__fill_step_up (RvsExec *exec, const RvsConv *narrow, const RvsConv *own, const RvsTensor *x, RvsTensor *skip)
{
  const size_t      mark = rvs__arena_mark (exec->arena);
  RvsTensor         small = rvs__exec_tensor (exec, narrow->c_out, x->h, x->w);
  RvsTensor         sum = rvs__exec_tensor (exec, skip->c, skip->h, skip->w);
  const RvsEpilogue lrelu_add = { .act = RVS_ACT_LRELU, .add = &sum };

  rvs__conv2d (exec, narrow, x, NULL, &small);
  rvs__copy (exec, skip, &sum);
  rvs__up2_add (exec, &small, &sum);
  rvs__conv2d (exec, own, &sum, &lrelu_add, skip);
  rvs__arena_release (exec->arena, mark);
}
