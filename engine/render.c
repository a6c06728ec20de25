/* SPDX-License-Identifier: GPL-3.0-or-later
 * render.c: rvs_render: brings the fields of the enabled faces up to date with the parameters, then pastes them all. Nothing is
 * written before every field is ready, unless the caller asked to see the faces grow. */
#include "session.h"

#include "core/image.h"
#include "core/mem.h"
#include "face/align.h"
#include "face/paste.h"
#include "fidelity.h"
#include "field.h"
#include "prepare.h"
#include "restore.h"
#include "rvs_params.h"

#include <math.h>
#include <string.h>

typedef struct Render
{
  RvsCall           call;
  RvsAnalysis      *analysis;
  const RvsView    *src;
  const RvsParams  *params;
  const RvsMutView *dst;
  bool              grow, bare, again;
  RvsPatch         *patches; /* one a face */
} Render;

/* ---- checks ---- */

static RvsStatus
check_same (const RvsView *view, const RvsAnalysis *analysis, const char *name, RvsError *err)
{
  RvsStatus status = rvs__view_check (view, err);

  if (status != RVS_OK)
    return status;
  if (view->width != analysis->width || view->height != analysis->height || view->channels != analysis->channels
      || view->depth != analysis->depth)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "%s is not of the analysed image's size and kind", name);
  return RVS_OK;
}

/* It may be that of a photo which the image was enlarged from. */
static RvsStatus
check_fidelity_map (const RvsView *map, const RvsAnalysis *analysis, RvsError *err)
{
  if (!map->pixels)
    return RVS_OK;
  for (int32_t factor = 1; factor <= RVS_MAX_FACTOR; factor++)
    if ((int64_t)map->width * factor == analysis->width && (int64_t)map->height * factor == analysis->height)
      return RVS_OK;
  return rvs__fail (err, RVS_ERR_ARGUMENT,
                    "the fidelity map must have the size of the image, or of the photo that it was enlarged from");
}

static RvsStatus
check_map (const RvsView *map, const RvsAnalysis *analysis, const char *name, RvsError *err)
{
  RvsStatus status;

  if (!map->pixels)
    return RVS_OK;
  status = rvs__view_check (map, err);
  if (status == RVS_OK && (map->width != analysis->width || map->height != analysis->height || map->channels != 1))
    status = rvs__fail (err, RVS_ERR_ARGUMENT, "the %s must have one channel and the size of the image", name);
  return status;
}

RvsStatus
rvs__check_source (const RvsAnalysis *analysis, const RvsView *src, const RvsParams *params, RvsError *err)
{
  RvsStatus status = rvs_params_check (params, err);

  if (status == RVS_OK)
    status = check_same (src, analysis, "the source", err);
  if (status == RVS_OK)
    status = check_map (&params->mask, analysis, "mask", err);
  if (status == RVS_OK)
    status = check_fidelity_map (&params->fidelity_map, analysis, err);
  if (status == RVS_OK && (params->hole.pixels || params->lines.pixels) && !analysis->session->mender)
    status = rvs__fail (err, RVS_ERR_ARGUMENT, "this model fills no holes, and one is given");
  return status;
}

static RvsStatus
check_render (const Render *render, uint32_t flags, RvsError *err)
{
  const RvsView dst = rvs_view_of (render->dst);
  RvsStatus     status = rvs__check_source (render->analysis, render->src, render->params, err);

  if (status == RVS_OK)
    status = check_same (&dst, render->analysis, "the destination", err);
  if (status == RVS_OK && (flags & RVS_RENDER_GROW) && render->src->pixels == dst.pixels)
    status = rvs__fail (err, RVS_ERR_ARGUMENT, "a growing preview needs a destination other than the source");
  return status;
}

/* ---- keys ---- */

/* Each face gets noise of its own, by its place in the picture: which other faces are restored with it does not matter. */
static uint32_t
noise_seed (const RvsParams *params, const RvsFace *face)
{
  const uint32_t x = (uint32_t)lrintf (face->x), y = (uint32_t)lrintf (face->y);

  return params->seed + x * 0x9E3779B9u + y * 0x85EBCA6Bu;
}

double
rvs__map_scale (const RvsAnalysis *analysis, const RvsParams *params)
{
  return (double)params->fidelity_map.width / analysis->width;
}

