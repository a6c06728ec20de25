/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * run.c: the shared flow. Everything heavy happens before the image is touched, because GIMP's Cancel kills the plug-in.
 */
#include "run.h"
#include "batch.h"
#include "dialog.h"
#include "faces.h"
#include "failure.h"
#include "help.h"
#include "host.h"
#include "i18n.h"
#include "recipe.h"
#include <libintl.h>
#include <string.h>

/* What one layer's restoration came to, until it is written. */
typedef struct Outcome
{
  RvsLayerSource layer;
  RvsDialog     *dialog; /* owns the pixels after a dialog */
  RvsBatch       batch;  /* owns them otherwise */
  RvsUiResult    result;
  gboolean       left_out; /* no face in it, while other layers have some */
  gboolean       covers;   /* nothing below shows through: only then may the result lie above the layer */
} Outcome;

static void
outcome_clear (Outcome *outcome)
{
  rvs_dialog_free (outcome->dialog);
  rvs_batch_clear (&outcome->batch);
  rvs_layer_source_clear (&outcome->layer);
}

/* ---- settings and catalogs ---------------------------------------------------------------- */

char *
rvs_run_settings_path (void)
{
  return g_build_filename (g_get_user_config_dir (), "revisage", "settings.ini", NULL);
}

static void
remembered (RvsValues *values)
{
  char        *path = rvs_run_settings_path ();
  RvsSettings *settings = rvs_settings_new (path);
  rvs_settings_get_last (settings, values);
  rvs_settings_free (settings);
  g_free (path);
}

gboolean
rvs_run_offers (const char *procedure)
{
  RvsValues values;
  rvs_values_init (&values);
  return rvs_values_choose_filling (&values, g_str_equal (procedure, RVS_PROCEDURE_MEND));
}

void
rvs_run_first_values (const char *procedure, gboolean interactive, RvsValues *out_values)
{
  rvs_values_init (out_values);
  if (interactive)
    remembered (out_values);
  rvs_values_choose_filling (out_values, g_str_equal (procedure, RVS_PROCEDURE_MEND));
}

void
rvs_run_bind_catalogs (const char *program)
{
  char *folder = g_path_get_dirname (program), *beside = g_build_filename (folder, "locale", NULL);
  bindtextdomain (RVS_GETTEXT_DOMAIN, g_file_test (beside, G_FILE_TEST_IS_DIR) ? beside : RVS_LOCALE_DIR);
  bind_textdomain_codeset (RVS_GETTEXT_DOMAIN, "UTF-8");
  g_free (beside);
  g_free (folder);
}

/* ---- messages ----------------------------------------------------------------------------- */

static char *
explain (RvsStatus status, const RvsError *err)
{
  if (status == RVS_ERR_NO_FACE)
    return g_strdup (_ ("No face to restore was found. The dialog lets you draw a box around a face; the smallest face and the "
                        "selection limit what is found."));
  const char *text = rvs_failure_text (status);
  return err->message[0] ? g_strdup_printf ("%s\n%s", text, err->message) : g_strdup (text);
}

/* ---- one layer ---------------------------------------------------------------------------- */

static void
open_layer (const RvsRun *run, int drawable, Outcome *outcome)
{
  int         offset_x = 0, offset_y = 0;
  GeglBuffer *selection = rvs_host_selection (run->image, drawable, &offset_x, &offset_y);
  rvs_layer_source_init (&outcome->layer, rvs_host_buffer (drawable), rvs_host_is_grey (drawable), rvs_host_has_alpha (drawable),
                         selection, offset_x, offset_y);
  outcome->covers = rvs_host_covers (drawable) && rvs_layer_is_opaque (outcome->layer.buffer);
}

static void
on_realize (GtkWidget *window, gpointer user)
{
  (void)user;
  rvs_host_make_transient (window);
}

static void
show_help (gpointer user, GtkWindow *parent)
{
  (void)user;
  rvs_help_show (parent);
}

/* What will happen to the image besides; NULL for nothing; g_free. */
static char *
note_for (int drawable, const Outcome *outcome)
{
  GString *note = g_string_new (NULL);
  if (rvs_host_is_indexed (drawable))
    g_string_append (note, _ ("This image has indexed colours. It will be converted to RGB when the faces are restored."));
  if (!outcome->covers)
    g_string_append_printf (note, "%s%s", note->len ? "\n" : "",
                            _ ("What lies below shows through this layer (mode, opacity, mask or transparency). So that only faces "
                               "change, its restored copy takes its place, and the layer itself is hidden."));
  return g_string_free (note, note->len == 0);
}

