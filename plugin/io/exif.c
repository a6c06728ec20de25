/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * exif.c: the facts of an EXIF block that change when a picture is turned upright or enlarged: its orientation, its stored size, places
 * in it, its thumbnail. Everything else is carried as it is.
 */
#include "io_private.h"

#include <string.h>

enum
{
  TAG_WIDTH = 0x0100,
  TAG_HEIGHT = 0x0101,
  TAG_ORIENTATION = 0x0112,
  TAG_EXIF_IFD = 0x8769,
  TAG_SUBJECT_AREA = 0x9214,
  TAG_PIXEL_X = 0xa002,
  TAG_PIXEL_Y = 0xa003,
  TAG_FOCAL_PLANE_X = 0xa20e, /* pixels a unit of length on the sensor */
  TAG_FOCAL_PLANE_Y = 0xa20f,
  TAG_SUBJECT_LOCATION = 0xa214,
  TYPE_SHORT = 3,
  TYPE_LONG = 4,
  TYPE_RATIONAL = 5
};

/* A TIFF directory inside a blob, checked to lie within it. */
typedef struct Directory
{
  unsigned char *bytes;
  size_t         n;
  bool           big_endian;
  size_t         first;     /* offset of the first entry */
  size_t         n_entries; /* 12 bytes each; they are followed by room for the link, which may be cut off */
} Directory;

static uint32_t
get (const Directory *dir, size_t at, int n_bytes)
{
  uint32_t value = 0;

  for (int i = 0; i < n_bytes; i++)
    value |= (uint32_t)dir->bytes[at + (size_t)i] << 8 * (dir->big_endian ? n_bytes - 1 - i : i);
  return value;
}

static void
put (const Directory *dir, size_t at, int n_bytes, uint32_t value)
{
  for (int i = 0; i < n_bytes; i++)
    dir->bytes[at + (size_t)i] = (unsigned char)(value >> 8 * (dir->big_endian ? n_bytes - 1 - i : i));
}

static bool
open_directory (const RvsBlob *exif, bool big_endian, size_t offset, Directory *out)
{
  out->bytes = exif->bytes;
  out->n = exif->n;
  out->big_endian = big_endian;
  if (offset < 8 || offset > exif->n || exif->n - offset < 2)
    return false;
  out->first = offset + 2;
  out->n_entries = get (out, offset, 2);
  return (exif->n - out->first) / 12 >= out->n_entries;
}

static bool
open_first_directory (const RvsBlob *exif, Directory *out)
{
  Directory header = { exif->bytes, exif->n, false, 0, 0 };

  if (!exif->bytes || exif->n < 8)
    return false;
  if (!memcmp (exif->bytes, "MM\0*", 4))
    header.big_endian = true;
  else if (memcmp (exif->bytes, "II*\0", 4))
    return false;
  return open_directory (exif, header.big_endian, get (&header, 4, 4), out);
}

/* Offset of the entry with this tag; 0 when there is none. */
static size_t
find_entry (const Directory *dir, unsigned tag)
{
  for (size_t i = 0; i < dir->n_entries; i++)
    if (get (dir, dir->first + 12 * i, 2) == tag)
      return dir->first + 12 * i;
  return 0;
}

/* Value of a single SHORT or LONG entry. */
static bool
get_number (const Directory *dir, size_t entry, uint32_t *out)
{
  uint32_t type;

  if (!entry || get (dir, entry + 4, 4) != 1)
    return false;
  type = get (dir, entry + 2, 2);
  if (type != TYPE_SHORT && type != TYPE_LONG)
    return false;
  *out = get (dir, entry + 8, type == TYPE_SHORT ? 2 : 4);
  return true;
}

static void
exchange (const Directory *dir, unsigned tag_a, unsigned tag_b)
{
  size_t        a = find_entry (dir, tag_a), b = find_entry (dir, tag_b);
  unsigned char kept[10];
  uint32_t      value;

  /* Type and value together, so that a SHORT and a LONG may be exchanged. */
  if (!get_number (dir, a, &value) || !get_number (dir, b, &value))
    return;
  memcpy (kept, dir->bytes + a + 2, 10);
  memcpy (dir->bytes + a + 2, dir->bytes + b + 2, 10);
  memcpy (dir->bytes + b + 2, kept, 10);
}

