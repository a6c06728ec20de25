/* SPDX-License-Identifier: GPL-3.0-or-later
 * paste.h: out = in + strength * sum of the faces' deltas (networks.md 11.1). Pixels are never resampled: only the difference is
 * carried back to the photo, so what no face changes keeps its exact bytes. */
#ifndef RVS_FACE_PASTE_H
#define RVS_FACE_PASTE_H

#include "core/exec.h"
#include "face/affine.h"
#include "face/grain.h"

/* One face as the compositor sees it. */
typedef struct RvsPatch
{
  bool         on;            /* false: the rect gets the source's bytes */
  RvsRect      rect;          /* the pixels it may change, inside the image */
  RvsAffine    image_to_crop; /* to units of the crop's side, 0..1 */
  const float *matte;         /* RVS_MATTE_CELLS, or NULL = 1: for the weights and the shares of overlapping faces */
  /* The delta with the matte in it, 3 channels, in units of 0..1. On the image's grid when its size is the rect's, and then read
   * exactly; else on a crop of `field.w` x `field.h` that the face enlarges, and then read bicubically. */
  RvsTensor    field;
  bool         field_on_image;
  RvsGrain     grain; /* added where the delta is */
  const float *later; /* RVS_MATTE_CELLS: a matte that the caller will hold the result under, or NULL; grain makes up for it */
} RvsPatch;

typedef struct RvsPasteJob
{
  const RvsPatch   *patches;
  size_t            n_patches;
  const RvsView    *src;
  const RvsMutView *dst;  /* the geometry, depth and channels of src; may be the same memory */
  const RvsView    *mask; /* size of src, one channel, multiplies the matte; NULL = 1 */
  float             strength;
  RvsRect           area;  /* only this part of the rects is written */
  float             grain; /* how much of the patches' grain is added: 0 none, 1 as it is */
} RvsPasteJob;

/* Writes each pixel of `area` that lies in some patch's rect once: the source's bytes where nothing is added. Where the
 * mattes of several faces sum to more than 1 each delta is divided by the sum, so that no detail is added twice. Row-parallel,
 * the same bytes for any thread count. A measuring arena counts the scratch of any job; a cancel does not stop a paste, which
 * would leave the picture half written. */
void rvs__paste (RvsExec *exec, const RvsPasteJob *job);
/* Adds the patch's delta at full strength, without grain, to the photo's pixels [x, x + n) of row y, three planes of 0..1. */
void rvs__paste_add (const RvsPatch *patch, int y, int x, int n, float *const rgb[3]);
/* Writes into `dst`, one channel of floats, the weight of the deltas in the same places: strength * mask * the sum of the mattes, at
 * most 1. Only patches that are on are written; src and the fields are not read. */
void rvs__paste_weights (RvsExec *exec, const RvsPasteJob *job);

/* field = delta * matte * gain on the crop grid, matte NULL = 1; delta and field 3 x N x N and may be the same. */
void rvs__paste_premultiply (RvsExec *exec, const RvsTensor *delta, const float *matte, float gain, RvsTensor *field);

#endif
