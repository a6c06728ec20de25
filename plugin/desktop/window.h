/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * window.h: the one window: header bar, the panel of the chosen photo, the filmstrip.
 */
#ifndef RVS_DESKTOP_WINDOW_H
#define RVS_DESKTOP_WINDOW_H

#include "models.h"
#include "settings.h"
#include <gtk/gtk.h>

#define RVS_TYPE_WINDOW (rvs_window_get_type ())
G_DECLARE_FINAL_TYPE (RvsWindow, rvs_window, RVS, WINDOW, GtkApplicationWindow)

/* `models` and `settings` are borrowed for the life of the window. */
GtkWidget *rvs_window_new (GtkApplication *application, RvsModels *models, RvsSettings *settings);
/* Files and folders, by path; the first new photo is shown. The strings are copied. */
void rvs_window_open (RvsWindow *window, char *const *paths);
/* Asks where the user may lose something. FALSE: the user wants to stay. */
gboolean rvs_window_may_close (RvsWindow *window);
/* Remembers sizes and settings, hides, ends the work; destroys the window. */
void rvs_window_close (RvsWindow *window);

#endif
