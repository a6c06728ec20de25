/* SPDX-License-Identifier: GPL-3.0-or-later
 * tiles.h: 3x3 convolutions with a quarter of the products: Winograd's F(4x4, 3x3), kernels/kernels.h. Private to ops/. */
#ifndef RVS_OPS_TILES_H
#define RVS_OPS_TILES_H

#include "ops/conv.h"

/* Whether this convolution of `in` is one for tiles, and quicker so at this level. */
bool rvs__tiles_pay (const RvsExec *exec, const RvsConv *conv, const RvsTensor *in);
/* All of it, with scratch from the arena, which the caller releases. */
void rvs__conv_in_tiles (const RvsConvEnd *end, const RvsTensor *in);

#endif
