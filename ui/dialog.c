/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * dialog.c: the window around the panel, its buttons and its remembered size.
 */
#include "dialog.h"
#include "i18n.h"

#define DEFAULT_WIDTH 1120
#define DEFAULT_HEIGHT 660

enum
{
  RESPONSE_RESET = 1,
  RESPONSE_HELP = 2
};

struct RvsDialog
{
  const RvsUiHost *host;
  RvsSettings     *settings;
  GtkWidget       *window;
  RvsPanel        *panel;
  GMainLoop       *loop;
  gboolean         restored, dead;
};

static void
remember (RvsDialog *dialog)
{
  int       width, height;
  RvsValues values;
  gtk_window_get_size (GTK_WINDOW (dialog->window), &width, &height);
  rvs_settings_set_window (dialog->settings, "width", width);
  rvs_settings_set_window (dialog->settings, "height", height);
  if (dialog->restored)
    {
      rvs_panel_get_values (dialog->panel, &values);
      rvs_settings_set_last (dialog->settings, &values);
    }
  rvs_settings_save (dialog->settings);
}

static void
finish (RvsDialog *dialog, gboolean restored)
{
  dialog->restored = restored;
  remember (dialog);
  gtk_widget_hide (dialog->window);
  gdk_display_flush (gtk_widget_get_display (dialog->window)); /* now, not after the wait for the worker */
  if (dialog->loop)
    g_main_loop_quit (dialog->loop);
}

static void
on_response (RvsDialog *dialog, int response)
{
  switch (response)
    {
    case GTK_RESPONSE_ACCEPT:
      rvs_panel_apply (dialog->panel);
      break;
    case RESPONSE_RESET:
      rvs_panel_reset (dialog->panel);
      break;
    case RESPONSE_HELP:
      if (dialog->host->show_help)
        dialog->host->show_help (dialog->host->user, GTK_WINDOW (dialog->window));
      break;
    default:
      finish (dialog, FALSE);
    }
}

static void
on_applied (RvsDialog *dialog)
{
  finish (dialog, TRUE);
}

static void
on_state (RvsDialog *dialog)
{
  GtkDialog *window = GTK_DIALOG (dialog->window);
  gtk_dialog_set_response_sensitive (window, GTK_RESPONSE_ACCEPT, rvs_panel_can_apply (dialog->panel));
  gtk_dialog_set_response_sensitive (window, RESPONSE_RESET, !rvs_panel_applying (dialog->panel));
}

static gboolean
on_delete (RvsDialog *dialog)
{
  finish (dialog, FALSE);
  return TRUE;
}

static void
add_buttons (RvsDialog *dialog)
{
  GtkDialog *window = GTK_DIALOG (dialog->window);
  GtkWidget *actions, *reset, *help = NULL, *accept;
  if (dialog->host->show_help)
    help = gtk_dialog_add_button (window, _ ("_Help"), RESPONSE_HELP);
  reset = gtk_dialog_add_button (window, _ ("R_eset"), RESPONSE_RESET);
  gtk_dialog_add_button (window, _ ("_Cancel"), GTK_RESPONSE_CANCEL);
  accept = gtk_dialog_add_button (window, _ ("_Restore"), GTK_RESPONSE_ACCEPT);
  gtk_widget_set_tooltip_text (reset, _ ("Set everything back to the defaults"));
  gtk_style_context_add_class (gtk_widget_get_style_context (accept), GTK_STYLE_CLASS_SUGGESTED_ACTION);
  actions = gtk_widget_get_parent (accept);
  if (help)
    gtk_button_box_set_child_secondary (GTK_BUTTON_BOX (actions), help, TRUE);
  gtk_button_box_set_child_secondary (GTK_BUTTON_BOX (actions), reset, TRUE);
  gtk_container_set_border_width (GTK_CONTAINER (actions), 0); /* or the theme would add its own to these */
  gtk_widget_set_margin_start (actions, 12);
  gtk_widget_set_margin_end (actions, 16); /* where the controls end, whose scroll bar has a margin */
  gtk_widget_set_margin_bottom (actions, 12);
  gtk_dialog_set_default_response (window, GTK_RESPONSE_ACCEPT);
}

