/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * gather.c: reading of folders.
 */
#include "gather.h"
#include "i18n.h"
#include "load.h"
#include "results.h"
#include <stdlib.h>
#include <string.h>

typedef struct Entry
{
  char *path, *key;
} Entry;

static int
by_name (gconstpointer a, gconstpointer b)
{
  return strcmp (((const Entry *)a)->key, ((const Entry *)b)->key);
}

static gboolean
is_wanted (const char *folder, const char *name)
{
  if (name[0] == '.' || !rvs_load_can_read_name (name) || rvs_result_is_own (name, RVS_RESULT_SUFFIX))
    return FALSE;
  char    *path = g_build_filename (folder, name, NULL);
  gboolean file = g_file_test (path, G_FILE_TEST_IS_REGULAR);
  g_free (path);
  return file;
}

static GArray *
entries_of (const char *folder, GDir *dir)
{
  GArray     *entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  const char *name;
  while ((name = g_dir_read_name (dir)))
    if (is_wanted (folder, name))
      {
        char *shown = g_filename_display_name (name);
        Entry entry = { g_build_filename (folder, name, NULL), g_utf8_collate_key_for_filename (shown, -1) };
        g_array_append_val (entries, entry);
        g_free (shown);
      }
  if (entries->len > 1)
    g_array_sort (entries, by_name);
  return entries;
}

static void
add_folder (RvsGathered *gathered, const char *folder)
{
  GError *error = NULL;
  GDir   *dir = g_dir_open (folder, 0, &error);
  char   *shown = g_filename_display_name (folder);
  GArray *entries = dir ? entries_of (folder, dir) : NULL;
  if (!dir)
    g_ptr_array_add (gathered->problems, g_strdup_printf (_ ("%s: The folder cannot be read. (%s)"), shown, error->message));
  else if (!entries->len)
    g_ptr_array_add (gathered->problems, g_strdup_printf (_ ("%s: There are no pictures in this folder."), shown));
  for (guint i = 0; entries && i < entries->len; i++)
    {
      Entry *entry = &g_array_index (entries, Entry, i);
      g_ptr_array_add (gathered->paths, entry->path);
      g_free (entry->key);
    }
  g_clear_pointer (&entries, g_array_unref);
  g_clear_pointer (&dir, g_dir_close);
  g_clear_error (&error);
  g_free (shown);
}

static void
gather (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  char *const *paths = data;
  RvsGathered *gathered = g_new (RvsGathered, 1);
  (void)source, (void)cancellable;
  gathered->paths = g_ptr_array_new_with_free_func (g_free);
  gathered->problems = g_ptr_array_new_with_free_func (g_free);
  for (int i = 0; paths[i]; i++)
    if (g_file_test (paths[i], G_FILE_TEST_IS_DIR))
      add_folder (gathered, paths[i]);
    else
      g_ptr_array_add (gathered->paths, g_strdup (paths[i]));
  g_task_return_pointer (task, gathered, (GDestroyNotify)rvs_gathered_free);
}

void
rvs_gather_async (char *const *paths, GAsyncReadyCallback done, gpointer user)
{
  GTask *task = g_task_new (NULL, NULL, done, user);
  g_task_set_task_data (task, g_strdupv ((char **)paths), (GDestroyNotify)g_strfreev);
  g_task_run_in_thread (task, gather);
  g_object_unref (task);
}

RvsGathered *
rvs_gather_finish (GAsyncResult *result)
{
  return g_task_propagate_pointer (G_TASK (result), NULL);
}

void
rvs_gathered_free (RvsGathered *gathered)
{
  g_ptr_array_unref (gathered->paths);
  g_ptr_array_unref (gathered->problems);
  g_free (gathered);
}
