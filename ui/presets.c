/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * presets.c: the list of presets, and the little window that asks for a name.
 */
#include "presets.h"
#include "i18n.h"
#include "naming.h"
#include "param_row.h"
#include <string.h>

#define CUSTOM_ID "\001custom"
#define DEFAULTS_ID "\001defaults"
#define OLD_PHOTO_ID "\001old"

struct _RvsPresets
{
  GtkBox       parent_instance;
  RvsSettings *settings;
  GtkWidget   *label, *combo, *delete;
  gboolean     fills; /* filling is offered */
  gboolean     quiet; /* being set by the program */
};

G_DEFINE_TYPE (RvsPresets, rvs_presets, GTK_TYPE_BOX)

enum
{
  CHOSEN,
  ASKED,
  N_SIGNALS
};
static guint signals[N_SIGNALS]; /* written once, by class_init */

static void
rvs_presets_class_init (RvsPresetsClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);
  signals[CHOSEN] = g_signal_new ("chosen", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  signals[ASKED] = g_signal_new ("asked", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
}

static void
rvs_presets_init (RvsPresets *presets)
{
  gtk_box_set_spacing (GTK_BOX (presets), 12);
}

static void
fill (RvsPresets *presets, const char *choose)
{
  GtkComboBoxText *combo = GTK_COMBO_BOX_TEXT (presets->combo);
  char           **names = rvs_settings_presets (presets->settings);
  presets->quiet = TRUE;
  gtk_combo_box_text_remove_all (combo);
  gtk_combo_box_text_append (combo, CUSTOM_ID, _ ("Current settings"));
  gtk_combo_box_text_append (combo, DEFAULTS_ID, _ ("Default settings"));
  if (presets->fills)
    gtk_combo_box_text_append (combo, OLD_PHOTO_ID, _ ("Restore old photo"));
  for (int i = 0; names[i]; i++)
    gtk_combo_box_text_append (combo, names[i], names[i]);
  gtk_combo_box_set_active_id (GTK_COMBO_BOX (combo), choose);
  gtk_widget_set_sensitive (presets->delete, choose[0] != '\001');
  presets->quiet = FALSE;
  g_strfreev (names);
}

void
rvs_presets_show_custom (RvsPresets *presets)
{
  presets->quiet = TRUE;
  gtk_combo_box_set_active_id (GTK_COMBO_BOX (presets->combo), CUSTOM_ID);
  gtk_widget_set_sensitive (presets->delete, FALSE);
  presets->quiet = FALSE;
}

static void
on_chosen (RvsPresets *presets)
{
  const char *id = gtk_combo_box_get_active_id (GTK_COMBO_BOX (presets->combo));
  RvsValues   values;
  if (presets->quiet || !id || !strcmp (id, CUSTOM_ID))
    return;
  char *chosen = g_strdup (id);
  rvs_values_init (&values);
  if (!strcmp (chosen, OLD_PHOTO_ID))
    rvs_values_old_photo (&values);
  else if (strcmp (chosen, DEFAULTS_ID) != 0)
    rvs_settings_get_preset (presets->settings, chosen, &values);
  g_signal_emit (presets, signals[CHOSEN], 0, &values);
  fill (presets, chosen);
  g_free (chosen);
}

static void
on_delete (RvsPresets *presets)
{
  const char *id = gtk_combo_box_get_active_id (GTK_COMBO_BOX (presets->combo));
  if (!id)
    return;
  rvs_settings_delete_preset (presets->settings, id);
  rvs_settings_save (presets->settings);
  fill (presets, CUSTOM_ID);
}

static void
on_name_entered (GtkEntry *entry, RvsPresets *presets)
{
  char     *name = g_strstrip (g_strdup (gtk_entry_get_text (entry)));
  RvsValues values;
  rvs_values_init (&values);
  g_signal_emit (presets, signals[ASKED], 0, &values);
  if (rvs_settings_save_preset (presets->settings, name, &values))
    {
      rvs_settings_save (presets->settings);
      fill (presets, name);
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
name_popover (RvsPresets *presets, GtkWidget *button)
{
  GtkWidget *popover = gtk_popover_new (button), *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *entry = gtk_entry_new (), *save = gtk_button_new_with_mnemonic (_ ("_Save"));
  gtk_entry_set_placeholder_text (GTK_ENTRY (entry), _ ("Name of the preset"));
  atk_object_set_name (gtk_widget_get_accessible (entry), _ ("Name of the preset"));
  gtk_style_context_add_class (gtk_widget_get_style_context (save), GTK_STYLE_CLASS_SUGGESTED_ACTION);
  g_signal_connect (entry, "activate", G_CALLBACK (on_name_entered), presets);
  g_signal_connect (save, "clicked", G_CALLBACK (on_save_clicked), entry);
  gtk_container_set_border_width (GTK_CONTAINER (box), 10);
  gtk_box_pack_start (GTK_BOX (box), entry, TRUE, TRUE, 0);
  gtk_box_pack_start (GTK_BOX (box), save, FALSE, FALSE, 0);
  gtk_container_add (GTK_CONTAINER (popover), box);
  gtk_widget_show_all (box);
  return popover;
}

/* The list, and the buttons that add to it and take away. */
static GtkWidget *
build_group (RvsPresets *presets)
{
  GtkWidget *group = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0), *save = gtk_menu_button_new ();
  presets->combo = gtk_combo_box_text_new ();
  presets->delete = gtk_button_new_from_icon_name ("list-remove-symbolic", GTK_ICON_SIZE_BUTTON);
  gtk_button_set_image (GTK_BUTTON (save), gtk_image_new_from_icon_name ("list-add-symbolic", GTK_ICON_SIZE_BUTTON));
  gtk_menu_button_set_popover (GTK_MENU_BUTTON (save), name_popover (presets, save));
  rvs_name_widget (presets->combo, _ ("Preset"), _ ("Preset"));
  rvs_leave_wheel_to_parent (presets->combo);
  rvs_name_widget (save, _ ("Save these settings as a preset"), _ ("Save these settings as a preset"));
  rvs_name_widget (presets->delete, _ ("Delete the chosen preset"), _ ("Delete the chosen preset"));
  gtk_style_context_add_class (gtk_widget_get_style_context (group), GTK_STYLE_CLASS_LINKED);
  gtk_box_pack_start (GTK_BOX (group), presets->combo, TRUE, TRUE, 0);
  gtk_box_pack_start (GTK_BOX (group), save, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (group), presets->delete, FALSE, FALSE, 0);
  return group;
}

GtkWidget *
rvs_presets_new (RvsSettings *settings, gboolean fills)
{
  RvsPresets *presets = g_object_new (RVS_TYPE_PRESETS, "orientation", GTK_ORIENTATION_HORIZONTAL, NULL);
  GtkWidget  *group = build_group (presets);
  presets->settings = settings;
  presets->fills = fills;
  presets->label = gtk_label_new_with_mnemonic (_ ("_Preset"));
  gtk_label_set_xalign (GTK_LABEL (presets->label), 0);
  gtk_label_set_mnemonic_widget (GTK_LABEL (presets->label), presets->combo);
  gtk_box_pack_start (GTK_BOX (presets), presets->label, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (presets), group, TRUE, TRUE, 0);
  fill (presets, CUSTOM_ID);
  g_signal_connect_swapped (presets->combo, "changed", G_CALLBACK (on_chosen), presets);
  g_signal_connect_swapped (presets->delete, "clicked", G_CALLBACK (on_delete), presets);
  return GTK_WIDGET (presets);
}

GtkWidget *
rvs_presets_label (RvsPresets *presets)
{
  return presets->label;
}
