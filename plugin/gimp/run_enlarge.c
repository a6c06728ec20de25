/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * run_enlarge.c: the flow that ends in a new image. That is made last, when its pixels are there, because GIMP's Cancel kills the plug-in.
 */
#include "dialog.h"
#include "faces.h"
#include "host.h"
#include "i18n.h"
#include "larger.h"
#include "models.h"
#include "run_private.h"
#include <string.h>

static const RvsParamSpec *
field_of_model (void)
{
  size_t n = rvs_fields_count ();
  for (size_t i = 0; i < n; i++)
    if (rvs_field (i)->selects_system)
      return rvs_field (i);
  return NULL;
}

/* Of the models, those that do not fill. */
static char *
known_models (void)
{
  size_t               n;
  const RvsSystemInfo *systems = rvs_systems (&n);
  GString             *names = g_string_new (NULL);
  for (size_t i = 0; i < n; i++)
    if (!(systems[i].needs & RVS_NEEDS_HOLE))
      g_string_append_printf (names, "%s%s", names->len ? ", " : "", systems[i].id);
  return g_string_free (names, FALSE);
}

char *
rvs_run_enlarge_values (int factor, const char *model, RvsValues *values)
{
  const RvsParamSpec *spec = field_of_model ();
  double              value;
  if (factor < 2 || !rvs_values_set_factor (values, factor))
    return g_strdup_printf ("factor: %d is not one of: 2, 3, 4, 8", factor);
  if (spec && rvs_param_parse (spec, model ? model : "", &value, NULL) == RVS_OK)
    {
      rvs_values_set (values, spec->key, value);
      if (!rvs_values_fill (values))
        return NULL;
    }
  char *known = known_models (), *wrong = g_strdup_printf ("model: '%s' is not one of: %s", model ? model : "", known);
  g_free (known);
  return wrong;
}

/* FALSE: the user does not want it. The faces and the strokes are copied. */
static gboolean
ask (RvsRun *run, RvsModels *models, const RvsLayerSource *layer, GArray **out_faces, RvsHoleBrush **out_brush)
{
  char          *settings = rvs_run_settings_path (), *title = rvs__run_title (run, run->drawables[0]);
  RvsDialogLayer shown = { title, &layer->source };
  RvsUiHost      host = { .open_session = rvs_models_open_session,
                          .open_finder = rvs_models_open_finder,
                          .have_finder = rvs_models_have_finder,
                          .show_help = rvs__run_show_help,
                          .picture_name = title,
                          .settings_path = settings,
                          .offers_size = TRUE,
                          .only_larger = TRUE,
                          .user = models };
  RvsDialog     *dialog = rvs_dialog_new (&host, &shown, 1, &run->values);
  rvs__run_stay_above (rvs_dialog_window (dialog));
  gboolean wanted = rvs_dialog_run (dialog);
  if (wanted)
    {
      GArray *faces = rvs_panel_faces (rvs_dialog_panel (dialog));
      rvs_panel_get_values (rvs_dialog_panel (dialog), &run->values);
      *out_brush = rvs_hole_brush_new_copy (rvs_panel_hole_brush (rvs_dialog_panel (dialog)));
      *out_faces = rvs_faces_new ();
      if (faces->len)
        g_array_append_vals (*out_faces, faces->data, faces->len);
    }
  rvs_dialog_free (dialog);
  g_free (settings);
  g_free (title);
  return wanted;
}

/* The dialog has said which faces there are. */
static void
tell_faces (const RvsRun *run, const RvsLarger *larger)
{
  char *too_many = rvs_faces_too_many_text (larger->n_found);
  if (too_many)
    rvs_host_message (too_many);
  g_free (too_many);
  if (!larger->n_restored && !run->interactive)
    rvs_host_message (_ ("The photo was enlarged. No face to restore was found in it."));
}

/* "photo-4x", beside the photo: a proposal, nothing is written there. */
static void
name_image (const RvsRun *run)
{
  char *name = rvs__run_image_name (run->image), *dot = name ? strrchr (name, '.') : NULL;
  if (dot && dot != name)
    *dot = 0;
  char *larger = g_strdup_printf ("%s-%dx", name, (int)rvs_values_factor (&run->values));
  rvs_host_name_new_image (run->new_image, run->image, larger);
  g_free (larger);
  g_free (name);
}

static RvsRunStatus
make_image (RvsRun *run, const RvsLayerSource *layer, const RvsLarger *larger)
{
  const RvsMutView *v = &larger->picture;
  int               drawable = run->drawables[0];
  GeglBuffer       *to = NULL;
  run->new_image = rvs_host_new_image (run->image, drawable, v->width, v->height, &to);
  if (!to)
    {
      run->message = g_strdup (_ ("GIMP could not make the new image. There may not be enough memory."));
      return RVS_RUN_FAILED;
    }
  gegl_buffer_set (to, GEGL_RECTANGLE (0, 0, v->width, v->height), 0, layer->format, v->pixels, (int)v->stride);
  gegl_buffer_flush (to);
  g_object_unref (to);
  name_image (run);
  rvs_host_finish_new_image (run->new_image, run->interactive);
  return RVS_RUN_DONE;
}

static RvsRunStatus
enlarge (RvsRun *run, RvsModels *models, const RvsLayerSource *layer, const GArray *faces, const RvsHoleBrush *brush)
{
  RvsLarger    larger;
  RvsError     err = { RVS_OK, "" };
  RvsRunStatus done = RVS_RUN_FAILED;
  rvs_host_progress_start (_ ("Enlarging the photo"));
  RvsStatus status = rvs_larger_make (&larger, models, &layer->source, faces, brush, &run->values, &err);
  if (status == RVS_OK)
    done = make_image (run, layer, &larger);
  else
    run->message = rvs__run_explain (status, &err);
  rvs_host_progress_end ();
  if (done == RVS_RUN_DONE)
    tell_faces (run, &larger);
  rvs_larger_clear (&larger);
  return done;
}

static char *
refuse (const RvsRun *run)
{
  if (run->n_drawables != 1)
    return g_strdup (_ ("One layer at a time is enlarged. Choose one."));
  return rvs_host_refuse (run->image, run->drawables[0], FALSE);
}

RvsRunStatus
rvs_run_enlarge (RvsRun *run)
{
  RvsModels      models;
  RvsLayerSource layer;
  GArray        *faces = NULL;
  RvsHoleBrush  *brush = NULL;
  RvsRunStatus   status;
  run->new_image = -1;
  run->message = refuse (run);
  if (!run->message)
    run->message = rvs__run_check_channel (run);
  if (run->message)
    return RVS_RUN_BAD_CALL;
  if (run->interactive && !rvs__run_gtk_init (run))
    return RVS_RUN_FAILED;
  rvs_models_init (&models);
  rvs__run_open_layer (run->image, run->drawables[0], NULL, &layer);
  if (run->interactive && !ask (run, &models, &layer, &faces, &brush))
    status = RVS_RUN_CANCELLED;
  else
    status = enlarge (run, &models, &layer, faces, brush);
  rvs_layer_source_clear (&layer);
  rvs_hole_brush_free (brush);
  g_clear_pointer (&faces, g_array_unref);
  rvs_models_clear (&models);
  return status;
}
