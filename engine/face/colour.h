/* SPDX-License-Identifier: GPL-3.0-or-later
 * colour.h: the colour lock of networks.md 11.2: tone and hue of the photo stay, only detail comes from the network. */
#ifndef RVS_FACE_COLOUR_H
#define RVS_FACE_COLOUR_H

#include "core/exec.h"

/* delta = R - L, 3 x N x N, changed in place. R' = R - low (R) + low (L) is delta' = delta - low (delta): low is the B3 a trous
 * smoothing to 1/32 of the crop for luma and one level finer for chroma. Then a guard takes from each large region of the
 * parsing map (skin, hair, neck) what still exceeds a mean colour difference of 1 (CIE 1976) from face. keep 0..1 scales both.
 * map: 19 x n x n probabilities; face: L, 3 x N x N in [-1,1]. Row-parallel, the same bits for any thread count. */
void rvs__colour_lock (RvsExec *exec, const RvsTensor *face, const RvsTensor *map, float keep, RvsTensor *delta);

/* Every channel becomes the mean of the three: what a grey photo gets. */
void rvs__colour_make_grey (RvsExec *exec, RvsTensor *delta);

#endif
