/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * show_dialog.c: opens the dialog on a picture, for looking at it and for screenshots: show_dialog PICTURE [SETTINGS].
 * With the double of the engine; built a second time with the real one.
 */
#include "dialog.h"
#include "heap.h"
#include "help.h"
#include "weights_session.h"
#include <libintl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

static gboolean
read_rows (gpointer user, int32_t y, int32_t n_rows, void *pixels, GError **error)
{
  GdkPixbuf **slot = user, *picture = *slot;
  size_t      row = (size_t)gdk_pixbuf_get_width (picture) * (size_t)gdk_pixbuf_get_n_channels (picture);
  (void)error;
  for (int32_t i = 0; i < n_rows; i++)
    memcpy ((guint8 *)pixels + (size_t)i * row,
            gdk_pixbuf_read_pixels (picture) + (ptrdiff_t)gdk_pixbuf_get_rowstride (picture) * (y + i), row);
  if (y + n_rows >= gdk_pixbuf_get_height (picture))
    g_clear_object (slot); /* so that the program holds what a front end holds */
  return TRUE;
}

static void
help (gpointer user, GtkWindow *parent)
{
  (void)user;
  rvs_help_show (parent);
}

int
main (int argc, char **argv)
{
  rvs_heap_return_large_blocks ();
  setlocale (LC_ALL, "");
  gtk_init (&argc, &argv);
  GError    *error = NULL;
  GdkPixbuf *picture = argc > 1 ? gdk_pixbuf_new_from_file (argv[1], &error) : NULL;
  if (!picture)
    {
      g_printerr ("%s\n", error ? error->message : "usage: show_dialog PICTURE [SETTINGS]");
      return 2;
    }
  if (g_getenv ("RVS_DARK"))
    g_object_set (gtk_settings_get_default (), "gtk-application-prefer-dark-theme", TRUE, NULL);
  if (g_getenv ("RVS_LOCALE_DIR"))
    bindtextdomain ("revisage", g_getenv ("RVS_LOCALE_DIR"));
  RvsUiSource source = { .width = gdk_pixbuf_get_width (picture),
                         .height = gdk_pixbuf_get_height (picture),
                         .channels = gdk_pixbuf_get_n_channels (picture),
                         .depth = RVS_DEPTH_U8,
                         .read_rows = read_rows,
                         .user = &picture };
  RvsUiHost   host = { .open_session = test_open_session,
                       .open_finder = test_open_finder,
                       .have_finder = test_have_finder,
                       .show_help = help,
                       .picture_name = "portrait.jpg",
                       .settings_path = argc > 2 ? argv[2] : NULL,
                       .offers_output = TRUE };
  RvsValues   values;
  rvs_values_init (&values);
  RvsDialog *dialog = rvs_dialog_new (&host, &(RvsDialogLayer){ "portrait", &source }, 1, &values);
  gboolean   restored = rvs_dialog_run (dialog);
  g_print ("%s\n", restored ? "restored" : "cancelled");
  rvs_dialog_free (dialog);
  g_clear_object (&picture);
  return 0;
}
