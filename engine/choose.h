/* SPDX-License-Identifier: GPL-3.0-or-later
 * choose.h: the rule of choose.c for one face. */
#ifndef RVS_CHOOSE_H
#define RVS_CHOOSE_H

#include "face/affine.h"
#include "rvs.h"

/* Why the face cannot be restored in an image of this size, whatever other faces there are; NONE when it can: then
 * *out_crop_to_image (may be NULL) is its place. */
RvsSkip rvs__judge_face (const RvsFace *face, float min_face_px, float min_confidence, int32_t width, int32_t height,
                         RvsAffine *out_crop_to_image);

#endif
