/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * main_gimp2.c: the procedure in GIMP 2.10's database, its arguments made from the list of fields.
 */
#include "heap.h"
#include "host.h"
#include "i18n.h"
#include "run.h"
#include <libgimp/gimp.h>
#include <math.h>
#include <string.h>

/* Run mode, image, drawable; then the fields, by position: a new one goes last, or every script would break. The channel stands between those
 * that came before it and those that came after it. */
#define N_FIXED 3

/* What Repeat uses: the values by name, so that another version's record is not misread. */
typedef struct Remembered
{
  char   version[16];
  double v[RVS_FIELDS_MAX];
  char   channel[RVS_CHANNEL_MAX];
} Remembered;

static void query (void);
static void run (const gchar *name, gint n_params, const GimpParam *params, gint *n_return, GimpParam **return_values);

const GimpPlugInInfo PLUG_IN_INFO = { NULL, NULL, query, run };

MAIN ()

static GimpPDBArgType
argument_type (const RvsParamSpec *spec)
{
  switch (spec->kind)
    {
    case RVS_PARAM_CHOICE:
      return GIMP_PDB_STRING;
    case RVS_PARAM_BOOL:
      return GIMP_PDB_INT32;
    case RVS_PARAM_INT:
      return spec->max > G_MAXINT32 ? GIMP_PDB_FLOAT : GIMP_PDB_INT32;
    case RVS_PARAM_DOUBLE:
      break;
    }
  return GIMP_PDB_FLOAT;
}

static void
add_ignored_by (GString *text, const RvsParamSpec *spec)
{
  char *ignored_by = rvs_field_ignored_by (spec);
  if (ignored_by)
    g_string_append_printf (text, "; ignored by %s", ignored_by);
  g_free (ignored_by);
}

/* "Fidelity: 0 invents ... (0 to 1, -1 = auto; default auto)"; the strings live as long as the process. */
static char *
argument_help (const RvsParamSpec *spec)
{
  GString *text = g_string_new (spec->help);
  char     initial[64];
  rvs_param_format (spec, spec->initial, initial, sizeof initial);
  if (spec->kind == RVS_PARAM_CHOICE)
    {
      g_string_append (text, " One of:");
      for (const RvsParamChoice *c = spec->choices; c->id; c++)
        g_string_append_printf (text, " \"%s\"", c->id);
    }
  else if (spec->kind != RVS_PARAM_BOOL)
    g_string_append_printf (text, " %g to %g", spec->min, spec->max);
  if (spec->auto_word)
    g_string_append_printf (text, ", %g = %s", spec->auto_value, spec->auto_word);
  g_string_append_printf (text, "; default %s", initial);
  add_ignored_by (text, spec);
  return g_string_free (text, FALSE);
}

/* Where the n-th field stands among all arguments. */
static size_t
position_of_field (size_t n)
{
  return N_FIXED + n + (n >= rvs_fields_before_channel ());
}

static size_t
position_of_channel (void)
{
  return N_FIXED + rvs_fields_before_channel ();
}

static char *
channel_help (void)
{
  GString *text = g_string_new (rvs_channel_help);
  g_string_append (text, " Its name; \"\": none");
  add_ignored_by (text, rvs_field_of_knob (RVS_KNOB_FIDELITY));
  return g_string_free (text, FALSE);
}

static void
register_catalogs (void)
{
  char *path = gimp_plug_in_directory () ? g_strdup (RVS_LOCALE_DIR) : NULL;
  char *folder = g_path_get_dirname (gimp_get_progname ()), *beside = g_build_filename (folder, "locale", NULL);
  gimp_plugin_domain_register (RVS_GETTEXT_DOMAIN, g_file_test (beside, G_FILE_TEST_IS_DIR) ? beside : path);
  g_free (beside);
  g_free (folder);
  g_free (path);
}

typedef struct Procedure
{
  const char         *name, *blurb, *help, *menu;
  const GimpParamDef *args, *result;
  size_t              n_args;
} Procedure;

static void
install (const Procedure *p)
{
  if (!rvs_run_offers (p->name))
    return;
  gimp_install_procedure (p->name, p->blurb, p->help, "The Revisage developers", "The Revisage developers, GPL-3.0-or-later",
                          "2026", p->menu, "RGB*, GRAY*, INDEXED*", GIMP_PLUGIN, (gint)p->n_args, 1, p->args, p->result);
  gimp_plugin_menu_register (p->name, "<Image>/Filters/Enhance");
}

