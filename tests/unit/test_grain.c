/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_grain.c: noise of a known strength and size is made, found again where it was taken away, and nothing else is taken for it. */
#include "exec_bench.h"
#include "face/grain.h"
#include "face/matte.h"
#include "face/paste.h"

#include <math.h>
#include <string.h>

enum
{
  SIDE = 320,
  PIXELS = SIDE * SIDE
};

typedef struct Scene
{
  RvsGrainSquare square;
  float          photo[PIXELS][3], clean[PIXELS][3];
  float          matte[RVS_MATTE_CELLS];
  float          field[3 * PIXELS];
  RvsPatch       patch;
  RvsView        view;
} Scene;

/* A slope; a face that is a disc of it, of a third of its area or all of it; no grain yet. */
static Scene *
scene_new (double radius)
{
  Scene *s = calloc (1, sizeof *s);

  assert_non_null (s);
  rvs__grain_fill (&s->square);
  for (int i = 0; i < RVS_MATTE_CELLS; i++)
    s->matte[i] = hypot (i % RVS_MAP_SIDE - 63.5, i / RVS_MAP_SIDE - 63.5) < radius * RVS_MAP_SIDE ? 1 : 0;
  for (int i = 0; i < PIXELS; i++)
    for (int c = 0; c < 3; c++)
      s->photo[i][c] = s->clean[i][c] = .4f + .1f * (float)c + .0006f * (float)(i % SIDE) - .0003f * (float)(i / SIDE);
  s->patch = (RvsPatch){ .on = true,
                         .rect = { 0, 0, SIDE, SIDE },
                         .image_to_crop = { { 1.0 / SIDE, 0, 0, 0, 1.0 / SIDE, 0 } },
                         .matte = s->matte,
                         .field = rvs__tensor (s->field, 3, SIDE, SIDE),
                         .field_on_image = true };
  s->view = (RvsView){ s->photo, sizeof s->photo[0] * SIDE, SIDE, SIDE, 3, RVS_DEPTH_F32 };
  return s;
}

static void
add_grain (Scene *s, const RvsGrain *grain, bool around)
{
  for (int y = 0; y < SIDE; y++)
    {
      float rgb[3][SIDE] = { { 0 } };

      rvs__grain_row (grain, &s->square, y, 0, SIDE, rgb[0], rgb[1], rgb[2]);
      for (int x = 0; x < SIDE; x++)
        for (int c = 0; c < 3; c++)
          if (around || rvs__matte_at (s->matte, (x + .5) / SIDE, (y + .5) / SIDE) > 0)
            s->photo[y * SIDE + x][c] += rgb[c][x];
    }
}

/* A restoration that leaves nothing but what is clean, where the matte is. */
static void
restore (Scene *s)
{
  for (int i = 0; i < PIXELS; i++)
    for (int c = 0; c < 3; c++)
      s->field[c * PIXELS + i]
          = rvs__matte_at (s->matte, (i % SIDE + .5) / SIDE, (i / SIDE + .5) / SIDE) * (s->clean[i][c] - s->photo[i][c]);
}

static RvsGrain
missing (const Scene *s, int n_threads)
{
  ExecBench b;
  RvsGrain  grain;

  exec_bench_open (&b, n_threads, 1 << 20);
  rvs__grain_missing (&b.exec, &s->view, &s->patch, s->matte, &grain);
  exec_bench_close (&b);
  return grain;
}

static RvsGrain
grain_of (float fine, float coarse, float chroma)
{
  return (RvsGrain){
    .any = true, .gain = { { fine, coarse }, { chroma, chroma / 2 }, { chroma / 2, chroma } }, .tone = { 1, 1, 1 }, .seed = 77
  };
}

