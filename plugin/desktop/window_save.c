/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * window_save.c: the result of the photo on show, to a file or to the clipboard: the panel finishes the faces and says "applied",
 * then a worker writes.
 */
#include "dialogs.h"
#include "i18n.h"
#include "results.h"
#include "save.h"
#include "window_private.h"
#include "words.h"
#include <stdlib.h>

#define QUALITY_KEY "quality"

/* ---- the end ------------------------------------------------------------------------------ */

static void
end_saving (RvsWindow *window)
{
  window->saving = RVS_SAVING_NOTHING;
  window->writing = FALSE;
  g_clear_pointer (&window->save_path, g_free);
  if (window->shown)
    gtk_widget_set_sensitive (GTK_WIDGET (window->shown->panel), TRUE);
  rvs__window_focus_view (window);
  rvs__window_update (window);
}

static void
say_saved (RvsWindow *window, const RvsSaved *saved)
{
  char *name = g_filename_display_basename (saved->path), *folder = g_path_get_dirname (saved->path);
  char *lost = rvs_words_lost (saved->lost), *text = g_strdup_printf (_ ("Saved as %s."), name);
  char *all = lost ? g_strconcat (text, " ", lost, NULL) : g_strdup (text);
  rvs__window_tell_of_photo (window, lost ? GTK_MESSAGE_WARNING : GTK_MESSAGE_INFO, all, folder);
  g_free (all);
  g_free (text);
  g_free (lost);
  g_free (folder);
  g_free (name);
}

static void
remember_saved (RvsWindow *window, const char *path)
{
  rvs__window_remember_file (path);
  if (window->current)
    {
      rvs_photo_mark_saved (window->current);
      rvs_settings_set_last (window->settings, &window->current->values);
      rvs_settings_save (window->settings);
    }
}

static void
give_png (GtkClipboard *clipboard, GtkSelectionData *data, guint info, gpointer bytes)
{
  gsize         n;
  gconstpointer png = g_bytes_get_data (bytes, &n);
  (void)clipboard, (void)info;
  gtk_selection_data_set (data, gtk_selection_data_get_target (data), 8, png, (int)n);
}

static void
forget_png (GtkClipboard *clipboard, gpointer bytes)
{
  (void)clipboard;
  g_bytes_unref (bytes);
}

static void
offer_png (RvsWindow *window, GBytes *png)
{
  static const GtkTargetEntry target = { (char *)"image/png", 0, 0 };
  GtkClipboard               *clipboard = gtk_widget_get_clipboard (GTK_WIDGET (window), GDK_SELECTION_CLIPBOARD);
  gtk_clipboard_set_with_data (clipboard, &target, 1, give_png, forget_png, g_bytes_ref (png));
  gtk_clipboard_set_can_store (clipboard, NULL, 0);
  rvs__window_tell_of_photo (window, GTK_MESSAGE_INFO, _ ("The restored picture is in the clipboard."), NULL);
}

static void
say_failed (RvsWindow *window, const RvsSaved *saved)
{
  gboolean of_file = saved->status == RVS_ERR_IO || saved->status == RVS_ERR_ARGUMENT || saved->status == RVS_ERR_NO_MEMORY;
  char    *words = of_file ? rvs_words_write (saved->status, &saved->err) : rvs_words_restore (saved->status, &saved->err);
  char    *name = saved->path ? g_filename_display_basename (saved->path) : g_strdup (_ ("Clipboard"));
  char    *text = g_strdup_printf ("%s: %s", name, words);
  rvs__window_tell_of_photo (window, GTK_MESSAGE_ERROR, text, NULL);
  g_free (text);
  g_free (name);
  g_free (words);
}

static void
on_saved (GObject *source, GAsyncResult *result, gpointer data)
{
  RvsWindow *window = data;
  RvsSaved  *saved = rvs_save_finish (result);
  gboolean   close = window->save_then_close && saved->status == RVS_OK;
  (void)source;
  window->save_then_close = FALSE;
  if (window->photos)
    {
      rvs__window_keep_edits (window);
      if (saved->status != RVS_OK)
        say_failed (window, saved);
      else if (saved->path)
        {
          remember_saved (window, saved->path);
          say_saved (window, saved);
        }
      else
        offer_png (window, saved->bytes);
      end_saving (window);
      if (close)
        gtk_window_close (GTK_WINDOW (window));
    }
  rvs_saved_free (saved);
  g_object_unref (window);
}

