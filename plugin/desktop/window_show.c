/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * window_show.c: from a photo of the list to the panel on screen. A worker reads the file; there is never more than one panel, and
 * an old one goes only when its worker rests, so that the main loop never waits.
 */
#include "help.h"
#include "i18n.h"
#include "window_private.h"
#include "words.h"
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#define RETIRE_POLL_MS 10
/* Of the photos that were left: what is on the screen of them, finished faces included. */
#define PARKED_PHOTOS 5
#define PARKED_BYTES ((gsize)256 << 20)

struct RvsReading
{
  RvsWindow            *window; /* NULL: nobody waits for it any more; main thread */
  guint                 photo_id;
  gint64                asked_us;
  RvsOrigin             origin;
  gint64                written;
  volatile sig_atomic_t stop;
  RvsPicture            picture;
  RvsWorking            working;
  char                 *kind;
  RvsStatus             status;
  RvsError              err;
};

/* ---- a photo on show ---------------------------------------------------------------------- */

static void
shown_free (RvsShown *shown)
{
  if (!shown)
    return;
  if (shown->panel)
    gtk_widget_destroy (GTK_WIDGET (shown->panel));
  g_clear_object (&shown->panel);
  rvs_working_close (&shown->working);
  rvs_picture_clear (&shown->picture);
  g_free (shown->note);
  g_free (shown);
}

/* The panel keeps a copy of its own: these pixels are given back after the last row. Those of a picture that is not sRGB are needed
 * again when it is saved. */
static gboolean
read_rows (gpointer user, int32_t y, int32_t n_rows, void *pixels, GError **error)
{
  RvsShown   *shown = user;
  RvsMutView *view = shown->working.srgb.view.pixels ? &shown->working.srgb.view : &shown->picture.view;
  (void)error;
  memcpy (pixels, (guint8 *)view->pixels + view->stride * y, (size_t)view->stride * (size_t)n_rows);
  if (y + n_rows >= view->height)
    {
      free (view->pixels);
      view->pixels = NULL;
    }
  return TRUE;
}

static void
show_help (gpointer user, GtkWindow *parent)
{
  (void)user;
  rvs_help_show (parent);
}

/* Takes the picture and the kind out of the reading. */
static RvsShown *
shown_new (RvsWindow *window, RvsReading *reading)
{
  RvsShown  *shown = g_new0 (RvsShown, 1);
  RvsMutView view = rvs_working_view (&reading->working);
  shown->photo_id = reading->photo_id;
  shown->asked_us = reading->asked_us;
  shown->written = reading->written;
  shown->turn = reading->origin.turn;
  shown->picture = reading->picture;
  memset (&reading->picture, 0, sizeof reading->picture);
  shown->working = reading->working;
  shown->working.picture = &shown->picture;
  memset (&reading->working, 0, sizeof reading->working);
  shown->note = rvs_words_notes (shown->picture.meta.notes);
  if (reading->kind)
    shown->note = g_strdup_printf (_ ("A %s picture: it is read with 8 bits a colour, and the result is saved in another format."),
                                   reading->kind);
  shown->host = (RvsUiHost){ .open_session = rvs_models_open_session,
                             .open_finder = rvs_models_open_finder,
                             .have_finder = rvs_models_have_finder,
                             .show_help = show_help,
                             .note = shown->note,
                             .offers_size = TRUE,
                             .shows_original = TRUE,
                             .user = window->models };
  shown->source = (RvsUiSource){ .width = view.width,
                                 .height = view.height,
                                 .channels = view.channels,
                                 .depth = view.depth,
                                 .read_rows = read_rows,
                                 .user = shown };
  return shown;
}

/* ---- the panel ---------------------------------------------------------------------------- */

RvsPanel *
rvs__window_panel (RvsWindow *window)
{
  return window->shown ? window->shown->panel : NULL;
}

void
rvs__window_focus_view (RvsWindow *window)
{
  RvsPanel *panel = rvs__window_panel (window);
  if (panel && !gtk_window_get_focus (GTK_WINDOW (window)))
    gtk_widget_grab_focus (GTK_WIDGET (rvs_panel_view (panel)));
}

