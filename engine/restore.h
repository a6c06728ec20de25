/* SPDX-License-Identifier: GPL-3.0-or-later
 * restore.h: what depends on the sliders. */
#ifndef RVS_RESTORE_H
#define RVS_RESTORE_H

#include "pipeline.h"

/* One run of the restorer and what becomes of its images. */
typedef struct RvsRestore
{
  const RvsPipeline *pipeline;
  RvsCall           *call;
  RvsAnalysedFace   *face;
  RvsSlot           *slot;
  const RvsView     *photo;
  RvsResultKey       key;
  const RvsView     *fidelity_map;
  double             map_scale; /* its pixels to one of the image */
  /* Called while face->field holds a stage image; returns the rect it has pasted. NULL = fields are made of the result only. */
  RvsRect (*grow) (void *user, RvsExec *exec);
  void *user;
} RvsRestore;

/* Of a restorer that says it: how far it trusts the photo, 1 x RVS_TRUST_SIDE x RVS_TRUST_SIDE. call and grow are not used. */
RvsStatus rvs__restore_trusted (const RvsRestore *restore, RvsTensor *out);
/* slot->delta by the restorer, then the field. */
RvsStatus rvs__restore_face (RvsRestore *restore);

#endif
