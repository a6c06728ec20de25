/* SPDX-License-Identifier: GPL-3.0-or-later
 * pipeline.c: the data path of one face, read from top to bottom: crop, parse, adjust, stage 1; stage 2, colour, field. It owns no
 * mathematics: every step is a call into face/, net/ or ops/. */
#include "pipeline.h"

#include "face/align.h"
#include "face/colour.h"
#include "face/maps.h"
#include "face/matte.h"
#include "face/paste.h"
#include "face/warp.h"
#include "ops/ops.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum
{
  STAGE1_SIDE = 64,
  HEATMAP_SIDE = 64
};

static const RvsWarpRange pixel_range = { 2, -1, -1, 1 }; /* 0..1 to [-1,1] */
static const RvsWarpRange unit_range = { 1, 0, 0, 1 };
static const RvsWarpRange as_it_is = { 1, 0, -INFINITY, INFINITY };

/* ---- a face's block of memory ---- */

static size_t
padded (size_t n_floats)
{
  return (n_floats + 15) / 16 * 16;
}

size_t
rvs__slot_floats (const RvsPipeline *pipeline)
{
  const size_t face = 3 * (size_t)pipeline->side * (size_t)pipeline->side;

  return 2 * padded (face) + padded ((size_t)RVS_N_CLASSES * RVS_MATTE_CELLS) + padded (3 * STAGE1_SIDE * STAGE1_SIDE)
         + padded (pipeline->state_floats);
}

static float *
take (float **memory, size_t n_floats)
{
  float *part = *memory;

  *memory = part ? part + padded (n_floats) : NULL;
  return part;
}

void
rvs__slot_place (const RvsPipeline *pipeline, float *memory, RvsSlot *slot)
{
  const int    side = pipeline->side;
  const size_t face = 3 * (size_t)side * (size_t)side;

  slot->face = rvs__tensor (take (&memory, face), 3, side, side);
  slot->delta = rvs__tensor (take (&memory, face), 3, side, side);
  slot->map = rvs__tensor (take (&memory, (size_t)RVS_N_CLASSES * RVS_MATTE_CELLS), RVS_N_CLASSES, RVS_MAP_SIDE, RVS_MAP_SIDE);
  slot->s64 = rvs__tensor (take (&memory, 3 * STAGE1_SIDE * STAGE1_SIDE), 3, STAGE1_SIDE, STAGE1_SIDE);
  slot->state = take (&memory, pipeline->state_floats);
}

/* ---- crop to stage 1 ---- */

/* The crop at `side` pixels. Returns true when every pixel it was made of is grey. */
static bool
cut_crop (RvsExec *exec, const RvsView *image, const RvsAffine *crop_to_image, RvsTensor *crop)
{
  RvsViewSource   from;
  RvsWarpSource   source = rvs__warp_from_view (&from, image, 3);
  const RvsAffine map = rvs__affine_from_scaled (crop_to_image, (double)RVS_CROP_SIDE / crop->w);

  rvs__warp (exec, &source, &map, &pixel_range, crop);
  return !atomic_load (&from.colourful);
}

/* Detections scored below this must be confirmed by the parser. */
#define SURE_SCORE .7f

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

static bool
needs_confirmation (const RvsFace *face)
{
  return !(face->flags & (RVS_FACE_FROM_USER | RVS_FACE_ALIGNED)) && face->score < SURE_SCORE;
}

/* crop: 3 x 512 x 512. Fills slot->map and what the report says of the face. */
static RvsStatus
parse_face (const RvsPipeline *pipeline, const RvsTensor *crop, RvsSlot *slot, RvsAnalysedFace *face)
{
  RvsExec     *exec = pipeline->exec;
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsParserOut out = { .logits = slot->map, .heatmaps = rvs__exec_tensor (exec, 5, HEATMAP_SIDE, HEATMAP_SIDE) };
  RvsStatus    status = rvs__parser_forward (pipeline->parser, exec, crop, &out);

  if (status == RVS_OK && !rvs__exec_idle (exec))
    {
      RvsPoints points;
      rvs__softmax (exec, &slot->map, &slot->map);
      rvs__points_from_heatmaps (&out.heatmaps, &points);
      rvs__afpm_adjust (&slot->map, &points);
      face->report.degradation = out.degradation;
      face->doubted = needs_confirmation (&face->report.face) && !confirmed (face, &points);
    }
  rvs__arena_release (exec->arena, mark);
  return status;
}

