/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_maps.c: AFPM-2 and the heat-map points against the trainer's own code (tests/vectors/gen_afpm.py); severity. */
#include "face/maps.h"
#include "testing.h"
#include "weights/st_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int kept_classes[] = { 1, 3, 4, 5, 6, 7, 13 };
enum
{
  N_KEPT = sizeof kept_classes / sizeof *kept_classes
};

static int
open_vectors (void **state)
{
  return rvs__st_open (VECTORS "/afpm.safetensors", (RvsStFile **)state, NULL);
}

static int
close_vectors (void **state)
{
  rvs__st_close (*state);
  return 0;
}

static float *
read_part (const RvsStFile *file, const char *name, const char *part, size_t *shape)
{
  char               key[64];
  const RvsStTensor *t;
  float             *data;

  snprintf (key, sizeof key, "%s.%s", name, part);
  t = rvs__st_find (file, key);
  if (!t)
    fail_msg ("no %s", key);
  data = malloc (t->n * sizeof *data);
  assert_int_equal (rvs__st_read (t, data, NULL), RVS_OK);
  memcpy (shape, t->shape, sizeof t->shape);
  return data;
}

static RvsPoints
read_points (const RvsStFile *file, const char *name)
{
  RvsPoints points;
  size_t    shape[4];
  float    *at = read_part (file, name, "points", shape), *confidence = read_part (file, name, "conf", shape);

  memcpy (points.at, at, sizeof points.at);
  memcpy (points.confidence, confidence, sizeof points.confidence);
  free (at);
  free (confidence);
  return points;
}

static void
same_as_the_trainer (void **state)
{
  static const char *const names[] = { "healthy", "one_eye", "one_brow", "half_glasses", "turned", "profile", "unsure", "nothing" };

  for (size_t k = 0; k < sizeof names / sizeof *names; k++)
    {
      size_t shape[4], shape_after[4];
      float *before = read_part (*state, names[k], "before", shape), *after = read_part (*state, names[k], "after", shape_after);
      const RvsPoints points = read_points (*state, names[k]);
      RvsTensor       prob = rvs__tensor (before, 19, (int)shape[1], (int)shape[2]);

      rvs__afpm_adjust (&prob, &points);
      for (int c = 0; c < N_KEPT; c++)
        for (size_t i = 0; i < prob.cs; i++)
          if (fabsf (rvs__channel (&prob, kept_classes[c])[i] - after[(size_t)c * prob.cs + i]) > 2e-6f)
            fail_msg ("%s: class %d, cell %zu: %g, not %g", names[k], kept_classes[c], i, rvs__channel (&prob, kept_classes[c])[i],
                      after[(size_t)c * prob.cs + i]);
      free (before);
      free (after);
    }
}

/* The vectors must contain what they are for: completion, removal, and cases left alone. */
static void
rules_take_part (void **state)
{
  static const struct
  {
    const char *name;
    int class;
    float least, most; /* after over before, summed over the map */
  } cases[] = { { "healthy", 4, .99f, 1.01f },  { "one_eye", 5, 4, 1e9f }, { "one_brow", 6, 4, 1e9f },
                { "half_glasses", 3, 0, .01f }, { "turned", 3, 0, .01f },  { "turned", 4, 1, 1 },
                { "profile", 3, 1, 1 },         { "unsure", 3, 1, 1 },     { "nothing", 4, 0, .3f } };

  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
    {
      size_t          shape[4];
      float          *before = read_part (*state, cases[k].name, "before", shape);
      const RvsPoints points = read_points (*state, cases[k].name);
      RvsTensor       prob = rvs__tensor (before, 19, (int)shape[1], (int)shape[2]);
      double          sums[2] = { 0, 0 };

      for (int pass = 0; pass < 2; pass++)
        {
          for (size_t i = 0; i < prob.cs; i++)
            sums[pass] += rvs__channel (&prob, cases[k].class)[i];
          if (pass == 0)
            rvs__afpm_adjust (&prob, &points);
        }
      if (!(sums[1] >= sums[0] * cases[k].least && sums[1] <= sums[0] * cases[k].most))
        fail_msg ("%s: class %d went from %g to %g", cases[k].name, cases[k].class, sums[0], sums[1]);
      free (before);
    }
}

