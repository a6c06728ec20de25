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
#include "run_private.h"
#include <gegl.h>
#include <libintl.h>
#include <string.h>

/* On the group that stands in for a layer below which something shows through. */
#define STAND_IN_PARASITE "revisage-stand-in"

/* What one layer's restoration came to, until it is written. */
typedef struct Outcome
{
  int            source;   /* the layer whose pixels are restored */
  int            replaced; /* the one that was made from it earlier and gives way to the new one; -1: none */
  RvsLayerSource layer;
  RvsBatch       batch; /* owns the pixels, unless a dialog does */
  RvsUiResult    result;
  gboolean       left_out; /* no face in it, while other layers have some */
  gboolean       covers;   /* nothing below shows through: only then may the result lie above the layer */
} Outcome;

static void
outcome_clear (Outcome *outcome)
{
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
  rvs_values_set_factor (out_values, g_str_equal (procedure, RVS_PROCEDURE_ENLARGE) ? RVS_FIRST_FACTOR : 1);
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

void
rvs_run_start_gegl (void)
{
  /* The folders of the modules: some fifty, and the libraries they want would be in each of our processes. */
  g_setenv ("GEGL_PATH", "", TRUE);
  gegl_init (NULL, NULL);
}

/* ---- messages ----------------------------------------------------------------------------- */

char *
rvs__run_explain (RvsStatus status, const RvsError *err)
{
  if (status == RVS_ERR_NO_FACE)
    return g_strdup (_ ("No face to restore was found. The dialog lets you draw a box around a face; the smallest face and the "
                        "selection limit what is found."));
  const char *text = rvs_failure_text (status);
  return err->message[0] ? g_strdup_printf ("%s\n%s", text, err->message) : g_strdup (text);
}

static void
on_realize (GtkWidget *window, gpointer user)
{
  (void)user;
  rvs_host_make_transient (window);
}

void
rvs__run_stay_above (GtkWidget *window)
{
  g_signal_connect (window, "realize", G_CALLBACK (on_realize), NULL);
}

gboolean
rvs__run_gtk_init (RvsRun *run)
{
  gboolean ready = rvs_host_gtk_init ();
  if (!ready)
    run->message = g_strdup (_ ("The dialog cannot be shown: there is no display."));
  return ready;
}

/* ---- layers that were restored ------------------------------------------------------------ */

/* A layer with a record is a result. What it was made from is restored in its place, unless that is gone, or the values say otherwise. */
static void
resolve_layer (const RvsRun *run, int drawable, Outcome *outcome, RvsValues *out_made_with)
{
  char   *recipe = rvs_host_attached (drawable, RVS_RECIPE_PARASITE);
  guint32 tattoo = recipe ? rvs_recipe_source (recipe) : 0;
  int     source = tattoo ? rvs_host_layer_by_tattoo (run->image, tattoo) : -1;
  outcome->source = drawable;
  outcome->replaced = -1;
  if (source >= 0 && source != drawable && !rvs_values_again (&run->values))
    {
      outcome->source = source;
      outcome->replaced = drawable;
      rvs_recipe_values (recipe, out_made_with);
    }
  g_free (recipe);
}

enum
{
  ANSWER_CHANGE = 1,
  ANSWER_AGAIN = 2
};

/* "This layer was restored. Change its settings?" FALSE: neither that nor to restore it again. */
static gboolean
ask_about_result (Outcome *outcome)
{
  GtkWidget *question = gtk_message_dialog_new (NULL, 0, GTK_MESSAGE_QUESTION, GTK_BUTTONS_NONE, "%s",
                                                _ ("This layer was restored. Change its settings?"));
  char      *name = rvs_host_name (outcome->source);
  gtk_message_dialog_format_secondary_text (
      GTK_MESSAGE_DIALOG (question),
      _ ("It is made anew from the layer “%s”, and takes its own place. Or restore what it shows now."), name);
  g_free (name);
  gtk_dialog_add_buttons (GTK_DIALOG (question), _ ("_Cancel"), GTK_RESPONSE_CANCEL, _ ("Restore _Again"), ANSWER_AGAIN,
                          _ ("Change _Settings"), ANSWER_CHANGE, NULL);
  gtk_dialog_set_default_response (GTK_DIALOG (question), ANSWER_CHANGE);
  gtk_window_set_title (GTK_WINDOW (question), _ ("Restore Faces"));
  rvs__run_stay_above (question);
  int answer = gtk_dialog_run (GTK_DIALOG (question));
  gtk_widget_destroy (question);
  if (answer == ANSWER_AGAIN)
    {
      outcome->source = outcome->replaced;
      outcome->replaced = -1;
    }
  return answer == ANSWER_AGAIN || answer == ANSWER_CHANGE;
}

/* ---- one layer ---------------------------------------------------------------------------- */

#define TILE_ROWS 128 /* at most, in GEGL and in GIMP */
#define TILES_BYTES ((guint64)8 << 20)

/* GEGL keeps the tiles that were read, here a second copy of the layer, which nobody asks for again: those of a row of tiles are enough,
 * for the bands of the panel are lower than a tile, and twice that, for a selection is read beside it. */
static void
keep_few_tiles (GeglBuffer *buffer)
{
  int     pixel = babl_format_get_bytes_per_pixel (gegl_buffer_get_format (buffer));
  guint64 row = (guint64)gegl_buffer_get_width (buffer) * TILE_ROWS * (guint64)pixel;
  g_object_set (gegl_config (), "tile-cache-size", MAX (TILES_BYTES, 2 * row), NULL);
}

void
rvs__run_open_layer (int image, int drawable, GeglBuffer *selection, RvsLayerSource *layer)
{
  int    offset_x = 0, offset_y = 0;
  char **names = rvs_host_channels (image);
  rvs_host_offsets (drawable, &offset_x, &offset_y);
  rvs_layer_source_init (layer, rvs_host_buffer (drawable), rvs_host_is_grey (drawable), rvs_host_has_alpha (drawable), selection,
                         offset_x, offset_y);
  keep_few_tiles (layer->buffer);
  for (int i = 0; names[i]; i++)
    rvs_layer_source_add_channel (layer, names[i], rvs_host_channel (image, names[i]));
  g_strfreev (names);
}

char *
rvs__run_check_channel (const RvsRun *run)
{
  const char *name = run->values.channel;
  GeglBuffer *channel = *name && !run->interactive ? rvs_host_channel (run->image, name) : NULL;
  gboolean    missing = *name && !run->interactive && !channel;
  g_clear_object (&channel);
  return missing ? g_strdup_printf (_ ("There is no channel “%s” in this image."), name) : NULL;
}

static void
open_layer (const RvsRun *run, int drawable, Outcome *outcome)
{
  rvs__run_open_layer (run->image, drawable, rvs_host_selection (run->image), &outcome->layer);
  outcome->covers = rvs_host_covers (drawable) && rvs_layer_is_opaque (outcome->layer.buffer);
}

void
rvs__run_show_help (gpointer user, GtkWindow *parent)
{
  (void)user;
  rvs_help_show (parent);
}

char *
rvs__run_image_name (int image)
{
  char *name = rvs_host_image_name (image), *end = name && *name == '[' ? strchr (name, ']') : NULL;
  char *plain = end ? g_strndup (name + 1, (gsize)(end - name - 1)) : g_strdup (name);
  g_free (name);
  return plain;
}

char *
rvs__run_title (const RvsRun *run, int drawable)
{
  char *image = rvs__run_image_name (run->image), *layer = rvs_host_name (drawable);
  char *title
      = run->n_drawables == 1 && rvs_host_n_layers (run->image) > 1 ? g_strdup_printf ("%s · %s", image, layer) : g_strdup (image);
  g_free (image);
  g_free (layer);
  return title;
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

static gboolean
run_dialog (const RvsRun *run, RvsModels *models, const Outcome *outcomes, RvsDialog **out_dialog)
{
  char           *settings = rvs_run_settings_path (), *title = rvs__run_title (run, outcomes[0].source);
  char           *note = note_for (outcomes[0].source, &outcomes[0]);
  RvsDialogLayer *layers = g_new0 (RvsDialogLayer, run->n_drawables);
  RvsUiHost       host = { .open_session = rvs_models_open_session,
                           .open_finder = rvs_models_open_finder,
                           .have_finder = rvs_models_have_finder,
                           .show_help = rvs__run_show_help,
                           .picture_name = title,
                           .note = note,
                           .settings_path = settings,
                           .offers_output = TRUE,
                           .user = models };
  for (int i = 0; i < run->n_drawables; i++)
    layers[i] = (RvsDialogLayer){ rvs_host_name (outcomes[i].source), &outcomes[i].layer.source };
  *out_dialog = rvs_dialog_new (&host, layers, (size_t)run->n_drawables, &run->values);
  rvs__run_stay_above (rvs_dialog_window (*out_dialog));
  gboolean restored = rvs_dialog_run (*out_dialog);
  for (int i = 0; i < run->n_drawables; i++)
    g_free ((char *)layers[i].name);
  g_free (layers);
  g_free (title);
  g_free (note);
  g_free (settings);
  return restored;
}

static RvsRunStatus
restore_without_dialog (RvsRun *run, RvsModels *models, Outcome *outcome)
{
  RvsError err = { RVS_OK, "" };
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
  run->message = rvs__run_explain (status, &err);
  return RVS_RUN_FAILED;
}

/* What the dialog has not finished is done without it, by the same settings. */
static RvsRunStatus
ask (RvsRun *run, RvsModels *models, Outcome *outcomes, RvsDialog **out_dialog)
{
  RvsRunStatus status = run_dialog (run, models, outcomes, out_dialog) ? RVS_RUN_DONE : RVS_RUN_CANCELLED;
  for (int i = 0; i < run->n_drawables && status == RVS_RUN_DONE; i++)
    {
      RvsDialogOutcome outcome = rvs_dialog_result (*out_dialog, (size_t)i, &outcomes[i].result);
      run->values = outcomes[i].result.values;
      outcomes[i].left_out = outcome == RVS_DIALOG_NOTHING;
      if (outcome == RVS_DIALOG_UNSEEN)
        status = restore_without_dialog (run, models, &outcomes[i]);
    }
  return status;
}

/* NULL, or why the result cannot be made anew; g_free. */
static char *
refuse_to_give_way (const RvsRun *run, const Outcome *outcome)
{
  if (outcome->replaced < 0)
    return NULL;
  if (rvs_host_is_locked (outcome->replaced))
    return g_strdup (_ ("The layer's pixels are locked. Unlock them, or let the restored faces go on a new layer."));
  return rvs_host_refuse (run->image, outcome->source, TRUE);
}

/* The layer that is worked on, and its pixels; the user is asked about the first one if it is a result. */
static RvsRunStatus
prepare_layer (RvsRun *run, int drawable, gboolean asks, Outcome *outcome)
{
  RvsValues made_with = run->values;
  resolve_layer (run, drawable, outcome, &made_with);
  if (asks && outcome->replaced >= 0)
    {
      if (!ask_about_result (outcome))
        return RVS_RUN_CANCELLED;
      if (outcome->replaced >= 0)
        run->values = made_with;
    }
  run->message = refuse_to_give_way (run, outcome);
  if (run->message)
    return RVS_RUN_FAILED;
  open_layer (run, outcome->source, outcome);
  return RVS_RUN_DONE;
}

static RvsRunStatus
restore_layers (RvsRun *run, RvsModels *models, Outcome *outcomes, RvsDialog **out_dialog)
{
  RvsRunStatus status = RVS_RUN_DONE;
  if (run->interactive && !rvs__run_gtk_init (run))
    return RVS_RUN_FAILED;
  for (int i = 0; i < run->n_drawables && status == RVS_RUN_DONE; i++)
    status = prepare_layer (run, run->drawables[i], run->interactive && i == 0, &outcomes[i]);
  if (status == RVS_RUN_DONE && run->interactive)
    return ask (run, models, outcomes, out_dialog);
  for (int i = 0; i < run->n_drawables && status == RVS_RUN_DONE; i++)
    status = restore_without_dialog (run, models, &outcomes[i]);
  return status;
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
  gboolean stands_in = twice && output == RVS_OUTPUT_MASKED_LAYER;
  int      below = stands_in ? rvs_host_stand_in (run->image, drawable) : drawable;
  if (stands_in && below >= 0)
    rvs_host_attach (rvs_host_parent (below), STAND_IN_PARASITE, "1");
  if (below < 0 || !rvs_host_insert (run->image, layer, below, output == RVS_OUTPUT_REPLACE))
    return FALSE;
  if (twice)
    rvs_host_hide (drawable);
  return TRUE;
}

/* Above a layer that covers, in the very place of the earlier result; else anew, and that one goes, with the group that was made for it. */
static gboolean
replace_result (const RvsRun *run, int layer, const Outcome *outcome, RvsOutput output)
{
  int old = outcome->replaced, parent = rvs_host_parent (old);
  if (outcome->covers)
    return rvs_host_insert (run->image, layer, old, TRUE);
  if (!insert (run, layer, outcome->source, outcome, output))
    return FALSE;
  char *mark = parent >= 0 ? rvs_host_attached (parent, STAND_IN_PARASITE) : NULL, *name = rvs_host_name (old);
  rvs_host_remove (run->image, mark ? parent : old);
  rvs_host_rename (layer, name);
  g_free (mark);
  g_free (name);
  return TRUE;
}

/* Short, so that docks show all of it; the record says with which model. */
static const char *
name_of_result (const RvsRun *run)
{
  return rvs_values_fill (&run->values) ? _ ("Mended damage") : _ ("Restored faces");
}

/* The new layer, or -1. */
static int
commit (RvsRun *run, RvsModels *models, const Outcome *outcome)
{
  RvsOutput output = rvs_values_output (&run->values);
  gboolean  changes = outcome->replaced >= 0; /* an earlier result, which gives way */
  int       drawable = outcome->source;
  if (changes && output == RVS_OUTPUT_REPLACE)
    output = RVS_OUTPUT_LAYER; /* what is replaced is the earlier result */
  guint32  source = output == RVS_OUTPUT_REPLACE ? 0 : rvs_host_tattoo (drawable);
  char    *old_name = rvs_host_name (drawable), *recipe = rvs_recipe_text (models, &outcome->result, source);
  char    *name = g_strdup (output == RVS_OUTPUT_REPLACE ? old_name : name_of_result (run));
  int      layer = rvs_host_copy_layer (drawable, name);
  gboolean done = layer >= 0 && write_pixels (layer, outcome, output);
  if (done && output != RVS_OUTPUT_REPLACE)
    rvs_host_show (layer); /* the copy of a hidden layer is hidden too: nobody would see the result */
  if (done)
    {
      rvs_host_attach (layer, RVS_RECIPE_PARASITE, recipe);
      done = changes ? replace_result (run, layer, outcome, output) : insert (run, layer, drawable, outcome, output);
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
        run->first_layer = commit (run, models, &outcomes[i]);
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
    run->message = rvs__run_explain (RVS_ERR_NO_FACE, &none);
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
  RvsDialog   *dialog = NULL; /* owns the pixels of what was restored in it */
  RvsRunStatus status = RVS_RUN_DONE;
  run->message = NULL;
  run->first_layer = -1;
  for (int i = 0; i < run->n_drawables && !run->message; i++)
    run->message = rvs_host_refuse (run->image, run->drawables[i], TRUE);
  if (!run->message && !run->interactive)
    run->message = refuse_to_replace (run);
  if (!run->message)
    run->message = rvs__run_check_channel (run);
  if (!run->message && run->n_drawables < 1)
    run->message = g_strdup (_ ("There is no layer to restore. Choose a layer first."));
  if (run->message)
    return RVS_RUN_BAD_CALL;
  rvs_models_init (&models);
  outcomes = g_new0 (Outcome, run->n_drawables);
  status = restore_layers (run, &models, outcomes, &dialog);
  if (status == RVS_RUN_DONE)
    status = check_left_out (run, outcomes);
  if (status == RVS_RUN_DONE && (run->message = refuse_to_replace (run)))
    status = RVS_RUN_FAILED; /* as chosen in the dialog */
  if (status == RVS_RUN_DONE)
    status = commit_all (run, &models, outcomes);
  if (status == RVS_RUN_DONE)
    tell_hidden (run);
  rvs_dialog_free (dialog);
  for (int i = 0; i < run->n_drawables; i++)
    outcome_clear (&outcomes[i]);
  g_free (outcomes);
  rvs_models_clear (&models);
  return status;
}
