/* SPDX-License-Identifier: GPL-3.0-or-later
 * align.c: five-point similarity between the face crop and the photo, and the checks that it makes sense. */
#include "face/align.h"

#include <assert.h>
#include <math.h>

const float rvs__face_template[5][2] = { { 192.98138f, 239.94708f },
                                         { 318.90277f, 240.1936f },
                                         { 256.63416f, 314.01935f },
                                         { 201.26117f, 371.41043f },
                                         { 313.08905f, 371.15118f } };

/* Eyes and mouth centre: enough to place a profile, whose nose and mouth corners are not where a frontal face has them. */
static const double profile_template[3][2] = { { 192, 240 }, { 319, 240 }, { 257, 371 } };

/* The detector's box in the crop (docs/weights-format.md): what bounds the ellipse of an upright face. An average face's landmarks are the
 * template's in that box. The medians over the 714 faces of ../shared/data/scenes/scenes.csv with score > .85 and width > 40, drawn by
 * another detector, agree within .02 of the box: eyes .26 and .74 across, .38 down; nose .50, .58; mouth .29 and .71, .73. */
const float rvs__face_box[4] = { 121.5f, 97.0f, 269.0f, 373.0f };

enum
{
  MAX_POINTS = 5
};
#define HUBER_PX 12.0      /* of the 512 crop: the spread of frontal faces around the template */
#define PROFILE_MOUTH .35  /* mouth width over eye-mouth distance; .85 in the template */
#define MIN_SPREAD_PX .75  /* rms distance of the landmarks from their mean, source pixels */
#define MIN_ROUNDNESS .005 /* smaller over larger variance of the point cloud */
#define MAX_MISFIT .8      /* rms residual over the template's own spread; mirrored points reach 1 */
#define MIN_SCALE .01      /* source pixels per crop pixel */
#define MAX_SCALE 120.0

typedef struct PointSet
{
  int    n;
  double image[MAX_POINTS][2];
  double crop[MAX_POINTS][2];
  double weight[MAX_POINTS];
} PointSet;

float
rvs__eye_distance (const RvsFace *face)
{
  return hypotf (face->landmarks[1][0] - face->landmarks[0][0], face->landmarks[1][1] - face->landmarks[0][1]);
}

void
rvs__landmarks_in_box (float x, float y, float w, float h, float landmarks[5][2])
{
  for (int i = 0; i < 5; i++)
    {
      landmarks[i][0] = x + w * (rvs__face_template[i][0] - rvs__face_box[0]) / rvs__face_box[2];
      landmarks[i][1] = y + h * (rvs__face_template[i][1] - rvs__face_box[1]) / rvs__face_box[3];
    }
}

/* Finite, and enough of the face inside the image to be worth restoring. */
static bool
points_in_image (const RvsFace *face, int width, int height)
{
  double mean_x = 0, mean_y = 0;
  int    n_inside = 0;

  for (int i = 0; i < 5; i++)
    {
      const double x = face->landmarks[i][0], y = face->landmarks[i][1];
      if (!isfinite (x) || !isfinite (y) || fabs (x) > 1e7 || fabs (y) > 1e7)
        return false;
      mean_x += x / 5;
      mean_y += y / 5;
      n_inside += x >= 0 && y >= 0 && x <= width && y <= height;
    }
  return n_inside >= 3 && mean_x >= 0 && mean_y >= 0 && mean_x <= width && mean_y <= height;
}

/* False when the points sit in one place or on one line. */
static bool
points_spread (const RvsFace *face)
{
  double mx = 0, my = 0, xx = 0, xy = 0, yy = 0;

  for (int i = 0; i < 5; i++)
    {
      mx += face->landmarks[i][0] / 5.0;
      my += face->landmarks[i][1] / 5.0;
    }
  for (int i = 0; i < 5; i++)
    {
      const double dx = face->landmarks[i][0] - mx, dy = face->landmarks[i][1] - my;
      xx += dx * dx / 5;
      xy += dx * dy / 5;
      yy += dy * dy / 5;
    }
  const double half = (xx + yy) / 2, root = sqrt ((xx - yy) * (xx - yy) / 4 + xy * xy);
  return xx + yy >= MIN_SPREAD_PX * MIN_SPREAD_PX && half - root >= MIN_ROUNDNESS * (half + root);
}

static void
gather_points (const RvsFace *face, PointSet *set)
{
  const float (*p)[2] = face->landmarks;
  const double mouth_x = (p[3][0] + p[4][0]) / 2, mouth_y = (p[3][1] + p[4][1]) / 2;
  const double height = hypot (mouth_x - (p[0][0] + p[1][0]) / 2, mouth_y - (p[0][1] + p[1][1]) / 2);
  const double mouth = hypot (p[4][0] - p[3][0], p[4][1] - p[3][1]);

  set->n = mouth < PROFILE_MOUTH * height ? 3 : 5;
  for (int i = 0; i < set->n; i++)
    {
      const bool centre = set->n == 3 && i == 2;
      set->image[i][0] = centre ? mouth_x : p[i][0];
      set->image[i][1] = centre ? mouth_y : p[i][1];
      set->crop[i][0] = set->n == 3 ? profile_template[i][0] : rvs__face_template[i][0];
      set->crop[i][1] = set->n == 3 ? profile_template[i][1] : rvs__face_template[i][1];
      set->weight[i] = 1;
    }
}

