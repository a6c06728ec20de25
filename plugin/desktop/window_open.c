/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * window_open.c: the ways in: file chooser, drag and drop, clipboard.
 */
#include "dialogs.h"
#include "i18n.h"
#include "window_private.h"
#include <string.h>

void
rvs__window_choose_files (RvsWindow *window)
{
  const char *pictures = g_get_user_special_dir (G_USER_DIRECTORY_PICTURES);
  const char *path = window->current ? window->current->origin.path : NULL;
  char       *folder = path ? g_path_get_dirname (path) : g_strdup (pictures);
  char      **paths = rvs_ask_files (GTK_WINDOW (window), folder);
  g_free (folder);
  if (paths)
    rvs_window_open (window, paths);
  g_strfreev (paths);
}

void
rvs__window_remember_file (const char *path)
{
  char         *uri = g_filename_to_uri (path, NULL, NULL), *type = g_content_type_guess (path, NULL, 0, NULL);
  char         *mime = type ? g_content_type_get_mime_type (type) : NULL;
  GtkRecentData data = { .mime_type = mime ? mime : (char *)"image/png",
                         .app_name = (char *)g_get_application_name (),
                         .app_exec = (char *)"revisage-gtk %u" };
  if (uri)
    gtk_recent_manager_add_full (gtk_recent_manager_get_default (), uri, &data);
  g_free (mime);
  g_free (type);
  g_free (uri);
}

/* Those that are files of this computer; the others are named. */
static void
open_uris (RvsWindow *window, char **uris)
{
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);
  for (int i = 0; uris && uris[i]; i++)
    {
      GFile *file = g_file_new_for_uri (uris[i]);
      char  *path = g_file_get_path (file);
      if (path)
        g_ptr_array_add (paths, path);
      else
        {
          char *line = g_strdup_printf (_ ("%s: This is no file on this computer. Save it first, then open it."), uris[i]);
          rvs__window_add_problem (window, line);
          g_free (line);
        }
      g_object_unref (file);
    }
  g_ptr_array_add (paths, NULL);
  if (paths->len > 1)
    rvs_window_open (window, (char **)paths->pdata);
  g_ptr_array_unref (paths);
}

/* ---- drag and drop ------------------------------------------------------------------------ */

static void
on_drop (GtkWidget *widget, GdkDragContext *context, int x, int y, GtkSelectionData *data, guint info, guint time,
         RvsWindow *window)
{
  char **uris = gtk_selection_data_get_uris (data);
  (void)widget, (void)x, (void)y, (void)info;
  gboolean accepted = uris && !rvs__window_is_tied (window);
  if (accepted)
    {
      rvs__window_hush (window);
      open_uris (window, uris);
    }
  gtk_drag_finish (context, accepted, FALSE, time);
  g_strfreev (uris);
}

static gboolean
on_drag_motion (GtkWidget *widget, GdkDragContext *context, int x, int y, guint time, RvsWindow *window)
{
  (void)context, (void)x, (void)y, (void)time, (void)window;
  gtk_style_context_add_class (gtk_widget_get_style_context (widget), "revisage-drop");
  return FALSE; /* the default answer */
}

static void
on_drag_leave (GtkWidget *widget, GdkDragContext *context, guint time, RvsWindow *window)
{
  (void)context, (void)time, (void)window;
  gtk_style_context_remove_class (gtk_widget_get_style_context (widget), "revisage-drop");
}

void
rvs__window_accept_drops (RvsWindow *window)
{
  GtkWidget *area = gtk_bin_get_child (GTK_BIN (window));
  gtk_drag_dest_set (area, GTK_DEST_DEFAULT_MOTION | GTK_DEST_DEFAULT_DROP, NULL, 0, GDK_ACTION_COPY);
  gtk_drag_dest_add_uri_targets (area);
  g_signal_connect (area, "drag-data-received", G_CALLBACK (on_drop), window);
  g_signal_connect (area, "drag-motion", G_CALLBACK (on_drag_motion), window);
  g_signal_connect (area, "drag-leave", G_CALLBACK (on_drag_leave), window);
}

/* ---- clipboard ---------------------------------------------------------------------------- */

static void
say_nothing_to_paste (RvsWindow *window)
{
  rvs__window_tell (window, GTK_MESSAGE_WARNING, _ ("There is no picture in the clipboard. Copy one in another program first."),
                    NULL);
}

/* The bytes as the other program wrote them: a worker decodes them like a file's. */
static void
on_picture (GtkClipboard *clipboard, GtkSelectionData *data, gpointer user)
{
  RvsWindow    *window = user;
  int           n = gtk_selection_data_get_length (data);
  const guchar *from = gtk_selection_data_get_data (data);
  (void)clipboard;
  if (window->photos && n > 0)
    {
      static guint number; /* main thread */
      GBytes      *bytes = g_bytes_new (from, (gsize)n);
      char        *name = ++number > 1 ? g_strdup_printf (_ ("Pasted picture %u"), number) : g_strdup (_ ("Pasted picture"));
      RvsPhoto    *photo = rvs__window_add_photo (window, NULL, bytes, name);
      if (!rvs__window_is_tied (window))
        rvs__window_show_photo (window, photo);
      g_free (name);
      g_bytes_unref (bytes);
    }
  else if (window->photos)
    say_nothing_to_paste (window);
  g_object_unref (window);
}

static void
on_uris (GtkClipboard *clipboard, char **uris, gpointer user)
{
  RvsWindow *window = user;
  (void)clipboard;
  if (window->photos && uris)
    open_uris (window, uris);
  else if (window->photos)
    say_nothing_to_paste (window);
  g_object_unref (window);
}

/* The best form the picture is offered in: those that lose nothing first. */
static GdkAtom
best_target (const GdkAtom *targets, int n)
{
  static const char *const wanted[] = { "image/png", "image/tiff", "image/bmp", "image/webp", "image/jpeg", "image/gif" };
  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++)
    {
      GdkAtom atom = gdk_atom_intern_static_string (wanted[i]);
      for (int k = 0; k < n; k++)
        if (targets[k] == atom)
          return atom;
    }
  return GDK_NONE;
}

static void
on_targets (GtkClipboard *clipboard, GdkAtom *targets, int n, gpointer user)
{
  RvsWindow *window = user;
  GdkAtom    picture = targets ? best_target (targets, n) : GDK_NONE;
  if (targets && gtk_targets_include_uri (targets, n))
    gtk_clipboard_request_uris (clipboard, on_uris, window);
  else if (picture != GDK_NONE)
    gtk_clipboard_request_contents (clipboard, picture, on_picture, window);
  else
    {
      if (window->photos)
        say_nothing_to_paste (window);
      g_object_unref (window);
    }
}

void
rvs__window_paste (RvsWindow *window)
{
  GtkClipboard *clipboard = gtk_widget_get_clipboard (GTK_WIDGET (window), GDK_SELECTION_CLIPBOARD);
  if (rvs__window_is_tied (window))
    return;
  rvs__window_hush (window);
  gtk_clipboard_request_targets (clipboard, on_targets, g_object_ref (window));
}
