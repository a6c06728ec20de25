/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * profile.c: what says which colours the numbers mean: PNG's cICP before an ICC profile, that before sRGB, that before gAMA and cHRM
 * (the order of the PNG specification, third edition, 4.3).
 */
#include "profile.h"

#include "base.h"

#include <math.h>
#include <stdlib.h>

static bool
is_grey (const RvsPicture *picture)
{
  return picture->view.channels <= 2;
}

/* IEC 61966-2-1. */
static cmsToneCurve *
srgb_curve (void)
{
  return cmsBuildParametricToneCurve (NULL, 4, (cmsFloat64Number[]){ 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045 });
}

/* The profile of a curve and, for colours, of white and the three primaries (x, y each). Takes the curve. */
static cmsHPROFILE
profile_from (cmsToneCurve *curve, bool grey, const double xy[8])
{
  cmsCIExyY       white = { xy[0], xy[1], 1 };
  cmsCIExyYTRIPLE primaries = { { xy[2], xy[3], 1 }, { xy[4], xy[5], 1 }, { xy[6], xy[7], 1 } };
  cmsToneCurve   *curves[3] = { curve, curve, curve };
  cmsHPROFILE     profile = NULL;

  if (curve && grey)
    profile = cmsCreateGrayProfile (cmsD50_xyY (), curve);
  else if (curve)
    profile = cmsCreateRGBProfile (&white, &primaries, curves);
  cmsFreeToneCurve (curve);
  return profile;
}

/* White and primaries of ITU-R BT.709, sRGB's. */
static const double bt709[8] = { 0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06 };

cmsHPROFILE
io__profile_srgb (bool grey)
{
  return profile_from (srgb_curve (), grey, bt709);
}

/* ---- cICP (ITU-T H.273) ----------------------------------------------------------------------- */

static const double *
primaries_of (int code)
{
  static const double p3[8] = { 0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060 };
  static const double bt2020[8] = { 0.3127, 0.3290, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046 };

  return code == 1 ? bt709 : code == 9 ? bt2020 : code == 12 ? p3 : NULL;
}

/* Light of an HDR signal, 1 for its white: 203 nits, which is 58 % of PQ's signal and 75 % of HLG's (ITU-R BT.2100, BT.2408). */
static double
light_of_pq (double v)
{
  const double m1 = 2610 / 16384.0, m2 = 2523 / 4096.0 * 128, c1 = 3424 / 4096.0, c2 = 2413 / 4096.0 * 32, c3 = 2392 / 4096.0 * 32;
  const double root = pow (v, 1 / m2), above = root - c1;

  return above > 0 ? 10000 / 203.0 * pow (above / (c2 - c3 * root), 1 / m1) : 0;
}

static double
light_of_hlg (double v)
{
  const double a = 0.17883277, b = 0.28466892, c = 0.55991073;
  const double scene = v <= 0.5 ? v * v / 3 : (exp ((v - c) / a) + b) / 12, white = (exp ((0.75 - c) / a) + b) / 12;

  return scene / white;
}

/* Up to its white; what is brighter has no place in a picture without HDR. */
static cmsToneCurve *
hdr_curve (bool hlg)
{
  static const int n = 4096;
  float           *table = malloc ((size_t)n * sizeof *table);
  cmsToneCurve    *curve = NULL;

  for (int i = 0; table && i < n; i++)
    {
      double light = (hlg ? light_of_hlg : light_of_pq) ((double)i / (n - 1));
      table[i] = light < 1 ? (float)light : 1;
    }
  if (table)
    curve = cmsBuildTabulatedToneCurveFloat (NULL, (cmsUInt32Number)n, table);
  free (table);
  return curve;
}

static bool
is_hdr (int code)
{
  return code == 16 || code == 18;
}

/* BT.709's own curve is meant for screens that show it like sRGB does; so do programs. */
static cmsToneCurve *
curve_of (int code)
{
  if (is_hdr (code))
    return hdr_curve (code == 18);
  if (code == 1 || code == 6 || code == 13 || code == 14 || code == 15)
    return srgb_curve ();
  return code == 4 ? cmsBuildGamma (NULL, 2.2) : code == 5 ? cmsBuildGamma (NULL, 2.8) : code == 8 ? cmsBuildGamma (NULL, 1) : NULL;
}

static cmsHPROFILE
profile_of_cicp (RvsPicture *picture)
{
  const unsigned char *code = picture->meta.hdr[RVS_HDR_CICP].bytes;
  const double        *xy = primaries_of (code[0]);
  cmsToneCurve        *curve = xy ? curve_of (code[1]) : NULL;

  if (!curve || is_hdr (code[1]))
    picture->meta.notes |= curve ? RVS_NOTE_HDR : RVS_NOTE_PROFILE;
  return curve ? profile_from (curve, is_grey (picture), xy) : NULL;
}

/* ---- ICC, gAMA and cHRM ----------------------------------------------------------------------- */

static cmsHPROFILE
profile_of_icc (RvsPicture *picture)
{
  const RvsBlob         *icc = &picture->meta.icc;
  cmsHPROFILE            profile = icc->n <= UINT32_MAX ? cmsOpenProfileFromMem (icc->bytes, (cmsUInt32Number)icc->n) : NULL;
  cmsColorSpaceSignature wanted = is_grey (picture) ? cmsSigGrayData : cmsSigRgbData;

  if (profile && cmsGetColorSpace (profile) == wanted
      && cmsIsIntentSupported (profile, INTENT_RELATIVE_COLORIMETRIC, LCMS_USED_AS_INPUT)
      && cmsIsIntentSupported (profile, INTENT_RELATIVE_COLORIMETRIC, LCMS_USED_AS_OUTPUT))
    return profile;
  if (profile)
    cmsCloseProfile (profile);
  picture->meta.notes |= RVS_NOTE_PROFILE;
  return NULL;
}

/* 45455 (2.2) is what programs write for sRGB's curve. */
static cmsHPROFILE
profile_of_gamma (const RvsPicture *picture)
{
  const RvsPictureMeta *meta = &picture->meta;
  bool                  plain = !meta->has_gamma || (meta->gamma > 45000 && meta->gamma < 46000);
  double                xy[8];

  if ((meta->has_gamma && meta->gamma < 1000) || (plain && !meta->has_chromaticities))
    return NULL;
  for (int i = 0; i < 8; i++)
    xy[i] = meta->has_chromaticities ? meta->chromaticities[i] / 100000.0 : bt709[i];
  return profile_from (plain ? srgb_curve () : cmsBuildGamma (NULL, 100000.0 / meta->gamma), is_grey (picture), xy);
}

cmsHPROFILE
io__profile_of (RvsPicture *picture)
{
  const RvsPictureMeta *meta = &picture->meta;

  if (meta->hdr[RVS_HDR_CICP].n >= 4)
    return profile_of_cicp (picture);
  if (meta->icc.n)
    return profile_of_icc (picture);
  return meta->has_srgb ? NULL : profile_of_gamma (picture);
}
