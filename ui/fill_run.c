/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fill_run.c: fill, then restore, into the same buffers.
 */
#include "fill_run.h"
#include "merge.h"
#include "pixels.h"
#include <stdlib.h>
#include <string.h>

/* ---- progress ----------------------------------------------------------------------------- */

/* One step of the run: its 0..1 lies in a part of the whole. */
typedef struct Part
{
  const RvsMonitor *to;
  float             from, span;
} Part;

static bool
on_progress (void *user, const RvsProgress *progress)
{
  const Part *part = user;
  RvsProgress whole = *progress;
  whole.done = part->from + part->span * progress->done;
  return !part->to || !part->to->progress || part->to->progress (part->to->user, &whole);
}

/* The steps of the run: filling has three, and what comes after it two. */
enum
{
  ANALYSE,
  UNCOVER,
  FILL,
  ANALYSE_AFTER,
  RESTORE_AFTER
};

static RvsMonitor
step (const RvsFillRun *run, Part *part, int n)
{
  static const float ends[] = { 0, 0.05f, 0.5f, 1, 1.2f, 2 };
  const float        scale = run->then ? 0.5f : 1;
  *part = (Part){ run->monitor, scale * ends[n], scale * (ends[n + 1] - ends[n]) };
  return (RvsMonitor){ on_progress, part };
}

/* ---- where -------------------------------------------------------------------------------- */

RvsRect
rvs_fill_reads (const RvsFillRun *run)
{
  return run->then ? (RvsRect){ 0, 0, run->source.width, run->source.height } : rvs_hole_bounds (&run->params.hole);
}

/* ---- filling ------------------------------------------------------------------------------ */

static RvsStatus
analyse (RvsFillRun *run, RvsError *err)
{
  Part       part;
  RvsMonitor monitor = step (run, &part, ANALYSE);
  if (run->analysis)
    return RVS_OK;
  return rvs_analyse (run->fill, &run->source, run->faces, run->n_faces, &monitor, &run->analysis, err);
}

static RvsStatus
uncover (RvsFillRun *run, RvsError *err)
{
  Part       part;
  RvsMonitor monitor = step (run, &part, UNCOVER);
  return rvs_uncover_faces (run->analysis, &run->source, &run->params, &monitor, err);
}

static RvsStatus
fill (RvsFillRun *run, const RvsFillOut *out, RvsError *err)
{
  Part       part;
  RvsMonitor monitor = step (run, &part, FILL);
  RvsParams  full = rvs_at_full_strength (&run->params);
  RvsStatus  status = rvs_render (run->fill, run->analysis, &run->source, &run->params, 0, &monitor, &out->out, err);
  if (status == RVS_OK && out->bare.pixels && !run->then)
    status = rvs_render (run->fill, run->analysis, &run->source, &full, RVS_RENDER_BARE, NULL, &out->bare, err);
  if (status == RVS_OK && out->matte.pixels)
    status = rvs_render_matte (run->fill, run->analysis, &run->params, &out->matte, err);
  return status;
}

/* ---- the faces after it ------------------------------------------------------------------- */

static float *
floats_at (const RvsMutView *plane, int32_t x, int32_t y)
{
  return (float *)(void *)((guint8 *)plane->pixels + plane->stride * y) + x;
}

/* Behind one mask for both, where the pixel needs most of either: the layer's own pixels make up for the rest. */
static void
raise_matte (const RvsMutView *matte, const RvsMutView *other, RvsRect rect)
{
  for (int32_t y = rect.y; y < rect.y + rect.height; y++)
    for (int32_t x = rect.x; x < rect.x + rect.width; x++)
      *floats_at (matte, x, y) = MAX (*floats_at (matte, x, y), *floats_at (other, x, y));
}

static RvsStatus
merge_matte (RvsFillRun *run, const RvsFillOut *out, const RvsAnalysis *faces, const RvsParams *params, RvsError *err)
{
  RvsMutView other = out->matte;
  RvsStatus  status = RVS_ERR_NO_MEMORY;
  other.pixels = calloc ((size_t)other.height, (size_t)other.stride); /* only the faces' pages are ever touched */
  if (other.pixels)
    status = rvs_render_matte (run->then, faces, params, &other, err);
  else
    g_snprintf (err->message, sizeof err->message, "no memory for the mask");
  err->status = status;
  for (size_t i = 0; status == RVS_OK && i < rvs_analysis_n_faces (faces); i++)
    raise_matte (&out->matte, &other, rvs_analysis_face (faces, i)->rect);
  free (other.pixels);
  return status;
}

static void
copy_pixels (const RvsMutView *from, const RvsMutView *to)
{
  RvsView shape = rvs_view_of (from);
  size_t  bytes = (size_t)from->width * rvs_view_pixel_bytes (&shape);
  for (int32_t y = 0; y < from->height; y++)
    memcpy ((guint8 *)to->pixels + to->stride * y, (const guint8 *)from->pixels + from->stride * y, bytes);
}

