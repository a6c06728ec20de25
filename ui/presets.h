/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * presets.h: the row of named presets: choose, save under a name, delete. It knows the settings' file, not who shows the values.
 *
 * Signals: "chosen" (const RvsValues *), the user chose a preset or the defaults; "asked" (RvsValues *), fill in the current values:
 * they are about to be saved.
 */
#ifndef RVS_UI_PRESETS_H
#define RVS_UI_PRESETS_H

#include "settings.h"
#include <gtk/gtk.h>

#define RVS_TYPE_PRESETS (rvs_presets_get_type ())
G_DECLARE_FINAL_TYPE (RvsPresets, rvs_presets, RVS, PRESETS, GtkBox)

/* `settings` is borrowed for the life of the widget. fills: the preset is offered that fills an old photo's scratches. */
GtkWidget *rvs_presets_new (RvsSettings *settings, gboolean fills);
/* The label before the list, for alignment with other rows. */
GtkWidget *rvs_presets_label (RvsPresets *presets);
/* The values are no longer those of the chosen preset. Emits nothing. */
void rvs_presets_show_custom (RvsPresets *presets);

#endif
