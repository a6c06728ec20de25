/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * properties.c: rows of rvs_params_table as GEGL's parameter specifications.
 */
#include "properties.h"

#include "i18n.h"

#include <gegl-plugin.h>

#define FLAGS (G_PARAM_READWRITE | G_PARAM_CONSTRUCT | GEGL_PARAM_PAD_INPUT)

/* Property ids begin with 1; a row has two, whether or not it may be auto. */
static guint
value_id (size_t row)
{
  return (guint)(2 * row + 1);
}

static size_t
row_of (guint id)
{
  return (id - 1) / 2;
}

static gboolean
is_auto_id (guint id)
{
  return id % 2 == 0;
}

/* ---- one row ---- */

/* An effect has nothing that marks a hole. */
static gboolean
is_offered (const RvsSystemInfo *system)
{
  return !(system->needs & RVS_NEEDS_HOLE);
}

static gboolean
is_choice_offered (const RvsParamSpec *spec, size_t choice)
{
  return !spec->selects_system || is_offered (&rvs_systems (&(size_t){ 0 })[choice]);
}

/* Lives as long as the process, as the type does. */
static GType
enum_type (const RvsParamSpec *spec)
{
  char   *name = g_strdup_printf ("RvsEffect_%s", spec->key);
  GType   type = g_type_from_name (name);
  GArray *values = g_array_new (TRUE, TRUE, sizeof (GEnumValue));

  for (size_t i = 0; !type && spec->choices[i].id; i++)
    if (is_choice_offered (spec, i))
      g_array_append_val (values, ((GEnumValue){ (int)i, _ (spec->choices[i].label), spec->choices[i].id }));
  if (!type)
    type = g_enum_register_static (name, (const GEnumValue *)(void *)g_array_free (values, FALSE));
  else
    g_array_free (values, TRUE);
  g_free (name);
  return type;
}

static double
first_value (const RvsParamSpec *spec)
{
  if (!spec->auto_word || spec->initial != spec->auto_value)
    return spec->initial;
  return spec->kind == RVS_PARAM_DOUBLE ? (spec->min + spec->max) / 2 : spec->min;
}

static GParamSpec *
make_value (const RvsParamSpec *spec)
{
  const char  *name = _ (spec->label), *help = _ (spec->help);
  const double first = first_value (spec);

  switch (spec->kind)
    {
    case RVS_PARAM_CHOICE:
      return gegl_param_spec_enum (spec->key, name, help, enum_type (spec), (int)first, FLAGS);
    case RVS_PARAM_BOOL:
      return g_param_spec_boolean (spec->key, name, help, first != 0, FLAGS);
    case RVS_PARAM_INT:
      if (spec->max > G_MAXINT)
        return gegl_param_spec_seed (spec->key, name, help, FLAGS);
      return gegl_param_spec_int (spec->key, name, help, (int)spec->min, (int)spec->max, (int)first, (int)spec->min, (int)spec->max,
                                  1, FLAGS);
    case RVS_PARAM_DOUBLE:
      break;
    }
  return gegl_param_spec_double (spec->key, name, help, spec->min, spec->max, first, spec->min, spec->max, 1, FLAGS);
}

/* "model {jsfm, spad}": GIMP shows the property while that holds. NULL: always; g_free. */
static char *
shown_when (const RvsParamSpec *spec, const char *selector)
{
  size_t               n, n_with = 0, n_offered = 0;
  const RvsSystemInfo *systems = rvs_systems (&n);
  GString             *words = g_string_new (selector);

  for (size_t i = 0; i < n; i++)
    {
      if (!is_offered (&systems[i]))
        continue;
      n_offered++;
      if (rvs_param_applies (spec, &systems[i]))
        g_string_append_printf (words, "%s%s", n_with++ ? ", " : " {", systems[i].id);
    }
  g_string_append_c (words, '}');
  return g_string_free (words, n_with == n_offered);
}

static const char *
selector_key (void)
{
  size_t              n;
  const RvsParamSpec *table = rvs_params_table (&n);

  for (size_t i = 0; i < n; i++)
    if (table[i].selects_system)
      return table[i].key;
  return "";
}

static void
install (GObjectClass *klass, guint id, GParamSpec *pspec, const char *visible, const char *sensitive)
{
  if (visible)
    gegl_param_spec_set_property_key (pspec, "visible", visible);
  if (sensitive)
    gegl_param_spec_set_property_key (pspec, "sensitive", sensitive);
  g_object_class_install_property (klass, id, pspec);
}

static void
install_switch (GObjectClass *klass, guint id, const RvsParamSpec *spec, const char *key, const char *visible)
{
  const char *word = spec->kind == RVS_PARAM_INT ? C_ ("number of faces", "All") : C_ ("value", "Auto");
  char       *name = g_strdup_printf ("%s: %s", _ (spec->label), word);

  install (klass, id, g_param_spec_boolean (key, name, _ (spec->help), spec->initial == spec->auto_value, FLAGS), visible, NULL);
  g_free (name);
}

void
rvs_properties_install (GObjectClass *klass)
{
  size_t              n;
  const RvsParamSpec *table = rvs_params_table (&n);

  for (size_t i = 0; i < n; i++)
    {
      char *visible = shown_when (&table[i], selector_key ());
      char *key = g_strdup_printf ("%s-auto", table[i].key), *sensitive = g_strdup_printf ("! %s", key);
      if (table[i].auto_word)
        install_switch (klass, value_id (i) + 1, &table[i], key, visible);
      install (klass, value_id (i), make_value (&table[i]), visible, table[i].auto_word ? sensitive : NULL);
      g_free (visible);
      g_free (key);
      g_free (sensitive);
    }
}

/* ---- values ---- */

void
rvs_properties_set (RvsProperties *properties, guint id, const GValue *value)
{
  double *to = &properties->values[row_of (id)];

  if (is_auto_id (id))
    properties->autos[row_of (id)] = g_value_get_boolean (value);
  else if (G_VALUE_HOLDS_BOOLEAN (value))
    *to = g_value_get_boolean (value) ? 1 : 0;
  else if (G_VALUE_HOLDS_ENUM (value))
    *to = g_value_get_enum (value);
  else if (G_VALUE_HOLDS_UINT (value))
    *to = g_value_get_uint (value);
  else if (G_VALUE_HOLDS_INT (value))
    *to = g_value_get_int (value);
  else
    *to = g_value_get_double (value);
}

void
rvs_properties_get (const RvsProperties *properties, guint id, GValue *value)
{
  double from = properties->values[row_of (id)];

  if (is_auto_id (id))
    g_value_set_boolean (value, properties->autos[row_of (id)]);
  else if (G_VALUE_HOLDS_BOOLEAN (value))
    g_value_set_boolean (value, from != 0);
  else if (G_VALUE_HOLDS_ENUM (value))
    g_value_set_enum (value, (int)from);
  else if (G_VALUE_HOLDS_UINT (value))
    g_value_set_uint (value, (guint)from);
  else if (G_VALUE_HOLDS_INT (value))
    g_value_set_int (value, (int)from);
  else
    g_value_set_double (value, from);
}

RvsStatus
rvs_properties_params (const RvsProperties *properties, RvsParams *out, RvsError *err)
{
  size_t              n;
  const RvsParamSpec *table = rvs_params_table (&n);
  RvsStatus           status = RVS_OK;

  rvs_params_init (out);
  for (size_t i = 0; i < n && status == RVS_OK; i++)
    if (table[i].store != RVS_STORE_NONE)
      status = rvs_params_set (out, table[i].key, properties->autos[i] ? table[i].auto_value : properties->values[i], err);
  return status;
}
