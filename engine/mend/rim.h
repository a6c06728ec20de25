/* SPDX-License-Identifier: GPL-3.0-or-later
 * rim.h: how much of each of a hole's pixels is replaced: a soft edge inside the hole, so that nothing outside changes. */
#ifndef RVS_MEND_RIM_H
#define RVS_MEND_RIM_H

#include "mend/hole.h"

/* alpha[i] for pixel i of a run in row y: 1 well inside; near known pixels less, over at most 2.5 pixels and over fewer in thin parts: a
 * scratch marked as narrow as it is goes wholly. run: of that row. */
void rvs__hole_rim (const RvsHole *hole, int y, const RvsHoleRun *run, int first, int n, float *alpha);

enum
{
  RVS_RIM_CHUNK = 512 /* largest n */
};

#endif
