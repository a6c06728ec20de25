/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * main_gimp3.c: the procedure in GIMP 3, its arguments made from the list of fields.
 */
#include "heap.h"
#include "host.h"
#include "run.h"
#include <libgimp/gimp.h>
#include <math.h>
#include <string.h>

/* after libgimp, which pulls in glib's own marks */
#include "i18n.h"

#define RVS_TYPE_GIMP_PLUG_IN (rvs_gimp_plug_in_get_type ())
G_DECLARE_FINAL_TYPE (RvsGimpPlugIn, rvs_gimp_plug_in, RVS, GIMP_PLUG_IN, GimpPlugIn)

struct _RvsGimpPlugIn
{
  GimpPlugIn parent_instance;
};

G_DEFINE_TYPE (RvsGimpPlugIn, rvs_gimp_plug_in, GIMP_TYPE_PLUG_IN)
GIMP_MAIN (RVS_TYPE_GIMP_PLUG_IN)

static GList *
query_procedures (GimpPlugIn *plug_in)
{
  static const char *const names[] = { RVS_PROCEDURE, RVS_PROCEDURE_MEND, RVS_PROCEDURE_ENLARGE };
  GList                   *list = NULL;
  (void)plug_in;
  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    if (rvs_run_offers (names[i]))
      list = g_list_append (list, g_strdup (names[i]));
  return list;
}

/* ---- arguments ---------------------------------------------------------------------------- */

/* Scripts that name an unknown entry of a GimpChoice get its default in GIMP 3.0: the config they fill refuses the value with a warning
 * on the terminal and keeps what it had, in Script-Fu and in Python alike, so that the plug-in cannot know. That is harmless where the
 * default is (a new layer with a mask); another network than the one asked for is not, so the model is a string that the plug-in checks itself. */
static gboolean
is_checked_here (const RvsParamSpec *spec)
{
  return spec->selects_system;
}

static void
add_checked_choice (GimpProcedure *procedure, const RvsParamSpec *spec, const char *help)
{
  GString *text = g_string_new (help);
  for (int i = 0; spec->choices[i].id; i++)
    g_string_append_printf (text, "%s\"%s\" (%s)", i ? ", " : ": ", spec->choices[i].id, _ (spec->choices[i].label));
  gimp_procedure_add_string_argument (procedure, spec->key, _ (spec->label), text->str, spec->choices[(int)spec->initial].id,
                                      G_PARAM_READWRITE);
  g_string_free (text, TRUE);
}

static void
add_choice (GimpProcedure *procedure, const RvsParamSpec *spec, const char *help)
{
  GimpChoice *choice = gimp_choice_new ();
  for (int i = 0; spec->choices[i].id; i++)
    gimp_choice_add (choice, spec->choices[i].id, i, _ (spec->choices[i].label), NULL);
  gimp_procedure_add_choice_argument (procedure, spec->key, _ (spec->label), help, choice, spec->choices[(int)spec->initial].id,
                                      G_PARAM_READWRITE);
}

/* Both GIMPs have one procedure for all systems: a script may set what the chosen one has not. */
static void
add_ignored_by (GString *text, const RvsParamSpec *spec)
{
  char *ignored_by = rvs_field_ignored_by (spec);
  if (ignored_by)
    g_string_append_printf (text, _ (" Ignored by: %s."), ignored_by);
  g_free (ignored_by);
}

static char *
argument_help (const RvsParamSpec *spec)
{
  GString *text = g_string_new (_ (spec->help));
  if (spec->auto_word)
    g_string_append_printf (text, " (%g = %s)", spec->auto_value, spec->auto_word);
  add_ignored_by (text, spec);
  return g_string_free (text, FALSE);
}

/* With "auto", the range is widened to hold the number that means it. */
static void
add_argument (GimpProcedure *procedure, const RvsParamSpec *spec)
{
  double min = spec->auto_word ? MIN (spec->min, spec->auto_value) : spec->min;
  double max = spec->auto_word ? MAX (spec->max, spec->auto_value) : spec->max;
  char  *help = argument_help (spec);
  switch (spec->kind)
    {
    case RVS_PARAM_CHOICE:
      (is_checked_here (spec) ? add_checked_choice : add_choice) (procedure, spec, help);
      break;
    case RVS_PARAM_BOOL:
      gimp_procedure_add_boolean_argument (procedure, spec->key, _ (spec->label), help, spec->initial != 0, G_PARAM_READWRITE);
      break;
    case RVS_PARAM_INT:
      if (max > G_MAXINT)
        gimp_procedure_add_uint_argument (procedure, spec->key, _ (spec->label), help, (guint)min, (guint)max, (guint)spec->initial,
                                          G_PARAM_READWRITE);
      else
        gimp_procedure_add_int_argument (procedure, spec->key, _ (spec->label), help, (int)min, (int)max, (int)spec->initial,
                                         G_PARAM_READWRITE);
      break;
    case RVS_PARAM_DOUBLE:
      gimp_procedure_add_double_argument (procedure, spec->key, _ (spec->label), help, min, max, spec->initial, G_PARAM_READWRITE);
      break;
    }
  g_free (help);
}

