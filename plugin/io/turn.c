/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * turn.c: turns pixels upright according to an EXIF orientation.
 */
#include "io_private.h"

#include <stdlib.h>
#include <string.h>

/* Mirrors one row of n pixels of `size` bytes. */
static void
mirror_row (unsigned char *row, size_t n, size_t size)
{
  unsigned char kept[16];

  for (size_t a = 0, b = n - 1; a < b; a++, b--)
    {
      memcpy (kept, row + a * size, size);
      memcpy (row + a * size, row + b * size, size);
      memcpy (row + b * size, kept, size);
    }
}

static void
swap_rows (unsigned char *a, unsigned char *b, size_t n)
{
  for (size_t i = 0; i < n; i++)
    {
      unsigned char kept = a[i];
      a[i] = b[i];
      b[i] = kept;
    }
}

static void
flip_rows (const RvsMutView *view)
{
  unsigned char *pixels = view->pixels;
  size_t         row_bytes = (size_t)view->width * io__pixel_bytes (view);

  for (ptrdiff_t a = 0, b = view->height - 1; a < b; a++, b--)
    swap_rows (pixels + a * view->stride, pixels + b * view->stride, row_bytes);
}

static void
mirror_rows (const RvsMutView *view)
{
  for (ptrdiff_t y = 0; y < view->height; y++)
    mirror_row ((unsigned char *)view->pixels + y * view->stride, (size_t)view->width, io__pixel_bytes (view));
}

/* dst (x, y) = src (y, x), in blocks that fit the first-level cache. */
static void
transpose (const RvsMutView *src, const RvsMutView *dst)
{
  enum
  {
    BLOCK = 32
  };
  size_t size = io__pixel_bytes (src);

  for (int32_t by = 0; by < dst->height; by += BLOCK)
    for (int32_t bx = 0; bx < dst->width; bx += BLOCK)
      for (int32_t y = by; y < dst->height && y < by + BLOCK; y++)
        for (int32_t x = bx; x < dst->width && x < bx + BLOCK; x++)
          memcpy ((unsigned char *)dst->pixels + y * dst->stride + (size_t)x * size,
                  (const unsigned char *)src->pixels + x * src->stride + (size_t)y * size, size);
}

static RvsStatus
transpose_picture (RvsPicture *picture, RvsError *err)
{
  RvsPicture turned = { 0 };
  RvsStatus  status
      = io__alloc_pixels (&turned, picture->view.height, picture->view.width, picture->view.channels, picture->view.depth, err);
  uint32_t resolution = picture->meta.x_resolution;

  if (status)
    return status;
  transpose (&picture->view, &turned.view);
  free (picture->view.pixels);
  picture->view = turned.view;
  picture->meta.x_resolution = picture->meta.y_resolution;
  picture->meta.y_resolution = resolution;
  return RVS_OK;
}

RvsStatus
io__turn_pixels (RvsPicture *picture, int orientation, RvsError *err)
{
  /* 5..8 are a transposition followed by what these tables say; 1..4 need no second buffer. */
  static const bool mirror[9] = { false, false, true, true, false, false, true, true, false };
  static const bool flip[9] = { false, false, false, true, true, false, false, true, true };
  RvsStatus         status = RVS_OK;

  if (orientation >= 5)
    status = transpose_picture (picture, err);
  if (status)
    return status;
  if (mirror[orientation])
    mirror_rows (&picture->view);
  if (flip[orientation])
    flip_rows (&picture->view);
  return RVS_OK;
}
