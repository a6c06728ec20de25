/* SPDX-License-Identifier: GPL-3.0-or-later
 * model.h: an opened, checked and packed model. The public half is in rvs.h. */
#ifndef RVS_MODEL_H
#define RVS_MODEL_H

#include "net/arch.h"

extern const RvsArch *const rvs__arches[]; /* arches.c; NULL ends it */

const RvsArch *rvs__model_arch (const RvsModel *model);
/* The network's struct; NULL when the model is of another arch, or NULL. */
const void *rvs__model_net (const RvsModel *model, const RvsArch *arch);

#endif
