/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * window_build.c: the window's widgets: header bar, the pages (invitation, reading, panel, broken file), the filmstrip with
 * "Restore all", and the bar for messages.
 */
#include "app_id.h"
#include "i18n.h"
#include "naming.h"
#include "style.h"
#include "window_private.h"

#define HUSH_SECONDS 8
#define MESSAGE_HEIGHT 132
#define LOGO_PX 112

static const char CSS[]
    = ".revisage-invitation { padding: 36px; border-radius: 12px; border: 2px dashed transparent; }"
      ".revisage-drop .revisage-invitation { border-color: @theme_selected_bg_color; }"
      ".revisage-drop { box-shadow: inset 0 0 0 3px @theme_selected_bg_color; }"
      ".revisage-invitation-title { font-size: 150%; font-weight: bold; }"
      ".revisage-bottom { border-top: 1px solid alpha(currentColor, 0.15); }"
      ".revisage-cell { padding: 5px; border-radius: 6px; }"
      ".revisage-cell:checked { background-image: none; background-color: alpha(@theme_selected_bg_color, 0.35); }"
      ".revisage-thumb { border-radius: 4px; background-color: alpha(currentColor, 0.08); }"
      ".revisage-badge { margin: 3px; padding: 2px; border-radius: 9px; color: #ffffff; background-color: rgba(45,45,45,0.85); }"
      ".revisage-good { background-color: #2c7d45; }"
      ".revisage-bad { background-color: #b3261e; }";

static void
add_class (GtkWidget *widget, const char *name)
{
  gtk_style_context_add_class (gtk_widget_get_style_context (widget), name);
}

static void
install_style (GdkScreen *screen)
{
  if (g_object_get_data (G_OBJECT (screen), "revisage-desktop-style"))
    return;
  GtkCssProvider *provider = gtk_css_provider_new ();
  gtk_css_provider_load_from_data (provider, CSS, -1, NULL);
  gtk_style_context_add_provider_for_screen (screen, GTK_STYLE_PROVIDER (provider), GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
  g_object_set_data_full (G_OBJECT (screen), "revisage-desktop-style", provider, g_object_unref);
}

static GtkWidget *
action_button (GtkWidget *button, const char *action, const char *help)
{
  gtk_actionable_set_detailed_action_name (GTK_ACTIONABLE (button), action);
  rvs_name_widget (button, help, help);
  return button;
}

static GtkWidget *
icon_button (const char *icon, const char *action, const char *help)
{
  return action_button (gtk_button_new_from_icon_name (icon, GTK_ICON_SIZE_BUTTON), action, help);
}

static GtkWidget *
linked (GtkWidget *a, GtkWidget *b)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  add_class (box, GTK_STYLE_CLASS_LINKED);
  gtk_container_add (GTK_CONTAINER (box), a);
  gtk_container_add (GTK_CONTAINER (box), b);
  return box;
}

/* ---- header bar --------------------------------------------------------------------------- */

static void
on_recent (GtkRecentChooser *chooser, RvsWindow *window)
{
  char *uri = gtk_recent_chooser_get_current_uri (chooser);
  char *path = uri ? g_filename_from_uri (uri, NULL, NULL) : NULL;
  char *paths[] = { path, NULL };
  if (path)
    rvs_window_open (window, paths);
  g_free (path);
  g_free (uri);
}

/* The files of this program, newest first. */
static GtkWidget *
recent_menu (RvsWindow *window)
{
  GtkWidget       *menu = gtk_recent_chooser_menu_new ();
  GtkRecentFilter *filter = gtk_recent_filter_new ();
  gtk_recent_filter_add_application (filter, g_get_application_name ());
  gtk_recent_chooser_add_filter (GTK_RECENT_CHOOSER (menu), filter);
  gtk_recent_chooser_set_sort_type (GTK_RECENT_CHOOSER (menu), GTK_RECENT_SORT_MRU);
  gtk_recent_chooser_set_limit (GTK_RECENT_CHOOSER (menu), 12);
  gtk_recent_chooser_set_show_not_found (GTK_RECENT_CHOOSER (menu), FALSE);
  gtk_recent_chooser_set_local_only (GTK_RECENT_CHOOSER (menu), TRUE);
  gtk_recent_chooser_set_show_tips (GTK_RECENT_CHOOSER (menu), TRUE);
  g_signal_connect (menu, "item-activated", G_CALLBACK (on_recent), window);
  return menu;
}

