/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * panel_look.c: the button under the preview that says how it is looked at: how before and after are compared, the loupe, and what lies over
 * the face. Lists of tables: a row more is a line more.
 */
#include "i18n.h"
#include "naming.h"
#include "panel_private.h"

#define COMPARE_KEY "compare"

static const char *const COMPARES[RVS_N_COMPARE]
    = { N_ ("_Left and right of a line"), N_ ("_Above and below a line"), N_ ("_Side by side") };

typedef struct Loupe
{
  double      magnification;
  const char *label;
} Loupe;

static const Loupe LOUPES[RVS_N_LOUPES] = { { 0, N_ ("_Off") }, { 1, N_ ("_100 %") }, { 2, N_ ("_200 %") } };

static int
chosen_in (GtkWidget *const *buttons, int n)
{
  for (int i = 0; i < n; i++)
    if (gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (buttons[i])))
      return i;
  return 0;
}

static void
on_compare (RvsPanel *panel)
{
  if (!panel->quiet)
    rvs_compare_view_set_compare (panel->view, rvs_compare_from_int (chosen_in (panel->compare_buttons, RVS_N_COMPARE)));
}

static void
on_loupe (RvsPanel *panel)
{
  if (!panel->quiet)
    rvs_compare_view_set_loupe (panel->view, LOUPES[chosen_in (panel->loupe_buttons, RVS_N_LOUPES)].magnification);
}

/* What is shown is what the next photo is shown with, also by another program. */
static void
remember (RvsPanel *panel)
{
  int compare = (int)rvs_compare_view_get_compare (panel->view);
  if (rvs_settings_get_window (panel->settings, COMPARE_KEY, RVS_COMPARE_ACROSS) == compare)
    return;
  rvs_settings_set_window (panel->settings, COMPARE_KEY, compare);
  rvs_settings_save (panel->settings);
}

void
rvs__panel_recall_look (RvsPanel *panel)
{
  int compare = rvs_settings_get_window (panel->settings, COMPARE_KEY, RVS_COMPARE_ACROSS);
  rvs_compare_view_set_compare (panel->view, rvs_compare_from_int (compare));
}

/* The caller keeps the panel quiet. */
void
rvs__panel_show_look (RvsPanel *panel)
{
  double loupe = rvs_compare_view_get_loupe (panel->view);
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (panel->compare_buttons[rvs_compare_view_get_compare (panel->view)]), TRUE);
  for (int i = 0; i < RVS_N_LOUPES; i++)
    if (LOUPES[i].magnification == loupe)
      gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (panel->loupe_buttons[i]), TRUE);
  remember (panel);
}

/* ---- the list ----------------------------------------------------------------------------- */

GtkWidget *
rvs__panel_add_title (GtkWidget *box, const char *text)
{
  GtkWidget *label = rvs__title_label (text);
  gtk_widget_set_margin_top (label, 4);
  gtk_box_pack_start (GTK_BOX (box), label, FALSE, FALSE, 0);
  return label;
}

GtkWidget *
rvs__panel_add_choice (RvsPanel *panel, GtkWidget *box, GtkWidget *first, const char *label, GCallback callback)
{
  GtkWidget *button = gtk_radio_button_new_with_mnemonic_from_widget (first ? GTK_RADIO_BUTTON (first) : NULL, label);
  g_signal_connect_swapped (button, "toggled", callback, panel);
  gtk_box_pack_start (GTK_BOX (box), button, FALSE, FALSE, 0);
  return button;
}

static GtkWidget *
build_list (RvsPanel *panel)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 4);
  g_object_set (box, "margin", 12, NULL);
  rvs__panel_add_title (box, _ ("Compare (C)"));
  for (int i = 0; i < RVS_N_COMPARE; i++)
    panel->compare_buttons[i]
        = rvs__panel_add_choice (panel, box, panel->compare_buttons[0], _ (COMPARES[i]), G_CALLBACK (on_compare));
  rvs__panel_add_title (box, _ ("Loupe (hold L, or Shift and L)"));
  for (int i = 0; i < RVS_N_LOUPES; i++)
    panel->loupe_buttons[i]
        = rvs__panel_add_choice (panel, box, panel->loupe_buttons[0], _ (LOUPES[i].label), G_CALLBACK (on_loupe));
  gtk_widget_show_all (box);
  rvs__panel_build_maps (panel, box);
  rvs__panel_build_film_button (panel, box);
  return box;
}

GtkWidget *
rvs__panel_build_look (RvsPanel *panel)
{
  GtkWidget  *button = gtk_menu_button_new (), *popover = gtk_popover_new (button);
  const char *help = _ ("Ways to look at the result");
  gtk_container_add (GTK_CONTAINER (button), gtk_image_new_from_icon_name ("view-dual-symbolic", GTK_ICON_SIZE_MENU));
  rvs_name_widget (button, help, help);
  gtk_container_add (GTK_CONTAINER (popover), build_list (panel));
  gtk_menu_button_set_popover (GTK_MENU_BUTTON (button), popover);
  gtk_menu_button_set_direction (GTK_MENU_BUTTON (button), GTK_ARROW_UP);
  return panel->look_button = button;
}
