/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * recipe.c: the record as JSON. Keys and ids are plain words; free texts are the version and the name of a channel.
 */
#include "recipe.h"
#include <string.h>

static void
add_text (GString *json, const char *text)
{
  g_string_append_c (json, '"');
  for (const char *c = text; *c; c++)
    if (*c == '"' || *c == '\\')
      g_string_append_printf (json, "\\%c", *c);
    else if ((guchar)*c < 0x20)
      g_string_append_printf (json, "\\u%04x", (guint)*c);
    else
      g_string_append_c (json, *c);
  g_string_append_c (json, '"');
}

static void
add_string (GString *json, const char *key, const char *value)
{
  g_string_append_printf (json, "  \"%s\": ", key);
  add_text (json, value ? value : "");
  g_string_append (json, ",\n");
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
  if (values->channel[0])
    {
      g_string_append (json, ", \"" RVS_CHANNEL_KEY "\": ");
      add_text (json, values->channel);
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

/* A text as add_text writes it, from its first quotation mark on; g_free. NULL: it is none. */
static char *
read_text (const char *quoted)
{
  GString    *text = g_string_new (NULL);
  const char *c = quoted && *quoted == '"' ? quoted + 1 : "";
  for (; *c && *c != '"'; c++)
    {
      if (*c != '\\')
        g_string_append_c (text, *c);
      else if (g_str_has_prefix (c, "\\u00") && g_ascii_isxdigit (c[4]) && g_ascii_isxdigit (c[5]))
        {
          g_string_append_c (text, (char)(16 * g_ascii_xdigit_value (c[4]) + g_ascii_xdigit_value (c[5])));
          c += 5;
        }
      else if (*++c)
        g_string_append_c (text, *c);
      else
        break;
    }
  return g_string_free (text, *c != '"');
}

void
rvs_recipe_values (const char *text, RvsValues *values)
{
  const char *settings = value_of (text, "settings");
  size_t      n = rvs_fields_count ();
  for (size_t i = 0; i < n; i++)
    {
      char  *word = read_text (value_of (settings, rvs_field (i)->key));
      double value;
      if (word && rvs_param_parse (rvs_field (i), word, &value, NULL) == RVS_OK)
        values->v[i] = value;
      g_free (word);
    }
  char *channel = read_text (value_of (settings, RVS_CHANNEL_KEY));
  (void)rvs_values_set_channel (values, channel);
  g_free (channel);
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
