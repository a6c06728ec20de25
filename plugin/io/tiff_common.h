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

#endif
