/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * inks_lcms.c: CMYK and Lab to sRGB by their profile.
 */
#include "base.h"
#include "inks.h"
#include "profile.h"

static cmsHPROFILE
open_profile (const RvsBlob *icc, IoInks inks)
{
  cmsColorSpaceSignature wanted = inks == IO_INKS_CMYK ? cmsSigCmykData : cmsSigLabData;
  cmsHPROFILE profile = icc->n && icc->n <= UINT32_MAX ? cmsOpenProfileFromMem (icc->bytes, (cmsUInt32Number)icc->n) : NULL;

  if (profile && cmsGetColorSpace (profile) == wanted
      && (inks == IO_INKS_LAB || cmsIsIntentSupported (profile, INTENT_RELATIVE_COLORIMETRIC, LCMS_USED_AS_INPUT)))
    return profile;
  if (profile)
    cmsCloseProfile (profile);
  return NULL;
}

static cmsHTRANSFORM
new_transform (const RvsBlob *icc, IoInks inks, RvsDepth depth)
{
  cmsHPROFILE     own = open_profile (icc, inks), srgb = own ? io__profile_srgb (false) : NULL;
  bool            deep = depth == RVS_DEPTH_U16;
  cmsUInt32Number layout = inks == IO_INKS_LAB ? TYPE_Lab_8 : deep ? TYPE_CMYK_16 : TYPE_CMYK_8;
  cmsHTRANSFORM   transform = srgb ? cmsCreateTransform (own, layout, srgb, deep ? TYPE_RGB_16 : TYPE_RGB_8,
                                                         INTENT_RELATIVE_COLORIMETRIC, cmsFLAGS_BLACKPOINTCOMPENSATION)
                                   : NULL;

  if (own)
    cmsCloseProfile (own);
  if (srgb)
    cmsCloseProfile (srgb);
  return transform;
}

bool
io__inks_known (const RvsBlob *icc, IoInks inks)
{
  cmsHTRANSFORM transform = new_transform (icc, inks, RVS_DEPTH_U8);

  if (transform)
    cmsDeleteTransform (transform);
  return transform != NULL;
}

RvsStatus
io__inks_to_srgb (const RvsBlob *icc, IoInks inks, const RvsMutView *from, const RvsMutView *to, RvsError *err)
{
  cmsHTRANSFORM transform = new_transform (icc, inks, from->depth);

  if (!transform)
    return io__fail (err, RVS_ERR_NO_MEMORY, "not enough memory to convert the colours");
  for (int32_t y = 0; y < from->height; y++)
    cmsDoTransform (transform, (const unsigned char *)from->pixels + y * from->stride, (unsigned char *)to->pixels + y * to->stride,
                    (cmsUInt32Number)from->width);
  cmsDeleteTransform (transform);
  return RVS_OK;
}
