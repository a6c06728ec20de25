/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_matte.c: the matte is 1 in the face, half in hair, exactly 0 in the background and at the crop's border, and nowhere steep. */
#include "exec_bench.h"
#include "face/align.h"
#include "face/maps.h"
#include "face/matte.h"

#include <math.h>
#include <string.h>

/* A head: a disc of skin with a cap of hair, in background. */
static RvsTensor
head_map (void)
{
  RvsTensor map = tensor_new (19, 128, 128);

  memset (map.data, 0, 19 * map.cs * sizeof (float));
  for (int y = 0; y < 128; y++)
    for (int x = 0; x < 128; x++)
      {
        const bool in = hypot (x + .5 - 64, y + .5 - 64) < 40;
        rvs__channel (&map, !in ? RVS_CLASS_BACKGROUND : y < 44 ? RVS_CLASS_HAIR : RVS_CLASS_SKIN)[y * 128 + x] = 1;
      }
  return map;
}

static void
weights_of_classes (void **state)
{
  ExecBench b;
  RvsTensor map = head_map ();
  float    *matte = malloc (RVS_MATTE_CELLS * sizeof *matte);

  (void)state;
  exec_bench_open (&b, 1, 1 << 20);
  rvs__matte_from_map (&b.exec, &map, RVS_REGION_FACE, false, matte);
  assert_float_equal (rvs__matte_at (matte, .5, .6), 1, 1e-5);
  assert_float_equal (rvs__matte_at (matte, .5, .25), .5, 1e-5);
  assert_true (rvs__matte_at (matte, .5, .12) == 0); /* background, exactly */
  assert_true (rvs__matte_at (matte, .12, .12) == 0);
  assert_true (rvs__matte_at (matte, -.01, .5) == 0);
  assert_true (rvs__matte_at (matte, NAN, .5) == 0);
  assert_float_equal (rvs__matte_at (NULL, .001, .999), 1, 0);
  free (matte);
  free (map.data);
  exec_bench_close (&b);
}

static float
at_head (RvsRegion region, double u, double v)
{
  ExecBench b;
  RvsTensor map = head_map ();
  float    *matte = malloc (RVS_MATTE_CELLS * sizeof *matte), value;

  exec_bench_open (&b, 1, 1 << 20);
  rvs__matte_from_map (&b.exec, &map, region, false, matte);
  value = rvs__matte_at (matte, u, v);
  free (matte);
  free (map.data);
  exec_bench_close (&b);
  return value;
}

/* Hair wholly from the head on; the background only with all around the face, and never the crop's border. */
static void
regions (void **state)
{
  (void)state;
  assert_float_equal (at_head (RVS_REGION_HEAD, .5, .6), 1, 1e-5);
  assert_float_equal (at_head (RVS_REGION_HEAD, .5, .25), 1, 1e-5);
  assert_true (at_head (RVS_REGION_HEAD, .5, .12) == 0);
  assert_float_equal (at_head (RVS_REGION_CROP, .5, .12), 1, 1e-5);
  assert_true (at_head (RVS_REGION_CROP, .5, .001) == 0);
}

/* All of the crop is skin: only the feather remains. It must reach exactly 0, and no step of it may show: at most 4 % a pixel of 512. */
static void
feather_is_soft (void **state)
{
  ExecBench b;
  RvsTensor map = tensor_new (19, 128, 128);
  float    *matte = malloc (RVS_MATTE_CELLS * sizeof *matte);
  double    steepest = 0;

  (void)state;
  exec_bench_open (&b, 1, 1 << 20);
  memset (map.data, 0, 19 * map.cs * sizeof (float));
  for (int i = 0; i < 128 * 128; i++)
    rvs__channel (&map, RVS_CLASS_SKIN)[i] = 1;
  rvs__matte_from_map (&b.exec, &map, RVS_REGION_FACE, false, matte);
  for (int y = 0; y < 512; y += 3)
    for (int x = 1; x < 512; x++)
      steepest = fmax (steepest, fabs (rvs__matte_at (matte, (x + .5) / 512, (y + .5) / 512)
                                       - rvs__matte_at (matte, (x - .5) / 512, (y + .5) / 512)));
  assert_true (steepest < .04 && steepest > .005);
  for (int x = 0; x < 512; x++)
    for (int edge = 0; edge < 4; edge++)
      {
        const double along = (x + .5) / 512, at = edge & 1 ? .0001 : .9999;
        assert_true (rvs__matte_at (matte, edge & 2 ? along : at, edge & 2 ? at : along) == 0);
      }
  free (matte);
  free (map.data);
  exec_bench_close (&b);
}

