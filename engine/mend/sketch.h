/* SPDX-License-Identifier: GPL-3.0-or-later
 * sketch.h: the edges that a hole was filled along, out of the crops into the photo. */
#ifndef RVS_MEND_SKETCH_H
#define RVS_MEND_SKETCH_H

#include "core/exec.h"
#include "face/affine.h"
#include "net/fill.h"
#include "rvs.h"

/* Of one crop. */
typedef struct RvsMendSketch
{
  RvsAffine image_to_crop;
  RvsRect   area;                                               /* image pixels that the crop has filled, and some around them */
  uint8_t   edges[RVS_FILL_SKETCH_SIDE * RVS_FILL_SKETCH_SIDE]; /* probabilities, 255 = 1 */
} RvsMendSketch;

/* sketch: 1 x 128 x 128 of a crop, as rvs__fill_forward writes it. */
void rvs__mend_sketch_keep (const RvsTensor *sketch, const RvsAffine *crop_to_image, RvsRect area, RvsMendSketch *out);
/* Writes into dst, one channel of bytes, the largest probability that the sketches give each pixel of their areas, interpolated between
 * cells, and leaves the others alone. Row-parallel, the same bytes for any thread count. */
void rvs__mend_sketch_draw (RvsExec *exec, const RvsMendSketch *sketches, size_t n, const RvsMutView *dst);

#endif
