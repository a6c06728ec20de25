/* SPDX-License-Identifier: GPL-3.0-or-later
 * enlarge_size.c: how large a photo may become, and where its faces are then. */
#include "core/error.h"
#include "rvs.h"

RvsStatus
rvs_enlarge_check (int32_t width, int32_t height, int32_t factor, RvsError *err)
{
  const int64_t w = (int64_t)width * factor, h = (int64_t)height * factor;

  if (factor < 2 || factor > RVS_MAX_FACTOR)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "a picture can be enlarged 2 to %d times, not %d", RVS_MAX_FACTOR, factor);
  if (width < 1 || height < 1)
    return rvs__fail (err, RVS_ERR_ARGUMENT, "%d x %d pixels is not an image", width, height);
  if (w > RVS_MAX_SIDE || h > RVS_MAX_SIDE || w * h > RVS_MAX_PIXELS)
    return rvs__fail (err, RVS_ERR_LIMIT,
                      "%dx%d pixels enlarged %d times are %lldx%lld; at most %d a side and %lld million in all "
                      "are possible",
                      width, height, factor, (long long)w, (long long)h, RVS_MAX_SIDE, (long long)(RVS_MAX_PIXELS / 1000000));
  return RVS_OK;
}

void
rvs_face_enlarge (const RvsFace *face, int32_t factor, RvsFace *out_face)
{
  const float by = (float)factor;

  *out_face = *face;
  out_face->x *= by;
  out_face->y *= by;
  out_face->w *= by;
  out_face->h *= by;
  out_face->enlarged = (face->enlarged > 1 ? face->enlarged : 1) * by;
  for (int i = 0; i < 5; i++)
    for (int k = 0; k < 2; k++)
      out_face->landmarks[i][k] *= by;
}
