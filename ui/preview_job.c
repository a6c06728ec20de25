/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * preview_job.c: worker thread, requests, events. The worker alone touches the session and the analyses.
 *
 * One analysis for each face: the face the user looks at comes first, a face is turned on and off without any work, and a
 * change of the fidelity re-runs stage 2 only.
 */
#include "preview_job.h"
#include "fill_run.h"
#include "merge.h"
#include <gdk/gdk.h>
#include <stdlib.h>
#include <string.h>

#define PROGRESS_INTERVAL_US (50 * 1000)
#define APPLY_FROM 0.3 /* where the writing of the result starts in the progress of its request */
/* A face of the shipped model holds some 12 MB, what it is made of included, and without that 12 bytes a pixel. */
#define BUDGET_BYTES ((size_t)48 << 20)

typedef struct WorkFace
{
  guint        id;
  RvsAnalysis *analysis;   /* NULL: not yet, or of another model or region */
  guint        generation; /* of the last complete patch; 0: none */
  gboolean     shown;      /* some patch has been sent: later ones replace it only when complete */
  guint        seen;       /* the last request that wanted it most; 0: none did */
  guint        place;      /* in the order of the request being run; G_MAXUINT: not wanted */
  int          trimmed;    /* rounds of keep_to_budget that it has gone through since it was rendered */
} WorkFace;

struct RvsJob
{
  const RvsUiHost *host;
  RvsView          source;
  RvsJobHandler    handler;
  gpointer         user;
  GThread         *thread;
  GAsyncQueue     *events; /* worker -> main */

  GMutex        mutex; /* guards the rest of this block */
  GCond         wake;
  RvsJobRequest request;
  guint         serial;        /* counts posts and stops */
  guint         cancel_serial; /* counts those of them that make the running work worthless */
  gboolean      pending, running, quit;
  guint         idle_id;
  RvsSession   *session, *then, *finder; /* finder: only while it looks for damage */

  /* worker only */
  char       model[64], then_model[64];
  gboolean   pyramid_sent;
  GArray    *work;   /* WorkFace */
  uint32_t   region; /* RvsRegion of their analyses */
  RvsMutView scratch;
  RvsMerge   merge;
  RvsFillRun fill;              /* its analysis is kept while the faces stay the same */
  GArray    *fill_faces;        /* RvsFace: those of that analysis */
  guint      fill_generation;   /* of the last patch of the hole; 0: none */
  guint      sketch_generation; /* the same of its sketch */
  gint64     last_progress_us;
  guint      run_serial, run_cancel_serial; /* of the request being run */
  guint      run_generation;
  WorkFace  *run_face;
  RvsRect    run_rect;
  size_t     run_index, run_count;
  double     run_base, run_span;           /* where the current call's 0..1 lies in the whole request, */
  double     run_face_base, run_face_span; /* and in the preview of the face */
  gboolean   run_grow;
  gboolean   run_film;   /* stage images are told, */
  size_t     run_stages; /* and so many have been */

  /* written by the worker before RVS_JOB_APPLIED, read by the main thread after it */
  GArray *rects, *reports;
};

/* ---- events ------------------------------------------------------------------------------- */

static void
event_free (RvsJobEvent *event)
{
  rvs_pyramid_free (event->pyramid);
  g_clear_pointer (&event->spans, g_array_unref);
  rvs_hole_overlay_free (event->sketch);
  rvs_map_overlay_free (event->map);
  g_free (event->faces);
  g_free (event);
}

/* A patch belongs to the settings it was computed with, an end to its request; what was found out about the picture and its faces
 * stays true. Asked anew for each event, because handling one may post a request. */
static gboolean
stale (RvsJob *job, const RvsJobEvent *event)
{
  g_mutex_lock (&job->mutex);
  gboolean other_settings = event->generation != job->request.generation, other_request = event->serial != job->serial;
  g_mutex_unlock (&job->mutex);
  switch (event->kind)
    {
    case RVS_JOB_PATCH:
    case RVS_JOB_SKETCH:
    case RVS_JOB_MAP:
    case RVS_JOB_STAGE:
      return other_settings;
    case RVS_JOB_PROGRESS:
    case RVS_JOB_DONE:
    case RVS_JOB_APPLIED:
    case RVS_JOB_FAILED:
      return other_request;
    default:
      return FALSE;
    }
}

static gboolean
deliver (gpointer data)
{
  RvsJob      *job = data;
  RvsJobEvent *event;
  g_mutex_lock (&job->mutex);
  job->idle_id = 0;
  g_mutex_unlock (&job->mutex);
  while ((event = g_async_queue_try_pop (job->events)))
    {
      if (!stale (job, event))
        job->handler (job->user, event);
      event_free (event);
    }
  return G_SOURCE_REMOVE;
}

static void
send (RvsJob *job, RvsJobEvent *event)
{
  event->generation = job->run_generation;
  event->serial = job->run_serial;
  g_async_queue_push (job->events, event);
  g_mutex_lock (&job->mutex);
  if (!job->idle_id && !job->quit)
    job->idle_id = g_idle_add_full (GDK_PRIORITY_REDRAW - 1, deliver, job, NULL);
  g_mutex_unlock (&job->mutex);
}

