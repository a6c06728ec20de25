/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * jpeg_extent.c: where the picture in a JPEG file ends. The end mark (EOI) may be missing, and phones put videos, further pictures and
 * data of their own behind it; this walks the markers (ITU-T T.81, annex B) without decoding anything.
 */
#define _GNU_SOURCE /* memmem */
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
  int high = next_byte (walk), low = next_byte (walk), n;

  if (high < 0 || low < 0)
    return false;
  for (n = (high << 8 | low) - 2; n > 0 && fill (walk);)
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

/* ---- behind the picture ----------------------------------------------------------------------- */

/* Words that tell what a trailer is: a video's first box; the name of a gain map in its own XMP, ISO 21496-1's or Apple's. */
static const struct
{
  const char *word;
  unsigned    lost;
} signs[] = { { "ftyp", RVS_LOST_VIDEO },
              { "hdrgm", RVS_LOST_GAIN_MAP },
              { "std:iso:ts:21496", RVS_LOST_GAIN_MAP },
              { "hdrgainmap", RVS_LOST_GAIN_MAP } };

static unsigned
signs_in (const unsigned char *bytes, size_t n)
{
  unsigned found = 0;

  for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
    if (memmem (bytes, n, signs[i].word, strlen (signs[i].word)))
      found |= signs[i].lost;
  return found;
}

static bool
is_blank (const unsigned char *bytes, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (bytes[i])
      return false;
  return true;
}

RvsStatus
io__jpeg_trailer (const IoSource *source, uint64_t end, unsigned *out_lost, RvsError *err)
{
  enum
  {
    OVERLAP = 16 /* a word may lie across two pieces */
  };
  unsigned char bytes[OVERLAP + 16384];
  size_t        kept = 0, n;
  bool          blank = true;

  *out_lost = 0;
  if (fseek (source->file, (long)end, SEEK_SET))
    return io__fail (err, RVS_ERR_IO, "cannot be read: %s", strerror (errno));
  while ((n = fread (bytes + kept, 1, sizeof bytes - kept, source->file)))
    {
      n += kept;
      blank = blank && is_blank (bytes, n);
      *out_lost |= signs_in (bytes, n);
      kept = n < OVERLAP ? n : OVERLAP;
      memmove (bytes, bytes + n - kept, kept);
    }
  if (ferror (source->file))
    return io__fail (err, RVS_ERR_IO, "cannot be read: %s", strerror (errno));
  if (!blank && !*out_lost)
    *out_lost = RVS_LOST_TRAILER;
  return RVS_OK;
}
