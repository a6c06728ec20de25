/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * restore.c: faces, one analysis of them all, one render; where the result is larger, the photo is enlarged in between.
 */
#include "restore.h"
#include "enlarge.h"
#include "fill_run.h"
#include "working.h"

typedef struct Call
{
  const RvsRestoreCall *given;
  RvsSession           *session;
  RvsView               view;
  const RvsValues      *values;
  double                from, span; /* where the current step's 0..1 lies in the whole */
  RvsMonitor            monitor;
} Call;

static bool
on_progress (void *user, const RvsProgress *progress)
{
  Call *call = user;
  return !call->given->progress || call->given->progress (call->given->user, call->from + call->span * (double)progress->done);
}

static const RvsMonitor *
step (Call *call, double from, double to)
{
  call->from = from;
  call->span = to - from;
  call->monitor = (RvsMonitor){ on_progress, call };
  return &call->monitor;
}

/* Of the photo that is in view. */
static RvsStatus
find_wanted (Call *call, GArray *out_faces, const RvsMutView *pixels, RvsError *err)
{
  RvsParams params;
  (void)pixels;
  rvs_values_to_params (call->values, &params);
  return rvs_faces_wanted (call->session, &call->view, call->given->faces, &params, step (call, 0, 0.2), out_faces,
                           call->given->n_found, err);
}

static gboolean
any_restored (const RvsAnalysis *analysis)
{
  size_t n = rvs_analysis_n_faces (analysis);
  for (size_t i = 0; i < n; i++)
    if (rvs_analysis_face (analysis, i)->skip == RVS_SKIP_NONE)
      return TRUE;
  return FALSE;
}

static RvsStatus
analyse_and_render (Call *call, GArray *faces, const RvsMutView *to, RvsError *err)
{
  RvsAnalysis   *analysis = NULL;
  const RvsFace *first = (const RvsFace *)(void *)faces->data;
  RvsParams      params;
  GBytes        *told = NULL;
  rvs_values_to_params (call->values, &params);
  if (call->given->brush && !rvs_values_fill (call->given->values))
    told = rvs_hole_brush_fidelity (call->given->brush, &(RvsView){ 0 }, &params.fidelity_map);
  rvs_session_apply (call->session, &params); /* it may be another than the faces were found by */
  RvsStatus status
      = rvs_analyse_for (call->session, &call->view, first, faces->len, &params, 0, step (call, 0.2, 0.5), &analysis, err);
  if (status == RVS_OK && any_restored (analysis))
    status = rvs_render (call->session, analysis, &call->view, &params, 0, step (call, 0.5, 1), to, err);
  else if (status == RVS_OK)
    status = RVS_ERR_NO_FACE;
  rvs_analysis_free (analysis);
  g_clear_pointer (&told, g_bytes_unref);
  return status;
}

static RvsStatus
nothing_marked (RvsError *err)
{
  err->status = RVS_ERR_HOLE;
  g_strlcpy (err->message, "nothing is marked", sizeof err->message);
  return err->status;
}

/* What is to be filled, and lines in it. */
typedef struct Marks
{
  GBytes *hole_bytes, *line_bytes;
  RvsView hole, lines; /* pixels NULL: none */
} Marks;

static void
marks_clear (Marks *marks)
{
  g_clear_pointer (&marks->hole_bytes, g_bytes_unref);
  g_clear_pointer (&marks->line_bytes, g_bytes_unref);
}

static RvsStatus
find_scratches (Call *call, Marks *marks, RvsError *err)
{
  const int32_t width = call->view.width, height = call->view.height;
  guint8       *plane = g_try_malloc0_n ((gsize)height, (gsize)width);
  RvsMutView    out = { plane, width, width, height, 1, RVS_DEPTH_U8 };
  RvsStatus     status = RVS_ERR_NO_MEMORY;
  if (plane)
    status = rvs_find_damage (call->given->finder, &call->view, step (call, 0, 0.1), &out, err);
  err->status = status;
  marks->hole_bytes = g_bytes_new_take (plane, plane ? (gsize)height * (gsize)width : 0);
  if (status == RVS_OK && rvs_hole_bounds (&(RvsView){ plane, width, width, height, 1, RVS_DEPTH_U8 }).width > 0)
    marks->hole = rvs_view_of (&out);
  return status;
}

/* By hand, or else by the finder. */
static RvsStatus
mark (Call *call, Marks *marks, RvsError *err)
{
  const RvsHoleBrush *brush = call->given->brush;
  if (brush && (marks->hole_bytes = rvs_hole_brush_coverage (brush, &marks->hole)))
    marks->line_bytes = rvs_hole_brush_lines (brush, &marks->lines);
  else if (rvs_values_find (call->values) && call->given->finder)
    return find_scratches (call, marks, err);
  return RVS_OK;
}

