/* SPDX-License-Identifier: GPL-3.0-or-later
 * analysis.c: rvs_analyse and the analysis it makes: which faces are restored, and what is kept of each. */
#include "choose.h"
#include "session.h"

#include "core/image.h"
#include "core/mem.h"
#include "face/align.h"
#include "face/maps.h"
#include "face/matte.h"
#include "prepare.h"

#include <math.h>
#include <string.h>

const char *
rvs_skip_name (RvsSkip skip)
{
  switch (skip)
    {
    case RVS_SKIP_NONE:
      return "none";
    case RVS_SKIP_TOO_SMALL:
      return "too small";
    case RVS_SKIP_LOW_CONFIDENCE:
      return "low confidence";
    case RVS_SKIP_DEGENERATE:
      return "degenerate landmarks";
    case RVS_SKIP_DISABLED:
      return "disabled";
    }
  return "unknown";
}

static RvsSkip
judge (const RvsAnalysis *analysis, const RvsFace *face, RvsAffine *crop_to_image)
{
  const RvsSessionConfig *config = &analysis->session->config;

  return rvs__judge_face (face, config->min_face_px, config->min_confidence, analysis->width, analysis->height, crop_to_image);
}

/* ---- memory ---- */

static void
free_face (RvsAnalysedFace *face)
{
  rvs__free (face->matte);
  rvs__free (face->slot_memory);
  rvs__free (face->field.data);
}

void
rvs_analysis_free (RvsAnalysis *analysis)
{
  if (!analysis)
    return;
  for (size_t i = 0; i < analysis->n_faces; i++)
    free_face (&analysis->faces[i]);
  rvs__free (analysis->faces);
  rvs__mended_free (analysis->mended);
  rvs__free (analysis->given);
  rvs__free (analysis);
}

static RvsAnalysis *
analysis_new (RvsSession *session, const RvsView *image, size_t n_faces)
{
  RvsAnalysis *analysis = rvs__alloc_zero (sizeof *analysis);
  size_t       n_bytes;

  if (!analysis)
    return NULL;
  *analysis = (RvsAnalysis){
    .session = session, .width = image->width, .height = image->height, .channels = image->channels, .depth = image->depth
  };
  if (n_faces == 0)
    return analysis;
  if (!rvs__mul_ok (n_faces, sizeof *analysis->faces, &n_bytes) || !(analysis->faces = rvs__alloc_zero (n_bytes)))
    {
      rvs__free (analysis);
      return NULL;
    }
  analysis->n_faces = n_faces;
  return analysis;
}

/* What the face needs before the networks run. */
static bool
allocate_face (RvsAnalysedFace *face, size_t slot_floats, bool cached)
{
  if (!(face->report.face.flags & RVS_FACE_ALIGNED) && !(face->matte = rvs__alloc (RVS_MATTE_CELLS * sizeof (float))))
    return false;
  return !cached || (face->slot_memory = rvs__alloc (slot_floats * sizeof (float)));
}

#define MOST_SCREENED (4096 * 4096) /* pixels: a larger face keeps the screen where it is too fine for the crop */

/* The field lives on the coarser of the two grids: so all fields together never exceed what the photo's faces cover. One that takes a
 * screen away needs the photo's. */
static bool
allocate_field (RvsAnalysedFace *face, int side)
{
  const RvsRect rect = face->report.rect;
  const int64_t area = (int64_t)rect.width * rect.height;

  if (area == 0)
    return true;
  face->field_on_image = area <= (face->report.screen_px > 0 ? MOST_SCREENED : (int64_t)side * side);
  const int w = face->field_on_image ? rect.width : side, h = face->field_on_image ? rect.height : side;
  face->field = rvs__tensor (rvs__alloc (3 * (size_t)w * (size_t)h * sizeof (float)), 3, h, w);
  return face->field.data;
}

static size_t
field_bytes (const RvsAnalysedFace *face)
{
  return face->field.data ? 3 * (size_t)face->field.w * (size_t)face->field.h * sizeof (float) : 0;
}

size_t
rvs_analysis_bytes (const RvsAnalysis *analysis)
{
  const size_t slot = rvs__slot_floats (&analysis->session->pipeline) * sizeof (float);
  size_t       n = sizeof *analysis + analysis->n_faces * sizeof *analysis->faces;

  for (size_t i = 0; i < analysis->n_faces; i++)
    {
      const RvsAnalysedFace *face = &analysis->faces[i];
      n += (face->matte ? RVS_MATTE_CELLS * sizeof (float) : 0) + (face->slot_memory ? slot : 0) + field_bytes (face);
    }
  return n;
}

/* The field keeps its shape: a render gives it memory again. */
static void
trim_face (RvsAnalysedFace *face, bool results)
{
  if (face->slot_memory)
    face->delta_ready = false;
  rvs__free (face->slot_memory);
  face->slot_memory = NULL;
  if (!results)
    return;
  rvs__free (face->field.data);
  face->field.data = NULL;
  face->field_ready = false;
}

void
rvs_analysis_trim (RvsAnalysis *analysis, bool results)
{
  for (size_t i = 0; i < analysis->n_faces; i++)
    trim_face (&analysis->faces[i], results);
}

