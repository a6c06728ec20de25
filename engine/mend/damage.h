/* SPDX-License-Identifier: GPL-3.0-or-later
 * damage.h: scratches, dust and stains found over a whole photo, tile by tile. */
#ifndef RVS_MEND_DAMAGE_H
#define RVS_MEND_DAMAGE_H

#include "mend/mend.h"
#include "net/finder.h"

/* Writes 255 where the finder sees damage and 0 elsewhere into out: one channel of bytes, of the photo's size. Parts that are too wide for
 * damage (wide.h) are left out. The tiles' surroundings make the result what the whole photo at once would give. watch as in rvs__mend. OK or
 * CANCELLED; then out is partly written. */
RvsStatus rvs__find_damage (const RvsFinderNet *net, RvsExec *exec, const RvsView *image, const RvsWatch *watch,
                            const RvsMutView *out);
/* Over a measuring arena. */
void rvs__find_damage_measure (const RvsFinderNet *net, RvsExec *exec);

#endif
