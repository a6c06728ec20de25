/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * inks.h: colours that are neither grey nor RGB, to sRGB. In a build without lcms2 none are known.
 */
#ifndef RVS_IO_INKS_H
#define RVS_IO_INKS_H

#include "picture.h"

typedef enum IoInks
{
  IO_INKS_CMYK, /* four channels, 0: no ink */
  IO_INKS_LAB   /* three channels of 8 bits, a and b with 128 for grey */
} IoInks;

/* Whether the profile is of such colours, and can be used. */
bool io__inks_known (const RvsBlob *icc, IoInks inks);
/* `to`: RGB of the size and depth of `from`. Relative colorimetric, black on black. Fails with NO_MEMORY. */
RvsStatus io__inks_to_srgb (const RvsBlob *icc, IoInks inks, const RvsMutView *from, const RvsMutView *to, RvsError *err);

#endif