RvsResultKey
rvs__result_key (const RvsAnalysis *analysis, const RvsParams *params, size_t i)
{
  const RvsPipeline     *pipeline = &analysis->session->pipeline;
  const RvsAnalysedFace *face = &analysis->faces[i];
  RvsResultKey           key = { .shapeless = pipeline->needs & RVS_NEEDS_SHAPE && params->shape_use == RVS_SHAPE_OFF };

  if (pipeline->knobs & RVS_KNOB_COLOUR)
    key.keep_colour = params->keep_colour;
  if (pipeline->knobs & RVS_KNOB_TEXTURE)
    key.knobs.noise_gain = params->texture;
  if (pipeline->knobs & RVS_KNOB_SEED)
    key.knobs.seed = noise_seed (params, &face->report.face);
  if (!(pipeline->knobs & RVS_KNOB_FIDELITY))
    return key;
  rvs__fidelity_key (pipeline, params, rvs__map_scale (analysis, params), face, &key);
  return key;
}

static bool
same_delta (const RvsResultKey *a, const RvsResultKey *b)
{
  return a->knobs.w == b->knobs.w && a->knobs.noise_gain == b->knobs.noise_gain && a->knobs.seed == b->knobs.seed
         && a->has_map == b->has_map && a->map_hash == b->map_hash && memcmp (a->parts, b->parts, sizeof a->parts) == 0
         && a->shapeless == b->shapeless;
}

static bool
same_field (const RvsResultKey *a, const RvsResultKey *b)
{
  return same_delta (a, b) && a->keep_colour == b->keep_colour && a->bare == b->bare;
}

static bool
is_on (const RvsAnalysedFace *face)
{
  return face->report.skip == RVS_SKIP_NONE && face->field.w > 0;
}

/* ---- pasting ---- */

static RvsPatch
patch_of (const RvsAnalysedFace *face, bool bare)
{
  const RvsAffine inverse = rvs__affine_invert (&face->crop_to_image);

  return (RvsPatch){ .on = is_on (face) && face->field_ready,
                     .rect = face->report.rect,
                     .image_to_crop = rvs__affine_to_scaled (&inverse, RVS_CROP_SIDE),
                     .matte = bare ? NULL : face->matte,
                     .field = face->field,
                     .field_on_image = face->field_on_image,
                     .later = bare ? face->matte : NULL };
}

static RvsRect
join (RvsRect a, RvsRect b)
{
  const int32_t right = a.x + a.width > b.x + b.width ? a.x + a.width : b.x + b.width;
  const int32_t bottom = a.y + a.height > b.y + b.height ? a.y + a.height : b.y + b.height;

  if (a.width <= 0 || a.height <= 0)
    return b;
  if (b.width <= 0 || b.height <= 0)
    return a;
  a.x = a.x < b.x ? a.x : b.x;
  a.y = a.y < b.y ? a.y : b.y;
  a.width = right - a.x;
  a.height = bottom - a.y;
  return a;
}

/* Pastes all ready faces over `area`. */
static void
paste_area (Render *render, RvsExec *exec, RvsRect area)
{
  RvsPasteJob job = { .patches = render->patches,
                      .n_patches = render->analysis->n_faces,
                      .src = render->src,
                      .dst = render->dst,
                      .mask = render->params->mask.pixels ? &render->params->mask : NULL,
                      .strength = render->params->strength,
                      .area = area,
                      .grain = render->params->grain };

  for (size_t i = 0; i < job.n_patches; i++)
    {
      const RvsAnalysedFace *face = &render->analysis->faces[i];

      render->patches[i] = patch_of (face, render->bare);
      if (face->grain_ready)
        render->patches[i].grain = face->grain;
      render->patches[i].grain.seed = noise_seed (render->params, &face->report.face);
    }
  rvs__paste (exec, &job);
}

/* What all rects lie in. */
static RvsRect
bounds_of (const RvsAnalysis *analysis)
{
  RvsRect area = { 0, 0, 0, 0 };

  for (size_t i = 0; i < analysis->n_faces; i++)
    area = join (area, analysis->faces[i].report.rect);
  return area;
}

static void
paste_all (Render *render)
{
  const RvsRect area = bounds_of (render->analysis);

  if (area.width > 0)
    paste_area (render, &render->analysis->session->exec, area);
}

/* Called while a face grows: its field holds a stage image. */
static RvsRect
grow_face (void *user, RvsExec *exec)
{
  Render       *render = user;
  const RvsRect rect = render->analysis->faces[render->call.face].report.rect;

  paste_area (render, exec, rect);
  return rect;
}

/* ---- fields ---- */

/* The restorer's run for a face whose slot is filled. */
static RvsStatus
restore_prepared (Render *render, RvsAnalysedFace *face, const RvsResultKey *key)
{
  RvsRestore      restore = { .pipeline = &render->analysis->session->pipeline,
                              .call = &render->call,
                              .face = face,
                              .slot = &face->slot,
                              .photo = render->src,
                              .key = *key,
                              .fidelity_map = &render->params->fidelity_map,
                              .map_scale = rvs__map_scale (render->analysis, render->params),
                              .grow = render->grow ? grow_face : NULL,
                              .user = render };
  const RvsStatus status = rvs__restore_face (&restore);

  if (!face->slot_memory)
    face->delta_ready = false; /* it is in the scratch */
  return status;
}