static GtkWidget *
main_menu (void)
{
  GMenu     *menu = g_menu_new (), *edit = g_menu_new (), *photos = g_menu_new (), *help = g_menu_new ();
  GtkWidget *button = gtk_menu_button_new ();
  g_menu_append (edit, _ ("_Undo"), "win.undo");
  g_menu_append (edit, _ ("_Paste a Picture"), "win.paste");
  g_menu_append (edit, _ ("_Copy the Result"), "win.copy");
  g_menu_append (photos, _ ("Turn _Left"), "win.turn-left");
  g_menu_append (photos, _ ("Turn Ri_ght"), "win.turn-right");
  g_menu_append (photos, _ ("_Reset the Settings"), "win.reset");
  g_menu_append (photos, _ ("_Use These Settings for All Photos"), "win.same-settings");
  g_menu_append (photos, _ ("C_lose This Photo"), "win.close-photo");
  g_menu_append (help, _ ("_Keyboard Shortcuts"), "win.shortcuts");
  g_menu_append (help, _ ("_Help"), "win.help");
  g_menu_append (help, _ ("_About Revisage"), "win.about");
  g_menu_append_section (menu, NULL, G_MENU_MODEL (edit));
  g_menu_append_section (menu, NULL, G_MENU_MODEL (photos));
  g_menu_append_section (menu, NULL, G_MENU_MODEL (help));
  gtk_container_add (GTK_CONTAINER (button), gtk_image_new_from_icon_name ("open-menu-symbolic", GTK_ICON_SIZE_BUTTON));
  gtk_menu_button_set_menu_model (GTK_MENU_BUTTON (button), G_MENU_MODEL (menu));
  rvs_name_widget (button, _ ("Menu"), _ ("Menu"));
  g_object_unref (edit);
  g_object_unref (photos);
  g_object_unref (help);
  g_object_unref (menu);
  return button;
}

static void
build_header (RvsWindow *window)
{
  GtkHeaderBar *header = GTK_HEADER_BAR (gtk_header_bar_new ());
  GtkWidget    *open = action_button (gtk_button_new_with_mnemonic (_ ("_Open…")), "win.open", _ ("Open photos (Ctrl+O)"));
  GtkWidget    *recent = gtk_menu_button_new ();
  GtkWidget    *save
      = action_button (gtk_button_new_with_mnemonic (_ ("_Save As…")), "win.save", _ ("Save the restored photo (Ctrl+S)"));
  gtk_menu_button_set_popup (GTK_MENU_BUTTON (recent), recent_menu (window));
  rvs_name_widget (recent, _ ("Recent photos"), _ ("Recent photos"));
  window->before_button = gtk_toggle_button_new_with_mnemonic (_ ("O_riginal"));
  action_button (window->before_button, "win.before", _ ("Show only the photo before (Ctrl+B)"));
  add_class (save, GTK_STYLE_CLASS_SUGGESTED_ACTION);
  gtk_header_bar_set_show_close_button (header, TRUE);
  gtk_header_bar_pack_start (header, linked (open, recent));
  gtk_header_bar_pack_start (header, window->before_button);
  gtk_header_bar_pack_end (header, main_menu ());
  gtk_header_bar_pack_end (header, save);
  gtk_header_bar_pack_end (header, linked (icon_button ("zoom-out-symbolic", "win.zoom-out", _ ("Zoom out (Ctrl+−)")),
                                           icon_button ("zoom-in-symbolic", "win.zoom-in", _ ("Zoom in (Ctrl++)"))));
  window->header = GTK_WIDGET (header);
  gtk_window_set_titlebar (GTK_WINDOW (window), window->header);
}

/* ---- messages ----------------------------------------------------------------------------- */

void
rvs__window_hush (RvsWindow *window)
{
  if (window->info_id)
    g_source_remove (window->info_id);
  window->info_id = 0;
  g_string_truncate (window->problems, 0);
  gtk_widget_hide (window->info_bar);
}

static gboolean
hush_later (gpointer data)
{
  RvsWindow *window = data;
  window->info_id = 0;
  rvs__window_hush (window);
  return G_SOURCE_REMOVE;
}

