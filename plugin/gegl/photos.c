/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * photos.c: the cache of analysed photos, newest first.
 */
#include "photos.h"

#include "models.h"

#include <stdlib.h>
#include <string.h>

/* Newer photos push older ones out beyond either; the newest stays whatever its size. */
#define MAX_PHOTOS 4
#define MAX_BYTES ((size_t)1 << 30)
/* GEGL keeps pixels in tiles, which a band is as high as. */
#define BAND_ROWS 128

typedef struct Photo
{
  RvsMutView   src, out; /* own memory */
  RvsParams    asked;    /* what the analysis and the rects were made by */
  RvsSession  *session;
  RvsAnalysis *analysis;
  size_t       n_found;
  RvsRect     *rects; /* NULL: not rendered yet */
  size_t       n_rects;
} Photo;

/* The process's: whoever enters has all of it. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t  once = PTHREAD_ONCE_INIT;
static RvsModels       models;
static Photo          *photos[MAX_PHOTOS];
static RvsPhotosCounts counts;

static void
open_models (void)
{
  rvs_models_init (&models);
}

static RvsStatus
no_memory (RvsError *err)
{
  if (err->status == RVS_OK)
    *err = (RvsError){ RVS_ERR_NO_MEMORY, "not enough memory for the layer" };
  return RVS_ERR_NO_MEMORY;
}

/* ---- one photo ---- */

static size_t
view_bytes (const RvsMutView *view)
{
  return (size_t)view->stride * (size_t)view->height;
}

static size_t
photo_bytes (const Photo *photo)
{
  return 2 * view_bytes (&photo->src) + (photo->analysis ? rvs_analysis_bytes (photo->analysis) : 0);
}

static void
forget_analysis (Photo *photo)
{
  rvs_analysis_free (photo->analysis);
  rvs_session_free (photo->session);
  free (photo->rects);
  photo->analysis = NULL;
  photo->session = NULL;
  photo->rects = NULL;
}

static void
photo_free (Photo *photo)
{
  if (!photo)
    return;
  forget_analysis (photo);
  free (photo->src.pixels);
  free (photo->out.pixels);
  free (photo);
}

/* NULL when there is no memory. */
static Photo *
photo_new (const RvsPhotoSource *source)
{
  Photo     *photo = calloc (1, sizeof *photo);
  RvsMutView view = { NULL, 0, source->width, source->height, source->channels, source->depth };

  view.stride = (ptrdiff_t)(rvs_depth_bytes (view.depth) * (size_t)view.channels * (size_t)view.width);
  if (!photo)
    return NULL;
  photo->src = photo->out = view;
  photo->src.pixels = malloc (view_bytes (&view));
  photo->out.pixels = malloc (view_bytes (&view));
  if (photo->src.pixels && photo->out.pixels)
    {
      source->read_rows (source->user, 0, view.height, photo->src.pixels);
      return photo;
    }
  photo_free (photo);
  return NULL;
}

static bool
has_kind_of (const Photo *photo, const RvsPhotoSource *source)
{
  const RvsMutView *own = &photo->src;

  return own->width == source->width && own->height == source->height && own->channels == source->channels
         && own->depth == source->depth;
}

static bool
has_rows (const Photo *photo, int32_t y, int32_t n_rows, const void *rows)
{
  return !memcmp ((const char *)photo->src.pixels + (size_t)y * (size_t)photo->src.stride, rows,
                  (size_t)n_rows * (size_t)photo->src.stride);
}

/* ---- the cache ---- */

static void
put_first (size_t index)
{
  Photo *photo = photos[index];

  memmove (photos + 1, photos, index * sizeof *photos);
  photos[0] = photo;
}

static void
forget_old (void)
{
  size_t bytes = 0;

  for (size_t i = 0; i < MAX_PHOTOS && photos[i]; i++)
    {
      bytes += photo_bytes (photos[i]);
      if (i == 0 || bytes <= MAX_BYTES)
        continue;
      photo_free (photos[i]);
      memmove (photos + i, photos + i + 1, (MAX_PHOTOS - i - 1) * sizeof *photos);
      photos[MAX_PHOTOS - 1] = NULL;
      i--;
    }
}

