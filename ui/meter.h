/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * meter.h: how much memory this process holds, and short texts for times and sizes.
 */
#ifndef RVS_UI_METER_H
#define RVS_UI_METER_H

#include <glib.h>

/* Resident bytes, 0 when the system does not say. */
gsize rvs_meter_memory (void);
/* "1.4 s · 212 MB"; g_free. */
char *rvs_meter_text (gint64 elapsed_us);

#endif