/* Probabilities stay probabilities, whatever moved. */
static void
cells_still_sum_to_one (void **state)
{
  static const char *const names[] = { "one_eye", "half_glasses", "nothing" };

  for (size_t k = 0; k < sizeof names / sizeof *names; k++)
    {
      size_t          shape[4];
      float          *before = read_part (*state, names[k], "before", shape);
      const RvsPoints points = read_points (*state, names[k]);
      RvsTensor       prob = rvs__tensor (before, 19, (int)shape[1], (int)shape[2]);

      rvs__afpm_adjust (&prob, &points);
      for (size_t i = 0; i < prob.cs; i++)
        {
          float sum = 0;
          for (int c = 0; c < 19; c++)
            {
              assert_true (rvs__channel (&prob, c)[i] >= 0);
              sum += rvs__channel (&prob, c)[i];
            }
          assert_float_equal (sum, 1, 2e-3); /* the vectors are stored as F16 */
        }
      free (before);
    }
}

static void
points_of_heatmaps (void **state)
{
  size_t             shape[4];
  const RvsPoints    want = read_points (*state, "heat");
  const RvsStTensor *t = rvs__st_find (*state, "heat");
  float             *data = malloc (t->n * sizeof *data);
  RvsTensor          maps = rvs__tensor (data, 5, (int)t->shape[1], (int)t->shape[2]);
  RvsPoints          got;

  (void)shape;
  assert_int_equal (rvs__st_read (t, data, NULL), RVS_OK);
  rvs__points_from_heatmaps (&maps, &got);
  for (int k = 0; k < 5; k++)
    {
      assert_float_equal (got.at[k][0], want.at[k][0], 1e-3);
      assert_float_equal (got.at[k][1], want.at[k][1], 1e-3);
      assert_float_equal (got.confidence[k], want.confidence[k], 1e-6);
    }
  /* Nothing anywhere: no confidence, and a finite place. */
  for (size_t i = 0; i < t->n; i++)
    data[i] = -1000;
  rvs__points_from_heatmaps (&maps, &got);
  assert_true (got.confidence[0] < 1e-6f && isfinite (got.at[0][0]));
  free (data);
}

static void
confirmation (void **state)
{
  float     expected[5][2] = { { 193, 240 }, { 319, 240 }, { 257, 314 }, { 201, 371 }, { 313, 371 } };
  RvsPoints points;

  (void)state;
  for (int k = 0; k < 5; k++)
    {
      points.at[k][0] = expected[k][0] + 12;
      points.at[k][1] = expected[k][1] - 9; /* 15 apart */
      points.confidence[k] = .95f;
    }
  assert_true (rvs__points_confirm (&points, expected));
  points.confidence[2] = .4f; /* mean .84 */
  assert_false (rvs__points_confirm (&points, expected));
  points.confidence[2] = .95f;
  points.at[4][0] += 80;
  assert_false (rvs__points_confirm (&points, expected));
  for (int k = 0; k < 5; k++)
    points.confidence[k] = 0; /* a parser without points has no say */
  assert_true (rvs__points_confirm (&points, expected));
}

static void
fidelity_follows_severity (void **state)
{
  RvsDegradation d = { 0 };

  (void)state;
  assert_float_equal (rvs__auto_fidelity (&d), 1, 0);
  d = (RvsDegradation){ .blur = .5f, .scale = .25f, .noise = .75f, .jpeg = 1, .grey = 1 };
  assert_float_equal (rvs__severity (&d), .5, 1e-6);
  assert_float_equal (rvs__auto_fidelity (&d), .5, 1e-6);
  d.noise = 0;
  assert_float_equal (rvs__auto_fidelity (&d), .848, 1e-6); /* severity .25 */
  d.blur = d.scale = d.noise = 1;
  assert_float_equal (rvs__auto_fidelity (&d), .5, 1e-6);
  assert_float_equal (rvs__enlarged_fidelity (0), 1, 0);
  assert_float_equal (rvs__enlarged_fidelity (1), 1, 0);
  assert_float_equal (rvs__enlarged_fidelity (2), .75, 1e-6);
  assert_float_equal (rvs__enlarged_fidelity (8), .25, 1e-6);
  assert_float_equal (rvs__enlarged_fidelity (64), 0, 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (same_as_the_trainer), cmocka_unit_test (rules_take_part),    cmocka_unit_test (cells_still_sum_to_one),
    cmocka_unit_test (confirmation),        cmocka_unit_test (points_of_heatmaps), cmocka_unit_test (fidelity_follows_severity),
  };

  return cmocka_run_group_tests_name ("maps", tests, open_vectors, close_vectors);
}