static const char *
icon_of (GtkMessageType type)
{
  return type == GTK_MESSAGE_ERROR     ? "dialog-error-symbolic"
         : type == GTK_MESSAGE_WARNING ? "dialog-warning-symbolic"
                                       : "object-select-symbolic";
}

void
rvs__window_tell (RvsWindow *window, GtkMessageType type, const char *text, const char *folder)
{
  g_debug ("message: %s", text);
  rvs__window_hush (window);
  g_free (window->info_folder);
  window->info_folder = g_strdup (folder);
  window->info_photo = 0;
  gtk_image_set_from_icon_name (GTK_IMAGE (window->info_icon), icon_of (type), GTK_ICON_SIZE_BUTTON);
  gtk_label_set_text (GTK_LABEL (window->info_label), text);
  gtk_info_bar_set_message_type (GTK_INFO_BAR (window->info_bar), type);
  gtk_widget_set_visible (window->info_button, folder != NULL);
  gtk_widget_show (window->info_bar);
  if (type == GTK_MESSAGE_INFO)
    window->info_id = g_timeout_add_seconds (HUSH_SECONDS, hush_later, window);
}

void
rvs__window_tell_of_photo (RvsWindow *window, GtkMessageType type, const char *text, const char *folder)
{
  rvs__window_tell (window, type, text, folder);
  window->info_photo = window->current ? window->current->id : 0;
}

void
rvs__window_add_problem (RvsWindow *window, const char *line)
{
  char *before = g_strdup (window->problems->str), *all = *before ? g_strconcat (before, "\n", line, NULL) : g_strdup (line);
  rvs__window_tell (window, GTK_MESSAGE_WARNING, all, NULL);
  g_string_assign (window->problems, all);
  g_free (before);
  g_free (all);
}

static void
on_info_response (RvsWindow *window, int response)
{
  if (response == GTK_RESPONSE_ACCEPT && window->info_folder)
    {
      char *uri = g_filename_to_uri (window->info_folder, NULL, NULL);
      if (uri)
        gtk_show_uri_on_window (GTK_WINDOW (window), uri, gtk_get_current_event_time (), NULL);
      g_free (uri);
    }
  rvs__window_hush (window);
}

static GtkWidget *
build_info_bar (RvsWindow *window)
{
  GtkWidget *scrolled = gtk_scrolled_window_new (NULL, NULL);
  window->info_bar = gtk_info_bar_new ();
  add_class (window->info_bar, "revisage-message");
  add_class (window->info_bar, "revisage-success"); /* all its news are good, or problems */
  window->info_icon = gtk_image_new ();
  window->info_label = gtk_label_new (NULL);
  gtk_label_set_line_wrap (GTK_LABEL (window->info_label), TRUE);
  gtk_label_set_selectable (GTK_LABEL (window->info_label), TRUE);
  gtk_widget_set_can_focus (window->info_label, FALSE);
  gtk_label_set_xalign (GTK_LABEL (window->info_label), 0);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_propagate_natural_height (GTK_SCROLLED_WINDOW (scrolled), TRUE);
  gtk_scrolled_window_set_max_content_height (GTK_SCROLLED_WINDOW (scrolled), MESSAGE_HEIGHT);
  gtk_container_add (GTK_CONTAINER (scrolled), window->info_label);
  gtk_box_pack_start (GTK_BOX (gtk_info_bar_get_content_area (GTK_INFO_BAR (window->info_bar))), window->info_icon, FALSE, FALSE,
                      0);
  gtk_box_pack_start (GTK_BOX (gtk_info_bar_get_content_area (GTK_INFO_BAR (window->info_bar))), scrolled, TRUE, TRUE, 0);
  gtk_info_bar_set_show_close_button (GTK_INFO_BAR (window->info_bar), TRUE);
  window->info_button = gtk_info_bar_add_button (GTK_INFO_BAR (window->info_bar), _ ("Open _Folder"), GTK_RESPONSE_ACCEPT);
  gtk_widget_set_valign (window->info_button, GTK_ALIGN_CENTER);
  gtk_widget_show_all (window->info_bar);
  gtk_widget_set_no_show_all (window->info_bar, TRUE);
  gtk_widget_hide (window->info_bar);
  g_signal_connect_swapped (window->info_bar, "response", G_CALLBACK (on_info_response), window);
  return window->info_bar;
}

