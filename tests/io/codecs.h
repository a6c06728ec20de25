/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * codecs.h: makes PNG and JPEG files of every kind in memory, straight from libpng and libjpeg, so that
 * the readers under test are checked against something that is not their own writer.
 */
#ifndef TESTS_CODECS_H
#define TESTS_CODECS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Bytes
{
  unsigned char *bytes;
  size_t         n;
} Bytes;

typedef struct PngSpec
{
  int                  width, height;
  int                  depth, colour_type; /* as libpng names them */
  bool                 interlaced;
  const unsigned char *rows; /* packed rows, as libpng takes them */
  size_t               row_bytes;
  bool                 transparent; /* a tRNS chunk: palette entry 0 at alpha 40, or the colour of value 0 */
  bool                 notes;       /* ICC-less metadata: pHYs, eXIf, tEXt, zTXt, iTXt, gAMA */
  int                  orientation; /* in an eXIf chunk; 0 = none */
  const char          *xmp;         /* a packet instead of that of the notes */
} PngSpec;

/* The palette used with PNG_COLOR_TYPE_PALETTE: entry i is (i * 7, 255 - i, i * 3) modulo 256. */
Bytes make_png (const PngSpec *spec);

typedef struct JpegSpec
{
  int                  width, height, channels; /* 1, 3, or 4 for CMYK */
  const unsigned char *rows;                    /* packed */
  int                  orientation;             /* 0 = no EXIF */
  bool                 big_endian;              /* of the EXIF block */
  bool                 progressive;
  bool                 notes; /* a comment, an XMP packet, an APP13 segment, 300 dots per inch */
  const unsigned char *icc;
  size_t               n_icc;
  const char          *xmp; /* a packet beside the notes */
} JpegSpec;

Bytes make_jpeg (const JpegSpec *spec);

/* A small EXIF block: orientation, pixel size 6x4 in the EXIF directory, a link to a thumbnail directory. */
size_t make_exif (unsigned char *out, bool big_endian, int orientation);
#define EXIF_BYTES 74

/* A profile that libpng accepts: a header and one tag of noise ("RGB " or "GRAY"). Noise, since libpng 1.6.39
 * drops a profile that deflates to less than about 90 bytes as "too short". */
#define ICC_BYTES 400
void make_icc (unsigned char *out, const char *colour_space);

/* Puts a chunk before the first one of type `before`, or a segment behind SOI. The file grows. */
void insert_chunk (Bytes *png, const char *before, const char *type, const void *bytes, size_t n);
void insert_segment (Bytes *jpeg, int marker, const void *bytes, size_t n);

/* Recomputes the CRC of the chunk at offset. */
void fix_crc (Bytes png, size_t chunk);
/* Offset of the first chunk of this type; aborts when there is none. */
size_t find_chunk (Bytes png, const char *type);

#endif
