/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * window.c: the list of photos and the life of the window.
 */
#include "dialogs.h"
#include "gather.h"
#include "i18n.h"
#include "window_private.h"
#include <string.h>

#define ADD_SLICE_US (8 * 1000)
#define SMALLEST_WIDTH 640
#define SMALLEST_HEIGHT 480

G_DEFINE_TYPE (RvsWindow, rvs_window, GTK_TYPE_APPLICATION_WINDOW)

/* ---- the list ----------------------------------------------------------------------------- */

RvsPhoto *
rvs__window_photo (RvsWindow *window, guint id)
{
  for (guint i = 0; window->photos && i < window->photos->len; i++)
    {
      RvsPhoto *photo = g_ptr_array_index (window->photos, i);
      if (photo->id == id)
        return photo;
    }
  return NULL;
}

guint
rvs__window_count_unsaved (RvsWindow *window)
{
  guint n = 0;
  rvs__window_keep_edits (window);
  for (guint i = 0; i < window->photos->len; i++)
    n += rvs_photo_is_unsaved (g_ptr_array_index (window->photos, i));
  return n;
}

guint
rvs__window_count_readable (RvsWindow *window)
{
  guint n = 0;
  for (guint i = 0; i < window->photos->len; i++)
    n += ((RvsPhoto *)g_ptr_array_index (window->photos, i))->state != RVS_PHOTO_BROKEN;
  return n;
}

void
rvs__window_show_photo_state (RvsWindow *window, RvsPhoto *photo)
{
  rvs_filmstrip_show_state (RVS_FILMSTRIP (window->strip), photo, rvs_photo_is_unsaved (photo));
}

static void
show_count (RvsWindow *window)
{
  guint n = window->photos->len;
  char *text = g_strdup_printf (ngettext_ ("%u photo", "%u photos", n), n);
  g_debug ("list: %u", n);
  gtk_label_set_text (GTK_LABEL (window->count_label), text);
  gtk_revealer_set_reveal_child (GTK_REVEALER (window->strip_revealer), n > 1);
  g_free (text);
}

static void
show_title (RvsWindow *window)
{
  RvsPhoto *photo = window->current;
  char     *folder = photo ? rvs_photo_folder (photo) : NULL;
  char     *title = photo ? g_strconcat (rvs_photo_is_unsaved (photo) ? "• " : "", photo->name, NULL) : g_strdup ("Revisage");
  gtk_header_bar_set_title (GTK_HEADER_BAR (window->header), title);
  gtk_header_bar_set_subtitle (GTK_HEADER_BAR (window->header), folder && *folder ? folder : NULL);
  gtk_window_set_title (GTK_WINDOW (window), title);
  g_free (title);
  g_free (folder);
}

void
rvs__window_update (RvsWindow *window)
{
  rvs__window_keep_edits (window);
  show_title (window);
  if (window->current)
    rvs__window_show_photo_state (window, window->current);
  rvs__window_update_actions (window);
}

/* The values new photos start with: those of the last save or of an earlier run's end. */
static void
first_values (RvsWindow *window, RvsValues *values)
{
  rvs_values_init (values);
  rvs_settings_get_last (window->settings, values);
}

RvsPhoto *
rvs__window_add_photo (RvsWindow *window, const char *path, GBytes *bytes, const char *name)
{
  RvsPhoto *photo = path ? g_hash_table_lookup (window->known, path) : NULL;
  RvsValues values;
  if (photo)
    return photo;
  first_values (window, &values);
  photo = rvs_photo_new (path, bytes, name, &values);
  g_ptr_array_add (window->photos, photo);
  if (path)
    g_hash_table_insert (window->known, photo->origin.path, photo);
  rvs_filmstrip_add (RVS_FILMSTRIP (window->strip), photo);
  rvs_thumbs_request (window->thumbs, photo->id, &photo->origin);
  show_count (window);
  return photo;
}

void
rvs__window_remove_photo (RvsWindow *window, RvsPhoto *photo)
{
  guint index = 0;
  g_ptr_array_find (window->photos, photo, &index);
  if (photo == window->current)
    {
      guint n = window->photos->len, next = index + 1 < n ? index + 1 : index - 1;
      rvs__window_show_photo (window, n > 1 ? g_ptr_array_index (window->photos, next) : NULL);
    }
  rvs__window_forget_parked (window, photo->id);
  if (photo->origin.path)
    g_hash_table_remove (window->known, photo->origin.path);
  rvs_filmstrip_remove (RVS_FILMSTRIP (window->strip), photo->id);
  g_ptr_array_remove (window->photos, photo);
  show_count (window);
  rvs__window_update (window);
}

gboolean
rvs__window_is_tied (RvsWindow *window)
{
  return window->queue || window->saving || window->writing;
}

void
rvs__window_close_photo (RvsWindow *window, RvsPhoto *photo)
{
  guint id = photo->id;
  if (rvs__window_is_tied (window))
    return;
  rvs__window_keep_edits (window);
  if (rvs_photo_is_unsaved (photo) && rvs_ask_unsaved (GTK_WINDOW (window), 1, photo->name, FALSE) != RVS_ANSWER_DISCARD)
    return;
  photo = rvs__window_photo (window, id);
  if (photo)
    rvs__window_remove_photo (window, photo);
}