static RvsStatus
restore (RvsFillRun *run, const RvsFillOut *out, RvsAnalysis *faces, RvsError *err)
{
  Part       part;
  RvsMonitor monitor = step (run, &part, RESTORE_AFTER);
  RvsParams  params = run->params, full;
  RvsView    filled = rvs_view_of (&out->out);
  RvsStatus  status = RVS_OK;
  params.hole = params.mask = (RvsView){ 0 };
  full = rvs_at_full_strength (&params);
  if (out->bare.pixels)
    {
      copy_pixels (&out->out, &out->bare);
      status = rvs_render (run->then, faces, &filled, &full, RVS_RENDER_BARE, NULL, &out->bare, err);
    }
  if (status == RVS_OK && out->matte.pixels)
    status = merge_matte (run, out, faces, &params, err);
  if (status == RVS_OK)
    status = rvs_render (run->then, faces, &filled, &params, 0, &monitor, &out->out, err);
  return status;
}

/* How many faces there are to restore; their places and reports go to the result. */
static size_t
list_faces (const RvsAnalysis *faces, const RvsFillOut *out)
{
  size_t n = 0;
  for (size_t i = 0; i < rvs_analysis_n_faces (faces); i++)
    {
      const RvsFaceReport *report = rvs_analysis_face (faces, i);
      if (report->skip != RVS_SKIP_NONE)
        continue;
      g_array_append_val (out->rects, report->rect);
      g_array_append_val (out->reports, *report);
      n++;
    }
  return n;
}

/* Its middle lies in a face that the user does not want. */
static gboolean
is_left_out (const RvsFillRun *run, const RvsFace *face)
{
  const float x = face->x + face->w / 2, y = face->y + face->h / 2;
  for (size_t i = 0; i < run->n_left_out; i++)
    {
      const RvsFace *other = &run->left_out[i];
      if (x >= other->x && x < other->x + other->w && y >= other->y && y < other->y + other->h)
        return TRUE;
    }
  return FALSE;
}

/* The faces given, as they are seen now, and those that the hole hid, as far as so many and such small ones are asked for. */
static GArray *
faces_after (const RvsFillRun *run)
{
  const size_t n = rvs_analysis_n_faces (run->analysis);
  RvsParams    params = run->params;
  GArray      *faces = g_array_sized_new (FALSE, FALSE, sizeof (RvsFace), (guint)n);
  RvsSkip     *skips = g_new (RvsSkip, n + 1);
  for (size_t i = 0; i < n; i++)
    g_array_append_vals (faces, &rvs_analysis_face (run->analysis, i)->face, 1);
  params.mask = (RvsView){ 0 };
  rvs_choose_faces ((const RvsFace *)(void *)faces->data, n, run->source.width, run->source.height, &params, 0, skips);
  for (size_t i = n; i-- > run->n_faces;)
    if (skips[i] != RVS_SKIP_NONE || is_left_out (run, &g_array_index (faces, RvsFace, i)))
      g_array_remove_index (faces, (guint)i);
  g_free (skips);
  return faces;
}

static RvsStatus
restore_after (RvsFillRun *run, const RvsFillOut *out, RvsError *err)
{
  Part         part;
  RvsMonitor   monitor = step (run, &part, ANALYSE_AFTER);
  RvsView      filled = rvs_view_of (&out->out);
  RvsAnalysis *faces = NULL;
  GArray      *wanted = faces_after (run);
  RvsStatus    status = RVS_OK;
  rvs_session_apply (run->then, &run->params);
  if (wanted->len)
    status = rvs_analyse (run->then, &filled, (const RvsFace *)(void *)wanted->data, wanted->len, &monitor, &faces, err);
  if (status == RVS_OK && faces && list_faces (faces, out))
    status = restore (run, out, faces, err);
  else if (status == RVS_OK && out->bare.pixels)
    copy_pixels (&out->out, &out->bare);
  rvs_analysis_free (faces);
  g_array_unref (wanted);
  return status;
}

RvsStatus
rvs_fill_run (RvsFillRun *run, const RvsFillOut *out, RvsError *err)
{
  RvsRect   box = run->params.hole.pixels ? rvs_hole_bounds (&run->params.hole) : (RvsRect){ 0 };
  RvsStatus status = analyse (run, err);
  if (status == RVS_OK)
    status = uncover (run, err);
  if (status == RVS_OK)
    status = fill (run, out, err);
  if (status != RVS_OK)
    return status;
  g_array_append_val (out->rects, box);
  return run->then ? restore_after (run, out, err) : RVS_OK;
}