/* Drops the photos that have other pixels in a band of the source; how many are left. */
static int
narrow (bool might_be[MAX_PHOTOS], int32_t y, int32_t n_rows, const void *rows)
{
  int left = 0;

  for (int i = 0; i < MAX_PHOTOS; i++)
    {
      might_be[i] = might_be[i] && has_rows (photos[i], y, n_rows, rows);
      left += might_be[i];
    }
  return left;
}

/* Which photo has the pixels of the source, -1 for none. Band by band: what is not known shows early, and no large memory is needed. */
static int
find (const RvsPhotoSource *source, void *band, int32_t band_rows)
{
  bool might_be[MAX_PHOTOS];
  int  left = 0;

  for (int i = 0; i < MAX_PHOTOS; i++)
    left += might_be[i] = photos[i] && has_kind_of (photos[i], source);
  for (int32_t y = 0; left && y < source->height; y += band_rows)
    {
      int32_t n_rows = source->height - y < band_rows ? source->height - y : band_rows;
      source->read_rows (source->user, y, n_rows, band);
      left = narrow (might_be, y, n_rows, band);
    }
  for (int i = 0; left && i < MAX_PHOTOS; i++)
    if (might_be[i])
      return i;
  return -1;
}

/* The photo of these pixels, known or new, which is the first from then on; NULL when there is no memory. */
static Photo *
look_up (const RvsPhotoSource *source)
{
  void  *band = malloc (BAND_ROWS * rvs_depth_bytes (source->depth) * (size_t)source->channels * (size_t)source->width);
  int    known = band ? find (source, band, BAND_ROWS) : -1;
  Photo *photo;

  free (band);
  if (known < 0)
    {
      photo = photo_new (source);
      if (!photo)
        return NULL;
      known = MAX_PHOTOS - 1;
      photo_free (photos[known]);
      photos[known] = photo;
    }
  put_first ((size_t)known);
  return photos[0];
}

/* ---- what has to be done again ---- */

/* The system's own knobs are taken by a render, and so is what only mixes. */
static bool
is_for_render (const RvsParamSpec *spec)
{
  return spec->knob || spec->affects == RVS_AFFECTS_BLEND;
}

static bool
agree (const RvsParams *a, const RvsParams *b, bool for_render)
{
  size_t              n;
  const RvsParamSpec *table = rvs_params_table (&n);

  for (size_t i = 0; i < n; i++)
    {
      double x = 0, y = 0;
      if (table[i].store == RVS_STORE_NONE || is_for_render (&table[i]) != for_render)
        continue;
      if (rvs_params_get (a, table[i].key, &x, NULL) || rvs_params_get (b, table[i].key, &y, NULL) || x != y)
        return false;
    }
  return true;
}

/* ---- finding and analysing ---- */

/* Of the faces found those that are restored, moved to the front. */
static size_t
choose (const Photo *photo, const RvsParams *params, RvsFace *faces, size_t n)
{
  RvsSkip skips[RVS_MAX_FACES];
  size_t  kept = 0;

  rvs_choose_faces (faces, n, photo->src.width, photo->src.height, params, RVS_MIN_CONFIDENCE, skips);
  for (size_t i = 0; i < n; i++)
    if (skips[i] == RVS_SKIP_NONE)
      faces[kept++] = faces[i];
  return kept;
}

static RvsStatus
analyse (Photo *photo, const RvsParams *params, const RvsMonitor *monitor, RvsFace *faces, RvsError *err)
{
  const RvsView src = rvs_view_of (&photo->src);
  RvsStatus     status = rvs_models_open_session (&models, rvs_params_system (params)->id, &photo->session, err);
  size_t        n = 0;

  if (status)
    return status;
  counts.searched++;
  rvs_session_apply (photo->session, params);
  status = rvs_detect (photo->session, &src, monitor, faces, RVS_MAX_FACES, &photo->n_found, err);
  if (status)
    return status;
  n = choose (photo, params, faces, photo->n_found < RVS_MAX_FACES ? photo->n_found : RVS_MAX_FACES);
  return rvs_analyse (photo->session, &src, faces, n, monitor, &photo->analysis, err);
}

