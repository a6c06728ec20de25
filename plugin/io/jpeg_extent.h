/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * jpeg_extent.h: where the picture in a JPEG file ends.
 */
#ifndef RVS_IO_JPEG_EXTENT_H
#define RVS_IO_JPEG_EXTENT_H

#include "base.h"

typedef struct IoJpegExtent
{
  uint64_t end;          /* offset behind the end mark, or of the first byte that is not the picture's */
  bool     has_end_mark; /* EOI */
} IoJpegExtent;

/* Walks the file from its start and goes back there. Fails with IO only. */
RvsStatus io__jpeg_extent (const IoSource *source, IoJpegExtent *out, RvsError *err);

/* RVS_LOST_ bits of what lies behind the picture. Leaves the file anywhere. Fails with IO only. */
RvsStatus io__jpeg_trailer (const IoSource *source, uint64_t end, unsigned *out_lost, RvsError *err);

#endif
