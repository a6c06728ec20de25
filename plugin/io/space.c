/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * space.c: colours from a space to sRGB and back. Most profiles are three curves and a matrix; for 16 bits lcms2 puts these into a
 * cube of 33 steps a side, which is off by up to 14 of 255 where colours leave sRGB (measured with Display P3), or needs a second for
 * a megapixel. So curves and matrix come from lcms2 and are applied here; other profiles are lcms2's business entirely.
 */
#include "profile.h"

#include <lcms2_plugin.h>
#include <math.h>
#include <stdlib.h>

enum
{
  LEVELS = 65536
};

struct IoSpace
{
  int           n_channels;
  float         own_to_light[3][LEVELS], srgb_to_light[LEVELS];
  float         light_to_srgb[LEVELS + 1]; /* 0..65535; to be interpolated */
  cmsToneCurve *light_to_own[3];
  cmsMAT3       to_srgb, from_srgb;                     /* of light */
  cmsHTRANSFORM to_srgb_transform, from_srgb_transform; /* of profiles that are no curves and a matrix */
};

/* IEC 61966-2-1, both ways. */
static double
srgb_to_light (double v)
{
  return v <= 0.04045 ? v / 12.92 : pow ((v + 0.055) / 1.055, 2.4);
}

static double
light_to_srgb (double v)
{
  return v <= 0.0031308 ? v * 12.92 : 1.055 * pow (v, 1 / 2.4) - 0.055;
}

/* The way back of a curve that is flat at its top leads to where the flat part begins. lcms2 would go to its end. */
static cmsToneCurve *
reverse_flat (const float *to_light)
{
  cmsUInt16Number *table = malloc (LEVELS / 4 * sizeof *table);
  cmsToneCurve    *curve = NULL;

  for (int i = 0, at = 0; table && i < LEVELS / 4; i++)
    {
      const float light = (float)i / (LEVELS / 4 - 1);
      while (at < LEVELS - 1 && to_light[at] < light)
        at++;
      table[i] = (cmsUInt16Number)at;
    }
  if (table)
    curve = cmsBuildTabulatedToneCurve16 (NULL, LEVELS / 4, table);
  free (table);
  return curve;
}

static bool
take_curves (IoSpace *space, cmsHPROFILE own)
{
  static const cmsTagSignature tags[3] = { cmsSigRedTRCTag, cmsSigGreenTRCTag, cmsSigBlueTRCTag };

  for (int c = 0; c < space->n_channels; c++)
    {
      cmsToneCurve *curve = cmsReadTag (own, space->n_channels == 1 ? cmsSigGrayTRCTag : tags[c]);
      for (int i = 0; curve && i < LEVELS; i++)
        space->own_to_light[c][i] = cmsEvalToneCurveFloat (curve, (float)i / (LEVELS - 1));
      const bool flat = curve && space->own_to_light[c][LEVELS - LEVELS / 64] >= 1;
      space->light_to_own[c] = flat ? reverse_flat (space->own_to_light[c]) : curve ? cmsReverseToneCurve (curve) : NULL;
      if (!space->light_to_own[c])
        return false;
    }
  for (int i = 0; i < LEVELS; i++)
    space->srgb_to_light[i] = (float)srgb_to_light ((double)i / (LEVELS - 1));
  for (int i = 0; i <= LEVELS; i++)
    space->light_to_srgb[i] = (float)(65535 * light_to_srgb ((double)(i < LEVELS ? i : LEVELS - 1) / (LEVELS - 1)));
  return true;
}

/* Light -> XYZ. */
static bool
read_matrix (cmsHPROFILE profile, cmsMAT3 *out)
{
  const cmsCIEXYZ *r = cmsReadTag (profile, cmsSigRedColorantTag), *g = cmsReadTag (profile, cmsSigGreenColorantTag);
  const cmsCIEXYZ *b = cmsReadTag (profile, cmsSigBlueColorantTag);

  if (!r || !g || !b)
    return false;
  _cmsVEC3init (&out->v[0], r->X, g->X, b->X);
  _cmsVEC3init (&out->v[1], r->Y, g->Y, b->Y);
  _cmsVEC3init (&out->v[2], r->Z, g->Z, b->Z);
  return true;
}

static bool
take_matrix (IoSpace *space, cmsHPROFILE own, cmsHPROFILE srgb)
{
  cmsMAT3 from_own, from_srgb, to_srgb;

  if (!read_matrix (own, &from_own) || !read_matrix (srgb, &from_srgb) || !_cmsMAT3inverse (&from_srgb, &to_srgb))
    return false;
  _cmsMAT3per (&space->to_srgb, &to_srgb, &from_own);
  return _cmsMAT3inverse (&space->to_srgb, &space->from_srgb) != 0;
}

