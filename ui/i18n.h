/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * i18n.h: gettext marks with the domain spelt out, because the panel lives inside other programs' processes.
 */
#ifndef RVS_UI_I18N_H
#define RVS_UI_I18N_H

#include <glib.h>

#define RVS_GETTEXT_DOMAIN "revisage"
#undef _
#undef N_
#undef C_
#define _(text) g_dgettext (RVS_GETTEXT_DOMAIN, text)
#define N_(text) (text)
#define C_(context, text) g_dpgettext2 (RVS_GETTEXT_DOMAIN, context, text)
#define ngettext_(one, many, n) g_dngettext (RVS_GETTEXT_DOMAIN, one, many, n)

#endif
