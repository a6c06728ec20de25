/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_fill_ops.c: what the inpainting networks are fed with has the trainer's very bits (tests/vectors/gen_fill_ops.py), at every kernel
 * level and for any number of threads. */
#define VECTOR_FILE "fill_ops.safetensors"
#include "vectors.h"

#include "ops/fill.h"

enum
{
  ARENA = 8 << 20,
  ALL_THREADS = 3
};

/* The same values; a zero's sign may differ. */
static void
assert_same (const char *what, const RvsTensor *got, const RvsTensor *wanted)
{
  assert_close (what, got->data, wanted->data, tensor_floats (wanted), 0);
}

static void
check_canny (const char *group)
{
  RvsTensor in = tensor_of (vectors, group, "in"), wanted = tensor_of (vectors, group, "out"), out = new_tensor (1, in.h, in.w);
  Stage     stage;

  stage_open (&stage, 2, UINT32_MAX, ARENA);
  rvs__canny (&stage.exec, &in, &out);
  assert_int_equal (stage.arena.used, 0);
  assert_same (group, &out, &wanted);
  stage_close (&stage);
  rvs__free (in.data);
  rvs__free (wanted.data);
  rvs__free (out.data);
}

static void
canny (void **state)
{
  (void)state;
  check_canny ("canny.square");
  check_canny ("canny.wide");
  check_canny ("canny.thin");
}

/* What a hole holds must not matter: it is NaN here. */
static void
spoil (const RvsTensor *x, const RvsTensor *valid)
{
  for (int c = 0; c < x->c; c++)
    for (size_t i = 0; i < tensor_floats (valid); i++)
      if (valid->data[i] == 0)
        rvs__channel (x, c)[i] = NAN;
}

static void
check_harmonic (const char *group)
{
  RvsTensor in = tensor_of (vectors, group, "in"), valid = tensor_of (vectors, group, "valid");
  RvsTensor wanted = tensor_of (vectors, group, "out"), out = new_tensor (in.c, in.h, in.w);

  spoil (&in, &valid);
  for (int level = 0; level < N_LEVELS_TESTED; level++)
    for (int threads = 1; threads <= ALL_THREADS; threads++)
      {
        Stage stage;

        stage_open (&stage, threads, cpu_levels[level], ARENA);
        rvs__harmonic_fill (&stage.exec, &in, &valid, &out);
        assert_int_equal (stage.arena.used, 0);
        assert_same (group, &out, &wanted);
        stage_close (&stage);
      }
  rvs__free (in.data);
  rvs__free (valid.data);
  rvs__free (wanted.data);
  rvs__free (out.data);
}

static void
harmonic (void **state)
{
  (void)state;
  check_harmonic ("harmonic.strokes");
  check_harmonic ("harmonic.most");
  check_harmonic ("harmonic.all");
}

/* Sides that are no powers of two: known pixels stay, a hole lies between its surroundings, a slope is continued. */
static void
harmonic_of_any_size (void **state)
{
  static const int sides[][2] = { { 1, 1 }, { 1, 9 }, { 7, 1 }, { 23, 37 }, { 64, 5 } };

  (void)state;
  for (size_t s = 0; s < sizeof sides / sizeof *sides; s++)
    {
      int       h = sides[s][0], w = sides[s][1];
      RvsTensor x = new_tensor (2, h, w), valid = new_tensor (1, h, w), out = new_tensor (2, h, w);
      Stage     stage;

      for (int i = 0; i < h * w; i++)
        {
          valid.data[i] = i % w == 0 || i % w == w - 1;
          x.data[i] = valid.data[i] > 0 ? (float)(i % w) / (float)w : NAN;
          x.data[h * w + i] = valid.data[i] > 0 ? 3 : NAN;
        }
      stage_open (&stage, 2, UINT32_MAX, ARENA);
      rvs__harmonic_fill (&stage.exec, &x, &valid, &out);
      stage_close (&stage);
      for (int i = 0; i < h * w; i++)
        {
          assert_true (out.data[h * w + i] == 3);
          assert_true (valid.data[i] == 0 || out.data[i] == x.data[i]);
          assert_true (fabsf (out.data[i] - (float)(i % w) / (float)w) < 0.3f);
        }
      rvs__free (x.data);
      rvs__free (valid.data);
      rvs__free (out.data);
    }
}

static void
reduce_known (void **state)
{
  RvsTensor in = tensor_of (vectors, "reduce", "in"), valid = tensor_of (vectors, "reduce", "valid");
  RvsTensor wanted = tensor_of (vectors, "reduce", "out"), wanted_valid = tensor_of (vectors, "reduce", "out_valid");
  RvsTensor out = new_tensor (3, wanted.h, wanted.w), out_valid = new_tensor (1, wanted.h, wanted.w);
  Stage     stage;

  (void)state;
  spoil (&in, &valid);
  stage_open (&stage, 2, UINT32_MAX, ARENA);
  rvs__reduce_known (&stage.exec, &in, &valid, &out, &out_valid);
  assert_same ("reduced", &out, &wanted);
  assert_same ("known", &out_valid, &wanted_valid);
  stage_close (&stage);
  rvs__free (in.data);
  rvs__free (valid.data);
  rvs__free (wanted.data);
  rvs__free (wanted_valid.data);
  rvs__free (out.data);
  rvs__free (out_valid.data);
}

/* Measuring touches nothing and finds the peak; a cancelled run writes nothing. */
static void
idle_passes (void **state)
{
  RvsTensor in = tensor_of (vectors, "canny.square", "in"), out = new_tensor (1, in.h, in.w);
  RvsTensor nothing = rvs__tensor (NULL, in.c, in.h, in.w), nowhere = rvs__tensor (NULL, 1, in.h, in.w);
  RvsTensor filled = rvs__tensor (NULL, in.c, in.h, in.w);
  RvsArena  measure;
  Stage     stage;

  (void)state;
  stage_open (&stage, 2, UINT32_MAX, 64);
  rvs__arena_measure (&measure);
  stage.exec.arena = &measure;
  rvs__canny (&stage.exec, &nothing, &nowhere);
  rvs__harmonic_fill (&stage.exec, &nothing, &nowhere, &filled);
  rvs__reduce_known (&stage.exec, &nothing, &nowhere, &filled, &nowhere);
  assert_true (measure.peak > 0);
  stage_close (&stage);
  stage_open (&stage, 2, UINT32_MAX, measure.peak);
  rvs__canny (&stage.exec, &in, &out);
  fill_untouched (&out);
  atomic_store (&stage.cancel, true);
  rvs__canny (&stage.exec, &in, &out);
  assert_untouched (&out);
  stage_close (&stage);
  rvs__free (in.data);
  rvs__free (out.data);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (canny),        cmocka_unit_test (harmonic),    cmocka_unit_test (harmonic_of_any_size),
    cmocka_unit_test (reduce_known), cmocka_unit_test (idle_passes),
  };

  return cmocka_run_group_tests_name ("fill_ops", tests, open_all, close_all);
}
