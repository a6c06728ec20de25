/* SPDX-License-Identifier: GPL-3.0-or-later
 * call.h: one public call in progress: where it runs, who watches it, and how much of it is done. */
#ifndef RVS_CALL_H
#define RVS_CALL_H

#include "core/error.h"
#include "core/exec.h"
#include "face/affine.h"
#include "rvs.h"

typedef struct RvsCall
{
  RvsExec          *exec;    /* whose cancel flag ends the call */
  const RvsMonitor *monitor; /* NULL = nobody watches */
  int32_t           face;
  float             from, span; /* the share of the whole call that is being worked on */
  float             last;
  bool              refused; /* the monitor returned false */
} RvsCall;

void rvs__call_begin (RvsCall *call, RvsExec *exec, const RvsMonitor *monitor);
/* Reports `part` (0..1) of the current share; extra (or NULL) may carry stage, stage_to_image and changed. CANCELLED when the monitor
 * refused or the cancel flag is set. */
RvsStatus rvs__call_report (RvsCall *call, RvsPhase phase, float part, const RvsProgress *extra);
/* As rvs__call_report, with a stage image of the crop (planes in [-1,1]) and where it lies; changed: the part of the picture that it has
 * just been pasted to. */
RvsStatus rvs__call_show (RvsCall *call, RvsPhase phase, float part, const RvsTensor *image, const RvsAffine *crop_to_image,
                          RvsRect changed);
/* Ends the call: a cancel that has taken effect is used up, and its error is written. */
RvsStatus rvs__call_end (RvsCall *call, RvsStatus status, RvsError *err);

#endif
