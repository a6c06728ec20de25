/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_screen.c: printing screens of known period and angle are found, and nothing else is taken for one; without them tones are left. */
#include "exec_bench.h"
#include "face/align.h"
#include "face/screen.h"

#include <math.h>

enum
{
  SIDE = 480,
  PIXELS = SIDE * SIDE,
  FINE = 3 /* samples of a pixel each way */
};

typedef struct Photo
{
  float   rgb[PIXELS][3];
  RvsView view;
} Photo;

static Photo *
photo_new (void)
{
  Photo *p = calloc (1, sizeof *p);

  assert_non_null (p);
  p->view = (RvsView){ p->rgb, sizeof p->rgb[0] * SIDE, SIDE, SIDE, 3, RVS_DEPTH_F32 };
  return p;
}

/* A face-like tone: a slope, and a soft disc. */
static float
tone_at (double x, double y)
{
  const double r = hypot (x - SIDE / 2., y - SIDE / 2.) / SIDE;

  return (float)(.35 + .25 * x / SIDE + .25 / (1 + exp (40 * (r - .3))));
}

/* Part of a pixel that is paper, in a screen of round dots. */
static float
paper_at (int x, int y, double period, double angle)
{
  int n = 0;

  for (int i = 0; i < FINE * FINE; i++)
    {
      const double px = x + (i % FINE + .5) / FINE, py = y + (i / FINE + .5) / FINE;
      const double u = 2 * acos (-1) * (px * cos (angle) + py * sin (angle)) / period;
      const double v = 2 * acos (-1) * (py * cos (angle) - px * sin (angle)) / period;

      n += .5 + .25 * (cos (u) + cos (v)) < (double)tone_at (px, py);
    }
  return (float)n / (FINE * FINE);
}

static void
print_photo (Photo *p, double period, double degrees)
{
  for (int i = 0; i < PIXELS; i++)
    for (int c = 0; c < 3; c++)
      p->rgb[i][c] = .05f + .9f * paper_at (i % SIDE, i / SIDE, period, degrees * acos (-1) / 180);
}

/* The photo's middle is the face. */
static float
find (const Photo *p, int n_threads)
{
  const double    scale = .8 * SIDE / RVS_CROP_SIDE;
  const RvsAffine map = { { scale, 0, .1 * SIDE, 0, scale, .1 * SIDE } };
  ExecBench       b;
  float           period;

  exec_bench_open (&b, n_threads, (size_t)1 << 22);
  period = rvs__screen_find (&b.exec, &p->view, &map);
  exec_bench_close (&b);
  return period;
}

static void
test_found (void **state)
{
  static const double periods[] = { 3, 4.5, 7, 10 }, degrees[] = { 0, 15, 45, 75 };
  Photo              *p = photo_new ();

  (void)state;
  for (size_t i = 0; i < sizeof periods / sizeof *periods; i++)
    for (size_t k = 0; k < sizeof degrees / sizeof *degrees; k++)
      {
        print_photo (p, periods[i], degrees[k]);
        assert_true (fabs ((double)find (p, 1) / periods[i] - 1) < .08);
      }
  assert_true (find (p, 1) == find (p, 3));
  print_photo (p, 16, 0); /* so few dots are the pixels of a tiny picture, enlarged */
  assert_true (find (p, 1) == 0);
  free (p);
}

/* ---- what is none ---- */

typedef float (*Pattern) (int x, int y, uint32_t *random);

static float
noise (int x, int y, uint32_t *random)
{
  return tone_at (x, y) + .2f * (random_unit (random) - .5f);
}

/* A shirt, a comb. */
static float
stripes (int x, int y, uint32_t *random)
{
  return noise (x, y, random) * .5f + .2f * (sinf (1.1f * (float)x + .5f * (float)y) > 0);
}

/* Two such across each other at another pace. */
static float
cloth (int x, int y, uint32_t *random)
{
  return stripes (x, y, random) + .2f * (sinf (.55f * (float)y - .1f * (float)x) > 0);
}

/* Those of a JPEG file: each has its own step. */
static float
blocks (int x, int y, uint32_t *random)
{
  uint32_t own = (uint32_t)(x / 8 + 41 * (y / 8));

  own = (own + 1) * (own + 77) * (own ^ 2654435761u);

  return noise (x, y, random) * .2f + .5f * tone_at (x, y) + .06f * random_unit (&own) + .1f * (float)(next_random (&own) % 2);
}

static void
test_nothing_else (void **state)
{
  static const Pattern patterns[] = { noise, stripes, cloth, blocks };
  Photo               *p = photo_new ();

  (void)state;
  for (size_t k = 0; k < sizeof patterns / sizeof *patterns; k++)
    {
      uint32_t random = 7;
      for (int i = 0; i < PIXELS; i++)
        p->rgb[i][0] = p->rgb[i][1] = p->rgb[i][2] = patterns[k](i % SIDE, i / SIDE, &random);
      assert_true (find (p, 1) == 0);
    }
  print_photo (p, 4.5, 45);
  p->view.width = 63; /* of the photo there is too little */
  assert_true (find (p, 1) == 0);
  free (p);
}

/* ---- without it ---- */

/* Root of the mean square of the difference to the tone, in [lo, hi) each way. */
static double
error_of (const RvsWarpSource *source, int lo, int hi)
{
  double sum = 0;

  for (int y = lo; y < hi; y++)
    {
      float planes[3][SIDE];

      source->read (source->source, y, lo, hi - lo, (float *const[]){ planes[0], planes[1], planes[2] });
      for (int x = lo; x < hi; x++)
        sum += pow ((double)(planes[1][x - lo] - (.05f + .9f * tone_at (x + .5, y + .5))), 2);
    }
  return sqrt (sum) / (hi - lo);
}

/* The dots go and the tone stays, at the borders too; in any piece the same. */
static void
test_tones_are_left (void **state)
{
  Photo        *p = photo_new ();
  RvsScreenless with, without;
  RvsWarpSource dots, tones;
  float         row[3][SIDE], part[3][SIDE];

  (void)state;
  print_photo (p, 4.5, 30);
  dots = rvs__warp_from_screened (&with, &p->view, 0);
  tones = rvs__warp_from_screened (&without, &p->view, 4.5f);
  assert_true (error_of (&dots, 0, SIDE) > .3);
  assert_true (error_of (&tones, 20, SIDE - 20) < .08);
  assert_true (error_of (&tones, 0, 20) < .08);
  tones.read (tones.source, 5, 0, SIDE, (float *const[]){ row[0], row[1], row[2] });
  tones.read (tones.source, 5, 100, 37, (float *const[]){ part[0], part[1], part[2] });
  assert_memory_equal (row[1] + 100, part[1], 37 * sizeof (float));
  assert_false (atomic_load (&without.from.colourful));
  p->rgb[9 * SIDE + 110][2] = 0;
  tones.read (tones.source, 5, 100, 37, (float *const[]){ part[0], part[1], part[2] });
  assert_true (atomic_load (&without.from.colourful));
  free (p);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_found),
    cmocka_unit_test (test_nothing_else),
    cmocka_unit_test (test_tones_are_left),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