/* Umeyama's solution in the plane, where a similarity is one complex factor: q = f p + t, f = sum w conj(p) q / sum w |p|^2.
 * Maps image to crop, so that residuals are in crop pixels whatever the size of the face. */
static RvsAffine
fit_similarity (const PointSet *set)
{
  double sum = 0, px = 0, py = 0, qx = 0, qy = 0, re = 0, im = 0, norm = 0;

  for (int i = 0; i < set->n; i++)
    {
      const double w = set->weight[i];
      sum += w;
      px += w * set->image[i][0];
      py += w * set->image[i][1];
      qx += w * set->crop[i][0];
      qy += w * set->crop[i][1];
    }
  px /= sum, py /= sum, qx /= sum, qy /= sum;
  for (int i = 0; i < set->n; i++)
    {
      const double w = set->weight[i];
      const double ax = set->image[i][0] - px, ay = set->image[i][1] - py;
      const double bx = set->crop[i][0] - qx, by = set->crop[i][1] - qy;
      re += w * (ax * bx + ay * by);
      im += w * (ax * by - ay * bx);
      norm += w * (ax * ax + ay * ay);
    }
  norm = norm > 0 ? norm : 1;
  re /= norm;
  im /= norm;
  return (RvsAffine){ { re, -im, qx - re * px + im * py, im, re, qy - im * px - re * py } };
}

static double
residual (const PointSet *set, const RvsAffine *map, int i)
{
  double x, y;

  rvs__affine_apply (map, set->image[i][0], set->image[i][1], &x, &y);
  return hypot (x - set->crop[i][0], y - set->crop[i][1]);
}

/* True when the map is a plausible view of a face: not mirrored, not collapsed, of a scale we can resample. */
static bool
fit_plausible (const PointSet *set, const RvsAffine *map)
{
  double       mx = 0, my = 0, error = 0, spread = 0;
  const double scale = hypot (map->m[0], map->m[3]);

  for (int i = 0; i < set->n; i++)
    {
      mx += set->crop[i][0] / set->n;
      my += set->crop[i][1] / set->n;
    }
  for (int i = 0; i < set->n; i++)
    {
      const double r = residual (set, map, i), dx = set->crop[i][0] - mx, dy = set->crop[i][1] - my;
      error += r * r;
      spread += dx * dx + dy * dy;
    }
  return error <= MAX_MISFIT * MAX_MISFIT * spread && scale > 1 / MAX_SCALE && scale < 1 / MIN_SCALE;
}

RvsSkip
rvs__align_face (const RvsFace *face, int width, int height, RvsAffine *out_crop_to_image)
{
  PointSet  set;
  RvsAffine map;

  if (!(face->flags & RVS_FACE_HAS_LANDMARKS) || !points_in_image (face, width, height) || !points_spread (face))
    return RVS_SKIP_DEGENERATE;
  gather_points (face, &set);
  map = fit_similarity (&set);
  /* A huge first misfit would only be re-weighted into a random fit. */
  if (!fit_plausible (&set, &map))
    return RVS_SKIP_DEGENERATE;
  for (int i = 0; i < set.n; i++)
    {
      const double r = residual (&set, &map, i);
      set.weight[i] = r > HUBER_PX ? HUBER_PX / r : 1;
    }
  map = fit_similarity (&set);
  if (!fit_plausible (&set, &map))
    return RVS_SKIP_DEGENERATE;
  *out_crop_to_image = rvs__affine_invert (&map);
  return RVS_SKIP_NONE;
}

RvsAffine
rvs__align_whole (int width, int height)
{
  assert (width > 0 && height > 0);
  return (RvsAffine){ { (double)width / RVS_CROP_SIDE, 0, 0, 0, (double)height / RVS_CROP_SIDE, 0 } };
}

static double
clamp (double v, double lo, double hi)
{
  return v < lo ? lo : v > hi ? hi : v;
}

RvsRect
rvs__align_rect (const RvsAffine *crop_to_image, double u0, double v0, double u1, double v1, int width, int height)
{
  double x0 = INFINITY, y0 = INFINITY, x1 = -INFINITY, y1 = -INFINITY;

  for (int corner = 0; corner < 4; corner++)
    {
      double x, y;
      rvs__affine_apply (crop_to_image, corner & 1 ? u1 : u0, corner & 2 ? v1 : v0, &x, &y);
      x0 = fmin (x0, x);
      y0 = fmin (y0, y);
      x1 = fmax (x1, x);
      y1 = fmax (y1, y);
    }
  /* A pixel belongs to the rect when any of its area does; a rounding error must not add a row. */
  const int left = (int)clamp (floor (x0 + 1e-6), 0, width), top = (int)clamp (floor (y0 + 1e-6), 0, height);
  const int right = (int)clamp (ceil (x1 - 1e-6), 0, width), bottom = (int)clamp (ceil (y1 - 1e-6), 0, height);
  if (right <= left || bottom <= top)
    return (RvsRect){ 0, 0, 0, 0 };
  return (RvsRect){ left, top, right - left, bottom - top };
}
