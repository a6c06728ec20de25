/* SPDX-License-Identifier: GPL-3.0-or-later
 * image.c: views of interleaved pixels <-> planar float rows; the one place that knows depths, channels and strides. */
#include "core/image.h"

#include "core/mem.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/* Row bytes within the stride, and the whole of the rows within an address's reach. */
static RvsStatus
check_stride (const RvsView *view, RvsError *err)
{
  size_t row = (size_t)view->width * rvs_view_pixel_bytes (view);
  size_t stride = view->stride < 0 ? (size_t)0 - (size_t)view->stride : (size_t)view->stride;
  size_t total;

  if (stride < row)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "image view: the stride of %td bytes is shorter than a row of %zu bytes", view->stride,
                      row);
  if (!rvs__mul_ok (stride, (size_t)view->height, &total) || total > (size_t)PTRDIFF_MAX)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "image view: a stride of %td bytes is impossible", view->stride);
  return RVS_OK;
}

RvsStatus
rvs__view_check (const RvsView *view, RvsError *err)
{
  size_t align;

  if (view->width < 1 || view->height < 1)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "image view: %d x %d pixels is not an image", view->width, view->height);
  if (view->width > RVS_MAX_SIDE || view->height > RVS_MAX_SIDE)
    return rvs__fail (err, RVS_ERR_LIMIT, "image view: %d x %d pixels; a side may have at most %d", view->width, view->height,
                      RVS_MAX_SIDE);
  if ((int64_t)view->width * view->height > RVS_MAX_PIXELS)
    return rvs__fail (err, RVS_ERR_LIMIT, "image view: %d x %d is more than %lld megapixels", view->width, view->height,
                      (long long)(RVS_MAX_PIXELS / 1000000));
  if (view->channels < 1 || view->channels > 4)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "image view: %d channels; 1 to 4 are possible", view->channels);
  if (view->depth != RVS_DEPTH_U8 && view->depth != RVS_DEPTH_U16 && view->depth != RVS_DEPTH_F32)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "image view: unknown depth %d", (int)view->depth);
  if (!view->pixels)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "image view: no pixels");
  align = rvs_depth_bytes (view->depth);
  if ((uintptr_t)view->pixels % align != 0 || (size_t)view->stride % align != 0)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "image view: pixels or stride are not aligned to %zu bytes", align);
  return check_stride (view, err);
}

int
rvs__view_colours (const RvsView *view)
{
  return view->channels < 3 ? 1 : 3;
}

/* The address of pixel (x, y). */
static const unsigned char *
pixel_at (const RvsView *view, int y, int x)
{
  return (const unsigned char *)view->pixels + (ptrdiff_t)y * view->stride + (ptrdiff_t)((size_t)x * rvs_view_pixel_bytes (view));
}

/* ---- reading ------------------------------------------------------------------------------ */

/* One channel of n pixels, `step` values apart. */
static void
read_u8 (const uint8_t *p, int step, int n, float *out)
{
  for (int i = 0; i < n; i++)
    out[i] = (float)p[i * step] / 255.0f;
}

static void
read_u16 (const uint16_t *p, int step, int n, float *out)
{
  for (int i = 0; i < n; i++)
    out[i] = (float)p[i * step] / 65535.0f;
}

static void
read_f32 (const float *p, int step, int n, float *out)
{
  for (int i = 0; i < n; i++)
    out[i] = isfinite (p[i * step]) ? p[i * step] : 0.0f;
}

static void
read_channel (const RvsView *view, int y, int x, int channel, int n, float *out)
{
  const unsigned char *p = pixel_at (view, y, x);

  switch (view->depth)
    {
    case RVS_DEPTH_U8:
      read_u8 (p + channel, view->channels, n, out);
      break;
    case RVS_DEPTH_U16:
      read_u16 ((const uint16_t *)(const void *)p + channel, view->channels, n, out);
      break;
    case RVS_DEPTH_F32:
      read_f32 ((const float *)(const void *)p + channel, view->channels, n, out);
      break;
    }
}

void
rvs__view_read_row (const RvsView *view, int y, int x, int n, float *r, float *g, float *b)
{
  float *planes[3] = { r, g, b };
  int    colours = rvs__view_colours (view);

  assert (y >= 0 && y < view->height && x >= 0 && n >= 0 && n <= view->width - x);
  for (int c = 0; c < colours; c++)
    read_channel (view, y, x, c, n, planes[c]);
  for (int c = colours; c < 3; c++)
    memcpy (planes[c], r, (size_t)n * sizeof *r);
}

void
rvs__view_read_plane (const RvsView *view, int y, int x, int n, float *values)
{
  assert (y >= 0 && y < view->height && x >= 0 && n >= 0 && n <= view->width - x);
  read_channel (view, y, x, 0, n, values);
}

void
rvs__view_read_alpha (const RvsView *view, int y, int x, int n, float *alpha)
{
  assert (view->channels % 2 == 0 && y >= 0 && y < view->height && x >= 0 && n >= 0 && n <= view->width - x);
  read_channel (view, y, x, view->channels - 1, n, alpha);
  for (int i = 0; i < n; i++)
    alpha[i] = alpha[i] < 0 ? 0 : alpha[i] > 1 ? 1 : alpha[i];
}

