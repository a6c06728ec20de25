/* SPDX-License-Identifier: GPL-3.0-or-later
 * fidelity.h: how faithful each place of a face is to be: one value, values of its parts, and what is painted. */
#ifndef RVS_FIDELITY_H
#define RVS_FIDELITY_H

#include "pipeline.h"

/* Writes what the face's result depends on into key: knobs.w, parts, has_map and map_hash. scale: pixels of the fidelity map to one of the
 * image. Takes scratch. */
void rvs__fidelity_key (const RvsPipeline *pipeline, const RvsParams *params, double scale, const RvsAnalysedFace *face,
                        RvsResultKey *key);
/* Whether it differs from place to place: the restorer then gets a plane of it. */
bool rvs__fidelity_varies (const RvsResultKey *key);
/* Fills w_map, 1 x side x side. painted: RvsParams.fidelity_map, which counts where key->has_map; parts: the adjusted map of the face. */
void rvs__fidelity_fill (const RvsPipeline *pipeline, const RvsView *painted, double scale, const RvsAnalysedFace *face,
                         const RvsTensor *parts, const RvsResultKey *key, RvsTensor *w_map);

#endif
