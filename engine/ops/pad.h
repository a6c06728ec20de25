/* SPDX-License-Identifier: GPL-3.0-or-later
 * pad.h: rows of a padded plane. Private to ops/. */
#ifndef RVS_OPS_PAD_H
#define RVS_OPS_PAD_H

#include "ops/ops.h"

/* dst[i] = row y of the channel at first + i * step, i < n; what is beyond the edges is padded, and zero where no output uses it. */
void rvs__pad_row (const RvsTensor *in, int channel, int y, int first, int step, RvsPad pad, int n, float *dst);

#endif