/* ---- pages -------------------------------------------------------------------------------- */

static GtkWidget *
centred_column (void)
{
  GtkWidget *column = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12);
  gtk_widget_set_halign (column, GTK_ALIGN_CENTER);
  gtk_widget_set_valign (column, GTK_ALIGN_CENTER);
  return column;
}

static GtkWidget *
quiet_label (const char *text)
{
  GtkWidget *label = gtk_label_new (text);
  gtk_label_set_line_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 52);
  gtk_label_set_justify (GTK_LABEL (label), GTK_JUSTIFY_CENTER);
  add_class (label, GTK_STYLE_CLASS_DIM_LABEL);
  return label;
}

static GtkWidget *
build_invitation (void)
{
  GtkWidget *column = centred_column (), *title = gtk_label_new (_ ("Drop photos here"));
  GtkWidget *logo = gtk_image_new_from_icon_name (RVS_APP_ID, GTK_ICON_SIZE_DIALOG);
  GtkWidget *open = action_button (gtk_button_new_with_mnemonic (_ ("_Open Photos…")), "win.open", _ ("Open photos (Ctrl+O)"));
  gtk_image_set_pixel_size (GTK_IMAGE (logo), LOGO_PX);
  add_class (title, "revisage-invitation-title");
  add_class (open, GTK_STYLE_CLASS_SUGGESTED_ACTION);
  gtk_widget_set_halign (open, GTK_ALIGN_CENTER);
  gtk_widget_set_margin_top (open, 6);
  gtk_box_pack_start (GTK_BOX (column), logo, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (column), title, FALSE, FALSE, 0);
  gtk_box_pack_start (
      GTK_BOX (column),
      quiet_label (_ ("Blurred, small or noisy faces become clear again. All work is done on this computer; no photo "
                      "leaves it.")),
      FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (column), open, FALSE, FALSE, 0);
  add_class (column, "revisage-invitation");
  return column;
}

static GtkWidget *
build_loading (RvsWindow *window)
{
  GtkWidget *column = centred_column ();
  window->loading_spinner = gtk_spinner_new ();
  window->loading_label = quiet_label ("");
  gtk_widget_set_size_request (window->loading_spinner, 32, 32);
  gtk_box_pack_start (GTK_BOX (column), window->loading_spinner, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (column), window->loading_label, FALSE, FALSE, 0);
  return column;
}

static GtkWidget *
build_broken (RvsWindow *window)
{
  GtkWidget *column = centred_column (), *title = gtk_label_new (_ ("This file cannot be shown"));
  GtkWidget *image = gtk_image_new_from_icon_name ("dialog-warning-symbolic", GTK_ICON_SIZE_DIALOG);
  window->broken_label = quiet_label ("");
  gtk_label_set_selectable (GTK_LABEL (window->broken_label), TRUE);
  gtk_image_set_pixel_size (GTK_IMAGE (image), 64);
  add_class (image, GTK_STYLE_CLASS_DIM_LABEL);
  add_class (title, "revisage-invitation-title");
  gtk_box_pack_start (GTK_BOX (column), image, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (column), title, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (column), window->broken_label, FALSE, FALSE, 0);
  return column;
}

void
rvs__window_show_page (RvsWindow *window, const char *name)
{
  gboolean loading = g_str_equal (name, "loading");
  gtk_stack_set_visible_child_name (GTK_STACK (window->pages), name);
  g_object_set (window->loading_spinner, "active", loading, NULL);
}

/* ---- the filmstrip's bar ------------------------------------------------------------------ */

static void
on_chosen (RvsWindow *window, guint id)
{
  RvsPhoto *photo = rvs__window_photo (window, id);
  if (!rvs__window_is_tied (window) && photo)
    rvs__window_show_photo (window, photo);
  else
    rvs_filmstrip_select (RVS_FILMSTRIP (window->strip), window->current ? window->current->id : 0);
}

static void
on_removed (RvsWindow *window, guint id)
{
  RvsPhoto *photo = rvs__window_photo (window, id);
  if (photo)
    rvs__window_close_photo (window, photo);
}

