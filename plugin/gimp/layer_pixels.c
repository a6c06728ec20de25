/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * layer_pixels.c: choice of the working format, reading in bands, writing of what changed.
 */
#include "layer_pixels.h"
#include "pixels.h"
#include <string.h>

static gboolean
read_rows (gpointer user, int32_t y, int32_t n_rows, void *pixels, GError **error)
{
  RvsLayerSource *layer = user;
  GeglRectangle   rect = { 0, y, layer->source.width, n_rows };
  (void)error;
  gegl_buffer_get (layer->buffer, &rect, 1.0, layer->format, pixels, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  return TRUE;
}

static gboolean
read_mask_rows (gpointer user, int32_t y, int32_t n_rows, guint8 *mask, GError **error)
{
  RvsLayerSource *layer = user;
  GeglRectangle   rect = { layer->offset_x, layer->offset_y + y, layer->source.width, n_rows };
  (void)error;
  gegl_buffer_get (layer->selection, &rect, 1.0, babl_format ("Y u8"), mask, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  return TRUE;
}

/* 8 or 16 bits stay so only where the layer itself is stored in sRGB's own encoding; anything else is read as float, which also
 * keeps values outside 0..1. */
static RvsDepth
depth_for (const Babl *native)
{
  if (babl_format_is_palette (native))
    return RVS_DEPTH_U8;
  const Babl *type = babl_format_get_type (native, 0);
  gboolean    perceptual = strchr (babl_format_get_encoding (native), '\'') != NULL;
  gboolean    srgb = babl_format_get_space (native) == babl_space ("sRGB");
  if (perceptual && srgb && type == babl_type ("u8"))
    return RVS_DEPTH_U8;
  if (perceptual && srgb && type == babl_type ("u16"))
    return RVS_DEPTH_U16;
  return RVS_DEPTH_F32;
}

void
rvs_layer_source_init (RvsLayerSource *layer, GeglBuffer *buffer, gboolean grey, gboolean alpha, GeglBuffer *selection,
                       int offset_x, int offset_y)
{
  static const char *const models[] = { "R'G'B'", "R'G'B'A", "Y'", "Y'A" };
  static const int         channels[] = { 3, 4, 1, 2 };
  static const char *const types[] = { [RVS_DEPTH_U8] = "u8", [RVS_DEPTH_U16] = "u16", [RVS_DEPTH_F32] = "float" };
  int                      model = (grey ? 2 : 0) + (alpha ? 1 : 0);
  RvsDepth                 depth = depth_for (gegl_buffer_get_format (buffer));
  char                    *name = g_strdup_printf ("%s %s", models[model], types[depth]);
  memset (layer, 0, sizeof *layer);
  layer->buffer = buffer;
  layer->selection = selection;
  layer->offset_x = offset_x;
  layer->offset_y = offset_y;
  layer->format = babl_format (name);
  layer->source = (RvsUiSource){ .width = gegl_buffer_get_width (buffer),
                                 .height = gegl_buffer_get_height (buffer),
                                 .channels = channels[model],
                                 .depth = depth,
                                 .read_rows = read_rows,
                                 .read_mask_rows = selection ? read_mask_rows : NULL,
                                 .user = layer };
  g_free (name);
}

void
rvs_layer_source_clear (RvsLayerSource *layer)
{
  g_clear_object (&layer->buffer);
  g_clear_object (&layer->selection);
}

/* One row: native bytes of the changed pixels replace those in `row`. */
static void
merge_row (const RvsUiResult *result, RvsRect rect, int32_t y, const guint8 *converted, size_t native_bytes, guint8 *row)
{
  size_t        bytes = rvs_view_pixel_bytes (&result->src);
  const guint8 *before = rvs_view_at (&result->src, rect.x, y), *after = rvs_view_at (&result->out, rect.x, y);
  for (int32_t x = 0; x < rect.width; x++)
    if (memcmp (before + (size_t)x * bytes, after + (size_t)x * bytes, bytes))
      memcpy (row + (size_t)x * native_bytes, converted + (size_t)x * native_bytes, native_bytes);
}

static gboolean
write_rect (GeglBuffer *to, const Babl *format, const RvsUiResult *result, RvsRect rect)
{
  const Babl *native = gegl_buffer_get_format (to), *fish = babl_fish (format, native);
  size_t      bytes = (size_t)babl_format_get_bytes_per_pixel (native);
  guint8     *row = g_try_malloc_n ((gsize)rect.width, bytes), *converted = g_try_malloc_n ((gsize)rect.width, bytes);
  for (int32_t y = rect.y; row && converted && y < rect.y + rect.height; y++)
    {
      GeglRectangle line = { rect.x, y, rect.width, 1 };
      gegl_buffer_get (to, &line, 1.0, native, row, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
      babl_process (fish, rvs_view_at (&result->out, rect.x, y), converted, rect.width);
      merge_row (result, rect, y, converted, bytes, row);
      gegl_buffer_set (to, &line, 0, native, row, GEGL_AUTO_ROWSTRIDE);
    }
  gboolean done = row && converted;
  g_free (row);
  g_free (converted);
  return done;
}

gboolean
rvs_layer_write (GeglBuffer *to, const Babl *format, const RvsUiResult *result)
{
  for (size_t i = 0; i < result->n_rects; i++)
    if (!write_rect (to, format, result, result->rects[i]))
      return FALSE;
  gegl_buffer_flush (to);
  return TRUE;
}

static gboolean
changed_at (const RvsUiResult *result, int32_t x, int32_t y, size_t bytes)
{
  return memcmp (rvs_view_at (&result->src, x, y), rvs_view_at (&result->out, x, y), bytes) != 0;
}

gboolean
rvs_layer_write_mask (GeglBuffer *mask, const RvsUiResult *result)
{
  size_t  bytes = rvs_view_pixel_bytes (&result->src);
  int32_t width = result->src.width;
  float  *row = g_try_new (float, width);
  guint8 *changed = g_try_malloc ((gsize)width);
  for (int32_t y = 0; row && changed && y < result->src.height; y++)
    {
      GeglRectangle line = { 0, y, width, 1 };
      memset (changed, 0, (size_t)width);
      for (size_t i = 0; i < result->n_rects; i++)
        {
          RvsRect r = result->rects[i];
          for (int32_t x = r.x; y >= r.y && y < r.y + r.height && x < r.x + r.width; x++)
            changed[x] |= (guint8)changed_at (result, x, y, bytes);
        }
      gegl_buffer_get (mask, &line, 1.0, babl_format ("Y float"), row, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
      for (int32_t x = 0; x < width; x++)
        row[x] = changed[x] ? row[x] : 0;
      gegl_buffer_set (mask, &line, 0, babl_format ("Y float"), row, GEGL_AUTO_ROWSTRIDE);
    }
  gboolean done = row && changed;
  g_free (row);
  g_free (changed);
  gegl_buffer_flush (mask);
  return done;
}
