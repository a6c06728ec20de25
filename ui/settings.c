/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * settings.c: last values and presets in a key file, values in the text form of the parameter table.
 */
#include "settings.h"
#include <stdlib.h>
#include <string.h>

#define LAST "last"
#define WINDOW "window"
#define PRESET "preset "

struct RvsSettings
{
  GKeyFile *file;
  char     *path;
  gboolean  dirty;
};

RvsSettings *
rvs_settings_new (const char *path)
{
  RvsSettings *settings = g_new0 (RvsSettings, 1);
  settings->file = g_key_file_new ();
  settings->path = g_strdup (path);
  if (path)
    g_key_file_load_from_file (settings->file, path, G_KEY_FILE_NONE, NULL);
  return settings;
}

void
rvs_settings_free (RvsSettings *settings)
{
  if (!settings)
    return;
  g_key_file_unref (settings->file);
  g_free (settings->path);
  g_free (settings);
}

/* Of the first n fields. */
static gboolean
load_group (RvsSettings *settings, const char *group, size_t n, RvsValues *values)
{
  if (!g_key_file_has_group (settings->file, group))
    return FALSE;
  for (size_t i = 0; i < n; i++)
    {
      const RvsParamSpec *spec = rvs_field (i);
      char               *text = g_key_file_get_string (settings->file, group, spec->key, NULL);
      double              value;
      if (text && rvs_param_parse (spec, text, &value, NULL) == RVS_OK)
        values->v[i] = value;
      g_free (text);
    }
  return TRUE;
}

static void
store_group (RvsSettings *settings, const char *group, size_t n, const RvsValues *values)
{
  char text[64];
  for (size_t i = 0; i < n; i++)
    {
      const RvsParamSpec *spec = rvs_field (i);
      rvs_param_format (spec, values->v[i], text, sizeof text);
      g_key_file_set_string (settings->file, group, spec->key, text);
    }
  settings->dirty = TRUE;
}

/* A photo's new size is chosen anew each time: enlarging the next one unasked would surprise. */
gboolean
rvs_settings_get_last (RvsSettings *settings, RvsValues *values)
{
  return load_group (settings, LAST, rvs_layer_fields_count (), values);
}

void
rvs_settings_set_last (RvsSettings *settings, const RvsValues *values)
{
  store_group (settings, LAST, rvs_layer_fields_count (), values);
}

static int
by_collation (const void *a, const void *b)
{
  return g_utf8_collate (*(char *const *)a, *(char *const *)b);
}

char **
rvs_settings_presets (RvsSettings *settings)
{
  size_t     n = 0;
  char     **groups = g_key_file_get_groups (settings->file, &n);
  GPtrArray *names = g_ptr_array_new ();
  for (size_t i = 0; i < n; i++)
    if (g_str_has_prefix (groups[i], PRESET))
      g_ptr_array_add (names, g_strdup (groups[i] + strlen (PRESET)));
  g_strfreev (groups);
  if (names->len > 1)
    qsort (names->pdata, names->len, sizeof (gpointer), by_collation);
  g_ptr_array_add (names, NULL);
  return (char **)g_ptr_array_free (names, FALSE);
}

/* Group names must not hold brackets or control characters. */
static char *
group_of (const char *name)
{
  char *clean = g_strdup (name);
  for (char *p = clean; *p; p++)
    if (*p == '[' || *p == ']' || g_ascii_iscntrl (*p))
      *p = ' ';
  g_strstrip (clean);
  char *group = *clean ? g_strconcat (PRESET, clean, NULL) : NULL;
  g_free (clean);
  return group;
}

gboolean
rvs_settings_get_preset (RvsSettings *settings, const char *name, RvsValues *values)
{
  char    *group = group_of (name);
  gboolean found = group && load_group (settings, group, rvs_fields_count (), values);
  g_free (group);
  return found;
}

gboolean
rvs_settings_save_preset (RvsSettings *settings, const char *name, const RvsValues *values)
{
  char *group = group_of (name);
  if (!group)
    return FALSE;
  store_group (settings, group, rvs_fields_count (), values);
  g_free (group);
  return TRUE;
}

void
rvs_settings_delete_preset (RvsSettings *settings, const char *name)
{
  char *group = group_of (name);
  if (group && g_key_file_remove_group (settings->file, group, NULL))
    settings->dirty = TRUE;
  g_free (group);
}

int
rvs_settings_get_window (RvsSettings *settings, const char *key, int fallback)
{
  GError *error = NULL;
  int     value = g_key_file_get_integer (settings->file, WINDOW, key, &error);
  if (error)
    value = fallback;
  g_clear_error (&error);
  return value;
}

void
rvs_settings_set_window (RvsSettings *settings, const char *key, int value)
{
  g_key_file_set_integer (settings->file, WINDOW, key, value);
  settings->dirty = TRUE;
}

void
rvs_settings_save (RvsSettings *settings)
{
  if (!settings->dirty || !settings->path)
    return;
  char *folder = g_path_get_dirname (settings->path);
  g_mkdir_with_parents (folder, 0700);
  g_free (folder);
  GError *error = NULL;
  if (g_key_file_save_to_file (settings->file, settings->path, &error))
    settings->dirty = FALSE;
  else
    g_debug ("settings are not remembered: %s", error->message);
  g_clear_error (&error);
}
