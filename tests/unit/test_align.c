/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_align.c: the five-point fit recovers known placements, survives a wrong point, and refuses what is no face. */
#include "face/align.h"
#include "testing.h"

#include <math.h>
#include <string.h>

/* The template turned, scaled and moved into a photo. */
static RvsFace
placed_face (double scale, double angle, double x, double y)
{
  RvsFace face = { .score = 1, .flags = RVS_FACE_HAS_LANDMARKS };

  for (int i = 0; i < 5; i++)
    {
      const double u = rvs__face_template[i][0] - 256, v = rvs__face_template[i][1] - 256;
      face.landmarks[i][0] = (float)(x + scale * (cos (angle) * u - sin (angle) * v));
      face.landmarks[i][1] = (float)(y + scale * (sin (angle) * u + cos (angle) * v));
    }
  return face;
}

static void
assert_maps (const RvsAffine *map, double u, double v, double x, double y, double tolerance)
{
  double px, py;

  rvs__affine_apply (map, u, v, &px, &py);
  if (hypot (px - x, py - y) > tolerance)
    fail_msg ("(%g, %g) went to (%g, %g), not to (%g, %g)", u, v, px, py, x, y);
}

static void
exact_placements (void **state)
{
  static const double cases[][4] = { { 1, 0, 256, 256 }, { .03, .4, 40, 50 }, { 7.5, -1.2, 3000, 2000 }, { .5, 3.1, 500, 500 } };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      const double *c = cases[i];
      RvsFace       face = placed_face (c[0], c[1], c[2], c[3]);
      RvsAffine     map;
      assert_int_equal (rvs__align_face (&face, 6000, 4000, &map), RVS_SKIP_NONE);
      assert_maps (&map, 256, 256, c[2], c[3], 1e-3 * c[0] + 1e-3);
      assert_maps (&map, 356, 256, c[2] + 100 * c[0] * cos (c[1]), c[3] + 100 * c[0] * sin (c[1]), 1e-3 * c[0] + 1e-3);
      assert_float_equal (rvs__eye_distance (&face), 125.92 * c[0], .01 * c[0]);
    }
}

/* One landmark far off must move the crop less than plain least squares would. */
static void
one_wrong_point (void **state)
{
  RvsFace   face = placed_face (1, 0, 256, 256);
  RvsAffine map;
  double    x, y;

  (void)state;
  face.landmarks[2][0] += 100; /* least squares follows with 1/5 of it in translation alone */
  assert_int_equal (rvs__align_face (&face, 1000, 1000, &map), RVS_SKIP_NONE);
  rvs__affine_apply (&map, 256, 256, &x, &y);
  assert_true (fabs (x - 256) < 12);
  assert_true (x > 256); /* the test would also pass on a fit that ignored the point's weight altogether */
}

/* In profile the mouth corners fall together; eyes and mouth centre still place the face upright and at its size. */
static void
profile_by_three_points (void **state)
{
  RvsFace   face = placed_face (1, 0, 256, 256);
  RvsAffine map;

  (void)state;
  face.landmarks[3][0] = face.landmarks[4][0] = 257;
  face.landmarks[2][0] += 60; /* the nose leads */
  assert_int_equal (rvs__align_face (&face, 1000, 1000, &map), RVS_SKIP_NONE);
  assert_maps (&map, 192, 240, 192, 240, 3);
  assert_maps (&map, 257, 371, 257, 371, 3);
}

static void
assert_degenerate (RvsFace face, int width, int height)
{
  RvsAffine map;

  assert_int_equal (rvs__align_face (&face, width, height, &map), RVS_SKIP_DEGENERATE);
}

static void
no_face (void **state)
{
  RvsFace face = placed_face (1, 0, 256, 256), bad;

  (void)state;
  bad = face;
  bad.flags = 0;
  assert_degenerate (bad, 512, 512);
  bad = face;
  bad.landmarks[1][1] = NAN;
  assert_degenerate (bad, 512, 512);
  bad = face;
  bad.landmarks[4][0] = INFINITY;
  assert_degenerate (bad, 512, 512);
  bad = face;
  for (int i = 0; i < 5; i++) /* one place */
    memcpy (bad.landmarks[i], face.landmarks[0], sizeof bad.landmarks[i]);
  assert_degenerate (bad, 512, 512);
  for (int i = 0; i < 5; i++) /* one line */
    bad.landmarks[i][0] = 100 + 20.0f * (float)i, bad.landmarks[i][1] = 90 + 13.0f * (float)i;
  assert_degenerate (bad, 512, 512);
  for (int i = 0; i < 5; i++) /* mirrored: left and right confused */
    bad.landmarks[i][0] = 512 - face.landmarks[i][0], bad.landmarks[i][1] = face.landmarks[i][1];
  assert_degenerate (bad, 512, 512);
  assert_degenerate (placed_face (1, 0, -200, 256), 512, 512); /* outside */
  assert_degenerate (placed_face (1, 0, 256, 256), 1, 1);
  assert_degenerate (placed_face (.001, 0, 256, 256), 512, 512); /* smaller than a pixel */
}

static void
half_outside_is_a_face (void **state)
{
  RvsFace   face = placed_face (1, 0, 10, 256);
  RvsAffine map;

  (void)state;
  face.landmarks[1][0] = 60; /* keep the mean inside: centroid of the points is 256.9 in the crop */
  assert_int_equal (rvs__align_face (&face, 512, 512, &map), RVS_SKIP_NONE);
}

static void
rects (void **state)
{
  const RvsAffine whole = rvs__align_whole (1000, 300);
  const RvsAffine moved = { { 1, 0, -100, 0, 1, 20 } };
  RvsRect         r;

  (void)state;
  r = rvs__align_rect (&whole, 0, 0, 512, 512, 1000, 300);
  assert_int_equal (r.x, 0);
  assert_int_equal (r.y, 0);
  assert_int_equal (r.width, 1000);
  assert_int_equal (r.height, 300);
  r = rvs__align_rect (&moved, 0, 0, 512, 512, 400, 400); /* cut at the left and at the bottom */
  assert_int_equal (r.x, 0);
  assert_int_equal (r.y, 20);
  assert_int_equal (r.width, 400);
  assert_int_equal (r.height, 380);
  r = rvs__align_rect (&moved, 0, 0, 50, 50, 400, 400); /* all of it outside */
  assert_int_equal (r.width, 0);
  assert_int_equal (r.height, 0);
}

/* A box in the detector's proportions gives the template back. */
static void
landmarks_of_a_box (void **state)
{
  RvsFace   face = { .flags = RVS_FACE_HAS_LANDMARKS };
  RvsAffine map;

  (void)state;
  rvs__landmarks_in_box (10 + 121.5f * .5f, 20 + 97 * .5f, 134.5f, 186.5f, face.landmarks);
  assert_int_equal (rvs__align_face (&face, 512, 512, &map), RVS_SKIP_NONE);
  assert_maps (&map, 0, 0, 10, 20, .01);
  assert_maps (&map, 512, 512, 266, 276, .01);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (exact_placements),        cmocka_unit_test (one_wrong_point),
    cmocka_unit_test (profile_by_three_points), cmocka_unit_test (no_face),
    cmocka_unit_test (half_outside_is_a_face),  cmocka_unit_test (rects),
    cmocka_unit_test (landmarks_of_a_box),
  };

  return cmocka_run_group_tests_name ("align", tests, NULL, NULL);
}
