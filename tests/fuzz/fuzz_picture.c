/* SPDX-License-Identifier: GPL-3.0-or-later
 * fuzz_picture.c: any bytes as a picture file; what is read must be writable in every format. */
#include "fuzz.h"
#include "picture.h"

#include <string.h>

enum
{
  MAX_SIDE = 1024 /* larger ones only cost time and memory here */
};

static unsigned
be (const uint8_t *p, int n)
{
  unsigned value = 0;

  for (int i = 0; i < n; i++)
    value = value << 8 | p[i];
  return value;
}

static unsigned
le (const uint8_t *p, int n)
{
  unsigned value = 0;

  for (int i = n - 1; i >= 0; i--)
    value = value << 8 | p[i];
  return value;
}

/* Entries of a TIFF for width, height, and the sides of tiles, in either byte order. */
static int
is_large_tiff (const uint8_t *data, size_t size)
{
  for (size_t i = 4; i + 12 <= size; i++)
    {
      unsigned tag_be = be (data + i, 2), tag_le = le (data + i, 2);
      if ((tag_be == 256 || tag_be == 257)
          && (be (data + i + 8, 2) > MAX_SIDE || be (data + i + 8, 4) > (MAX_SIDE << 16 | 0xffffu)))
        return 1;
      if ((tag_le == 256 || tag_le == 257) && le (data + i + 8, 4) > MAX_SIDE)
        return 1;
    }
  return 0;
}

/* The canvas of an extended WebP, the frame of a plain one. */
static int
is_large_webp (const uint8_t *data, size_t size)
{
  for (size_t i = 12; i + 18 <= size; i++)
    if (!memcmp (data + i, "VP8", 3)
        && (data[i + 3] == 'X'   ? le (data + i + 12, 3) > MAX_SIDE || le (data + i + 15, 3) > MAX_SIDE
            : data[i + 3] == 'L' ? (le (data + i + 9, 4) & 0x3fff) > MAX_SIDE || (le (data + i + 9, 4) >> 14 & 0x3fff) > MAX_SIDE
                                 : (le (data + i + 14, 2) & 0x3fff) > MAX_SIDE || (le (data + i + 16, 2) & 0x3fff) > MAX_SIDE))
      return 1;
  return 0;
}

/* While fuzzing any: libheif and the decoders behind it have fuzzers of their own, allocate what a file of 40 bytes asks for, and leak.
 * The seeds are replayed. */
static int
is_large_heif (const uint8_t *data, size_t size)
{
  if (FUZZ_LIVE)
    return 1;
  for (size_t i = 0; i + 16 <= size; i++)
    if (!memcmp (data + i, "ispe", 4) && (be (data + i + 8, 4) > MAX_SIDE || be (data + i + 12, 4) > MAX_SIDE))
      return 1;
  return 0;
}

/* Guesses the size from the places where it stands in a PNG's first chunk, a JPEG's frame headers, and the like. */
static int
is_large (const uint8_t *data, size_t size)
{
  if (size >= 12 && !memcmp (data + 8, "WEBP", 4))
    return is_large_webp (data, size);
  if (size >= 12 && !memcmp (data + 4, "ftyp", 4))
    return is_large_heif (data, size);
  if (size >= 8 && ((data[0] == 'I' && data[1] == 'I') || (data[0] == 'M' && data[1] == 'M')))
    return is_large_tiff (data, size);
  if (size >= 24 && data[0] == 0x89)
    return be (data + 16, 4) > MAX_SIDE || be (data + 20, 4) > MAX_SIDE;
  for (size_t i = 0; i + 9 <= size; i++)
    if (data[i] == 0xff && data[i + 1] >= 0xc0 && data[i + 1] <= 0xcf
        && (be (data + i + 5, 2) > MAX_SIDE || be (data + i + 7, 2) > MAX_SIDE))
      return 1;
  return 0;
}

static void
write_as (const RvsPicture *picture, RvsPictureFormat format)
{
  char     *bytes = NULL;
  size_t    n = 0;
  FILE     *stream = open_memstream (&bytes, &n);
  RvsError  err = { RVS_OK, "" };
  unsigned  lost = 0;
  RvsStatus status;

  if (!stream)
    return;
  status = rvs_picture_write (picture, format, stream, NULL, &lost, &err);
  fclose (stream);
  FUZZ_CHECK (status == err.status);
  if (status == RVS_OK)
    {
      RvsPicture again;

      FUZZ_CHECK (rvs_picture_read_memory (bytes, n, NULL, &again, &err) == RVS_OK);
      FUZZ_CHECK (again.view.width == picture->view.width && again.view.height == picture->view.height);
      if (format == RVS_PICTURE_PNG || format == RVS_PICTURE_TIFF)
        {
          FUZZ_CHECK (again.view.channels == picture->view.channels && again.view.depth == picture->view.depth);
          FUZZ_CHECK (memcmp (again.view.pixels, picture->view.pixels, (size_t)again.view.stride * (size_t)again.view.height) == 0);
        }
      rvs_picture_clear (&again);
    }
  free (bytes);
}

/* Makes the checksum of every PNG chunk right, so that spoilt chunks get past it to the code behind. */
static void
fix_checksums (uint8_t *data, size_t size)
{
  for (size_t at = 8; size >= 12 && at <= size - 12;)
    {
      size_t   length = be (data + at, 4);
      uint32_t crc = 0xffffffffu;

      if (length > size - 12 - at)
        return;
      for (size_t i = at + 4; i < at + 8 + length; i++)
        {
          crc ^= data[i];
          for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
        }
      for (int i = 0; i < 4; i++)
        data[at + 8 + length + (size_t)i] = (uint8_t)(~crc >> (24 - 8 * i));
      at += 12 + length;
    }
}

static int
read_one (const uint8_t *data, size_t size)
{
  RvsPicture picture;
  RvsError   err = { RVS_OK, "" };
  RvsStatus  status;

  status = rvs_picture_read_memory (data, size, NULL, &picture, &err);
  FUZZ_CHECK (status == err.status);
  if (status == RVS_OK)
    {
      for (int format = 0; format < RVS_PICTURE_FORMATS; format++)
        if (rvs_format_can_write ((RvsPictureFormat)format))
          write_as (&picture, (RvsPictureFormat)format);
    }
  else
    FUZZ_CHECK (picture.view.pixels == NULL);
  rvs_picture_clear (&picture);
  return status == RVS_OK;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  uint8_t *copy;

  if (!data || is_large (data, size) || read_one (data, size) || size < 8 || data[0] != 0x89)
    return 0;
  copy = malloc (size);
  if (!copy)
    return 0;
  memcpy (copy, data, size);
  fix_checksums (copy, size);
  read_one (copy, size);
  free (copy);
  return 0;
}
