/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * map_overlay.h: what lies over a face, at any zoom: a map (rvs_map_info) in colours with its legend, or an image of the face. Which
 * colours follows from what kind of map it is; no map is known by its name.
 */
#ifndef RVS_UI_MAP_OVERLAY_H
#define RVS_UI_MAP_OVERLAY_H

#include "face_overlay.h"
#include "rvs_params.h"

typedef struct RvsMapOverlay RvsMapOverlay;

/* A copy of the lines is kept, and of the values, in bytes. Any thread; the others on the main thread. */
RvsMapOverlay *rvs_map_overlay_new (const RvsMapInfo *info, const RvsFaceMap *map);
/* An image (RvsProgress.stage), which hides what it lies over. A copy is kept; NULL when out of memory. Any thread. */
RvsMapOverlay    *rvs_map_overlay_new_image (const RvsView *image, const float to_image[6]);
void              rvs_map_overlay_free (RvsMapOverlay *overlay);       /* NULL-safe */
const RvsMapInfo *rvs_map_overlay_info (const RvsMapOverlay *overlay); /* NULL: an image */
gboolean          rvs_map_overlay_of_result (const RvsMapOverlay *overlay);
int               rvs_map_overlay_side (const RvsMapOverlay *overlay); /* its width in its own pixels */
/* All of an image, at side x side device pixels; cairo_surface_destroy. */
cairo_surface_t *rvs_map_overlay_thumb (const RvsMapOverlay *overlay, int side);
gsize            rvs_map_overlay_bytes (const RvsMapOverlay *overlay);
/* In picture coordinates, with the clip set by the caller. strength 0..1: how much of the result is shown; a map of what is seen in the
 * photo does not depend on it. */
void rvs_map_overlay_paint (RvsMapOverlay *overlay, cairo_t *cr, double strength);
/* What the colours mean, from the lower left corner of the box upwards; widget pixels. */
void rvs_map_overlay_draw_legend (const RvsMapOverlay *overlay, cairo_t *cr, GtkWidget *widget, RvsBoxF box);

#endif