static RvsRunStatus
ask (RvsRun *run, RvsModels *models, int drawable, Outcome *outcome)
{
  char     *settings = rvs_run_settings_path (), *name = rvs_host_name (drawable);
  RvsUiHost host = { .open_session = rvs_models_open_session,
                     .show_help = show_help,
                     .picture_name = name,
                     .settings_path = settings,
                     .offers_output = TRUE,
                     .user = models };
  gboolean  restored = FALSE;
  char     *note = note_for (drawable, outcome);
  host.note = note;
  if (!rvs_host_gtk_init ())
    run->message = g_strdup (_ ("The dialog cannot be shown: there is no display."));
  else
    {
      outcome->dialog = rvs_dialog_new (&host, &outcome->layer.source, &run->values);
      g_signal_connect (rvs_dialog_window (outcome->dialog), "realize", G_CALLBACK (on_realize), NULL);
      restored = rvs_dialog_run (outcome->dialog);
    }
  if (restored)
    {
      rvs_dialog_result (outcome->dialog, &outcome->result);
      run->values = outcome->result.values;
    }
  g_free (settings);
  g_free (name);
  g_free (note);
  return run->message ? RVS_RUN_FAILED : restored ? RVS_RUN_DONE : RVS_RUN_CANCELLED;
}

static RvsRunStatus
restore_layer (RvsRun *run, RvsModels *models, int drawable, gboolean with_dialog, Outcome *outcome)
{
  RvsError err = { RVS_OK, "" };
  open_layer (run, drawable, outcome);
  if (with_dialog)
    return ask (run, models, drawable, outcome);
  rvs_host_progress_start (_ ("Restoring faces"));
  RvsStatus status = rvs_batch_restore (&outcome->batch, models, &outcome->layer.source, &run->values, &outcome->result, &err);
  rvs_host_progress_end ();
  char *too_many = rvs_faces_too_many_text (outcome->batch.n_found);
  if (too_many)
    rvs_host_message (too_many);
  g_free (too_many);
  outcome->left_out = status == RVS_ERR_NO_FACE && run->n_drawables > 1;
  if (status == RVS_OK || outcome->left_out)
    return RVS_RUN_DONE;
  run->message = explain (status, &err);
  return RVS_RUN_FAILED;
}

/* ---- writing ------------------------------------------------------------------------------ */

static gboolean
write_pixels (int layer, const Outcome *outcome, RvsOutput output)
{
  GeglBuffer *to = rvs_host_buffer (layer), *mask = NULL;
  gboolean    done;
  if (output == RVS_OUTPUT_MASKED_LAYER)
    {
      rvs_host_make_patch (layer, !outcome->covers);
      mask = rvs_host_mask (layer);
      done = mask && rvs_layer_write_masked (to, mask, outcome->layer.format, &outcome->result);
    }
  else
    done = rvs_layer_write (to, outcome->layer.format, &outcome->result);
  g_object_unref (to);
  g_clear_object (&mask);
  return done;
}

/* Only faces may change in the picture. Above a layer that covers what is below, its restored copy does that, whole or through a mask.
 * Any other layer would count twice: its copy, which has its mode, opacity and mask, takes its place, and a masked one lies inside of a
 * stand-in's group; the layer itself is hidden. Returns whether GIMP took it. */
static gboolean
insert (const RvsRun *run, int layer, int drawable, const Outcome *outcome, RvsOutput output)
{
  gboolean twice = !outcome->covers && output != RVS_OUTPUT_REPLACE;
  int      below = twice && output == RVS_OUTPUT_MASKED_LAYER ? rvs_host_stand_in (run->image, drawable) : drawable;
  if (below < 0 || !rvs_host_insert (run->image, layer, below, output == RVS_OUTPUT_REPLACE))
    return FALSE;
  if (twice)
    rvs_host_hide (drawable);
  return TRUE;
}

/* The new layer, or -1. */
static int
commit (RvsRun *run, RvsModels *models, int drawable, const Outcome *outcome)
{
  RvsOutput output = rvs_values_output (&run->values);
  char     *old_name = rvs_host_name (drawable), *recipe = rvs_recipe_text (models, &outcome->result);
  char     *name = output == RVS_OUTPUT_REPLACE ? g_strdup (old_name)
                                                : g_strdup_printf ("%s (%s)", old_name, rvs_values_system (&run->values)->label);
  int       layer = rvs_host_copy_layer (drawable, name);
  gboolean  done = layer >= 0 && write_pixels (layer, outcome, output);
  if (done && output != RVS_OUTPUT_REPLACE)
    rvs_host_show (layer); /* the copy of a hidden layer is hidden too: nobody would see the result */
  if (done)
    {
      rvs_host_attach (layer, RVS_RECIPE_PARASITE, recipe);
      done = insert (run, layer, drawable, outcome, output);
    }
  g_free (name);
  g_free (old_name);
  g_free (recipe);
  return done ? layer : -1;
}

