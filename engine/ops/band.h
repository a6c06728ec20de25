/* SPDX-License-Identifier: GPL-3.0-or-later
 * band.h: a band of output rows of a convolution, seen as the rows of a matrix product.
 *
 * The band's input is copied once, with its padding, into scratch: planes of `pitch` columns, one for each input
 * channel and stride phase. Tap (ci, ky, kx) is then one contiguous run of that copy, shared by all rows of the
 * band; nothing is unfolded. Between two output rows the run holds (pitch - w_out) columns of no meaning.
 * A 1x1 convolution reads its input in place. Where products are narrow a plane holds two channels, rounded, in pairs. */
#ifndef RVS_OPS_BAND_H
#define RVS_OPS_BAND_H

#include "ops/ops.h"

typedef struct RvsBand
{
  const RvsKernels *kernels;
  const RvsConv    *conv;
  const RvsTensor  *in;
  bool              narrow;
  bool              enlarge; /* in is half as large: up2 on the way (1x1 only) */
  int               w_out, h_out;
  int               n_rows;                     /* at most, in one band */
  int               phases_y, phases_x;         /* of the stride */
  int               pitch, rows;                /* of one padded plane */
  size_t            pointer_bytes, plane_bytes; /* parts of the scratch: the product's rows, the planes */
} RvsBand;

/* Whether products with this convolution's weights are narrow here. */
bool rvs__narrow (const RvsExec *exec, const RvsConv *conv);
void rvs__band_plan (RvsBand *band, const RvsExec *exec, const RvsConv *conv, const RvsTensor *in, bool enlarge, int n_rows);
/* Columns of the product for n_rows output rows. */
int rvs__band_columns (const RvsBand *band, int n_rows);
/* Scratch that the two calls below need, for products of up to m channels; a multiple of RVS_ALIGN. */
size_t rvs__band_bytes (const RvsBand *band, int m);
/* Copies what output rows [y, y + n_rows) need into scratch. */
void rvs__band_copy (const RvsBand *band, int y, int n_rows, void *scratch);
/* c[i][j], i < m: output channel first + i without its bias, from the rows copied last. */
void rvs__band_multiply (const RvsBand *band, void *scratch, int n_rows, int first, int m, float *c, size_t ldc);

#endif
