/* SPDX-License-Identifier: GPL-3.0-or-later
 * uncover.c: faces that damage hides from the detector. The hole is filled as far as faces are known, the filled picture is searched, and
 * the analysis learns the faces that show there, so that the hole is filled again on their aligned crops, from the photo as it is. */
#include "session.h"

#include "core/image.h"
#include "core/mem.h"
#include "face/align.h"
#include "face/candidates.h"
#include "face/detect.h"
#include "model.h"

#include <math.h>
#include <string.h>

#define HOLE_PART .02f  /* least share of a face's box that the hole has: others were not hidden */
#define SAME_FACE .4f   /* overlap of the boxes, */
#define SAME_INSIDE .7f /* or share of the smaller one */
#define MUCH_SURER .05f /* a face that is seen so much better takes the known one's place, */
#define MUCH_MOVED .15f /* and a surer one whose landmarks are so far away, in eye distances */
#define FILL_SHARE .7f  /* of the progress; the search has the rest */

enum
{
  LEAST_AROUND = 64 /* pixels around the hole that are searched too, or its longer side */
};

/* ---- the part that is searched -------------------------------------------------------------- */

/* What a face on the hole can reach. */
static RvsRect
part_around (const RvsView *image, RvsRect hole)
{
  const int32_t side = hole.width > hole.height ? hole.width : hole.height;

  return rvs__rect_widened (hole, side > LEAST_AROUND ? side : LEAST_AROUND, image->width, image->height);
}

/* The image with the hole filled, right inside part; pixels NULL when there is no memory. */
static RvsMutView
copy_part (const RvsView *image, RvsRect part)
{
  const size_t pixel = rvs_view_pixel_bytes (image), row = (size_t)image->width * pixel;
  RvsMutView   copy = { NULL, (ptrdiff_t)row, image->width, image->height, image->channels, image->depth };
  size_t       n_bytes;

  if (rvs__mul_ok (row, (size_t)image->height, &n_bytes))
    copy.pixels = rvs__alloc_zero (n_bytes);
  for (int32_t y = part.y; y < part.y + part.height && copy.pixels; y++)
    memcpy ((char *)copy.pixels + y * copy.stride + (ptrdiff_t)((size_t)part.x * pixel),
            (const char *)image->pixels + y * image->stride + (ptrdiff_t)((size_t)part.x * pixel), (size_t)part.width * pixel);
  return copy;
}

static RvsView
view_of_part (const RvsMutView *whole, RvsRect part)
{
  RvsView      view = rvs_view_of (whole);
  const size_t pixel = rvs_view_pixel_bytes (&view);

  view.pixels = (const char *)view.pixels + part.y * view.stride + (ptrdiff_t)((size_t)part.x * pixel);
  view.width = part.width;
  view.height = part.height;
  return view;
}

/* ---- what is seen there --------------------------------------------------------------------- */

static void
move_face (RvsFace *face, RvsRect part)
{
  face->x += (float)part.x;
  face->y += (float)part.y;
  for (int k = 0; k < 5; k++)
    {
      face->landmarks[k][0] += (float)part.x;
      face->landmarks[k][1] += (float)part.y;
    }
}

/* Whether the hole has a part of the face's box. */
static bool
lies_on (const RvsHole *hole, const RvsFace *face)
{
  const int32_t x0 = (int32_t)floorf (face->x), x1 = (int32_t)ceilf (face->x + face->w);
  const int32_t y0 = (int32_t)fmaxf (floorf (face->y), 0), y1 = (int32_t)fminf (ceilf (face->y + face->h), (float)hole->height);
  int64_t       n = 0;

  for (int32_t y = y0; y < y1; y++)
    for (size_t k = hole->rows[y]; k < hole->rows[y + 1]; k++)
      {
        const int32_t from = hole->runs[k].x, to = from + hole->runs[k].n;
        const int32_t a = from > x0 ? from : x0, b = to < x1 ? to : x1;
        n += b > a ? b - a : 0;
      }
  return (float)n >= HOLE_PART * face->w * face->h;
}

static bool
is_same (const RvsFace *a, const RvsFace *b)
{
  const float one[4] = { a->x, a->y, a->w, a->h }, other[4] = { b->x, b->y, b->w, b->h };
  float       inside;
  const float overlap = rvs__box_overlap (one, other, &inside);

  return overlap >= SAME_FACE || inside >= SAME_INSIDE;
}

static bool
is_much_better (const RvsFace *seen, const RvsFaceReport *known)
{
  float moved = 0;

  if (known->face.flags & (RVS_FACE_FROM_USER | RVS_FACE_ALIGNED))
    return false;
  for (int k = 0; k < 5; k++)
    moved += hypotf (seen->landmarks[k][0] - known->face.landmarks[k][0], seen->landmarks[k][1] - known->face.landmarks[k][1]) / 5;
  return seen->score > known->face.score + MUCH_SURER
         || (seen->score > known->face.score && moved > MUCH_MOVED * rvs__eye_distance (seen));
}

/* ---- the list ------------------------------------------------------------------------------- */

/* The known faces, and behind them those that are uncovered. */
typedef struct List
{
  RvsFace *faces;
  size_t   n;
  bool     changed;
} List;

/* The first that it is, or the number known. */
static size_t
index_of (const RvsAnalysis *analysis, const RvsFace *seen)
{
  size_t i = 0;

  while (i < analysis->n_faces && !is_same (seen, &analysis->faces[i].report.face))
    i++;
  return i;
}

