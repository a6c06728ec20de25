/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * photos.h: photos whose faces were found and analysed, kept by their pixels for the next render. One cache a process: GIMP makes a new
 * operation whenever it copies, merges or shows a layer elsewhere, and the same pixels must not be analysed again.
 *
 * Asked again with the same pixels, only what changed is done: nothing, mixing (strength), the restorer's second stage (a system's own
 * knobs), or all of it (what decides which faces are restored, how much around them, and by which system).
 */
#ifndef RVS_GEGL_PHOTOS_H
#define RVS_GEGL_PHOTOS_H

#include "rvs_params.h"

/* Valid until rvs_photos_leave. */
typedef struct RvsRestoredPhoto
{
  RvsView        src, out; /* out is valid inside the rects only */
  const RvsRect *rects;    /* of the restored faces; may overlap */
  size_t         n_rects;
  size_t         n_found; /* faces, restored or not */
} RvsRestoredPhoto;

/* What a photo is and how it is read: rows y .. y + n_rows - 1, tightly packed. */
typedef struct RvsPhotoSource
{
  int32_t  width, height;
  int32_t  channels; /* as RvsView.channels */
  RvsDepth depth;
  void (*read_rows) (void *user, int32_t y, int32_t n_rows, void *pixels);
  void *user;
} RvsPhotoSource;

/* Keeps the cache to itself until rvs_photos_leave, which must be called whatever comes of it. Any thread. Fails as
 * rvs_models_open_session, rvs_detect, rvs_analyse and rvs_render. */
RVS_NODISCARD RvsStatus rvs_photos_enter (const RvsPhotoSource *source, const RvsParams *params, const RvsMonitor *monitor,
                                          RvsRestoredPhoto *out, RvsError *err);
void                    rvs_photos_leave (void);

/* What was done so far, for tests. */
typedef struct RvsPhotosCounts
{
  size_t searched, rendered; /* photos whose faces were looked for, and renders, of whatever kind */
} RvsPhotosCounts;
RvsPhotosCounts rvs_photos_counts (void);

#endif
