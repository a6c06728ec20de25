/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * formats_private.h: the table of formats as this folder sees it.
 */
#ifndef RVS_IO_FORMATS_PRIVATE_H
#define RVS_IO_FORMATS_PRIVATE_H

#include "io_private.h"

enum
{
  IO_HEAD_BYTES = 32, /* as many of a file as telling its format needs */
  /* The libraries' limits, for builds without them too; the writers check that they are these. */
  IO_JPEG_MAX_SIDE = 65500,
  IO_WEBP_MAX_SIDE = 16383
};

/* These bytes at this place. */
typedef struct IoMagic
{
  size_t      offset, n; /* n 0: none */
  const char *bytes;
} IoMagic;

typedef struct IoFormat
{
  RvsFormat info;
  IoMagic   magic[8];                                                         /* any of them */
  RvsStatus (*read) (const IoSource *source, RvsPicture *out, RvsError *err); /* NULL: not in this build */
  RvsStatus (*write) (const RvsPicture *picture, FILE *stream, const volatile sig_atomic_t *stop, unsigned *lost, RvsError *err);
} IoFormat;

extern const IoFormat io__formats[RVS_PICTURE_FORMATS]; /* by RvsPictureFormat */

/* The format of a file that starts like this; NULL when it is none of the table. */
const IoFormat *io__format_of_bytes (const unsigned char *head, size_t n);
/* FORMAT, with the kind's name where it is known. */
RvsStatus io__refuse_bytes (const unsigned char *head, size_t n, RvsError *err);

#endif
