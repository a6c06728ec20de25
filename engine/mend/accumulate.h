/* SPDX-License-Identifier: GPL-3.0-or-later
 * accumulate.h: from the crops' answers to the hole's pixels. */
#ifndef RVS_MEND_ACCUMULATE_H
#define RVS_MEND_ACCUMULATE_H

#include "core/exec.h"
#include "mend/plan.h"

/* What a pixel of the hole gathers: colours (0..1) and grain, each times the crop's weight, and the sum of the weights. */
typedef struct RvsMendSum
{
  float rgb[3], grain, weight;
} RvsMendSum;

/* Adds one crop's share to the hole's pixels. answer: 3 x 512 x 512 in [-1,1]; grain: standard deviation to be added. Rows are split over
 * the pool, crops come one after the other: the same bits for any thread count. sums: one a pixel of the hole. */
void rvs__mend_accumulate (RvsExec *exec, const RvsMendPlan *plan, const RvsMendCrop *crop, const RvsTensor *answer, float grain,
                           RvsMendSum *sums);

#endif
