/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * recipe.c: the record as JSON. Keys and ids are plain words; the only free text, the version, is escaped.
 */
#include "recipe.h"
#include <string.h>

static void
add_string (GString *json, const char *key, const char *value)
{
  char *escaped = g_strescape (value ? value : "", NULL);
  g_string_append_printf (json, "  \"%s\": \"%s\",\n", key, escaped);
  g_free (escaped);
}

/* The locale's decimal comma must not get into JSON. */
static void
add_number (GString *json, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  g_string_append (json, g_ascii_formatd (text, sizeof text, "%.6g", value));
}

static void
add_fields (GString *json, const RvsValues *values)
{
  size_t n = rvs_layer_fields_count ();
  g_string_append (json, "  \"settings\": {");
  for (size_t i = 0; i < n; i++)
    {
      char text[64];
      rvs_param_format (rvs_field (i), values->v[i], text, sizeof text);
      g_string_append_printf (json, "%s\"%s\": \"%s\"", i ? ", " : "", rvs_field (i)->key, text);
    }
  g_string_append (json, "},\n");
}

static void
add_faces (GString *json, const RvsUiResult *result)
{
  g_string_append (json, "  \"faces\": [");
  for (size_t i = 0; i < result->n_faces; i++)
    {
      const RvsFace *f = &result->faces[i].face;
      const float    numbers[] = { f->x, f->y, f->w, f->h };
      g_string_append (json, i ? ", [" : "[");
      for (int k = 0; k < 4; k++)
        {
          g_string_append (json, k ? ", " : "");
          add_number (json, (double)numbers[k]);
        }
      g_string_append (json, "]");
    }
  g_string_append (json, "]\n");
}

/* Behind `"key": `, in the text from `from` on; NULL: it is not there. */
static const char *
value_of (const char *from, const char *key)
{
  char       *name = g_strdup_printf ("\"%s\": ", key);
  const char *found = from ? strstr (from, name) : NULL;
  if (found)
    found += strlen (name);
  g_free (name);
  return found;
}

guint32
rvs_recipe_source (const char *text)
{
  const char *number = value_of (text, "source");
  return number ? (guint32)g_ascii_strtoull (number, NULL, 10) : 0;
}

void
rvs_recipe_values (const char *text, RvsValues *values)
{
  const char *settings = value_of (text, "settings");
  size_t      n = rvs_fields_count ();
  for (size_t i = 0; i < n; i++)
    {
      const char *quoted = value_of (settings, rvs_field (i)->key), *end = quoted ? strchr (quoted + 1, '"') : NULL;
      char       *word = end && *quoted == '"' ? g_strndup (quoted + 1, (gsize)(end - quoted - 1)) : NULL;
      double      value;
      if (word && rvs_param_parse (rvs_field (i), word, &value, NULL) == RVS_OK)
        values->v[i] = value;
      g_free (word);
    }
}

char *
rvs_recipe_text (RvsModels *models, const RvsUiResult *result, guint32 source)
{
  GString *json = g_string_new ("{\n");
  char    *id, *sha256;
  rvs_models_describe (models, &id, &sha256);
  add_string (json, "program", rvs_version_text ());
  add_string (json, "weights", id);
  add_string (json, "sha256", sha256);
  g_string_append_printf (json, "  \"source\": %u,\n", source);
  add_fields (json, &result->values);
  add_faces (json, result);
  g_string_append (json, "}\n");
  g_free (id);
  g_free (sha256);
  return g_string_free (json, FALSE);
}
