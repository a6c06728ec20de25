/* SPDX-License-Identifier: GPL-3.0-or-later
 * prepare.c: from the photo to what the restorer starts from: crop, parsing map, matte, and what the restorer makes
 * of the photo alone. */
#include "prepare.h"

#include "face/align.h"
#include "face/detect.h"
#include "face/maps.h"
#include "face/matte.h"
#include "face/pose.h"
#include "face/screen.h"
#include "face/warp.h"
#include "ops/ops.h"
#include "ops/render.h"

#include <assert.h>
#include <string.h>

#define LEAST_TRUST .3f /* in a mesh: below, restorers go without it */

static const RvsWarpRange pixel_range = { 2, -1, -1, 1 }; /* 0..1 to [-1,1] */

/* ---- crop ---- */

/* The crop at `side` pixels, without the photo's screen. Returns true when every pixel it was made of is grey. */
static bool
cut_crop (RvsExec *exec, const RvsView *image, const RvsAnalysedFace *face, RvsTensor *crop)
{
  RvsScreenless   screenless;
  RvsWarpSource   source = rvs__warp_from_screened (&screenless, image, face->report.screen_px);
  const RvsAffine map = rvs__affine_from_scaled (&face->crop_to_image, (double)RVS_CROP_SIDE / crop->w);

  rvs__warp (exec, &source, &map, &pixel_range, crop);
  return !atomic_load (&screenless.from.colourful);
}

static bool
confirmed (const RvsAnalysedFace *face, const RvsPoints *points)
{
  const RvsAffine inverse = rvs__affine_invert (&face->crop_to_image);
  float           expected[5][2];

  for (int i = 0; i < 5; i++)
    {
      double u, v;
      rvs__affine_apply (&inverse, face->report.face.landmarks[i][0], face->report.face.landmarks[i][1], &u, &v);
      expected[i][0] = (float)u;
      expected[i][1] = (float)v;
    }
  return rvs__points_confirm (points, expected);
}

bool
rvs__needs_confirmation (const RvsFace *face)
{
  return !(face->flags & (RVS_FACE_FROM_USER | RVS_FACE_ALIGNED)) && face->score < RVS_SURE_SCORE;
}

/* What the parser's output says of the face; the logits become the adjusted map. */
static void
read_parsed (RvsExec *exec, RvsParserOut *out, RvsAnalysedFace *face)
{
  RvsPoints points;

  rvs__softmax (exec, &out->logits, &out->logits);
  rvs__points_from_heatmaps (&out->heatmaps, &points);
  rvs__afpm_adjust (&out->logits, &points);
  face->report.degradation = out->degradation;
  face->doubted = rvs__needs_confirmation (&face->report.face) && !confirmed (face, &points);
}

/* The mesh in the light of the crop (3 x 512 x 512), for restorers that need it; nothing where it cannot be trusted. */
static void
draw_mesh (const RvsPipeline *pipeline, const RvsTensor *crop, const RvsMesh *mesh, RvsSlot *slot)
{
  RvsExec     *exec = pipeline->exec;
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsTensor    half = rvs__exec_tensor (exec, 3, RVS_CROP_SIDE / 2, RVS_CROP_SIDE / 2);
  RvsTensor    small = rvs__exec_tensor (exec, 3, RVS_SHAPE_RENDER, RVS_SHAPE_RENDER);

  assert (RVS_SHAPE_RENDER * 4 == RVS_CROP_SIDE);
  rvs__down2 (exec, crop, &half);
  rvs__down2 (exec, &half, &small);
  if (slot->in.trust > 0 || exec->arena->measuring)
    rvs__render_mesh (exec, mesh, &small, &slot->in.render);
  else if (!rvs__exec_idle (exec))
    {
      memset (slot->in.render.data, 0, RVS_MESH_PLANES * slot->in.render.cs * sizeof (float));
      memset (slot->in.coefficients, 0, (size_t)pipeline->shape->modes * sizeof (float)); /* they may be no numbers */
    }
  rvs__arena_release (exec->arena, mark);
}

/* What the shape head says of the face. Returns OK or CANCELLED. */
static RvsStatus
read_shape (const RvsPipeline *pipeline, const RvsTensor *crop, const RvsParserOut *out, RvsSlot *slot, RvsAnalysedFace *face)
{
  RvsExec     *exec = pipeline->exec;
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsShape     shape = rvs__shape_new (exec, pipeline->shape);

  if (slot->in.coefficients)
    shape.coefficients = slot->in.coefficients;
  rvs__shape_forward (pipeline->shape, exec, out, &out->logits, &shape);
  if (!rvs__exec_idle (exec) && shape.mesh.n_triangles > 0)
    {
      const RvsPose pose = rvs__pose_of_mesh (shape.vertices, pipeline->shape->mean);
      face->report.pose = rvs__pose_in_image (&pose, &face->crop_to_image);
      face->report.pose.confidence = pose.known ? shape.trust : 0;
    }
  slot->in.trust = shape.trust >= LEAST_TRUST ? shape.trust : 0;
  if (slot->in.render.c > 0)
    {
      const RvsMesh mesh = { shape.vertices, shape.triangles, RVS_SHAPE_VERTICES, pipeline->shape->n_triangles };
      face->found_prior = slot->in.trust > 0 ? RVS_SHAPE_USED : RVS_SHAPE_UNSURE;
      draw_mesh (pipeline, crop, &mesh, slot);
    }
  rvs__arena_release (exec->arena, mark);
  return rvs__exec_cancelled (exec) ? RVS_ERR_CANCELLED : RVS_OK;
}

