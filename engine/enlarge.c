/* SPDX-License-Identifier: GPL-3.0-or-later
 * enlarge.c: the public call that makes a photo larger; the arithmetic is in enlarge/. */
#include "session.h"

#include "core/image.h"
#include "enlarge/lanczos.h"

static RvsStatus
check_views (const RvsView *src, int32_t factor, const RvsMutView *dst, RvsError *err)
{
  const RvsView out = rvs_view_of (dst);
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
  RvsCall        call;
  const RvsWatch watch = { on_share, &call };
  RvsStatus      status = check_views (src, factor, dst, err);

  if (status != RVS_OK)
    return status;
  rvs__call_begin (&call, &session->exec, monitor);
  status = rvs__call_report (&call, RVS_PHASE_ENLARGE, 0, NULL);
  if (status == RVS_OK)
    status = rvs__lanczos (&session->exec, src, factor, &watch, dst);
  return rvs__call_end (&call, status, err);
}
