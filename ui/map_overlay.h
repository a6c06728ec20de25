/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * map_overlay.h: a map of a face (rvs_map_info) in colours over the picture, at any zoom, and its legend. Which colours follows from
 * what kind of map it is; no map is known by its name.
 */
#ifndef RVS_UI_MAP_OVERLAY_H
#define RVS_UI_MAP_OVERLAY_H

#include "face_overlay.h"
#include "rvs_params.h"

typedef struct RvsMapOverlay RvsMapOverlay;

/* A copy of the values is kept, in bytes. Any thread; the others on the main thread. */
RvsMapOverlay    *rvs_map_overlay_new (const RvsMapInfo *info, const RvsFaceMap *map);
void              rvs_map_overlay_free (RvsMapOverlay *overlay); /* NULL-safe */
const RvsMapInfo *rvs_map_overlay_info (const RvsMapOverlay *overlay);
gsize             rvs_map_overlay_bytes (const RvsMapOverlay *overlay);
/* In picture coordinates, with the clip set by the caller. strength 0..1: how much of the result is shown; a map of what is seen in the
 * photo does not depend on it. */
void rvs_map_overlay_paint (RvsMapOverlay *overlay, cairo_t *cr, double strength);
/* What the colours mean, from the lower left corner of the box upwards; widget pixels. */
void rvs_map_overlay_draw_legend (const RvsMapOverlay *overlay, cairo_t *cr, GtkWidget *widget, RvsBoxF box);

#endif
