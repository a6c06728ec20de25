/* SPDX-License-Identifier: GPL-3.0-or-later
 * plan.h: how much scratch a session needs at most. Nothing is planned by formula: the very functions that work later are run
 * over a measuring arena. */
#ifndef RVS_PLAN_H
#define RVS_PLAN_H

#include "net/detector.h"
#include "pipeline.h"

/* exec->arena measures; its peak grows to what finding faces in any photo takes. */
void rvs__plan_detection (const RvsDetectorNet *net, RvsExec *exec);
/* pipeline->exec->arena measures; its peak grows to what rvs__look_at_face takes. */
void rvs__plan_looking (const RvsPipeline *pipeline);
/* pipeline->exec->arena measures; its peak grows to what analysing and rendering any face takes. */
void rvs__plan_face (const RvsPipeline *pipeline);

#endif
