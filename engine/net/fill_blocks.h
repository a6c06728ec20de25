/* SPDX-License-Identifier: GPL-3.0-or-later
 * fill_blocks.h: the blocks that the inpainting networks are made of (docs/weights-format.md, `fill`). Private to engine/net. */
#ifndef RVS_NET_FILL_BLOCKS_H
#define RVS_NET_FILL_BLOCKS_H

#include "ops/ops.h"
#include "weights/loader.h"

enum
{
  RVS_FILL_DENSE = 3,   /* dilated convolutions of a dense block: 1, 2, 4 */
  RVS_FILL_SQUEEZE = 8, /* channels over the attention's hidden ones */
  RVS_FILL_LEVELS = 4,  /* whole, half, quarter, eighth */
  RVS_FILL_MAX_WIDTH = 512,
  RVS_FILL_MAX_BLOCKS = 16
};

/* Dense residual block; with attention (CBAM) a dense residual attention block, DRAB. */
typedef struct RvsFillDense
{
  RvsConv dense[RVS_FILL_DENSE], join;
  bool    attends;
  RvsConv narrow, wide, place;
} RvsFillDense;

/* Bidirectional gated fusion of texture (t) and structure (q). */
typedef struct RvsFillFusion
{
  RvsConv gate_t, gate_q, to_t, to_q;
  float  *gain_t, *gain_q;
} RvsFillFusion;

void rvs__fill_load_dense (RvsLoader *loader, RvsFillDense *block, int c, int growth, bool attends, const char *name);
void rvs__fill_load_fusion (RvsLoader *loader, RvsFillFusion *fusion, int t, int q, const char *name);

/* x += block (x) */
void rvs__fill_dense (RvsExec *exec, const RvsFillDense *block, RvsTensor *x);
/* Both from what they were before; q stays as it is when `both` is false. */
void rvs__fill_fuse (RvsExec *exec, const RvsFillFusion *fusion, RvsTensor *t, RvsTensor *q, bool both);

/* up2 (narrow (x)) + skip, then + lrelu (own (that)), into the skip: one step up. */
void rvs__fill_step_up (RvsExec *exec, const RvsConv *narrow, const RvsConv *own, const RvsTensor *x, RvsTensor *skip);

#endif
