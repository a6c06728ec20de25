/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * queue.c: the worker of "Restore all".
 */
#include "queue.h"
#include "enlarge.h"
#include "restore.h"
#include "results.h"
#include "words.h"
#include <string.h>

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
  RvsSession *session, *then, *finder;
  char        model[64], then_model[64];
  guint       index;
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
  g_clear_pointer (&item->brush, rvs_hole_brush_free);
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

static gboolean
on_progress (gpointer user, double done)
{
  RvsQueue *queue = user;
  gint64    now = g_get_monotonic_time ();
  if (now - queue->last_progress_us >= PROGRESS_INTERVAL_US)
    {
      queue->last_progress_us = now;
      send (queue, (RvsQueueEvent){ .kind = RVS_QUEUE_PROGRESS, .done = (queue->index + done) / queue->items->len });
    }
  return !queue->stop;
}

/* ---- one photo ---------------------------------------------------------------------------- */

/* In one of the two slots; it stays open for the photos that follow. */
static RvsStatus
ensure_session (RvsQueue *queue, const char *model, RvsSession **session, char *name, RvsError *err)
{
  if (*session && !strcmp (name, model))
    return RVS_OK;
  g_clear_pointer (session, rvs_session_free);
  g_strlcpy (name, model, sizeof queue->model);
  return rvs_models_open_session (queue->models, model, session, err);
}

static RvsStatus
restore (RvsQueue *queue, const RvsQueueItem *item, RvsPicture *picture, size_t *n_found, RvsError *err)
{
  const RvsSystemInfo *then = rvs_values_then (&item->values);
  RvsRestoreCall       call = {
          .values = &item->values, .faces = item->faces, .brush = item->brush, .n_found = n_found, .progress = on_progress, .user = queue
  };
  RvsStatus status = ensure_session (queue, rvs_values_system (&item->values)->id, &queue->session, queue->model, err);
  if (status == RVS_OK && then)
    status = ensure_session (queue, then->id, &queue->then, queue->then_model, err);
  if (status == RVS_OK && rvs_values_find (&item->values) && !queue->finder && rvs_models_have_finder (queue->models))
    status = rvs_models_open_finder (queue->models, &queue->finder, err);
  call.session = queue->session;
  call.finder = queue->finder;
  call.then = then ? queue->then : NULL;
  return status == RVS_OK ? rvs_restore (&call, picture, err) : status;
}

static RvsPictureFormat
format_of (const RvsQueueItem *item, const RvsPicture *picture)
{
  return item->has_format ? item->format : rvs_format_of_result (picture->format);
}

static RvsStatus
check_size (const RvsQueueItem *item, const RvsPicture *picture, RvsError *err)
{
  int32_t factor = rvs_values_factor (&item->values);
  return factor == 1 ? RVS_OK
                     : rvs_enlarge_check_file (picture->view.width, picture->view.height, factor, format_of (item, picture), err);
}

/* OK: written. CANCELLED: stopped, nothing is written. Else event->problem says in words what went wrong. */
static RvsStatus
work_on (RvsQueue *queue, const RvsQueueItem *item, RvsQueueEvent *event)
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
      words = rvs_words_write;
      status = check_size (item, &picture, &err);
    }
  if (status == RVS_OK)
    {
      words = rvs_words_restore;
      status = restore (queue, item, &picture, &event->n_found, &err);
    }
  if (status == RVS_OK)
    {
      words = rvs_words_write;
      status
          = rvs_result_write (&picture, format_of (item, &picture), item->output, item->replace, &queue->stop, &event->lost, &err);
    }
  if (status != RVS_OK && status != RVS_ERR_CANCELLED)
    event->problem = words (status, &err);
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
      RvsStatus status = work_on (queue, item, &event);
      event.kind = status == RVS_OK ? RVS_QUEUE_SAVED : RVS_QUEUE_FAILED;
      if (status != RVS_ERR_CANCELLED)
        send (queue, event);
    }
  g_clear_pointer (&queue->session, rvs_session_free);
  g_clear_pointer (&queue->then, rvs_session_free);
  g_clear_pointer (&queue->finder, rvs_session_free);
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
