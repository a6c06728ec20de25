/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * working_plain.c: for builds without lcms2: every picture is taken as sRGB.
 */
#include "base.h"
#include "working.h"

/* PQ and HLG (ITU-T H.273) are too far from sRGB to be taken for it. */
static bool
is_hdr (const RvsPicture *picture)
{
  const RvsBlob *cicp = &picture->meta.hdr[RVS_HDR_CICP];

  return cicp->n >= 4 && (cicp->bytes[1] == 16 || cicp->bytes[1] == 18);
}

RvsStatus
rvs_working_open (RvsPicture *picture, RvsWorking *out, RvsError *err)
{
  *out = (RvsWorking){ .picture = picture };
  if (is_hdr (picture))
    return io__fail (err, RVS_ERR_FORMAT, "HDR pictures (PQ or HLG) are not supported by this build; convert it to sRGB first");
  return RVS_OK;
}

RvsMutView
rvs_working_view (const RvsWorking *working)
{
  return working->picture->view;
}

RvsStatus
rvs_working_commit (RvsWorking *working, int32_t y, int32_t n, RvsError *err)
{
  (void)working, (void)y, (void)n, (void)err;
  return RVS_OK;
}

void
rvs_working_close (RvsWorking *working)
{
  *working = (RvsWorking){ 0 };
}
