/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * window_queue.c: "Restore all": the plan of names, the questions before it, its progress and its report.
 */
#include "dialogs.h"
#include "i18n.h"
#include "results.h"
#include "window_private.h"
#include "words.h"
#include <stdlib.h>

/* ---- the plan ----------------------------------------------------------------------------- */

/* A photo's result, with a number where two photos would get the same name. A pasted photo has no folder: it goes to the pictures. */
static char *
plan_output (const RvsPhoto *photo, const RvsAllOptions *options, GHashTable *taken)
{
  RvsPictureFormat own = RVS_PICTURE_PNG;
  const char      *from = photo->origin.path ? photo->origin.path : photo->name;
  gboolean         known = rvs_picture_format_of_name (from, &own) && rvs_format_can_write (own);
  RvsPictureFormat format = options->has_format || !known ? options->format : own;
  const char      *ending = known && own == format ? NULL : rvs_format (format)->endings[0];
  const char      *folder = options->folder;
  if (!folder && !photo->origin.path)
    folder = g_get_user_special_dir (G_USER_DIRECTORY_PICTURES);
  if (!folder && !photo->origin.path)
    folder = g_get_home_dir ();
  for (int number = 1;; number++)
    {
      char *suffix = number > 1 ? g_strdup_printf ("%s-%d", RVS_RESULT_SUFFIX, number) : g_strdup (RVS_RESULT_SUFFIX);
      char *name = rvs_result_name (from, folder, suffix, ending), *copy = g_strdup (name);
      free (name);
      g_free (suffix);
      if (g_hash_table_add (taken, g_strdup (copy)))
        return copy;
      g_free (copy);
    }
}

static GArray *
plan (RvsWindow *window, const RvsAllOptions *options)
{
  GArray     *items = g_array_new (FALSE, TRUE, sizeof (RvsQueueItem));
  GHashTable *taken = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < window->photos->len; i++)
    {
      const RvsPhoto  *photo = g_ptr_array_index (window->photos, i);
      RvsQueueItem     item = { .photo_id = photo->id, .values = photo->values };
      RvsPictureFormat format;
      if (photo->state == RVS_PHOTO_BROKEN)
        continue;
      rvs_origin_copy (&photo->origin, &item.origin);
      item.faces = photo->faces ? g_array_copy (photo->faces) : NULL;
      item.brush = photo->brush ? rvs_hole_brush_new_copy (photo->brush) : NULL;
      item.output = plan_output (photo, options, taken);
      /* what the name promises; a name that promises nothing gets the photo's own format */
      item.has_format = rvs_picture_format_of_name (item.output, &format);
      item.format = format;
      g_array_append_val (items, item);
    }
  g_hash_table_unref (taken);
  return items;
}

/* Drops the items whose file exists, or lets them replace it. FALSE: the user thought better of it. */
static gboolean
settle_existing (RvsWindow *window, GArray *items)
{
  guint       n = 0;
  const char *first = NULL;
  for (guint i = 0; i < items->len; i++)
    {
      RvsQueueItem *item = &g_array_index (items, RvsQueueItem, i);
      if (!g_file_test (item->output, G_FILE_TEST_EXISTS))
        continue;
      first = first ? first : item->output;
      n++;
    }
  if (!n)
    return TRUE;
  RvsExisting answer = rvs_ask_existing (GTK_WINDOW (window), n, first);
  for (guint i = items->len; i > 0; i--)
    {
      RvsQueueItem *item = &g_array_index (items, RvsQueueItem, i - 1);
      if (!g_file_test (item->output, G_FILE_TEST_EXISTS))
        continue;
      if (answer == RVS_EXISTING_REPLACE)
        item->replace = TRUE;
      else
        {
          rvs_queue_item_clear (item);
          g_array_remove_index (items, i - 1);
        }
    }
  return answer != RVS_EXISTING_CANCEL && items->len > 0;
}

/* ---- progress ----------------------------------------------------------------------------- */

