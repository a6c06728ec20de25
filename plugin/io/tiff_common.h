/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tiff_common.h: what reading and writing TIFF share.
 */
#ifndef RVS_IO_TIFF_COMMON_H
#define RVS_IO_TIFF_COMMON_H

#include "io_private.h"

#include <stdarg.h>
#include <stdint.h>
#include <tiffio.h>

enum
{
  IO_TIFF_TEXTS = 9
};

/* Notes that are tags of TIFF, and the keys they have in memory (PNG's where it has one). */
typedef struct IoTiffText
{
  uint32_t    tag;
  const char *key;
} IoTiffText;

extern const IoTiffText io__tiff_texts[IO_TIFF_TEXTS];

/* Offsets of EXIF's directories in a file; 0: there is none. */
typedef struct IoTiffExif
{
  uint32_t exif, gps;
} IoTiffExif;

/* The first error that libtiff told; empty: none. */
typedef struct IoTiffMessage
{
  char text[160];
} IoTiffMessage;

/* Errors go to the message, which the open file keeps; warnings nowhere. */
void io__tiff_listen (TIFFOpenOptions *options, IoTiffMessage *message);
int  io__tiff_on_close (thandle_t handle);

/* The bytes of a tag of the directory at this offset of a file as they stand there, whatever their type. False when there are none. */
bool io__tiff_raw_tag (FILE *file, bool big_endian, uint64_t directory, uint32_t tag, RvsBlob *out);
/* A block as in JPEG from the directories at these offsets (0: none) of a file. False when they cannot be read: *out is empty. */
bool io__tiff_exif_gather (FILE *file, bool big_endian, uint64_t exif, uint64_t gps, RvsBlob *out);
/* Moves the block's inner offsets by as much as it stands behind the start of the file. False when it is damaged. */
bool io__tiff_exif_place (RvsBlob *block, uint32_t by, IoTiffExif *out);
/* An ASCII tag of the block's first directory. False when there is none that fits. */
bool io__tiff_exif_text (const RvsBlob *block, uint32_t tag, char *out, size_t n_out);

#endif