static RvsStatus
run_stage1 (const RvsPipeline *pipeline, RvsSlot *slot)
{
  return rvs__jsfm_stage1 (pipeline->restorer, pipeline->exec, &slot->face, &slot->map, slot->state, &slot->s64);
}

RvsStatus
rvs__pipeline_prepare (const RvsPipeline *pipeline, RvsCall *call, const RvsView *image, RvsAnalysedFace *face, RvsSlot *slot)
{
  RvsExec     *exec = pipeline->exec;
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsTensor    crop = slot->face;
  RvsStatus    status;

  if (pipeline->side != RVS_CROP_SIDE) /* the parser's crop is always of 512 */
    {
      crop = rvs__exec_tensor (exec, 3, RVS_CROP_SIDE, RVS_CROP_SIDE);
      cut_crop (exec, image, &face->crop_to_image, &crop);
    }
  face->grey = cut_crop (exec, image, &face->crop_to_image, &slot->face);
  status = rvs__call_report (call, RVS_PHASE_PARSE, 0.1f, NULL);
  if (status == RVS_OK)
    status = parse_face (pipeline, &crop, slot, face);
  rvs__arena_release (exec->arena, mark);
  if (status == RVS_OK && face->doubted)
    {
      face->found_skip = face->report.skip = RVS_SKIP_LOW_CONFIDENCE;
      return RVS_OK;
    }
  if (status == RVS_OK && face->matte)
    rvs__matte_from_map (exec, &slot->map, face->matte);
  if (status == RVS_OK)
    status = rvs__call_report (call, RVS_PHASE_STAGE1, 0.4f, NULL);
  if (status == RVS_OK)
    status = run_stage1 (pipeline, slot);
  return status;
}

/* ---- stage 2 to field ---- */

/* Image pixels (of the rect, or of the whole) to pixels of the crop at `side`. */
static RvsAffine
image_to_crop (const RvsAnalysedFace *face, int side, int x0, int y0)
{
  const RvsAffine inverse = rvs__affine_invert (&face->crop_to_image);
  RvsAffine       map = rvs__affine_to_scaled (&inverse, (double)RVS_CROP_SIDE / side);

  map.m[2] += map.m[0] * x0 + map.m[1] * y0;
  map.m[5] += map.m[3] * x0 + map.m[4] * y0;
  return map;
}

/* face->field from delta: colour lock, matte, grid, as key says. Until it is done the field is not ready. */
static RvsStatus
make_field (RvsExec *exec, RvsAnalysedFace *face, const RvsSlot *slot, const RvsTensor *delta, const RvsResultKey *key)
{
  const size_t mark = rvs__arena_mark (exec->arena);
  const int    side = delta->w;
  RvsTensor    work = rvs__exec_tensor (exec, 3, side, side);

  face->field_ready = false;
  rvs__copy (exec, delta, &work);
  rvs__colour_lock (exec, &slot->face, &slot->map, key->keep_colour, &work);
  if (face->grey)
    rvs__colour_make_grey (exec, &work);
  /* [-1,1] spans twice what 0..1 does. */
  rvs__paste_premultiply (exec, &work, key->bare ? NULL : face->matte, 0.5f, face->field_on_image ? &work : &face->field);
  if (face->field_on_image)
    {
      RvsWarpSource   source = rvs__warp_from_tensor (&work);
      const RvsAffine map = image_to_crop (face, side, face->report.rect.x, face->report.rect.y);
      rvs__warp (exec, &source, &map, &as_it_is, &face->field);
    }
  rvs__arena_release (exec->arena, mark);
  if (rvs__exec_cancelled (exec))
    return RVS_ERR_CANCELLED;
  face->field_key = *key;
  face->field_ready = true;
  return RVS_OK;
}