static const char RESTORING_HELP[]
    = "Finds the faces of a layer and restores them with a neural network on this computer. The result is a new layer above, with "
      "everything outside the faces unchanged. Faces, strength and fidelity to the photo are arguments; the dialog shows their "
      "effect at once. A model that fills holes fills the selection.";
static const char MENDING_HELP[]
    = "Fills the selection of a layer with a neural network on this computer. The result is a new layer above, with everything "
      "outside the selection unchanged. The dialog has the settings; without it they are the defaults. plug-in-revisage does the "
      "same with settings as arguments.";
static const char ENLARGING_HELP[]
    = "Makes a new image of a layer, 2, 3, 4 or 8 times as wide and high, with its faces restored at that size by a neural network "
      "on this computer. The old image stays as it is. A photo without a face is enlarged too. The dialog has the other settings; "
      "without it they are the defaults.";

static void
query (void)
{
  static GimpParamDef args[N_FIXED + RVS_FIELDS_MAX + 1]
      = { { GIMP_PDB_INT32, "run-mode", "RUN-INTERACTIVE (0) or RUN-NONINTERACTIVE (1)" },
          { GIMP_PDB_IMAGE, "image", "The image" },
          { GIMP_PDB_DRAWABLE, "drawable", "The layer with the faces" } };
  static const GimpParamDef layer = { GIMP_PDB_LAYER, "layer", "The layer with the result" };
  static const GimpParamDef image = { GIMP_PDB_IMAGE, "new-image", "The image with the result" };
  GimpParamDef              enlarging[] = { args[0],
                                            args[1],
                                            args[2],
                                            { GIMP_PDB_INT32, "factor", "How many times as wide and high: 2, 3, 4 or 8" },
                                            { GIMP_PDB_STRING, "model", "The network that restores the faces, as of plug-in-revisage" } };
  size_t                    n = rvs_layer_fields_count ();
  for (size_t i = 0; i < n; i++)
    {
      const RvsParamSpec *spec = rvs_field (rvs_field_in_order (i));
      args[position_of_field (i)] = (GimpParamDef){ argument_type (spec), g_strdup (spec->key), argument_help (spec) };
    }
  args[position_of_channel ()] = (GimpParamDef){ GIMP_PDB_STRING, RVS_CHANNEL_KEY, channel_help () };
  register_catalogs ();
  install (&(Procedure){ RVS_PROCEDURE, N_ ("Restore the faces of a photo"), RESTORING_HELP, N_ ("Restore _Faces..."), args, &layer,
                         N_FIXED + n + 1 });
  install (&(Procedure){ RVS_PROCEDURE_MEND, N_ ("Fill scratches, tears and stains that are selected, on faces and around them"),
                         MENDING_HELP, N_ ("_Mend Face Damage..."), args, &layer, N_FIXED });
  install (&(Procedure){ RVS_PROCEDURE_ENLARGE, N_ ("Make the photo larger, with its faces restored at that size"), ENLARGING_HELP,
                         N_ ("En_large with Faces..."), enlarging, &image, G_N_ELEMENTS (enlarging) });
}

/* ---- arguments ---------------------------------------------------------------------------- */

/* NULL, or what is wrong; g_free. */
static char *
read_argument (const RvsParamSpec *spec, const GimpParam *param, double *out_value)
{
  RvsError err = { RVS_OK, "" };
  double   value;
  char     text[64];
  if (spec->kind == RVS_PARAM_CHOICE)
    {
      const char *id = param->data.d_string ? param->data.d_string : "";
      return rvs_param_parse (spec, id, out_value, &err) == RVS_OK ? NULL : g_strdup (err.message);
    }
  value = param->type == GIMP_PDB_FLOAT ? param->data.d_float : param->data.d_int32;
  if (spec->kind == RVS_PARAM_BOOL)
    value = value != 0;
  if ((spec->auto_word && value == spec->auto_value) || (value >= spec->min && value <= spec->max))
    {
      *out_value = value;
      return NULL;
    }
  rvs_param_format (spec, value, text, sizeof text);
  (void)!rvs_param_parse (spec, text, out_value, &err); /* fails: gives the sentence with the range */
  return g_strdup (err.message[0] ? err.message : spec->key);
}

static char *
read_arguments (gint n_params, const GimpParam *params, RvsValues *values)
{
  size_t n = rvs_layer_fields_count ();
  if ((size_t)n_params != N_FIXED + n + 1)
    return g_strdup_printf ("%d arguments expected", (int)(N_FIXED + n + 1));
  for (size_t i = 0; i < n; i++)
    {
      size_t field = rvs_field_in_order (i);
      char  *wrong = read_argument (rvs_field (field), &params[position_of_field (i)], &values->v[field]);
      if (wrong)
        return wrong;
    }
  return rvs_values_set_channel (values, params[position_of_channel ()].data.d_string) ? NULL
                                                                                       : g_strdup (RVS_CHANNEL_KEY ": too long");
}

