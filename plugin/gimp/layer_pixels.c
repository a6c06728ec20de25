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

/* Its own, in 8 bits. */
static const Babl *
channel_format (GeglBuffer *channel)
{
  const Babl *native = gegl_buffer_get_format (channel);
  const char *encoding = babl_format_get_encoding (native);
  char       *name = g_strdup_printf ("%.*s u8", (int)strcspn (encoding, " "), encoding);
  const Babl *format = babl_format_with_space (name, babl_format_get_space (native));
  g_free (name);
  return format;
}

/* Beyond the canvas it is as at its edge. */
static gboolean
read_channel_rows (gpointer user, const char *name, int32_t y, int32_t n_rows, guint8 *values, GError **error)
{
  RvsLayerSource *layer = user;
  GeglRectangle   rect = { layer->offset_x, layer->offset_y + y, layer->source.width, n_rows };
  guint           i = 0;
  (void)error;
  while (!g_str_equal (g_ptr_array_index (layer->channel_names, i), name))
    i++;
  GeglBuffer *channel = g_ptr_array_index (layer->channels, i);
  gegl_buffer_get (channel, &rect, 1.0, channel_format (channel), values, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_CLAMP);
  return TRUE;
}

void
rvs_layer_source_add_channel (RvsLayerSource *layer, const char *name, GeglBuffer *buffer)
{
  if (strlen (name) >= RVS_CHANNEL_MAX)
    {
      g_object_unref (buffer);
      return;
    }
  if (!layer->channels)
    {
      layer->channels = g_ptr_array_new_with_free_func (g_object_unref);
      layer->channel_names = g_ptr_array_new_with_free_func (g_free);
      g_ptr_array_add (layer->channel_names, NULL);
    }
  babl_fish (gegl_buffer_get_format (buffer), channel_format (buffer));
  g_ptr_array_add (layer->channels, buffer);
  g_ptr_array_insert (layer->channel_names, (int)layer->channel_names->len - 1, g_strdup (name));
  layer->source.channel_names = (const char *const *)(void *)layer->channel_names->pdata;
  layer->source.read_channel_rows = read_channel_rows;
}

void
rvs_layer_source_clear (RvsLayerSource *layer)
{
  g_clear_object (&layer->buffer);
  g_clear_object (&layer->selection);
  g_clear_pointer (&layer->channels, g_ptr_array_unref);
  g_clear_pointer (&layer->channel_names, g_ptr_array_unref);
}

/* GEGL keeps pixels in tiles: going through them row by row would visit each a hundred times. */
#define BAND_ROWS 64

