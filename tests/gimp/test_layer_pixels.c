/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_layer_pixels.c: for every precision a GIMP layer can have: what was not changed keeps its very bytes, what was changed
 * arrives. GEGL only, no GIMP.
 */
#include "layer_pixels.h"
#include "pixels.h"
#include <math.h>
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

/* ---- layer and mask ---- */

#define MASKED_X1 (5 + 35)

/* A result whose matte is a ramp from left to right, times `strength`: out = src + matte (bare - src), all rounded as the engine's are.
 * Beyond column 30 the change is as large as it can be and the result shows more of it than the matte says, so that no layer value can
 * make up for that. */
static RvsUiResult
masked_result (RvsLayerSource *layer, RvsRect *rect, double strength)
{
  const RvsUiSource *s = &layer->source;
  RvsUiResult        r = change_block (layer, rect);
  size_t             bytes = (size_t)r.src.stride * SIDE;
  guint8            *bare = g_memdup2 (r.src.pixels, bytes), *out = (guint8 *)r.out.pixels;
  float             *matte = g_new0 (float, SIDE *SIDE);
  memcpy (out, r.src.pixels, bytes);
  for (int y = rect->y; y < rect->y + rect->height; y++)
    for (int x = rect->x; x < rect->x + rect->width; x++)
      for (int c = 0; c < (s->channels < 3 ? 1 : 3); c++)
        {
          size_t at = ((size_t)y * SIDE + (size_t)x) * (size_t)s->channels + (size_t)c;
          double m = strength * (x - rect->x) / (rect->width - 1.0), top = s->depth == RVS_DEPTH_U8 ? 255 : 65535;
          double from = s->depth == RVS_DEPTH_U8    ? ((const guint8 *)r.src.pixels)[at] / top
                        : s->depth == RVS_DEPTH_U16 ? ((const guint16 *)r.src.pixels)[at] / top
                                                    : (double)((const float *)r.src.pixels)[at];
          double to = x > 30 ? (from < 0.5 ? 1 : 0) : CLAMP (from + 0.3 * sin (x + y * 0.7 + c), 0, 1),
                 show = from + (x > 30 ? MIN (1, m + 0.05) : m) * (to - from);
          matte[y * SIDE + x] = (float)m;
          if (s->depth == RVS_DEPTH_U8)
            bare[at] = (guint8)lrint (to * top), out[at] = (guint8)lrint (show * top);
          else if (s->depth == RVS_DEPTH_U16)
            ((guint16 *)(void *)bare)[at] = (guint16)lrint (to * top), ((guint16 *)(void *)out)[at] = (guint16)lrint (show * top);
          else
            ((float *)(void *)bare)[at] = (float)to, ((float *)(void *)out)[at] = (float)show;
        }
  r.bare = r.src;
  r.bare.pixels = bare;
  r.matte = (RvsView){ matte, SIDE * 4, SIDE, SIDE, 1, RVS_DEPTH_F32 };
  return r;
}

