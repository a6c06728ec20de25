/* SPDX-License-Identifier: GPL-3.0-or-later
 * fill.h: what the inpainting networks are fed with. Every one of these is exact: integers, or single precision in a fixed order,
 * so that trainer and engine have the same bits (docs/weights-format.md, `fill`). */
#ifndef RVS_OPS_FILL_H
#define RVS_OPS_FILL_H

#include "ops/ops.h"

#include <math.h>
#include <stdint.h>

/* A value of [-1,1] as one of 0..255. */
static inline int32_t
rvs__fill_u8 (float v)
{
  const float byte = floorf ((v + 1) * 127.5f + .5f);

  return byte < 0 ? 0 : byte > 255 ? 255 : (int32_t)byte;
}

/* Edges (1, else 0) of rgb, 3 x h x w in [-1,1], taken as 8 bits: Gaussian of sigma 1, Sobel, thresholds 40 and 90. out: 1 x h x w. */
void rvs__canny (RvsExec *exec, const RvsTensor *rgb, RvsTensor *out);

/* Smooth fill of the holes of x: pulled together by halves, then spread again with four Jacobi steps a level (discrete Laplace
 * equation). valid: 1 x h x w, 1 = known, 0 = hole; known pixels keep their values, a hole's are not read. Any size; with nothing known,
 * all zero. out: as x, and not x. */
void rvs__harmonic_fill (RvsExec *exec, const RvsTensor *x, const RvsTensor *valid, RvsTensor *out);

/* Reduces a damaged picture by a whole factor k, taken as 8 bits. A cell of out is the rounded mean of its known pixels (byte 0 without
 * any); it counts as known when half of its pixels are, so that a hair-thin scratch costs the reduced picture nothing. */
void rvs__reduce_known (RvsExec *exec, const RvsTensor *rgb, const RvsTensor *valid, RvsTensor *out, RvsTensor *out_valid);

#endif