RvsStatus
rvs__pipeline_make_field (const RvsPipeline *pipeline, RvsAnalysedFace *face, const RvsSlot *slot, const RvsResultKey *key)
{
  return make_field (pipeline->exec, face, slot, &slot->delta, key);
}

static void
warp_fidelity (RvsExec *exec, const RvsView *map, const RvsAnalysedFace *face, RvsTensor *out)
{
  RvsViewSource   from;
  RvsWarpSource   source = rvs__warp_from_view (&from, map, 1);
  const RvsAffine affine = rvs__affine_from_scaled (&face->crop_to_image, (double)RVS_CROP_SIDE / out->w);

  rvs__warp (exec, &source, &affine, &unit_range, out);
}

/* FNV-1a over whole floats. */
static uint64_t
hash_plane (const RvsTensor *plane)
{
  uint64_t hash = 14695981039346656037u;

  for (size_t i = 0; i < plane->cs; i++)
    {
      uint32_t bits;
      memcpy (&bits, &plane->data[i], sizeof bits);
      hash = (hash ^ bits) * 1099511628211u;
    }
  return hash;
}

void
rvs__pipeline_hash_map (const RvsPipeline *pipeline, const RvsView *fidelity_map, const RvsAnalysedFace *face, RvsResultKey *key)
{
  RvsExec     *exec = pipeline->exec;
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsTensor    w_map = rvs__exec_tensor (exec, 1, pipeline->side, pipeline->side);

  warp_fidelity (exec, fidelity_map, face, &w_map);
  key->has_map = true;
  if (!rvs__exec_idle (exec))
    key->map_hash = hash_plane (&w_map);
  rvs__arena_release (exec->arena, mark);
}

/* A field made of a stage image below the full size, enlarged. */
static RvsStatus
make_stage_field (RvsRestore *restore, const RvsTensor *image)
{
  RvsExec        *exec = restore->pipeline->exec;
  const size_t    mark = rvs__arena_mark (exec->arena);
  const int       side = restore->slot->face.w;
  RvsTensor       large = rvs__exec_tensor (exec, 3, side, side);
  RvsWarpSource   source = rvs__warp_from_tensor (image);
  const double    scale = (double)image->w / side;
  const RvsAffine map = { { scale, 0, 0, 0, scale, 0 } };
  RvsStatus       status;

  rvs__warp (exec, &source, &map, &as_it_is, &large);
  rvs__clipped_difference (exec, &large, &restore->slot->face, &large);
  status = make_field (exec, restore->face, restore->slot, &large, &restore->key);
  rvs__arena_release (exec->arena, mark);
  return status;
}

/* Pastes the stage image by the caller's grow; its rect goes to the monitor. */
static RvsStatus
grow (RvsRestore *restore, const RvsTensor *image, RvsProgress *progress)
{
  RvsStatus status = make_stage_field (restore, image);

  if (status == RVS_OK)
    progress->changed = restore->grow (restore->user, restore->pipeline->exec);
  restore->face->field_ready = false; /* a stage image is no result */
  return status;
}

/* Stage image and its place in the photo, as the monitor gets them. pixels: 3 side^2 floats. */
static void
describe_stage (RvsExec *exec, const RvsAnalysedFace *face, const RvsTensor *image, float *pixels, RvsProgress *progress)
{
  const RvsAffine map = rvs__affine_from_scaled (&face->crop_to_image, (double)RVS_CROP_SIDE / image->w);

  rvs__interleave (exec, image, pixels);
  progress->stage = (RvsView){ pixels, (ptrdiff_t)image->w * 3 * (ptrdiff_t)sizeof (float), image->w, image->h, 3, RVS_DEPTH_F32 };
  for (int i = 0; i < 6; i++)
    progress->stage_to_image[i] = (float)map.m[i];
}