/* After everything before it where that was not kept. */
static RvsStatus
restore_face (Render *render, RvsAnalysedFace *face, const RvsResultKey *key)
{
  RvsSession  *session = render->analysis->session;
  const size_t mark = rvs__arena_mark (&session->arena);
  RvsStatus    status = RVS_OK;

  if (!face->slot_memory)
    {
      const float whole = render->call.span;
      rvs__slot_place (&session->pipeline, rvs__arena_floats (&session->arena, rvs__slot_floats (&session->pipeline)), &face->slot);
      render->call.span = whole * 0.4f;
      status = rvs__prepare_face (&session->pipeline, &render->call, render->src, face, &face->slot);
      render->call.from += render->call.span;
      render->call.span = whole - render->call.span;
    }
  if (status == RVS_OK)
    status = restore_prepared (render, face, key);
  rvs__arena_release (&session->arena, mark);
  return status;
}

/* Of a field whose memory was given back. */
static RvsStatus
ensure_field (RvsAnalysedFace *face, RvsError *err)
{
  RvsTensor *field = &face->field;

  if (field->data)
    return RVS_OK;
  field->data = rvs__alloc (3 * (size_t)field->w * (size_t)field->h * sizeof (float));
  return field->data ? RVS_OK : rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory for the restored difference of a face");
}

/* Brings face i's field up to date by the least that the change of parameters asks for. */
static RvsStatus
update_face (Render *render, size_t i, RvsError *err)
{
  RvsAnalysedFace *face = &render->analysis->faces[i];
  RvsResultKey     key = rvs__result_key (render->analysis, render->params, i);
  const RvsStatus  status = ensure_field (face, err);

  key.bare = render->bare;
  if (status != RVS_OK)
    return status;
  if (!render->again && face->field_ready && same_field (&face->field_key, &key))
    return RVS_OK;
  if (render->again || !face->delta_ready || !same_delta (&face->delta_key, &key))
    return restore_face (render, face, &key);
  return rvs__field_make (&render->analysis->session->exec, render->src, face, &face->slot, &face->slot.delta, &key);
}

RvsStatus
rvs__update_field (RvsAnalysis *analysis, RvsCall *call, const RvsView *src, const RvsParams *params, size_t i, RvsError *err)
{
  Render    render = { .call = *call, .analysis = analysis, .src = src, .params = params };
  RvsStatus status = update_face (&render, i, err);

  call->last = render.call.last;
  call->refused = render.call.refused;
  return status;
}

RvsStatus
rvs__restore_prepared (RvsAnalysis *analysis, RvsCall *call, const RvsView *src, const RvsParams *params, uint32_t flags, size_t i,
                       RvsError *err)
{
  Render           render = { .call = *call, .analysis = analysis, .src = src, .params = params };
  RvsAnalysedFace *face = &analysis->faces[i];
  RvsResultKey     key = rvs__result_key (analysis, params, i);
  RvsStatus        status = ensure_field (face, err);

  key.bare = flags & RVS_RENDER_BARE;
  if (status == RVS_OK)
    status = restore_prepared (&render, face, &key);
  call->last = render.call.last;
  call->refused = render.call.refused;
  return status;
}

/* What the field of a face, which is ready, lacks in grain. An aligned crop has nothing around it to go by, and the dots of a printed photo
 * are no grain. */
static void
update_grain (Render *render, RvsAnalysedFace *face)
{
  const RvsPatch patch = patch_of (face, render->bare);
  RvsExec       *exec = &render->analysis->session->exec;

  if (face->grain_ready || !face->matte || face->report.screen_px > 0 || !(render->params->grain > 0))
    return;
  rvs__grain_missing (exec, render->src, &patch, face->matte, &face->grain);
  face->grain_ready = !rvs__exec_cancelled (exec);
}

static RvsStatus
update_faces (Render *render, RvsError *err)
{
  RvsAnalysis *analysis = render->analysis;
  RvsStatus    status = rvs__call_report (&render->call, RVS_PHASE_STAGE2, 0, NULL);
  size_t       n_on = 0, n_done = 0;

  for (size_t i = 0; i < analysis->n_faces; i++)
    n_on += is_on (&analysis->faces[i]);
  for (size_t i = 0; status == RVS_OK && i < analysis->n_faces; i++)
    if (is_on (&analysis->faces[i]))
      {
        RvsProgress extra = { 0 };

        render->call.face = (int32_t)i;
        render->call.span = 0.95f / (float)n_on;
        render->call.from = (float)n_done * render->call.span;
        status = update_face (render, i, err);
        if (status == RVS_OK)
          update_grain (render, &analysis->faces[i]);
        n_done++;
        if (status == RVS_OK && render->grow)
          {
            paste_area (render, &analysis->session->exec, analysis->faces[i].report.rect);
            extra.changed = analysis->faces[i].report.rect;
          }
        if (status == RVS_OK)
          status = rvs__call_report (&render->call, RVS_PHASE_STAGE2, 1, &extra);
      }
  return status;
}