static void
bounds_hold_everything (void **state)
{
  ExecBench b;
  RvsTensor map = head_map ();
  float    *matte = malloc (RVS_MATTE_CELLS * sizeof *matte);
  double    r[4];

  (void)state;
  exec_bench_open (&b, 1, 1 << 20);
  rvs__matte_from_map (&b.exec, &map, RVS_REGION_FACE, false, matte);
  rvs__matte_bounds (matte, r);
  assert_true (r[0] > .05 && r[1] > .05 && r[2] < .95 && r[3] < .95); /* tight enough to be of use */
  for (int y = 0; y < 400; y++)
    for (int x = 0; x < 400; x++)
      {
        const double u = (x + .5) / 400, v = (y + .5) / 400;
        if (u < r[0] || u > r[2] || v < r[1] || v > r[3])
          assert_true (rvs__matte_at (matte, u, v) == 0);
      }
  memset (matte, 0, RVS_MATTE_CELLS * sizeof *matte);
  rvs__matte_bounds (matte, r);
  for (int i = 0; i < 4; i++)
    assert_true (r[i] == 0);
  free (matte);
  free (map.data);
  exec_bench_close (&b);
}

/* Where the parser sees nobody: nothing, or for a face that the caller is certain of an oval that fills the detector's box and is gone
 * well before the crop's border. */
static void
oval (void **state)
{
  ExecBench b;
  RvsTensor map = tensor_new (19, 128, 128);
  float    *matte = malloc (RVS_MATTE_CELLS * sizeof *matte);
  double    bounds[4];

  (void)state;
  memset (map.data, 0, 19 * map.cs * sizeof (float));
  for (size_t i = 0; i < map.cs; i++)
    rvs__channel (&map, RVS_CLASS_BACKGROUND)[i] = 1;
  exec_bench_open (&b, 1, 1 << 20);
  rvs__matte_from_map (&b.exec, &map, RVS_REGION_FACE, false, matte);
  rvs__matte_bounds (matte, bounds);
  assert_true (bounds[2] == 0);
  rvs__matte_from_map (&b.exec, &map, RVS_REGION_FACE, true, matte);
  rvs__matte_bounds (matte, bounds);
  for (int i = 0; i < 2; i++)
    {
      const double lo = rvs__face_box[i] / RVS_CROP_SIDE, hi = lo + (double)rvs__face_box[2 + i] / RVS_CROP_SIDE;
      assert_true (bounds[i] < lo && bounds[i] > lo - .08);
      assert_true (bounds[2 + i] > hi && bounds[2 + i] < hi + .08);
    }
  for (int i = 0; i < 5; i++) /* all of the average face's landmarks are restored wholly */
    assert_true (rvs__matte_at (matte, rvs__face_template[i][0] / 512., rvs__face_template[i][1] / 512.) == 1);
  free (matte);
  free (map.data);
  exec_bench_close (&b);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (weights_of_classes),     cmocka_unit_test (regions), cmocka_unit_test (feather_is_soft),
    cmocka_unit_test (bounds_hold_everything), cmocka_unit_test (oval),
  };

  return cmocka_run_group_tests_name ("matte", tests, NULL, NULL);
}