/* ---- one face ---- */

/* The rect follows from the matte. */
static void
bound_face (RvsAnalysedFace *face, const RvsView *image)
{
  double bounds[4] = { 0, 0, 1, 1 };

  if (face->matte)
    rvs__matte_bounds (face->matte, bounds);
  face->report.rect = rvs__align_rect (&face->crop_to_image, bounds[0] * RVS_CROP_SIDE, bounds[1] * RVS_CROP_SIDE,
                                       bounds[2] * RVS_CROP_SIDE, bounds[3] * RVS_CROP_SIDE, image->width, image->height);
}

/* What the crop's own grid cannot show is not missing there. */
static float
auto_fidelity (const RvsAnalysedFace *face)
{
  const double pixels = hypot (face->crop_to_image.m[0], face->crop_to_image.m[3]); /* of the picture, per pixel of the crop */
  const float  limit = rvs__enlarged_fidelity ((float)((double)face->report.face.enlarged / fmax (1, pixels)));

  return fminf (rvs__auto_fidelity (&face->report.degradation), limit);
}

#define LOOKING_PART .4f /* of the time that a face takes; the restorer's run is the rest */

/* The render that follows, or params NULL. */
typedef struct Wanted
{
  const RvsParams *params;
  uint32_t         flags;
} Wanted;

/* As far as it goes for every face. */
static RvsStatus
look_at (RvsSession *session, RvsCall *call, const RvsView *image, RvsAnalysedFace *face, RvsError *err)
{
  RvsStatus status = rvs__prepare_face (&session->pipeline, call, image, face, &face->slot);

  if (status != RVS_OK || face->found_skip != RVS_SKIP_NONE)
    return status;
  bound_face (face, image);
  face->report.auto_fidelity = auto_fidelity (face);
  face->report.shape_prior = face->found_prior;
  if (!allocate_field (face, session->pipeline.side))
    return rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory for the restored difference of a face");
  return RVS_OK;
}

/* Of face i, whose slot is in the scratch, in what is left of its share of the call. */
static RvsStatus
restore_at_once (RvsAnalysis *analysis, RvsCall *call, const RvsView *image, size_t i, const Wanted *wanted, RvsError *err)
{
  const float from = call->from, whole = call->span;
  RvsStatus   status;

  call->from += LOOKING_PART * whole;
  call->span -= LOOKING_PART * whole;
  status = rvs__restore_prepared (analysis, call, image, wanted->params, wanted->flags, i, err);
  call->from = from;
  call->span = whole;
  return status == RVS_OK ? rvs__call_report (call, RVS_PHASE_STAGE2, 1, NULL) : status;
}

static RvsStatus
analyse_face (RvsAnalysis *analysis, RvsCall *call, const RvsView *image, size_t i, const Wanted *wanted, RvsError *err)
{
  RvsSession      *session = analysis->session;
  RvsAnalysedFace *face = &analysis->faces[i];
  const size_t     mark = rvs__arena_mark (&session->arena);
  const bool       at_once = wanted->params && wanted->params->strength > 0 && !face->slot_memory;
  const float      whole = call->span;
  float           *memory = face->slot_memory;
  RvsStatus        status;

  if (!memory)
    memory = rvs__arena_floats (&session->arena, rvs__slot_floats (&session->pipeline));
  rvs__slot_place (&session->pipeline, memory, &face->slot);
  call->span = at_once ? LOOKING_PART * whole : whole;
  status = look_at (session, call, image, face, err);
  if (status == RVS_OK && face->found_skip != RVS_SKIP_NONE)
    {
      rvs__arena_release (&session->arena, mark);
      free_face (face);
      face->matte = face->slot_memory = NULL;
      call->span = whole;
      return rvs__call_report (call, RVS_PHASE_STAGE1, 1, NULL);
    }
  if (status == RVS_OK)
    status = rvs__call_report (call, RVS_PHASE_STAGE1, 1, NULL);
  call->span = whole;
  if (status == RVS_OK && at_once && face->field.w > 0)
    status = restore_at_once (analysis, call, image, i, wanted, err);
  rvs__arena_release (&session->arena, mark);
  return status;
}

/* ---- faces beside a hole ---- */

/* Of a face a hole needs only the place; no parser confirms it. */
static void
place_faces (RvsAnalysis *analysis, const RvsView *image, const RvsFace *faces)
{
  for (size_t i = 0; i < analysis->n_faces; i++)
    {
      RvsAnalysedFace *face = &analysis->faces[i];

      face->report.face = faces[i];
      face->report.eye_distance_px = rvs__eye_distance (&faces[i]);
      face->found_skip = judge (analysis, &faces[i], &face->crop_to_image);
      if (face->found_skip == RVS_SKIP_NONE && rvs__needs_confirmation (&faces[i]))
        face->found_skip = RVS_SKIP_LOW_CONFIDENCE;
      face->report.skip = face->found_skip;
      if (face->found_skip == RVS_SKIP_NONE)
        bound_face (face, image);
    }
}