static GtkWidget *
build_queue_box (RvsWindow *window)
{
  GtkWidget *column = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  window->count_label = gtk_label_new (NULL);
  window->restore_all_button = action_button (gtk_button_new_with_mnemonic (_ ("Restore _All…")), "win.restore-all",
                                              _ ("Restore and save all photos (Ctrl+R)"));
  window->queue_bar = gtk_progress_bar_new ();
  window->queue_label = gtk_label_new (NULL);
  window->stop_button
      = action_button (gtk_button_new_with_mnemonic (_ ("S_top")), "win.stop", _ ("Stop restoring; what is saved stays"));
  gtk_label_set_ellipsize (GTK_LABEL (window->queue_label), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_max_width_chars (GTK_LABEL (window->queue_label), 24);
  gtk_label_set_width_chars (GTK_LABEL (window->queue_label), 24);
  add_class (window->queue_label, "revisage-status");
  add_class (window->queue_bar, "revisage-progress");
  add_class (window->count_label, GTK_STYLE_CLASS_DIM_LABEL);
  add_class (window->queue_label, GTK_STYLE_CLASS_DIM_LABEL);
  atk_object_set_name (gtk_widget_get_accessible (window->queue_bar), _ ("Progress of all photos"));
  GtkWidget *all[]
      = { window->count_label, window->restore_all_button, window->queue_label, window->queue_bar, window->stop_button };
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      gtk_box_pack_start (GTK_BOX (column), all[i], FALSE, FALSE, 0);
      gtk_widget_set_no_show_all (all[i], i >= 2);
    }
  gtk_widget_set_valign (column, GTK_ALIGN_CENTER);
  gtk_widget_set_size_request (column, 190, -1);
  return column;
}

static GtkWidget *
build_bottom (RvsWindow *window)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  window->strip_revealer = gtk_revealer_new ();
  window->strip = rvs_filmstrip_new ();
  g_signal_connect_swapped (window->strip, "chosen", G_CALLBACK (on_chosen), window);
  g_signal_connect_swapped (window->strip, "removed", G_CALLBACK (on_removed), window);
  gtk_box_pack_start (GTK_BOX (row), window->strip, TRUE, TRUE, 0);
  gtk_box_pack_end (GTK_BOX (row), build_queue_box (window), FALSE, FALSE, 0);
  gtk_widget_set_margin_start (row, 10);
  gtk_widget_set_margin_end (row, 12);
  gtk_widget_set_margin_top (row, 5);
  gtk_widget_set_margin_bottom (row, 3);
  GtkWidget *frame = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  gtk_container_add (GTK_CONTAINER (frame), row);
  add_class (frame, "revisage-bottom");
  gtk_container_add (GTK_CONTAINER (window->strip_revealer), frame);
  gtk_revealer_set_transition_type (GTK_REVEALER (window->strip_revealer), GTK_REVEALER_TRANSITION_TYPE_SLIDE_UP);
  return window->strip_revealer;
}

void
rvs__window_build (RvsWindow *window)
{
  GtkWidget *column = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  install_style (gtk_widget_get_screen (GTK_WIDGET (window)));
  rvs_style_install (gtk_widget_get_screen (GTK_WIDGET (window)));
  build_header (window);
  window->pages = gtk_stack_new ();
  window->panel_box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  gtk_stack_set_homogeneous (GTK_STACK (window->pages), FALSE);
  gtk_stack_add_named (GTK_STACK (window->pages), build_invitation (), "empty");
  gtk_stack_add_named (GTK_STACK (window->pages), build_loading (window), "loading");
  gtk_stack_add_named (GTK_STACK (window->pages), window->panel_box, "panel");
  gtk_stack_add_named (GTK_STACK (window->pages), build_broken (window), "broken");
  gtk_box_pack_start (GTK_BOX (column), build_info_bar (window), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (column), window->pages, TRUE, TRUE, 0);
  gtk_box_pack_start (GTK_BOX (column), build_bottom (window), FALSE, FALSE, 0);
  gtk_container_add (GTK_CONTAINER (window), column);
  gtk_window_set_icon_name (GTK_WINDOW (window), RVS_APP_ID);
  gtk_widget_show_all (column);
  gtk_widget_show_all (window->header);
}
