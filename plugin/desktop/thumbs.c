/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * thumbs.c: a thread pool of one thread, and results that outlive it.
 */
#include "thumbs.h"
#include "pixels.h"
#include "words.h"
#include "working.h"

#define CORNER 4.0

struct RvsThumbs
{
  GThreadPool          *pool;
  int                   scale;
  RvsThumbHandler       handler; /* NULL once freed; main thread */
  gpointer              user;
  volatile sig_atomic_t stop;
};

typedef struct Request
{
  guint     photo_id;
  RvsOrigin origin;
} Request;

typedef struct Reply
{
  RvsThumbs       *thumbs;
  guint            photo_id;
  cairo_surface_t *thumb;
  char            *problem;
} Reply;

/* ---- worker ------------------------------------------------------------------------------- */

static void
round_corners (cairo_t *cr)
{
  const double w = RVS_THUMB_WIDTH, h = RVS_THUMB_HEIGHT, r = CORNER;
  cairo_arc (cr, w - r, r, r, -G_PI / 2, 0);
  cairo_arc (cr, w - r, h - r, r, 0, G_PI / 2);
  cairo_arc (cr, r, h - r, r, G_PI / 2, G_PI);
  cairo_arc (cr, r, r, r, G_PI, 3 * G_PI / 2);
  cairo_close_path (cr);
  cairo_clip (cr);
}

/* The level of the pyramid that is just large enough, shrunk to cover the thumbnail. */
static cairo_surface_t *
shrink (const RvsPyramid *pyramid, int pixels)
{
  cairo_surface_t *thumb = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, RVS_THUMB_WIDTH * pixels, RVS_THUMB_HEIGHT * pixels);
  cairo_surface_t *level = pyramid->levels[pyramid->n_levels - 1];
  double           w = cairo_image_surface_get_width (level), h = cairo_image_surface_get_height (level);
  double           scale = MAX (RVS_THUMB_WIDTH / w, RVS_THUMB_HEIGHT / h);
  cairo_surface_set_device_scale (thumb, pixels, pixels);
  cairo_t *cr = cairo_create (thumb);
  round_corners (cr);
  /* a portrait's face is in its upper half */
  cairo_translate (cr, (RVS_THUMB_WIDTH - w * scale) / 2, (RVS_THUMB_HEIGHT - h * scale) * 0.3);
  cairo_scale (cr, scale, scale);
  cairo_set_source_surface (cr, level, 0, 0);
  cairo_pattern_set_filter (cairo_get_source (cr), CAIRO_FILTER_GOOD);
  cairo_pattern_set_extend (cairo_get_source (cr), CAIRO_EXTEND_PAD);
  cairo_paint (cr);
  cairo_destroy (cr);
  return thumb;
}

/* ---- worker: a small picture in sRGB ---- */

/* Room for the mean of a cell in any depth. */
static void
put_mean (const RvsMutView *from, const RvsMutView *to, int factor, int x, int y)
{
  gsize size = from->depth == RVS_DEPTH_U16 ? 2 : 1, pixel = size * (gsize)from->channels;
  for (int c = 0; c < from->channels; c++)
    {
      guint64       sum = 0;
      const guint8 *cell = (const guint8 *)from->pixels + from->stride * y * factor + (gsize)(x * factor) * pixel + (gsize)c * size;
      guint8       *out = (guint8 *)to->pixels + to->stride * y + (gsize)x * pixel + (gsize)c * size;
      for (int i = 0; i < factor * factor; i++)
        {
          const guint8 *at = cell + from->stride * (i / factor) + (gsize)(i % factor) * pixel;
          sum += size == 2 ? *(const guint16 *)(const void *)at : *at;
        }
      sum = (sum + (guint64)(factor * factor) / 2) / (guint64)(factor * factor);
      if (size == 2)
        *(guint16 *)(void *)out = (guint16)sum;
      else
        *out = (guint8)sum;
    }
}

/* Reduced to about twice what the thumbnail takes, and with what says which colours these are: to convert all of a large photo for its
 * thumbnail would take seconds. */