static RvsJobEvent *
event_new (RvsJobEventKind kind)
{
  RvsJobEvent *event = g_new0 (RvsJobEvent, 1);
  event->kind = kind;
  return event;
}

static void
send_failure (RvsJob *job, const RvsError *err)
{
  RvsJobEvent *event = event_new (RVS_JOB_FAILED);
  event->error = *err;
  send (job, event);
}

/* ---- worker: helpers ---------------------------------------------------------------------- */

static gboolean
superseded (RvsJob *job)
{
  g_mutex_lock (&job->mutex);
  gboolean yes = job->quit || job->serial != job->run_serial;
  g_mutex_unlock (&job->mutex);
  return yes;
}

static gboolean
worthless (RvsJob *job)
{
  g_mutex_lock (&job->mutex);
  gboolean yes = job->quit || job->cancel_serial != job->run_cancel_serial;
  g_mutex_unlock (&job->mutex);
  return yes;
}

static void
drop_scratch (RvsJob *job)
{
  free (job->scratch.pixels);
  job->scratch.pixels = NULL;
}

/* The buffer comes zeroed and untouched from the system, so only the faces' pages ever cost memory. */
static gboolean
ensure_scratch (RvsJob *job)
{
  if (job->scratch.pixels)
    return TRUE;
  size_t stride = (size_t)job->source.width * rvs_view_pixel_bytes (&job->source);
  job->scratch = (RvsMutView){ calloc ((size_t)job->source.height, stride),
                               (ptrdiff_t)stride,
                               job->source.width,
                               job->source.height,
                               job->source.channels,
                               job->source.depth };
  return job->scratch.pixels != NULL;
}

static void
copy_rect (const RvsView *from, RvsMutView *to, RvsRect rect)
{
  size_t bytes = rvs_view_pixel_bytes (from) * (size_t)rect.width;
  for (int32_t y = rect.y; y < rect.y + rect.height; y++)
    {
      RvsView target = rvs_view_of (to);
      memcpy ((guint8 *)to->pixels + (rvs_view_at (&target, rect.x, y) - (const guint8 *)to->pixels), rvs_view_at (from, rect.x, y),
              bytes);
    }
}

/* One channel of 8 bits, all 0, of the picture's size; pixels g_free, NULL: out of memory. */
static RvsMutView
plane_new (const RvsJob *job)
{
  const int32_t width = job->source.width, height = job->source.height;
  return (RvsMutView){ g_try_malloc0_n ((gsize)height, (gsize)width), width, width, height, 1, RVS_DEPTH_U8 };
}

static RvsStatus
fail (RvsError *err, RvsStatus status, const char *message)
{
  err->status = status;
  g_strlcpy (err->message, message, sizeof err->message);
  return status;
}

static WorkFace *
work_face (RvsJob *job, guint id)
{
  for (guint i = 0; i < job->work->len; i++)
    if (g_array_index (job->work, WorkFace, i).id == id)
      return &g_array_index (job->work, WorkFace, i);
  WorkFace fresh = { .id = id };
  g_array_append_val (job->work, fresh);
  return &g_array_index (job->work, WorkFace, job->work->len - 1);
}

/* ---- worker: the memory of faces ---- */

static size_t
bytes_held (const RvsJob *job)
{
  size_t n = 0;
  for (guint i = 0; i < job->work->len; i++)
    {
      const WorkFace *face = &g_array_index (job->work, WorkFace, i);
      n += face->analysis ? rvs_analysis_bytes (face->analysis) : 0;
    }
  return n;
}

/* Whether a's memory is given up before b's: the one seen less lately, and of those never seen the one that is wanted less. So a change
 * of a slider finds the faces at the head of the list still there, whatever the length of the list. */
static gboolean
goes_before (const WorkFace *a, const WorkFace *b)
{
  return a->seen != b->seen ? a->seen < b->seen : a->place > b->place;
}

/* The next one that has not gone through the round; NULL: none. */
static WorkFace *
next_victim (RvsJob *job, const WorkFace *spared, int round)
{
  WorkFace *victim = NULL;
  for (guint i = 0; i < job->work->len; i++)
    {
      WorkFace *face = &g_array_index (job->work, WorkFace, i);
      if (face != spared && face->analysis && face->trimmed <= round && (!victim || goes_before (face, victim)))
        victim = face;
    }
  return victim;
}

/* First what only another setting of the sliders needs, then also what the result is made of. Patches stay: nothing vanishes from the
 * screen. */
static void
keep_to_budget (RvsJob *job, const WorkFace *spared)
{
  for (int round = 0; round < 2; round++)
    while (bytes_held (job) > BUDGET_BYTES)
      {
        WorkFace *victim = next_victim (job, spared, round);
        if (!victim)
          break;
        rvs_analysis_trim (victim->analysis, round > 0);
        victim->trimmed = round + 1;
      }
}

