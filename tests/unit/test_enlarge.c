/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_enlarge.c: Lanczos-3 of light against double precision, in every kind of picture; sizes and views that are refused. */
#include "enlarge/lanczos.h"
#include "enlarge/light.h"
#include "exec_bench.h"
#include "rvs.h"
#include "vectors.h"

#include <math.h>
#include <string.h>

typedef struct Case
{
  const char *name;
  int         factor;
} Case;

static const Case cases[] = { { "x2_3_13_17", 2 }, { "x3_1_9_11", 3 }, { "x4_4_12_15", 4 }, { "x8_2_7_9", 8 },
                              { "x5_3_6_1", 5 },   { "x4_3_1_2", 4 },  { "x3_4_2_7", 3 },   { "x2_1_18_260", 2 } };

static const float top[] = { 255, 65535, 1 };

static RvsMutView
view_new (int width, int height, int channels, RvsDepth depth)
{
  const size_t stride = (size_t)width * (size_t)channels * rvs_depth_bytes (depth) + 4 * rvs_depth_bytes (depth); /* padded */
  void        *pixels = malloc (stride * (size_t)height);

  assert_non_null (pixels);
  memset (pixels, 0xa5, stride * (size_t)height);
  return (RvsMutView){ pixels, (ptrdiff_t)stride, width, height, channels, depth };
}

static unsigned char *
sample_at (const RvsMutView *view, int x, int y, int c)
{
  return (unsigned char *)view->pixels + y * view->stride
         + ((size_t)x * (size_t)view->channels + (size_t)c) * rvs_depth_bytes (view->depth);
}

/* In units of the depth. */
static float
value_at (const RvsMutView *view, int x, int y, int c)
{
  const unsigned char *p = sample_at (view, x, y, c);
  uint16_t             deep;
  float                fine;

  memcpy (&deep, p, view->depth == RVS_DEPTH_U16 ? 2 : 1);
  memcpy (&fine, p, view->depth == RVS_DEPTH_F32 ? 4 : 1);
  return view->depth == RVS_DEPTH_U8 ? *p : view->depth == RVS_DEPTH_U16 ? deep : fine;
}

/* planes: channels x height x width, 0..1 */
static RvsMutView
view_of_planes (const float *planes, int width, int height, int channels, RvsDepth depth)
{
  RvsMutView view = view_new (width, height, channels, depth);

  for (int c = 0; c < channels; c++)
    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++)
        {
          const float    v = planes[((size_t)c * (size_t)height + (size_t)y) * (size_t)width + (size_t)x];
          const uint16_t deep = (uint16_t)lrintf (v * top[depth]);
          if (depth == RVS_DEPTH_F32)
            memcpy (sample_at (&view, x, y, c), &v, 4);
          else if (depth == RVS_DEPTH_U16)
            memcpy (sample_at (&view, x, y, c), &deep, 2);
          else
            *sample_at (&view, x, y, c) = (unsigned char)deep;
        }
  return view;
}

static RvsStatus
go_on (void *user, float share)
{
  float *last = user;

  assert_true (share > *last && share <= 1);
  *last = share;
  return RVS_OK;
}

static RvsMutView
enlarge (int n_threads, const RvsMutView *from, int factor)
{
  const RvsView  src = rvs_view_of (from);
  RvsMutView     to = view_new (from->width * factor, from->height * factor, from->channels, from->depth);
  float          last = 0;
  const RvsWatch watch = { go_on, &last };
  ExecBench      b;

  exec_bench_open (&b, n_threads, (size_t)16 << 20);
  assert_int_equal (rvs__lanczos (&b.exec, &src, factor, &watch, &to), RVS_OK);
  assert_true (last == 1);
  exec_bench_close (&b);
  return to;
}

/* One level of each depth covers the tables' error and the rounding of the level; floats are within the tables' error. */
static void
compare (const RvsMutView *got, const float *planes, const char *name)
{
  const double most = got->depth == RVS_DEPTH_U8 ? .51 : got->depth == RVS_DEPTH_U16 ? .8 : 4e-6;

  for (int c = 0; c < got->channels; c++)
    for (int y = 0; y < got->height; y++)
      for (int x = 0; x < got->width; x++)
        {
          const float want = planes[((size_t)c * (size_t)got->height + (size_t)y) * (size_t)got->width + (size_t)x];
          const float is = value_at (got, x, y, c);
          if (!(fabs ((double)is - (double)(want * top[got->depth])) <= most))
            fail_msg ("%s, depth %d: %d, %d, %d is %g, not %g", name, (int)got->depth, x, y, c, (double)is,
                      (double)(want * top[got->depth]));
        }
}

