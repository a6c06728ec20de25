/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * base.c: what stands under the codecs: errors, the stop flag, the limits of size, pixels and their memory.
 */
#include "base.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

RvsStatus
io__fail (RvsError *err, RvsStatus status, const char *format, ...)
{
  va_list args;

  if (err && err->status == RVS_OK)
    {
      err->status = status;
      va_start (args, format);
      vsnprintf (err->message, sizeof err->message, format, args);
      va_end (args);
    }
  return status;
}

bool
io__stopped (const volatile sig_atomic_t *stop)
{
  return stop && *stop;
}

RvsStatus
io__check_size (uint64_t width, uint64_t height, RvsError *err)
{
  if (width == 0 || height == 0)
    return io__fail (err, RVS_ERR_FORMAT, "the picture is %llux%llu pixels: there is nothing in it", (unsigned long long)width,
                     (unsigned long long)height);
  if (width > RVS_MAX_SIDE || height > RVS_MAX_SIDE || width * height > (uint64_t)RVS_MAX_PIXELS)
    return io__fail (err, RVS_ERR_LIMIT, "the picture is %llux%llu pixels; at most %d a side and %d million in all are accepted",
                     (unsigned long long)width, (unsigned long long)height, RVS_MAX_SIDE, (int)(RVS_MAX_PIXELS / 1000000));
  return RVS_OK;
}

size_t
io__pixel_bytes (const RvsMutView *view)
{
  return (size_t)view->channels * rvs_depth_bytes (view->depth);
}

RvsStatus
io__alloc_pixels (RvsPicture *picture, int32_t width, int32_t height, int32_t channels, RvsDepth depth, RvsError *err)
{
  RvsMutView view = { NULL, 0, width, height, channels, depth };
  size_t     stride, size;
  RvsStatus  status = io__check_size ((uint64_t)width, (uint64_t)height, err);

  if (status)
    return status;
  if (__builtin_mul_overflow ((size_t)width, io__pixel_bytes (&view), &stride)
      || __builtin_mul_overflow (stride, (size_t)height, &size) || size > PTRDIFF_MAX)
    return io__fail (err, RVS_ERR_NO_MEMORY, "not enough memory for %dx%d pixels", width, height);
  view.stride = (ptrdiff_t)stride;
  view.pixels = malloc (size);
  if (!view.pixels)
    return io__fail (err, RVS_ERR_NO_MEMORY, "not enough memory for %dx%d pixels (%zu MB)", width, height, size / 1000000);
  picture->view = view;
  return RVS_OK;
}

RvsStatus
rvs_picture_new (int32_t width, int32_t height, int32_t channels, RvsDepth depth, RvsPicture *out, RvsError *err)
{
  RvsStatus status;

  memset (out, 0, sizeof *out);
  if (width < 0 || height < 0 || channels < 1 || channels > 4)
    return io__fail (err, RVS_ERR_ARGUMENT, "impossible picture: %dx%d, %d channels", width, height, channels);
  status = io__alloc_pixels (out, width, height, channels, depth, err);
  if (!status)
    memset (out->view.pixels, 0, (size_t)out->view.stride * (size_t)height);
  return status;
}

RvsView
rvs_picture_view (const RvsPicture *picture)
{
  return rvs_view_of (&picture->view);
}

RvsStatus
io__read_file (const IoSource *source, RvsBlob *out, RvsError *err)
{
  if (source->size > SIZE_MAX - 1 || !(out->bytes = malloc ((size_t)source->size + 1)))
    return io__fail (err, RVS_ERR_NO_MEMORY, "not enough memory to read the file");
  out->n = fread (out->bytes, 1, (size_t)source->size, source->file);
  if (ferror (source->file))
    return io__fail (err, RVS_ERR_IO, "cannot be read: %s", strerror (errno));
  return RVS_OK;
}