/* ---- writing ------------------------------------------------------------------------------ */

/* A colour of pixel i: one plane's value, or for grey the mean of three. In double the mean of three equal floats is that float. */
static inline double
colour_of (const float *const *planes, int c, int i, bool grey)
{
  double v = grey ? ((double)planes[0][i] + planes[1][i] + planes[2][i]) / 3.0 : planes[c][i];
  return isnan (v) ? 0.0 : v;
}

/* 0..1 to 0..top, clamped and rounded to nearest. */
static inline unsigned
level_of (double v, double top)
{
  v = v * top;
  return v <= 0.0 ? 0u : v >= top ? (unsigned)top : (unsigned)(v + 0.5);
}

/* One channel from planes[plane], or from the mean of all three. */
static void
write_channel (const RvsMutView *view, int y, int x, int channel, int n, const float *const *planes, int plane, bool mean)
{
  const RvsView same = rvs_view_of (view);
  void         *p = (void *)(uintptr_t)pixel_at (&same, y, x);
  const int     step = view->channels;

  switch (view->depth)
    {
    case RVS_DEPTH_U8:
      for (int i = 0; i < n; i++)
        ((uint8_t *)p)[i * step + channel] = (uint8_t)level_of (colour_of (planes, plane, i, mean), 255.0);
      break;
    case RVS_DEPTH_U16:
      for (int i = 0; i < n; i++)
        ((uint16_t *)p)[i * step + channel] = (uint16_t)level_of (colour_of (planes, plane, i, mean), 65535.0);
      break;
    case RVS_DEPTH_F32:
      for (int i = 0; i < n; i++)
        ((float *)p)[i * step + channel] = (float)colour_of (planes, plane, i, mean);
      break;
    }
}

void
rvs__view_write_row (const RvsMutView *view, int y, int x, int n, const float *r, const float *g, const float *b)
{
  const RvsView      same = rvs_view_of (view);
  const float *const planes[3] = { r, g, b };
  int                colours = rvs__view_colours (&same);

  assert (y >= 0 && y < view->height && x >= 0 && n >= 0 && n <= view->width - x);
  for (int c = 0; c < colours; c++)
    write_channel (view, y, x, c, n, planes, c, colours == 1);
}

void
rvs__view_write_alpha (const RvsMutView *view, int y, int x, int n, const float *alpha)
{
  const float *const planes[1] = { alpha };

  assert (view->channels % 2 == 0 && y >= 0 && y < view->height && x >= 0 && n >= 0 && n <= view->width - x);
  write_channel (view, y, x, view->channels - 1, n, planes, 0, false);
}

/* ---- copying ------------------------------------------------------------------------------ */

/* 0 is the same bytes in every depth. */
void
rvs__view_spare_hidden (const RvsView *view, int y, int x, int n, float *gain)
{
  static const unsigned char zero[sizeof (float)];
  const size_t               sample = rvs_depth_bytes (view->depth), pixel = rvs_view_pixel_bytes (view);
  const unsigned char       *alpha = (const unsigned char *)view->pixels + y * view->stride + (size_t)(x + 1) * pixel - sample;

  if (view->channels % 2)
    return;
  for (int i = 0; i < n; i++)
    if (!memcmp (alpha + (size_t)i * pixel, zero, sample))
      gain[i] = 0;
}

void
rvs__view_copy_rect (const RvsView *src, const RvsMutView *dst, RvsRect rect)
{
  RvsView same = rvs_view_of (dst);
  size_t  colour_bytes = (size_t)rvs__view_colours (src) * rvs_depth_bytes (src->depth);
  size_t  pixel_bytes = rvs_view_pixel_bytes (src);

  assert (src->width == dst->width && src->height == dst->height && src->channels == dst->channels && src->depth == dst->depth);
  assert (rect.x >= 0 && rect.y >= 0 && rect.width <= src->width - rect.x && rect.height <= src->height - rect.y);
  for (int y = rect.y; y < rect.y + rect.height; y++)
    {
      const unsigned char *from = pixel_at (src, y, rect.x);
      unsigned char       *to = (unsigned char *)(uintptr_t)pixel_at (&same, y, rect.x);

      if (from == to)
        continue; /* the same memory as source and destination */
      if (colour_bytes == pixel_bytes)
        memcpy (to, from, (size_t)rect.width * pixel_bytes);
      else
        for (int x = 0; x < rect.width; x++)
          memcpy (to + (size_t)x * pixel_bytes, from + (size_t)x * pixel_bytes, colour_bytes);
    }
}

RvsRect
rvs__rect_widened (RvsRect rect, int more, int width, int height)
{
  const int x0 = rect.x > more ? rect.x - more : 0, y0 = rect.y > more ? rect.y - more : 0;
  const int x1 = rect.x + rect.width + more, y1 = rect.y + rect.height + more;

  return (RvsRect){ x0, y0, (x1 < width ? x1 : width) - x0, (y1 < height ? y1 : height) - y0 };
}