/* The order of the request, the first one as the one that is looked at. */
static void
note_order (RvsJob *job, const RvsJobRequest *request)
{
  for (guint i = 0; i < job->work->len; i++)
    g_array_index (job->work, WorkFace, i).place = G_MAXUINT;
  for (guint i = 0; i < request->faces->len; i++)
    work_face (job, g_array_index (request->faces, RvsJobFace, i).id)->place = i;
  if (request->faces->len)
    work_face (job, g_array_index (request->faces, RvsJobFace, 0).id)->seen = job->run_serial;
}

static void
forget_analyses (RvsJob *job)
{
  for (guint i = 0; i < job->work->len; i++)
    {
      WorkFace *face = &g_array_index (job->work, WorkFace, i);
      rvs_analysis_free (face->analysis);
      face->analysis = NULL;
      face->generation = 0;
    }
}

static void
forget_fill (RvsJob *job)
{
  rvs_analysis_free (job->fill.analysis);
  job->fill.analysis = NULL;
  job->fill_generation = job->sketch_generation = 0;
}

/* Any thread may cancel a session that stands in one of the slots. */
static void
put_session (RvsJob *job, RvsSession **slot, RvsSession *session)
{
  g_mutex_lock (&job->mutex);
  RvsSession *old = *slot;
  *slot = session;
  g_mutex_unlock (&job->mutex);
  rvs_session_free (old);
}

static void
close_sessions (RvsJob *job)
{
  forget_analyses (job);
  forget_fill (job);
  put_session (job, &job->session, NULL);
  put_session (job, &job->then, NULL);
  job->model[0] = job->then_model[0] = 0;
}

static RvsStatus
open_session (RvsJob *job, const char *model, RvsSession **slot, char *name, RvsError *err)
{
  RvsSession *session = NULL;
  RvsStatus   status = job->host->open_session (job->host->user, model, &session, err);
  if (status != RVS_OK)
    return status;
  put_session (job, slot, session);
  g_strlcpy (name, model, sizeof job->model);
  return RVS_OK;
}

/* An analysis holds for the region that it was made for. */
static void
apply_params (RvsJob *job, const RvsParams *params)
{
  if (params->region != job->region)
    forget_analyses (job);
  job->region = params->region;
  rvs_session_apply (job->session, params);
}

/* The second one stays open when it is not wanted for a while. */
static RvsStatus
ensure_sessions (RvsJob *job, const RvsJobRequest *request, RvsError *err)
{
  RvsStatus status = RVS_OK;
  if (job->session && strcmp (job->model, request->model))
    close_sessions (job);
  if (request->then[0] && (!job->then || strcmp (job->then_model, request->then)))
    status = open_session (job, request->then, &job->then, job->then_model, err);
  if (status == RVS_OK && !job->session)
    status = open_session (job, request->model, &job->session, job->model, err);
  if (status == RVS_OK)
    apply_params (job, &request->params);
  return status;
}

/* ---- worker: progress --------------------------------------------------------------------- */

static void
send_patch (RvsJob *job, guint id, gboolean final)
{
  RvsView     scratch = rvs_view_of (&job->scratch);
  RvsPyramid *pyramid = rvs_pyramid_of_patch (&job->source, &scratch, job->run_rect);
  if (!pyramid) /* out of memory for a preview: the old one stays */
    return;
  RvsJobEvent *event = event_new (RVS_JOB_PATCH);
  event->face_id = id;
  event->pyramid = pyramid;
  event->final = final;
  send (job, event);
}

static void
send_progress (RvsJob *job, RvsPhase phase, double done)
{
  gint64 now = g_get_monotonic_time ();
  if (now - job->last_progress_us < PROGRESS_INTERVAL_US)
    return;
  job->last_progress_us = now;
  RvsJobEvent *event = event_new (RVS_JOB_PROGRESS);
  event->phase = phase;
  event->done = job->run_base + job->run_span * done;
  event->face_number = job->run_index;
  event->n_faces = job->run_count;
  event->face_id = job->run_face ? job->run_face->id : 0;
  event->face_done = job->run_face_base + job->run_face_span * done;
  send (job, event);
}

static void
send_stage (RvsJob *job, const RvsProgress *progress)
{
  RvsMapOverlay *image = rvs_map_overlay_new_image (&progress->stage, progress->stage_to_image);
  if (!image)
    return;
  RvsJobEvent *event = event_new (RVS_JOB_STAGE);
  event->face_id = job->run_face->id;
  event->map = image;
  event->face_number = job->run_stages++;
  send (job, event);
}

static bool
on_progress (void *user, const RvsProgress *progress)
{
  RvsJob *job = user;
  if (worthless (job))
    return false;
  if (job->run_film && progress->stage.pixels)
    send_stage (job, progress);
  if (job->run_grow && progress->changed.width > 0 && progress->changed.height > 0)
    send_patch (job, job->run_face->id, FALSE);
  send_progress (job, progress->phase, progress->done);
  return true;
}

/* What comes is all of the request, and on no face alone. */
static void
begin_whole (RvsJob *job)
{
  job->run_base = 0;
  job->run_span = 1;
  job->run_count = 1;
  job->run_face = NULL;
}

/* ---- worker: the steps -------------------------------------------------------------------- */