static void
size_window (RvsDialog *dialog)
{
  GdkDisplay  *display = gtk_widget_get_display (dialog->window);
  GdkMonitor  *monitor = gdk_display_get_primary_monitor (display);
  GdkRectangle area = { 0, 0, 1280, 720 };
  if (!monitor)
    monitor = gdk_display_get_monitor (display, 0);
  if (monitor)
    gdk_monitor_get_workarea (monitor, &area);
  int width = rvs_settings_get_window (dialog->settings, "width", DEFAULT_WIDTH);
  int height = rvs_settings_get_window (dialog->settings, "height", DEFAULT_HEIGHT);
  gtk_window_set_default_size (GTK_WINDOW (dialog->window), CLAMP (width, 640, MAX (640, area.width)),
                               CLAMP (height, 480, MAX (480, area.height - 40)));
}

RvsDialog *
rvs_dialog_new (const RvsUiHost *host, const RvsUiSource *source, const RvsValues *values)
{
  RvsDialog *dialog = g_new0 (RvsDialog, 1);
  char *name = host->picture_name ? g_strdup_printf (_ ("Restore Faces: %s"), host->picture_name) : g_strdup (_ ("Restore Faces"));
  dialog->host = host;
  dialog->settings = rvs_settings_new (host->settings_path);
  dialog->window = gtk_dialog_new ();
  gtk_window_set_title (GTK_WINDOW (dialog->window), name);
  g_free (name);
  dialog->panel = RVS_PANEL (rvs_panel_new (host, source, dialog->settings, values));
  GtkWidget *content = gtk_dialog_get_content_area (GTK_DIALOG (dialog->window));
  gtk_container_set_border_width (GTK_CONTAINER (dialog->panel), 12);
  gtk_box_pack_start (GTK_BOX (content), GTK_WIDGET (dialog->panel), TRUE, TRUE, 0);
  add_buttons (dialog);
  size_window (dialog);
  g_signal_connect_swapped (dialog->window, "response", G_CALLBACK (on_response), dialog);
  g_signal_connect_swapped (dialog->window, "delete-event", G_CALLBACK (on_delete), dialog);
  g_signal_connect_swapped (dialog->panel, "applied", G_CALLBACK (on_applied), dialog);
  g_signal_connect_swapped (dialog->panel, "work-changed", G_CALLBACK (on_state), dialog);
  gtk_widget_show_all (content);
  on_state (dialog);
  return dialog;
}

GtkWidget *
rvs_dialog_window (RvsDialog *dialog)
{
  return dialog->window;
}

RvsPanel *
rvs_dialog_panel (RvsDialog *dialog)
{
  return dialog->panel;
}

gboolean
rvs_dialog_run (RvsDialog *dialog)
{
  dialog->loop = g_main_loop_new (NULL, FALSE);
  gtk_window_present (GTK_WINDOW (dialog->window));
  gtk_widget_grab_focus (GTK_WIDGET (rvs_panel_view (dialog->panel)));
  g_main_loop_run (dialog->loop);
  g_clear_pointer (&dialog->loop, g_main_loop_unref);
  if (dialog->restored)
    rvs_panel_keep_result_only (dialog->panel);
  else
    rvs_panel_shut_down (dialog->panel);
  return dialog->restored;
}

void
rvs_dialog_result (RvsDialog *dialog, RvsUiResult *out_result)
{
  rvs_panel_result (dialog->panel, out_result);
}

void
rvs_dialog_free (RvsDialog *dialog)
{
  if (!dialog)
    return;
  rvs_panel_shut_down (dialog->panel);
  gtk_widget_destroy (dialog->window);
  rvs_settings_free (dialog->settings);
  g_free (dialog);
}
