/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * batch.c: read, find, choose, analyse, render: the same rules as the dialog's, without its window.
 */
#include "batch.h"
#include "faces.h"
#include "fill_run.h"
#include "host.h"
#include "pixels.h"
#include <string.h>

static RvsStatus
no_memory (RvsError *err)
{
  err->status = RVS_ERR_NO_MEMORY;
  g_strlcpy (err->message, "no memory for the picture", sizeof err->message);
  return err->status;
}

/* Takes error. */
static RvsStatus
not_read (GError *error, RvsError *err)
{
  err->status = RVS_ERR_INTERNAL;
  g_snprintf (err->message, sizeof err->message, "the layer cannot be read: %s", error ? error->message : "no reason given");
  g_clear_error (&error);
  return err->status;
}

RvsStatus
rvs_batch_read (RvsBatch *batch, const RvsUiSource *source, RvsError *err)
{
  GError *error = NULL;
  RvsView v = { .width = source->width, .height = source->height, .channels = source->channels, .depth = source->depth };
  v.stride = (ptrdiff_t)((size_t)source->width * rvs_view_pixel_bytes (&v));
  v.pixels = g_try_malloc_n ((gsize)source->height, (gsize)v.stride);
  batch->image = v;
  if (!v.pixels)
    return no_memory (err);
  if (!source->read_rows (source->user, 0, source->height, (void *)v.pixels, &error))
    return not_read (error, err);
  if (!source->read_mask_rows)
    return RVS_OK;
  guint8 *mask = g_try_malloc_n ((gsize)source->height, (gsize)source->width);
  if (!mask)
    return no_memory (err);
  batch->mask = (RvsView){ mask, source->width, source->width, source->height, 1, RVS_DEPTH_U8 };
  if (!source->read_mask_rows (source->user, 0, source->height, mask, &error))
    return not_read (error, err);
  return RVS_OK;
}

RvsStatus
rvs_batch_read_channel (RvsBatch *batch, const RvsUiSource *source, const RvsValues *values, RvsError *err)
{
  GError *error = NULL;
  guint8 *pixels;
  if (!values->channel[0] || !rvs_values_use_fidelity (values))
    return RVS_OK;
  if (!source->channel_names || !g_strv_contains (source->channel_names, values->channel))
    {
      err->status = RVS_ERR_ARGUMENT;
      g_snprintf (err->message, sizeof err->message, "%s: there is no channel '%s'", RVS_CHANNEL_KEY, values->channel);
      return err->status;
    }
  pixels = g_try_malloc_n ((gsize)source->height, (gsize)source->width);
  if (!pixels)
    return no_memory (err);
  batch->channel = (RvsView){ pixels, source->width, source->width, source->height, 1, RVS_DEPTH_U8 };
  return source->read_channel_rows (source->user, values->channel, 0, source->height, pixels, &error) ? RVS_OK
                                                                                                      : not_read (error, err);
}

static bool
on_progress (void *user, const RvsProgress *progress)
{
  const double *range = user;
  rvs_host_progress (range[0] + (range[1] - range[0]) * progress->done);
  return true;
}

static gboolean
prepare_out (RvsBatch *batch, RvsAnalysis *analysis, gboolean masked)
{
  size_t n = rvs_analysis_n_faces (analysis);
  batch->rects = g_array_new (FALSE, FALSE, sizeof (RvsRect));
  batch->reports = g_array_new (FALSE, FALSE, sizeof (RvsFaceReport));
  for (size_t i = 0; i < n; i++)
    {
      const RvsFaceReport *report = rvs_analysis_face (analysis, i);
      if (report->skip != RVS_SKIP_NONE)
        continue;
      g_array_append_val (batch->rects, report->rect);
      g_array_append_val (batch->reports, *report);
    }
  return rvs_merge_begin (&batch->merge, &batch->image, (const RvsRect *)(void *)batch->rects->data, batch->rects->len, masked);
}