static RvsStatus
detect (RvsJob *job, const RvsJobRequest *request, const RvsMonitor *monitor, RvsError *err)
{
  size_t   n = 0;
  RvsFace *faces = g_new0 (RvsFace, RVS_MAX_FACES);
  begin_whole (job);
  RvsStatus status = rvs_detect (job->session, &job->source, monitor, faces, RVS_MAX_FACES, &n, err);
  if (status != RVS_OK)
    {
      g_free (faces);
      return status;
    }
  RvsJobEvent *event = event_new (RVS_JOB_FACES);
  event->faces = faces;
  event->n_faces = MIN (n, RVS_MAX_FACES);
  event->n_found = n;
  event->turned = request->params.turned;
  send (job, event);
  return RVS_OK;
}

static RvsStatus
ensure_analysis (RvsJob *job, WorkFace *work, const RvsJobFace *wanted, const RvsMonitor *monitor, RvsError *err)
{
  if (work->analysis)
    return RVS_OK;
  RvsFace   face = wanted->face;
  RvsStatus status = RVS_OK;
  if (!wanted->placed)
    {
      status = rvs_face_from_box (job->session, &job->source, face.x, face.y, face.w, face.h, &face, err);
      if (status != RVS_OK)
        return status;
      RvsJobEvent *placed = event_new (RVS_JOB_PLACED);
      placed->face_id = work->id;
      placed->report.face = face;
      send (job, placed);
    }
  work->trimmed = 0;
  status = rvs_analyse (job->session, &job->source, &face, 1, monitor, &work->analysis, err);
  if (status != RVS_OK)
    return status;
  RvsJobEvent *event = event_new (RVS_JOB_ANALYSED);
  event->face_id = work->id;
  event->report = *rvs_analysis_face (work->analysis, 0);
  send (job, event);
  return RVS_OK;
}

static RvsStatus
render (RvsJob *job, WorkFace *work, const RvsParams *params, uint32_t flags, const RvsMonitor *monitor, RvsError *err)
{
  job->run_rect = rvs_analysis_face (work->analysis, 0)->rect;
  if (!ensure_scratch (job))
    return fail (err, RVS_ERR_NO_MEMORY, "no memory for the preview");
  copy_rect (&job->source, &job->scratch, rvs_rect_align (job->run_rect, RVS_PATCH_CELL_PX, job->source.width, job->source.height));
  job->run_grow = (flags & RVS_RENDER_GROW) != 0;
  RvsStatus status = rvs_render (job->session, work->analysis, &job->source, params, flags, monitor, &job->scratch, err);
  job->run_grow = FALSE;
  return status;
}

static RvsStatus
preview_face (RvsJob *job, const RvsJobRequest *request, const RvsJobFace *wanted, const RvsMonitor *monitor, RvsError *err)
{
  WorkFace *work = work_face (job, wanted->id);
  gboolean  film = request->film_face == wanted->id;
  if (wanted->done && !work->analysis && !request->apply && !film)
    return RVS_OK;
  double share = request->apply ? APPLY_FROM : 1;
  double span = share / (double)job->run_count, base = (double)job->run_index * span;
  job->run_face = work;
  job->run_base = base;
  job->run_span = span * 0.4;
  job->run_face_base = 0;
  job->run_face_span = 0.4;
  RvsStatus status = ensure_analysis (job, work, wanted, monitor, err);
  if (status != RVS_OK || rvs_analysis_face (work->analysis, 0)->skip != RVS_SKIP_NONE
      || (work->generation == request->generation && !film))
    return status;
  RvsParams params = request->params;
  params.strength = 1;
  job->run_base = base + span * 0.4;
  job->run_span = span * 0.6;
  job->run_face_base = 0.4;
  job->run_face_span = 0.6;
  job->run_film = film;
  job->run_stages = 0;
  status = render (job, work, &params, (work->shown ? 0 : RVS_RENDER_GROW) | (film ? RVS_RENDER_AGAIN : 0), monitor, err);
  job->run_film = FALSE;
  if (status == RVS_OK)
    {
      send_patch (job, work->id, TRUE);
      work->generation = request->generation;
      work->shown = TRUE;
      work->trimmed = MIN (work->trimmed, 1); /* its results are there again */
    }
  drop_scratch (job); /* or in the end every face's part of it would be there */
  keep_to_budget (job, work);
  return status;
}

/* Beside the preview: it is no work on a face that the bar or a badge counts. */
static RvsStatus
preview_map (RvsJob *job, const RvsJobRequest *request, const RvsJobFace *wanted, const RvsMonitor *monitor, RvsError *err)
{
  WorkFace   *work = work_face (job, wanted->id);
  RvsFaceMap *map = NULL;
  job->run_base += job->run_span;
  job->run_span = 0;
  job->run_face = NULL;
  RvsStatus status = ensure_analysis (job, work, wanted, monitor, err);
  if (status != RVS_OK || rvs_analysis_face (work->analysis, 0)->skip != RVS_SKIP_NONE)
    return status;
  status = rvs_face_map_new (job->session, work->analysis, 0, request->map, &job->source, &request->params, monitor, &map, err);
  if (status != RVS_OK)
    return status;
  RvsJobEvent *event = event_new (RVS_JOB_MAP);
  event->face_id = work->id;
  event->map = rvs_map_overlay_new (request->map, map);
  send (job, event);
  rvs_face_map_free (map);
  work->trimmed = MIN (work->trimmed, 1); /* its results are there again */
  keep_to_budget (job, work);
  return RVS_OK;
}