static void
add_channel (GimpProcedure *procedure)
{
  GString *help = g_string_new (_ (rvs_channel_help));
  add_ignored_by (help, rvs_field_of_knob (RVS_KNOB_FIDELITY));
  gimp_procedure_add_string_argument (procedure, RVS_CHANNEL_KEY, _ (rvs_channel_label), help->str, "", G_PARAM_READWRITE);
  g_string_free (help, TRUE);
}

/* A number or a flag of the config. */
static double
read_number (GimpProcedureConfig *config, const RvsParamSpec *spec)
{
  GValue value = G_VALUE_INIT, number = G_VALUE_INIT;
  double result;
  g_object_get_property (G_OBJECT (config), spec->key, &value);
  g_value_init (&number, G_TYPE_DOUBLE);
  if (G_VALUE_HOLDS_BOOLEAN (&value))
    g_value_set_double (&number, g_value_get_boolean (&value) ? 1 : 0);
  else
    g_value_transform (&value, &number);
  result = g_value_get_double (&number);
  g_value_unset (&value);
  g_value_unset (&number);
  /* between "auto" and the range, a script means auto */
  return spec->auto_word && result < spec->min ? spec->auto_value : result;
}

static char *
read_channel (GimpProcedureConfig *config, RvsValues *values)
{
  char *name = NULL;
  g_object_get (config, RVS_CHANNEL_KEY, &name, NULL);
  char *wrong = rvs_values_set_channel (values, name) ? NULL : g_strdup (RVS_CHANNEL_KEY ": too long");
  g_free (name);
  return wrong;
}

/* NULL, or what is wrong; g_free. */
static char *
read_config (GimpProcedureConfig *config, RvsValues *values)
{
  size_t   n = rvs_layer_fields_count ();
  RvsError err = { RVS_OK, "" };
  for (size_t i = 0; i < n && err.status == RVS_OK; i++)
    {
      const RvsParamSpec *spec = rvs_field (i);
      char               *id = NULL;
      if (spec->kind != RVS_PARAM_CHOICE)
        {
          values->v[i] = read_number (config, spec);
          continue;
        }
      g_object_get (config, spec->key, &id, NULL);
      err.status = rvs_param_parse (spec, id ? id : "", &values->v[i], &err);
      g_free (id);
    }
  rvs_values_clamp (values);
  return err.status == RVS_OK ? read_channel (config, values) : g_strdup (err.message);
}

static void
write_config (GimpProcedureConfig *config, const RvsValues *values)
{
  size_t n = rvs_layer_fields_count ();
  for (size_t i = 0; i < n; i++)
    {
      const RvsParamSpec *spec = rvs_field (i);
      GValue              number = G_VALUE_INIT;
      if (spec->kind == RVS_PARAM_CHOICE)
        g_object_set (config, spec->key, rvs_values_choice (values, spec->key), NULL);
      else if (spec->kind == RVS_PARAM_BOOL)
        g_object_set (config, spec->key, values->v[i] != 0, NULL);
      else
        {
          g_value_init (&number, G_TYPE_DOUBLE);
          g_value_set_double (&number, values->v[i]);
          g_object_set_property (G_OBJECT (config), spec->key, &number);
          g_value_unset (&number);
        }
    }
  g_object_set (config, RVS_CHANNEL_KEY, values->channel, NULL);
}

static gboolean
equal_to_defaults (const RvsValues *values)
{
  RvsValues defaults;
  size_t    n = rvs_layer_fields_count ();
  rvs_values_init (&defaults);
  for (size_t i = 0; i < n; i++)
    if (values->v[i] != defaults.v[i])
      return FALSE;
  return !values->channel[0];
}

/* ---- run ---------------------------------------------------------------------------------- */

static gboolean
has_settings (GimpProcedure *procedure)
{
  return g_str_equal (gimp_procedure_get_name (procedure), RVS_PROCEDURE);
}