/* In place: the engine takes the same memory as source and result. */
static RvsStatus
fill (Call *call, const Marks *marks, const GArray *faces, const RvsMutView *to, RvsError *err)
{
  RvsFillRun run = { .fill = call->session,
                     .then = call->given->then,
                     .source = call->view,
                     .faces = (const RvsFace *)(void *)faces->data,
                     .n_faces = faces->len,
                     .monitor = step (call, 0.2, 1) };
  RvsFillOut out = { .out = *to,
                     .rects = g_array_new (FALSE, FALSE, sizeof (RvsRect)),
                     .reports = g_array_new (FALSE, FALSE, sizeof (RvsFaceReport)) };
  rvs_values_to_params (call->values, &run.params);
  run.params.hole = marks->hole;
  run.params.lines = marks->lines;
  RvsStatus status = rvs_fill_run (&run, &out, err);
  rvs_analysis_free (run.analysis);
  g_array_unref (out.rects);
  g_array_unref (out.reports);
  return status;
}

/* Faces that the user left out were found all the same: err says so, and for no face at all it says nothing. */
static RvsStatus
restore_faces (Call *call, GArray *faces, const RvsMutView *to, RvsError *err)
{
  if (faces->len)
    return analyse_and_render (call, faces, to, err);
  err->status = RVS_ERR_NO_FACE;
  g_strlcpy (err->message, call->given->faces && call->given->faces->len ? "all faces are left out" : "", sizeof err->message);
  return err->status;
}

/* Where nothing is marked or found, an old photo's faces alone. */
static RvsStatus
fill_or_restore (Call *call, GArray *faces, const RvsMutView *to, RvsError *err)
{
  Marks     marks = { 0 };
  RvsValues alone = *call->values;
  RvsStatus status = mark (call, &marks, err);
  if (status == RVS_OK && marks.hole.pixels)
    status = fill (call, &marks, faces, to, err);
  else if (status == RVS_OK && rvs_values_skip_filling (&alone))
    {
      call->session = call->given->then;
      call->values = &alone;
      status = restore_faces (call, faces, to, err);
      call->values = call->given->values;
    }
  else if (status == RVS_OK)
    status = nothing_marked (err);
  marks_clear (&marks);
  return status;
}

static RvsStatus
find_and_restore (Call *call, GArray *faces, const RvsMutView *to, RvsError *err)
{
  RvsStatus status = find_wanted (call, faces, to, err);
  if (status != RVS_OK)
    return status;
  return (rvs_values_fill (call->values) ? fill_or_restore : restore_faces) (call, faces, to, err);
}

/* What is done with the pixels in sRGB: faces are read or appended. */
typedef RvsStatus (*Work) (Call *call, GArray *faces, const RvsMutView *pixels, RvsError *err);

static RvsStatus
work_in_srgb (Call *call, RvsPicture *picture, Work work, GArray *faces, bool keep, RvsError *err)
{
  RvsWorking working;
  RvsStatus  status = rvs_working_open (picture, &working, err);
  if (status == RVS_OK)
    {
      RvsMutView view = rvs_working_view (&working);
      call->view = rvs_view_of (&view);
      status = work (call, faces, &view, err);
    }
  if (status == RVS_OK && keep)
    status = rvs_working_commit (&working, 0, picture->view.height, err);
  rvs_working_close (&working);
  return status;
}

static RvsStatus
restore_same_size (Call *call, RvsPicture *picture, GArray *faces, RvsError *err)
{
  return work_in_srgb (call, picture, find_and_restore, faces, true, err);
}

/* The faces on the photo as it is, then all of it larger. That the engine, which has the last word on each face, takes none is no failure. */
static RvsStatus
restore_larger (Call *call, RvsPicture *picture, GArray *faces, RvsError *err)
{
  const int32_t factor = rvs_values_factor (call->values);
  RvsStatus     status = rvs_enlarge_check (picture->view.width, picture->view.height, factor, err);
  if (status == RVS_OK)
    status = work_in_srgb (call, picture, find_wanted, faces, false, err);
  if (status == RVS_OK)
    status = rvs_enlarge_picture (call->session, picture, factor, step (call, 0.1, 0.2), err);
  for (guint i = 0; i < faces->len; i++)
    rvs_face_enlarge (&g_array_index (faces, RvsFace, i), factor, &g_array_index (faces, RvsFace, i));
  if (status != RVS_OK || !faces->len)
    return status;
  status = work_in_srgb (call, picture, analyse_and_render, faces, true, err);
  return status == RVS_ERR_NO_FACE ? RVS_OK : status;
}

RvsStatus
rvs_restore (const RvsRestoreCall *given, RvsPicture *picture, RvsError *err)
{
  Call      call = { .given = given, .session = given->session, .values = given->values };
  GArray   *faces = g_array_new (FALSE, TRUE, sizeof (RvsFace));
  RvsStatus status = rvs_values_factor (given->values) > 1 ? restore_larger (&call, picture, faces, err)
                                                           : restore_same_size (&call, picture, faces, err);
  g_array_unref (faces);
  return status;
}
