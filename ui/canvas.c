/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * canvas.c: painting of the picture and its patches from the level that fits the zoom.
 */
#include "canvas.h"
#include <math.h>

#define REGION_MARGIN_PX 256
#define UNPACKED_BYTES ((gsize)8 << 20) /* of patches that are not on the screen now */

typedef struct Patch
{
  guint       face_id;
  gboolean    visible;
  guint       painted; /* by which painting last */
  RvsPyramid *pyramid;
} Patch;

struct RvsCanvas
{
  RvsView          source;
  RvsPyramid      *pyramid;
  GPtrArray       *patches; /* Patch, in order of painting */
  guint            n_paintings;
  cairo_surface_t *region; /* full-size pixels around the part last seen */
  RvsRect          region_rect;
};

static void
patch_free (gpointer data)
{
  Patch *patch = data;
  rvs_pyramid_free (patch->pyramid);
  g_free (patch);
}

RvsCanvas *
rvs_canvas_new (const RvsView *source, RvsPyramid *pyramid)
{
  RvsCanvas *picture = g_new0 (RvsCanvas, 1);
  picture->source = *source;
  picture->pyramid = pyramid;
  picture->patches = g_ptr_array_new_with_free_func (patch_free);
  return picture;
}

void
rvs_canvas_free (RvsCanvas *picture)
{
  if (!picture)
    return;
  rvs_pyramid_free (picture->pyramid);
  g_ptr_array_unref (picture->patches);
  g_clear_pointer (&picture->region, cairo_surface_destroy);
  g_free (picture);
}

int32_t
rvs_canvas_width (const RvsCanvas *picture)
{
  return picture->source.width;
}

int32_t
rvs_canvas_height (const RvsCanvas *picture)
{
  return picture->source.height;
}

static Patch *
find_patch (const RvsCanvas *picture, guint face_id)
{
  for (guint i = 0; i < picture->patches->len; i++)
    {
      Patch *patch = g_ptr_array_index (picture->patches, i);
      if (patch->face_id == face_id)
        return patch;
    }
  return NULL;
}

RvsRect
rvs_canvas_set_patch (RvsCanvas *picture, guint face_id, RvsPyramid *pyramid)
{
  Patch  *patch = find_patch (picture, face_id);
  RvsRect covered = rvs_rect_join (patch ? patch->pyramid->rect : (RvsRect){ 0 }, pyramid ? pyramid->rect : (RvsRect){ 0 });
  if (!pyramid)
    {
      if (patch)
        g_ptr_array_remove (picture->patches, patch);
      return covered;
    }
  if (!patch)
    {
      patch = g_new0 (Patch, 1);
      patch->face_id = face_id;
      patch->visible = TRUE;
      g_ptr_array_add (picture->patches, patch);
    }
  rvs_pyramid_free (patch->pyramid);
  patch->pyramid = pyramid;
  return covered;
}

void
rvs_canvas_show_patch (RvsCanvas *picture, guint face_id, gboolean visible)
{
  Patch *patch = find_patch (picture, face_id);
  if (patch)
    patch->visible = visible;
}

gboolean
rvs_canvas_has_patch (const RvsCanvas *picture, guint face_id)
{
  return find_patch (picture, face_id) != NULL;
}

gsize
rvs_canvas_bytes (const RvsCanvas *picture)
{
  gsize n = rvs_pyramid_bytes (picture->pyramid);
  for (guint i = 0; i < picture->patches->len; i++)
    n += rvs_pyramid_bytes (((const Patch *)g_ptr_array_index (picture->patches, i))->pyramid);
  return n;
}

void
rvs_canvas_pack (RvsCanvas *picture)
{
  for (guint i = 0; i < picture->patches->len; i++)
    rvs_pyramid_pack (((Patch *)g_ptr_array_index (picture->patches, i))->pyramid);
}

void
rvs_canvas_clear_patches (RvsCanvas *picture)
{
  g_ptr_array_set_size (picture->patches, 0);
}

