/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * profile.h: a picture's colour space, and the arithmetic between it and sRGB.
 */
#ifndef RVS_IO_PROFILE_H
#define RVS_IO_PROFILE_H

#include "picture.h"

#include <lcms2.h>

/* That of the picture's metadata; NULL where they say nothing, or nothing that can be used, which is noted. */
cmsHPROFILE io__profile_of (RvsPicture *picture);
/* sRGB, or its grey axis. NULL: no memory. */
cmsHPROFILE io__profile_srgb (bool grey);

/* Between a space and sRGB, relative colorimetric, values 0..65535; one channel of grey or three of RGB. */
typedef struct IoSpace IoSpace;

/* NULL: no memory, or a profile that lcms2 cannot use. */
IoSpace *io__space_new (cmsHPROFILE own, cmsHPROFILE srgb, bool grey);
void     io__space_free (IoSpace *space); /* NULL-safe */
/* n pixels, packed. */
void io__space_to_srgb (const IoSpace *space, const uint16_t *from, uint16_t *to, size_t n);
void io__space_from_srgb (const IoSpace *space, const uint16_t *from, uint16_t *to, size_t n);

#endif
