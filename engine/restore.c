/* SPDX-License-Identifier: GPL-3.0-or-later
 * restore.c: the restorer's run on one face: its knobs, its stage images, and the difference it makes to the photo. */
#include "restore.h"

#include "face/align.h"
#include "face/warp.h"
#include "fidelity.h"
#include "field.h"
#include "ops/ops.h"

/* ---- stage images ---- */

/* A field made of a stage image below the full size, enlarged. */
static RvsStatus
make_stage_field (RvsRestore *restore, const RvsTensor *image)
{
  RvsExec        *exec = restore->pipeline->exec;
  const size_t    mark = rvs__arena_mark (exec->arena);
  const int       side = restore->slot->in.face.w;
  RvsTensor       large = rvs__exec_tensor (exec, 3, side, side);
  RvsWarpSource   source = rvs__warp_from_tensor (image);
  const double    scale = (double)image->w / side;
  const RvsAffine map = { { scale, 0, 0, 0, scale, 0 } };
  RvsStatus       status;

  rvs__warp (exec, &source, &map, NULL, &large);
  rvs__clipped_difference (exec, &large, &restore->slot->in.face, &large);
  status = rvs__field_make (exec, restore->photo, restore->face, restore->slot, &large, &restore->key);
  rvs__arena_release (exec->arena, mark);
  return status;
}

/* Pastes the stage image by the caller's grow. */
static RvsStatus
grow (RvsRestore *restore, const RvsTensor *image, RvsRect *out_changed)
{
  RvsStatus status = make_stage_field (restore, image);

  if (status == RVS_OK)
    *out_changed = restore->grow (restore->user, restore->pipeline->exec);
  restore->face->field_ready = false; /* a stage image is no result */
  return status;
}

/* The restorer calls this with its scratch open: what is taken here lies above it. */
static bool
on_stage (void *user, const RvsTensor *image)
{
  RvsRestore *restore = user;
  const int   full = restore->pipeline->side;
  const float part = image->w >= full ? 0.95f : 0.9f * (float)image->w / (float)full;
  RvsRect     changed = { 0, 0, 0, 0 };
  RvsStatus   status = RVS_OK;

  if (restore->grow && image->w < full)
    status = grow (restore, image, &changed);
  if (status == RVS_OK)
    status = rvs__call_show (restore->call, RVS_PHASE_STAGE2, part, image, &restore->face->crop_to_image, changed);
  return status == RVS_OK;
}

/* ---- the run ---- */

/* What the network gets: the fidelity map is in scratch. */
static RvsFaceIn
inputs (const RvsRestore *restore)
{
  const RvsPipeline *pipeline = restore->pipeline;
  RvsFaceIn          in = restore->slot->in;

  if (restore->key.shapeless)
    in.trust = 0;
  if (rvs__fidelity_varies (&restore->key))
    {
      in.w_map = rvs__exec_tensor (pipeline->exec, 1, pipeline->side, pipeline->side);
      rvs__fidelity_fill (pipeline, restore->fidelity_map, restore->map_scale, restore->face, &in.map, &restore->key, &in.w_map);
    }
  return in;
}

RvsStatus
rvs__restore_trusted (const RvsRestore *restore, RvsTensor *out)
{
  const RvsPipeline *pipeline = restore->pipeline;
  const size_t       mark = rvs__arena_mark (pipeline->exec->arena);
  const RvsFaceIn    in = inputs (restore);
  const RvsStatus    status = pipeline->restorer->trusted (pipeline->net, pipeline->exec, &in, &restore->key.knobs, out);

  rvs__arena_release (pipeline->exec->arena, mark);
  return status;
}

static RvsStatus
run (RvsRestore *restore, RvsTensor *out)
{
  const RvsPipeline *pipeline = restore->pipeline;
  const RvsStageSink sink = { on_stage, restore };
  const RvsFaceIn    in = inputs (restore);

  return pipeline->restorer->run (pipeline->net, pipeline->exec, &in, restore->slot->state, &restore->key.knobs, &sink, out);
}

/* slot->delta from the photo and what the restorer makes of it. */
static RvsStatus
make_delta (RvsRestore *restore)
{
  RvsExec     *exec = restore->pipeline->exec;
  const size_t mark = rvs__arena_mark (exec->arena);
  const int    side = restore->pipeline->side;
  RvsTensor    out = rvs__exec_tensor (exec, 3, side, side);
  RvsStatus    status = run (restore, &out);

  if (status == RVS_OK)
    rvs__clipped_difference (exec, &out, &restore->slot->in.face, &restore->slot->delta);
  rvs__arena_release (exec->arena, mark);
  return rvs__exec_cancelled (exec) ? RVS_ERR_CANCELLED : status;
}

RvsStatus
rvs__restore_face (RvsRestore *restore)
{
  RvsAnalysedFace *face = restore->face;
  RvsStatus        status;

  face->delta_ready = false;
  status = make_delta (restore);
  if (status != RVS_OK)
    return status;
  face->delta_key = restore->key;
  face->delta_ready = true;
  return rvs__field_make (restore->pipeline->exec, restore->photo, face, restore->slot, &restore->slot->delta, &restore->key);
}
