/* SPDX-License-Identifier: GPL-3.0-or-later
 * prepare.h: what follows from the photo alone and survives every slider. */
#ifndef RVS_PREPARE_H
#define RVS_PREPARE_H

#include "pipeline.h"

/* Crop, parse, adjust, matte (where the face has one), the restorer's prepare. report.face and crop_to_image are given. A detection that was not
 * sure and is not confirmed gets skip LOW_CONFIDENCE, and the restorer does not see it. */
RvsStatus rvs__prepare_face (const RvsPipeline *pipeline, RvsCall *call, const RvsView *image, RvsAnalysedFace *face,
                             RvsSlot *slot);

/* Only what the parser and the shape head say of it: writes face->doubted and report.pose. report.face and crop_to_image are given. No
 * restorer is needed. */
RvsStatus rvs__look_at_face (const RvsPipeline *pipeline, const RvsView *image, RvsAnalysedFace *face);
/* Whether it is to be asked if the parser agrees. */
bool rvs__needs_confirmation (const RvsFace *face);

#endif
