/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * pixels.h: from engine views to what cairo paints: 8-bit surfaces, their halvings, and the patch of pixels that a
 * restored face changed. Pure functions, any thread.
 */
#ifndef RVS_UI_PIXELS_H
#define RVS_UI_PIXELS_H

#include "packed.h"
#include "rect.h"

#define RVS_PYRAMID_LEVELS 10
/* Patches cover whole cells of this size, so that they are averaged over the same pixels as the picture's own levels. */
#define RVS_PATCH_CELL_PX 64

/* levels[k] is 2^k times smaller than the rect; level 0 of a whole picture is NULL (drawn from its view when needed). Of a patch the two
 * finest may be there packed only, which takes less than half of the memory: ask rvs_pyramid_level for them. */
typedef struct RvsPyramid
{
  RvsRect          rect;
  int              n_levels;
  cairo_surface_t *levels[RVS_PYRAMID_LEVELS];
  RvsPacked       *packed; /* level 0; NULL: not packed */
} RvsPyramid;

static inline const guint8 *
rvs_view_at (const RvsView *view, int32_t x, int32_t y)
{
  return (const guint8 *)view->pixels + view->stride * y + (size_t)x * rvs_view_pixel_bytes (view);
}

/* RGB24; transparent pixels are shown over a checkerboard. NULL when out of memory. */
cairo_surface_t *rvs_pixels_surface (const RvsView *view, RvsRect rect);
/* ARGB32: the pixels of `after` that differ from `before`, everything else transparent, so that patches may overlap. */
cairo_surface_t *rvs_pixels_patch (const RvsView *before, const RvsView *after, RvsRect rect);
/* Box filter by two, rounding sizes up. NULL when out of memory. */
cairo_surface_t *rvs_pixels_halve (cairo_surface_t *surface);

/* The pyramid of a whole picture, without level 0, down to 512 px. NULL when out of memory. */
RvsPyramid *rvs_pyramid_of_view (const RvsView *view);
/* The pyramid of what changed inside `rect`, which is all that it covers, grown to whole cells, level 0 included, packed where the
 * patch is not large; both views must hold pixels there. */
RvsPyramid *rvs_pyramid_of_patch (const RvsView *before, const RvsView *after, RvsRect rect);
/* Owned by the pyramid, which keeps it from then on; NULL when out of memory. One thread at a time. */
cairo_surface_t *rvs_pyramid_level (RvsPyramid *pyramid, int level);
/* Gives back the levels that rvs_pyramid_level can make again, and how many bytes they hold. */
void  rvs_pyramid_pack (RvsPyramid *pyramid);
gsize rvs_pyramid_unpacked_bytes (const RvsPyramid *pyramid);
gsize rvs_pyramid_bytes (const RvsPyramid *pyramid); /* all that it holds */
void  rvs_pyramid_free (RvsPyramid *pyramid);        /* NULL-safe */

#endif
