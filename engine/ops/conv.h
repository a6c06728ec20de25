/* SPDX-License-Identifier: GPL-3.0-or-later
 * conv.h: how a convolution ends, in bands or in tiles: its epilogue and the statistics of its result. Private to ops/. */
#ifndef RVS_OPS_CONV_H
#define RVS_OPS_CONV_H

#include "ops/ops.h"

typedef struct RvsConvEnd
{
  RvsExec           *exec;
  const RvsConv     *conv;
  const RvsEpilogue *epilogue;
  const RvsTensor   *out;
  int                n_bands;
  double            *sums; /* [band][channel][2], or NULL: no statistics are asked for */
} RvsConvEnd;

/* Takes the sums' memory from the arena. */
void rvs__conv_begin (RvsConvEnd *end, int n_bands);
/* One channel of rows [y, y + n_rows) of a band, [n_rows][pitch] in the cache without its bias -> the output. */
void rvs__conv_end_channel (const RvsConvEnd *end, int band, int channel, const float *result, size_t pitch, int y, int n_rows);
/* The statistics, from all bands' sums in their order, unless the pass is idle. */
void rvs__conv_end (const RvsConvEnd *end);
/* Mean and 1 / deviation from sums of n_bands bands. */
void rvs__norm_from_sums (const double *sums, int n_bands, int channels, double n_pixels, RvsNorm *norm);

#endif
