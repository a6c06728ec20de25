/* SPDX-License-Identifier: GPL-3.0-or-later
 * lines.h: what the user has drawn in a hole: edges that the networks take for true ones. */
#ifndef RVS_MEND_LINES_H
#define RVS_MEND_LINES_H

#include "core/exec.h"
#include "face/affine.h"

/* out: 1 x n x n cells of a crop, whose pixels crop_to_image maps, cell wide each: 1 where a line passes (lines: one channel, above 0),
 * else 0. Lines are thinned to one cell, as the edges are that the networks learnt from. Rows are split over the pool. */
void rvs__mend_lines (RvsExec *exec, const RvsView *lines, const RvsAffine *crop_to_image, int cell, RvsTensor *out);

/* In place: foreground (above 0) reduced to lines one cell wide that keep its topology (Zhang and Suen, 1984). The border counts as
 * background. */
void rvs__thin (RvsTensor *cells);

#endif
