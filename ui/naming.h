/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * naming.h: names for screen readers and tooltips.
 */
#ifndef RVS_UI_NAMING_H
#define RVS_UI_NAMING_H

#include <gtk/gtk.h>

/* Gives the widget, and the parts of a list that take the keyboard focus themselves, an accessible name. `help` may be NULL; it
 * becomes the tooltip and the accessible description. */
void rvs_name_widget (GtkWidget *widget, const char *name, const char *help);

#endif
