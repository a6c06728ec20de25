/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * larger.h: a layer's pixels made larger, with the faces restored at the new size.
 */
#ifndef RVS_GIMP_LARGER_H
#define RVS_GIMP_LARGER_H

#include "hole_brush.h"
#include "models.h"
#include "ui_host.h"

typedef struct RvsLarger
{
  RvsMutView picture;    /* pixels owned; in the source's channels and depth */
  size_t     n_found;    /* faces; only the largest RVS_MAX_FACES of them are looked at */
  size_t     n_restored; /* may be 0: a photo without a face is enlarged too */
} RvsLarger;

/* Main thread: shows GIMP's progress. `faces` (RvsUiFace) of the source as it is; NULL: they are searched and chosen by the values, whose
 * factor is 2 or more. `brush`: its strokes of local fidelity; NULL: none. What is too large is refused before anything is read. A selection is not looked at. Clear it in any case. */
RvsStatus rvs_larger_make (RvsLarger *larger, RvsModels *models, const RvsUiSource *source, const GArray *faces,
                           const RvsHoleBrush *brush, const RvsValues *values, RvsError *err);
void      rvs_larger_clear (RvsLarger *larger);

#endif