void
rvs__window_keep_edits (RvsWindow *window)
{
  RvsPanel *panel = rvs__window_panel (window);
  RvsValues values;
  if (!panel || !window->current || window->shown->photo_id != window->current->id)
    return;
  rvs_panel_get_values (panel, &values);
  rvs_photo_set_edits (window->current, &values, rvs_panel_knows_faces (panel) ? rvs_panel_faces (panel) : NULL,
                       rvs_panel_hole_brush (panel));
  window->current->width = window->shown->source.width;
  window->current->height = window->shown->source.height;
}

static void
on_work_changed (RvsWindow *window)
{
  RvsShown *shown = window->shown;
  rvs__window_update (window);
  rvs__window_check_saving (window);
  if (shown && !shown->announced && !rvs_panel_busy (shown->panel))
    g_debug ("photo %u ready", shown->photo_id);
  if (shown)
    shown->announced = !rvs_panel_busy (shown->panel);
}

static gboolean
on_draw (GtkWidget *view, cairo_t *cr, RvsWindow *window)
{
  RvsShown *shown = window->shown;
  (void)view, (void)cr;
  if (shown && shown->asked_us && rvs_panel_shows_picture (shown->panel))
    {
      g_debug ("photo %u shown after %.0f ms", shown->photo_id, (double)(g_get_monotonic_time () - shown->asked_us) / 1000);
      shown->asked_us = 0;
    }
  return FALSE;
}

static void
make_panel (RvsWindow *window, RvsShown *shown)
{
  RvsPhoto *photo = window->current;
  RvsPanel *panel = RVS_PANEL (rvs_panel_new (&shown->host, &shown->source, window->settings, &photo->values));
  shown->panel = g_object_ref_sink (panel);
  if (photo->faces)
    rvs_panel_set_faces (panel, photo->faces);
  if (photo->brush)
    rvs_panel_set_hole_brush (panel, photo->brush);
  gtk_container_set_border_width (GTK_CONTAINER (panel), 12);
}

/* Its settings may have been changed for all photos meanwhile. */
static void
wake_panel (RvsWindow *window, RvsShown *shown)
{
  RvsValues values;
  rvs_panel_get_values (shown->panel, &values);
  if (memcmp (&values, &window->current->values, sizeof values) != 0)
    rvs_panel_set_values (shown->panel, &window->current->values);
  shown->announced = FALSE;
  g_debug ("photo %u kept, %d of %u faces done", shown->photo_id, rvs_faces_count_done (rvs_panel_faces (shown->panel)),
           rvs_panel_faces (shown->panel)->len);
  rvs_panel_wake (shown->panel);
}

static void
put_on_show (RvsWindow *window, RvsShown *shown)
{
  RvsPanel *panel = shown->panel;
  window->shown = shown;
  gtk_box_pack_start (GTK_BOX (window->panel_box), GTK_WIDGET (panel), TRUE, TRUE, 0);
  g_signal_connect_swapped (panel, "work-changed", G_CALLBACK (on_work_changed), window);
  g_signal_connect_swapped (panel, "applied", G_CALLBACK (rvs__window_applied), window);
  g_signal_connect_after (rvs_panel_view (panel), "draw", G_CALLBACK (on_draw), window);
  gtk_widget_show_all (GTK_WIDGET (panel));
  rvs__window_show_page (window, "panel");
  gtk_widget_grab_focus (GTK_WIDGET (rvs_panel_view (panel)));
  on_work_changed (window);
}

/* ---- photos that were left ---------------------------------------------------------------- */

/* Newest first. */
static void
keep_few_parked (RvsWindow *window)
{
  gsize n = 0, bytes = 0;
  for (GList *l = window->parked.head, *next; l; l = next)
    {
      RvsShown *shown = l->data;
      next = l->next;
      bytes += rvs_panel_bytes (shown->panel);
      if (++n <= PARKED_PHOTOS && bytes <= PARKED_BYTES)
        continue;
      g_queue_delete_link (&window->parked, l);
      shown_free (shown);
    }
}

/* Takes it; its worker rests. */
static void
park (RvsWindow *window, RvsShown *shown)
{
  GtkWidget      *panel = GTK_WIDGET (shown->panel);
  const RvsPhoto *photo = rvs__window_photo (window, shown->photo_id);
  if (!photo || photo->origin.turn != shown->turn || !rvs_panel_shows_picture (shown->panel))
    {
      shown_free (shown);
      return;
    }
  if (gtk_widget_get_parent (panel))
    gtk_container_remove (GTK_CONTAINER (window->panel_box), panel);
  rvs_panel_park (shown->panel);
  g_queue_push_head (&window->parked, shown);
  keep_few_parked (window);
}

