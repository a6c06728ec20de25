/* SPDX-License-Identifier: GPL-3.0-or-later
 * fit.h: a rectangle of an image, resized into a planar RGB tensor in [-1,1]. */
#ifndef RVS_FACE_FIT_H
#define RVS_FACE_FIT_H

#include "core/exec.h"
#include "core/image.h"

/* Writes the pixels of rect, resized to width x height, to the top left corner of dst (3 channels, at least that large); the rest
 * of dst is left alone. Each axis by itself: reduced by the exact mean of the area that an output pixel covers, or enlarged
 * bilinearly (align_corners=false, edges clamped). rect lies inside the view. Needs rect.width <= 4096 * width.
 * While the arena measures only the scratch is counted. The result does not depend on the thread count. */
void rvs__fit (RvsExec *exec, const RvsView *view, RvsRect rect, int width, int height, const RvsTensor *dst);

#endif