static gboolean
enlarges (GimpProcedure *procedure)
{
  return g_str_equal (gimp_procedure_get_name (procedure), RVS_PROCEDURE_ENLARGE);
}

static GimpValueArray *
finish (GimpProcedure *procedure, RvsRun *job, RvsRunStatus status)
{
  static const GimpPDBStatusType statuses[] = { [RVS_RUN_DONE] = GIMP_PDB_SUCCESS,
                                                [RVS_RUN_CANCELLED] = GIMP_PDB_CANCEL,
                                                [RVS_RUN_BAD_CALL] = GIMP_PDB_CALLING_ERROR,
                                                [RVS_RUN_FAILED] = GIMP_PDB_EXECUTION_ERROR };
  GError                        *error = job->message ? g_error_new_literal (GIMP_PLUG_IN_ERROR, 0, job->message) : NULL;
  GimpValueArray                *values = gimp_procedure_new_return_values (procedure, statuses[status], error);
  if (status == RVS_RUN_DONE && enlarges (procedure))
    GIMP_VALUES_SET_IMAGE (values, 1, gimp_image_get_by_id (job->new_image));
  else if (status == RVS_RUN_DONE)
    GIMP_VALUES_SET_LAYER (values, 1, gimp_layer_get_by_id (job->first_layer));
  g_clear_pointer (&job->message, g_free);
  return values;
}

/* Factor and model, which a script gives and Repeat has again. */
static char *
read_enlarging (GimpProcedureConfig *config, RvsValues *values)
{
  int   factor = 0;
  char *model = NULL;
  g_object_get (config, "factor", &factor, "model", &model, NULL);
  char *wrong = rvs_run_enlarge_values (factor, model, values);
  g_free (model);
  return wrong;
}

static void
write_enlarging (GimpProcedureConfig *config, const RvsValues *values)
{
  g_object_set (config, "factor", (int)rvs_values_factor (values), "model", rvs_values_system (values)->id, NULL);
}

/* NULL, or what is wrong; g_free. */
static char *
read_values (GimpProcedure *procedure, GimpProcedureConfig *config, gboolean interactive, RvsValues *values)
{
  char *wrong = NULL;
  rvs_run_first_values (gimp_procedure_get_name (procedure), FALSE, values);
  if (has_settings (procedure))
    wrong = read_config (config, values);
  if (wrong && !interactive)
    return wrong;
  g_free (wrong); /* remembered by another version: the default serves */
  if (interactive && (!has_settings (procedure) || equal_to_defaults (values)))
    rvs_run_first_values (gimp_procedure_get_name (procedure), TRUE, values);
  wrong = enlarges (procedure) ? read_enlarging (config, values) : NULL;
  if (interactive)
    g_clear_pointer (&wrong, g_free);
  return wrong;
}

static void
write_values (GimpProcedure *procedure, GimpProcedureConfig *config, const RvsValues *values)
{
  if (has_settings (procedure))
    write_config (config, values);
  else if (enlarges (procedure))
    write_enlarging (config, values);
}

static GimpValueArray *
run (GimpProcedure *procedure, GimpRunMode mode, GimpImage *image, GimpDrawable **drawables, GimpProcedureConfig *config,
     gpointer data)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (int));
  RvsRun  job = { .image = gimp_image_get_id (image), .interactive = mode == GIMP_RUN_INTERACTIVE };
  (void)data;
  rvs_heap_return_large_blocks ();
  rvs_run_start_gegl ();
  for (int i = 0; drawables && drawables[i]; i++)
    {
      int id = gimp_item_get_id (GIMP_ITEM (drawables[i]));
      g_array_append_val (ids, id);
    }
  job.drawables = (const int *)(void *)ids->data;
  job.n_drawables = (int)ids->len;
  job.message = read_values (procedure, config, mode != GIMP_RUN_NONINTERACTIVE, &job.values);
  RvsRunStatus status = job.message ? RVS_RUN_BAD_CALL : enlarges (procedure) ? rvs_run_enlarge (&job) : rvs_run (&job);
  if (status == RVS_RUN_DONE && job.interactive)
    write_values (procedure, config, &job.values);
  GimpValueArray *values = finish (procedure, &job, status);
  g_array_unref (ids);
  return values;
}

