/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * details.h: what plugin/io says of a file in English, for logs, in the user's language.
 */
#ifndef RVS_DESKTOP_DETAILS_H
#define RVS_DESKTOP_DETAILS_H

#include "rvs.h"
#include <glib.h>

/* Fits into brackets; NULL: there is none. g_free. What nobody has a translation of stays as it is. */
char *rvs_detail (const RvsError *err);
/* A sentence about a kind of picture that nothing here reads: the kind comes first, then the package that helps. NULL: that is not what the
 * error says. g_free. */
char *rvs_unread_kind (const RvsError *err);

#endif
