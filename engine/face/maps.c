/* SPDX-License-Identifier: GPL-3.0-or-later
 * maps.c: heat-map peaks, AFPM-2 and severity. One thread: it is 1 % of the parser's time, and sums keep one order. */
#include "face/maps.h"

#include "face/align.h"

#include <assert.h>
#include <math.h>

/* Measured on 126 photos of scenes and the 17 of photos/ with the trained networks: of the detections scored below .7, faces well
 * placed had a mean confidence >= .94 and lay <= 13 pixels apart; ears, fabrics, emblems and hands stayed below .81 or above 25. */
#define CONFIRM_CONFIDENCE .85f
#define CONFIRM_APART 25.0
#define NO_POINTS 1e-6f
#define FRONTAL .25
#define TURNED .6
#define SURE .2f
#define WEAK .3    /* smaller over larger area below which mirror completion starts */
#define MIRROR .7f /* weight of the mirrored part */

/* Smoothstep limits of areas, as parts of the map. */
typedef struct Limits
{
  double lo, hi;
} Limits;

static const Limits glasses_area = { .02, .04 }, glasses_side = { .001, .004 };

/* A left-right pair of classes with its limits. */
typedef struct Pair
{
  int    a, b;
  Limits total, least; /* of the sum, of the smaller one */
} Pair;

static const Pair pairs[2] = {
  { RVS_CLASS_L_EYE, RVS_CLASS_R_EYE, { .0005, .001 }, { .00005, .0002 } },
  { RVS_CLASS_L_BROW, RVS_CLASS_R_BROW, { .0025, .005 }, { .0002, .0008 } },
};

static float
sigmoid (float x)
{
  return 1.0f / (1.0f + expf (-x));
}

/* Centroid of the sigmoids in the 3x3 cells around the first largest cell. */
static void
find_peak (const RvsTensor *maps, int k, RvsPoints *out)
{
  const float *map = rvs__channel (maps, k);
  int          best = 0;
  double       sum = 0, sx = 0, sy = 0;

  for (int i = 1; i < maps->h * maps->w; i++)
    if (map[i] > map[best])
      best = i;
  for (int y = best / maps->w - 1; y <= best / maps->w + 1; y++)
    for (int x = best % maps->w - 1; x <= best % maps->w + 1; x++)
      if (x >= 0 && x < maps->w && y >= 0 && y < maps->h)
        {
          const double p = sigmoid (map[y * maps->w + x]);
          sum += p;
          sx += p * (x + .5);
          sy += p * (y + .5);
        }
  sum = sum > 1e-30 ? sum : 1e-30; /* all sigmoids underflowed: confidence 0, the place does not matter */
  out->at[k][0] = (float)(sx / sum * RVS_CROP_SIDE / maps->w);
  out->at[k][1] = (float)(sy / sum * RVS_CROP_SIDE / maps->h);
  out->confidence[k] = sigmoid (map[best]);
}

void
rvs__points_from_heatmaps (const RvsTensor *heatmaps, RvsPoints *out_points)
{
  assert (heatmaps->c == 5 && heatmaps->h > 0 && heatmaps->w > 0);
  for (int k = 0; k < 5; k++)
    find_peak (heatmaps, k, out_points);
}

bool
rvs__points_confirm (const RvsPoints *points, float expected[5][2])
{
  float  mean = 0, most = 0;
  double apart = 0;

  for (int k = 0; k < 5; k++)
    {
      mean += points->confidence[k] / 5;
      most = fmaxf (most, points->confidence[k]);
      apart += hypot (points->at[k][0] - expected[k][0], points->at[k][1] - expected[k][1]) / 5;
    }
  return most < NO_POINTS || (mean >= CONFIRM_CONFIDENCE && apart <= CONFIRM_APART);
}

/* ---- AFPM-2 ---- */

static double
smooth (double x, Limits limits)
{
  double t = (x - limits.lo) / (limits.hi - limits.lo);

  t = t < 0 ? 0 : t > 1 ? 1 : t;
  return t * t * (3 - 2 * t);
}

/* Sum over columns [x0, x1) of a plane, as part of the whole map. */
static double
area_of (const RvsTensor *prob, int k, int x0, int x1)
{
  const float *p = rvs__channel (prob, k);
  double       sum = 0;

  for (int y = 0; y < prob->h; y++)
    for (int x = x0; x < x1; x++)
      sum += p[y * prob->w + x];
  return sum / ((double)prob->h * prob->w);
}

/* Leaves the part `keep` of class k, gives the rest to skin. */
static void
move_to_skin (RvsTensor *prob, int k, double keep)
{
  float      *p = rvs__channel (prob, k), *skin = rvs__channel (prob, RVS_CLASS_SKIN);
  const float rest = (float)(1 - keep);

  for (int i = 0; i < prob->h * prob->w; i++)
    {
      const float moved = p[i] * rest;
      skin[i] += moved;
      p[i] -= moved;
    }
}

static float
cell (const float *p, int n, int x, int y)
{
  return x >= 0 && x < n && y >= 0 && y < n ? p[y * n + x] : 0;
}

