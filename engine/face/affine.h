/* SPDX-License-Identifier: GPL-3.0-or-later
 * affine.h: plane affine maps between the photo, the face crop and the stage images.
 *
 * Coordinates are continuous: pixel (i, j) covers [i, i+1) x [j, j+1), its centre is (i + .5, j + .5). A map between
 * two grids of the same thing at different resolution is then a plain scaling. */
#ifndef RVS_FACE_AFFINE_H
#define RVS_FACE_AFFINE_H

#include <math.h>

/* x' = m[0] x + m[1] y + m[2]; y' = m[3] x + m[4] y + m[5] */
typedef struct RvsAffine
{
  double m[6];
} RvsAffine;

static inline void
rvs__affine_apply (const RvsAffine *a, double x, double y, double *out_x, double *out_y)
{
  *out_x = a->m[0] * x + a->m[1] * y + a->m[2];
  *out_y = a->m[3] * x + a->m[4] * y + a->m[5];
}

/* Pixels of the target in one of the source's, of a map that keeps shapes. */
static inline double
rvs__affine_scale (const RvsAffine *a)
{
  return sqrt (fabs (a->m[0] * a->m[4] - a->m[1] * a->m[3]));
}

/* The determinant must not be 0 (callers only make maps that can be inverted). */
static inline RvsAffine
rvs__affine_invert (const RvsAffine *a)
{
  const double det = a->m[0] * a->m[4] - a->m[1] * a->m[3];
  RvsAffine    r;

  r.m[0] = a->m[4] / det;
  r.m[1] = -a->m[1] / det;
  r.m[3] = -a->m[3] / det;
  r.m[4] = a->m[0] / det;
  r.m[2] = -(r.m[0] * a->m[2] + r.m[1] * a->m[5]);
  r.m[5] = -(r.m[3] * a->m[2] + r.m[4] * a->m[5]);
  return r;
}

/* The same map read from a grid whose pixels are `factor` times as large. */
static inline RvsAffine
rvs__affine_from_scaled (const RvsAffine *a, double factor)
{
  RvsAffine r = *a;

  r.m[0] *= factor;
  r.m[1] *= factor;
  r.m[3] *= factor;
  r.m[4] *= factor;
  return r;
}

/* The same map written to a grid whose pixels are `factor` times as large. */
static inline RvsAffine
rvs__affine_to_scaled (const RvsAffine *a, double factor)
{
  RvsAffine r;

  for (int i = 0; i < 6; i++)
    r.m[i] = a->m[i] / factor;
  return r;
}

#endif
