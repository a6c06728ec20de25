/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * save.c: source pixels, the restored rects over them, and the command line's writers.
 */
#include "save.h"
#include "pixels.h"
#include "results.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A picture of its own: the panel keeps the result only inside the rects. */
static RvsStatus
compose (const RvsUiResult *result, RvsPicture *out, RvsError *err)
{
  const RvsView *src = &result->src;
  size_t         pixel = rvs_view_pixel_bytes (src);
  RvsStatus      status = rvs_picture_new (src->width, src->height, src->channels, src->depth, out, err);
  if (status != RVS_OK)
    return status;
  guint8   *to = out->view.pixels;
  ptrdiff_t stride = out->view.stride;
  for (int32_t y = 0; y < src->height; y++)
    memcpy (to + stride * y, rvs_view_at (src, 0, y), (size_t)stride);
  for (size_t i = 0; i < result->n_rects; i++)
    {
      RvsRect r = result->rects[i];
      for (int32_t y = r.y; y < r.y + r.height; y++)
        memcpy (to + stride * y + (ptrdiff_t)((size_t)r.x * pixel), rvs_view_at (&result->out, r.x, y), (size_t)r.width * pixel);
    }
  return RVS_OK;
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
  saved->status = compose (&request->result, &picture, &saved->err);
  if (saved->status == RVS_OK)
    {
      picture.meta = *request->meta; /* borrowed */
      if (request->path)
        saved->status
            = rvs_result_write (&picture, request->format, request->path, request->replace, NULL, &saved->lost, &saved->err);
      else
        saved->status = write_memory (&picture, request->format, saved);
      memset (&picture.meta, 0, sizeof picture.meta);
      rvs_picture_clear (&picture);
    }
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
