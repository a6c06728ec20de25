/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * enlarge.h: a picture of a file made larger, with its notes. For every front end that writes files.
 */
#ifndef RVS_COMMON_ENLARGE_H
#define RVS_COMMON_ENLARGE_H

#include "picture.h"

/* Whether a picture of this size may become `factor` times as wide and high in a file of this format: LIMIT or ARGUMENT where not.
 * Takes no memory: ask before anything is done. */
RVS_NODISCARD RvsStatus rvs_enlarge_check_file (int32_t width, int32_t height, int32_t factor, RvsPictureFormat format,
                                                RvsError *err);
/* The picture's own pixels, in whatever colours they are, through rvs_enlarge; the metadata through rvs_picture_grow. On failure the
 * picture is as it was; as rvs_enlarge, and with NO_MEMORY. */
RVS_NODISCARD RvsStatus rvs_enlarge_picture (RvsSession *session, RvsPicture *picture, int32_t factor, const RvsMonitor *monitor,
                                             RvsError *err);

#endif
