/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * pixels.c: conversion of engine views to cairo surfaces, halving and patches.
 */
#include "pixels.h"
#include <math.h>
#include <string.h>

#define CHECK_PX 8
#define SMALLEST_LEVEL 512
#define PACKED_LEVELS 2       /* 0, and 1, which is made of it: fifteen sixteenths of the pixels */
#define PACK_MAX_PX (1 << 20) /* more would take longer to unpack than a frame lasts */

/* NaN counts as 0: the comparison is false. */
static inline guint8
byte_of_float (float v)
{
  return v > 0 ? (guint8)(MIN (v, 1.0f) * 255.0f + 0.5f) : 0;
}

/* One row as 8-bit grey / grey+alpha / RGB / RGBA with the view's own channel count. */
static void
row_to_bytes (const RvsView *view, RvsRect rect, int32_t row, guint8 *to)
{
  const guint8 *from = rvs_view_at (view, rect.x, rect.y + row);
  size_t        n = (size_t)rect.width * (size_t)view->channels;
  if (view->depth == RVS_DEPTH_U8)
    memcpy (to, from, n);
  else if (view->depth == RVS_DEPTH_U16)
    for (size_t i = 0; i < n; i++)
      to[i] = (guint8)((((const guint16 *)from)[i] * 255u + 32767u) / 65535u);
  else
    for (size_t i = 0; i < n; i++)
      to[i] = byte_of_float (((const float *)from)[i]);
}

static inline guint32
over_checks (guint32 c, guint32 alpha, gboolean light)
{
  guint32 ground = light ? 0x9a : 0x66;
  return (c * alpha + ground * (255 - alpha) + 127) / 255;
}

/* bytes -> xRGB words, alpha flattened over the checkerboard of picture coordinates. */
static void
bytes_to_rgb24 (const guint8 *from, int32_t channels, RvsRect rect, int32_t row, guint32 *to)
{
  for (int32_t x = 0; x < rect.width; x++, from += channels)
    {
      guint32 r = from[0], g = channels > 2 ? from[1] : r, b = channels > 2 ? from[2] : r;
      if (channels == 2 || channels == 4)
        {
          guint32  alpha = from[channels - 1];
          gboolean light = (((rect.x + x) / CHECK_PX) ^ ((rect.y + row) / CHECK_PX)) & 1;
          if (alpha < 255)
            {
              r = over_checks (r, alpha, light);
              g = over_checks (g, alpha, light);
              b = over_checks (b, alpha, light);
            }
        }
      to[x] = 0xff000000u | r << 16 | g << 8 | b;
    }
}

static cairo_surface_t *
surface_new (cairo_format_t format, int32_t width, int32_t height)
{
  cairo_surface_t *surface = cairo_image_surface_create (format, width, height);
  if (cairo_surface_status (surface) == CAIRO_STATUS_SUCCESS)
    return surface;
  cairo_surface_destroy (surface);
  return NULL;
}

cairo_surface_t *
rvs_pixels_surface (const RvsView *view, RvsRect rect)
{
  cairo_surface_t *surface = surface_new (CAIRO_FORMAT_RGB24, rect.width, rect.height);
  guint8          *bytes = g_try_malloc ((size_t)rect.width * 4 + 4);
  if (!surface || !bytes)
    {
      g_free (bytes);
      g_clear_pointer (&surface, cairo_surface_destroy);
      return NULL;
    }
  guint8 *to = cairo_image_surface_get_data (surface);
  int     stride = cairo_image_surface_get_stride (surface);
  for (int32_t y = 0; y < rect.height; y++)
    {
      row_to_bytes (view, rect, y, bytes);
      bytes_to_rgb24 (bytes, view->channels, rect, y, (guint32 *)(void *)(to + (ptrdiff_t)stride * y));
    }
  cairo_surface_mark_dirty (surface);
  g_free (bytes);
  return surface;
}

static void
erase_equal (const RvsView *before, const RvsView *after, RvsRect rect, cairo_surface_t *surface)
{
  guint8 *to = cairo_image_surface_get_data (surface);
  int     stride = cairo_image_surface_get_stride (surface);
  size_t  bytes = rvs_view_pixel_bytes (before);
  for (int32_t y = 0; y < rect.height; y++)
    {
      guint32      *row = (guint32 *)(void *)(to + (ptrdiff_t)stride * y);
      const guint8 *a = rvs_view_at (before, rect.x, rect.y + y), *b = rvs_view_at (after, rect.x, rect.y + y);
      for (int32_t x = 0; x < rect.width; x++, a += bytes, b += bytes)
        if (!memcmp (a, b, bytes))
          row[x] = 0;
    }
  cairo_surface_mark_dirty (surface);
}

