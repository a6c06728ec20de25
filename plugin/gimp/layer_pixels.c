/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * layer_pixels.c: choice of the working format, reading in bands, writing of what changed.
 */
#include "layer_pixels.h"
#include "masked_pixels.h"
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
  /* now, because the first conversion of a kind takes babl a while, and the dialog reads while it is on the screen */
  babl_fish (gegl_buffer_get_format (buffer), layer->format);
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

/* ---- writing ------------------------------------------------------------------------------ */

/* Writes into a layer in its own format; pixels that do not change keep their very bytes. */
typedef struct LayerWriter
{
  GeglBuffer *to;
  const Babl *native, *fish;
  size_t      native_bytes, pixel_bytes;
  guint8     *row, *converted; /* native */
} LayerWriter;

static gboolean
writer_init (LayerWriter *w, GeglBuffer *to, const Babl *format, const RvsUiResult *result)
{
  w->to = to;
  w->native = gegl_buffer_get_format (to);
  w->fish = babl_fish (format, w->native);
  w->native_bytes = (size_t)babl_format_get_bytes_per_pixel (w->native);
  w->pixel_bytes = rvs_view_pixel_bytes (&result->src);
  w->row = g_try_malloc_n ((gsize)result->src.width, w->native_bytes);
  w->converted = g_try_malloc_n ((gsize)result->src.width, w->native_bytes);
  return w->row && w->converted;
}

static void
writer_clear (LayerWriter *w)
{
  g_free (w->row);
  g_free (w->converted);
  gegl_buffer_flush (w->to);
}

/* n pixels from (x, y) on; those of `after` that differ from `before`. */
static void
write_span (LayerWriter *w, int32_t x, int32_t y, int32_t n, const guint8 *before, const guint8 *after)
{
  GeglRectangle line = { x, y, n, 1 };
  gegl_buffer_get (w->to, &line, 1.0, w->native, w->row, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  babl_process (w->fish, after, w->converted, n);
  for (int32_t i = 0; i < n; i++)
    if (memcmp (before + (size_t)i * w->pixel_bytes, after + (size_t)i * w->pixel_bytes, w->pixel_bytes))
      memcpy (w->row + (size_t)i * w->native_bytes, w->converted + (size_t)i * w->native_bytes, w->native_bytes);
  gegl_buffer_set (w->to, &line, 0, w->native, w->row, GEGL_AUTO_ROWSTRIDE);
}

gboolean
rvs_layer_write (GeglBuffer *to, const Babl *format, const RvsUiResult *result)
{
  LayerWriter w;
  gboolean    ready = writer_init (&w, to, format, result);
  for (size_t i = 0; ready && i < result->n_rects; i++)
    {
      RvsRect r = result->rects[i];
      for (int32_t y = r.y; y < r.y + r.height; y++)
        write_span (&w, r.x, y, r.width, rvs_view_at (&result->src, r.x, y), rvs_view_at (&result->out, r.x, y));
    }
  writer_clear (&w);
  return ready;
}

static gboolean
crosses (RvsRect r, int32_t y)
{
  return y >= r.y && y < r.y + r.height;
}

/* Multiplies row y of the mask by the weights; then `weights` are those that the mask, in its own steps, really holds. */
static void
write_mask_row (GeglBuffer *mask, int32_t y, int32_t width, float *weights, float *old)
{
  const Babl   *format = babl_format ("Y float");
  GeglRectangle line = { 0, y, width, 1 };
  gegl_buffer_get (mask, &line, 1.0, format, old, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  for (int32_t x = 0; x < width; x++)
    weights[x] *= old[x];
  gegl_buffer_set (mask, &line, 0, format, weights, GEGL_AUTO_ROWSTRIDE);
  gegl_buffer_get (mask, &line, 1.0, format, weights, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  for (int32_t x = 0; x < width; x++)
    weights[x] = old[x] > 0 ? weights[x] / old[x] : 0;
}

static void
write_masked_row (LayerWriter *w, GeglBuffer *mask, const RvsUiResult *result, int32_t y, float *weights, float *old, void *pixels)
{
  memset (weights, 0, (size_t)result->src.width * sizeof *weights);
  for (size_t i = 0; i < result->n_rects; i++)
    {
      RvsRect r = result->rects[i];
      if (!crosses (r, y))
        continue;
      memcpy (weights + r.x, rvs_view_at (&result->matte, r.x, y), (size_t)r.width * sizeof *weights);
      rvs_masked_weights (result, r.x, y, r.width, weights + r.x);
    }
  write_mask_row (mask, y, result->src.width, weights, old);
  for (size_t i = 0; i < result->n_rects; i++)
    {
      RvsRect r = result->rects[i];
      if (!crosses (r, y))
        continue;
      rvs_masked_row (result, r.x, y, r.width, weights + r.x, pixels);
      write_span (w, r.x, y, r.width, rvs_view_at (&result->src, r.x, y), pixels);
    }
}

gboolean
rvs_layer_write_masked (GeglBuffer *to, GeglBuffer *mask, const Babl *format, const RvsUiResult *result)
{
  LayerWriter w;
  gsize       width = (gsize)result->src.width;
  float      *weights = g_try_new (float, width), *old = g_try_new (float, width);
  void       *pixels = g_try_malloc_n (width, rvs_view_pixel_bytes (&result->src));
  gboolean    ready = writer_init (&w, to, format, result) && weights && old && pixels;
  for (int32_t y = 0; ready && y < result->src.height; y++)
    write_masked_row (&w, mask, result, y, weights, old, pixels);
  writer_clear (&w);
  gegl_buffer_flush (mask);
  g_free (weights);
  g_free (old);
  g_free (pixels);
  return ready;
}