/* crop: 3 x 512 x 512. Fills the parser's part of slot->in and what the report says of the face. */
static RvsStatus
parse_face (const RvsPipeline *pipeline, const RvsTensor *crop, RvsSlot *slot, RvsAnalysedFace *face)
{
  RvsExec     *exec = pipeline->exec;
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsParserOut out = {
    .logits = slot->in.map,
    .heatmaps = slot->in.heat_maps,
  };
  RvsStatus status;

  if (out.heatmaps.c == 0)
    out.heatmaps = rvs__exec_tensor (exec, RVS_N_POINTS, RVS_HEAT_SIDE, RVS_HEAT_SIDE);
  if (pipeline->shape)
    out.features = rvs__exec_tensor (exec, rvs__parser_features (pipeline->parser), RVS_FEATURE_SIDE, RVS_FEATURE_SIDE);
  status = rvs__parser_forward (pipeline->parser, exec, crop, &out);
  if (status == RVS_OK && !rvs__exec_idle (exec))
    read_parsed (exec, &out, face);
  if (status == RVS_OK && pipeline->shape)
    status = read_shape (pipeline, crop, &out, slot, face);
  rvs__arena_release (exec->arena, mark);
  return status;
}

/* ---- the steps ---- */

static RvsStatus
cut_and_parse (const RvsPipeline *pipeline, RvsCall *call, const RvsView *image, RvsAnalysedFace *face, RvsSlot *slot)
{
  RvsExec     *exec = pipeline->exec;
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsTensor    crop = slot->in.face;
  RvsStatus    status;

  face->report.screen_px = rvs__screen_find (exec, image, &face->crop_to_image);
  if (pipeline->side != RVS_CROP_SIDE) /* the parser's crop is always of 512 */
    {
      crop = rvs__exec_tensor (exec, 3, RVS_CROP_SIDE, RVS_CROP_SIDE);
      cut_crop (exec, image, face, &crop);
    }
  face->grey = cut_crop (exec, image, face, &slot->in.face);
  status = rvs__call_report (call, RVS_PHASE_PARSE, 0.1f, NULL);
  if (status == RVS_OK)
    status = parse_face (pipeline, &crop, slot, face);
  rvs__arena_release (exec->arena, mark);
  return status;
}

static void
make_matte (const RvsPipeline *pipeline, const RvsTensor *map, const RvsAnalysedFace *face)
{
  rvs__matte_from_map (pipeline->exec, map, pipeline->region, face->report.face.flags & RVS_FACE_FROM_USER, face->matte);
}

RvsStatus
rvs__prepare_face (const RvsPipeline *pipeline, RvsCall *call, const RvsView *image, RvsAnalysedFace *face, RvsSlot *slot)
{
  RvsStatus status = cut_and_parse (pipeline, call, image, face, slot);

  if (status == RVS_OK && face->doubted)
    {
      face->found_skip = face->report.skip = RVS_SKIP_LOW_CONFIDENCE;
      return RVS_OK;
    }
  if (status == RVS_OK && face->matte)
    make_matte (pipeline, &slot->in.map, face);
  if (status == RVS_OK)
    status = rvs__call_report (call, RVS_PHASE_STAGE1, 0.4f, NULL);
  if (status == RVS_OK && pipeline->restorer->prepare)
    status = pipeline->restorer->prepare (pipeline->net, pipeline->exec, &slot->in, slot->state);
  return status;
}

RvsStatus
rvs__look_at_face (const RvsPipeline *pipeline, const RvsView *image, RvsAnalysedFace *face)
{
  RvsExec     *exec = pipeline->exec;
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsTensor    crop = rvs__exec_tensor (exec, 3, RVS_CROP_SIDE, RVS_CROP_SIDE);
  RvsSlot      slot = { .in.map = rvs__exec_tensor (exec, RVS_N_CLASSES, RVS_MAP_SIDE, RVS_MAP_SIDE) };
  RvsStatus    status;

  face->report.screen_px = rvs__screen_find (exec, image, &face->crop_to_image);
  cut_crop (exec, image, face, &crop);
  status = parse_face (pipeline, &crop, &slot, face);
  rvs__arena_release (exec->arena, mark);
  return status;
}
