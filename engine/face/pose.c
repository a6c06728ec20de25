/* SPDX-License-Identifier: GPL-3.0-or-later
 * pose.c: the turn between two meshes: Kabsch's solution, by Newton's iteration for the polar factor. */
#include "face/pose.h"

#include <math.h>

enum
{
  MAX_STEPS = 100
};
#define FLAT 1e-9 /* determinant over the cube of the norm: below, there is no telling the turn */
#define DEGREES 57.29577951308232

/* Nose, brow, eye corners, forehead, chin and rim: what expressions move least. As weights/train/sgpn/shape.py. */
static const int rigid[]
    = { 1, 4, 5, 6, 168, 197, 195, 9, 8, 33, 133, 362, 263, 10, 151, 127, 356, 234, 454, 93, 323, 98, 327, 70, 300, 105, 334 };
enum
{
  N_RIGID = sizeof rigid / sizeof *rigid
};

static void
mean_of (const float *mesh, double out[3])
{
  for (int k = 0; k < 3; k++)
    {
      out[k] = 0;
      for (int i = 0; i < N_RIGID; i++)
        out[k] += mesh[3 * rigid[i] + k] / (double)N_RIGID;
    }
}

/* Sum of mesh times reference transposed, both around their means. */
static void
covariance (const float *mesh, const float *reference, double out[3][3])
{
  double a[3], b[3];

  mean_of (mesh, a);
  mean_of (reference, b);
  for (int r = 0; r < 3; r++)
    for (int c = 0; c < 3; c++)
      {
        out[r][c] = 0;
        for (int i = 0; i < N_RIGID; i++)
          out[r][c] += (mesh[3 * rigid[i] + r] - a[r]) * (reference[3 * rigid[i] + c] - b[c]);
      }
}

/* The transposed inverse times the determinant; returns that. */
static double
cofactors (double m[3][3], double out[3][3])
{
  for (int r = 0; r < 3; r++)
    for (int c = 0; c < 3; c++)
      {
        const int r1 = (r + 1) % 3, r2 = (r + 2) % 3, c1 = (c + 1) % 3, c2 = (c + 2) % 3;
        out[r][c] = m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1];
      }
  return m[0][0] * out[0][0] + m[0][1] * out[0][1] + m[0][2] * out[0][2];
}

static double
norm (double m[3][3])
{
  double sum = 0;

  for (int i = 0; i < 9; i++)
    sum += m[i / 3][i % 3] * m[i / 3][i % 3];
  return sqrt (sum);
}

/* m becomes the rotation nearest to it; false where there is none that is nearest. */
static bool
rotation (double m[3][3])
{
  double other[3][3], det, change = 1;

  for (int step = 0; step < MAX_STEPS && change > 1e-14; step++)
    {
      const double size = norm (m);
      det = cofactors (m, other);
      if (!(det > FLAT * size * size * size))
        return false;
      /* Scaled so that both halves are alike: few steps even where the points are nearly flat. */
      const double k = sqrt (norm (other) / det / size);
      change = 0;
      for (int i = 0; i < 9; i++)
        {
          const double v = .5 * (m[i / 3][i % 3] * k + other[i / 3][i % 3] / det / k);
          change += fabs (v - m[i / 3][i % 3]);
          m[i / 3][i % 3] = v;
        }
    }
  return true;
}

RvsPose
rvs__pose_of_mesh (const float *vertices, const float *reference)
{
  RvsPose pose = { 0 };
  double  r[3][3];

  covariance (vertices, reference, r);
  if (!rotation (r))
    return pose;
  pose.known = true;
  pose.yaw = (float)(asin (fmax (-1, fmin (1, r[2][0]))) * DEGREES);
  pose.pitch = (float)(atan2 (-r[2][1], r[2][2]) * DEGREES);
  pose.roll = (float)(atan2 (r[1][0], r[0][0]) * DEGREES);
  return pose;
}

RvsPose
rvs__pose_in_image (const RvsPose *pose, const RvsAffine *crop_to_image)
{
  const double turn = atan2 (crop_to_image->m[3], crop_to_image->m[0]) * DEGREES;
  RvsPose      turned = *pose;

  if (pose->known)
    turned.roll = (float)remainder ((double)pose->roll + turn, 360);
  return turned;
}
