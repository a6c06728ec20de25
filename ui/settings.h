/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * settings.h: the key file of last values and named presets. A damaged or missing file means defaults, never an error.
 */
#ifndef RVS_UI_SETTINGS_H
#define RVS_UI_SETTINGS_H

#include "fields.h"
#include <glib.h>

typedef struct RvsSettings RvsSettings;

RvsSettings *rvs_settings_new (const char *path); /* NULL path: kept in memory only */
void         rvs_settings_free (RvsSettings *settings);
/* FALSE, and `values` untouched, when nothing was remembered. Keys that are unknown or out of range are ignored one by one. */
gboolean rvs_settings_get_last (RvsSettings *settings, RvsValues *values);
void     rvs_settings_set_last (RvsSettings *settings, const RvsValues *values);
/* NULL-terminated, sorted; g_strfreev. */
char   **rvs_settings_presets (RvsSettings *settings);
gboolean rvs_settings_get_preset (RvsSettings *settings, const char *name, RvsValues *values);
/* FALSE when the name is empty. */
gboolean rvs_settings_save_preset (RvsSettings *settings, const char *name, const RvsValues *values);
void     rvs_settings_delete_preset (RvsSettings *settings, const char *name);
/* A number about the window (its size, the divider), kept beside the values. */
int  rvs_settings_get_window (RvsSettings *settings, const char *key, int fallback);
void rvs_settings_set_window (RvsSettings *settings, const char *key, int value);
/* Writes the file (to a temporary name, then renamed) if something changed. */
void rvs_settings_save (RvsSettings *settings);

#endif
