/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * larger.c: find the faces on the photo, enlarge the photo, restore the faces on that.
 */
#include "larger.h"
#include "batch.h"
#include "faces.h"
#include "host.h"
#include <string.h>

typedef struct Work
{
  RvsLarger       *larger;
  RvsSession      *session;
  const RvsValues *values;
  GBytes          *told; /* the pixels of params.fidelity_map, which has the photo's size */
  RvsParams        params;
  RvsBatch         photo;
  GArray          *faces;      /* RvsFace, on the photo, then on what it is made */
  double           from, span; /* where the current step's 0..1 lies in the whole */
  RvsMonitor       monitor;
} Work;

static bool
on_progress (void *user, const RvsProgress *progress)
{
  const Work *work = user;
  rvs_host_progress (work->from + work->span * (double)progress->done);
  return true;
}

static const RvsMonitor *
step (Work *work, double from, double to)
{
  work->from = from;
  work->span = to - from;
  work->monitor = (RvsMonitor){ on_progress, work };
  return &work->monitor;
}

static RvsStatus
find_faces (Work *work, RvsError *err)
{
  const RvsView *v = &work->photo.image;
  RvsFace       *found = g_new0 (RvsFace, RVS_MAX_FACES);
  size_t         n = 0;
  rvs_session_apply (work->session, &work->params);
  RvsStatus status = rvs_detect (work->session, v, step (work, 0, 0.1), found, RVS_MAX_FACES, &n, err);
  work->larger->n_found = n;
  if (status == RVS_OK)
    {
      GArray *chosen = rvs_faces_choose (found, MIN (n, RVS_MAX_FACES), v->width, v->height, &work->params);
      if (chosen->len)
        g_array_append_vals (work->faces, chosen->data, chosen->len);
      g_array_unref (chosen);
    }
  g_free (found);
  return status;
}

/* The photo's pixels are given back as soon as the larger ones are there. */
static RvsStatus
enlarge (Work *work, int32_t factor, RvsError *err)
{
  const RvsView *from = &work->photo.image;
  RvsMutView     to
      = { .width = from->width * factor, .height = from->height * factor, .channels = from->channels, .depth = from->depth };
  to.stride = (ptrdiff_t)((size_t)to.width * rvs_view_pixel_bytes (from));
  to.pixels = g_try_malloc_n ((gsize)to.height, (gsize)to.stride);
  work->larger->picture = to;
  if (!to.pixels)
    {
      err->status = RVS_ERR_NO_MEMORY;
      g_strlcpy (err->message, "no memory for the enlarged picture", sizeof err->message);
      return err->status;
    }
  RvsStatus status = rvs_enlarge (work->session, from, factor, step (work, 0.1, 0.2), &to, err);
  rvs_batch_clear (&work->photo);
  for (guint i = 0; i < work->faces->len; i++)
    rvs_face_enlarge (&g_array_index (work->faces, RvsFace, i), factor, &g_array_index (work->faces, RvsFace, i));
  return status;
}

static size_t
count_restored (const RvsAnalysis *analysis)
{
  size_t n = rvs_analysis_n_faces (analysis), n_restored = 0;
  for (size_t i = 0; i < n; i++)
    n_restored += rvs_analysis_face (analysis, i)->skip == RVS_SKIP_NONE;
  return n_restored;
}

/* In place: the engine takes the same memory as source and result. That it takes none of the faces is no failure. */
static RvsStatus
restore (Work *work, RvsError *err)
{
  const RvsMutView *to = &work->larger->picture;
  const RvsView     view = { to->pixels, to->stride, to->width, to->height, to->channels, to->depth };
  const RvsFace    *faces = (const RvsFace *)(void *)work->faces->data;
  RvsAnalysis      *analysis = NULL;
  RvsStatus         status
      = rvs_analyse_for (work->session, &view, faces, work->faces->len, &work->params, 0, step (work, 0.2, 0.5), &analysis, err);
  if (status != RVS_OK)
    return status;
  work->larger->n_restored = count_restored (analysis);
  if (work->larger->n_restored)
    status = rvs_render (work->session, analysis, &view, &work->params, 0, step (work, 0.5, 1), to, err);
  rvs_analysis_free (analysis);
  return status;
}

/* What is said of local fidelity; none of it: no map. */
static RvsStatus
read_map (Work *work, const RvsUiSource *source, const RvsHoleBrush *brush, RvsError *err)
{
  RvsStatus status = rvs_batch_read_channel (&work->photo, source, work->values, err);
  if (status == RVS_OK && rvs_values_use_fidelity (work->values))
    work->told = rvs_hole_brush_fidelity (brush, &work->photo.channel, &work->params.fidelity_map);
  return status;
}

static RvsStatus
make (Work *work, const RvsUiSource *source, const GArray *faces, const RvsHoleBrush *brush, RvsError *err)
{
  RvsUiSource whole = *source;
  whole.read_mask_rows = NULL;
  RvsStatus status = rvs_batch_read (&work->photo, &whole, err);
  if (status == RVS_OK)
    status = read_map (work, source, brush, err);
  if (status == RVS_OK && faces)
    status = rvs_faces_take (work->session, &work->photo.image, faces, work->faces, err);
  else if (status == RVS_OK)
    status = find_faces (work, err);
  if (status == RVS_OK)
    status = enlarge (work, rvs_values_factor (work->values), err);
  if (status == RVS_OK && work->faces->len)
    status = restore (work, err);
  return status;
}

RvsStatus
rvs_larger_make (RvsLarger *larger, RvsModels *models, const RvsUiSource *source, const GArray *faces, const RvsHoleBrush *brush,
                 const RvsValues *values, RvsError *err)
{
  Work work = { .larger = larger, .values = values, .faces = g_array_new (FALSE, TRUE, sizeof (RvsFace)) };
  memset (larger, 0, sizeof *larger);
  rvs_values_to_params (values, &work.params);
  RvsStatus status = rvs_enlarge_check (source->width, source->height, rvs_values_factor (values), err);
  if (status == RVS_OK)
    status = rvs_models_open_session (models, rvs_values_system (values)->id, &work.session, err);
  if (status == RVS_OK)
    status = make (&work, source, faces, brush, err);
  rvs_session_free (work.session);
  rvs_batch_clear (&work.photo);
  g_clear_pointer (&work.told, g_bytes_unref);
  g_array_unref (work.faces);
  return status;
}

void
rvs_larger_clear (RvsLarger *larger)
{
  g_free (larger->picture.pixels);
  memset (larger, 0, sizeof *larger);
}
