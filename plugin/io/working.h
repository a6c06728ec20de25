/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * working.h: the pixels that an engine which knows only sRGB sees of a picture in any colour space, and the way back.
 */
#ifndef RVS_IO_WORKING_H
#define RVS_IO_WORKING_H

#include "picture.h"

typedef struct RvsWorking
{
  RvsPicture *picture; /* borrowed */
  RvsPicture  srgb;    /* a copy in sRGB with 16 bits; without pixels where the picture is sRGB itself */
  void       *space;   /* the arithmetic between the two; NULL likewise */
} RvsWorking;

/* What the picture is in follows from its profile, PNG's cICP, or gAMA and cHRM; without any of them, and in a build without lcms2, it
 * is sRGB. Adds RVS_NOTE_CONVERTED, _PROFILE or _HDR to the picture's notes. Fails with NO_MEMORY, and with FORMAT for PQ and HLG in a build without lcms2; rvs_working_close is right either
 * way. */
RVS_NODISCARD RvsStatus rvs_working_open (RvsPicture *picture, RvsWorking *out, RvsError *err);
/* To be restored in place. */
RvsMutView rvs_working_view (const RvsWorking *working);
/* Brings what changed in n rows from y on back into the picture: to each changed pixel the difference is added, in the picture's own space and depth; the
 * others keep their very bytes. Fails with NO_MEMORY. */
RVS_NODISCARD RvsStatus rvs_working_commit (RvsWorking *working, int32_t y, int32_t n, RvsError *err);
void                    rvs_working_close (RvsWorking *working);

#endif