static void
describe_restoring (GimpProcedure *procedure)
{
  size_t n = rvs_layer_fields_count ();
  gimp_procedure_set_menu_label (procedure, _ ("Restore _Faces..."));
  gimp_procedure_set_documentation (
      procedure, _ ("Restore the faces of a photo"),
      "Finds the faces of a layer and restores them with a neural network on this computer. The result "
      "is a new layer above, with everything outside the faces unchanged. A model that fills holes fills the selection.",
      gimp_procedure_get_name (procedure));
  for (size_t i = 0; i < n; i++)
    add_argument (procedure, rvs_field (i));
  add_channel (procedure);
}

static void
describe_mending (GimpProcedure *procedure)
{
  gimp_procedure_set_menu_label (procedure, _ ("_Mend Face Damage..."));
  gimp_procedure_set_documentation (
      procedure, _ ("Fill scratches, tears and stains that are selected, on faces and around them"),
      "Fills the selection of a layer with a neural network on this computer. The result is a new layer above, with everything "
      "outside the selection unchanged. The dialog has the settings; without it they are the defaults. plug-in-revisage does the "
      "same with settings as arguments.",
      gimp_procedure_get_name (procedure));
}

static const RvsParamSpec *
field_of_model (void)
{
  size_t i = 0;
  while (!rvs_field (i)->selects_system)
    i++;
  return rvs_field (i);
}

static const char ENLARGING_HELP[]
    = "Makes a new image of a layer, 2, 3, 4 or 8 times as wide and high, with its faces restored at that size by a neural network "
      "on this computer. The old image stays as it is. A photo without a face is enlarged too. The dialog has the other settings; "
      "without it they are the defaults.";

/* The factor's range is checked here too: out of one of GIMP's own, a script would get the default. */
static void
describe_enlarging (GimpProcedure *procedure)
{
  gimp_procedure_set_menu_label (procedure, _ ("En_large with Faces..."));
  gimp_procedure_set_documentation (procedure, _ ("Make the photo larger, with its faces restored at that size"), ENLARGING_HELP,
                                    gimp_procedure_get_name (procedure));
  gimp_procedure_add_int_argument (procedure, "factor", _ ("Enlarge"), _ ("How many times as wide and high: 2, 3, 4 or 8"), 0,
                                   G_MAXINT, RVS_FIRST_FACTOR, G_PARAM_READWRITE);
  add_argument (procedure, field_of_model ());
  gimp_procedure_add_image_return_value (procedure, "new-image", _ ("Image"), _ ("The image with the result"), TRUE,
                                         G_PARAM_READWRITE);
}

static GimpProcedure *
create_procedure (GimpPlugIn *plug_in, const char *name)
{
  rvs_run_bind_catalogs (gimp_get_progname ());
  GimpProcedure *procedure = gimp_image_procedure_new (plug_in, name, GIMP_PDB_PROC_TYPE_PLUGIN, run, NULL, NULL);
  gimp_procedure_set_image_types (procedure, "*");
  gimp_procedure_set_sensitivity_mask (procedure, enlarges (procedure)
                                                      ? GIMP_PROCEDURE_SENSITIVE_DRAWABLE
                                                      : GIMP_PROCEDURE_SENSITIVE_DRAWABLE | GIMP_PROCEDURE_SENSITIVE_DRAWABLES);
  gimp_procedure_set_attribution (procedure, "The Revisage developers", "The Revisage developers, GPL-3.0-or-later", "2026");
  (has_settings (procedure) ? describe_restoring : enlarges (procedure) ? describe_enlarging : describe_mending) (procedure);
  gimp_procedure_add_menu_path (procedure, "<Image>/Filters/Enhance"); /* refused as long as there is no label */
  if (!enlarges (procedure))
    gimp_procedure_add_layer_return_value (procedure, "layer", _ ("Layer"), _ ("The layer with the result"), TRUE,
                                           G_PARAM_READWRITE);
  return procedure;
}

/* Our texts reach GIMP translated; there is no catalog for GIMP itself to load. */
static gboolean
set_i18n (GimpPlugIn *plug_in, const char *procedure_name, char **gettext_domain, char **catalog_dir)
{
  (void)plug_in, (void)procedure_name, (void)gettext_domain, (void)catalog_dir;
  return FALSE;
}

static void
rvs_gimp_plug_in_class_init (RvsGimpPlugInClass *klass)
{
  GimpPlugInClass *plug_in = GIMP_PLUG_IN_CLASS (klass);
  plug_in->query_procedures = query_procedures;
  plug_in->create_procedure = create_procedure;
  plug_in->set_i18n = set_i18n;
}

static void
rvs_gimp_plug_in_init (RvsGimpPlugIn *plug_in)
{
  (void)plug_in;
}
