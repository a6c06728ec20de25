/* SPDX-License-Identifier: GPL-3.0-or-later
 * grain.h: how grainy a photo is around a hole, so that what is filled in is as grainy. */
#ifndef RVS_MEND_GRAIN_H
#define RVS_MEND_GRAIN_H

#include "core/tensor.h"
#include "mend/hole.h"

/* Standard deviation (0..1) of the fine noise in the known pixels of `around`, taken from its smoothest places; 0 when too little is
 * known there. */
float rvs__grain_of_photo (const RvsView *image, const RvsHole *hole, RvsRect around);
/* The same of a crop (3 x h x w in [-1,1]), where valid is 0. */
float rvs__grain_of_crop (const RvsTensor *crop, const RvsTensor *valid);

#endif
