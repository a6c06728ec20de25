/* SPDX-License-Identifier: GPL-3.0-or-later
 * fill_refine.h: the network of `fill` that works at the crop's full resolution. Private to engine/net. */
#ifndef RVS_NET_FILL_REFINE_H
#define RVS_NET_FILL_REFINE_H

#include "net/fill_blocks.h"

typedef struct RvsFillRefine
{
  int          widths[RVS_FILL_LEVELS], n_blocks, growth;
  RvsConv      first, down[RVS_FILL_LEVELS - 1], even[RVS_FILL_LEVELS - 2];
  RvsFillDense quarter, trunk[RVS_FILL_MAX_BLOCKS];
  RvsConv      narrow[RVS_FILL_LEVELS - 1], own[RVS_FILL_LEVELS - 1], last, out;
} RvsFillRefine;

/* widths, n_blocks and growth are given; tensors are named PREFIX.i, ... */
void rvs__fill_load_refine (RvsLoader *loader, RvsFillRefine *net, const char *prefix);

/* inputs: [fill 3 | coarse 3 | valid | edge], 8 x h x w, sides multiples of 8. out (3 x h x w) = fill + gate * (coarse - fill) + difference;
 * not cut to [-1,1]. No value depends on where in the crop it lies. */
void rvs__fill_refine (RvsExec *exec, const RvsFillRefine *net, const RvsTensor *inputs, RvsTensor *out);
#endif
