/* SPDX-License-Identifier: GPL-3.0-or-later
 * warp.h: resampling by an affine map, anti-aliased when it reduces, Lanczos-3 when it enlarges. Only the rows and columns of
 * the source that the result needs are read, and scratch does not grow with the source. */
#ifndef RVS_FACE_WARP_H
#define RVS_FACE_WARP_H

#include "core/exec.h"
#include "face/affine.h"

/* Reads columns [x, x + n) of row y, all inside the source, into n_planes planes. Called from several threads at once. */
typedef void (*RvsReadRow) (void *source, int y, int x, int n, float *const *planes);

typedef struct RvsWarpSource
{
  RvsReadRow read;
  void      *source;
  int        width, height;
  int        n_planes; /* 1 to 3 */
  bool       cut;      /* what lies outside the source: false = its mirror image, true = 0 */
} RvsWarpSource;

/* result = value * gain + offset, then clamped to [lo, hi]. */
typedef struct RvsWarpRange
{
  float gain, offset, lo, hi;
} RvsWarpRange;

/* range: NULL leaves values as they are. Fills dest (n_planes channels), whose pixel coordinates `dest_to_source` maps into the source. A reduction by k is a box mean
 * of floor(k) source pixels and then a Lanczos-3 widened by the rest: cheap for the largest photos, and without aliasing. A shift by
 * whole pixels copies exactly. Rows are split over the pool; the same bits for any thread count. A measuring arena counts the most that any map needs, for a
 * source with `cut` as far as that source goes; then the map is not read. */
void rvs__warp (RvsExec *exec, const RvsWarpSource *source, const RvsAffine *dest_to_source, const RvsWarpRange *range,
                RvsTensor *dest);

/* A view as source: colours 0..1. `colourful` becomes true when a pixel that was read is not grey. */
typedef struct RvsViewSource
{
  const RvsView *view;
  atomic_bool    colourful;
} RvsViewSource;
RvsWarpSource rvs__warp_from_view (RvsViewSource *source, const RvsView *view, int n_planes);
/* A tensor of 1 or 3 channels as source, cut. */
RvsWarpSource rvs__warp_from_tensor (const RvsTensor *tensor);

#endif