/* Bilinear sample at continuous (x, y), zero outside. */
static float
sample (const float *p, int n, double x, double y)
{
  const double fx = floor (x - .5), fy = floor (y - .5);
  const float  ax = (float)(x - .5 - fx), ay = (float)(y - .5 - fy);

  if (!(fx >= -1 && fx < n && fy >= -1 && fy < n))
    return 0;
  const int   i = (int)fx, j = (int)fy;
  const float top = cell (p, n, i, j) * (1 - ax) + cell (p, n, i + 1, j) * ax;
  const float bottom = cell (p, n, i, j + 1) * (1 - ax) + cell (p, n, i + 1, j + 1) * ax;
  return top * (1 - ay) + bottom * ay;
}

/* P_weak = max (P_weak, .7 R), R = P_good mirrored across the line from the middle of the eyes to the middle of the mouth. */
static void
mirror_into (RvsTensor *prob, int weak, int good, const RvsPoints *points)
{
  const int    n = prob->w;
  const double scale = (double)n / RVS_CROP_SIDE;
  const double ex = (points->at[0][0] + points->at[1][0]) / 2.0 * scale, ey = (points->at[0][1] + points->at[1][1]) / 2.0 * scale;
  const double mx = (points->at[3][0] + points->at[4][0]) / 2.0 * scale, my = (points->at[3][1] + points->at[4][1]) / 2.0 * scale;
  const double length = fmax (hypot (mx - ex, my - ey), 1e-6), dx = (mx - ex) / length, dy = (my - ey) / length;
  const float *from = rvs__channel (prob, good);
  float       *to = rvs__channel (prob, weak);

  for (int y = 0; y < n; y++)
    for (int x = 0; x < n; x++)
      {
        const double vx = x + .5 - ex, vy = y + .5 - ey, along = vx * dx + vy * dy;
        const float  r = MIRROR * sample (from, n, 2 * along * dx - vx + ex, 2 * along * dy - vy + ey);
        to[y * n + x] = fmaxf (to[y * n + x], r);
      }
}

static void
normalise (RvsTensor *prob)
{
  for (int i = 0; i < prob->h * prob->w; i++)
    {
      float sum = 0;
      for (int k = 0; k < prob->c; k++)
        sum += rvs__channel (prob, k)[i];
      for (int k = 0; k < prob->c; k++)
        rvs__channel (prob, k)[i] /= sum;
    }
}

/* One of the pair is weak while the other is healthy: fill it from its mirror image. */
static void
complete_pair (RvsTensor *prob, const Pair *pair, const RvsPoints *points)
{
  const double a = area_of (prob, pair->a, 0, prob->w), b = area_of (prob, pair->b, 0, prob->w);
  const double small = fmin (a, b), big = fmax (a, b);

  if (!(big > pair->total.hi / 2 && small < WEAK * big))
    return;
  mirror_into (prob, a < b ? pair->a : pair->b, a < b ? pair->b : pair->a, points);
  normalise (prob);
}

static void
drop_implausible_pair (RvsTensor *prob, const Pair *pair)
{
  const double a = area_of (prob, pair->a, 0, prob->w), b = area_of (prob, pair->b, 0, prob->w);
  const double keep = smooth (a + b, pair->total) * smooth (fmin (a, b), pair->least);

  move_to_skin (prob, pair->a, keep);
  move_to_skin (prob, pair->b, keep);
}

static void
drop_implausible_glasses (RvsTensor *prob)
{
  const int    half = prob->w / 2;
  const double left = area_of (prob, RVS_CLASS_GLASSES, 0, half), right = area_of (prob, RVS_CLASS_GLASSES, half, prob->w);

  move_to_skin (prob, RVS_CLASS_GLASSES, smooth (left + right, glasses_area) * smooth (fmin (left, right), glasses_side));
}

void
rvs__afpm_adjust (RvsTensor *prob, const RvsPoints *points)
{
  const double a = (double)points->at[2][0] - points->at[0][0], b = (double)points->at[1][0] - points->at[2][0];
  const double q = fabs (a - b) / fmax (a + b, 1);
  bool         known = true;

  assert (prob->c == 19 && prob->h == prob->w);
  for (int k = 0; k < 5; k++)
    known = known && points->confidence[k] >= SURE;
  const bool frontal = known && q < FRONTAL, turned = known && q < TURNED;
  for (int i = 0; frontal && i < 2; i++)
    complete_pair (prob, &pairs[i], points);
  if (turned)
    drop_implausible_glasses (prob);
  for (int i = 0; frontal && i < 2; i++)
    drop_implausible_pair (prob, &pairs[i]);
}

/* ---- severity ---- */

float
rvs__severity (const RvsDegradation *degradation)
{
  return (degradation->blur + degradation->scale + degradation->noise) / 3;
}

float
rvs__auto_fidelity (const RvsDegradation *degradation)
{
  const float fidelity = 1 - 1.9f * (rvs__severity (degradation) - .17f);

  return fminf (fmaxf (fidelity, .5f), 1);
}

/* Faces reduced from 256 to 64 pixels and enlarged again are nearest to what they were with w = .5, from 512 to 64 the same within .1 dB
 * at .25, and twice reduced they have lost next to nothing: each doubling takes a quarter. */
float
rvs__enlarged_fidelity (float missing)
{
  const float w = missing > 1 ? 1 - .25f * log2f (missing) : 1;

  return w < 0 ? 0 : w;
}
