/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * measure_width.c: how wide a panel must be at least, in the language of the session: for each kind of host and each model, with all settings
 * in sight. Prints "WIDTH what"; fails where one does not fit into a window of 800 pixels, and where words are cut in a wide one.
 * RVS_LOCALE_DIR: the catalogs.
 */
#include "panel.h"
#include "weights_session.h"
#include <libintl.h>
#include <locale.h>

#define WIDTH_MAX (800 - 2 * 12) /* and the window's margins */
#define WIDTH 1100               /* of a dialog as it opens */
#define HEIGHT 620
#define PATIENCE_US (3 * G_TIME_SPAN_SECOND)

static gboolean
read_rows (gpointer user, int32_t y, int32_t n_rows, void *pixels, GError **error)
{
  (void)user, (void)y, (void)error;
  memset (pixels, 128, (gsize)n_rows * 300);
  return TRUE;
}

static gboolean
read_mask_rows (gpointer user, int32_t y, int32_t n_rows, guint8 *mask, GError **error)
{
  (void)user, (void)y, (void)error;
  memset (mask, 255, (gsize)n_rows * 100);
  return TRUE;
}

static void
open_expanders (GtkWidget *widget, gpointer user)
{
  if (GTK_IS_EXPANDER (widget))
    gtk_expander_set_expanded (GTK_EXPANDER (widget), TRUE);
  if (GTK_IS_CONTAINER (widget))
    gtk_container_forall (GTK_CONTAINER (widget), open_expanders, user);
}

/* Adds the labels in sight that lack room for their words to the list `user`. */
static void
list_cut (GtkWidget *widget, gpointer user)
{
  if (GTK_IS_LABEL (widget) && gtk_widget_get_mapped (widget)
      && pango_layout_is_ellipsized (gtk_label_get_layout (GTK_LABEL (widget))))
    g_string_append_printf (user, "cut: %s\n", gtk_label_get_text (GTK_LABEL (widget)));
  if (GTK_IS_CONTAINER (widget))
    gtk_container_forall (GTK_CONTAINER (widget), list_cut, user);
}

/* Whether a panel with room to spare shows all of its words. What was just shown gets its place within some frames. */
static gboolean
shows_words (GtkWidget *panel)
{
  GString *cut = g_string_new (NULL);
  gint64   end = g_get_monotonic_time () + PATIENCE_US;
  do
    {
      while (gtk_events_pending ())
        gtk_main_iteration ();
      g_usleep (5000);
      g_string_truncate (cut, 0);
      list_cut (panel, cut);
    }
  while (cut->len && g_get_monotonic_time () < end);
  g_print ("%s", cut->str);
  gboolean all = !cut->len;
  g_string_free (cut, TRUE);
  return all;
}

/* What is not there yet takes no room: the work need not be waited for. */
static gboolean
fits (const char *what, const RvsUiHost *host, const RvsUiSource *source)
{
  RvsSettings         *settings = rvs_settings_new (NULL);
  GtkWidget           *window = gtk_window_new (GTK_WINDOW_TOPLEVEL), *panel;
  gboolean             fits = TRUE;
  RvsValues            values;
  size_t               n;
  const RvsSystemInfo *systems = rvs_systems (&n);
  rvs_values_init (&values);
  panel = rvs_panel_new (host, source, settings, &values);
  gtk_window_set_default_size (GTK_WINDOW (window), WIDTH, HEIGHT);
  gtk_container_add (GTK_CONTAINER (window), panel);
  gtk_widget_show_all (window);
  gtk_container_forall (GTK_CONTAINER (panel), open_expanders, NULL);
  for (size_t i = 0; i < n; i++)
    {
      int width;
      rvs_values_set (&values, "model", (double)i);
      rvs_panel_set_values (RVS_PANEL (panel), &values);
      fits = shows_words (panel) && fits;
      gtk_widget_get_preferred_width (panel, &width, NULL);
      g_print ("%d %s %s\n", width, what, systems[i].id);
      fits = fits && width <= WIDTH_MAX;
    }
  rvs_panel_shut_down (RVS_PANEL (panel));
  gtk_widget_destroy (window);
  rvs_settings_free (settings);
  return fits;
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "");
  gtk_init (&argc, &argv);
  if (g_getenv ("RVS_LOCALE_DIR"))
    bindtextdomain ("revisage", g_getenv ("RVS_LOCALE_DIR"));
  bind_textdomain_codeset ("revisage", "UTF-8");
  g_setenv ("RVS_FAKE_FACES", "0.1,0.2,0.3,0.4;0.6,0.2,0.3,0.4", TRUE);
  static const char *const channels[] = { "Where the photograph rules, as I painted it", NULL };
  RvsUiSource              whole = { .width = 100, .height = 100, .channels = 3, .depth = RVS_DEPTH_U8, .read_rows = read_rows },
              selected = whole;
  RvsUiHost gimp = { .open_session = test_open_session,
                     .open_finder = test_open_finder,
                     .have_finder = test_have_finder,
                     .offers_output = TRUE },
            desktop = gimp;
  selected.read_mask_rows = read_mask_rows;
  selected.channel_names = channels;
  desktop.offers_output = FALSE;
  desktop.offers_size = desktop.shows_original = TRUE;
  g_print ("%s\n", dgettext ("revisage", "Fidelity")); /* tells whether the catalog was found */
  gboolean in_gimp = fits ("in GIMP", &gimp, &selected), on_desktop = fits ("on the desktop", &desktop, &whole);
  return in_gimp && on_desktop ? 0 : 1;
}