static void
show_queue (RvsWindow *window, gboolean running)
{
  GtkWidget *idle[] = { window->count_label, window->restore_all_button };
  GtkWidget *busy[] = { window->queue_label, window->queue_bar, window->stop_button };
  for (guint i = 0; i < G_N_ELEMENTS (idle); i++)
    gtk_widget_set_visible (idle[i], !running);
  for (guint i = 0; i < G_N_ELEMENTS (busy); i++)
    gtk_widget_set_visible (busy[i], running);
  gtk_widget_set_sensitive (window->pages, !running);
  if (rvs__window_panel (window))
    rvs_panel_show_progress (rvs__window_panel (window), !running); /* one Stop is enough */
  if (!running)
    rvs__window_focus_view (window);
}

static void
set_state (RvsWindow *window, guint id, RvsPhotoState state, const char *problem)
{
  RvsPhoto *photo = rvs__window_photo (window, id);
  if (!photo)
    return;
  if (state == RVS_PHOTO_SAVED)
    rvs_photo_mark_saved (photo);
  else
    rvs_photo_set_state (photo, state, problem);
  rvs__window_show_photo_state (window, photo);
}

static void
on_started (RvsWindow *window, const RvsQueueEvent *event)
{
  const RvsPhoto *photo = rvs__window_photo (window, event->photo_id);
  guint           number = window->n_saved + window->n_failed - window->n_broken + 1;
  char           *text = g_strdup_printf (_ ("%u of %u · %s"), number, window->n_queued, photo ? photo->name : "");
  set_state (window, event->photo_id, RVS_PHOTO_WORKING, NULL);
  rvs_filmstrip_scroll_to (RVS_FILMSTRIP (window->strip), event->photo_id);
  gtk_label_set_text (GTK_LABEL (window->queue_label), text);
  gtk_progress_bar_set_fraction (GTK_PROGRESS_BAR (window->queue_bar), event->done);
  g_free (text);
}

static void
on_saved (RvsWindow *window, const RvsQueueEvent *event)
{
  const RvsPhoto *photo = rvs__window_photo (window, event->photo_id);
  char           *note = rvs_faces_too_many_text (event->n_found);
  window->n_saved++;
  window->queue_lost |= event->lost;
  if (photo && note)
    g_string_append_printf (window->queue_notes, "\n%s: %s", photo->name, note);
  set_state (window, event->photo_id, RVS_PHOTO_SAVED, NULL);
  g_free (note);
}

static void
on_failed (RvsWindow *window, const RvsQueueEvent *event)
{
  const RvsPhoto *photo = rvs__window_photo (window, event->photo_id);
  window->n_failed++;
  if (photo)
    g_string_append_printf (window->queue_problems, "\n%s: %s", photo->name, event->problem);
  set_state (window, event->photo_id, RVS_PHOTO_FAILED, event->problem);
}

/* ---- the end ------------------------------------------------------------------------------ */

static char *
report (RvsWindow *window, gboolean stopped)
{
  GString *text = g_string_new (NULL);
  char    *lost = rvs_words_lost (window->queue_lost);
  if (stopped)
    g_string_append_printf (text, "%s ", _ ("Stopped."));
  if (window->n_failed)
    g_string_append_printf (text, _ ("%u of %u photos were restored and saved, %u failed:%s"), window->n_saved,
                            window->n_queued + window->n_broken, window->n_failed, window->queue_problems->str);
  else
    g_string_append_printf (text,
                            ngettext_ ("%u photo was restored and saved.", "%u photos were restored and saved.", window->n_saved),
                            window->n_saved);
  g_string_append (text, window->queue_notes->str);
  if (lost)
    g_string_append_printf (text, "\n%s", lost);
  g_free (lost);
  return g_string_free (text, FALSE);
}

static gboolean
needs_a_look (const RvsWindow *window)
{
  return window->n_failed || window->queue_lost || window->queue_notes->len;
}