/* Variance, mean, and what neighbours have in common: fine grains shun each other, coarse ones are alike. */
static void
noise_is_as_asked (void **state)
{
  static float rgb[3][SIDE][SIDE];
  Scene       *s = scene_new (.3);

  (void)state;
  for (int k = 0; k < RVS_GRAIN_SIZES; k++)
    {
      const RvsGrain grain = grain_of (k == 0 ? .02f : 0, k == 1 ? .02f : 0, 0);
      double         sum = 0, squares = 0, beside = 0;

      memset (rgb, 0, sizeof rgb);
      for (int y = 0; y < SIDE; y++)
        rvs__grain_row (&grain, &s->square, y, 0, SIDE, rgb[0][y], rgb[1][y], rgb[2][y]);
      assert_memory_equal (rgb[0], rgb[1], sizeof rgb[0]);
      assert_memory_equal (rgb[0], rgb[2], sizeof rgb[0]);
      for (int y = 0; y < SIDE; y++)
        for (int x = 0; x + 1 < SIDE; x++)
          {
            sum += rgb[0][y][x];
            squares += (double)rgb[0][y][x] * rgb[0][y][x];
            beside += (double)rgb[0][y][x] * rgb[0][y][x + 1];
          }
      assert_float_equal (sum / PIXELS, 0, 2e-4);
      assert_float_equal (sqrt (squares / PIXELS), .02, 6e-4);

      /* Neighbours, by the filters of grain_noise.c. */
      assert_float_equal (beside / squares, k == 0 ? -.264 : .507, .03);
    }
  free (s);
}

/* Any part of a row is the same as in the whole; another seed is another noise. */
static void
noise_goes_by_the_pixel (void **state)
{
  Scene   *s = scene_new (.3);
  RvsGrain grain = grain_of (.02f, .01f, .01f);
  float    whole[3][SIDE] = { { 0 } }, part[3][SIDE] = { { 0 } };

  (void)state;
  rvs__grain_row (&grain, &s->square, 45, 0, SIDE, whole[0], whole[1], whole[2]);
  rvs__grain_row (&grain, &s->square, 45, 37, 150, part[0] + 37, part[1] + 37, part[2] + 37);
  for (int c = 0; c < 3; c++)
    assert_memory_equal (part[c] + 37, whole[c] + 37, 150 * sizeof (float));
  grain.seed++;
  memset (part, 0, sizeof part);
  rvs__grain_row (&grain, &s->square, 45, 0, SIDE, part[0], part[1], part[2]);
  assert_memory_not_equal (part, whole, sizeof part);
  free (s);
}

static void
what_was_taken_is_found (void **state)
{
  static const float asked[][3] = { { .02f, 0, 0 }, { .012f, .012f, 0 }, { .02f, .01f, .008f } };

  (void)state;
  for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
    {
      Scene         *s = scene_new (.3);
      const RvsGrain wanted = grain_of (asked[i][0], asked[i][1], asked[i][2]);
      RvsGrain       got, again;

      add_grain (s, &wanted, true);
      restore (s);
      got = missing (s, 1);
      again = missing (s, 3);
      assert_true (got.any);
      for (int p = 0; p < RVS_GRAIN_PLANES; p++)
        {
          double energy = 0, found = 0;

          for (int k = 0; k < RVS_GRAIN_SIZES; k++)
            {
              assert_true (got.gain[p][k] == again.gain[p][k]);
              energy += wanted.gain[p][k] * wanted.gain[p][k];
              found += got.gain[p][k] * got.gain[p][k];
              if (fabsf (got.gain[p][k] - wanted.gain[p][k]) > .2f * fmaxf (wanted.gain[p][0], wanted.gain[p][1]) + 1e-6f)
                fail_msg ("case %zu: plane %d, size %d: %g found as %g", i, p, k, (double)wanted.gain[p][k],
                          (double)got.gain[p][k]);
            }
          assert_float_equal (sqrt (found), sqrt (energy), .15 * sqrt (energy) + 1e-6);
        }
      for (int t = 0; t < RVS_GRAIN_TONES; t++)
        assert_true (got.tone[t] == again.tone[t]);
      assert_float_equal (rvs__grain_tone (&got, .5f), 1, .15);
      free (s);
    }
}

/* Blocks of 8 x 8, each a little brighter or darker, as a JPEG file has them. */
static void
add_blocks (Scene *s)
{
  uint32_t random = 5;
  float    level[SIDE / 8][SIDE / 8];

  for (int i = 0; i < SIDE / 8 * (SIDE / 8); i++)
    level[i / (SIDE / 8)][i % (SIDE / 8)] = .05f * (random_unit (&random) - .5f);
  for (int i = 0; i < PIXELS; i++)
    for (int c = 0; c < 3; c++)
      s->photo[i][c] += level[i / SIDE / 8][i % SIDE / 8];
}

