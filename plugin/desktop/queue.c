/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * queue.c: the worker of "Restore all".
 */
#include "queue.h"
#include "results.h"
#include "words.h"
#include <string.h>

#define MAX_FACES 999
#define PROGRESS_INTERVAL_US (50 * 1000)

struct RvsQueue
{
  RvsModels            *models;
  GArray               *items;
  RvsQueueHandler       handler; /* NULL once freed; main thread */
  gpointer              user;
  GThread              *thread;
  volatile sig_atomic_t stop;

  /* worker only */
  RvsSession *session;
  char        model[64];
  guint       index;
  double      from, span; /* where the current call's 0..1 lies in the photo's */
  gint64      last_progress_us;
};

typedef struct Message
{
  RvsQueue     *queue;
  RvsQueueEvent event;
} Message;

void
rvs_queue_item_clear (RvsQueueItem *item)
{
  rvs_origin_clear (&item->origin);
  g_clear_pointer (&item->faces, g_array_unref);
  g_clear_pointer (&item->output, g_free);
}

/* ---- events ------------------------------------------------------------------------------- */

static gboolean
deliver (gpointer data)
{
  Message *message = data;
  if (message->queue->handler)
    message->queue->handler (message->queue->user, &message->event);
  return G_SOURCE_REMOVE;
}

static void
message_free (gpointer data)
{
  Message *message = data;
  g_free (message->event.problem);
  g_atomic_rc_box_release (message->queue);
  g_free (message);
}

/* Takes event.problem. */
static void
send (RvsQueue *queue, RvsQueueEvent event)
{
  Message *message = g_new (Message, 1);
  message->queue = g_atomic_rc_box_acquire (queue);
  message->event = event;
  g_idle_add_full (G_PRIORITY_DEFAULT, deliver, message, message_free);
}

static bool
on_progress (void *user, const RvsProgress *progress)
{
  RvsQueue *queue = user;
  gint64    now = g_get_monotonic_time ();
  if (now - queue->last_progress_us >= PROGRESS_INTERVAL_US)
    {
      double done = queue->index + queue->from + queue->span * progress->done;
      queue->last_progress_us = now;
      send (queue, (RvsQueueEvent){ .kind = RVS_QUEUE_PROGRESS, .done = done / queue->items->len });
    }
  return !queue->stop;
}

/* ---- faces -------------------------------------------------------------------------------- */

/* As the panel's worker hands them to the engine. */
static RvsStatus
given_faces (RvsQueue *queue, const RvsQueueItem *item, const RvsView *view, GArray *faces, RvsError *err)
{
  RvsStatus status = RVS_OK;
  for (guint i = 0; i < item->faces->len && status == RVS_OK; i++)
    {
      const RvsUiFace *given = &g_array_index (item->faces, RvsUiFace, i);
      RvsFace          face = given->face;
      if (!given->enabled)
        continue;
      if (given->from_user)
        status = rvs_face_from_box (queue->session, view, face.x, face.y, face.w, face.h, &face, err);
      if (given->chosen || given->from_user)
        face.flags |= RVS_FACE_FROM_USER;
      g_array_append_val (faces, face);
    }
  return status;
}

static RvsStatus
find_faces (RvsQueue *queue, const RvsQueueItem *item, const RvsView *view, const RvsMonitor *monitor, GArray *faces, RvsError *err)
{
  static const RvsView no_mask = { 0 };
  RvsFace             *found = g_new0 (RvsFace, MAX_FACES);
  size_t               n = 0;
  queue->from = 0.05;
  queue->span = 0.2;
  RvsStatus status = rvs_detect (queue->session, view, monitor, found, MAX_FACES, &n, err);
  if (status == RVS_OK)
    {
      GArray *chosen = rvs_faces_choose (found, MIN (n, MAX_FACES), (int)rvs_values_get (&item->values, "faces"),
                                         rvs_values_get (&item->values, "min-face"), &no_mask);
      if (chosen->len)
        g_array_append_vals (faces, chosen->data, chosen->len);
      g_array_unref (chosen);
    }
  g_free (found);
  return status;
}

/* ---- one photo ---------------------------------------------------------------------------- */

