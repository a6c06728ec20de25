/* SPDX-License-Identifier: GPL-3.0-or-later
 * call.c: the bookkeeping of progress and cancelling. */
#include "call.h"

#include "face/align.h"
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
rvs__call_show (RvsCall *call, RvsPhase phase, float part, const RvsTensor *image, const RvsAffine *crop_to_image, RvsRect changed)
{
  RvsExec        *exec = call->exec;
  const size_t    mark = rvs__arena_mark (exec->arena);
  const int       side = image->w;
  const RvsAffine map = rvs__affine_from_scaled (crop_to_image, (double)RVS_CROP_SIDE / side);
  float          *pixels = rvs__arena_floats (exec->arena, 3 * (size_t)side * (size_t)side);
  const RvsView   stage = { pixels, (ptrdiff_t)side * 3 * (ptrdiff_t)sizeof (float), side, side, 3, RVS_DEPTH_F32 };
  RvsProgress     extra = { .stage = stage, .changed = changed };
  RvsStatus       status;

  for (int i = 0; i < 6; i++)
    extra.stage_to_image[i] = (float)map.m[i];
  rvs__interleave (exec, image, pixels);
  status = rvs__call_report (call, phase, part, &extra);
  rvs__arena_release (exec->arena, mark);
  return status;
}

RvsStatus
rvs__call_end (RvsCall *call, RvsStatus status, RvsError *err)
{
  if (status != RVS_ERR_CANCELLED)
    return status;
  atomic_store (call->exec->cancel, false);
  return rvs__fail (err, RVS_ERR_CANCELLED, "cancelled");
}
