/* SPDX-License-Identifier: GPL-3.0-or-later
 * finder.h: where a photo is damaged: scratches, dust, stains, tears. Graph: docs/weights-format.md, `finder`. */
#ifndef RVS_NET_FINDER_H
#define RVS_NET_FINDER_H

#include "net/arch.h"

enum
{
  RVS_FINDER_ALIGN = 8,   /* input sides are multiples of this */
  RVS_FINDER_AROUND = 152 /* a tile with so many pixels around it gives what the whole picture gives */
};

typedef struct RvsFinderNet RvsFinderNet; /* packed weights, owned by the model */

extern const RvsArch rvs__arch_finder; /* of an RvsFinderNet */

/* photo: 3 x h x w in [-1,1]; logits: 1 x h x w, above 0 = damaged. Returns OK or CANCELLED. */
RvsStatus rvs__finder_forward (const RvsFinderNet *net, RvsExec *exec, const RvsTensor *photo, RvsTensor *logits);

#endif