static void
nothing_else_is_taken_for_grain (void **state)
{
  const RvsGrain strong = grain_of (.02f, .01f, .008f);

  (void)state;
  for (int i = 0; i < 5; i++)
    {
      Scene *s = scene_new (i == 4 ? .9 : .3);

      if (i == 1)
        add_blocks (s);
      if (i == 2 || i == 4)
        add_grain (s, &strong, i == 4); /* only on the face; or there is nothing around it */
      if (i > 0 && i < 3)
        restore (s);
      if (i == 3) /* detail that was not there before */
        {
          add_grain (s, &strong, true);
          restore (s);
          for (int k = 0; k < 3 * PIXELS; k++)
            s->field[k] = -s->field[k];
          memcpy (s->photo, s->clean, sizeof s->photo);
        }
      if (i == 4)
        restore (s);
      if (missing (s, 1).any)
        fail_msg ("case %d: grain found", i);
      free (s);
    }
}

/* ---- pasted ---- */

static void
paste (const Scene *s, int n_threads, float grain, float strength, float (*out)[3])
{
  const RvsMutView dst = { out, sizeof *out * SIDE, SIDE, SIDE, 3, RVS_DEPTH_F32 };
  RvsPasteJob      job = { &s->patch, 1, &s->view, &dst, NULL, strength, s->patch.rect, grain };
  ExecBench        b;

  memcpy (out, s->photo, sizeof s->photo);
  exec_bench_open (&b, n_threads, 2 << 20);
  rvs__paste (&b.exec, &job);
  exec_bench_close (&b);
}

/* The face is as grainy as it was, at any strength; outside of it nothing changes; none asked for, none added; the same for any threads. */
static void
the_face_gets_it_back (void **state)
{
  static float   out[PIXELS][3], other[PIXELS][3];
  Scene         *s = scene_new (.3);
  const RvsGrain wanted = grain_of (.02f, .01f, .008f);

  (void)state;
  add_grain (s, &wanted, true);
  restore (s);
  s->patch.grain = missing (s, 2);
  s->patch.grain.seed = 5;
  for (int step = 1; step <= 2; step++)
    {
      double before = 0, after = 0;

      paste (s, 1, 1, .5f * (float)step, out);
      paste (s, 3, 1, .5f * (float)step, other);
      assert_memory_equal (out, other, sizeof out);
      for (int i = 0; i < PIXELS; i++)
        {
          const double m = (double)rvs__matte_at (s->matte, (i % SIDE + .5) / SIDE, (i / SIDE + .5) / SIDE);
          if (m == 0)
            assert_memory_equal (out[i], s->photo[i], sizeof out[i]);
          for (int c = 0; m == 1 && c < 3; c++)
            {
              before += pow ((double)(s->photo[i][c] - s->clean[i][c]), 2);
              after += pow ((double)(out[i][c] - s->clean[i][c]), 2);
            }
        }
      assert_float_equal (sqrt (after / before), 1, .12);
    }
  paste (s, 1, 0, 1, out);
  s->patch.grain.any = false;
  paste (s, 1, 1, 1, other);
  assert_memory_equal (out, other, sizeof out);
  free (s);
}

static void
no_noise_in_black_and_white (void **state)
{
  const RvsGrain grain = { .any = true, .tone = { .5f, 1, 1.25f } };

  (void)state;
  assert_true (rvs__grain_tone (&grain, 0) == 0 && rvs__grain_tone (&grain, 1) == 0 && rvs__grain_tone (&grain, 1.2f) == 0);
  assert_float_equal (rvs__grain_tone (&grain, .5f), 1, 1e-6);
  assert_float_equal (rvs__grain_tone (&grain, 1 / 6.f), .5, 1e-6);
  assert_float_equal (rvs__grain_tone (&grain, 5 / 6.f), 1.25, 1e-6);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (noise_is_as_asked),       cmocka_unit_test (noise_goes_by_the_pixel),
    cmocka_unit_test (what_was_taken_is_found), cmocka_unit_test (nothing_else_is_taken_for_grain),
    cmocka_unit_test (the_face_gets_it_back),   cmocka_unit_test (no_noise_in_black_and_white),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