/* ---- worker: writing the result ----------------------------------------------------------- */

/* The face of the request, NULL when the engine leaves it out. */
static WorkFace *
restored_face (RvsJob *job, const RvsJobRequest *request, guint i)
{
  WorkFace *work = work_face (job, g_array_index (request->faces, RvsJobFace, i).id);
  return rvs_analysis_face (work->analysis, 0)->skip == RVS_SKIP_NONE ? work : NULL;
}

static gboolean
begin_result (RvsJob *job, const RvsJobRequest *request)
{
  g_array_set_size (job->rects, 0);
  g_array_set_size (job->reports, 0);
  for (guint i = 0; i < request->faces->len; i++)
    {
      WorkFace *work = restored_face (job, request, i);
      if (!work)
        continue;
      const RvsFaceReport *report = rvs_analysis_face (work->analysis, 0);
      g_array_append_val (job->rects, report->rect);
      g_array_append_val (job->reports, *report);
    }
  return rvs_merge_begin (&job->merge, &job->source, (const RvsRect *)(void *)job->rects->data, job->rects->len, request->masked);
}

static RvsStatus
add_shares (RvsJob *job, const RvsJobRequest *request, RvsError *err)
{
  RvsParams whole = rvs_at_full_strength (&request->params);
  RvsStatus status = RVS_OK;
  for (guint i = 0; i < request->faces->len && status == RVS_OK; i++)
    {
      WorkFace *work = restored_face (job, request, i);
      if (!work)
        continue;
      status = rvs_render_matte (job->session, work->analysis, &whole, &job->merge.face, err);
      if (status == RVS_OK)
        rvs_merge_add_share (&job->merge, rvs_analysis_face (work->analysis, 0)->rect);
    }
  return status;
}

/* A face that no other overlaps. */
static RvsStatus
write_face (RvsJob *job, const RvsJobRequest *request, WorkFace *work, const RvsMonitor *monitor, RvsError *err)
{
  RvsParams full = rvs_at_full_strength (&request->params);
  RvsMerge *merge = &job->merge;
  RvsStatus status = rvs_render (job->session, work->analysis, &job->source, &request->params, 0, monitor, &merge->out, err);
  if (status == RVS_OK && request->masked)
    status = rvs_render (job->session, work->analysis, &job->source, &full, RVS_RENDER_BARE, monitor, &merge->bare, err);
  if (status == RVS_OK && request->masked)
    status = rvs_render_matte (job->session, work->analysis, &request->params, &merge->matte, err);
  return status;
}

static RvsStatus
add_face (RvsJob *job, const RvsJobRequest *request, WorkFace *work, const RvsMonitor *monitor, RvsError *err)
{
  RvsStatus status = render (job, work, &request->params, 0, monitor, err);
  RvsView   scratch = rvs_view_of (&job->scratch);
  RvsParams full = rvs_at_full_strength (&request->params);
  if (status != RVS_OK)
    return status;
  rvs_merge_add (&job->merge, job->run_rect, &scratch);
  if (!request->masked)
    return RVS_OK;
  status = render (job, work, &full, RVS_RENDER_BARE, monitor, err);
  if (status == RVS_OK)
    status = rvs_render_matte (job->session, work->analysis, &request->params, &job->merge.face, err);
  if (status == RVS_OK)
    rvs_merge_add_masked (&job->merge, job->run_rect, &scratch);
  return status;
}

static RvsStatus
apply (RvsJob *job, const RvsJobRequest *request, const RvsMonitor *monitor, RvsError *err)
{
  RvsStatus status = RVS_OK;
  if (!begin_result (job, request))
    return fail (err, RVS_ERR_NO_MEMORY, "no memory for the result");
  if (job->merge.overlap)
    status = add_shares (job, request, err);
  job->run_count = MAX (1, job->rects->len);
  for (guint i = 0, n = 0; i < request->faces->len && status == RVS_OK; i++)
    {
      job->run_face = restored_face (job, request, i);
      if (!job->run_face)
        continue;
      job->run_index = n++;
      job->run_span = (1 - APPLY_FROM) / (double)job->run_count;
      job->run_base = APPLY_FROM + job->run_span * (double)job->run_index;
      status = (job->merge.overlap ? add_face : write_face) (job, request, job->run_face, monitor, err);
      job->run_face->trimmed = MIN (job->run_face->trimmed, 1);
      drop_scratch (job);
      keep_to_budget (job, NULL);
    }
  return status;
}

/* ---- worker: a hole ----------------------------------------------------------------------- */

static gboolean
same_faces (const GArray *faces, const GArray *other)
{
  /* An empty array may have no data, and memcmp() takes no null. */
  return faces->len == other->len && (!faces->len || !memcmp (faces->data, other->data, faces->len * sizeof (RvsFace)));
}

