/* SPDX-License-Identifier: GPL-3.0-or-later
 * model.h: an opened, checked and packed model. The public half is in rvs.h. */
#ifndef RVS_MODEL_H
#define RVS_MODEL_H

#include "net/detector.h"
#include "net/fill.h"
#include "net/finder.h"
#include "net/jsfm.h"
#include "net/parser.h"

/* NULL when the model is of another arch. */
const RvsParserNet   *rvs__model_parser (const RvsModel *model);
const RvsJsfmNet     *rvs__model_jsfm (const RvsModel *model);
const RvsFillNet     *rvs__model_fill (const RvsModel *model);
const RvsDetectorNet *rvs__model_detector (const RvsModel *model);

#endif