static gboolean
rows_are_opaque (GeglBuffer *buffer, GeglRectangle rect, float *pixels)
{
  gegl_buffer_get (buffer, &rect, 1.0, babl_format ("YA float"), pixels, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  for (gsize i = 0; i < (gsize)rect.width * (gsize)rect.height; i++)
    if (!(pixels[2 * i + 1] >= 1))
      return FALSE;
  return TRUE;
}

gboolean
rvs_layer_is_opaque (GeglBuffer *buffer)
{
  int      width = gegl_buffer_get_width (buffer), height = gegl_buffer_get_height (buffer);
  float   *pixels = babl_format_has_alpha (gegl_buffer_get_format (buffer)) ? g_new (float, (gsize)width *BAND_ROWS * 2) : NULL;
  gboolean opaque = TRUE;
  for (int y = 0; pixels && opaque && y < height; y += BAND_ROWS)
    opaque = rows_are_opaque (buffer, (GeglRectangle){ 0, y, width, MIN (BAND_ROWS, height - y) }, pixels);
  g_free (pixels);
  return opaque;
}

/* ---- writing ------------------------------------------------------------------------------ */

/* Writes into a layer in its own format, a band at a time; pixels that do not change keep their very bytes. */
typedef struct LayerWriter
{
  GeglBuffer *to;
  const Babl *native, *fish;
  size_t      native_bytes, pixel_bytes;
  guint8     *band, *converted; /* native; a band and a row */
} LayerWriter;

static gboolean
writer_init (LayerWriter *w, GeglBuffer *to, const Babl *format, const RvsUiResult *result)
{
  gsize width = (gsize)result->src.width;
  w->to = to;
  w->native = gegl_buffer_get_format (to);
  w->fish = babl_fish (format, w->native);
  w->native_bytes = (size_t)babl_format_get_bytes_per_pixel (w->native);
  w->pixel_bytes = rvs_view_pixel_bytes (&result->src);
  w->band = g_try_malloc_n (width * BAND_ROWS, w->native_bytes);
  w->converted = g_try_malloc_n (width, w->native_bytes);
  return w->band && w->converted;
}

static void
writer_clear (LayerWriter *w)
{
  g_free (w->band);
  g_free (w->converted);
  gegl_buffer_flush (w->to);
}

/* A row of the band: those of n pixels of `after` that differ from `before`. */
static void
merge_row (LayerWriter *w, guint8 *row, int32_t n, const guint8 *before, const guint8 *after)
{
  babl_process (w->fish, after, w->converted, n);
  for (int32_t i = 0; i < n; i++)
    if (memcmp (before + (size_t)i * w->pixel_bytes, after + (size_t)i * w->pixel_bytes, w->pixel_bytes))
      memcpy (row + (size_t)i * w->native_bytes, w->converted + (size_t)i * w->native_bytes, w->native_bytes);
}

/* What the layer gets: n pixels of row y from x on, in the result's kind; valid until the next call. */
typedef const guint8 *(*NewPixels) (const RvsUiResult *result, int32_t x, int32_t y, int32_t n, gpointer user);

static void
write_band (LayerWriter *w, const RvsUiResult *result, RvsRect r, NewPixels get, gpointer user)
{
  GeglRectangle rect = { r.x, r.y, r.width, r.height };
  if (r.width < 1 || r.height < 1)
    return;
  gegl_buffer_get (w->to, &rect, 1.0, w->native, w->band, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  for (int32_t y = 0; y < r.height; y++)
    merge_row (w, w->band + (size_t)y * (size_t)r.width * w->native_bytes, r.width, rvs_view_at (&result->src, r.x, r.y + y),
               get (result, r.x, r.y + y, r.width, user));
  gegl_buffer_set (w->to, &rect, 0, w->native, w->band, GEGL_AUTO_ROWSTRIDE);
}

static const guint8 *
plain_pixels (const RvsUiResult *result, int32_t x, int32_t y, int32_t n, gpointer user)
{
  (void)n, (void)user;
  return rvs_view_at (&result->out, x, y);
}

gboolean
rvs_layer_write (GeglBuffer *to, const Babl *format, const RvsUiResult *result)
{
  LayerWriter w;
  gboolean    ready = writer_init (&w, to, format, result);
  for (size_t i = 0; ready && i < result->n_rects; i++)
    for (int32_t y = 0; y < result->rects[i].height; y += BAND_ROWS)
      {
        RvsRect r = result->rects[i];
        write_band (&w, result, (RvsRect){ r.x, r.y + y, r.width, MIN (BAND_ROWS, r.height - y) }, plain_pixels, NULL);
      }
  writer_clear (&w);
  return ready;
}

/* ---- a layer and its mask ----------------------------------------------------------------- */

/* Weights of one band, the width of the layer. */
typedef struct MaskBand
{
  int32_t y, n_rows, width;
  float  *weights;
  guint8 *pixels; /* a row in the result's kind */
} MaskBand;

static float *
weights_at (const MaskBand *band, int32_t x, int32_t y)
{
  return band->weights + (size_t)(y - band->y) * (size_t)band->width + x;
}

static RvsRect
part_in_band (RvsRect r, const MaskBand *band)
{
  return rvs_rect_intersect (r, (RvsRect){ 0, band->y, band->width, band->n_rows });
}

static void
collect_weights (const RvsUiResult *result, MaskBand *band)
{
  memset (band->weights, 0, (size_t)band->n_rows * (size_t)band->width * sizeof (float));
  for (size_t i = 0; i < result->n_rects; i++)
    {
      RvsRect r = part_in_band (result->rects[i], band);
      for (int32_t y = r.y; r.width > 0 && y < r.y + r.height; y++)
        {
          float *weights = weights_at (band, r.x, y);
          memcpy (weights, rvs_view_at (&result->matte, r.x, y), (size_t)r.width * sizeof (float));
          rvs_masked_weights (result, r.x, y, r.width, weights);
        }
    }
}

/* Then `weights` are those that the mask, in its own steps, really holds. */
static void
write_mask_band (GeglBuffer *mask, MaskBand *band)
{
  const Babl   *format = babl_format ("Y float");
  GeglRectangle rect = { 0, band->y, band->width, band->n_rows };
  gegl_buffer_set (mask, &rect, 0, format, band->weights, GEGL_AUTO_ROWSTRIDE);
  gegl_buffer_get (mask, &rect, 1.0, format, band->weights, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
}

static const guint8 *
masked_pixels (const RvsUiResult *result, int32_t x, int32_t y, int32_t n, gpointer user)
{
  MaskBand *band = user;
  rvs_masked_row (result, x, y, n, weights_at (band, x, y), band->pixels);
  return band->pixels;
}

static void
write_masked_band (LayerWriter *w, GeglBuffer *mask, const RvsUiResult *result, MaskBand *band)
{
  collect_weights (result, band);
  write_mask_band (mask, band);
  for (size_t i = 0; i < result->n_rects; i++)
    write_band (w, result, part_in_band (result->rects[i], band), masked_pixels, band);
}

gboolean
rvs_layer_write_masked (GeglBuffer *to, GeglBuffer *mask, const Babl *format, const RvsUiResult *result)
{
  LayerWriter w;
  gsize       width = (gsize)result->src.width;
  MaskBand    band = { .width = result->src.width,
                       .weights = g_try_new (float, width *BAND_ROWS),
                       .pixels = g_try_malloc_n (width, rvs_view_pixel_bytes (&result->src)) };
  gboolean    ready = writer_init (&w, to, format, result) && band.weights && band.pixels;
  for (int32_t y = 0; ready && y < result->src.height; y += BAND_ROWS)
    {
      band.y = y;
      band.n_rows = MIN (BAND_ROWS, result->src.height - y);
      write_masked_band (&w, mask, result, &band);
    }
  writer_clear (&w);
  gegl_buffer_flush (mask);
  g_free (band.weights);
  g_free (band.pixels);
  return ready;
}
