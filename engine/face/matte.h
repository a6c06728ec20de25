/* SPDX-License-Identifier: GPL-3.0-or-later
 * matte.h: how much of each part of the crop is restored: the soft parsing matte, cut by a feather at the crop's border. */
#ifndef RVS_FACE_MATTE_H
#define RVS_FACE_MATTE_H

#include "core/exec.h"
#include "net/parser.h"
#include "rvs.h"

#include <stdbool.h>

enum
{
  RVS_MATTE_CELLS = RVS_MAP_SIDE * RVS_MAP_SIDE
};

/* matte: RVS_MATTE_CELLS values 0..1 over the crop; map: 19 x 128 x 128 probabilities. Smooth enough to be read bilinearly.
 * region: what of the map counts. certain: the caller knows that there is a face; where the map shows none, the matte is an upright oval. */
void rvs__matte_from_map (RvsExec *exec, const RvsTensor *map, RvsRegion region, bool certain, float *matte);

/* The matte with the feather, at (u, v) in units of the crop's side (0..1); 0 outside. matte NULL = 1 everywhere in the crop. */
float rvs__matte_at (const float *matte, double u, double v);

/* The part of the crop, in units of its side, outside of which the matte is 0: left, top, right, bottom. All 0 when it is 0 everywhere. */
void rvs__matte_bounds (const float *matte, double bounds[4]);

#endif
