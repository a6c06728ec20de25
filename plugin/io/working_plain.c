/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * working_plain.c: for builds without lcms2: every picture is taken as sRGB.
 */
#include "working.h"

RvsStatus
rvs_working_open (RvsPicture *picture, RvsWorking *out, RvsError *err)
{
  (void)err;
  *out = (RvsWorking){ .picture = picture };
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
