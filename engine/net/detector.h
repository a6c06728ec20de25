/* SPDX-License-Identifier: GPL-3.0-or-later
 * detector.h: the face detector. Graph and meaning of the outputs: docs/weights-format.md. */
#ifndef RVS_NET_DETECTOR_H
#define RVS_NET_DETECTOR_H

#include "net/arch.h"

enum
{
  RVS_DETECTOR_MAPS = 3,    /* strides 8, 16, 32 */
  RVS_DETECTOR_STRIDE = 8,  /* of the first map; each next one doubles it */
  RVS_DETECTOR_VALUES = 15, /* score, box, five landmarks */
  RVS_DETECTOR_ALIGN = 32   /* input sides are multiples of this */
};

typedef struct RvsDetectorNet RvsDetectorNet; /* packed weights, owned by the model */

extern const RvsArch rvs__arch_detector; /* of an RvsDetectorNet */

/* image: 3 x h x w in [-1,1]. out[i]: 15 x h/s x w/s, given by the caller. Scratch comes from the arena and is released.
 * Returns OK or CANCELLED. */
RvsStatus rvs__detector_forward (const RvsDetectorNet *net, RvsExec *exec, const RvsTensor *image,
                                 RvsTensor out[RVS_DETECTOR_MAPS]);

#endif