static RvsStatus
ensure_analysis (Photo *photo, const RvsParams *params, const RvsMonitor *monitor, RvsError *err)
{
  RvsStatus status;
  RvsFace  *faces;

  if (photo->analysis && agree (&photo->asked, params, false))
    return RVS_OK;
  forget_analysis (photo);
  faces = malloc (RVS_MAX_FACES * sizeof *faces);
  status = faces ? analyse (photo, params, monitor, faces, err) : no_memory (err);
  free (faces);
  if (status)
    forget_analysis (photo);
  photo->asked = *params;
  return status;
}

/* ---- rendering ---- */

static bool
is_empty (const RvsRect *rect)
{
  return rect->width < 1 || rect->height < 1;
}

static bool
list_rects (Photo *photo)
{
  size_t n = rvs_analysis_n_faces (photo->analysis);

  photo->n_rects = 0;
  photo->rects = malloc ((n + 1) * sizeof *photo->rects);
  for (size_t i = 0; photo->rects && i < n; i++)
    {
      RvsRect rect = rvs_analysis_face (photo->analysis, i)->rect;
      if (!is_empty (&rect))
        photo->rects[photo->n_rects++] = rect;
    }
  return photo->rects != NULL;
}

/* The rects of out, as they are in src. */
static void
take_back (Photo *photo)
{
  const RvsView src = rvs_view_of (&photo->src);
  const size_t  bytes = rvs_view_pixel_bytes (&src);

  for (size_t i = 0; i < photo->n_rects; i++)
    for (int32_t y = photo->rects[i].y; y < photo->rects[i].y + photo->rects[i].height; y++)
      {
        size_t at = (size_t)src.stride * (size_t)y + (size_t)photo->rects[i].x * bytes;
        memcpy ((char *)photo->out.pixels + at, (const char *)src.pixels + at, (size_t)photo->rects[i].width * bytes);
      }
}

static RvsStatus
render (Photo *photo, const RvsParams *params, const RvsMonitor *monitor, RvsError *err)
{
  const RvsView src = rvs_view_of (&photo->src);
  RvsStatus     status;

  if (photo->rects && agree (&photo->asked, params, true))
    return RVS_OK;
  free (photo->rects);
  if (!list_rects (photo))
    return no_memory (err);
  take_back (photo);
  counts.rendered++;
  status = rvs_render (photo->session, photo->analysis, &src, params, 0, monitor, &photo->out, err);
  photo->asked = *params;
  if (status)
    {
      free (photo->rects);
      photo->rects = NULL;
    }
  return status;
}

/* ---- from outside ---- */

RvsStatus
rvs_photos_enter (const RvsPhotoSource *source, const RvsParams *params, const RvsMonitor *monitor, RvsRestoredPhoto *out,
                  RvsError *err)
{
  Photo    *photo;
  RvsStatus status;

  memset (out, 0, sizeof *out);
  pthread_once (&once, open_models);
  pthread_mutex_lock (&mutex);
  photo = look_up (source);
  status = photo ? ensure_analysis (photo, params, monitor, err) : no_memory (err);
  if (!status)
    status = render (photo, params, monitor, err);
  if (!status)
    *out = (RvsRestoredPhoto){ rvs_view_of (&photo->src), rvs_view_of (&photo->out), photo->rects, photo->n_rects, photo->n_found };
  forget_old ();
  return status;
}

void
rvs_photos_leave (void)
{
  pthread_mutex_unlock (&mutex);
}

RvsPhotosCounts
rvs_photos_counts (void)
{
  pthread_mutex_lock (&mutex);
  RvsPhotosCounts now = counts;
  pthread_mutex_unlock (&mutex);
  return now;
}
