/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * presets.c: the row of named presets: choose, save under a name, delete.
 */
#include "i18n.h"
#include "naming.h"
#include "panel_private.h"
#include <string.h>

#define CUSTOM_ID "\001custom"
#define DEFAULTS_ID "\001defaults"

static void
fill (RvsPanel *panel, const char *choose)
{
  GtkComboBoxText *combo = GTK_COMBO_BOX_TEXT (panel->preset_combo);
  char           **names = rvs_settings_presets (panel->settings);
  panel->quiet = TRUE;
  gtk_combo_box_text_remove_all (combo);
  gtk_combo_box_text_append (combo, CUSTOM_ID, _ ("Current settings"));
  gtk_combo_box_text_append (combo, DEFAULTS_ID, _ ("Default settings"));
  for (int i = 0; names[i]; i++)
    gtk_combo_box_text_append (combo, names[i], names[i]);
  gtk_combo_box_set_active_id (GTK_COMBO_BOX (combo), choose);
  gtk_widget_set_sensitive (panel->preset_delete, choose[0] != '\001');
  panel->quiet = FALSE;
  g_strfreev (names);
}

void
rvs__presets_show_custom (RvsPanel *panel)
{
  panel->quiet = TRUE;
  gtk_combo_box_set_active_id (GTK_COMBO_BOX (panel->preset_combo), CUSTOM_ID);
  gtk_widget_set_sensitive (panel->preset_delete, FALSE);
  panel->quiet = FALSE;
}

static void
on_chosen (RvsPanel *panel)
{
  const char *id = gtk_combo_box_get_active_id (GTK_COMBO_BOX (panel->preset_combo));
  RvsValues   values;
  if (panel->quiet || !id || !strcmp (id, CUSTOM_ID))
    return;
  char *chosen = g_strdup (id);
  rvs_values_init (&values);
  if (strcmp (chosen, DEFAULTS_ID) != 0)
    rvs_settings_get_preset (panel->settings, chosen, &values);
  rvs_panel_set_values (panel, &values);
  fill (panel, chosen);
  g_free (chosen);
}

static void
on_delete (RvsPanel *panel)
{
  const char *id = gtk_combo_box_get_active_id (GTK_COMBO_BOX (panel->preset_combo));
  if (!id)
    return;
  rvs_settings_delete_preset (panel->settings, id);
  rvs_settings_save (panel->settings);
  fill (panel, CUSTOM_ID);
}

static void
on_name_entered (GtkEntry *entry, RvsPanel *panel)
{
  char     *name = g_strstrip (g_strdup (gtk_entry_get_text (entry)));
  RvsValues values;
  rvs_panel_get_values (panel, &values);
  if (rvs_settings_save_preset (panel->settings, name, &values))
    {
      rvs_settings_save (panel->settings);
      fill (panel, name);
      gtk_entry_set_text (entry, "");
      gtk_popover_popdown (GTK_POPOVER (gtk_widget_get_ancestor (GTK_WIDGET (entry), GTK_TYPE_POPOVER)));
    }
  g_free (name);
}

static void
on_save_clicked (GtkButton *button, GtkEntry *entry)
{
  (void)button;
  g_signal_emit_by_name (entry, "activate");
}

static GtkWidget *
name_popover (RvsPanel *panel, GtkWidget *button)
{
  GtkWidget *popover = gtk_popover_new (button), *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *entry = gtk_entry_new (), *save = gtk_button_new_with_mnemonic (_ ("_Save"));
  gtk_entry_set_placeholder_text (GTK_ENTRY (entry), _ ("Name of the preset"));
  atk_object_set_name (gtk_widget_get_accessible (entry), _ ("Name of the preset"));
  gtk_style_context_add_class (gtk_widget_get_style_context (save), GTK_STYLE_CLASS_SUGGESTED_ACTION);
  g_signal_connect (entry, "activate", G_CALLBACK (on_name_entered), panel);
  g_signal_connect (save, "clicked", G_CALLBACK (on_save_clicked), entry);
  gtk_container_set_border_width (GTK_CONTAINER (box), 10);
  gtk_box_pack_start (GTK_BOX (box), entry, TRUE, TRUE, 0);
  gtk_box_pack_start (GTK_BOX (box), save, FALSE, FALSE, 0);
  gtk_container_add (GTK_CONTAINER (popover), box);
  gtk_widget_show_all (box);
  return popover;
}

GtkWidget *
rvs__presets_new (RvsPanel *panel, GtkWidget **out_label)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0), *label = gtk_label_new (_ ("Preset"));
  GtkWidget *group = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0), *save = gtk_menu_button_new ();
  panel->preset_combo = gtk_combo_box_text_new ();
  panel->preset_delete = gtk_button_new_from_icon_name ("list-remove-symbolic", GTK_ICON_SIZE_BUTTON);
  gtk_button_set_image (GTK_BUTTON (save), gtk_image_new_from_icon_name ("list-add-symbolic", GTK_ICON_SIZE_BUTTON));
  gtk_menu_button_set_popover (GTK_MENU_BUTTON (save), name_popover (panel, save));
  rvs_name_widget (panel->preset_combo, _ ("Preset"), _ ("Preset"));
  rvs_leave_wheel_to_parent (panel->preset_combo);
  rvs_name_widget (save, _ ("Save these settings as a preset"), _ ("Save these settings as a preset"));
  rvs_name_widget (panel->preset_delete, _ ("Delete the chosen preset"), _ ("Delete the chosen preset"));
  gtk_style_context_add_class (gtk_widget_get_style_context (group), GTK_STYLE_CLASS_LINKED);
  gtk_box_pack_start (GTK_BOX (group), panel->preset_combo, TRUE, TRUE, 0);
  gtk_box_pack_start (GTK_BOX (group), save, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (group), panel->preset_delete, FALSE, FALSE, 0);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_mnemonic_widget (GTK_LABEL (label), panel->preset_combo);
  gtk_box_pack_start (GTK_BOX (row), label, FALSE, FALSE, 0);
  gtk_box_set_spacing (GTK_BOX (row), 12);
  gtk_box_pack_start (GTK_BOX (row), group, TRUE, TRUE, 0);
  *out_label = label;
  fill (panel, CUSTOM_ID);
  g_signal_connect_swapped (panel->preset_combo, "changed", G_CALLBACK (on_chosen), panel);
  g_signal_connect_swapped (panel->preset_delete, "clicked", G_CALLBACK (on_delete), panel);
  return row;
}
