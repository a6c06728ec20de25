/* SPDX-License-Identifier: GPL-3.0-or-later
 * band.h: a band of output rows of a convolution, seen as the rows of a matrix product.
 *
 * The band's input is copied once, with its padding, into scratch: planes of `pitch` columns, one for each input
 * channel and stride phase. Tap (ci, ky, kx) is then one contiguous run of that copy, shared by all rows of the
 * band; nothing is unfolded. Between two output rows the run holds (pitch - w_out) columns of no meaning.
 * A 1x1 convolution reads its input in place. */
#ifndef RVS_OPS_BAND_H
#define RVS_OPS_BAND_H

#include "ops/ops.h"

typedef struct RvsBand
{
  const RvsConv   *conv;
  const RvsTensor *in;
  bool             enlarge; /* in is half as large: up2 on the way (1x1 only) */
  int              w_out, h_out;
  int              n_rows;             /* at most, in one band */
  int              phases_y, phases_x; /* of the stride */
  int              pitch, rows;        /* of one padded plane */
  int              k;                  /* rows of the product */
} RvsBand;

void rvs__band_plan (RvsBand *band, const RvsConv *conv, const RvsTensor *in, bool enlarge, int n_rows);
/* Scratch floats that rvs__band_rows needs. */
size_t rvs__band_floats (const RvsBand *band);
/* Columns of the product for n_rows output rows. */
int rvs__band_columns (const RvsBand *band, int n_rows);
/* Points rows[0 .. k) at the taps for output rows [y, y + n_rows); returns their common distance or 0. */
ptrdiff_t rvs__band_rows (const RvsBand *band, const RvsKernels *kernels, int y, int n_rows, float *scratch, const float **rows);

#endif
