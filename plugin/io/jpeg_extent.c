/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * jpeg_extent.c: where the picture in a JPEG file ends. The end mark (EOI) may be missing, and phones put videos, further pictures and
 * data of their own behind it; this walks the markers (ITU-T T.81, annex B) without decoding anything.
 */
#include "jpeg_extent.h"

#include <errno.h>
#include <string.h>

enum
{
  BUFFER_BYTES = 65536,
  SOI = 0xd8,
  EOI = 0xd9,
  SOS = 0xda
};

typedef struct Walk
{
  FILE         *file;
  uint64_t      base; /* of the buffer in the file */
  size_t        n, at;
  unsigned char bytes[BUFFER_BYTES];
} Walk;

/* False at the end of the file. */
static bool
fill (Walk *walk)
{
  if (walk->at < walk->n)
    return true;
  walk->base += walk->n;
  walk->at = 0;
  walk->n = fread (walk->bytes, 1, sizeof walk->bytes, walk->file);
  return walk->n > 0;
}

static int
next_byte (Walk *walk)
{
  return fill (walk) ? walk->bytes[walk->at++] : -1;
}

static uint64_t
place (const Walk *walk)
{
  return walk->base + walk->at;
}

/* The code of the next marker, past any bytes that are none: entropy-coded data with its stuffed zeros and restart marks, and what
 * libjpeg passes over, too. -1 at the end of the file. */
static int
next_marker (Walk *walk)
{
  while (fill (walk))
    {
      unsigned char *found = memchr (walk->bytes + walk->at, 0xff, walk->n - walk->at);
      int            code = 0xff;

      walk->at = found ? (size_t)(found + 1 - walk->bytes) : walk->n;
      while (found && code == 0xff)
        code = next_byte (walk);
      if (found && code > 0x01 && (code < 0xd0 || code > 0xd7))
        return code;
    }
  return -1;
}

/* Passes over the segment behind a marker. False when the file ends within it. */
static bool
skip_segment (Walk *walk)
{
  int high = next_byte (walk), low = next_byte (walk);
  int n = high << 8 | low;

  if (high < 0 || low < 0)
    return false;
  for (n -= 2; n > 0 && fill (walk);)
    {
      int step = n < (int)(walk->n - walk->at) ? n : (int)(walk->n - walk->at);
      walk->at += (size_t)step;
      n -= step;
    }
  return n <= 0;
}

/* What may stand between two scans: tables, comments, application data, another scan. */
static bool
goes_on (int code)
{
  return code == 0xc4 || code == 0xcc || (code >= SOS && code <= 0xef && code != 0xde && code != 0xdf) || code == 0xfe;
}

static void
walk_markers (Walk *walk, IoJpegExtent *out)
{
  size_t n_scans = 0;
  int    code;

  while ((code = next_marker (walk)) >= 0)
    {
      out->end = place (walk);
      if (code == EOI)
        {
          out->has_end_mark = true;
          return;
        }
      if (n_scans && !goes_on (code))
        {
          out->end -= 2; /* something else begins there */
          return;
        }
      n_scans += code == SOS;
      if (code != SOI && !skip_segment (walk))
        break;
    }
  out->end = place (walk);
}

RvsStatus
io__jpeg_extent (const IoSource *source, IoJpegExtent *out, RvsError *err)
{
  Walk walk = { .file = source->file };

  *out = (IoJpegExtent){ 0, false };
  walk_markers (&walk, out);
  if (ferror (source->file) || fseek (source->file, 0, SEEK_SET))
    return io__fail (err, RVS_ERR_IO, "cannot be read: %s", strerror (errno));
  return RVS_OK;
}
