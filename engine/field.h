/* SPDX-License-Identifier: GPL-3.0-or-later
 * field.h: the field of one face: the difference with colour lock and matte in it, ready to be pasted. */
#ifndef RVS_FIELD_H
#define RVS_FIELD_H

#include "pipeline.h"

/* face->field from delta (3 x side x side in [-1,1] units, left as it is): colour lock, matte, grid, as key says, and what takes the photo's
 * screen away where it was found and the field lies on the image's grid; then field_ready and field_key. OK, or CANCELLED: then the field is
 * not ready. */
RvsStatus rvs__field_make (RvsExec *exec, const RvsView *photo, RvsAnalysedFace *face, const RvsSlot *slot, const RvsTensor *delta,
                           const RvsResultKey *key);

#endif
