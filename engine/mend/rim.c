/* SPDX-License-Identifier: GPL-3.0-or-later
 * rim.c: the distance of a hole's pixels from what is known, as far as the soft edge reaches. */
#include "mend/rim.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum
{
  REACH = 3,
  ROWS = 2 * REACH + 1,
  ROW = RVS_RIM_CHUNK + 2 * REACH
};
#define FEATHER 2.5 /* pixels, in parts that are wide enough */
#define THIN 4.0    /* mean width of a part without a soft edge */
#define WIDE 19.0   /* and of one with all of it */

static double
feather_of (const RvsHolePart *part)
{
  const double t = (rvs__hole_width (part) - THIN) / (WIDE - THIN);

  return FEATHER * (t < 0 ? 0 : t > 1 ? 1 : t);
}

/* known[] for columns [x - REACH, x + n + REACH) of row y; nothing is known outside the picture. */
static void
known_around (const RvsHole *hole, int y, int x, int n, float *known)
{
  const int lo = x - REACH < 0 ? 0 : x - REACH, hi = x + n + REACH > hole->width ? hole->width : x + n + REACH;

  memset (known, 0, ROW * sizeof *known);
  if (y >= 0 && y < hole->height)
    rvs__hole_known_row (hole, y, lo, hi - lo, known + (lo - (x - REACH)));
}

/* Squared distance of column i (of the middle row) to the nearest known pixel within REACH; more than that if there is none. */
static int
nearest (float known[ROWS][ROW], int i)
{
  int least = 2 * REACH * REACH + 1;

  for (int v = -REACH; v <= REACH; v++)
    for (int u = -REACH; u <= REACH; u++)
      if (known[v + REACH][i + REACH + u] > 0 && u * u + v * v < least)
        least = u * u + v * v;
  return least;
}

void
rvs__hole_rim (const RvsHole *hole, int y, const RvsHoleRun *run, int first, int n, float *alpha)
{
  const double feather = feather_of (&hole->parts[run->part]);
  float        known[ROWS][ROW];

  assert (n <= RVS_RIM_CHUNK && first + n <= run->n);
  for (int v = -REACH; feather > 0 && v <= REACH; v++)
    known_around (hole, y + v, run->x + first, n, known[v + REACH]);
  for (int i = 0; i < n; i++)
    alpha[i] = feather > 0 ? (float)fmin (sqrt ((double)nearest (known, i)) / (feather + 1), 1) : 1;
}