static gboolean
recall (const char *name, RvsValues *values)
{
  Remembered data;
  if (gimp_get_data_size (name) != sizeof data || !gimp_get_data (name, &data)
      || strncmp (data.version, RVS_VERSION, sizeof data.version) != 0)
    return FALSE;
  memcpy (values->v, data.v, sizeof data.v);
  memcpy (values->channel, data.channel, sizeof data.channel);
  rvs_values_clamp (values);
  return TRUE;
}

static void
remember (const char *name, const RvsValues *values)
{
  Remembered data = { .version = "" };
  g_strlcpy (data.version, RVS_VERSION, sizeof data.version);
  memcpy (data.v, values->v, sizeof data.v);
  memcpy (data.channel, values->channel, sizeof data.channel);
  gimp_set_data (name, &data, sizeof data);
}

/* ---- run ---------------------------------------------------------------------------------- */

static gboolean
enlarges (const char *name)
{
  return g_str_equal (name, RVS_PROCEDURE_ENLARGE);
}

/* Of a call without a dialog. NULL, or what is wrong; g_free. */
static char *
read_call (const char *name, gint n_params, const GimpParam *params, RvsValues *values)
{
  if (g_str_equal (name, RVS_PROCEDURE))
    return read_arguments (n_params, params, values);
  if (!enlarges (name))
    return NULL;
  return n_params == N_FIXED + 2 ? rvs_run_enlarge_values (params[N_FIXED].data.d_int32, params[N_FIXED + 1].data.d_string, values)
                                 : g_strdup_printf ("%d arguments expected", N_FIXED + 2);
}

static GimpPDBStatusType
run_checked (const char *name, GimpRunMode mode, gint n_params, const GimpParam *params, int *out_result, char **out_message)
{
  static const GimpPDBStatusType statuses[] = { [RVS_RUN_DONE] = GIMP_PDB_SUCCESS,
                                                [RVS_RUN_CANCELLED] = GIMP_PDB_CANCEL,
                                                [RVS_RUN_BAD_CALL] = GIMP_PDB_CALLING_ERROR,
                                                [RVS_RUN_FAILED] = GIMP_PDB_EXECUTION_ERROR };
  int                            drawable = params[2].data.d_drawable;
  RvsRun                         job
      = { .image = params[1].data.d_image, .drawables = &drawable, .n_drawables = 1, .interactive = mode == GIMP_RUN_INTERACTIVE };
  rvs_run_first_values (name, mode == GIMP_RUN_INTERACTIVE, &job.values);
  if (mode == GIMP_RUN_NONINTERACTIVE)
    *out_message = read_call (name, n_params, params, &job.values);
  else
    recall (name, &job.values);
  if (*out_message)
    return GIMP_PDB_CALLING_ERROR;
  RvsRunStatus status = enlarges (name) ? rvs_run_enlarge (&job) : rvs_run (&job);
  if (status == RVS_RUN_DONE && mode == GIMP_RUN_INTERACTIVE)
    remember (name, &job.values);
  *out_result = enlarges (name) ? job.new_image : job.first_layer;
  *out_message = job.message;
  return statuses[status];
}

static void
run (const gchar *name, gint n_params, const GimpParam *params, gint *n_return, GimpParam **return_values)
{
  static GimpParam values[2];
  char            *message = NULL;
  int              result = -1;
  rvs_run_bind_catalogs (gimp_get_progname ());
  rvs_heap_return_large_blocks ();
  rvs_run_start_gegl ();
  values[0].type = GIMP_PDB_STATUS;
  values[0].data.d_status = GIMP_PDB_CALLING_ERROR;
  *n_return = 1;
  *return_values = values;
  if (n_params < N_FIXED)
    return;
  values[0].data.d_status = run_checked (name, params[0].data.d_int32, n_params, params, &result, &message);
  if (values[0].data.d_status == GIMP_PDB_SUCCESS)
    {
      values[1].type = enlarges (name) ? GIMP_PDB_IMAGE : GIMP_PDB_LAYER;
      values[1].data.d_int32 = result; /* an image's number, or a layer's */
      *n_return = 2;
    }
  else if (message)
    {
      values[1].type = GIMP_PDB_STRING;
      values[1].data.d_string = message; /* the process ends after this */
      *n_return = 2;
    }
}
