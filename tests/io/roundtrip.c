/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * roundtrip.c: see roundtrip.h.
 */
#include "testing.h"

#include "roundtrip.h"

#include <stdlib.h>
#include <string.h>

void
fill_noise (unsigned char *bytes, size_t n, uint32_t seed)
{
  for (size_t i = 0; i < n; i++)
    {
      seed = seed * 1664525u + 1013904223u;
      bytes[i] = (unsigned char)(seed >> 24);
    }
}

RvsPicture
read_and_free (Bytes file)
{
  RvsPicture picture;
  RvsError   err = { 0 };

  if (rvs_picture_read_memory (file.bytes, file.n, NULL, &picture, &err))
    fail_msg ("%s", err.message);
  free (file.bytes);
  return picture;
}

Bytes
written (const RvsPicture *picture, RvsPictureFormat format, unsigned *lost)
{
  char    *bytes = NULL;
  size_t   n = 0;
  FILE    *stream = open_memstream (&bytes, &n);
  RvsError err = { 0 };

  if (rvs_picture_write (picture, format, stream, NULL, lost, &err))
    fail_msg ("%s", err.message);
  fclose (stream);
  return (Bytes){ (unsigned char *)bytes, n };
}

RvsPicture
through (const RvsPicture *picture, RvsPictureFormat format, unsigned *lost)
{
  return read_and_free (written (picture, format, lost));
}

void
assert_same_pixels (const RvsPicture *a, const RvsPicture *b)
{
  assert_int_equal (a->view.width, b->view.width);
  assert_int_equal (a->view.height, b->view.height);
  assert_int_equal (a->view.channels, b->view.channels);
  assert_int_equal (a->view.depth, b->view.depth);
  assert_int_equal (a->view.stride, b->view.stride);
  assert_memory_equal (a->view.pixels, b->view.pixels, (size_t)a->view.stride * (size_t)a->view.height);
}