/* ---- the work ----------------------------------------------------------------------------- */

void
rvs__window_applied (RvsWindow *window)
{
  RvsSaveRequest request = { .format = RVS_PICTURE_PNG, .path = window->save_path, .replace = TRUE };
  RvsValues      values;
  if (window->saving == RVS_SAVING_NOTHING)
    return;
  rvs_panel_result (window->shown->panel, &request.result);
  request.original = &window->shown->picture;
  request.faces = rvs_panel_faces (window->shown->panel); /* insensitive from here on: nobody changes them */
  rvs_panel_get_values (window->shown->panel, &values);
  request.brush = rvs_values_fill (&values) ? NULL : rvs_panel_hole_brush (window->shown->panel);
  request.models = window->models;
  if (window->saving == RVS_SAVING_FILE)
    {
      request.format = window->save_format;
      request.quality = rvs_settings_get_window (window->settings, QUALITY_KEY, 0);
    }
  window->saving = RVS_SAVING_NOTHING;
  window->writing = TRUE;
  gtk_widget_set_sensitive (GTK_WIDGET (window->shown->panel), FALSE); /* its result must stay until it is written */
  rvs__window_update_actions (window);
  rvs_save_async (&request, on_saved, g_object_ref (window));
}

/* The panel stopped or failed: "applied" will not come. When it does come, it comes before this. */
static gboolean
give_up (gpointer data)
{
  RvsWindow *window = data;
  RvsPanel  *panel = rvs__window_panel (window);
  if (window->saving && panel && !rvs_panel_applying (panel))
    {
      window->save_then_close = FALSE;
      end_saving (window);
    }
  g_object_unref (window);
  return G_SOURCE_REMOVE;
}

void
rvs__window_check_saving (RvsWindow *window)
{
  RvsPanel *panel = rvs__window_panel (window);
  if (window->saving && panel && !rvs_panel_applying (panel))
    g_idle_add (give_up, g_object_ref (window));
}

static void
start (RvsWindow *window, RvsSaving saving)
{
  window->saving = saving;
  rvs__window_hush (window);
  rvs_panel_apply (rvs__window_panel (window));
  rvs__window_update_actions (window);
}

/* ---- what the user asks for --------------------------------------------------------------- */

/* Beside the photo, in its own format; PNG for formats that cannot be written. */
static char *
suggestion (const RvsPhoto *photo, RvsPictureFormat format)
{
  RvsPictureFormat own;
  const char      *from = photo->origin.path ? photo->origin.path : photo->name;
  gboolean         keep = rvs_picture_format_of_name (from, &own) && own == format;
  char            *name = rvs_result_name (from, NULL, RVS_RESULT_SUFFIX, keep ? NULL : rvs_format (format)->endings[0]);
  char            *copy = g_strdup (name);
  free (name);
  return copy;
}

void
rvs__window_save_as (RvsWindow *window)
{
  RvsPanel *panel = rvs__window_panel (window);
  guint     id = window->current ? window->current->id : 0;
  if (!panel || rvs__window_is_tied (window) || !rvs_panel_can_apply (panel))
    return;
  RvsPictureFormat format = rvs_format_of_result (window->shown->picture.format), chosen = format;
  char            *first = suggestion (window->current, format);
  int              quality = rvs_settings_get_window (window->settings, QUALITY_KEY, 0);
  char            *path = rvs_ask_save (GTK_WINDOW (window), first, format, &chosen, &quality);
  g_free (first);
  /* the program went on meanwhile */
  panel = rvs__window_panel (window);
  if (!path || !panel || !window->current || window->current->id != id || !rvs_panel_can_apply (panel))
    {
      g_free (path);
      return;
    }
  rvs_settings_set_window (window->settings, QUALITY_KEY, quality);
  window->save_path = path;
  window->save_format = chosen;
  start (window, RVS_SAVING_FILE);
}

void
rvs__window_copy (RvsWindow *window)
{
  start (window, RVS_SAVING_COPY);
}