static gint64
written_at (const RvsOrigin *origin)
{
  GStatBuf info;
  return origin->path && g_stat (origin->path, &info) == 0 ? (gint64)info.st_mtime : 0;
}

static RvsShown *
take_parked (RvsWindow *window, guint photo_id)
{
  for (GList *l = window->parked.head; l; l = l->next)
    {
      RvsShown *shown = l->data;
      if (shown->photo_id != photo_id)
        continue;
      g_queue_delete_link (&window->parked, l);
      return shown;
    }
  return NULL;
}

void
rvs__window_forget_parked (RvsWindow *window, guint photo_id)
{
  shown_free (take_parked (window, photo_id));
}

/* NULL: nothing is kept of it, or the file is another one by now. */
static RvsShown *
unpark (RvsWindow *window, const RvsPhoto *photo)
{
  RvsShown *shown = take_parked (window, photo->id);
  if (!shown || (shown->written == written_at (&photo->origin) && shown->turn == photo->origin.turn))
    return shown;
  shown_free (shown);
  return NULL;
}

/* Shows what has been read, once the panel before it is gone. */
static void
show_ready (RvsWindow *window)
{
  RvsShown *shown = window->ready;
  if (!shown || window->retiring)
    return;
  window->ready = NULL;
  gboolean kept = shown->panel != NULL;
  if (!window->current || shown->photo_id != window->current->id)
    {
      shown_free (shown);
      return;
    }
  if (!kept)
    make_panel (window, shown);
  put_on_show (window, shown);
  if (kept)
    wake_panel (window, shown);
}

static gboolean
retire_when_idle (gpointer data)
{
  RvsWindow *window = data;
  if (!rvs_panel_idle (window->retiring->panel))
    return G_SOURCE_CONTINUE;
  window->retire_id = 0;
  park (window, g_steal_pointer (&window->retiring));
  show_ready (window);
  return G_SOURCE_REMOVE;
}

static void
retire (RvsWindow *window)
{
  if (!window->shown)
    return;
  RvsPanel *panel = window->shown->panel;
  g_action_group_change_action_state (G_ACTION_GROUP (window), "before", g_variant_new_boolean (FALSE));
  window->retiring = window->shown;
  window->shown = NULL;
  g_signal_handlers_disconnect_by_data (panel, window);
  g_signal_handlers_disconnect_by_data (rvs_panel_view (panel), window);
  if (rvs_panel_busy (panel))
    rvs_panel_stop (panel);
  window->retire_id = g_timeout_add (RETIRE_POLL_MS, retire_when_idle, window);
}

/* ---- reading ------------------------------------------------------------------------------ */

static void
reading_free (gpointer data)
{
  RvsReading *reading = data;
  rvs_origin_clear (&reading->origin);
  rvs_working_close (&reading->working);
  rvs_picture_clear (&reading->picture);
  g_free (reading->kind);
  g_free (reading);
}

static void
read_photo (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  RvsReading *reading = data;
  (void)source, (void)cancellable;
  reading->status = rvs_load (&reading->origin, &reading->stop, &reading->picture, &reading->kind, &reading->err);
  if (reading->status == RVS_OK)
    reading->status = rvs_working_open (&reading->picture, &reading->working, &reading->err);
  g_task_return_boolean (task, TRUE);
}

static void
show_broken (RvsWindow *window, RvsPhoto *photo, const char *problem)
{
  gtk_label_set_text (GTK_LABEL (window->broken_label), problem);
  rvs__window_show_page (window, "broken");
  rvs__window_photo_is_broken (window, photo, problem);
}

