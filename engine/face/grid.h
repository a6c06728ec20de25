/* SPDX-License-Identifier: GPL-3.0-or-later
 * grid.h: reading a coarse square plane (a parsing map, a matte) at the resolution of the crop. */
#ifndef RVS_FACE_GRID_H
#define RVS_FACE_GRID_H

#include <math.h>
#include <stddef.h>

/* Bilinear value at (u, v) in units of the plane's n x n cells, continuous coordinates, edges clamped. */
static inline float
rvs__grid_at (const float *plane, int n, double u, double v)
{
  const double x = u - .5 < 0 ? 0 : u - .5 > n - 1 ? n - 1 : u - .5;
  const double y = v - .5 < 0 ? 0 : v - .5 > n - 1 ? n - 1 : v - .5;
  const int    i = (int)x, j = (int)y;
  const int    i1 = i + 1 < n ? i + 1 : i, j1 = j + 1 < n ? j + 1 : j;
  const float  ax = (float)(x - i), ay = (float)(y - j);
  const float *top = plane + (size_t)j * (size_t)n, *bottom = plane + (size_t)j1 * (size_t)n;

  return (top[i] * (1 - ax) + top[i1] * ax) * (1 - ay) + (bottom[i] * (1 - ax) + bottom[i1] * ax) * ay;
}

#endif