RvsStatus
rvs__analysis_take (RvsAnalysis *analysis, const RvsView *image, const RvsFace *faces, size_t n_faces, RvsError *err)
{
  RvsAnalysedFace *room = rvs__alloc_zero ((n_faces + 1) * sizeof *room);

  if (!room)
    return rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory for %zu faces", n_faces);
  rvs__free (analysis->faces); /* beside a hole a face owns nothing */
  analysis->faces = room;
  analysis->n_faces = n_faces;
  place_faces (analysis, image, faces);
  rvs__mended_free (analysis->mended);
  analysis->mended = NULL;
  return RVS_OK;
}

const RvsFillReport *
rvs_analysis_fill (const RvsAnalysis *analysis)
{
  return analysis->mended ? &analysis->mended->report : NULL;
}

/* ---- the call ---- */

static RvsStatus
check_analyse (const RvsSession *session, const RvsView *image, const RvsFace *faces, size_t n_faces, RvsError *err)
{
  if (!session->config.restorer)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "the session has no restorer");
  if (n_faces > 0 && !faces)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "no faces given");
  if (n_faces > INT32_MAX)
    return rvs__fail (err, RVS_ERR_LIMIT, "too many faces");
  return rvs__view_check (image, err);
}

/* Judges all faces and allocates; returns how many are to be restored. */
static RvsStatus
list_faces (RvsAnalysis *analysis, const RvsFace *faces, size_t *out_n_on, RvsError *err)
{
  const size_t slot_floats = rvs__slot_floats (&analysis->session->pipeline);
  size_t       left = analysis->session->config.cache_bytes;

  *out_n_on = 0;
  for (size_t i = 0; i < analysis->n_faces; i++)
    {
      RvsAnalysedFace *face = &analysis->faces[i];
      const bool       cached = left >= slot_floats * sizeof (float);

      face->report.face = faces[i];
      face->report.eye_distance_px = rvs__eye_distance (&faces[i]);
      face->found_skip = judge (analysis, &faces[i], &face->crop_to_image);
      face->report.skip = face->found_skip;
      if (face->found_skip != RVS_SKIP_NONE)
        continue;
      if (!allocate_face (face, slot_floats, cached))
        return rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory for face %zu", i);
      left -= cached ? slot_floats * sizeof (float) : 0;
      ++*out_n_on;
    }
  return RVS_OK;
}

RvsStatus
rvs_analyse (RvsSession *session, const RvsView *image, const RvsFace *faces, size_t n_faces, const RvsMonitor *monitor,
             RvsAnalysis **out_analysis, RvsError *err)
{
  return rvs_analyse_for (session, image, faces, n_faces, NULL, 0, monitor, out_analysis, err);
}

RvsStatus
rvs_analyse_for (RvsSession *session, const RvsView *image, const RvsFace *faces, size_t n_faces, const RvsParams *params,
                 uint32_t flags, const RvsMonitor *monitor, RvsAnalysis **out_analysis, RvsError *err)
{
  const Wanted wanted = { params, flags };
  RvsAnalysis *analysis = NULL;
  RvsCall      call;
  RvsStatus    status;
  size_t       n_on = 0, n_done = 0;

  *out_analysis = NULL;
  rvs__call_begin (&call, &session->exec, monitor);
  status = check_analyse (session, image, faces, n_faces, err);
  if (status != RVS_OK)
    return status;
  analysis = analysis_new (session, image, n_faces);
  if (!analysis)
    return rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory for %zu faces", n_faces);
  if (params)
    status = rvs__check_source (analysis, image, params, err);
  if (status == RVS_OK && session->mender)
    place_faces (analysis, image, faces);
  else if (status == RVS_OK)
    status = list_faces (analysis, faces, &n_on, err);
  if (status == RVS_OK)
    status = rvs__call_report (&call, RVS_PHASE_PARSE, 0, NULL);
  for (size_t i = 0; status == RVS_OK && !session->mender && i < n_faces; i++)
    if (analysis->faces[i].report.skip == RVS_SKIP_NONE)
      {
        call.face = (int32_t)i;
        call.span = 1.0f / (float)n_on;
        call.from = (float)n_done++ / (float)n_on;
        status = analyse_face (analysis, &call, image, i, &wanted, err);
      }
  if (status != RVS_OK)
    {
      rvs_analysis_free (analysis);
      return rvs__call_end (&call, status, err);
    }
  *out_analysis = analysis;
  return RVS_OK;
}

/* ---- access ---- */

size_t
rvs_analysis_n_faces (const RvsAnalysis *analysis)
{
  return analysis->n_faces;
}

const RvsFaceReport *
rvs_analysis_face (const RvsAnalysis *analysis, size_t index)
{
  return index < analysis->n_faces ? &analysis->faces[index].report : NULL;
}

void
rvs_analysis_enable (RvsAnalysis *analysis, size_t index, bool enabled)
{
  RvsAnalysedFace *face;

  if (index >= analysis->n_faces)
    return;
  face = &analysis->faces[index];
  if (face->found_skip == RVS_SKIP_NONE)
    face->report.skip = enabled ? RVS_SKIP_NONE : RVS_SKIP_DISABLED;
}
