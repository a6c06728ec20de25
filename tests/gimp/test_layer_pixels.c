/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_layer_pixels.c: for every precision a GIMP layer can have: what was not changed keeps its very bytes, what was changed
 * arrives. GEGL only, no GIMP.
 */
#include "layer_pixels.h"
#include "pixels.h"
#include <stdlib.h>
#include <string.h>

#define SIDE 48
#define CHANGED_X0 10
#define CHANGED_X1 30

static const char *const FORMATS[]
    = { "R'G'B' u8", "R'G'B'A u8", "R'G'B' u16", "R'G'B'A u16", "R'G'B' u32", "R'G'B'A half", "R'G'B' float", "R'G'B'A double",
        "RGB u8",    "RGBA u8",    "RGB u16",    "RGBA u32",    "RGB half",   "RGBA float",   "RGB double",   "Y' u8",
        "Y'A u16",   "Y' u32",     "Y'A half",   "Y float",     "YA double",  "Y u8",         "YA u16" };

static GeglBuffer *
random_layer (const Babl *format)
{
  GeglRectangle whole = { 0, 0, SIDE, SIDE };
  GeglBuffer   *buffer = gegl_buffer_new (&whole, format);
  float        *pixels = g_new (float, SIDE *SIDE * 4);
  guint32       seed = 99;
  for (int i = 0; i < SIDE * SIDE * 4; i++)
    {
      seed = seed * 1664525u + 1013904223u;
      pixels[i] = (float)(seed >> 8) / (float)(1 << 24);
    }
  gegl_buffer_set (buffer, &whole, 0, babl_format ("R'G'B'A float"), pixels, GEGL_AUTO_ROWSTRIDE);
  g_free (pixels);
  return buffer;
}

static guint8 *
bytes_of (GeglBuffer *buffer)
{
  const Babl *format = gegl_buffer_get_format (buffer);
  guint8     *bytes = g_malloc ((gsize)SIDE * SIDE * (gsize)babl_format_get_bytes_per_pixel (format));
  gegl_buffer_get (buffer, NULL, 1.0, format, bytes, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  return bytes;
}

/* A result in which the first channel of a block of pixels is turned round. */
static RvsUiResult
change_block (RvsLayerSource *layer, RvsRect *rect)
{
  const RvsUiSource *s = &layer->source;
  RvsView            v = { .width = s->width, .height = s->height, .channels = s->channels, .depth = s->depth };
  RvsUiResult        result = { .n_rects = 1, .rects = rect };
  v.stride = (ptrdiff_t)((size_t)s->width * rvs_view_pixel_bytes (&v));
  guint8 *src = g_malloc ((gsize)v.stride * SIDE), *out = g_malloc ((gsize)v.stride * SIDE);
  g_assert_true (s->read_rows (s->user, 0, SIDE, src, NULL));
  memcpy (out, src, (size_t)v.stride * SIDE);
  for (int y = CHANGED_X0; y < CHANGED_X1; y++)
    for (int x = CHANGED_X0; x < CHANGED_X1; x++)
      {
        size_t i = ((size_t)y * SIDE + (size_t)x) * (size_t)s->channels;
        if (s->depth == RVS_DEPTH_U8)
          out[i] = (guint8)(out[i] ^ 0x80);
        else if (s->depth == RVS_DEPTH_U16)
          ((guint16 *)(void *)out)[i] ^= 0x8000;
        else
          ((float *)(void *)out)[i] = 1 - ((float *)(void *)out)[i];
      }
  result.src = result.out = v;
  result.src.pixels = src;
  result.out.pixels = out;
  return result;
}

static void
test_format (gconstpointer name)
{
  const Babl    *format = babl_format (name);
  RvsLayerSource layer;
  RvsRect        rect = { 5, 5, 35, 35 };
  gboolean       grey = ((const char *)name)[0] == 'Y', alpha = babl_format_has_alpha (format);
  rvs_layer_source_init (&layer, random_layer (format), grey, alpha, NULL, 0, 0);
  g_assert_cmpint (layer.source.channels, ==, (grey ? 1 : 3) + (alpha ? 1 : 0));
  RvsUiResult result = change_block (&layer, &rect);
  guint8     *before = bytes_of (layer.buffer);
  g_assert_true (rvs_layer_write (layer.buffer, layer.format, &result));
  guint8 *after = bytes_of (layer.buffer);
  size_t  pixel = (size_t)babl_format_get_bytes_per_pixel (format);
  int     kept = 0, changed = 0;
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++)
      {
        gboolean inside = x >= CHANGED_X0 && x < CHANGED_X1 && y >= CHANGED_X0 && y < CHANGED_X1;
        gboolean same
            = !memcmp (before + ((size_t)y * SIDE + (size_t)x) * pixel, after + ((size_t)y * SIDE + (size_t)x) * pixel, pixel);
        kept += !inside && same;
        changed += inside && !same;
      }
  g_assert_cmpint (kept, ==, SIDE * SIDE - 400);
  /* a random value may lie so near the middle that turning it round gives the same byte */
  g_assert_cmpint (changed, >=, 390);
  g_free (before);
  g_free (after);
  g_free ((void *)result.src.pixels);
  g_free ((void *)result.out.pixels);
  rvs_layer_source_clear (&layer);
}