static bool
take_transforms (IoSpace *space, cmsHPROFILE own, cmsHPROFILE srgb)
{
  cmsUInt32Number layout = space->n_channels == 1 ? TYPE_GRAY_16 : TYPE_RGB_16;

  space->to_srgb_transform = cmsCreateTransform (own, layout, srgb, layout, INTENT_RELATIVE_COLORIMETRIC, cmsFLAGS_NOCACHE);
  space->from_srgb_transform = cmsCreateTransform (srgb, layout, own, layout, INTENT_RELATIVE_COLORIMETRIC, cmsFLAGS_NOCACHE);
  return space->to_srgb_transform && space->from_srgb_transform;
}

/* lcms2 counts grey with a curve as a matrix, too. */
IoSpace *
io__space_new (cmsHPROFILE own, cmsHPROFILE srgb, bool grey)
{
  IoSpace *space = calloc (1, sizeof *space);
  bool     plain = cmsIsMatrixShaper (own), ok;

  if (!space)
    return NULL;
  space->n_channels = grey ? 1 : 3;
  ok = plain ? take_curves (space, own) && (grey || take_matrix (space, own, srgb)) : take_transforms (space, own, srgb);
  if (ok)
    return space;
  io__space_free (space);
  return NULL;
}

void
io__space_free (IoSpace *space)
{
  if (!space)
    return;
  for (int c = 0; c < 3; c++)
    if (space->light_to_own[c])
      cmsFreeToneCurve (space->light_to_own[c]);
  if (space->to_srgb_transform)
    cmsDeleteTransform (space->to_srgb_transform);
  if (space->from_srgb_transform)
    cmsDeleteTransform (space->from_srgb_transform);
  free (space);
}

static void
multiply (const cmsMAT3 *m, const float in[3], float out[3])
{
  for (int c = 0; c < 3; c++)
    out[c] = (float)(m->v[c].n[0] * (double)in[0] + m->v[c].n[1] * (double)in[1] + m->v[c].n[2] * (double)in[2]);
}

static uint16_t
encode_srgb (const IoSpace *space, float light)
{
  float at = light > 0 ? (light < 1 ? light : 1) * (LEVELS - 1) : 0;
  int   i = (int)at;

  return (uint16_t)(space->light_to_srgb[i] + (at - (float)i) * (space->light_to_srgb[i + 1] - space->light_to_srgb[i]) + .5f);
}

static uint16_t
encode_own (const IoSpace *space, int c, float light)
{
  float v = cmsEvalToneCurveFloat (space->light_to_own[c], light > 0 ? (light < 1 ? light : 1) : 0);

  return (uint16_t)(65535 * (v > 0 ? (v < 1 ? v : 1) : 0) + .5f);
}

void
io__space_to_srgb (const IoSpace *space, const uint16_t *from, uint16_t *to, size_t n)
{
  if (space->to_srgb_transform)
    cmsDoTransform (space->to_srgb_transform, from, to, (cmsUInt32Number)n);
  else if (space->n_channels == 1)
    for (size_t i = 0; i < n; i++)
      to[i] = encode_srgb (space, space->own_to_light[0][from[i]]);
  else
    for (size_t i = 0; i < n; i++, from += 3, to += 3)
      {
        float light[3] = { space->own_to_light[0][from[0]], space->own_to_light[1][from[1]], space->own_to_light[2][from[2]] };
        float srgb[3];
        multiply (&space->to_srgb, light, srgb);
        for (int c = 0; c < 3; c++)
          to[c] = encode_srgb (space, srgb[c]);
      }
}

void
io__space_from_srgb (const IoSpace *space, const uint16_t *from, uint16_t *to, size_t n)
{
  if (space->from_srgb_transform)
    cmsDoTransform (space->from_srgb_transform, from, to, (cmsUInt32Number)n);
  else if (space->n_channels == 1)
    for (size_t i = 0; i < n; i++)
      to[i] = encode_own (space, 0, space->srgb_to_light[from[i]]);
  else
    for (size_t i = 0; i < n; i++, from += 3, to += 3)
      {
        float light[3] = { space->srgb_to_light[from[0]], space->srgb_to_light[from[1]], space->srgb_to_light[from[2]] };
        float own[3];
        multiply (&space->from_srgb, light, own);
        for (int c = 0; c < 3; c++)
          to[c] = encode_own (space, c, own[c]);
      }
}
