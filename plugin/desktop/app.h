/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * app.h: the program: one instance, files as arguments, the menu's actions, the models.
 */
#ifndef RVS_DESKTOP_APP_H
#define RVS_DESKTOP_APP_H

#include <gtk/gtk.h>

#define RVS_TYPE_APP (rvs_app_get_type ())
G_DECLARE_FINAL_TYPE (RvsApp, rvs_app, RVS, APP, GtkApplication)

RvsApp *rvs_app_new (void);

/* What main() does; returns the exit code. */
int rvs_app_main (int argc, char **argv);

#endif