/* The layer's pixels as the engine sees them. */
static float *
encoded (GeglBuffer *buffer)
{
  float *pixels = g_new (float, SIDE *SIDE * 4);
  gegl_buffer_get (buffer, NULL, 1.0, babl_format ("R'G'B'A float"), pixels, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  return pixels;
}

static GeglBuffer *
white_mask (const char *format)
{
  GeglRectangle whole = { 0, 0, SIDE, SIDE };
  GeglBuffer   *mask = gegl_buffer_new (&whole, babl_format (format));
  float         white[SIDE * SIDE];
  for (int i = 0; i < SIDE * SIDE; i++)
    white[i] = 1;
  gegl_buffer_set (mask, &whole, 0, babl_format ("Y float"), white, GEGL_AUTO_ROWSTRIDE);
  return mask;
}

/* As GIMP composes them: source, and the layer through its mask over it. */
static void
check_composition (const char *name, const RvsLayerSource *layer, const RvsUiResult *result, const float *below, GeglBuffer *above,
                   GeglBuffer *mask)
{
  float      *top = encoded (above), shown[SIDE * SIDE];
  double      step = layer->source.depth == RVS_DEPTH_U8 ? 1 / 255.0 : 0.5 / 255;
  const Babl *type = babl_format_get_type (gegl_buffer_get_format (above), 0);
  int         n_white = 0;
  if (layer->source.depth == RVS_DEPTH_U16)
    step = 1.01 / 65535;
  else if (layer->source.depth == RVS_DEPTH_F32 && type == babl_type ("u8"))
    step = 6 / 255.0; /* eight linear bits are coarse in the dark */
  gegl_buffer_get (mask, NULL, 1.0, babl_format ("Y float"), shown, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  float *out = g_new (float, SIDE *SIDE * 4);
  babl_process (babl_fish (layer->format, babl_format ("R'G'B'A float")), result->out.pixels, out, SIDE * SIDE);
  for (int i = 0; i < SIDE * SIDE; i++)
    {
      int      x = i % SIDE, y = i / SIDE;
      gboolean inside = x >= 5 && x < MASKED_X1 && y >= 5 && y < MASKED_X1;
      if (!inside)
        {
          g_assert_cmpfloat (shown[i], ==, 0);
          continue;
        }
      for (int c = 0; c < 3; c++)
        {
          double got = (double)below[4 * i + c] + (double)shown[i] * (double)(top[4 * i + c] - below[4 * i + c]);
          if (fabs (got - (double)out[4 * i + c]) > step + 1e-5)
            g_error ("%s: %d, %d, %d: %g through %g instead of %g", name, x, y, c, got * 255, (double)shown[i],
                     (double)out[4 * i + c] * 255);
          /* painted white, the mask shows the change at full strength */
          n_white += fabs ((double)top[4 * i + c] - (double)below[4 * i + c])
                     >= fabs ((double)out[4 * i + c] - (double)below[4 * i + c]) - step;
        }
    }
  g_assert_cmpint (n_white, >, 35 * 35 * 3 * 95 / 100);
  g_free (top);
  g_free (out);
}

static void
test_masked (gconstpointer name)
{
  const Babl *format = babl_format (name);
  RvsRect     rect = { 5, 5, 35, 35 };
  gboolean    grey = ((const char *)name)[0] == 'Y', alpha = babl_format_has_alpha (format);
  /* a mask has the depth of its image */
  gboolean    coarse = babl_format_get_type (format, 0) == babl_type ("u8");
  const char *masks[] = { coarse ? "Y u8" : "Y u16", coarse ? "Y u8" : "Y float" };
  for (int k = 0; k < 4; k++)
    {
      RvsLayerSource layer;
      rvs_layer_source_init (&layer, random_layer (format), grey, alpha, NULL, 0, 0);
      RvsUiResult result = masked_result (&layer, &rect, k < 2 ? 1 : 0.4);
      float      *below = encoded (layer.buffer);
      GeglBuffer *mask = white_mask (masks[k % 2]);
      g_assert_true (rvs_layer_write_masked (layer.buffer, mask, layer.format, &result));
      check_composition (name, &layer, &result, below, layer.buffer, mask);
      g_free (below);
      g_free ((void *)result.src.pixels);
      g_free ((void *)result.out.pixels);
      g_free ((void *)result.bare.pixels);
      g_free ((void *)result.matte.pixels);
      g_object_unref (mask);
      rvs_layer_source_clear (&layer);
    }
}

/* ---- channels ---- */

/* 0, 10, 20 ... from left to right, as the channel of a layer that lies 5 pixels right of its corner and 3 below. */
static void
check_channel (const char *format, RvsLayerSource *layer, const char *name)
{
  guint8      rows[2 * SIDE], numbers[20];
  GeglBuffer *channel = gegl_buffer_new (&(GeglRectangle){ 0, 0, 20, SIDE }, babl_format (format));
  char       *raw = g_strdup_printf ("%.*s u8", (int)strcspn (format, " "), format);
  for (int i = 0; i < 20; i++)
    numbers[i] = (guint8)(10 * i);
  for (int y = 0; y < SIDE; y++)
    gegl_buffer_set (channel, &(GeglRectangle){ 0, y, 20, 1 }, 0, babl_format (raw), numbers, GEGL_AUTO_ROWSTRIDE);
  rvs_layer_source_add_channel (layer, name, channel);
  g_assert_true (layer->source.read_channel_rows (layer->source.user, name, 7, 2, rows, NULL));
  for (int i = 0; i < 2 * SIDE; i++)
    g_assert_cmpint (rows[i], ==, 10 * MIN (i % SIDE + 5, 19)); /* beyond the canvas as at its edge */
  g_free (raw);
}

/* The numbers that it holds, linear or not, at whatever precision. */
static void
test_channels (void)
{
  static const char *const formats[] = { "Y' u8", "Y u8", "Y' u16", "Y half", "Y' float", "Y float" };
  const Babl              *format = babl_format ("R'G'B' u8");
  char                     name[RVS_CHANNEL_MAX + 1];
  RvsLayerSource           layer;
  rvs_layer_source_init (&layer, random_layer (format), FALSE, FALSE, NULL, 5, 3);
  g_assert_null (layer.source.channel_names);
  memset (name, 'x', sizeof name);
  name[RVS_CHANNEL_MAX] = 0;
  rvs_layer_source_add_channel (&layer, name, random_layer (format)); /* no setting could hold its name */
  g_assert_null (layer.source.channel_names);
  for (size_t i = 0; i < G_N_ELEMENTS (formats); i++)
    check_channel (formats[i], &layer, formats[i]);
  g_assert_cmpuint (g_strv_length ((char **)(void *)layer.channel_names->pdata), ==, G_N_ELEMENTS (formats));
  g_assert_cmpstr (layer.source.channel_names[1], ==, formats[1]);
  rvs_layer_source_clear (&layer);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gegl_init (NULL, NULL);
  g_object_set (gegl_config (), "swap", "RAM", NULL); /* its swap file's thread may be busy at the end, and warns */
  for (size_t i = 0; i < G_N_ELEMENTS (FORMATS); i++)
    {
      char *path = g_strdelimit (g_strdup_printf ("/layer-pixels/%s", FORMATS[i]), " ", '-');
      g_test_add_data_func (path, FORMATS[i], test_format);
      g_free (path);
      path = g_strdelimit (g_strdup_printf ("/layer-pixels/masked/%s", FORMATS[i]), " ", '-');
      g_test_add_data_func (path, FORMATS[i], test_masked);
      g_free (path);
    }
  g_test_add_func ("/layer-pixels/depths", test_depths);
  g_test_add_func ("/layer-pixels/channels", test_channels);
  int status = g_test_run ();
  gegl_exit ();
  return status;
}
