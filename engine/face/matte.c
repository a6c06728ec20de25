/* SPDX-License-Identifier: GPL-3.0-or-later
 * matte.c: the paste matte, kept on the parsing map's own 128 x 128 grid: it is smoothed to twice that grid's pitch anyway. */
#include "face/matte.h"

#include "face/align.h"
#include "face/grid.h"
#include "ops/ops.h"

#include <math.h>
#include <string.h>

#define FEATHER_FROM .012 /* of the crop's side: nothing changes nearer to its border than this */
#define FEATHER_TO .11
#define LEAST_MEAN .02f /* a map with less of a person than this is no help */

/* Classes in CelebAMask order, by region. Background 0 where the person counts: what the parser does not take for one is left alone
 * (hands too). Face: hair .5, since its texture is the least certain; neck and ears follow the face; clothes, hat and necklace stay. */
static const float class_weight[][RVS_N_CLASSES] = {
  [RVS_REGION_FACE] = { 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, .5f, 0, .5f, .25f, .7f, 0 },
  [RVS_REGION_HEAD] = { 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, .5f, 1, .5f, 1, .25f },
  [RVS_REGION_CROP] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 },
};

static float
smoothstep (float t)
{
  t = t < 0 ? 0 : t > 1 ? 1 : t;
  return t * t * (3 - 2 * t);
}

static int
clamp_cell (int i)
{
  return i < 0 ? 0 : i >= RVS_MAP_SIDE ? RVS_MAP_SIDE - 1 : i;
}

/* One B3 pass in each direction, taps `step` apart, edges repeated. */
static void
smooth_cells (float *plane, float *spare, int step)
{
  static const float tap[5] = { .0625f, .25f, .375f, .25f, .0625f };

  memset (spare, 0, RVS_MATTE_CELLS * sizeof *spare);
  for (int y = 0; y < RVS_MAP_SIDE; y++)
    for (int x = 0; x < RVS_MAP_SIDE; x++)
      for (int k = 0; k < 5; k++)
        spare[y * RVS_MAP_SIDE + x] += tap[k] * plane[y * RVS_MAP_SIDE + clamp_cell (x + (k - 2) * step)];
  memset (plane, 0, RVS_MATTE_CELLS * sizeof *plane);
  for (int y = 0; y < RVS_MAP_SIDE; y++)
    for (int k = 0; k < 5; k++)
      for (int x = 0, from = clamp_cell (y + (k - 2) * step) * RVS_MAP_SIDE; x < RVS_MAP_SIDE; x++)
        plane[y * RVS_MAP_SIDE + x] += tap[k] * spare[from + x];
}

static void
fill_matte (const RvsTensor *map, const float weight[RVS_N_CLASSES], float *spare, float *matte)
{
  memset (matte, 0, RVS_MATTE_CELLS * sizeof *matte);
  for (int k = 0; k < RVS_N_CLASSES; k++)
    for (int i = 0; weight[k] > 0 && i < RVS_MATTE_CELLS; i++)
      matte[i] += weight[k] * rvs__channel (map, k)[i];
  /* Standard deviation 2.2 cells, 9 pixels of the 512 crop. The ramp then ends before the smoothed edge does, so the
   * background is left exactly alone a few cells away from the person. */
  smooth_cells (matte, spare, 1);
  smooth_cells (matte, spare, 2);
  for (int i = 0; i < RVS_MATTE_CELLS; i++)
    matte[i] = matte[i] < .06f ? 0 : matte[i] * smoothstep ((matte[i] - .06f) / .44f);
}

/* An upright oval in the detector's proportions, soft at its edge. */
static void
draw_oval (float *matte)
{
  const double scale = (double)RVS_CROP_SIDE / RVS_MAP_SIDE, half_w = rvs__face_box[2] / 2, half_h = rvs__face_box[3] / 2;
  const double cx = rvs__face_box[0] + half_w, cy = rvs__face_box[1] + half_h;

  for (int y = 0; y < RVS_MAP_SIDE; y++)
    for (int x = 0; x < RVS_MAP_SIDE; x++)
      {
        const double dx = ((x + .5) * scale - cx) / half_w, dy = ((y + .5) * scale - cy) / half_h;
        const double t = fmin (fmax ((1.15 - hypot (dx, dy)) / .3, 0), 1);
        matte[y * RVS_MAP_SIDE + x] = (float)(t * t * (3 - 2 * t));
      }
}

static float
mean_of (const float *matte)
{
  double sum = 0;

  for (int i = 0; i < RVS_MATTE_CELLS; i++)
    sum += matte[i];
  return (float)(sum / RVS_MATTE_CELLS);
}

void
rvs__matte_from_map (RvsExec *exec, const RvsTensor *map, RvsRegion region, bool certain, float *matte)
{
  const size_t mark = rvs__arena_mark (exec->arena);
  float       *spare = rvs__arena_floats (exec->arena, RVS_MATTE_CELLS);

  if (!rvs__exec_idle (exec))
    {
      fill_matte (map, class_weight[region], spare, matte);
      if (certain && mean_of (matte) < LEAST_MEAN)
        draw_oval (matte);
    }
  rvs__arena_release (exec->arena, mark);
}

static float
feather (double u, double v)
{
  const double du = u < 1 - u ? u : 1 - u, dv = v < 1 - v ? v : 1 - v;
  const float  fu = smoothstep ((float)((du - FEATHER_FROM) / (FEATHER_TO - FEATHER_FROM)));
  const float  fv = smoothstep ((float)((dv - FEATHER_FROM) / (FEATHER_TO - FEATHER_FROM)));

  /* The product, where the smaller one would leave a crease along the diagonals of the corners. */
  return fu * fv;
}

float
rvs__matte_at (const float *matte, double u, double v)
{
  if (!(u >= 0 && u <= 1 && v >= 0 && v <= 1))
    return 0;
  if (!matte)
    return 1;
  const float edge = feather (u, v);
  if (edge <= 0)
    return 0;
  const float soft = rvs__grid_at (matte, RVS_MAP_SIDE, u * RVS_MAP_SIDE, v * RVS_MAP_SIDE);
  return edge < soft ? edge : soft;
}

void
rvs__matte_bounds (const float *matte, double bounds[4])
{
  int x0 = RVS_MAP_SIDE, y0 = RVS_MAP_SIDE, x1 = -1, y1 = -1;

  for (int y = 0; y < RVS_MAP_SIDE; y++)
    for (int x = 0; x < RVS_MAP_SIDE; x++)
      if (matte[y * RVS_MAP_SIDE + x] > 0)
        {
          x0 = x < x0 ? x : x0;
          y0 = y < y0 ? y : y0;
          x1 = x > x1 ? x : x1;
          y1 = y > y1 ? y : y1;
        }
  memset (bounds, 0, 4 * sizeof *bounds);
  if (x1 < 0)
    return;
  /* A cell reaches half a cell beyond itself when read bilinearly. */
  const double lo = FEATHER_FROM, hi = 1 - FEATHER_FROM, cell = 1.0 / RVS_MAP_SIDE;
  bounds[0] = (x0 - .5) * cell > lo ? (x0 - .5) * cell : lo;
  bounds[1] = (y0 - .5) * cell > lo ? (y0 - .5) * cell : lo;
  bounds[2] = (x1 + 1.5) * cell < hi ? (x1 + 1.5) * cell : hi;
  bounds[3] = (y1 + 1.5) * cell < hi ? (y1 + 1.5) * cell : hi;
}
