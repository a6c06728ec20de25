/* SPDX-License-Identifier: GPL-3.0-or-later
 * wire.c: the wire frame of a mesh. */
#include "face/wire.h"

#include <stdbool.h>
#include <string.h>

size_t
rvs__wire_most (int n_triangles)
{
  return 3 * (size_t)n_triangles + 1;
}

static const float *
corner (const RvsMesh *mesh, int triangle, int k)
{
  return mesh->vertices + 3 * (size_t)mesh->triangles[3 * triangle + k % 3];
}

/* Its corners run clockwise on the screen. */
static bool
is_seen (const RvsMesh *mesh, int triangle)
{
  const float *a = corner (mesh, triangle, 0), *b = corner (mesh, triangle, 1), *c = corner (mesh, triangle, 2);

  return (double)(b[0] - a[0]) * (double)(c[1] - a[1]) - (double)(b[1] - a[1]) * (double)(c[0] - a[0]) > 0;
}

/* Among n lines, from whichever end; two edges of the same ends are the same line. */
static bool
is_drawn (const float *lines, int n, const float line[RVS_WIRE_FLOATS])
{
  const float back[RVS_WIRE_FLOATS] = { line[2], line[3], line[0], line[1] };

  for (int i = 0; i < n; i++)
    if (memcmp (lines + RVS_WIRE_FLOATS * i, line, sizeof back) == 0
        || memcmp (lines + RVS_WIRE_FLOATS * i, back, sizeof back) == 0)
      return true;
  return false;
}

int
rvs__wire_of_mesh (const RvsMesh *mesh, float *lines)
{
  int n = 0;

  for (int i = 0; i < mesh->n_triangles; i++)
    for (int k = 0; k < 3 && is_seen (mesh, i); k++)
      {
        const float *from = corner (mesh, i, k), *to = corner (mesh, i, k + 1);
        const float  line[RVS_WIRE_FLOATS] = { from[0], from[1], to[0], to[1] };

        if (!is_drawn (lines, n, line))
          memcpy (lines + RVS_WIRE_FLOATS * n++, line, sizeof line);
      }
  return n;
}