/* Locked pixels are not replaced, nor by a layer that takes their place; g_free. */
static char *
refuse_to_replace (const RvsRun *run)
{
  for (int i = 0; i < run->n_drawables; i++)
    if (rvs_values_output (&run->values) == RVS_OUTPUT_REPLACE && rvs_host_is_locked (run->drawables[i]))
      return g_strdup (_ ("The layer's pixels are locked. Unlock them, or let the restored faces go on a new layer."));
  return NULL;
}

/* What stays out of sight is said. */
static void
tell_hidden (const RvsRun *run)
{
  for (int i = 0; i < run->n_drawables; i++)
    if (rvs_values_output (&run->values) == RVS_OUTPUT_REPLACE && !rvs_host_is_visible (run->first_layer))
      {
        rvs_host_message (_ ("The layer is hidden, and the restored faces with it."));
        return;
      }
}

static RvsRunStatus
commit_all (RvsRun *run, RvsModels *models, const Outcome *outcomes)
{
  gboolean indexed = rvs_host_is_indexed (run->drawables[0]), done = TRUE;
  rvs_host_begin (run->image);
  if (indexed)
    rvs_host_convert_to_rgb (run->image);
  for (int i = run->n_drawables - 1; i >= 0 && done; i--)
    if (!outcomes[i].left_out)
      {
        run->first_layer = commit (run, models, run->drawables[i], &outcomes[i]);
        done = run->first_layer >= 0;
      }
  rvs_host_end (run->image);
  if (!done)
    run->message = g_strdup (_ ("GIMP could not make the new layer. There may not be enough memory."));
  else if (indexed && !run->interactive)
    rvs_host_message (_ ("The image had indexed colours and was converted to RGB."));
  return done ? RVS_RUN_DONE : RVS_RUN_FAILED;
}

/* Of several layers those without a face stay as they are; that none has one is a failure. */
static RvsRunStatus
check_left_out (RvsRun *run, const Outcome *outcomes)
{
  RvsError none = { RVS_ERR_NO_FACE, "" };
  GString *names = g_string_new (NULL);
  int      n = 0;
  for (int i = 0; i < run->n_drawables; i++)
    if (outcomes[i].left_out)
      {
        char *name = rvs_host_name (run->drawables[i]);
        g_string_append_printf (names, "%s%s", n++ ? ", " : "", name);
        g_free (name);
      }
  char *text = g_strdup_printf (_ ("No face was found in: %s"), names->str);
  if (n == run->n_drawables)
    run->message = explain (RVS_ERR_NO_FACE, &none);
  else if (n)
    rvs_host_message (text);
  g_string_free (names, TRUE);
  g_free (text);
  return run->message ? RVS_RUN_FAILED : RVS_RUN_DONE;
}

RvsRunStatus
rvs_run (RvsRun *run)
{
  RvsModels    models;
  Outcome     *outcomes;
  RvsRunStatus status = RVS_RUN_DONE;
  run->message = NULL;
  run->first_layer = -1;
  for (int i = 0; i < run->n_drawables && !run->message; i++)
    run->message = rvs_host_refuse (run->image, run->drawables[i]);
  if (!run->message && !run->interactive)
    run->message = refuse_to_replace (run);
  if (!run->message && run->n_drawables < 1)
    run->message = g_strdup (_ ("There is no layer to restore. Choose a layer first."));
  if (run->message)
    return RVS_RUN_BAD_CALL;
  rvs_models_init (&models);
  outcomes = g_new0 (Outcome, run->n_drawables);
  for (int i = 0; i < run->n_drawables && status == RVS_RUN_DONE; i++)
    status = restore_layer (run, &models, run->drawables[i], run->interactive && i == 0, &outcomes[i]);
  if (status == RVS_RUN_DONE)
    status = check_left_out (run, outcomes);
  if (status == RVS_RUN_DONE && (run->message = refuse_to_replace (run)))
    status = RVS_RUN_FAILED; /* as chosen in the dialog */
  if (status == RVS_RUN_DONE)
    status = commit_all (run, &models, outcomes);
  if (status == RVS_RUN_DONE)
    tell_hidden (run);
  for (int i = 0; i < run->n_drawables; i++)
    outcome_clear (&outcomes[i]);
  g_free (outcomes);
  rvs_models_clear (&models);
  return status;
}