/* Whether faces go by their mesh. */
static void
report_priors (RvsAnalysis *analysis, const RvsParams *params)
{
  for (size_t i = 0; i < analysis->n_faces; i++)
    {
      RvsAnalysedFace *face = &analysis->faces[i];
      const bool       off = face->found_prior != RVS_SHAPE_NONE && params->shape_use == RVS_SHAPE_OFF;

      face->report.shape_prior = off ? RVS_SHAPE_UNWANTED : face->found_prior;
    }
}

RvsStatus
rvs_render (RvsSession *session, RvsAnalysis *analysis, const RvsView *src, const RvsParams *params, uint32_t flags,
            const RvsMonitor *monitor, const RvsMutView *dst, RvsError *err)
{
  Render    render = { .analysis = analysis,
                       .src = src,
                       .params = params,
                       .dst = dst,
                       .grow = flags & RVS_RENDER_GROW,
                       .bare = flags & RVS_RENDER_BARE,
                       .again = flags & RVS_RENDER_AGAIN };
  RvsStatus status;

  if (analysis->session != session)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "the analysis belongs to another session");
  status = check_render (&render, flags, err);
  if (status != RVS_OK)
    return status;
  rvs__call_begin (&render.call, &session->exec, monitor);
  if (session->mender)
    return rvs__call_end (&render.call, rvs__render_hole (analysis, &render.call, src, params, render.bare, dst, err), err);
  if (analysis->n_faces == 0)
    return RVS_OK;
  render.patches = rvs__alloc_zero (analysis->n_faces * sizeof *render.patches);
  if (!render.patches)
    return rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory for %zu faces", analysis->n_faces);
  report_priors (analysis, params);
  /* Strength 0 needs no result, and must not depend on one. */
  status = params->strength > 0 ? update_faces (&render, err) : RVS_OK;
  render.call = (RvsCall){ &session->exec, monitor, -1, 0.95f, 0.05f, render.call.last, render.call.refused };
  if (status == RVS_OK)
    status = rvs__call_report (&render.call, RVS_PHASE_PASTE, 0, NULL);
  if (status == RVS_OK)
    {
      paste_all (&render);
      /* Everything is written: a refusal now comes too late to be one. */
      (void)rvs__call_report (&render.call, RVS_PHASE_PASTE, 1, NULL);
    }
  rvs__free (render.patches);
  return rvs__call_end (&render.call, status, err);
}

/* ---- the matte alone ---- */

static RvsStatus
check_matte (const RvsAnalysis *analysis, const RvsParams *params, const RvsMutView *dst, RvsError *err)
{
  const RvsView view = rvs_view_of (dst);
  RvsStatus     status = rvs_params_check (params, err);

  if (status == RVS_OK)
    status = rvs__view_check (&view, err);
  if (status == RVS_OK
      && (dst->width != analysis->width || dst->height != analysis->height || dst->channels != 1 || dst->depth != RVS_DEPTH_F32))
    status = rvs__fail (err, RVS_ERR_ARGUMENT, "the matte needs one channel of floats and the size of the image");
  return status == RVS_OK ? check_map (&params->mask, analysis, "mask", err) : status;
}

RvsStatus
rvs_render_matte (RvsSession *session, const RvsAnalysis *analysis, const RvsParams *params, const RvsMutView *dst, RvsError *err)
{
  RvsPasteJob job = { .n_patches = analysis->n_faces,
                      .dst = dst,
                      .mask = params->mask.pixels ? &params->mask : NULL,
                      .strength = params->strength,
                      .area = bounds_of (analysis) };
  RvsPatch   *patches;
  RvsStatus   status;

  if (analysis->session != session)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "the analysis belongs to another session");
  status = check_matte (analysis, params, dst, err);
  if (status == RVS_OK && session->mender)
    return rvs__render_hole_matte (analysis, params, dst, err);
  if (status != RVS_OK || job.area.width <= 0)
    return status;
  patches = rvs__alloc_zero (job.n_patches * sizeof *patches);
  if (!patches)
    return rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory for %zu faces", job.n_patches);
  for (size_t i = 0; i < job.n_patches; i++)
    {
      patches[i] = patch_of (&analysis->faces[i], false);
      patches[i].on = is_on (&analysis->faces[i]); /* also before its first render */
    }
  job.patches = patches;
  rvs__paste_weights (&session->exec, &job);
  rvs__free (patches);
  return RVS_OK;
}