static RvsStatus
ensure_session (RvsQueue *queue, const char *model, RvsError *err)
{
  if (queue->session && !strcmp (queue->model, model))
    return RVS_OK;
  g_clear_pointer (&queue->session, rvs_session_free);
  g_strlcpy (queue->model, model, sizeof queue->model);
  return rvs_models_open_session (queue->models, model, &queue->session, err);
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
analyse_and_render (RvsQueue *queue, const RvsQueueItem *item, GArray *faces, RvsPicture *picture, const RvsMonitor *monitor,
                    RvsError *err)
{
  RvsView      view = rvs_picture_view (picture);
  RvsAnalysis *analysis = NULL;
  RvsParams    params;
  rvs_values_to_params (&item->values, &params);
  queue->from = 0.25;
  queue->span = 0.3;
  RvsStatus status = rvs_analyse (queue->session, &view, (const RvsFace *)(void *)faces->data, faces->len, monitor, &analysis, err);
  if (status != RVS_OK)
    return status;
  queue->from = 0.55;
  queue->span = 0.4;
  status = any_restored (analysis) ? rvs_render (queue->session, analysis, &view, &params, 0, monitor, &picture->view, err)
                                   : RVS_ERR_NO_FACE;
  rvs_analysis_free (analysis);
  return status;
}

/* Into the picture's own pixels. */
static RvsStatus
restore (RvsQueue *queue, const RvsQueueItem *item, RvsPicture *picture, RvsError *err)
{
  RvsMonitor monitor = { on_progress, queue };
  RvsView    view = rvs_picture_view (picture);
  GArray    *faces = g_array_new (FALSE, TRUE, sizeof (RvsFace));
  RvsStatus  status = ensure_session (queue, rvs_values_choice (&item->values, "model"), err);
  if (status == RVS_OK)
    status = item->faces ? given_faces (queue, item, &view, faces, err) : find_faces (queue, item, &view, &monitor, faces, err);
  if (status == RVS_OK)
    status = faces->len ? analyse_and_render (queue, item, faces, picture, &monitor, err) : RVS_ERR_NO_FACE;
  g_array_unref (faces);
  return status;
}

/* OK: written. CANCELLED: stopped, nothing is written. Else *problem says in words what went wrong. */
static RvsStatus
work_on (RvsQueue *queue, const RvsQueueItem *item, unsigned *lost, char **problem)
{
  char *(*words) (RvsStatus, const RvsError *) = rvs_words_write;
  RvsPicture picture = { 0 };
  RvsError   err = { RVS_OK, "" };
  char      *kind = NULL;
  RvsStatus  status = rvs_result_check (item->output, item->replace, &err);
  if (status == RVS_OK)
    {
      words = rvs_words_read;
      status = rvs_load (&item->origin, &queue->stop, &picture, &kind, &err);
    }
  if (status == RVS_OK)
    {
      words = rvs_words_restore;
      status = restore (queue, item, &picture, &err);
    }
  if (status == RVS_OK)
    {
      words = rvs_words_write;
      status = rvs_result_write (&picture, item->has_format ? item->format : picture.format, item->output, item->replace,
                                 &queue->stop, lost, &err);
    }
  if (status != RVS_OK && status != RVS_ERR_CANCELLED)
    *problem = words (status, &err);
  rvs_picture_clear (&picture);
  g_free (kind);
  return status;
}

static gpointer
worker (gpointer data)
{
  RvsQueue *queue = data;
  for (queue->index = 0; queue->index < queue->items->len && !queue->stop; queue->index++)
    {
      const RvsQueueItem *item = &g_array_index (queue->items, RvsQueueItem, queue->index);
      RvsQueueEvent       event = { .kind = RVS_QUEUE_STARTED, .photo_id = item->photo_id };
      event.done = (double)queue->index / queue->items->len;
      send (queue, event);
      RvsStatus status = work_on (queue, item, &event.lost, &event.problem);
      event.kind = status == RVS_OK ? RVS_QUEUE_SAVED : RVS_QUEUE_FAILED;
      if (status != RVS_ERR_CANCELLED)
        send (queue, event);
    }
  g_clear_pointer (&queue->session, rvs_session_free);
  send (queue, (RvsQueueEvent){ .kind = RVS_QUEUE_END, .stopped = queue->stop != 0, .done = 1 });
  return NULL;
}

/* ---- main thread -------------------------------------------------------------------------- */

RvsQueue *
rvs_queue_new (RvsModels *models, GArray *items, RvsQueueHandler handler, gpointer user)
{
  RvsQueue *queue = g_atomic_rc_box_new0 (RvsQueue);
  queue->models = models;
  queue->items = items;
  queue->handler = handler;
  queue->user = user;
  g_array_set_clear_func (items, (GDestroyNotify)rvs_queue_item_clear);
  queue->thread = g_thread_new ("revisage-queue", worker, queue);
  return queue;
}

void
rvs_queue_stop (RvsQueue *queue)
{
  queue->stop = 1;
}

void
rvs_queue_free (RvsQueue *queue)
{
  if (!queue)
    return;
  queue->handler = NULL;
  rvs_queue_stop (queue);
  g_thread_join (queue->thread);
  g_array_unref (queue->items);
  g_atomic_rc_box_release (queue);
}