void
rvs__window_step (RvsWindow *window, int step)
{
  guint index = 0, n = window->photos->len;
  if (!window->current || n < 2 || rvs__window_is_tied (window))
    return;
  g_ptr_array_find (window->photos, window->current, &index);
  rvs__window_show_photo (window, g_ptr_array_index (window->photos, (index + n + (guint)(step + (int)n)) % n));
}

/* A few at a time, so that hundreds of dropped files do not stop the window. */
static gboolean
add_some (gpointer data)
{
  RvsWindow *window = data;
  gint64     start = g_get_monotonic_time ();
  while (window->to_add->len && g_get_monotonic_time () - start < ADD_SLICE_US)
    {
      char     *path = g_ptr_array_steal_index (window->to_add, 0);
      RvsPhoto *photo = rvs__window_add_photo (window, path, NULL, NULL);
      if (window->show_next_added && !rvs__window_is_tied (window))
        rvs__window_show_photo (window, photo);
      window->show_next_added = FALSE;
      g_free (path);
    }
  if (window->to_add->len)
    return G_SOURCE_CONTINUE;
  window->add_id = 0;
  rvs__window_update (window);
  return G_SOURCE_REMOVE;
}

static void
on_gathered (GObject *source, GAsyncResult *result, gpointer data)
{
  RvsWindow   *window = data;
  RvsGathered *gathered = rvs_gather_finish (result);
  (void)source;
  if (window->photos) /* still open */
    {
      for (guint i = 0; i < gathered->paths->len; i++)
        g_ptr_array_add (window->to_add, g_strdup (g_ptr_array_index (gathered->paths, i)));
      window->show_next_added = gathered->paths->len > 0;
      for (guint i = 0; i < gathered->problems->len; i++)
        rvs__window_add_problem (window, g_ptr_array_index (gathered->problems, i));
      if (window->to_add->len && !window->add_id)
        window->add_id = g_idle_add_full (GDK_PRIORITY_REDRAW + 10, add_some, window, NULL);
    }
  rvs_gathered_free (gathered);
  g_object_unref (window);
}

void
rvs_window_open (RvsWindow *window, char *const *paths)
{
  rvs_gather_async (paths, on_gathered, g_object_ref (window));
}

/* ---- small pictures ----------------------------------------------------------------------- */

static void
on_thumb (gpointer user, guint photo_id, cairo_surface_t *thumb, const char *problem)
{
  RvsWindow *window = user;
  RvsPhoto  *photo = rvs__window_photo (window, photo_id);
  if (!photo)
    return;
  if (thumb)
    rvs_filmstrip_set_thumb (RVS_FILMSTRIP (window->strip), photo_id, thumb);
  else
    rvs__window_photo_is_broken (window, photo, problem);
}

void
rvs__window_photo_is_broken (RvsWindow *window, RvsPhoto *photo, const char *problem)
{
  if (photo->state == RVS_PHOTO_BROKEN)
    return;
  rvs_photo_set_state (photo, RVS_PHOTO_BROKEN, problem);
  rvs__window_show_photo_state (window, photo);
  if (photo != window->current || window->photos->len > 1)
    {
      char *line = g_strdup_printf ("%s: %s", photo->name, problem);
      rvs__window_add_problem (window, line);
      g_free (line);
    }
  rvs__window_update (window);
}

/* ---- closing ------------------------------------------------------------------------------ */

static const RvsPhoto *
first_unsaved (RvsWindow *window)
{
  for (guint i = 0; i < window->photos->len; i++)
    if (rvs_photo_is_unsaved (g_ptr_array_index (window->photos, i)))
      return g_ptr_array_index (window->photos, i);
  return NULL;
}

gboolean
rvs_window_may_close (RvsWindow *window)
{
  if (window->writing)
    {
      window->save_then_close = TRUE; /* it takes a moment: nothing is left half written */
      return FALSE;
    }
  if (window->queue)
    {
      if (rvs_ask_stop (GTK_WINDOW (window)) && window->queue)
        {
          window->close_after_queue = TRUE;
          rvs__window_stop_queue (window);
        }
      return !window->queue;
    }
  guint n = rvs__window_count_unsaved (window);
  if (!n)
    return TRUE;
  const RvsPhoto *photo = first_unsaved (window);
  RvsPanel       *panel = rvs__window_panel (window);
  gboolean        can_save = n == 1 && photo == window->current && panel && rvs_panel_can_apply (panel);
  switch (rvs_ask_unsaved (GTK_WINDOW (window), n, photo->name, can_save))
    {
    case RVS_ANSWER_DISCARD:
      return TRUE;
    case RVS_ANSWER_SAVE:
      window->save_then_close = TRUE;
      rvs__window_save_as (window);
      window->save_then_close = window->saving != RVS_SAVING_NOTHING;
      return FALSE;
    case RVS_ANSWER_CANCEL:
      break;
    }
  return FALSE;
}

