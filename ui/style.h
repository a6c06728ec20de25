/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * style.h: the few rules of style the theme does not give.
 */
#ifndef RVS_UI_STYLE_H
#define RVS_UI_STYLE_H

#include <gtk/gtk.h>

/* Idempotent for a screen. */
void rvs_style_install (GdkScreen *screen);

#endif
