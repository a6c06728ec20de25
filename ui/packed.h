/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * packed.h: pixels of a patch while they are not painted: those that it covers, three bytes each. Nothing is lost. Pure functions, any thread.
 */
#ifndef RVS_UI_PACKED_H
#define RVS_UI_PACKED_H

#include <cairo.h>
#include <glib.h>

typedef struct RvsPacked RvsPacked;

/* Of an ARGB32 surface whose pixels are opaque, or 0. NULL when out of memory, or where it would be no smaller. */
RvsPacked *rvs_packed_new (cairo_surface_t *surface);
/* The surface again, byte for byte. cairo_surface_destroy; NULL when out of memory. */
cairo_surface_t *rvs_packed_surface (const RvsPacked *packed);
gsize            rvs_packed_bytes (const RvsPacked *packed); /* NULL: 0 */
void             rvs_packed_free (RvsPacked *packed);        /* NULL-safe */

#endif