/* The faces of the request with their landmarks; the analysis of others is dropped. */
static RvsStatus
place_fill_faces (RvsJob *job, const RvsJobRequest *request, RvsError *err)
{
  GArray   *faces = g_array_new (FALSE, TRUE, sizeof (RvsFace));
  RvsStatus status = RVS_OK;
  for (guint i = 0; i < request->faces->len && status == RVS_OK; i++)
    {
      const RvsJobFace *wanted = &g_array_index (request->faces, RvsJobFace, i);
      RvsFace           face = wanted->face;
      if (!wanted->placed)
        status = rvs_face_from_box (job->session, &job->source, face.x, face.y, face.w, face.h, &face, err);
      g_array_append_val (faces, face);
    }
  if (!same_faces (faces, job->fill_faces))
    forget_fill (job);
  g_array_unref (job->fill_faces);
  job->fill_faces = faces;
  return status;
}

static RvsFillRun *
set_up_fill (RvsJob *job, const RvsJobRequest *request, const RvsMonitor *monitor)
{
  RvsFillRun *fill = &job->fill;
  fill->fill = job->session;
  fill->then = request->then[0] ? job->then : NULL;
  fill->source = job->source;
  fill->params = request->params;
  fill->faces = (const RvsFace *)(void *)job->fill_faces->data;
  fill->n_faces = job->fill_faces->len;
  fill->left_out = request->left_out ? (const RvsFace *)(void *)request->left_out->data : NULL;
  fill->n_left_out = request->left_out ? request->left_out->len : 0;
  fill->monitor = monitor;
  begin_whole (job);
  g_array_set_size (job->rects, 0);
  g_array_set_size (job->reports, 0);
  return fill;
}

static RvsRect
hull (const GArray *rects)
{
  RvsRect all = g_array_index (rects, RvsRect, 0);
  for (guint i = 1; i < rects->len; i++)
    {
      RvsRect r = g_array_index (rects, RvsRect, i);
      int32_t x = MIN (all.x, r.x), y = MIN (all.y, r.y);
      all = (RvsRect){ x, y, MAX (all.x + all.width, r.x + r.width) - x, MAX (all.y + all.height, r.y + r.height) - y };
    }
  return all;
}

/* At full strength: the view shows less of it by itself. That is exact for a hole; where faces are restored after it, each step takes
 * the strength by itself, and the view is only near to that. */
static RvsStatus
preview_fill (RvsJob *job, const RvsJobRequest *request, const RvsMonitor *monitor, RvsError *err)
{
  RvsStatus status = RVS_OK;
  if (request->hole_done && !job->fill_generation && !request->apply && !request->sketch)
    return RVS_OK;
  status = place_fill_faces (job, request, err);
  if (status != RVS_OK || job->fill_generation == request->generation)
    return status;
  RvsFillRun *fill = set_up_fill (job, request, monitor);
  fill->params.strength = 1;
  if (!ensure_scratch (job))
    return fail (err, RVS_ERR_NO_MEMORY, "no memory for the preview");
  copy_rect (&job->source, &job->scratch,
             rvs_rect_align (rvs_fill_reads (fill), RVS_PATCH_CELL_PX, job->source.width, job->source.height));
  status = rvs_fill_run (fill, &(RvsFillOut){ .out = job->scratch, .rects = job->rects, .reports = job->reports }, err);
  if (status != RVS_OK)
    return status;
  job->run_rect = hull (job->rects);
  send_patch (job, RVS_JOB_HOLE, TRUE);
  job->fill_generation = request->generation;
  return RVS_OK;
}

/* The edges that the hole was just filled along, or earlier. */
static RvsStatus
preview_sketch (RvsJob *job, const RvsJobRequest *request, RvsError *err)
{
  if (!request->sketch || job->sketch_generation == request->generation)
    return RVS_OK;
  RvsMutView plane = plane_new (job);
  RvsView    view = rvs_view_of (&plane);
  if (!plane.pixels)
    return fail (err, RVS_ERR_NO_MEMORY, "no memory for the sketch");
  RvsStatus status = rvs_render_sketch (job->session, job->fill.analysis, &plane, err);
  if (status == RVS_OK)
    {
      RvsRect      box = rvs_hole_bounds (&view);
      RvsJobEvent *event = event_new (RVS_JOB_SKETCH);
      event->sketch = box.width > 0 ? rvs_hole_overlay_new (&view, box) : NULL;
      send (job, event);
      job->sketch_generation = request->generation;
    }
  g_free (plane.pixels);
  return status;
}

static RvsStatus
apply_fill (RvsJob *job, const RvsJobRequest *request, const RvsMonitor *monitor, RvsError *err)
{
  RvsFillRun *fill = set_up_fill (job, request, monitor);
  RvsRect     reads = rvs_fill_reads (fill);
  if (!rvs_merge_begin (&job->merge, &job->source, &reads, 1, request->masked))
    return fail (err, RVS_ERR_NO_MEMORY, "no memory for the result");
  RvsFillOut out = { .out = job->merge.out, .rects = job->rects, .reports = job->reports };
  if (request->masked)
    {
      out.bare = job->merge.bare;
      out.matte = job->merge.matte;
    }
  return rvs_fill_run (fill, &out, err);
}

