/* SPDX-License-Identifier: GPL-3.0-or-later
 * enlarge.c: the public calls that make a photo larger; the arithmetic is in enlarge/. */
#include "session.h"

#include "core/image.h"
#include "enlarge/lanczos.h"

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

static RvsStatus
check_views (const RvsView *src, int32_t factor, const RvsMutView *dst, RvsError *err)
{
  const RvsView out = rvs__view_of (dst);
  RvsStatus     status = rvs__view_check (src, err);

  if (status == RVS_OK)
    status = rvs_enlarge_check (src->width, src->height, factor, err);
  if (status == RVS_OK)
    status = rvs__view_check (&out, err);
  if (status == RVS_OK
      && (dst->width != src->width * factor || dst->height != src->height * factor || dst->channels != src->channels
          || dst->depth != src->depth || dst->pixels == src->pixels))
    return rvs__fail (err, RVS_ERR_ARGUMENT,
                      "the enlarged picture must have the photo's channels and depth, %d times its size and "
                      "memory of its own",
                      factor);
  return status;
}

static RvsStatus
on_share (void *user, float share)
{
  return rvs__call_report (user, RVS_PHASE_ENLARGE, share, NULL);
}

RvsStatus
rvs_enlarge (RvsSession *session, const RvsView *src, int32_t factor, const RvsMonitor *monitor, const RvsMutView *dst,
             RvsError *err)
{
  RvsCall               call;
  const RvsEnlargeWatch watch = { on_share, &call };
  RvsStatus             status = check_views (src, factor, dst, err);

  if (status != RVS_OK)
    return status;
  rvs__call_begin (&call, &session->exec, monitor);
  status = rvs__call_report (&call, RVS_PHASE_ENLARGE, 0, NULL);
  if (status == RVS_OK)
    status = rvs__lanczos (&session->exec, src, factor, &watch, dst);
  return rvs__call_end (&call, status, err);
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
