/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_warp.c: resampling: exact copies, known functions at any angle and scale, no aliasing, borders, odd shapes, threads. */
#include "core/mem.h"
#include "exec_bench.h"
#include "face/warp.h"

#include <math.h>
#include <string.h>

static const RvsWarpRange plain = { 1, 0, -10, 10 };

/* A source that is a function of the place, as large as one likes. */
typedef struct Scene
{
  double (*value) (double x, double y);
  int width, height;
} Scene;

static void
read_scene (void *source, int y, int x, int n, float *const *planes)
{
  const Scene *scene = source;

  assert_true (y >= 0 && y < scene->height && x >= 0 && x + n <= scene->width);
  for (int c = 0; c < 3; c++)
    for (int i = 0; i < n; i++)
      planes[c][i] = (float)(scene->value (x + i + .5, y + .5) * (c + 1));
}

static double
slope (double x, double y)
{
  return .001 * x - .0005 * y + .2;
}

static double
waves (double x, double y)
{
  return .3 * sin (x / 9) * cos (y / 7);
}

static double
checker (double x, double y)
{
  return ((int)x + (int)y) & 1;
}

static RvsTensor
warp_scene (ExecBench *b, double (*value) (double, double), int width, int height, RvsAffine map, int side)
{
  Scene         scene = { value, width, height };
  RvsWarpSource source = { read_scene, &scene, width, height, 3, false };
  RvsTensor     dest = tensor_new (3, side, side);

  rvs__warp (&b->exec, &source, &map, &plain, &dest);
  return dest;
}

static RvsAffine
turned (double scale, double angle, double x, double y)
{
  return (RvsAffine){ { scale * cos (angle), -scale * sin (angle), x, scale * sin (angle), scale * cos (angle), y } };
}

/* Away from the borders every linear function survives any map; a smooth one survives enlarging. */
static void
known_functions (void **state)
{
  static const double scales[] = { .13, .5, 1, 1.3, 1.99, 2, 2.6, 7.7, 11.5 };
  ExecBench           b;

  (void)state;
  exec_bench_open (&b, 2, 40 << 20);
  for (size_t i = 0; i < sizeof scales / sizeof *scales; i++)
    {
      const RvsAffine map = turned (scales[i], .3, 1500, 1200);
      RvsTensor       ramp = warp_scene (&b, slope, 6000, 4000, map, 96), wave = warp_scene (&b, waves, 6000, 4000, map, 96);
      for (int c = 0; c < 3; c++)
        for (int k = 0; k < 96 * 96; k++)
          {
            double x, y;
            rvs__affine_apply (&map, k % 96 + .5, k / 96 + .5, &x, &y);
            if (fabs (rvs__channel (&ramp, c)[k] - (c + 1) * slope (x, y)) > 2e-4 * scales[i] + 1e-4)
              fail_msg ("scale %g: slope is %g, not %g", scales[i], rvs__channel (&ramp, c)[k], (c + 1) * slope (x, y));
            if (scales[i] <= 1.3 && fabs (rvs__channel (&wave, c)[k] - (c + 1) * waves (x, y)) > .012)
              fail_msg ("scale %g: wave is %g, not %g", scales[i], rvs__channel (&wave, c)[k], (c + 1) * waves (x, y));
          }
      free (ramp.data);
      free (wave.data);
    }
  exec_bench_close (&b);
}

/* The finest pattern there is must come out flat when it is reduced, not as a moire. */
static void
no_aliasing (void **state)
{
  static const double scales[] = { 2, 2.37, 3, 5.2 };
  ExecBench           b;

  (void)state;
  exec_bench_open (&b, 1, 40 << 20);
  for (size_t i = 0; i < sizeof scales / sizeof *scales; i++)
    {
      RvsTensor out = warp_scene (&b, checker, 2000, 2000, turned (scales[i], .2, 500, 300), 64);
      for (int k = 0; k < 64 * 64; k++)
        assert_float_equal (out.data[k], .5, .06);
      free (out.data);
    }
  exec_bench_close (&b);
}