static void
remember (RvsWindow *window)
{
  RvsSettings *settings = window->settings;
  gboolean     maximized = gtk_window_is_maximized (GTK_WINDOW (window));
  int          width, height;
  gtk_window_get_size (GTK_WINDOW (window), &width, &height);
  rvs_settings_set_window (settings, "maximized", maximized);
  if (!maximized)
    {
      rvs_settings_set_window (settings, "width", width);
      rvs_settings_set_window (settings, "height", height);
    }
  rvs__window_keep_edits (window);
  if (window->current)
    rvs_settings_set_last (settings, &window->current->values);
  rvs_settings_save (settings);
}

void
rvs_window_close (RvsWindow *window)
{
  window->save_then_close = FALSE;
  while (window->writing) /* a moment; else its temporary file would stay */
    g_main_context_iteration (NULL, TRUE);
  remember (window);
  gtk_widget_hide (GTK_WIDGET (window));
  gdk_display_flush (gtk_widget_get_display (GTK_WIDGET (window))); /* now, not after the wait for the workers */
  gtk_widget_destroy (GTK_WIDGET (window));
}

static gboolean
on_delete (GtkWidget *widget, GdkEventAny *event)
{
  RvsWindow *window = g_object_ref (RVS_WINDOW (widget));
  (void)event;
  if (rvs_window_may_close (window) && window->photos)
    rvs_window_close (window);
  g_object_unref (window);
  return TRUE;
}

/* ---- class -------------------------------------------------------------------------------- */

static void
dispose (GObject *object)
{
  RvsWindow *window = RVS_WINDOW (object);
  if (window->photos)
    {
      g_clear_pointer (&window->queue, rvs_queue_free);
      g_clear_pointer (&window->thumbs, rvs_thumbs_free);
      rvs__window_end_show (window);
      rvs__window_hush (window);
      if (window->add_id)
        g_source_remove (window->add_id);
      g_clear_pointer (&window->known, g_hash_table_unref);
      g_clear_pointer (&window->to_add, g_ptr_array_unref);
      g_clear_pointer (&window->photos, g_ptr_array_unref);
    }
  G_OBJECT_CLASS (rvs_window_parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  RvsWindow *window = RVS_WINDOW (object);
  g_string_free (window->problems, TRUE);
  g_string_free (window->queue_problems, TRUE);
  g_string_free (window->queue_notes, TRUE);
  g_free (window->info_folder);
  g_free (window->save_path);
  g_free (window->queue_folder);
  G_OBJECT_CLASS (rvs_window_parent_class)->finalize (object);
}

static void
rvs_window_class_init (RvsWindowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dispose;
  G_OBJECT_CLASS (klass)->finalize = finalize;
  GTK_WIDGET_CLASS (klass)->delete_event = on_delete;
}

static void
rvs_window_init (RvsWindow *window)
{
  window->photos = g_ptr_array_new_with_free_func ((GDestroyNotify)rvs_photo_free);
  window->to_add = g_ptr_array_new_with_free_func (g_free);
  window->known = g_hash_table_new (g_str_hash, g_str_equal);
  window->problems = g_string_new (NULL);
  window->queue_problems = g_string_new (NULL);
  window->queue_notes = g_string_new (NULL);
  window->thumbs = rvs_thumbs_new (gtk_widget_get_scale_factor (GTK_WIDGET (window)), on_thumb, window);
}

static void
size_window (RvsWindow *window)
{
  RvsSettings *settings = window->settings;
  GdkDisplay  *display = gtk_widget_get_display (GTK_WIDGET (window));
  GdkMonitor  *monitor = gdk_display_get_primary_monitor (display);
  GdkRectangle area = { 0, 0, 1280, 720 };
  if (!monitor)
    monitor = gdk_display_get_monitor (display, 0);
  if (monitor)
    gdk_monitor_get_workarea (monitor, &area);
  int width = rvs_settings_get_window (settings, "width", MIN (1180, area.width));
  int height = rvs_settings_get_window (settings, "height", MIN (760, area.height - 40));
  gtk_window_set_default_size (GTK_WINDOW (window), CLAMP (width, SMALLEST_WIDTH, MAX (SMALLEST_WIDTH, area.width)),
                               CLAMP (height, SMALLEST_HEIGHT, MAX (SMALLEST_HEIGHT, area.height)));
  if (rvs_settings_get_window (settings, "maximized", FALSE))
    gtk_window_maximize (GTK_WINDOW (window));
}

GtkWidget *
rvs_window_new (GtkApplication *application, RvsModels *models, RvsSettings *settings)
{
  RvsWindow *window = g_object_new (RVS_TYPE_WINDOW, "application", application, NULL);
  window->models = models;
  window->settings = settings;
  rvs__window_add_actions (window);
  rvs__window_build (window);
  rvs__window_accept_drops (window);
  size_window (window);
  rvs__window_update (window);
  return GTK_WIDGET (window);
}
