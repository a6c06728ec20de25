/* SPDX-License-Identifier: GPL-3.0-or-later
 * plan.c: the face and the photo that need the most of everything. */
#include "plan.h"

#include "face/align.h"
#include "face/detect.h"
#include "face/paste.h"
#include "fidelity.h"
#include "prepare.h"
#include "restore.h"

#include <assert.h>

void
rvs__plan_detection (const RvsDetectorNet *net, RvsExec *exec)
{
  const RvsView largest = { .width = RVS_DETECT_SIDE, .height = RVS_DETECT_SIDE };
  RvsFace       box = { .w = RVS_DETECT_SIDE, .h = RVS_DETECT_SIDE };
  bool          found;
  size_t        n;
  RvsStatus     status = rvs__detect_faces (net, exec, &largest, 0.5f, RVS_TURNED_AUTO, NULL, NULL, 0, &n);

  assert (exec->arena->measuring);
  if (status == RVS_OK)
    status = rvs__detect_in_box (net, exec, &largest, 0.5f, RVS_TURNED_AUTO, &box, &found);
  assert (status == RVS_OK); /* measuring cannot fail */
  (void)status;
}

void
rvs__plan_looking (const RvsPipeline *pipeline)
{
  const RvsView   photo = { .width = 1, .height = 1 };
  RvsAnalysedFace face = { .crop_to_image = rvs__align_whole (1, 1) };
  RvsStatus       status = rvs__look_at_face (pipeline, &photo, &face);

  assert (status == RVS_OK && pipeline->exec->arena->measuring);
  (void)status;
}

static RvsRect
paste_anything (void *user, RvsExec *exec)
{
  const RvsPasteJob any = { 0 };

  (void)user;
  rvs__paste (exec, &any);
  return any.area;
}

/* As render.c asks for it. */
static void
plan_grain (RvsExec *exec, const RvsView *photo)
{
  const RvsPatch patch = { .on = true };
  RvsGrain       grain;

  rvs__grain_missing (exec, photo, &patch, NULL, &grain);
}

/* As face_map.c asks for it. */
static RvsStatus
plan_trusted (const RvsRestore *restore)
{
  RvsTensor trusted = rvs__exec_tensor (restore->pipeline->exec, 1, RVS_TRUST_SIDE, RVS_TRUST_SIDE);

  return rvs__restore_trusted (restore, &trusted);
}

void
rvs__plan_face (const RvsPipeline *pipeline)
{
  const size_t    mark = rvs__arena_mark (pipeline->exec->arena);
  const RvsView   photo = { .width = 1, .height = 1 };
  float           matte; /* that there is one counts, not what it holds */
  RvsAnalysedFace face = { .crop_to_image = rvs__align_whole (1, 1),
                           .matte = &matte,
                           .field = rvs__tensor (NULL, 3, pipeline->side, pipeline->side),
                           .field_on_image = true };
  const RvsParams params = { .fidelity_map = photo };
  RvsCall         call;
  RvsSlot         slot;
  RvsRestore      restore = { .pipeline = pipeline,
                              .call = &call,
                              .face = &face,
                              .slot = &slot,
                              .photo = &photo,
                              .key = { .knobs = { .noise_gain = 1 }, .keep_colour = 1 },
                              .fidelity_map = &photo,
                              .grow = paste_anything };
  RvsStatus       status;

  assert (pipeline->exec->arena->measuring);
  rvs__call_begin (&call, pipeline->exec, NULL);
  rvs__arena_floats (pipeline->exec->arena, rvs__slot_floats (pipeline)); /* a face beyond cache_bytes */
  rvs__slot_place (pipeline, NULL, &slot);
  rvs__fidelity_key (pipeline, &params, 1, &face, &restore.key);
  status = rvs__prepare_face (pipeline, &call, &photo, &face, &slot);
  if (status == RVS_OK)
    status = rvs__restore_face (&restore);
  plan_grain (pipeline->exec, &photo);
  if (status == RVS_OK && pipeline->restorer->trusted)
    status = plan_trusted (&restore);
  assert (status == RVS_OK); /* measuring cannot fail */
  (void)status;
  rvs__arena_release (pipeline->exec->arena, mark);
}
