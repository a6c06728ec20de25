/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * help.h: the window with the instructions.
 */
#ifndef RVS_UI_HELP_H
#define RVS_UI_HELP_H

#include <gtk/gtk.h>

/* Opens it over `parent`; the user closes it. Also describes every field, from the parameter table. */
void rvs_help_show (GtkWindow *parent);

#endif