cairo_surface_t *
rvs_pixels_patch (const RvsView *before, const RvsView *after, RvsRect rect)
{
  cairo_surface_t *rgb = rvs_pixels_surface (after, rect), *patch = NULL;
  if (!rgb)
    return NULL;
  patch = surface_new (CAIRO_FORMAT_ARGB32, rect.width, rect.height);
  if (patch)
    {
      /* the words already carry alpha 255 */
      memcpy (cairo_image_surface_get_data (patch), cairo_image_surface_get_data (rgb),
              (size_t)cairo_image_surface_get_stride (rgb) * (size_t)rect.height);
      erase_equal (before, after, rect, patch);
    }
  cairo_surface_destroy (rgb);
  return patch;
}

static inline guint32
mean4 (guint32 a, guint32 b, guint32 c, guint32 d)
{
  guint32 even = (a & 0xff00ff) + (b & 0xff00ff) + (c & 0xff00ff) + (d & 0xff00ff) + 0x20002;
  guint32 odd = ((a >> 8) & 0xff00ff) + ((b >> 8) & 0xff00ff) + ((c >> 8) & 0xff00ff) + ((d >> 8) & 0xff00ff) + 0x20002;
  return ((even >> 2) & 0xff00ff) | (((odd >> 2) & 0xff00ff) << 8);
}

cairo_surface_t *
rvs_pixels_halve (cairo_surface_t *surface)
{
  int              w = cairo_image_surface_get_width (surface), h = cairo_image_surface_get_height (surface);
  int              w2 = (w + 1) / 2, h2 = (h + 1) / 2;
  cairo_surface_t *half = surface_new (cairo_image_surface_get_format (surface), w2, h2);
  if (!half)
    return NULL;
  const guint8 *from = cairo_image_surface_get_data (surface);
  guint8       *to = cairo_image_surface_get_data (half);
  int           from_stride = cairo_image_surface_get_stride (surface), to_stride = cairo_image_surface_get_stride (half);
  for (int y = 0; y < h2; y++)
    {
      const guint32 *a = (const guint32 *)(const void *)(from + (ptrdiff_t)from_stride * (2 * y));
      const guint32 *b = (const guint32 *)(const void *)(from + (ptrdiff_t)from_stride * MIN (2 * y + 1, h - 1));
      guint32       *row = (guint32 *)(void *)(to + (ptrdiff_t)to_stride * y);
      for (int x = 0; x < w / 2; x++)
        row[x] = mean4 (a[2 * x], a[2 * x + 1], b[2 * x], b[2 * x + 1]);
      if (w & 1)
        row[w2 - 1] = mean4 (a[w - 1], a[w - 1], b[w - 1], b[w - 1]);
    }
  cairo_surface_mark_dirty (half);
  return half;
}

/* Level 1 straight from the view, two rows at a time: a full-size surface of a large picture is never made. */
static cairo_surface_t *
half_of_view (const RvsView *view)
{
  int32_t          w2 = (view->width + 1) / 2, h2 = (view->height + 1) / 2;
  cairo_surface_t *half = surface_new (CAIRO_FORMAT_RGB24, w2, h2);
  for (int32_t y = 0; half && y < h2; y++)
    {
      RvsRect          band = { 0, 2 * y, view->width, MIN (2, view->height - 2 * y) };
      cairo_surface_t *rows = rvs_pixels_surface (view, band), *row = rows ? rvs_pixels_halve (rows) : NULL;
      if (row)
        memcpy (cairo_image_surface_get_data (half) + (ptrdiff_t)cairo_image_surface_get_stride (half) * y,
                cairo_image_surface_get_data (row), (size_t)w2 * 4);
      else
        g_clear_pointer (&half, cairo_surface_destroy);
      g_clear_pointer (&rows, cairo_surface_destroy);
      g_clear_pointer (&row, cairo_surface_destroy);
    }
  if (half)
    cairo_surface_mark_dirty (half);
  return half;
}

/* Fills the levels above the last one there is; FALSE when out of memory. */
static gboolean
grow (RvsPyramid *p, int until_level)
{
  while (p->n_levels < until_level)
    {
      cairo_surface_t *half = rvs_pixels_halve (p->levels[p->n_levels - 1]);
      if (!half)
        return FALSE;
      p->levels[p->n_levels++] = half;
    }
  return TRUE;
}

static int
levels_for (int32_t width, int32_t height)
{
  int n = 2;
  while (n < RVS_PYRAMID_LEVELS && (MAX (width, height) >> (n - 1)) > SMALLEST_LEVEL)
    n++;
  return n;
}

RvsPyramid *
rvs_pyramid_of_view (const RvsView *view)
{
  RvsPyramid *p = g_new0 (RvsPyramid, 1);
  p->rect = (RvsRect){ 0, 0, view->width, view->height };
  p->levels[1] = half_of_view (view);
  p->n_levels = 2;
  if (p->levels[1] && grow (p, levels_for (view->width, view->height)))
    return p;
  rvs_pyramid_free (p);
  return NULL;
}

