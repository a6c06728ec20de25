/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * batch.c: read, find, choose, analyse, render: the same rules as the dialog's, without its window.
 */
#include "batch.h"
#include "faces.h"
#include "host.h"
#include "pixels.h"
#include <stdlib.h>
#include <string.h>

#define MAX_FACES 999

static RvsStatus
no_memory (RvsError *err)
{
  err->status = RVS_ERR_NO_MEMORY;
  g_strlcpy (err->message, "no memory for the picture", sizeof err->message);
  return err->status;
}

static RvsStatus
read_all (RvsBatch *batch, const RvsUiSource *source, RvsError *err)
{
  RvsView v = { .width = source->width, .height = source->height, .channels = source->channels, .depth = source->depth };
  v.stride = (ptrdiff_t)((size_t)source->width * rvs_view_pixel_bytes (&v));
  v.pixels = g_try_malloc_n ((gsize)source->height, (gsize)v.stride);
  batch->image = v;
  batch->out = calloc ((size_t)source->height, (size_t)v.stride); /* untouched pages cost nothing */
  if (!v.pixels || !batch->out)
    return no_memory (err);
  source->read_rows (source->user, 0, source->height, (void *)v.pixels, NULL);
  if (!source->read_mask_rows)
    return RVS_OK;
  guint8 *mask = g_try_malloc_n ((gsize)source->height, (gsize)source->width);
  if (!mask)
    return no_memory (err);
  source->read_mask_rows (source->user, 0, source->height, mask, NULL);
  batch->mask = (RvsView){ mask, source->width, source->width, source->height, 1, RVS_DEPTH_U8 };
  return RVS_OK;
}

static bool
on_progress (void *user, const RvsProgress *progress)
{
  const double *range = user;
  rvs_host_progress (range[0] + (range[1] - range[0]) * progress->done);
  return true;
}

static void
prepare_out (RvsBatch *batch, RvsAnalysis *analysis)
{
  size_t pixel = rvs_view_pixel_bytes (&batch->image), n = rvs_analysis_n_faces (analysis);
  batch->rects = g_array_new (FALSE, FALSE, sizeof (RvsRect));
  batch->reports = g_array_new (FALSE, FALSE, sizeof (RvsFaceReport));
  for (size_t i = 0; i < n; i++)
    {
      const RvsFaceReport *report = rvs_analysis_face (analysis, i);
      RvsRect              r = report->rect;
      if (report->skip != RVS_SKIP_NONE)
        continue;
      g_array_append_val (batch->rects, r);
      g_array_append_val (batch->reports, *report);
      for (int32_t y = r.y; y < r.y + r.height; y++)
        memcpy ((guint8 *)batch->out + batch->image.stride * y + (size_t)r.x * pixel, rvs_view_at (&batch->image, r.x, y),
                (size_t)r.width * pixel);
    }
}

static RvsStatus
restore_faces (RvsBatch *batch, RvsSession *session, GArray *faces, const RvsParams *params, RvsError *err)
{
  double       range[2] = { 0.1, 0.4 };
  RvsMonitor   monitor = { on_progress, range };
  RvsAnalysis *analysis = NULL;
  RvsStatus    status
      = rvs_analyse (session, &batch->image, (const RvsFace *)(void *)faces->data, faces->len, &monitor, &analysis, err);
  if (status != RVS_OK)
    return status;
  prepare_out (batch, analysis);
  if (batch->rects->len == 0)
    status = RVS_ERR_NO_FACE;
  else
    {
      const RvsView *v = &batch->image;
      RvsMutView     out = { batch->out, v->stride, v->width, v->height, v->channels, v->depth };
      range[0] = 0.4;
      range[1] = 1;
      status = rvs_render (session, analysis, v, params, 0, &monitor, &out, err);
    }
  rvs_analysis_free (analysis);
  return status;
}

static RvsStatus
find_and_restore (RvsBatch *batch, RvsSession *session, const RvsValues *values, RvsError *err)
{
  double     range[2] = { 0, 0.1 };
  RvsMonitor monitor = { on_progress, range };
  RvsFace   *found = g_new0 (RvsFace, MAX_FACES);
  RvsParams  params;
  size_t     n = 0;
  RvsView    mask = rvs_values_get (values, "inside-selection") != 0 ? batch->mask : (RvsView){ 0 };
  RvsStatus  status = rvs_detect (session, &batch->image, &monitor, found, MAX_FACES, &n, err);
  GArray    *chosen = rvs_faces_choose (found, status == RVS_OK ? MIN (n, MAX_FACES) : 0, (int)rvs_values_get (values, "faces"),
                                        rvs_values_get (values, "min-face"), &mask);
  rvs_values_to_params (values, &params);
  params.mask = mask;
  if (status == RVS_OK)
    status = chosen->len ? restore_faces (batch, session, chosen, &params, err) : RVS_ERR_NO_FACE;
  g_array_unref (chosen);
  g_free (found);
  return status;
}

RvsStatus
rvs_batch_restore (RvsBatch *batch, RvsModels *models, const RvsUiSource *source, const RvsValues *values, RvsUiResult *out_result,
                   RvsError *err)
{
  RvsSession *session = NULL;
  memset (batch, 0, sizeof *batch);
  memset (out_result, 0, sizeof *out_result);
  RvsStatus status = rvs_models_open_session (models, rvs_values_choice (values, "model"), &session, err);
  if (status == RVS_OK)
    status = read_all (batch, source, err);
  if (status == RVS_OK)
    status = find_and_restore (batch, session, values, err);
  rvs_session_free (session);
  if (status != RVS_OK)
    return status;
  out_result->src = out_result->out = batch->image;
  out_result->out.pixels = batch->out;
  out_result->rects = (const RvsRect *)(void *)batch->rects->data;
  out_result->n_rects = batch->rects->len;
  out_result->faces = (const RvsFaceReport *)(void *)batch->reports->data;
  out_result->values = *values;
  return RVS_OK;
}

void
rvs_batch_clear (RvsBatch *batch)
{
  g_free ((void *)batch->image.pixels);
  g_free ((void *)batch->mask.pixels);
  free (batch->out);
  g_clear_pointer (&batch->rects, g_array_unref);
  g_clear_pointer (&batch->reports, g_array_unref);
  memset (batch, 0, sizeof *batch);
}