/* Into the buffers: the result and, for a layer with a mask, what makes that. */
static RvsStatus
render_all (RvsBatch *batch, RvsSession *session, RvsAnalysis *analysis, const RvsParams *params, RvsError *err)
{
  double         range[2] = { 0.4, 1 };
  RvsMonitor     monitor = { on_progress, range };
  const RvsView *v = &batch->image;
  RvsParams      full = *params;
  RvsStatus      status = rvs_render (session, analysis, v, params, 0, &monitor, &batch->merge.out, err);
  full.strength = 1;
  full.mask = (RvsView){ 0 };
  if (status == RVS_OK && batch->merge.masked)
    status = rvs_render (session, analysis, v, &full, RVS_RENDER_BARE, NULL, &batch->merge.bare, err);
  if (status == RVS_OK && batch->merge.masked)
    status = rvs_render_matte (session, analysis, params, &batch->merge.matte, err);
  return status;
}

static RvsStatus
restore_faces (RvsBatch *batch, RvsSession *session, GArray *faces, const RvsParams *params, gboolean masked, RvsError *err)
{
  double       range[2] = { 0.1, 0.4 };
  RvsMonitor   monitor = { on_progress, range };
  RvsAnalysis *analysis = NULL;
  RvsStatus status = rvs_analyse_for (session, &batch->image, (const RvsFace *)(void *)faces->data, faces->len, params, 0, &monitor,
                                      &analysis, err);
  if (status != RVS_OK)
    return status;
  if (!prepare_out (batch, analysis, masked))
    status = no_memory (err);
  else if (batch->rects->len == 0)
    status = RVS_ERR_NO_FACE;
  else
    status = render_all (batch, session, analysis, params, err);
  rvs_analysis_free (analysis);
  return status;
}

/* Without a selection: what is found is the hole, and its pixels take the selection's place. No finder and no scratches: no hole. */
static RvsStatus
find_scratches (RvsBatch *batch, RvsModels *models, RvsError *err)
{
  const int32_t width = batch->image.width, height = batch->image.height;
  double        range[2] = { 0, 0.1 };
  RvsMonitor    monitor = { on_progress, range };
  RvsMutView    out = { g_try_malloc0_n ((gsize)height, (gsize)width), width, width, height, 1, RVS_DEPTH_U8 };
  RvsView       found = rvs_view_of (&out);
  RvsSession   *finder = NULL;
  RvsStatus     status = out.pixels ? rvs_models_open_finder (models, &finder, err) : no_memory (err);
  if (status == RVS_OK)
    status = rvs_find_damage (finder, &batch->image, &monitor, &out, err);
  rvs_session_free (finder);
  if (status == RVS_OK && rvs_hole_bounds (&found).width > 0)
    batch->mask = found;
  else
    g_free (out.pixels);
  return status;
}

/* The selection, which is the hole. */
static RvsStatus
check_selection (const RvsView *selection, RvsError *err)
{
  if (selection->pixels && rvs_hole_bounds (selection).width > 0)
    return RVS_OK;
  err->status = RVS_ERR_HOLE;
  g_strlcpy (err->message, "nothing on the layer is selected", sizeof err->message);
  return err->status;
}

static RvsStatus
fill_hole (RvsBatch *batch, RvsSession *session, RvsSession *then, GArray *faces, const RvsParams *params, gboolean masked,
           RvsError *err)
{
  double     range[2] = { 0.1, 1 };
  RvsMonitor monitor = { on_progress, range };
  RvsFillRun run = { .fill = session,
                     .then = then,
                     .source = batch->image,
                     .params = *params,
                     .faces = (const RvsFace *)(void *)faces->data,
                     .n_faces = faces->len,
                     .monitor = &monitor };
  RvsRect    reads = rvs_fill_reads (&run);
  batch->rects = g_array_new (FALSE, FALSE, sizeof (RvsRect));
  batch->reports = g_array_new (FALSE, FALSE, sizeof (RvsFaceReport));
  if (!rvs_merge_begin (&batch->merge, &batch->image, &reads, 1, masked))
    return no_memory (err);
  RvsFillOut out = { .out = batch->merge.out,
                     .bare = batch->merge.bare,
                     .matte = batch->merge.matte,
                     .rects = batch->rects,
                     .reports = batch->reports };
  RvsStatus  status = rvs_fill_run (&run, &out, err);
  rvs_analysis_free (run.analysis);
  return status;
}

/* What the selection is to the system: its hole, or the limit of what is restored. */
static void
take_selection (const RvsBatch *batch, const RvsValues *values, RvsParams *params)
{
  if (rvs_values_fill (values))
    params->hole = batch->mask;
  else if (rvs_values_inside_selection (values))
    params->mask = batch->mask;
}

