/* SPDX-License-Identifier: GPL-3.0-or-later
 * lanczos.h: a picture made larger by a whole factor. */
#ifndef RVS_ENLARGE_LANCZOS_H
#define RVS_ENLARGE_LANCZOS_H

#include "core/exec.h"
#include "core/watch.h"

/* dst = src, `factor` (2..RVS_MAX_FACTOR) times as wide and as high, of the same channels and depth, in other memory. Separable
 * Lanczos-3 of light (sRGB decoded), the colours weighted by alpha; the border is repeated in mirror image. The result stays within the range of the four source pixels
 * around it, which takes the kernel's halos away: those of light look far darker than those of codes. Where nothing is seen, the
 * nearest pixel's colours. Scratch does not grow with the picture. CANCELLED leaves dst partly written. */
RvsStatus rvs__lanczos (RvsExec *exec, const RvsView *src, int factor, const RvsWatch *watch, const RvsMutView *dst);
/* Over a measuring arena. */
void rvs__lanczos_measure (RvsExec *exec);

#endif
