/* SPDX-License-Identifier: GPL-3.0-or-later
 * mend.h: a hole in a photo filled: crop by crop into the colours of its pixels, and these into the photo. */
#ifndef RVS_MEND_MEND_H
#define RVS_MEND_MEND_H

#include "core/watch.h"
#include "mend/accumulate.h"
#include "mend/sketch.h"
#include "net/fill.h"

/* A filled hole: what rvs__mend makes. */
typedef struct RvsMended
{
  RvsHole       *hole; /* owned */
  RvsMendSum    *sums; /* one a pixel of the hole */
  RvsFillReport  report;
  int64_t       *face_px;  /* of each face given: pixels that mostly its crop has filled */
  RvsMendSketch *sketches; /* of the crops that filled something */
  size_t         n_sketches;
} RvsMended;

/* Fills `hole` (taken, also on failure) of the image on the faces' crops and on local ones, along the lines (NULL: none; see lines.h).
 * Scratch as rvs__mend_measure counts it.
 * NO_MEMORY or CANCELLED. */
RvsStatus rvs__mend (const RvsFillNet *net, RvsExec *exec, const RvsView *image, RvsHole *hole, const RvsView *lines,
                     const RvsAffine *crop_to_image, size_t n_faces, const RvsWatch *watch, RvsMended **out_mended, RvsError *err);
void      rvs__mended_free (RvsMended *mended); /* NULL-safe */
/* Over a measuring arena. */
void rvs__mend_measure (const RvsFillNet *net, RvsExec *exec);

/* How a filled hole gets into a photo. */
typedef struct RvsMendPaste
{
  const RvsMended *mended;
  const RvsView   *src, *plane, *mask; /* plane: the hole as the caller gave it, whose values soften it; mask: NULL = 1 */
  float            strength;
  uint32_t         seed;  /* of the grain */
  float            grain; /* how much of it: 0 none, 1 as around the hole */
  bool             bare;  /* as if nothing softened it */
} RvsMendPaste;

/* dst = src + alpha * (filled - src) for the hole's pixels; every other pixel of dst is left alone. alpha = strength * mask * plane. dst may be src's memory. Row-parallel, the same bytes for any thread count. */
void rvs__mend_paste (RvsExec *exec, const RvsMendPaste *paste, const RvsMutView *dst);
/* Writes that alpha into dst, one channel of floats, for the hole's pixels. No fill is needed: of mended only the hole is read. */
void rvs__mend_weights (RvsExec *exec, const RvsMendPaste *paste, const RvsMutView *dst);

#endif
