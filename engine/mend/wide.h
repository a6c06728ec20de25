/* SPDX-License-Identifier: GPL-3.0-or-later
 * wide.h: marks that are too wide for what damages a photo. */
#ifndef RVS_MEND_WIDE_H
#define RVS_MEND_WIDE_H

#include "rvs.h"

/* The finder takes bright cloth, sky between dark bars and the like for stains, and what is filled there is lost. Real scratches, creases
 * and cracks are thin. Half the width, in pixels, from which on a mark in a photo of width x height is no damage: 1.5 % of the shorter
 * side, at least 8. */
int32_t rvs__damage_too_wide (int32_t width, int32_t height);
/* Takes the wide parts out of marks (one channel of bytes, 255 = marked, else 0): every square of 2 radius + 1 marked pixels, and what is
 * marked up to 2 radius from its middle, so that no frayed rim is left. Thin marks that run into a wide one stay. radius >= 1. */
void rvs__damage_drop_wide (const RvsMutView *marks, int32_t radius);

#endif
