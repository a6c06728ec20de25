/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * batch.h: a restoration without a dialog.
 */
#ifndef RVS_GIMP_BATCH_H
#define RVS_GIMP_BATCH_H

#include "layer_pixels.h"
#include "merge.h"
#include "models.h"

typedef struct RvsBatch
{
  RvsView  image, mask, channel; /* owned */
  size_t   n_found;              /* faces; only the largest RVS_MAX_FACES of them are looked at */
  RvsMerge merge;                /* the buffers of the result */
  GArray  *rects, *reports;
} RvsBatch;

/* The pixels, and the selection where the source has one. */
RvsStatus rvs_batch_read (RvsBatch *batch, const RvsUiSource *source, RvsError *err);
/* The fidelity channel, where the values name one and have a use for it. ARGUMENT: there is none of that name. */
RvsStatus rvs_batch_read_channel (RvsBatch *batch, const RvsUiSource *source, const RvsValues *values, RvsError *err);
/* Main thread: shows GIMP's progress. NO_FACE when there is nothing to restore. Clear the batch in any case. */
RvsStatus rvs_batch_restore (RvsBatch *batch, RvsModels *models, const RvsUiSource *source, const RvsValues *values,
                             RvsUiResult *out_result, RvsError *err);
void      rvs_batch_clear (RvsBatch *batch);

#endif
