/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * enlarge.c: the engine's arithmetic, the memory for it, and the picture's notes.
 */
#include "enlarge.h"

RvsStatus
rvs_enlarge_check_file (int32_t width, int32_t height, int32_t factor, RvsPictureFormat format, RvsError *err)
{
  RvsStatus status = rvs_enlarge_check (width, height, factor, err);

  return status ? status : rvs_format_check_size (format, width * factor, height * factor, err);
}

RvsStatus
rvs_enlarge_picture (RvsSession *session, RvsPicture *picture, int32_t factor, const RvsMonitor *monitor, RvsError *err)
{
  const RvsView from = rvs_picture_view (picture);
  RvsPicture    larger = { 0 };
  RvsStatus     status = rvs_enlarge_check (from.width, from.height, factor, err);

  if (!status)
    status = rvs_picture_new (from.width * factor, from.height * factor, from.channels, from.depth, &larger, err);
  if (!status)
    status = rvs_enlarge (session, &from, factor, monitor, &larger.view, err);
  if (!status)
    status = rvs_picture_grow (picture, &larger, err);
  rvs_picture_clear (&larger);
  return status;
}