static void
as_in_double_precision (void **state)
{
  RvsStFile *file = open_vectors ("enlarge.safetensors");

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    for (int depth = 0; depth < 3; depth++)
      {
        const RvsStTensor *shape;
        float             *in = floats_of (file, cases[i].name, "in", &shape), *out = floats_of (file, cases[i].name, "out", NULL);
        RvsMutView from = view_of_planes (in, (int)shape->shape[2], (int)shape->shape[1], (int)shape->shape[0], (RvsDepth)depth);
        RvsMutView to = enlarge (2, &from, cases[i].factor);
        compare (&to, out, cases[i].name);
        free (from.pixels);
        free (to.pixels);
        rvs__free (in);
        rvs__free (out);
      }
  rvs__st_close (file);
}

static RvsMutView
noise (int width, int height, int channels, RvsDepth depth)
{
  const size_t n = (size_t)width * (size_t)height * (size_t)channels;
  float       *planes = malloc (n * sizeof *planes);
  uint32_t     seed = 7;
  RvsMutView   view;

  assert_non_null (planes);
  for (size_t i = 0; i < n; i++)
    planes[i] = floorf (random_unit (&seed) * 256) / 255;
  view = view_of_planes (planes, width, height, channels, depth);
  free (planes);
  return view;
}

/* More tiles than one run has, so that there is something to share out. */
static void
same_bytes_for_any_threads (void **state)
{
  (void)state;
  for (int channels = 1; channels <= 4; channels++)
    {
      RvsMutView from = noise (300, 16 * 40, channels, (RvsDepth)(channels % 3));
      RvsMutView one = enlarge (1, &from, 2), three = enlarge (3, &from, 2);
      assert_memory_equal (one.pixels, three.pixels, (size_t)one.stride * (size_t)one.height);
      free (from.pixels);
      free (one.pixels);
      free (three.pixels);
    }
}

/* An odd factor has pixels of its own in the middle of the photo's: they keep the bytes. So do flat parts, with any factor. */
static void
pixels_in_place_keep_their_bytes (void **state)
{
  (void)state;
  for (int depth = 0; depth < 2; depth++)
    {
      RvsMutView from = noise (37, 21, 3, (RvsDepth)depth), to = enlarge (1, &from, 3);
      for (int y = 0; y < from.height; y++)
        for (int x = 0; x < from.width; x++)
          assert_memory_equal (sample_at (&to, 3 * x + 1, 3 * y + 1, 0), sample_at (&from, x, y, 0),
                               3 * rvs_depth_bytes (to.depth));
      free (from.pixels);
      free (to.pixels);
    }
}

/* 8 and 16 bits come back from light as they were. */
static void
codes_come_back (void **state)
{
  static RvsLight light;
  static float    values[65536];

  (void)state;
  rvs__light_init (&light);
  for (int i = 0; i < 65536; i++)
    values[i] = (float)i / 65535;
  rvs__light_decode (&light, values, 65536);
  for (int i = 1; i < 65536; i++)
    assert_true (values[i] > values[i - 1]);
  assert_float_equal (values[32768], .21404114, 1e-5);
  rvs__light_encode (&light, values, 65536);
  for (int i = 0; i < 65536; i++)
    if (lrintf (values[i] * 65535) != i)
      fail_msg ("%d comes back as %g", i, (double)(values[i] * 65535));
  /* floats beyond the range, and what is no number there */
  float beyond[] = { -.5f, 1.5f, 3, -3, 1e30f };
  rvs__light_decode (&light, beyond, 5);
  assert_float_equal (beyond[0], -.21404114, 1e-5);
  assert_true (isfinite (beyond[4]));
  rvs__light_encode (&light, beyond, 5);
  assert_float_equal (beyond[1], 1.5, 1e-5);
  assert_float_equal (beyond[3], -3, 1e-5);
}

/* A white edge on black stays between black and white, and what is far from it stays what it was. */
static void
no_halos (void **state)
{
  float      planes[24 * 8];
  RvsMutView from, to;

  (void)state;
  for (int i = 0; i < 24 * 8; i++)
    planes[i] = i % 24 < 12 ? .2f : .8f;
  from = view_of_planes (planes, 24, 8, 1, RVS_DEPTH_U8);
  to = enlarge (1, &from, 4);
  for (int y = 0; y < to.height; y++)
    for (int x = 0; x < to.width; x++)
      {
        const float v = value_at (&to, x, y, 0);
        assert_true (x < 46 ? v == 51 : x >= 50 ? v == 204 : v > 51 - 1 && v < 204 + 1);
      }
  free (from.pixels);
  free (to.pixels);
}

static RvsStatus
stop_at_once (void *user, float share)
{
  (void)user, (void)share;
  return RVS_ERR_CANCELLED;
}