/* Where an entry of this type has its values; 0 when it is of another one, or they lie outside. */
static size_t
values_of (const Directory *dir, size_t entry, uint32_t type, size_t bytes_each, uint32_t *out_count)
{
  size_t at;

  if (!entry || get (dir, entry + 2, 2) != type)
    return 0;
  *out_count = get (dir, entry + 4, 4);
  at = *out_count * (uint64_t)bytes_each <= 4 ? entry + 8 : get (dir, entry + 8, 4);
  return at >= 8 && at <= dir->n && (dir->n - at) / bytes_each >= *out_count ? at : 0;
}

/* A single number: LONG, where a SHORT may not hold the new one. */
static void
replace_number (const Directory *dir, unsigned tag, uint32_t number)
{
  size_t   entry = find_entry (dir, tag);
  uint32_t old;

  if (!get_number (dir, entry, &old))
    return;
  put (dir, entry + 2, 2, TYPE_LONG);
  put (dir, entry + 8, 4, number);
}

/* Pixels from the left and the top, or lengths. */
static void
multiply_shorts (const Directory *dir, unsigned tag, uint32_t factor)
{
  uint32_t count, value;
  size_t   at = values_of (dir, find_entry (dir, tag), TYPE_SHORT, 2, &count);

  for (uint32_t i = 0; at && i < count && i < 4; i++)
    {
      value = get (dir, at + 2 * i, 2) * factor;
      put (dir, at + 2 * i, 2, value > UINT16_MAX ? UINT16_MAX : value);
    }
}

/* By the numerator, or by the denominator where that has no room. */
static void
multiply_rational (const Directory *dir, unsigned tag, uint32_t factor)
{
  uint32_t count, numerator, denominator;
  size_t   at = values_of (dir, find_entry (dir, tag), TYPE_RATIONAL, 8, &count);

  if (!at || count != 1)
    return;
  numerator = get (dir, at, 4);
  denominator = get (dir, at + 4, 4);
  if (numerator <= UINT32_MAX / factor)
    put (dir, at, 4, numerator * factor);
  else
    put (dir, at + 4, 4, denominator / factor ? denominator / factor : 1);
}

void
io__exif_grow (RvsBlob *exif, int32_t width, int32_t height, int factor)
{
  Directory dir, sub;
  uint32_t  offset, by = (uint32_t)factor;

  if (!open_first_directory (exif, &dir))
    return;
  replace_number (&dir, TAG_WIDTH, (uint32_t)width);
  replace_number (&dir, TAG_HEIGHT, (uint32_t)height);
  if (!get_number (&dir, find_entry (&dir, TAG_EXIF_IFD), &offset) || !open_directory (exif, dir.big_endian, offset, &sub))
    return;
  replace_number (&sub, TAG_PIXEL_X, (uint32_t)width);
  replace_number (&sub, TAG_PIXEL_Y, (uint32_t)height);
  multiply_shorts (&sub, TAG_SUBJECT_AREA, by);
  multiply_shorts (&sub, TAG_SUBJECT_LOCATION, by);
  multiply_rational (&sub, TAG_FOCAL_PLANE_X, by);
  multiply_rational (&sub, TAG_FOCAL_PLANE_Y, by);
}

int
io__exif_orientation (const RvsBlob *exif)
{
  Directory dir;
  uint32_t  value;

  if (!open_first_directory (exif, &dir) || !get_number (&dir, find_entry (&dir, TAG_ORIENTATION), &value))
    return 0;
  return value >= 1 && value <= 8 ? (int)value : 0;
}

bool
io__exif_reset (RvsBlob *exif, bool turned)
{
  Directory dir, sub;
  uint32_t  value;
  size_t    entry, link;

  if (!open_first_directory (exif, &dir))
    return false;
  entry = find_entry (&dir, TAG_ORIENTATION);
  if (get_number (&dir, entry, &value))
    put (&dir, entry + 8, get (&dir, entry + 2, 2) == TYPE_SHORT ? 2 : 4, 1);
  if (turned)
    {
      exchange (&dir, TAG_WIDTH, TAG_HEIGHT);
      if (get_number (&dir, find_entry (&dir, TAG_EXIF_IFD), &value) && open_directory (exif, dir.big_endian, value, &sub))
        exchange (&sub, TAG_PIXEL_X, TAG_PIXEL_Y);
    }
  link = dir.first + 12 * dir.n_entries;
  if (dir.n - link < 4 || get (&dir, link, 4) == 0)
    return false;
  put (&dir, link, 4, 0);
  return true;
}
