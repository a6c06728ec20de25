/* SPDX-License-Identifier: GPL-3.0-or-later
 * fill.h: edge-prior inpainting (networks.md section 3, recipes.md section 2): the edges in the hole, a coarse picture with them, and
 * the hole at full resolution. Graphs: docs/weights-format.md, `fill`. */
#ifndef RVS_NET_FILL_H
#define RVS_NET_FILL_H

#include "net/arch.h"

enum
{
  RVS_FILL_SIDE = 512,
  RVS_FILL_SKETCH_SIDE = 128 /* of the repaired edges */
};

typedef struct RvsFillNet RvsFillNet; /* packed weights, owned by the model */

extern const RvsArch rvs__arch_fill; /* of an RvsFillNet */

typedef struct RvsFillIn
{
  RvsTensor crop;    /* 3 x 512 x 512 in [-1,1]; what the hole holds is not read */
  RvsTensor valid;   /* 1 x 512 x 512: 1 = undamaged, 0 = hole */
  bool      aligned; /* the crop is an aligned face: the networks then know where its parts are */
  RvsRect   want;    /* the part of the crop whose hole is asked for */
  RvsTensor lines;   /* 1 x 128 x 128, above 0: edges that the user knows of; data NULL: none */
} RvsFillIn;

/* sketch: 1 x 128 x 128 edge probabilities, known ones outside the hole, and 1 on lines inside. out: 3 x 512 x 512, the refiner's answer cut to [-1,1], in the hole
 * and around it; beyond a window around `want` it is the crop, and the coarse picture in the hole: the time goes with that window's area.
 * Returns OK or CANCELLED. */
RvsStatus rvs__fill_forward (const RvsFillNet *net, RvsExec *exec, const RvsFillIn *in, RvsTensor *sketch, RvsTensor *out);

#endif
