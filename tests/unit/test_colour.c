/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_colour.c: what the colour lock removes (tints, slow changes) and keeps (detail); the guard; grey; threads. */
#include "exec_bench.h"
#include "face/colour.h"
#include "face/maps.h"

#include <math.h>
#include <string.h>

enum
{
  SIDE = 512
};

typedef struct Faces
{
  RvsTensor face, map, delta;
} Faces;

/* A mid-tone face; the left half of the map is skin, the right half hair. */
static Faces
faces_new (void)
{
  Faces    f = { tensor_new (3, SIDE, SIDE), tensor_new (19, 128, 128), tensor_new (3, SIDE, SIDE) };
  uint32_t seed = 5;

  for (size_t i = 0; i < 3 * f.face.cs; i++)
    f.face.data[i] = random_unit (&seed) * .4f - .1f;
  memset (f.map.data, 0, 19 * f.map.cs * sizeof (float));
  for (int i = 0; i < 128 * 128; i++)
    rvs__channel (&f.map, i % 128 < 64 ? RVS_CLASS_SKIN : RVS_CLASS_HAIR)[i] = 1;
  memset (f.delta.data, 0, 3 * f.delta.cs * sizeof (float));
  return f;
}

static void
faces_free (Faces *f)
{
  free (f->face.data);
  free (f->map.data);
  free (f->delta.data);
}

static double
rms (const RvsTensor *t)
{
  double sum = 0;

  for (size_t i = 0; i < (size_t)t->c * t->cs; i++)
    sum += (double)t->data[i] * t->data[i];
  return sqrt (sum / (double)((size_t)t->c * t->cs));
}

static void
set_wave (RvsTensor *delta, double period, const float gain[3])
{
  for (int c = 0; c < 3; c++)
    for (int y = 0; y < SIDE; y++)
      for (int x = 0; x < SIDE; x++)
        rvs__channel (delta, c)[y * SIDE + x] = gain[c] * (float)sin (2 * 3.14159265 * (x + .5) / period);
}

/* A constant tint disappears altogether, half of it with keep .5, none with 0. */
static void
tint_disappears (void **state)
{
  static const float keeps[] = { 1, .5f, 0 };
  ExecBench          b;

  (void)state;
  exec_bench_open (&b, 2, 16 << 20);
  for (int k = 0; k < 3; k++)
    {
      Faces f = faces_new ();
      for (int c = 0; c < 3; c++)
        for (size_t i = 0; i < f.delta.cs; i++)
          rvs__channel (&f.delta, c)[i] = .02f * (float)(c - 1);
      rvs__colour_lock (&b.exec, &f.face, &f.map, keeps[k], &f.delta);
      for (int c = 0; c < 3; c++)
        for (size_t i = 0; i < f.delta.cs; i++)
          assert_float_equal (rvs__channel (&f.delta, c)[i], .02f * (float)(c - 1) * (1 - keeps[k]), 1e-5);
      faces_free (&f);
    }
  exec_bench_close (&b);
}

/* Luma waves of 16 pixels pass, of 300 are gone; a hue wave is stopped one octave earlier than a luma wave. */
static void
detail_stays (void **state)
{
  static const float grey[3] = { .1f, .1f, .1f }, hue[3] = { .1f, -.0509f, 0 }; /* the second has no luma */
  ExecBench          b;
  double             left[4], before[4];

  (void)state;
  exec_bench_open (&b, 2, 16 << 20);
  for (int k = 0; k < 4; k++)
    {
      static const double periods[] = { 16, 300, 60, 60 };
      Faces               f = faces_new ();
      set_wave (&f.delta, periods[k], k == 3 ? hue : grey);
      before[k] = rms (&f.delta);
      rvs__colour_lock (&b.exec, &f.face, &f.map, 1, &f.delta);
      left[k] = rms (&f.delta) / before[k];
      faces_free (&f);
    }
  assert_true (left[0] > .97);
  assert_true (left[1] < .1);
  assert_true (left[2] > .75);
  assert_true (left[3] < .65 * left[2]);
  exec_bench_close (&b);
}

static double
lab_f (double t)
{
  return t > .008856 ? cbrt (t) : 7.787 * t + 16.0 / 116;
}

