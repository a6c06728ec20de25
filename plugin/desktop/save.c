/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * save.c: source pixels, the restored rects over them, and the writers of plugin/io. What is larger than the photo is made here.
 */
#include "save.h"
#include "enlarge.h"
#include "pixels.h"
#include "restore.h"
#include "results.h"
#include "working.h"
#include <stdlib.h>
#include <string.h>

static void
copy_rect (const RvsView *from, RvsPicture *to, RvsRect rect)
{
  size_t pixel = rvs_view_pixel_bytes (from);
  for (int32_t y = rect.y; y < rect.y + rect.height; y++)
    memcpy ((guint8 *)to->view.pixels + to->view.stride * y + (size_t)rect.x * pixel, rvs_view_at (from, rect.x, y),
            (size_t)rect.width * pixel);
}

static gboolean
any_overlap (const RvsUiResult *result)
{
  for (size_t i = 0; i < result->n_rects; i++)
    for (size_t k = 0; k < i; k++)
      {
        RvsRect both = rvs_rect_intersect (result->rects[i], result->rects[k]);
        if (both.width && both.height)
          return TRUE;
      }
  return FALSE;
}

/* The panel's faces once more, in one analysis. */
static RvsStatus
restore_together (const RvsSaveRequest *request, RvsPicture *picture, RvsError *err)
{
  const RvsValues *values = &request->result.values;
  RvsSession      *session = NULL;
  RvsStatus        status = rvs_models_open_session (request->models, rvs_values_system (values)->id, &session, err);
  if (status == RVS_OK)
    status = rvs_restore (
        &(RvsRestoreCall){ .session = session, .values = values, .faces = request->faces, .brush = request->brush }, picture, err);
  rvs_session_free (session);
  return status;
}

/* A picture of its own: the panel keeps the result only inside the rects. Faces that reach into one another: it joined their single
 * results, which is right but for the rounding; one analysis of them all gives the very bytes of a batch run. */
static RvsStatus
compose (const RvsSaveRequest *request, RvsPicture *out, RvsError *err)
{
  const RvsUiResult *result = &request->result;
  const RvsView     *src = &result->src;
  RvsStatus          status = rvs_picture_new (src->width, src->height, src->channels, src->depth, out, err);
  if (status != RVS_OK)
    return status;
  copy_rect (src, out, (RvsRect){ 0, 0, src->width, src->height });
  if (any_overlap (result) && !rvs_values_fill (&result->values)) /* a filled picture is one result already */
    status = restore_together (request, out, err);
  else
    for (size_t i = 0; i < result->n_rects; i++)
      copy_rect (&result->out, out, result->rects[i]);
  return status;
}

/* The composed pixels are sRGB: what changed goes into a copy of the file's own. */
static RvsStatus
to_own_colours (const RvsPicture *original, RvsPicture *picture, RvsError *err)
{
  const RvsMutView *from = &original->view;
  RvsPicture        own;
  RvsWorking        working = { 0 };
  RvsStatus         status = rvs_picture_new (from->width, from->height, from->channels, from->depth, &own, err);
  if (status != RVS_OK)
    return status;
  memcpy (own.view.pixels, from->pixels, (size_t)from->stride * (size_t)from->height);
  own.meta = original->meta; /* borrowed */
  status = rvs_working_open (&own, &working, err);
  if (status == RVS_OK && working.srgb.view.pixels)
    {
      memcpy (working.srgb.view.pixels, picture->view.pixels, (size_t)picture->view.stride * (size_t)picture->view.height);
      status = rvs_working_commit (&working, 0, own.view.height, err);
    }
  rvs_working_close (&working);
  memset (&own.meta, 0, sizeof own.meta);
  rvs_picture_clear (picture);
  *picture = own;
  return status;
}

/* The photo, in its own colours. */
static RvsStatus
copy_photo (const RvsSaveRequest *request, RvsPicture *out, RvsError *err)
{
  const RvsView own = rvs_picture_view (request->original), *src = own.pixels ? &own : &request->result.src;
  RvsStatus     status = rvs_picture_new (src->width, src->height, src->channels, src->depth, out, err);
  if (status == RVS_OK)
    copy_rect (src, out, (RvsRect){ 0, 0, src->width, src->height });
  return status == RVS_OK ? rvs_picture_copy_notes (request->original, out, err) : status;
}

static RvsStatus
make_larger (const RvsSaveRequest *request, RvsPicture *out, RvsError *err)
{
  const RvsView *src = &request->result.src;
  int32_t        factor = rvs_values_factor (&request->result.values);
  RvsStatus      status = rvs_enlarge_check_file (src->width, src->height, factor, request->format, err);
  if (status == RVS_OK)
    status = copy_photo (request, out, err);
  return status == RVS_OK ? restore_together (request, out, err) : status;
}

/* At the photo's own size. */
static RvsStatus
make_same_size (const RvsSaveRequest *request, RvsPicture *out, RvsError *err)
{
  RvsStatus status = compose (request, out, err);
  if (status == RVS_OK && request->original->view.pixels)
    status = to_own_colours (request->original, out, err);
  return status == RVS_OK ? rvs_picture_copy_notes (request->original, out, err) : status;
}

static RvsStatus
write_memory (const RvsPicture *picture, RvsPictureFormat format, RvsSaved *saved)
{
  char     *bytes = NULL;
  size_t    n = 0;
  FILE     *stream = open_memstream (&bytes, &n);
  RvsStatus status = RVS_ERR_NO_MEMORY;
  if (stream)
    {
      status = rvs_picture_write (picture, format, stream, NULL, &saved->lost, &saved->err);
      if (fclose (stream) && status == RVS_OK)
        status = RVS_ERR_NO_MEMORY;
    }
  if (status == RVS_OK)
    saved->bytes = g_bytes_new_with_free_func (bytes, n, free, bytes);
  else
    free (bytes);
  return status;
}

static void
request_free (gpointer data)
{
  RvsSaveRequest *request = data;
  g_free ((char *)request->path);
  g_free (request);
}

static void
save (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const RvsSaveRequest *request = data;
  RvsSaved             *saved = g_new0 (RvsSaved, 1);
  RvsPicture            picture;
  (void)source, (void)cancellable;
  saved->path = g_strdup (request->path);
  memset (&picture, 0, sizeof picture);
  saved->status = (rvs_values_factor (&request->result.values) > 1 ? make_larger : make_same_size) (request, &picture, &saved->err);
  if (request->quality)
    picture.meta.quality = request->quality;
  if (saved->status == RVS_OK && request->path)
    saved->status = rvs_result_write (&picture, request->format, request->path, request->replace, NULL, &saved->lost, &saved->err);
  else if (saved->status == RVS_OK)
    saved->status = write_memory (&picture, request->format, saved);
  rvs_picture_clear (&picture);
  g_task_return_pointer (task, saved, (GDestroyNotify)rvs_saved_free);
}

void
rvs_save_async (const RvsSaveRequest *request, GAsyncReadyCallback done, gpointer user)
{
  GTask          *task = g_task_new (NULL, NULL, done, user);
  RvsSaveRequest *copy = g_memdup2 (request, sizeof *request);
  copy->path = g_strdup (request->path);
  g_task_set_task_data (task, copy, request_free);
  g_task_run_in_thread (task, save);
  g_object_unref (task);
}

RvsSaved *
rvs_save_finish (GAsyncResult *result)
{
  return g_task_propagate_pointer (G_TASK (result), NULL);
}

void
rvs_saved_free (RvsSaved *saved)
{
  g_free (saved->path);
  g_clear_pointer (&saved->bytes, g_bytes_unref);
  g_free (saved);
}