static void
take_face (const RvsAnalysis *analysis, const RvsFace *seen, List *list)
{
  const size_t i = index_of (analysis, seen);

  if (i == analysis->n_faces)
    list->faces[list->n++] = *seen;
  else if (is_much_better (seen, &analysis->faces[i].report))
    list->faces[i] = *seen;
  else
    return;
  list->changed = true;
}

/* Room for as many again as a search may find. */
static RvsStatus
begin_list (const RvsAnalysis *analysis, List *list, RvsError *err)
{
  list->faces = rvs__alloc ((analysis->n_faces + RVS_MAX_FACES) * sizeof *list->faces);
  if (!list->faces)
    return rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory for %zu faces", analysis->n_faces);
  for (list->n = 0; list->n < analysis->n_faces; list->n++)
    list->faces[list->n] = analysis->faces[list->n].report.face;
  return RVS_OK;
}

static bool
on_tick (void *user, float done)
{
  return rvs__call_report (user, RVS_PHASE_DETECT, done, NULL) == RVS_OK;
}

/* Searches the filled picture; a face must be sure by itself, since a filling shows what it was made of. */
static RvsStatus
look (RvsAnalysis *analysis, RvsCall *call, const RvsMutView *filled, RvsRect part, List *list, RvsError *err)
{
  RvsSession         *session = analysis->session;
  const RvsView       view = view_of_part (filled, part);
  const RvsDetectTick tick = { on_tick, call };
  RvsFace            *seen = rvs__alloc (RVS_MAX_FACES * sizeof *seen);
  size_t              n = 0;
  RvsStatus           status;

  if (!seen)
    return rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory for the faces under the hole");
  status = rvs__detect_faces (rvs__model_net (session->config.detector, &rvs__arch_detector), &session->exec, &view, RVS_SURE_SCORE,
                              session->config.turned, &tick, seen, RVS_MAX_FACES, &n);
  for (size_t i = 0; i < n && i < RVS_MAX_FACES && status == RVS_OK; i++)
    {
      move_face (&seen[i], part);
      if (lies_on (analysis->mended->hole, &seen[i]))
        take_face (analysis, &seen[i], list);
    }
  rvs__free (seen);
  return status;
}

/* ---- the call ------------------------------------------------------------------------------- */

static RvsStatus
search_filled (RvsAnalysis *analysis, RvsCall *call, const RvsView *image, const RvsParams *params, List *list, RvsError *err)
{
  RvsParams     full = *params;
  const RvsRect part = part_around (image, rvs_hole_bounds (&params->hole));
  RvsMutView    filled = copy_part (image, part);
  RvsStatus     status = RVS_OK;

  full.strength = 1;
  full.mask = (RvsView){ 0 };
  if (!filled.pixels)
    return rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory for a copy of the picture");
  call->span = FILL_SHARE;
  status = rvs__render_hole (analysis, call, image, &full, true, &filled, err);
  call->from = FILL_SHARE;
  call->span = 1 - FILL_SHARE;
  if (status == RVS_OK)
    status = look (analysis, call, &filled, part, list, err);
  rvs__free (filled.pixels);
  return status;
}

/* The faces that the analysis was made with; those uncovered under another hole go. */
static RvsStatus
begin (RvsAnalysis *analysis, const RvsView *image, List *list, RvsError *err)
{
  RvsStatus status = RVS_OK;

  if (analysis->given)
    status = rvs__analysis_take (analysis, image, analysis->given, analysis->n_given, err);
  return status == RVS_OK ? begin_list (analysis, list, err) : status;
}

/* Remembers the faces that were there, and takes the list. */
static RvsStatus
learn (RvsAnalysis *analysis, const RvsView *image, const List *list, RvsError *err)
{
  const size_t n = analysis->n_faces;

  if (!analysis->given)
    {
      analysis->given = rvs__alloc ((n + 1) * sizeof *analysis->given);
      if (!analysis->given)
        return rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory for %zu faces", n);
      for (size_t i = 0; i < n; i++)
        analysis->given[i] = analysis->faces[i].report.face;
      analysis->n_given = n;
    }
  return rvs__analysis_take (analysis, image, list->faces, list->n, err);
}

RvsStatus
rvs_uncover_faces (RvsAnalysis *analysis, const RvsView *image, const RvsParams *params, const RvsMonitor *monitor, RvsError *err)
{
  RvsSession *session = analysis->session;
  RvsCall     call;
  List        list = { 0 };
  uint64_t    key;
  RvsStatus   status = rvs__view_check (image, err);

  if (status == RVS_OK && !session->mender)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "only a model that fills holes can uncover faces");
  if (status == RVS_OK && (image->width != analysis->width || image->height != analysis->height))
    return rvs__fail (err, RVS_ERR_ARGUMENT, "the image is not the one that was analysed");
  if (status == RVS_OK)
    status = rvs__hole_key (analysis, params, &key, err);
  if (status != RVS_OK || !session->config.detector || (analysis->uncovered && analysis->uncovered_key == key))
    return status;
  rvs__call_begin (&call, &session->exec, monitor);
  analysis->uncovered = false;
  status = begin (analysis, image, &list, err);
  if (status == RVS_OK)
    status = search_filled (analysis, &call, image, params, &list, err);
  if (status == RVS_OK && list.changed)
    status = learn (analysis, image, &list, err);
  analysis->uncovered = status == RVS_OK;
  analysis->uncovered_key = key;
  rvs__free (list.faces);
  return rvs__call_end (&call, status, err);
}