/* Stage 2 calls this with its arena open: what is taken here lies above what it has. */
static bool
on_stage (void *user, const RvsTensor *image)
{
  RvsRestore  *restore = user;
  RvsExec     *exec = restore->pipeline->exec;
  const size_t mark = rvs__arena_mark (exec->arena);
  const int    full = restore->slot->face.w;
  const float  part = image->w >= full ? 0.95f : 0.9f * (float)image->w / (float)full;
  RvsProgress  extra = { 0 };
  float       *pixels = rvs__arena_floats (exec->arena, 3 * (size_t)image->w * (size_t)image->h);
  RvsStatus    status = RVS_OK;

  describe_stage (exec, restore->face, image, pixels, &extra);
  if (restore->grow && image->w < full)
    status = grow (restore, image, &extra);
  if (status == RVS_OK)
    status = rvs__call_report (restore->call, RVS_PHASE_STAGE2, part, &extra);
  rvs__arena_release (exec->arena, mark);
  return status == RVS_OK;
}

RvsStatus
rvs__pipeline_show_stage1 (RvsCall *call, const RvsAnalysedFace *face, const RvsSlot *slot)
{
  RvsArena    *arena = call->exec->arena;
  const size_t mark = rvs__arena_mark (arena);
  float       *pixels = rvs__arena_floats (arena, 3 * STAGE1_SIDE * STAGE1_SIDE);
  RvsProgress  extra = { 0 };
  RvsStatus    status;

  describe_stage (call->exec, face, &slot->s64, pixels, &extra);
  status = rvs__call_report (call, RVS_PHASE_STAGE1, 1, &extra);
  rvs__arena_release (arena, mark);
  return status;
}

static RvsStatus
run_stage2 (RvsRestore *restore, RvsTensor *out)
{
  const RvsPipeline *pipeline = restore->pipeline;
  RvsTensor          w_map = rvs__exec_tensor (pipeline->exec, 1, pipeline->side, pipeline->side);
  const RvsJsfmKnobs knobs = { .w = restore->key.w,
                               .w_map = restore->key.has_map ? &w_map : NULL,
                               .noise_gain = restore->key.texture,
                               .seed = restore->key.seed,
                               .stage = on_stage,
                               .user = restore };

  if (restore->key.has_map)
    warp_fidelity (pipeline->exec, restore->fidelity_map, restore->face, &w_map);
  return rvs__jsfm_stage2 (pipeline->restorer, pipeline->exec, &restore->slot->face, &restore->slot->map, restore->slot->state,
                           &knobs, out);
}

/* slot->delta from the photo and what stage 2 makes of it. */
static RvsStatus
make_delta (RvsRestore *restore)
{
  RvsExec     *exec = restore->pipeline->exec;
  const size_t mark = rvs__arena_mark (exec->arena);
  const int    side = restore->pipeline->side;
  RvsTensor    out = rvs__exec_tensor (exec, 3, side, side);
  RvsStatus    status = on_stage (restore, &restore->slot->s64) ? run_stage2 (restore, &out) : RVS_ERR_CANCELLED;

  if (status == RVS_OK)
    rvs__clipped_difference (exec, &out, &restore->slot->face, &restore->slot->delta);
  rvs__arena_release (exec->arena, mark);
  return rvs__exec_cancelled (exec) ? RVS_ERR_CANCELLED : status;
}

RvsStatus
rvs__pipeline_restore (RvsRestore *restore)
{
  RvsAnalysedFace *face = restore->face;
  RvsStatus        status;

  face->delta_ready = false;
  status = make_delta (restore);
  if (status != RVS_OK)
    return status;
  face->delta_key = restore->key;
  face->delta_ready = true;
  return make_field (restore->pipeline->exec, face, restore->slot, &restore->slot->delta, &restore->key);
}