/* Full-size pixels of what is visible, with a margin so that a small pan does not convert them again. */
static void
ensure_region (RvsCanvas *picture, RvsRect visible)
{
  RvsRect whole = { 0, 0, picture->source.width, picture->source.height };
  visible = rvs_rect_intersect (visible, whole);
  if (picture->region && rvs_rect_contains (picture->region_rect, visible))
    return;
  g_clear_pointer (&picture->region, cairo_surface_destroy);
  picture->region_rect
      = rvs_rect_intersect ((RvsRect){ visible.x - REGION_MARGIN_PX, visible.y - REGION_MARGIN_PX,
                                       visible.width + 2 * REGION_MARGIN_PX, visible.height + 2 * REGION_MARGIN_PX },
                            whole);
  if (picture->region_rect.width && picture->region_rect.height)
    picture->region = rvs_pixels_surface (&picture->source, picture->region_rect);
}

/* The coarsest level that is not enlarged. */
static int
level_for (double scale, int n_levels)
{
  int level = 0;
  while (level + 1 < n_levels && scale * (2 << level) <= 1.0001)
    level++;
  return level;
}

static void
paint_surface (cairo_t *cr, cairo_surface_t *surface, RvsRect rect, int level, double scale, double alpha)
{
  if (!surface || !rect.width || !rect.height)
    return;
  cairo_save (cr);
  cairo_rectangle (cr, rect.x, rect.y, rect.width, rect.height);
  cairo_clip (cr);
  cairo_translate (cr, rect.x, rect.y);
  cairo_scale (cr, 1 << level, 1 << level);
  cairo_set_source_surface (cr, surface, 0, 0);
  cairo_pattern_set_filter (cairo_get_source (cr), scale >= 6 ? CAIRO_FILTER_NEAREST : CAIRO_FILTER_BILINEAR);
  cairo_pattern_set_extend (cairo_get_source (cr), CAIRO_EXTEND_PAD);
  cairo_paint_with_alpha (cr, alpha);
  cairo_restore (cr);
}

static void
paint_source (RvsCanvas *picture, cairo_t *cr, RvsRect visible, double scale)
{
  int level = level_for (scale, picture->pyramid->n_levels);
  if (level > 0)
    {
      paint_surface (cr, picture->pyramid->levels[level], picture->pyramid->rect, level, scale, 1);
      return;
    }
  ensure_region (picture, visible);
  paint_surface (cr, picture->region, picture->region_rect, 0, scale, 1);
}

/* The one painted longest ago that has something to give back and is not on the screen; adds up what all hold. */
static Patch *
oldest_unpacked (const RvsCanvas *picture, gsize *out_bytes)
{
  Patch *oldest = NULL;
  *out_bytes = 0;
  for (guint i = 0; i < picture->patches->len; i++)
    {
      Patch *patch = g_ptr_array_index (picture->patches, i);
      gsize  bytes = patch->painted == picture->n_paintings ? 0 : rvs_pyramid_unpacked_bytes (patch->pyramid);
      *out_bytes += bytes;
      if (bytes && (!oldest || patch->painted < oldest->painted))
        oldest = patch;
    }
  return oldest;
}

static void
pack_patches (RvsCanvas *picture)
{
  gsize  bytes;
  Patch *patch = oldest_unpacked (picture, &bytes);
  for (; patch && bytes > UNPACKED_BYTES; patch = oldest_unpacked (picture, &bytes))
    rvs_pyramid_pack (patch->pyramid);
}

static void
paint_patch (RvsCanvas *picture, cairo_t *cr, Patch *patch, double scale, double strength)
{
  int level = level_for (scale, patch->pyramid->n_levels);
  patch->painted = picture->n_paintings;
  paint_surface (cr, rvs_pyramid_level (patch->pyramid, level), patch->pyramid->rect, level, scale, strength);
}

void
rvs_canvas_paint (RvsCanvas *picture, cairo_t *cr, RvsRect visible, double scale, double strength)
{
  paint_source (picture, cr, visible, scale);
  if (strength <= 0)
    return;
  picture->n_paintings++;
  for (guint i = 0; i < picture->patches->len; i++)
    {
      Patch  *patch = g_ptr_array_index (picture->patches, i);
      RvsRect seen = rvs_rect_intersect (visible, patch->pyramid->rect);
      if (patch->visible && seen.width && seen.height)
        paint_patch (picture, cr, patch, scale, strength);
    }
  pack_patches (picture);
}