static void
can_be_stopped (void **state)
{
  const RvsWatch watch = { stop_at_once, NULL };
  RvsMutView     from = noise (300, 16 * 40, 1, RVS_DEPTH_U8), to = view_new (600, 32 * 40, 1, RVS_DEPTH_U8);
  const RvsView  src = rvs_view_of (&from);
  ExecBench      b;

  (void)state;
  exec_bench_open (&b, 1, (size_t)16 << 20);
  assert_int_equal (rvs__lanczos (&b.exec, &src, 2, &watch, &to), RVS_ERR_CANCELLED);
  assert_int_equal (*sample_at (&to, 599, 32 * 40 - 1, 0), 0xa5); /* the end was not reached */
  exec_bench_close (&b);
  free (from.pixels);
  free (to.pixels);
}

static void
sizes_are_checked (void **state)
{
  RvsError err = { 0 };

  (void)state;
  assert_int_equal (rvs_enlarge_check (100, 100, 2, NULL), RVS_OK);
  assert_int_equal (rvs_enlarge_check (RVS_MAX_SIDE / 8, 1, 8, NULL), RVS_OK);
  assert_int_equal (rvs_enlarge_check (RVS_MAX_SIDE / 8 + 1, 1, 8, NULL), RVS_ERR_LIMIT);
  assert_int_equal (rvs_enlarge_check (5000, 5000, 4, NULL), RVS_OK); /* 400 million exactly */
  assert_int_equal (rvs_enlarge_check (5001, 5000, 4, &err), RVS_ERR_LIMIT);
  assert_non_null (strstr (err.message, "20004x20000"));
  assert_int_equal (rvs_enlarge_check (INT32_MAX, INT32_MAX, 8, NULL), RVS_ERR_LIMIT);
  for (int factor = -1; factor <= 1; factor++)
    assert_int_equal (rvs_enlarge_check (100, 100, factor, NULL), RVS_ERR_ARGUMENT);
  assert_int_equal (rvs_enlarge_check (100, 100, RVS_MAX_FACTOR + 1, NULL), RVS_ERR_ARGUMENT);
  assert_int_equal (rvs_enlarge_check (0, 100, 2, NULL), RVS_ERR_ARGUMENT);
}

static void
views_are_checked (void **state)
{
  RvsSessionConfig config;
  RvsSession      *session;
  RvsMutView       from = noise (20, 10, 3, RVS_DEPTH_U8), to = view_new (40, 20, 3, RVS_DEPTH_U8), wrong;
  const RvsView    src = rvs_view_of (&from);

  (void)state;
  rvs_session_config_init (&config);
  config.n_threads = 2;
  assert_int_equal (rvs_session_new (&config, &session, NULL), RVS_OK); /* no model is needed */
  assert_int_equal (rvs_enlarge (session, &src, 2, NULL, &to, NULL), RVS_OK);
  wrong = to;
  wrong.width--;
  assert_int_equal (rvs_enlarge (session, &src, 2, NULL, &wrong, NULL), RVS_ERR_ARGUMENT);
  wrong = to;
  wrong.channels = 1;
  assert_int_equal (rvs_enlarge (session, &src, 2, NULL, &wrong, NULL), RVS_ERR_ARGUMENT);
  wrong = to;
  wrong.pixels = from.pixels;
  assert_int_equal (rvs_enlarge (session, &src, 2, NULL, &wrong, NULL), RVS_ERR_ARGUMENT);
  assert_int_equal (rvs_enlarge (session, &src, 9, NULL, &to, NULL), RVS_ERR_ARGUMENT);
  rvs_session_cancel (session);
  assert_int_equal (rvs_enlarge (session, &src, 2, NULL, &to, NULL), RVS_ERR_CANCELLED);
  assert_int_equal (rvs_enlarge (session, &src, 2, NULL, &to, NULL), RVS_OK); /* the cancel is used up */
  rvs_session_free (session);
  free (from.pixels);
  free (to.pixels);
}

static void
faces_grow_with_the_photo (void **state)
{
  RvsFace face = { .x = 1, .y = 2, .w = 3, .h = 4, .score = .5f, .landmarks = { { 1.5f, 2.5f } }, .flags = RVS_FACE_FROM_USER };

  (void)state;
  rvs_face_enlarge (&face, 4, &face);
  assert_true (face.x == 4 && face.y == 8 && face.w == 12 && face.h == 16 && face.score == .5f);
  assert_true (face.enlarged == 4);
  assert_true (face.landmarks[0][0] == 6 && face.landmarks[0][1] == 10 && face.flags == RVS_FACE_FROM_USER);
  rvs_face_enlarge (&face, 2, &face);
  assert_true (face.enlarged == 8);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (as_in_double_precision),
    cmocka_unit_test (same_bytes_for_any_threads),
    cmocka_unit_test (pixels_in_place_keep_their_bytes),
    cmocka_unit_test (codes_come_back),
    cmocka_unit_test (no_halos),
    cmocka_unit_test (can_be_stopped),
    cmocka_unit_test (sizes_are_checked),
    cmocka_unit_test (views_are_checked),
    cmocka_unit_test (faces_grow_with_the_photo),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
