/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hole.h: the pixels to be filled, from a picture file: white where there is damage, black where not, grey for soft edges; and where a photo
 * rules, from another.
 */
#ifndef RVS_COMMON_HOLE_H
#define RVS_COMMON_HOLE_H

#include "picture.h"

/* Owns its pixels: one channel, U8 or U16; with fidelity, a second one that says how much the first counts. */
typedef struct RvsHoleFile
{
  RvsPicture picture;
  RvsView    view; /* for RvsParams.hole or fidelity_map; other programs' three equal colours are read as one */
} RvsHoleFile;

/* Grey, palettes and colour are taken where their meaning is clear: no colours, nothing transparent. HOLE with what is unclear; else as
 * rvs_picture_read. The message does not name the file. */
RVS_NODISCARD RvsStatus rvs_hole_file_read (const char *path, const volatile sig_atomic_t *stop, RvsHoleFile *out, RvsError *err);
/* The same of where the photo rules (white) and where detail may be invented (black): where it is transparent it says nothing. */
RVS_NODISCARD RvsStatus rvs_fidelity_file_read (const char *path, const volatile sig_atomic_t *stop, RvsHoleFile *out,
                                                RvsError *err);
void                    rvs_hole_file_clear (RvsHoleFile *file);

#endif