static void
test_depths (void)
{
  static const struct
  {
    const char *format;
    RvsDepth    depth;
  } cases[] = { { "R'G'B' u8", RVS_DEPTH_U8 },   { "R'G'B'A u16", RVS_DEPTH_U16 }, { "RGB u8", RVS_DEPTH_F32 },
                { "RGBA float", RVS_DEPTH_F32 }, { "Y' u8", RVS_DEPTH_U8 },        { "R'G'B' u32", RVS_DEPTH_F32 } };
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      RvsLayerSource layer;
      const Babl    *format = babl_format (cases[i].format);
      rvs_layer_source_init (&layer, random_layer (format), cases[i].format[0] == 'Y', babl_format_has_alpha (format), NULL, 0, 0);
      g_assert_cmpint (layer.source.depth, ==, cases[i].depth);
      rvs_layer_source_clear (&layer);
    }
}

static void
test_mask (void)
{
  RvsLayerSource layer;
  RvsRect        rect = { 5, 5, 35, 35 };
  GeglRectangle  whole = { 0, 0, SIDE, SIDE };
  GeglBuffer    *mask = gegl_buffer_new (&whole, babl_format ("Y u8"));
  guint8         white[SIDE * SIDE], *bytes;
  memset (white, 255, sizeof white);
  gegl_buffer_set (mask, &whole, 0, babl_format ("Y u8"), white, GEGL_AUTO_ROWSTRIDE);
  rvs_layer_source_init (&layer, random_layer (babl_format ("R'G'B' u8")), FALSE, FALSE, NULL, 0, 0);
  RvsUiResult result = change_block (&layer, &rect);
  g_assert_true (rvs_layer_write_mask (mask, &result));
  bytes = bytes_of (mask);
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++)
      {
        gboolean inside = x >= CHANGED_X0 && x < CHANGED_X1 && y >= CHANGED_X0 && y < CHANGED_X1;
        g_assert_cmpint (bytes[y * SIDE + x], ==, inside ? 255 : 0);
      }
  g_free (bytes);
  g_free ((void *)result.src.pixels);
  g_free ((void *)result.out.pixels);
  g_object_unref (mask);
  rvs_layer_source_clear (&layer);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gegl_init (NULL, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (FORMATS); i++)
    {
      char *path = g_strdelimit (g_strdup_printf ("/layer-pixels/%s", FORMATS[i]), " ", '-');
      g_test_add_data_func (path, FORMATS[i], test_format);
      g_free (path);
    }
  g_test_add_func ("/layer-pixels/depths", test_depths);
  g_test_add_func ("/layer-pixels/mask", test_mask);
  int status = g_test_run ();
  gegl_exit ();
  return status;
}
