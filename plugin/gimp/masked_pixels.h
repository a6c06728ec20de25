/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * masked_pixels.h: which pixels a layer and its mask hold so that the layer, seen through its mask over the source, shows the result,
 * and the mask painted white shows the restoration at full strength.
 *
 * The engine adds m d to a pixel s: the mask is m, the layer b = s + d. Both are stored in steps, and the engine's m d has been
 * resampled as one: so b is moved as little as is needed for s + m (b - s) to round to the result, and where no b in 0..1 can do that m
 * is raised.
 */
#ifndef RVS_GIMP_MASKED_PIXELS_H
#define RVS_GIMP_MASKED_PIXELS_H

#include "ui_host.h"

/* n pixels of row y from x on: raises weights, 0..1, to where a layer can show the result through them. */
void rvs_masked_weights (const RvsUiResult *result, int32_t x, int32_t y, int32_t n, float *weights);
/* The layer's pixels for the weights that the mask really holds, in the kind of result->src; where they show, the mask alone says how
 * much: they are opaque, but for pixels of which the source has nothing. */
void rvs_masked_row (const RvsUiResult *result, int32_t x, int32_t y, int32_t n, const float *weights, void *pixels);

#endif
