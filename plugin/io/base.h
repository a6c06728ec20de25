/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * base.h: what stands under the codecs.
 */
#ifndef RVS_IO_BASE_H
#define RVS_IO_BASE_H

#include "picture.h"

enum
{
  IO_LOSSY_QUALITY = 95 /* what a lossy picture is written with: the restored detail is worth more than the bytes */
};

/* An open picture file, positioned at its start. */
typedef struct IoSource
{
  FILE                        *file;
  uint64_t                     size; /* bytes */
  const volatile sig_atomic_t *stop; /* or NULL */
} IoSource;

/* Stores the first error; returns status. */
RvsStatus io__fail (RvsError *err, RvsStatus status, const char *format, ...) __attribute__ ((format (printf, 3, 4)));
bool      io__stopped (const volatile sig_atomic_t *stop);

/* ARGUMENT or LIMIT with a message unless a picture of this size is acceptable. */
RvsStatus io__check_size (uint64_t width, uint64_t height, RvsError *err);
/* Allocates the pixels (not cleared) and fills the view of an empty picture. */
RvsStatus io__alloc_pixels (RvsPicture *picture, int32_t width, int32_t height, int32_t channels, RvsDepth depth, RvsError *err);
size_t    io__pixel_bytes (const RvsMutView *view);
/* All of the file; the caller frees the bytes. IO, NO_MEMORY. */
RvsStatus io__read_file (const IoSource *source, RvsBlob *out, RvsError *err);

#endif
