/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * drag_source.c: a small window to drag files from, as from a file manager: drag_source PATH...
 */
#include <gtk/gtk.h>

static void
give (GtkWidget *widget, GdkDragContext *context, GtkSelectionData *data, guint info, guint time, gpointer uris)
{
  (void)widget, (void)context, (void)info, (void)time;
  gtk_selection_data_set_uris (data, uris);
}

int
main (int argc, char **argv)
{
  gtk_init (&argc, &argv);
  GPtrArray *uris = g_ptr_array_new ();
  for (int i = 1; i < argc; i++)
    g_ptr_array_add (uris, g_filename_to_uri (argv[i], NULL, NULL));
  g_ptr_array_add (uris, NULL);
  GtkWidget *window = gtk_window_new (GTK_WINDOW_POPUP), *box = gtk_event_box_new ();
  gtk_container_add (GTK_CONTAINER (box), gtk_label_new ("drag from here"));
  gtk_container_add (GTK_CONTAINER (window), box);
  gtk_widget_set_size_request (window, 120, 40);
  gtk_drag_source_set (box, GDK_BUTTON1_MASK, NULL, 0, GDK_ACTION_COPY);
  gtk_drag_source_add_uri_targets (box);
  g_signal_connect (box, "drag-data-get", G_CALLBACK (give), uris->pdata);
  g_signal_connect (box, "drag-end", G_CALLBACK (gtk_main_quit), NULL);
  gtk_window_move (GTK_WINDOW (window), 0, 0);
  gtk_widget_show_all (window);
  gtk_main ();
  return 0;
}