/* ---- worker: damage that is looked for ---------------------------------------------------- */

static void
keep_within (guint8 *plane, const RvsView *within)
{
  for (int32_t y = 0; y < within->height; y++)
    {
      const guint8 *limit = rvs_view_at (within, 0, y);
      for (int32_t x = 0; x < within->width; x++)
        if (!limit[x])
          plane[(size_t)y * (size_t)within->width + (size_t)x] = 0;
    }
}

static void
send_found (RvsJob *job, const RvsView *plane)
{
  RvsJobEvent *event = event_new (RVS_JOB_FOUND);
  event->spans = rvs_spans_of_plane (plane);
  send (job, event);
}

static RvsStatus
open_finder (RvsJob *job, RvsError *err)
{
  RvsSession *session = NULL;
  RvsStatus   status = job->host->open_finder (job->host->user, &session, err);
  put_session (job, &job->finder, session);
  return status;
}

static RvsStatus
find_damage (RvsJob *job, const RvsJobRequest *request, const RvsMonitor *monitor, RvsError *err)
{
  RvsMutView plane = plane_new (job);
  RvsView    found = rvs_view_of (&plane);
  RvsStatus  status;
  if (!plane.pixels)
    return fail (err, RVS_ERR_NO_MEMORY, "no memory for the damage");
  begin_whole (job);
  status = open_finder (job, err);
  if (status == RVS_OK)
    status = rvs_find_damage (job->finder, &job->source, monitor, &plane, err);
  put_session (job, &job->finder, NULL);
  if (status == RVS_OK && request->within.pixels)
    keep_within (plane.pixels, &request->within);
  if (status == RVS_OK)
    send_found (job, &found);
  g_free (plane.pixels);
  return status;
}

/* ---- worker: one request ------------------------------------------------------------------ */

static RvsStatus
run_faces (RvsJob *job, const RvsJobRequest *request, const RvsMonitor *monitor, RvsError *err)
{
  job->run_count = MAX (1, request->faces->len);
  note_order (job, request);
  for (guint i = 0; i < request->faces->len; i++)
    {
      job->run_index = i;
      if (superseded (job))
        return RVS_ERR_CANCELLED;
      const RvsJobFace *face = &g_array_index (request->faces, RvsJobFace, i);
      RvsStatus         status = preview_face (job, request, face, monitor, err);
      if (status == RVS_OK && request->map && face->id == request->map_face)
        status = preview_map (job, request, face, monitor, err);
      if (status != RVS_OK)
        return status;
    }
  return RVS_OK;
}

static RvsStatus
run_steps (RvsJob *job, const RvsJobRequest *request, const RvsMonitor *monitor, RvsError *err)
{
  if (request->detect)
    return detect (job, request, monitor, err);
  if (request->find)
    return find_damage (job, request, monitor, err);
  if (request->fills && !request->params.hole.pixels)
    return RVS_OK;
  RvsStatus status = (request->fills ? preview_fill : run_faces) (job, request, monitor, err);
  if (status == RVS_OK && request->fills)
    status = preview_sketch (job, request, err);
  if (status == RVS_OK && request->apply)
    status = (request->fills ? apply_fill : apply) (job, request, monitor, err);
  return status;
}

static void
send_pyramid (RvsJob *job)
{
  if (job->pyramid_sent)
    return;
  job->pyramid_sent = TRUE;
  RvsJobEvent *event = event_new (RVS_JOB_PYRAMID);
  event->pyramid = rvs_pyramid_of_view (&job->source);
  if (event->pyramid)
    send (job, event);
  else
    event_free (event);
}

static void
run (RvsJob *job, const RvsJobRequest *request)
{
  RvsMonitor monitor = { on_progress, job };
  RvsError   err = { RVS_OK, "" };
  RvsStatus  status;
  send_pyramid (job);
  do
    {
      /* A cancel that arrived between two calls hits the next one; when nothing newer is wanted, simply go on. */
      status = ensure_sessions (job, request, &err);
      if (status == RVS_OK)
        status = run_steps (job, request, &monitor, &err);
    }
  while (status == RVS_ERR_CANCELLED && !superseded (job));
  /* before the end is told: what is posted in answer to it must not cancel the next request's first call */
  g_mutex_lock (&job->mutex);
  job->running = FALSE;
  g_mutex_unlock (&job->mutex);
  if (status == RVS_OK)
    send (job, event_new (request->apply && !request->detect ? RVS_JOB_APPLIED : RVS_JOB_DONE));
  else if (status != RVS_ERR_CANCELLED)
    {
      if (err.status == RVS_OK)
        err.status = status;
      send_failure (job, &err);
    }
}

static void
request_clear (RvsJobRequest *request)
{
  g_clear_pointer (&request->faces, g_array_unref);
  g_clear_pointer (&request->left_out, g_array_unref);
  g_clear_pointer (&request->hole, g_bytes_unref);
  g_clear_pointer (&request->lines, g_bytes_unref);
  g_clear_pointer (&request->told, g_bytes_unref);
}