static void
whole_shifts_copy (void **state)
{
  ExecBench     b;
  RvsTensor     from = tensor_new (3, 40, 50), to = tensor_new (3, 20, 20);
  RvsWarpSource source = rvs__warp_from_tensor (&from);
  RvsAffine     map = { { 1, 0, 7, 0, 1, 11 } };
  uint32_t      seed = 3;

  (void)state;
  exec_bench_open (&b, 2, 4 << 20);
  for (size_t i = 0; i < 3 * from.cs; i++)
    from.data[i] = random_unit (&seed);
  rvs__warp (&b.exec, &source, &map, &plain, &to);
  for (int c = 0; c < 3; c++)
    for (int y = 0; y < 20; y++)
      assert_memory_equal (rvs__channel (&to, c) + y * 20, rvs__channel (&from, c) + (y + 11) * 50 + 7, 20 * sizeof (float));
  /* cut: nothing outside the source */
  map.m[2] = 45;
  rvs__warp (&b.exec, &source, &map, &plain, &to);
  for (int y = 0; y < 20; y++)
    for (int x = 0; x < 20; x++)
      assert_true (to.data[y * 20 + x] == (x < 5 ? from.data[(y + 11) * 50 + 45 + x] : 0));
  free (from.data);
  free (to.data);
  exec_bench_close (&b);
}

/* Mirrored at the border of a view, whole pixels: the exact mirror image. */
static void
mirrored_border (void **state)
{
  unsigned char pixels[5 * 4];
  RvsView       view = { pixels, 5, 5, 4, 1, RVS_DEPTH_U8 };
  RvsViewSource from;
  RvsWarpSource source = rvs__warp_from_view (&from, &view, 1);
  RvsTensor     to = tensor_new (1, 24, 24);
  RvsAffine     map = { { 1, 0, -10, 0, 1, -10 } };
  ExecBench     b;

  (void)state;
  exec_bench_open (&b, 1, 4 << 20);
  for (int i = 0; i < 20; i++)
    pixels[i] = (unsigned char)(i * 12);
  rvs__warp (&b.exec, &source, &map, &plain, &to);
  for (int y = 0; y < 24; y++)
    for (int x = 0; x < 24; x++)
      {
        int sx = ((x - 10) % 10 + 10) % 10, sy = ((y - 10) % 8 + 8) % 8;
        sx = sx < 5 ? sx : 9 - sx;
        sy = sy < 4 ? sy : 7 - sy;
        assert_true (to.data[y * 24 + x] == (float)pixels[sy * 5 + sx] / 255.0f);
      }
  assert_false (atomic_load (&from.colourful));
  free (to.data);
  exec_bench_close (&b);
}

static void
finds_colour (void **state)
{
  unsigned char pixels[16 * 16 * 3];
  RvsView       view = { pixels, 16 * 3, 16, 16, 3, RVS_DEPTH_U8 };
  RvsViewSource from;
  RvsWarpSource source = rvs__warp_from_view (&from, &view, 3);
  RvsTensor     to = tensor_new (3, 16, 16);
  RvsAffine     map = { { 1, 0, 0, 0, 1, 0 } };
  ExecBench     b;

  (void)state;
  exec_bench_open (&b, 2, 4 << 20);
  memset (pixels, 77, sizeof pixels);
  rvs__warp (&b.exec, &source, &map, &plain, &to);
  assert_false (atomic_load (&from.colourful));
  pixels[3 * 200 + 1] = 78;
  rvs__warp (&b.exec, &source, &map, &plain, &to);
  assert_true (atomic_load (&from.colourful));
  free (to.data);
  exec_bench_close (&b);
}