static void
photo_can_be_read (RvsWindow *window, RvsPhoto *photo)
{
  if (photo->origin.path)
    rvs__window_remember_file (photo->origin.path);
  if (photo->state != RVS_PHOTO_BROKEN)
    return;
  rvs_photo_set_state (photo, RVS_PHOTO_FRESH, NULL); /* it was mended meanwhile */
  rvs_thumbs_request (window->thumbs, photo->id, &photo->origin);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  RvsReading *reading = g_task_get_task_data (G_TASK (result));
  RvsWindow  *window = reading->window;
  (void)source, (void)data;
  if (!window)
    return;
  window->reading = NULL;
  RvsPhoto *photo = rvs__window_photo (window, reading->photo_id);
  if (reading->status == RVS_OK)
    {
      if (photo)
        photo_can_be_read (window, photo);
      window->ready = shown_new (window, reading);
      show_ready (window);
    }
  else if (photo)
    {
      char *problem = rvs_words_read (reading->status, &reading->err);
      show_broken (window, photo, problem);
      g_free (problem);
    }
}

static void
forget_reading (RvsWindow *window)
{
  if (window->reading)
    {
      window->reading->window = NULL;
      window->reading->stop = 1;
      window->reading = NULL;
    }
  RvsShown *ready = g_steal_pointer (&window->ready);
  if (ready && ready->panel)
    park (window, ready);
  else
    shown_free (ready);
}

static void
start_reading (RvsWindow *window, RvsPhoto *photo)
{
  RvsReading *reading = g_new0 (RvsReading, 1);
  GTask      *task = g_task_new (NULL, NULL, on_read, NULL);
  reading->window = window;
  reading->photo_id = photo->id;
  reading->asked_us = g_get_monotonic_time ();
  reading->written = written_at (&photo->origin);
  rvs_origin_copy (&photo->origin, &reading->origin);
  window->reading = reading;
  g_task_set_task_data (task, reading, reading_free);
  g_task_run_in_thread (task, read_photo);
  g_object_unref (task);
}

/* ---- showing ------------------------------------------------------------------------------ */

void
rvs__window_show_photo (RvsWindow *window, RvsPhoto *photo)
{
  if (photo == window->current && photo)
    return;
  rvs__window_keep_edits (window);
  if (window->current)
    rvs__window_show_photo_state (window, window->current);
  forget_reading (window);
  retire (window);
  window->current = photo;
  if (window->info_photo && (!photo || photo->id != window->info_photo))
    rvs__window_hush (window);
  rvs_filmstrip_select (RVS_FILMSTRIP (window->strip), photo ? photo->id : 0);
  if (photo)
    {
      gtk_label_set_text (GTK_LABEL (window->loading_label), photo->name);
      rvs__window_show_page (window, "loading");
      window->ready = unpark (window, photo);
      if (window->ready)
        {
          window->ready->asked_us = g_get_monotonic_time ();
          show_ready (window);
        }
      else
        start_reading (window, photo);
    }
  else
    rvs__window_show_page (window, "empty");
  rvs__window_update (window);
}

/* What was kept of the panel shows it as it lay. */
static void
show_turned (RvsWindow *window)
{
  RvsPhoto *photo = window->current;
  window->current = NULL;
  rvs__window_show_photo (window, photo);
  rvs_thumbs_request (window->thumbs, photo->id, &photo->origin);
}

void
rvs__window_turn (RvsWindow *window, int quarters)
{
  rvs__window_keep_edits (window);
  rvs_photo_turn (window->current, quarters);
  show_turned (window);
}

gboolean
rvs__window_was_turned (RvsWindow *window)
{
  const RvsTurn *last = window->current ? rvs_photo_last_turn (window->current) : NULL;
  RvsPanel      *panel = rvs__window_panel (window);
  return last && panel && rvs_panel_shows_picture (panel) && rvs_panel_n_changes (panel) <= last->n_strokes;
}

void
rvs__window_turn_back (RvsWindow *window)
{
  rvs__window_keep_edits (window);
  if (rvs_photo_turn_back (window->current))
    show_turned (window);
}

void
rvs__window_end_show (RvsWindow *window)
{
  forget_reading (window);
  window->current = NULL;
  if (window->retire_id)
    g_source_remove (window->retire_id);
  window->retire_id = 0;
  if (window->shown)
    {
      g_signal_handlers_disconnect_by_data (window->shown->panel, window);
      g_signal_handlers_disconnect_by_data (rvs_panel_view (window->shown->panel), window);
    }
  g_clear_pointer (&window->retiring, shown_free);
  g_clear_pointer (&window->shown, shown_free);
  g_queue_clear_full (&window->parked, (GDestroyNotify)shown_free);
}