/* Mean CIE difference that delta makes over the skin half, for a grey shift: only L moves. */
static double
skin_shift (const Faces *f)
{
  double before = 0, after = 0;
  int    n = 0;

  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE / 2; x++, n++)
      {
        before += f->face.data[y * SIDE + x];
        after += f->face.data[y * SIDE + x] + f->delta.data[y * SIDE + x];
      }
  before = pow ((before / n * .5 + .5 + .055) / 1.055, 2.4);
  after = pow ((after / n * .5 + .5 + .055) / 1.055, 2.4);
  return fabs (116 * (lab_f (after) - lab_f (before)));
}

/* A change that the low pass lets through, but that would shift the mean of a whole region, is held to about one unit. */
static void
guard_holds_regions (void **state)
{
  ExecBench b;
  Faces     f = faces_new ();
  double    before;

  (void)state;
  exec_bench_open (&b, 2, 16 << 20);
  for (int c = 0; c < 3; c++)
    for (int i = 0; i < SIDE * SIDE; i++)
      rvs__channel (&f.face, c)[i] = 0;
  /* Dark ripples in the skin only: their mean is not 0, so a stripe at the region's edge remains of it. */
  for (int c = 0; c < 3; c++)
    for (int y = 0; y < SIDE; y++)
      for (int x = 0; x < SIDE; x++)
        rvs__channel (&f.delta, c)[y * SIDE + x] = x < SIDE / 2 && x >= SIDE / 2 - 24 ? -.9f : 0;
  memset (f.map.data, 0, 19 * f.map.cs * sizeof (float));
  for (int i = 0; i < 128 * 128; i++)
    rvs__channel (&f.map, i % 128 < 64 && i % 128 >= 56 ? RVS_CLASS_SKIN : RVS_CLASS_BACKGROUND)[i] = 1;
  before = skin_shift (&f) * SIDE / 2 / 32;
  rvs__colour_lock (&b.exec, &f.face, &f.map, 1, &f.delta);
  /* skin is 32 of the 256 columns: what is left of the mean over them */
  double sum = 0;
  for (int y = 0; y < SIDE; y++)
    for (int x = SIDE / 2 - 32; x < SIDE / 2; x++)
      sum += f.delta.data[y * SIDE + x] / (SIDE * 32.0);
  assert_true (before > 20);
  assert_true (fabs (sum) < .04); /* 1 unit of L at mid-grey is .0196 in [-1,1] */
  faces_free (&f);
  exec_bench_close (&b);
}

static void
grey_has_no_colour (void **state)
{
  ExecBench b;
  RvsTensor t = tensor_new (3, 64, 64);
  uint32_t  seed = 8;

  (void)state;
  exec_bench_open (&b, 2, 1 << 20);
  for (size_t i = 0; i < 3 * t.cs; i++)
    t.data[i] = random_unit (&seed) - .5f;
  rvs__colour_make_grey (&b.exec, &t);
  assert_memory_equal (rvs__channel (&t, 0), rvs__channel (&t, 1), t.cs * sizeof (float));
  assert_memory_equal (rvs__channel (&t, 0), rvs__channel (&t, 2), t.cs * sizeof (float));
  assert_true (rms (&t) > .05);
  free (t.data);
  exec_bench_close (&b);
}

static void
any_thread_count (void **state)
{
  Faces first = { 0 };

  (void)state;
  for (int n = 1; n <= 3; n++)
    {
      ExecBench b;
      Faces     f = faces_new ();
      uint32_t  seed = 11;
      exec_bench_open (&b, n, 16 << 20);
      for (size_t i = 0; i < 3 * f.delta.cs; i++)
        f.delta.data[i] = random_unit (&seed) - .3f;
      rvs__colour_lock (&b.exec, &f.face, &f.map, .8f, &f.delta);
      if (n == 1)
        first = f;
      else
        {
          assert_memory_equal (f.delta.data, first.delta.data, 3 * f.delta.cs * sizeof (float));
          faces_free (&f);
        }
      exec_bench_close (&b);
    }
  faces_free (&first);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (tint_disappears),    cmocka_unit_test (detail_stays),     cmocka_unit_test (guard_holds_regions),
    cmocka_unit_test (grey_has_no_colour), cmocka_unit_test (any_thread_count),
  };

  return cmocka_run_group_tests_name ("colour", tests, NULL, NULL);
}