static void
on_end (RvsWindow *window, const RvsQueueEvent *event)
{
  gboolean close = window->close_after_queue;
  char    *text = report (window, event->stopped);
  g_clear_pointer (&window->queue, rvs_queue_free);
  for (guint i = 0; i < window->photos->len; i++)
    {
      RvsPhoto *photo = g_ptr_array_index (window->photos, i);
      if (photo->state == RVS_PHOTO_WAITING || photo->state == RVS_PHOTO_WORKING)
        set_state (window, photo->id, RVS_PHOTO_FRESH, NULL);
    }
  show_queue (window, FALSE);
  rvs__window_tell (window, needs_a_look (window) ? GTK_MESSAGE_WARNING : GTK_MESSAGE_INFO, text,
                    window->n_saved ? window->queue_folder : NULL);
  g_free (text);
  window->close_after_queue = FALSE;
  if (window->panel_paused && rvs__window_panel (window) && !close)
    rvs_panel_stop (rvs__window_panel (window)); /* it was stopped: this lets it go on */
  window->panel_paused = FALSE;
  rvs__window_update (window);
  if (close)
    gtk_window_close (GTK_WINDOW (window));
}

static void
on_event (gpointer user, const RvsQueueEvent *event)
{
  RvsWindow *window = user;
  switch (event->kind)
    {
    case RVS_QUEUE_STARTED:
      on_started (window, event);
      break;
    case RVS_QUEUE_PROGRESS:
      gtk_progress_bar_set_fraction (GTK_PROGRESS_BAR (window->queue_bar), event->done);
      break;
    case RVS_QUEUE_SAVED:
      on_saved (window, event);
      break;
    case RVS_QUEUE_FAILED:
      on_failed (window, event);
      break;
    case RVS_QUEUE_END:
      on_end (window, event);
      break;
    }
}

/* What cannot be read was asked for like the others, and has failed. */
static void
count_broken (RvsWindow *window)
{
  for (guint i = 0; i < window->photos->len; i++)
    {
      const RvsPhoto *photo = g_ptr_array_index (window->photos, i);
      if (photo->state != RVS_PHOTO_BROKEN)
        continue;
      g_string_append_printf (window->queue_problems, "\n%s: %s", photo->name, photo->problem);
      window->n_broken++;
      window->n_failed++;
    }
}

/* ---- the start ---------------------------------------------------------------------------- */

static void
start (RvsWindow *window, GArray *items)
{
  RvsPanel *panel = rvs__window_panel (window);
  char     *folder = g_path_get_dirname (g_array_index (items, RvsQueueItem, 0).output);
  g_free (window->queue_folder);
  window->queue_folder = folder;
  window->n_queued = items->len;
  window->n_saved = window->n_failed = window->n_broken = 0;
  window->queue_lost = 0;
  g_string_truncate (window->queue_problems, 0);
  g_string_truncate (window->queue_notes, 0);
  count_broken (window);
  for (guint i = 0; i < items->len; i++)
    set_state (window, g_array_index (items, RvsQueueItem, i).photo_id, RVS_PHOTO_WAITING, NULL);
  rvs__window_hush (window);
  /* the preview would take the processor from the queue */
  window->panel_paused = panel && rvs_panel_busy (panel) && !rvs_panel_idle (panel);
  if (window->panel_paused)
    rvs_panel_stop (panel);
  window->queue = rvs_queue_new (window->models, items, on_event, window);
  show_queue (window, TRUE);
  rvs__window_update (window);
}

void
rvs__window_restore_all (RvsWindow *window)
{
  static RvsAllOptions options; /* as last answered; main thread */
  guint                n = rvs__window_count_readable (window);
  char                *folder = window->current->origin.path ? g_path_get_dirname (window->current->origin.path) : NULL;
  gboolean             wanted = n > 0 && rvs_ask_all (GTK_WINDOW (window), n, folder, &options);
  g_free (folder);
  if (!wanted || rvs__window_is_tied (window))
    return;
  rvs__window_keep_edits (window);
  GArray *items = plan (window, &options);
  if (items->len && settle_existing (window, items) && !rvs__window_is_tied (window))
    start (window, items);
  else
    {
      for (guint i = 0; i < items->len; i++)
        rvs_queue_item_clear (&g_array_index (items, RvsQueueItem, i));
      g_array_unref (items);
    }
}

void
rvs__window_stop_queue (RvsWindow *window)
{
  if (window->queue)
    rvs_queue_stop (window->queue);
}
