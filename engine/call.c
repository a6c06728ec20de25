/* SPDX-License-Identifier: GPL-3.0-or-later
 * call.c: the bookkeeping of progress and cancelling. */
#include "call.h"

#include "ops/ops.h"

void
rvs__call_begin (RvsCall *call, RvsExec *exec, const RvsMonitor *monitor)
{
  *call = (RvsCall){ .exec = exec, .monitor = monitor, .face = -1, .span = 1 };
}

/* What the monitor is told, with the call's own part filled in. */
static bool
tell (const RvsCall *call, RvsPhase phase, const RvsProgress *extra)
{
  RvsProgress progress = extra ? *extra : (RvsProgress){ 0 };

  if (!call->monitor || !call->monitor->progress)
    return true;
  progress.phase = phase;
  progress.done = call->last;
  progress.face = call->face;
  return call->monitor->progress (call->monitor->user, &progress);
}

RvsStatus
rvs__call_report (RvsCall *call, RvsPhase phase, float part, const RvsProgress *extra)
{
  const float done = call->from + call->span * part;

  call->last = done > call->last ? (done < 1 ? done : 1) : call->last;
  call->refused |= !tell (call, phase, extra);
  return call->refused || rvs__exec_cancelled (call->exec) ? RVS_ERR_CANCELLED : RVS_OK;
}

RvsStatus
rvs__call_end (RvsCall *call, RvsStatus status, RvsError *err)
{
  if (status != RVS_ERR_CANCELLED)
    return status;
  atomic_store (call->exec->cancel, false);
  return rvs__fail (err, RVS_ERR_CANCELLED, "cancelled");
}
