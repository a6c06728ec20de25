/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * load.h: a picture from a file or from the clipboard's bytes. PNG and JPEG go through plugin/io and keep everything; what
 * gdk-pixbuf can read besides comes as 8-bit pixels.
 */
#ifndef RVS_DESKTOP_LOAD_H
#define RVS_DESKTOP_LOAD_H

#include "picture.h"
#include <gio/gio.h>

/* Where a picture comes from; `path` or `bytes` is set. */
typedef struct RvsOrigin
{
  char   *path;
  GBytes *bytes;
  int     turn; /* quarters clockwise that the user turned it by, 0 to 3 */
} RvsOrigin;

void rvs_origin_copy (const RvsOrigin *from, RvsOrigin *to);
void rvs_origin_clear (RvsOrigin *origin);

/* Any thread. Turned as the origin says. *out_kind (g_free) is NULL for PNG and JPEG, else the name of the format ("WEBP") that was reduced to 8 bits. Fails as
 * rvs_picture_read; then *out is empty and *out_kind NULL. `stop` may be NULL. */
RvsStatus rvs_load (const RvsOrigin *origin, const volatile sig_atomic_t *stop, RvsPicture *out, char **out_kind, RvsError *err);

/* Whether the name's ending is one of a format that can be read. Any thread. */
gboolean rvs_load_can_read_name (const char *name);

#endif
