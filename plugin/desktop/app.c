/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * app.c: the GtkApplication. A second start hands its files to the first and ends.
 */
#include "app.h"
#include "app_id.h"
#include "heap.h"
#include "i18n.h"
#include "window.h"
#include <glib-unix.h>
#include <libintl.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>

struct _RvsApp
{
  GtkApplication parent_instance;
  RvsModels      models;
  RvsSettings   *settings;
  gint64         started_us; /* 0 once the window was drawn */
};

G_DEFINE_TYPE (RvsApp, rvs_app, GTK_TYPE_APPLICATION)

/* ---- windows ------------------------------------------------------------------------------ */

static gboolean
on_first_draw (GtkWidget *widget, cairo_t *cr, RvsApp *app)
{
  (void)widget, (void)cr;
  if (app->started_us)
    g_debug ("window drawn after %.0f ms", (double)(g_get_monotonic_time () - app->started_us) / 1000);
  app->started_us = 0;
  return FALSE;
}

static RvsWindow *
the_window (RvsApp *app)
{
  GtkWindow *window = gtk_application_get_active_window (GTK_APPLICATION (app));
  for (GList *l = gtk_application_get_windows (GTK_APPLICATION (app)); l; l = l->next)
    if (RVS_IS_WINDOW (l->data))
      return l->data;
  window = GTK_WINDOW (rvs_window_new (GTK_APPLICATION (app), &app->models, app->settings));
  g_signal_connect_after (window, "draw", G_CALLBACK (on_first_draw), app);
  return RVS_WINDOW (window);
}

static void
activate (GApplication *application)
{
  gtk_window_present (GTK_WINDOW (the_window (RVS_APP (application))));
}

static void
open_files (GApplication *application, GFile **files, int n_files, const char *hint)
{
  RvsWindow *window = the_window (RVS_APP (application));
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);
  (void)hint;
  for (int i = 0; i < n_files; i++)
    {
      char *path = g_file_get_path (files[i]);
      g_ptr_array_add (paths, path ? path : g_file_get_uri (files[i])); /* what is no file here is named when it cannot be read */
    }
  g_ptr_array_add (paths, NULL);
  rvs_window_open (window, (char **)paths->pdata);
  g_ptr_array_unref (paths);
  gtk_window_present (GTK_WINDOW (window));
}

/* ---- life --------------------------------------------------------------------------------- */

/* Ctrl-C and the session's end: no questions, but the workers are waited for, so that no file is left half written. */
static gboolean
on_signal (gpointer data)
{
  for (GList *l = gtk_application_get_windows (data); l; l = l->next)
    if (RVS_IS_WINDOW (l->data))
      {
        rvs_window_close (l->data);
        break;
      }
  g_application_quit (data);
  return G_SOURCE_REMOVE;
}

static void
startup (GApplication *application)
{
  RvsApp *app = RVS_APP (application);
  char   *path = g_build_filename (g_get_user_config_dir (), "revisage", "desktop.ini", NULL);
  g_set_prgname (RVS_APP_ID); /* the window's class on X11 and its id on Wayland: ties it to the .desktop file */
  gdk_set_program_class (RVS_APP_ID);
  G_APPLICATION_CLASS (rvs_app_parent_class)->startup (application);
  app->settings = rvs_settings_new (path);
  g_free (path);
  g_unix_signal_add (SIGINT, on_signal, app);
  g_unix_signal_add (SIGTERM, on_signal, app);
  g_unix_signal_add (SIGHUP, on_signal, app);
}

static void
finalize (GObject *object)
{
  RvsApp *app = RVS_APP (object);
  rvs_settings_free (app->settings);
  rvs_models_clear (&app->models);
  G_OBJECT_CLASS (rvs_app_parent_class)->finalize (object);
}

static void
rvs_app_class_init (RvsAppClass *klass)
{
  GApplicationClass *application = G_APPLICATION_CLASS (klass);
  G_OBJECT_CLASS (klass)->finalize = finalize;
  application->startup = startup;
  application->activate = activate;
  application->open = open_files;
}

static int
on_options (GApplication *application, GVariantDict *options)
{
  (void)application;
  if (!g_variant_dict_contains (options, "version"))
    return -1; /* go on */
  g_print ("%s\n", rvs_version_text ());
  return 0;
}

static void
rvs_app_init (RvsApp *app)
{
  g_application_add_main_option (G_APPLICATION (app), "version", 'v', G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, _ ("Show the version"),
                                 NULL);
  g_application_set_option_context_parameter_string (G_APPLICATION (app), _ ("[FILE OR FOLDER…]"));
  g_signal_connect (app, "handle-local-options", G_CALLBACK (on_options), NULL);
  rvs_models_init (&app->models);
  app->started_us = g_get_monotonic_time ();
}

RvsApp *
rvs_app_new (void)
{
  return g_object_new (RVS_TYPE_APP, "application-id", RVS_APP_ID, "flags", G_APPLICATION_HANDLES_OPEN, "resource-base-path",
                       "/org/revisage/Revisage", NULL);
}

/* ---- main --------------------------------------------------------------------------------- */

/* The catalogs beside the program (PREFIX/bin, PREFIX/share/locale), so that an installation can be moved; else the installed ones. */
static void
bind_catalogs (void)
{
  char *program = realpath ("/proc/self/exe", NULL);
  char *folder = program ? g_path_get_dirname (program) : NULL;
  char *beside = folder ? g_build_filename (folder, "..", "share", "locale", NULL) : NULL;
  bindtextdomain (RVS_GETTEXT_DOMAIN, beside && g_file_test (beside, G_FILE_TEST_IS_DIR) ? beside : RVS_LOCALE_DIR);
  bind_textdomain_codeset (RVS_GETTEXT_DOMAIN, "UTF-8");
  textdomain (RVS_GETTEXT_DOMAIN);
  g_free (beside);
  g_free (folder);
  free (program);
}

int
rvs_app_main (int argc, char **argv)
{
  rvs_heap_return_large_blocks ();
  setlocale (LC_ALL, "");
  bind_catalogs ();
  signal (SIGXFSZ, SIG_IGN); /* a file size limit becomes a write error */
  g_set_application_name ("Revisage");
  RvsApp *app = rvs_app_new ();
  int     code = g_application_run (G_APPLICATION (app), argc, argv);
  g_object_unref (app);
  return code;
}
