/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * thumbs.h: a worker that reads the photos of the list one after the other: for their small pictures, and to know early which of
 * them cannot be read.
 */
#ifndef RVS_DESKTOP_THUMBS_H
#define RVS_DESKTOP_THUMBS_H

#include "load.h"
#include <cairo.h>

#define RVS_THUMB_WIDTH 88
#define RVS_THUMB_HEIGHT 62

typedef struct RvsThumbs RvsThumbs;

/* On the main thread. `thumb` (borrowed; of the size above, with the device scale) is NULL when the photo cannot be read: then
 * `problem` says why, translated. */
typedef void (*RvsThumbHandler) (gpointer user, guint photo_id, cairo_surface_t *thumb, const char *problem);

/* `scale`: screen pixels a unit of size. */
RvsThumbs *rvs_thumbs_new (int scale, RvsThumbHandler handler, gpointer user);
/* Stops the worker and waits for it (a fraction of a second); the handler is not called any more. NULL-safe. */
void rvs_thumbs_free (RvsThumbs *thumbs);
/* `origin` is copied. */
void rvs_thumbs_request (RvsThumbs *thumbs, guint photo_id, const RvsOrigin *origin);

#endif