/* Strips, single pixels, NaN: finite results and no stray access (the sanitizers watch). */
static void
odd_sources (void **state)
{
  static const int sizes[][2] = { { 1, 1 }, { 65535, 1 }, { 1, 65535 }, { 2, 3 }, { 4097, 2 } };
  ExecBench        b;

  (void)state;
  exec_bench_open (&b, 3, 60 << 20);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    {
      const int     w = sizes[i][0], h = sizes[i][1];
      float        *pixels = malloc ((size_t)w * (size_t)h * sizeof *pixels);
      RvsView       view = { pixels, (ptrdiff_t)w * 4, w, h, 1, RVS_DEPTH_F32 };
      RvsViewSource from;
      RvsWarpSource source = rvs__warp_from_view (&from, &view, 3);
      RvsTensor     to = tensor_new (3, 512, 512);
      RvsAffine     whole = { { w / 512.0, 0, 0, 0, h / 512.0, 0 } }, around = turned (3, .7, -300, -900);

      for (int k = 0; k < w * h; k++)
        pixels[k] = k % 3 == 1 ? NAN : k % 5 == 0 ? 1e38f : .25f;
      rvs__warp (&b.exec, &source, &whole, &plain, &to);
      for (size_t k = 0; k < 3 * to.cs; k++)
        assert_true (to.data[k] >= -10 && to.data[k] <= 10);
      rvs__warp (&b.exec, &source, &around, &plain, &to);
      for (size_t k = 0; k < 3 * to.cs; k++)
        assert_true (to.data[k] >= -10 && to.data[k] <= 10);
      free (pixels);
      free (to.data);
    }
  exec_bench_close (&b);
}

/* Any warp of three planes to a square of 128. */
static void
plan_warp (RvsExec *measure)
{
  RvsWarpSource source = { read_scene, NULL, 300, 200, 3, false };
  RvsTensor     dest = rvs__tensor (NULL, 3, 128, 128);

  rvs__warp (measure, &source, NULL, &plain, &dest);
  assert_int_equal (measure->arena->used, 0);
}

/* The plan holds for the worst turn and scale, and nothing is allocated. */
static void
plan_is_enough (void **state)
{
  static const double angles[] = { 0, .4, .785398 };
  ExecBench           b;
  RvsArena            dry;
  RvsExec             measure;

  (void)state;
  exec_bench_open (&b, 3, 64);
  rvs__arena_measure (&dry);
  measure = (RvsExec){ b.pool, &dry, &b.kernels, NULL };
  plan_warp (&measure);
  rvs__arena_close (&b.arena);
  assert_int_equal (rvs__arena_open (&b.arena, dry.peak, NULL), RVS_OK);
  for (double scale = .05; scale < 9; scale *= 1.43)
    for (size_t i = 0; i < sizeof angles / sizeof *angles; i++)
      {
        const size_t before = rvs__mem_count ();
        RvsTensor    out = warp_scene (&b, slope, 300, 200, turned (scale, angles[i], 150, 100), 128);
        assert_int_equal (rvs__mem_count (), before);
        assert_true (b.arena.peak <= dry.peak);
        free (out.data);
      }
  exec_bench_close (&b);
}

static void
any_thread_count (void **state)
{
  RvsTensor first = { 0 };

  (void)state;
  for (int n = 1; n <= 3; n++)
    {
      ExecBench b;
      exec_bench_open (&b, n, 40 << 20);
      RvsTensor out = warp_scene (&b, waves, 3000, 2000, turned (3.3, .5, 700, 100), 200);
      if (n == 1)
        first = out;
      else
        {
          assert_memory_equal (out.data, first.data, 3 * first.cs * sizeof (float));
          free (out.data);
        }
      exec_bench_close (&b);
    }
  free (first.data);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (known_functions), cmocka_unit_test (no_aliasing),      cmocka_unit_test (whole_shifts_copy),
    cmocka_unit_test (mirrored_border), cmocka_unit_test (finds_colour),     cmocka_unit_test (odd_sources),
    cmocka_unit_test (plan_is_enough),  cmocka_unit_test (any_thread_count),
  };

  return cmocka_run_group_tests_name ("warp", tests, NULL, NULL);
}