static gpointer
worker (gpointer data)
{
  RvsJob *job = data;
  for (;;)
    {
      g_mutex_lock (&job->mutex);
      while (!job->quit && !job->pending)
        g_cond_wait (&job->wake, &job->mutex);
      if (job->quit)
        {
          g_mutex_unlock (&job->mutex);
          break;
        }
      RvsJobRequest request = job->request;
      request.faces = g_array_ref (job->request.faces);
      request.left_out = job->request.left_out ? g_array_ref (job->request.left_out) : NULL;
      request.hole = job->request.hole ? g_bytes_ref (job->request.hole) : NULL;
      request.lines = job->request.lines ? g_bytes_ref (job->request.lines) : NULL;
      request.told = job->request.told ? g_bytes_ref (job->request.told) : NULL;
      job->pending = FALSE;
      job->running = TRUE;
      job->run_serial = job->serial;
      job->run_cancel_serial = job->cancel_serial;
      job->run_generation = request.generation;
      g_mutex_unlock (&job->mutex);
      run (job, &request);
      request_clear (&request);
    }
  close_sessions (job);
  return NULL;
}

/* ---- main thread -------------------------------------------------------------------------- */

RvsJob *
rvs_job_new (const RvsUiHost *host, const RvsView *source, gboolean has_pyramid, RvsJobHandler handler, gpointer user)
{
  RvsJob *job = g_new0 (RvsJob, 1);
  job->host = host;
  job->source = *source;
  job->handler = handler;
  job->user = user;
  job->pyramid_sent = has_pyramid;
  job->events = g_async_queue_new ();
  job->work = g_array_new (FALSE, TRUE, sizeof (WorkFace));
  job->rects = g_array_new (FALSE, FALSE, sizeof (RvsRect));
  job->reports = g_array_new (FALSE, FALSE, sizeof (RvsFaceReport));
  job->fill_faces = g_array_new (FALSE, TRUE, sizeof (RvsFace));
  g_mutex_init (&job->mutex);
  g_cond_init (&job->wake);
  job->thread = g_thread_new ("revisage-preview", worker, job);
  return job;
}

static void
cancel_locked (RvsJob *job)
{
  job->cancel_serial++;
  if (job->session && job->running) /* idle, the cancel would hit the next call */
    rvs_session_cancel (job->session);
  if (job->then && job->running)
    rvs_session_cancel (job->then);
  if (job->finder && job->running)
    rvs_session_cancel (job->finder);
}

void
rvs_job_end (RvsJob *job)
{
  if (!job->thread)
    return;
  g_mutex_lock (&job->mutex);
  job->quit = TRUE;
  cancel_locked (job);
  g_cond_signal (&job->wake);
  g_mutex_unlock (&job->mutex);
  g_thread_join (job->thread);
  job->thread = NULL;
  if (job->idle_id)
    g_source_remove (job->idle_id);
  job->idle_id = 0;
  drop_scratch (job);
}

void
rvs_job_free (RvsJob *job)
{
  if (!job)
    return;
  rvs_job_end (job);
  RvsJobEvent *event;
  while ((event = g_async_queue_try_pop (job->events)))
    event_free (event);
  g_async_queue_unref (job->events);
  request_clear (&job->request);
  g_array_unref (job->work);
  g_array_unref (job->rects);
  g_array_unref (job->reports);
  g_array_unref (job->fill_faces);
  rvs_merge_clear (&job->merge);
  g_mutex_clear (&job->mutex);
  g_cond_clear (&job->wake);
  g_free (job);
}

void
rvs_job_post (RvsJob *job, RvsJobRequest *request)
{
  g_mutex_lock (&job->mutex);
  /* what is found does not depend on the settings */
  gboolean same_work = job->request.find && request->find;
  gboolean same_picture = same_work
                          || (job->request.generation == request->generation && !request->apply && !job->request.apply
                              && !request->find && !job->request.find);
  request_clear (&job->request);
  job->request = *request;
  request->faces = request->left_out = NULL;
  request->hole = request->lines = request->told = NULL;
  if (!job->request.faces)
    job->request.faces = g_array_new (FALSE, TRUE, sizeof (RvsJobFace));
  job->serial++;
  job->pending = TRUE;
  if (!same_picture)
    cancel_locked (job);
  g_cond_signal (&job->wake);
  g_mutex_unlock (&job->mutex);
}

void
rvs_job_stop (RvsJob *job)
{
  g_mutex_lock (&job->mutex);
  job->serial++;
  job->pending = FALSE;
  cancel_locked (job);
  g_mutex_unlock (&job->mutex);
}

gboolean
rvs_job_idle (RvsJob *job)
{
  g_mutex_lock (&job->mutex);
  gboolean idle = !job->pending && !job->running;
  g_mutex_unlock (&job->mutex);
  return idle;
}

void
rvs_job_result (RvsJob *job, RvsUiResult *out_result)
{
  out_result->src = job->source;
  rvs_merge_views (&job->merge, out_result);
  out_result->rects = (const RvsRect *)(void *)job->rects->data;
  out_result->n_rects = job->rects->len;
  out_result->faces = (const RvsFaceReport *)(void *)job->reports->data;
  out_result->n_faces = job->reports->len;
}
