/* SPDX-License-Identifier: GPL-3.0-or-later
 * spad_blocks.h: the blocks that SPADNet is made of (docs/weights-format.md, `spad`). Private to engine/net. */
#ifndef RVS_NET_SPAD_BLOCKS_H
#define RVS_NET_SPAD_BLOCKS_H

#include "ops/ops.h"
#include "weights/loader.h"

enum
{
  RVS_SPAD_MAPS = 24,   /* planes of the prior: classes, then landmarks */
  RVS_SPAD_NEAR = 8,    /* channels in which pixels are alike or not */
  RVS_SPAD_SQUEEZE = 8, /* channels over the attention's hidden ones */
  RVS_SPAD_CELLS = 3    /* side of the pooled prior, and so of the kernels made of it */
};

/* Residual channel attention block. */
typedef struct RvsSpadRcab
{
  RvsConv a, b, narrow, wide;
} RvsSpadRcab;

/* Hybrid block: a local structure-adaptive convolution beside a global one. */
typedef struct RvsSpadHab
{
  RvsConv s, h, near, local, global, m, o;
} RvsSpadHab;

void rvs__spad_load_rcab (RvsLoader *loader, RvsSpadRcab *block, int c, const char *name);
void rvs__spad_load_hab (RvsLoader *loader, RvsSpadHab *block, int c, const char *name);

/* x = block (x) */
void rvs__spad_rcab (RvsExec *exec, const RvsSpadRcab *block, RvsTensor *x);
/* structure: what the level makes of the prior, at x's size and channels; pooled: RVS_SPAD_MAPS x 3 x 3. */
void rvs__spad_hab (RvsExec *exec, const RvsSpadHab *block, const RvsTensor *structure, const RvsTensor *pooled, RvsTensor *x);

#endif
