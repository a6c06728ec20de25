/* SPDX-License-Identifier: GPL-3.0-or-later
 * model.h: an opened, checked and packed model. The public half is in rvs.h. */
#ifndef RVS_MODEL_H
#define RVS_MODEL_H

#include "net/detector.h"
#include "net/fill.h"
#include "net/finder.h"
#include "net/jsfm.h"
#include "net/parser.h"

extern const RvsArch *const rvs__arches[]; /* arches.c; NULL ends it */

const RvsArch *rvs__model_arch (const RvsModel *model);
/* The network's struct; NULL when the model is of another arch, or NULL. */
const void *rvs__model_net (const RvsModel *model, const RvsArch *arch);

/* ---- as callers still ask ---- */

static inline const RvsParserNet *
rvs__model_parser (const RvsModel *model)
{
  return rvs__model_net (model, &rvs__arch_parser);
}

static inline const RvsFillNet *
rvs__model_fill (const RvsModel *model)
{
  return rvs__model_net (model, &rvs__arch_fill);
}

static inline const RvsJsfmNet *
rvs__model_jsfm (const RvsModel *model)
{
  return rvs__model_net (model, &rvs__arch_jsfm);
}

static inline const RvsDetectorNet *
rvs__model_detector (const RvsModel *model)
{
  return rvs__model_net (model, &rvs__arch_detector);
}

#endif