/* Columns x0 .. x1 - 1 of a row grow to all that differ from column `from` up to `to`. */
static void
note_row (const guint8 *a, const guint8 *b, size_t bytes, int32_t from, int32_t to, int32_t *x0, int32_t *x1)
{
  for (int32_t x = from; x < *x0; x++)
    if (memcmp (a + (size_t)x * bytes, b + (size_t)x * bytes, bytes))
      *x0 = x;
  for (int32_t x = to - 1; x >= *x1; x--)
    if (memcmp (a + (size_t)x * bytes, b + (size_t)x * bytes, bytes))
      *x1 = x + 1;
}

/* The part of the rect in which the views differ; one pixel of it where they do not. */
static RvsRect
changed_part (const RvsView *before, const RvsView *after, RvsRect rect)
{
  size_t  bytes = rvs_view_pixel_bytes (before);
  int32_t from = rect.x, to = rect.x + rect.width, x0 = to, x1 = from, y0 = 0, y1 = 0;
  for (int32_t y = rect.y; y < rect.y + rect.height; y++)
    if (memcmp (rvs_view_at (before, from, y), rvs_view_at (after, from, y), (size_t)rect.width * bytes))
      {
        note_row (rvs_view_at (before, 0, y), rvs_view_at (after, 0, y), bytes, from, to, &x0, &x1);
        y0 = y1 ? y0 : y;
        y1 = y + 1;
      }
  return y1 ? (RvsRect){ x0, y0, x1 - x0, y1 - y0 } : (RvsRect){ rect.x, rect.y, MIN (rect.width, 1), MIN (rect.height, 1) };
}

RvsPyramid *
rvs_pyramid_of_patch (const RvsView *before, const RvsView *after, RvsRect rect)
{
  RvsPyramid *p = g_new0 (RvsPyramid, 1);
  rect = rvs_rect_intersect (rect, (RvsRect){ 0, 0, before->width, before->height });
  p->rect = rvs_rect_align (changed_part (before, after, rect), RVS_PATCH_CELL_PX, before->width, before->height);
  p->levels[0] = rvs_pixels_patch (before, after, p->rect);
  p->n_levels = 1;
  if (!p->levels[0] || !grow (p, 7))
    {
      rvs_pyramid_free (p);
      return NULL;
    }
  if ((gint64)p->rect.width * p->rect.height <= PACK_MAX_PX)
    p->packed = rvs_packed_new (p->levels[0]);
  rvs_pyramid_pack (p);
  return p;
}

/* ---- packed levels ---- */

cairo_surface_t *
rvs_pyramid_level (RvsPyramid *pyramid, int level)
{
  cairo_surface_t **levels = pyramid->levels;
  if (levels[level] || !pyramid->packed)
    return levels[level];
  gboolean on_the_way = level > 0 && !levels[0];
  if (!levels[0])
    levels[0] = rvs_packed_surface (pyramid->packed);
  if (level > 0 && levels[0])
    levels[level] = rvs_pixels_halve (levels[0]);
  if (on_the_way)
    g_clear_pointer (&levels[0], cairo_surface_destroy);
  return levels[level];
}

void
rvs_pyramid_pack (RvsPyramid *pyramid)
{
  for (int i = 0; pyramid->packed && i < PACKED_LEVELS; i++)
    g_clear_pointer (&pyramid->levels[i], cairo_surface_destroy);
}

static gsize
level_bytes (const RvsPyramid *pyramid, int level)
{
  cairo_surface_t *surface = pyramid->levels[level];
  return surface ? (gsize)cairo_image_surface_get_stride (surface) * (gsize)cairo_image_surface_get_height (surface) : 0;
}

gsize
rvs_pyramid_unpacked_bytes (const RvsPyramid *pyramid)
{
  gsize n = 0;
  for (int i = 0; pyramid->packed && i < PACKED_LEVELS; i++)
    n += level_bytes (pyramid, i);
  return n;
}

gsize
rvs_pyramid_bytes (const RvsPyramid *pyramid)
{
  gsize n = rvs_packed_bytes (pyramid->packed);
  for (int i = 0; i < RVS_PYRAMID_LEVELS; i++)
    n += level_bytes (pyramid, i);
  return n;
}

void
rvs_pyramid_free (RvsPyramid *pyramid)
{
  if (!pyramid)
    return;
  for (int i = 0; i < RVS_PYRAMID_LEVELS; i++)
    g_clear_pointer (&pyramid->levels[i], cairo_surface_destroy);
  rvs_packed_free (pyramid->packed);
  g_free (pyramid);
}