static RvsStatus
find_and_restore (RvsBatch *batch, RvsSession *session, RvsSession *then, const RvsValues *values, RvsError *err)
{
  double         range[2] = { 0, 0.1 };
  RvsMonitor     monitor = { on_progress, range };
  RvsFace       *found = g_new0 (RvsFace, RVS_MAX_FACES);
  RvsParams      params;
  const RvsView *v = &batch->image;
  size_t         n = 0;
  gboolean       masked = rvs_values_output (values) == RVS_OUTPUT_MASKED_LAYER;
  rvs_values_to_params (values, &params);
  rvs_session_apply (session, &params);
  RvsStatus status = rvs_detect (session, v, &monitor, found, RVS_MAX_FACES, &n, err);
  batch->n_found = n;
  take_selection (batch, values, &params);
  params.fidelity_map = batch->channel;
  GArray *chosen = rvs_faces_choose (found, status == RVS_OK ? MIN (n, RVS_MAX_FACES) : 0, v->width, v->height, &params);
  if (status == RVS_OK && rvs_values_fill (values))
    status = fill_hole (batch, session, then, chosen, &params, masked, err);
  else if (status == RVS_OK)
    status = chosen->len ? restore_faces (batch, session, chosen, &params, masked, err) : RVS_ERR_NO_FACE;
  g_array_unref (chosen);
  g_free (found);
  return status;
}

/* What is to be filled, where it is to be found; where there is nothing, an old photo's faces alone are restored. */
static RvsStatus
mark (RvsBatch *batch, RvsModels *models, RvsValues *values, RvsError *err)
{
  RvsStatus status = RVS_OK;
  if (!rvs_values_find (values) || batch->mask.pixels)
    return status;
  if (rvs_models_have_finder (models))
    status = find_scratches (batch, models, err);
  if (status == RVS_OK && !batch->mask.pixels)
    (void)rvs_values_skip_filling (values);
  return status;
}

/* The second one only where something comes after the chosen system; it is opened first, so that the models describe the chosen one. */
static RvsStatus
open_sessions (RvsModels *models, const RvsValues *values, RvsSession **session, RvsSession **then, RvsError *err)
{
  const RvsSystemInfo *after = rvs_values_then (values);
  RvsStatus            status = after ? rvs_models_open_session (models, after->id, then, err) : RVS_OK;
  return status == RVS_OK ? rvs_models_open_session (models, rvs_values_system (values)->id, session, err) : status;
}

RvsStatus
rvs_batch_restore (RvsBatch *batch, RvsModels *models, const RvsUiSource *source, const RvsValues *given, RvsUiResult *out_result,
                   RvsError *err)
{
  RvsSession *session = NULL, *then = NULL;
  RvsValues   values = *given;
  memset (batch, 0, sizeof *batch);
  memset (out_result, 0, sizeof *out_result);
  RvsStatus status = rvs_batch_read (batch, source, err);
  if (status == RVS_OK)
    status = rvs_batch_read_channel (batch, source, given, err);
  if (status == RVS_OK)
    status = mark (batch, models, &values, err);
  if (status == RVS_OK)
    status = open_sessions (models, &values, &session, &then, err);
  if (status == RVS_OK && rvs_values_fill (&values))
    status = check_selection (&batch->mask, err);
  if (status == RVS_OK)
    status = find_and_restore (batch, session, then, &values, err);
  rvs_session_free (session);
  rvs_session_free (then);
  if (status != RVS_OK)
    return status;
  out_result->src = batch->image;
  rvs_merge_views (&batch->merge, out_result);
  out_result->rects = (const RvsRect *)(void *)batch->rects->data;
  out_result->n_rects = batch->rects->len;
  out_result->faces = (const RvsFaceReport *)(void *)batch->reports->data;
  out_result->n_faces = batch->reports->len;
  out_result->values = values;
  return RVS_OK;
}

void
rvs_batch_clear (RvsBatch *batch)
{
  g_free ((void *)batch->image.pixels);
  g_free ((void *)batch->mask.pixels);
  g_free ((void *)batch->channel.pixels);
  rvs_merge_clear (&batch->merge);
  g_clear_pointer (&batch->rects, g_array_unref);
  g_clear_pointer (&batch->reports, g_array_unref);
  memset (batch, 0, sizeof *batch);
}