static RvsStatus
reduce (RvsPicture *picture, int pixels, RvsError *err)
{
  const RvsMutView *view = &picture->view;
  int               factor = MIN (view->width / (2 * RVS_THUMB_WIDTH * pixels), view->height / (2 * RVS_THUMB_HEIGHT * pixels));
  RvsPicture        small;
  if (factor < 2)
    return RVS_OK;
  RvsStatus status = rvs_picture_new (view->width / factor, view->height / factor, view->channels, view->depth, &small, err);
  if (status != RVS_OK)
    return status;
  for (int y = 0; y < small.view.height; y++)
    for (int x = 0; x < small.view.width; x++)
      put_mean (view, &small.view, factor, x, y);
  small.format = picture->format;
  small.meta = picture->meta;
  picture->meta = (RvsPictureMeta){ 0 };
  rvs_picture_clear (picture);
  *picture = small;
  return RVS_OK;
}

/* NULL on failure. */
static cairo_surface_t *
thumb_of (RvsPicture *picture, int pixels, RvsError *err)
{
  RvsWorking       working;
  cairo_surface_t *thumb = NULL;
  if (reduce (picture, pixels, err) != RVS_OK)
    return NULL;
  RvsStatus   status = rvs_working_open (picture, &working, err);
  RvsMutView  srgb = rvs_working_view (&working);
  RvsView     view = rvs_view_of (&srgb);
  RvsPyramid *pyramid = status == RVS_OK ? rvs_pyramid_of_view (&view) : NULL;
  if (pyramid)
    thumb = shrink (pyramid, pixels);
  else if (status == RVS_OK)
    err->status = RVS_ERR_NO_MEMORY;
  rvs_pyramid_free (pyramid);
  rvs_working_close (&working);
  return thumb;
}

static gboolean
deliver (gpointer data)
{
  Reply *reply = data;
  if (reply->thumbs->handler)
    reply->thumbs->handler (reply->thumbs->user, reply->photo_id, reply->thumb, reply->problem);
  return G_SOURCE_REMOVE;
}

static void
reply_free (gpointer data)
{
  Reply *reply = data;
  g_clear_pointer (&reply->thumb, cairo_surface_destroy);
  g_free (reply->problem);
  g_atomic_rc_box_release (reply->thumbs);
  g_free (reply);
}

static void
work (gpointer data, gpointer user)
{
  Request   *request = data;
  RvsThumbs *thumbs = user;
  RvsPicture picture;
  RvsError   err = { RVS_OK, "" };
  char      *kind = NULL;
  RvsStatus  status = thumbs->stop ? RVS_ERR_CANCELLED : rvs_load (&request->origin, &thumbs->stop, &picture, &kind, &err);
  if (status != RVS_ERR_CANCELLED)
    {
      Reply *reply = g_new0 (Reply, 1);
      reply->thumbs = g_atomic_rc_box_acquire (thumbs);
      reply->photo_id = request->photo_id;
      reply->thumb = status == RVS_OK ? thumb_of (&picture, thumbs->scale, &err) : NULL;
      if (!reply->thumb)
        reply->problem = rvs_words_read (status == RVS_OK ? err.status : status, &err);
      g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, deliver, reply, reply_free);
    }
  if (status == RVS_OK)
    rvs_picture_clear (&picture);
  g_free (kind);
  rvs_origin_clear (&request->origin);
  g_free (request);
}

/* ---- main thread -------------------------------------------------------------------------- */

RvsThumbs *
rvs_thumbs_new (int scale, RvsThumbHandler handler, gpointer user)
{
  RvsThumbs *thumbs = g_atomic_rc_box_new0 (RvsThumbs);
  thumbs->scale = scale;
  thumbs->handler = handler;
  thumbs->user = user;
  thumbs->pool = g_thread_pool_new (work, thumbs, 1, FALSE, NULL);
  return thumbs;
}

void
rvs_thumbs_free (RvsThumbs *thumbs)
{
  if (!thumbs)
    return;
  thumbs->handler = NULL;
  thumbs->stop = 1;
  /* every request is still handed to the worker, which now only frees it */
  g_thread_pool_free (thumbs->pool, FALSE, TRUE);
  g_atomic_rc_box_release (thumbs);
}

void
rvs_thumbs_request (RvsThumbs *thumbs, guint photo_id, const RvsOrigin *origin)
{
  Request *request = g_new0 (Request, 1);
  request->photo_id = photo_id;
  rvs_origin_copy (origin, &request->origin);
  g_thread_pool_push (thumbs->pool, request, NULL);
}
