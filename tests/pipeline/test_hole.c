/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_hole.c: holes filled through the public calls: what changes and what must not, in every depth and kind of picture; faces and places
 * outside of them; refusals; cancelling; memory that runs out; the same bytes for any number of threads. */
#include "core/mem.h"
#include "scene.h"

#include <math.h>
#include <string.h>

enum
{
  W = 300,
  H = 240
};

static RvsModel *mender;

static RvsSession *
hole_session (int n_threads)
{
  RvsSessionConfig config;

  rvs_session_config_init (&config);
  config.restorer = mender;
  config.n_threads = n_threads;
  return session_from (&config);
}

/* A disc, a scratch of one pixel, and a bar at the border; 8 bits. */
static unsigned char *
damage (void)
{
  unsigned char *plane = calloc (W * H, 1);

  assert_non_null (plane);
  for (int y = 0; y < H; y++)
    for (int x = 0; x < W; x++)
      plane[y * W + x] = hypot (x - 120, y - 110) < 25 || x == 200 || (y > 230 && x < 90) ? 255 : 0;
  return plane;
}

static RvsParams
params_with (const unsigned char *plane)
{
  RvsParams params;

  rvs_params_init (&params);
  params.hole = (RvsView){ plane, W, W, H, 1, RVS_DEPTH_U8 };
  return params;
}

/* Fills in place of a copy; faces may be NULL. */
static Picture
filled (RvsSession *session, const Picture *src, const RvsParams *params, const RvsFace *faces, size_t n_faces, uint32_t flags)
{
  Picture       dst = picture_copy (src);
  const RvsView view = picture_view (src);
  RvsAnalysis  *analysis = analyse (session, src, faces, n_faces);
  RvsError      err = { 0 };

  if (rvs_render (session, analysis, &view, params, flags, NULL, &dst.view, &err) != RVS_OK)
    fail_msg ("%s", err.message);
  rvs_analysis_free (analysis);
  return dst;
}

static bool
same_pixel (const Picture *a, const Picture *b, int x, int y, int channels)
{
  const size_t depth = rvs_depth_bytes (a->view.depth);
  const size_t n = depth * (size_t)channels, pixel = depth * (size_t)a->view.channels;
  const char  *p = (const char *)a->view.pixels + y * a->view.stride + (ptrdiff_t)(pixel * (size_t)x);
  const char  *q = (const char *)b->view.pixels + y * b->view.stride + (ptrdiff_t)(pixel * (size_t)x);

  return memcmp (p, q, n) == 0;
}

static void
check_kind (RvsSession *session, const unsigned char *plane, int channels, RvsDepth depth, bool flipped, bool grey)
{
  Picture         src = picture_new (W, H, channels, depth, flipped, grey);
  const RvsParams params = params_with (plane);
  Picture         dst = filled (session, &src, &params, NULL, 0, 0);
  int             n_changed = 0;

  for (int y = 0; y < H; y++)
    for (int x = 0; x < W; x++)
      {
        if (!plane[y * W + x] && !same_pixel (&src, &dst, x, y, channels))
          fail_msg ("%d channels, depth %d: pixel (%d, %d) outside the hole has changed", channels, depth, x, y);
        n_changed += !same_pixel (&src, &dst, x, y, channels);
        if (channels % 2 == 0)
          assert_true (picture_at (&src, x, y, channels - 1) == picture_at (&dst, x, y, channels - 1));
        if (grey && channels >= 3)
          assert_true (picture_at (&dst, x, y, 0) == picture_at (&dst, x, y, 1)
                       && picture_at (&dst, x, y, 1) == picture_at (&dst, x, y, 2));
      }
  assert_true (n_changed > 1500); /* of 2,600 */
  picture_free (&src);
  picture_free (&dst);
}

static void
only_the_hole_changes (void **state)
{
  RvsSession    *session = hole_session (2);
  unsigned char *plane = damage ();

  (void)state;
  check_kind (session, plane, 3, RVS_DEPTH_U8, false, false);
  check_kind (session, plane, 4, RVS_DEPTH_U16, true, false);
  check_kind (session, plane, 3, RVS_DEPTH_F32, false, false);
  check_kind (session, plane, 1, RVS_DEPTH_U8, false, true);
  check_kind (session, plane, 2, RVS_DEPTH_U16, false, true);
  check_kind (session, plane, 3, RVS_DEPTH_U8, false, true);
  free (plane);
  rvs_session_free (session);
}

/* What the hole holds makes no difference to what is put there. */
static void
damage_is_not_looked_at (void **state)
{
  RvsSession     *session = hole_session (2);
  unsigned char  *plane = damage ();
  Picture         a = picture_new (W, H, 3, RVS_DEPTH_U8, false, false), b = picture_copy (&a), fa, fb;
  const RvsParams params = params_with (plane);
  RvsFace         face = face_at (120, 110, .35, .2);

  (void)state;
  for (int y = 0; y < H; y++)
    for (int x = 0; x < W; x++)
      if (plane[y * W + x])
        memset ((char *)b.view.pixels + y * b.view.stride + 3 * x, 255, 3);
  fa = filled (session, &a, &params, &face, 1, RVS_RENDER_BARE);
  fb = filled (session, &b, &params, &face, 1, RVS_RENDER_BARE);
  assert_same_pixels (&fa, &fb);
  free (plane);
  picture_free (&a);
  picture_free (&b);
  picture_free (&fa);
  picture_free (&fb);
  rvs_session_free (session);
}

static void
same_bytes_for_any_threads (void **state)
{
  unsigned char  *plane = damage ();
  Picture         src = picture_new (W, H, 3, RVS_DEPTH_U16, false, false), first = { 0 };
  const RvsParams params = params_with (plane);
  RvsFace         face = face_at (120, 110, .35, .2);

  (void)state;
  for (int threads = 1; threads <= 3; threads++)
    {
      RvsSession *session = hole_session (threads);
      Picture     dst = filled (session, &src, &params, &face, 1, 0);

      if (threads == 1)
        first = dst;
      else
        {
          assert_same_pixels (&first, &dst);
          picture_free (&dst);
        }
      rvs_session_free (session);
    }
  free (plane);
  picture_free (&src);
  picture_free (&first);
}

/* A line drawn in the hole changes what is put there, at once when it is drawn later, the same for any threads; beside the hole it counts
 * for nothing. */
static void
drawn_lines (void **state)
{
  unsigned char *plane = damage (), *lines = calloc (W * H, 1);
  Picture        src = picture_new (W, H, 3, RVS_DEPTH_U8, false, false), without, with, again, beside;
  RvsParams      params = params_with (plane);
  RvsSession    *session = hole_session (1), *other = hole_session (3);
  const RvsView  view = picture_view (&src);
  RvsAnalysis   *analysis = analyse (session, &src, NULL, 0);

  (void)state;
  assert_non_null (lines);
  without = filled (session, &src, &params, NULL, 0, 0);
  params.lines = (RvsView){ lines, W, W, H, 1, RVS_DEPTH_U8 };
  memset (lines + 20 * W + 10, 255, 60);
  beside = filled (session, &src, &params, NULL, 0, 0);
  assert_same_pixels (&without, &beside);

  with = picture_copy (&src);
  assert_int_equal (rvs_render (session, analysis, &view, &params, 0, NULL, &with.view, NULL), RVS_OK);
  for (int x = 98; x < 142; x++)
    memset (lines + (size_t)(110 + (x - 120) / 3) * W + x, 255, 2);
  assert_int_equal (rvs_render (session, analysis, &view, &params, 0, NULL, &with.view, NULL), RVS_OK);
  again = filled (other, &src, &params, NULL, 0, 0);
  assert_same_pixels (&with, &again);
  int n_changed = 0;
  for (int y = 0; y < H; y++)
    for (int x = 0; x < W; x++)
      {
        n_changed += !same_pixel (&without, &with, x, y, 3);
        assert_true (plane[y * W + x] || same_pixel (&src, &with, x, y, 3));
      }
  assert_true (n_changed > 100);
  rvs_analysis_free (analysis);
  rvs_session_free (session);
  rvs_session_free (other);
  picture_free (&src);
  picture_free (&without);
  picture_free (&with);
  picture_free (&again);
  picture_free (&beside);
  free (plane);
  free (lines);
}

/* Which crop filled what: the face's, a local one, both for what crosses the crop's border; a face that is off is none. */
static void
report_says_which (void **state)
{
  RvsSession          *session = hole_session (2);
  unsigned char       *plane = damage ();
  Picture              src = picture_new (W, H, 3, RVS_DEPTH_U8, false, false), dst = picture_copy (&src);
  const RvsView        view = picture_view (&src);
  const RvsParams      params = params_with (plane);
  RvsFace              face = face_at (120, 110, .3, 0); /* 154 pixels a side: the disc, not the scratch nor the bar */
  RvsAnalysis         *analysis = analyse (session, &src, &face, 1);
  const RvsFillReport *report;
  int64_t              disc = 0;

  (void)state;
  for (int i = 0; i < W * H; i++)
    disc += plane[i] && hypot (i % W - 120, i / W - 110) < 25;
  assert_null (rvs_analysis_fill (analysis));
  render (session, analysis, &src, &params, &dst);
  report = rvs_analysis_fill (analysis);
  assert_non_null (report);
  assert_int_equal (report->aligned_px, disc);
  assert_int_equal (rvs_analysis_face (analysis, 0)->filled_px, disc);
  assert_int_equal (report->n_aligned, 1);
  assert_true (report->n_local >= 1 && report->hole_px > disc);
  rvs_analysis_enable (analysis, 0, false);
  assert_int_equal (rvs_render (session, analysis, &view, &params, 0, NULL, &dst.view, NULL), RVS_OK);
  report = rvs_analysis_fill (analysis);
  assert_int_equal (report->aligned_px, 0);
  assert_int_equal (rvs_analysis_face (analysis, 0)->filled_px, 0);
  rvs_analysis_free (analysis);
  free (plane);
  picture_free (&src);
  picture_free (&dst);
  rvs_session_free (session);
}

/* dst = src + alpha (bare - src), alpha as rvs_render_matte gives it. */
static void
soft_edges_and_strength (void **state)
{
  RvsSession    *session = hole_session (2);
  unsigned char *plane = damage ();
  Picture        src = picture_new (W, H, 3, RVS_DEPTH_F32, false, false), bare, dst;
  static float   alpha[H][W];
  RvsMutView     matte = { alpha, sizeof alpha[0], W, H, 1, RVS_DEPTH_F32 };
  RvsParams      params = params_with (plane);
  RvsAnalysis   *analysis = analyse (session, &src, NULL, 0);

  (void)state;
  for (int i = 0; i < W * H; i++)
    plane[i] = (unsigned char)(plane[i] && i % W > 120 ? 128 : plane[i]); /* a half-selected half */
  bare = filled (session, &src, &params, NULL, 0, RVS_RENDER_BARE);
  params.strength = .8f;
  dst = filled (session, &src, &params, NULL, 0, 0);
  memset (alpha, 0, sizeof alpha);
  assert_int_equal (rvs_render_matte (session, analysis, &params, &matte, NULL), RVS_OK);
  for (int y = 0; y < H; y++)
    for (int x = 0; x < W; x++)
      {
        assert_true (alpha[y][x] <= .8f * (float)plane[y * W + x] / 255 + 1e-6f && (alpha[y][x] > 0) == (plane[y * W + x] > 0));
        for (int c = 0; c < 3; c++)
          {
            const double s = picture_at (&src, x, y, c), b = picture_at (&bare, x, y, c) - s;
            /* Bare writes at full strength times .8 of nothing: strength counts there too. */
            assert_true (fabs (picture_at (&dst, x, y, c) - (s + alpha[y][x] * b)) < 1e-5);
          }
      }
  assert_true (fabsf (alpha[110][100] - .8f) < 1e-6f && fabsf (alpha[110][140] - .8f * 128 / 255) < 1e-6f);
  assert_true (fabsf (alpha[110][96] - .8f) < 1e-6f); /* to the disc's very edge: nothing of a tightly marked stain is left */
  params.strength = 0;
  picture_free (&dst);
  dst = filled (session, &src, &params, NULL, 0, 0);
  assert_same_pixels (&src, &dst);
  rvs_analysis_free (analysis);
  free (plane);
  picture_free (&src);
  picture_free (&bare);
  picture_free (&dst);
  rvs_session_free (session);
}

static void
expect_refused (RvsSession *session, const RvsParams *params, RvsStatus wanted, const char *reason)
{
  Picture       src = picture_new (W, H, 3, RVS_DEPTH_U8, false, false), dst = picture_copy (&src);
  const RvsView view = picture_view (&src);
  RvsAnalysis  *analysis = analyse (session, &src, NULL, 0);
  RvsError      err = { 0 };

  assert_int_equal (rvs_render (session, analysis, &view, params, 0, NULL, &dst.view, &err), wanted);
  if (!strstr (err.message, reason))
    fail_msg ("'%s' does not say '%s'", err.message, reason);
  assert_same_pixels (&src, &dst);
  rvs_analysis_free (analysis);
  picture_free (&src);
  picture_free (&dst);
}

static void
refusals (void **state)
{
  RvsSession    *session = hole_session (1), *other = session_open (*state, 1, 0);
  unsigned char *plane = calloc (W * H, 1);
  RvsParams      params = params_with (plane);

  assert_non_null (plane);
  expect_refused (session, &params, RVS_ERR_HOLE, "is empty");
  memset (plane, 255, W * H);
  expect_refused (session, &params, RVS_ERR_HOLE, "whole picture");
  memset (plane, 0, 3 * W);
  expect_refused (session, &params, RVS_ERR_HOLE, "too little");
  memset (plane, 0, W * H / 2);
  params.hole.width = W - 1;
  expect_refused (session, &params, RVS_ERR_HOLE, "299x240");
  params.hole = (RvsView){ plane, W, W / 3, H, 3, RVS_DEPTH_U8 };
  expect_refused (session, &params, RVS_ERR_ARGUMENT, "one channel");
  params.hole.pixels = NULL;
  expect_refused (session, &params, RVS_ERR_HOLE, "none is given");
  params = params_with (plane);
  expect_refused (other, &params, RVS_ERR_ARGUMENT, "fills no holes");
  free (plane);
  rvs_session_free (session);
  rvs_session_free (other);
}

typedef struct Watch
{
  int   n, refuse_at;
  float last;
} Watch;

static bool
on_progress (void *user, const RvsProgress *progress)
{
  Watch *watch = user;

  assert_true (progress->done >= watch->last && progress->done <= 1);
  watch->last = progress->done;
  return ++watch->n != watch->refuse_at;
}

/* At every tick but the last: nothing is written. Filling again after another strength runs no network. */
static void
cancelling_and_again (void **state)
{
  RvsSession      *session = hole_session (2);
  unsigned char   *plane = damage ();
  Picture          src = picture_new (W, H, 3, RVS_DEPTH_U8, false, false), dst = picture_copy (&src);
  const RvsView    view = picture_view (&src);
  RvsParams        params = params_with (plane);
  RvsAnalysis     *analysis = analyse (session, &src, NULL, 0);
  Watch            watch = { 0 };
  const RvsMonitor monitor = { on_progress, &watch };
  RvsStatus        status;

  (void)state;
  for (int at = 1;; at++)
    {
      watch = (Watch){ .refuse_at = at };
      status = rvs_render (session, analysis, &view, &params, 0, &monitor, &dst.view, NULL);
      if (status == RVS_OK)
        break;
      assert_int_equal (status, RVS_ERR_CANCELLED);
      assert_same_pixels (&src, &dst);
      assert_true (at < 20);
    }
  assert_true (watch.refuse_at >= 3 && watch.last == 1);
  params.strength = .5f;
  watch = (Watch){ 0 };
  assert_int_equal (rvs_render (session, analysis, &view, &params, 0, &monitor, &dst.view, NULL), RVS_OK);
  assert_int_equal (watch.n, 2);
  rvs_analysis_free (analysis);
  free (plane);
  picture_free (&src);
  picture_free (&dst);
  rvs_session_free (session);
}

static void
memory_failures (void **state)
{
  RvsSession    *session = hole_session (1);
  unsigned char *plane = damage ();
  Picture        src = picture_new (W, H, 3, RVS_DEPTH_U8, false, false), dst = picture_copy (&src);
  const RvsView  view = picture_view (&src);
  RvsParams      params = params_with (plane);
  RvsAnalysis   *analysis = analyse (session, &src, NULL, 0);

  (void)state;
  for (size_t n = 1;; n++)
    {
      RvsStatus status;

      rvs__mem_fail_at (n);
      status = rvs_render (session, analysis, &view, &params, 0, NULL, &dst.view, NULL);
      rvs__mem_fail_at (0);
      if (status == RVS_OK)
        {
          assert_true (n > 8);
          break;
        }
      assert_int_equal (status, RVS_ERR_NO_MEMORY);
      assert_same_pixels (&src, &dst);
    }
  rvs_analysis_free (analysis);
  free (plane);
  picture_free (&src);
  picture_free (&dst);
  rvs_session_free (session);
}

/* What the sketch says of one pixel. */
static unsigned char *
sketch_of (RvsSession *session, const Picture *src, const RvsParams *params)
{
  Picture        dst = picture_copy (src);
  const RvsView  view = picture_view (src);
  RvsAnalysis   *analysis = analyse (session, src, NULL, 0);
  unsigned char *sketch = malloc (W * H);
  RvsMutView     out = { sketch, W, W, H, 1, RVS_DEPTH_U8 };

  assert_non_null (sketch);
  memset (sketch, 7, W * H);
  assert_int_equal (rvs_render_sketch (session, analysis, &out, NULL), RVS_ERR_HOLE);
  assert_int_equal (rvs_render (session, analysis, &view, params, 0, NULL, &dst.view, NULL), RVS_OK);
  out.width--;
  assert_int_equal (rvs_render_sketch (session, analysis, &out, NULL), RVS_ERR_ARGUMENT);
  assert_int_equal (sketch[110 * W + 120], 7);
  out.width++;
  assert_int_equal (rvs_render_sketch (session, analysis, &out, NULL), RVS_OK);
  rvs_analysis_free (analysis);
  picture_free (&dst);
  return sketch;
}

/* The edges that a hole was filled along: a drawn line is one of them, what lies far away is left alone, and threads do not matter. */
static void
sketch_of_the_hole (void **state)
{
  unsigned char *plane = damage (), *lines = calloc (W * H, 1), *sketches[3];
  Picture        src = picture_new (W, H, 3, RVS_DEPTH_U8, false, false);
  RvsParams      params = params_with (plane);
  int            n_drawn = 0;

  (void)state;
  assert_non_null (lines);
  for (int i = 0; i < W * H; i++) /* only the disc */
    plane[i] = i % W < 160 && i / W < 200 ? plane[i] : 0;
  for (int i = 0; i < 3; i++)
    {
      RvsSession *session = hole_session (i + 1);

      if (i == 1)
        params.lines = (RvsView){ lines, W, W, H, 1, RVS_DEPTH_U8 };
      memset (lines + 110 * W + 100, 255, 40);
      sketches[i] = sketch_of (session, &src, &params);
      rvs_session_free (session);
    }
  assert_memory_equal (sketches[1], sketches[2], W * H);
  for (int x = 105; x < 135; x++)
    for (int y = 107; y < 114; y++)
      n_drawn += sketches[1][y * W + x] > 200 && sketches[0][y * W + x] < 160; /* between the middles of cells */
  assert_true (n_drawn > 20);
  assert_int_equal (sketches[1][5 * W + 40], 7); /* far from all damage */
  for (int i = 0; i < 3; i++)
    free (sketches[i]);
  free (plane);
  free (lines);
  picture_free (&src);
}

/* Tiles give what one pass over all of it gives: no trace of where they meet. Any depth, any number of threads. */
static void
finds_damage_without_seams (void **state)
{
  enum
  {
    WIDE = 700,
    HIGH = 530 /* four tiles */
  };
  RvsSessionConfig config;
  RvsModel        *finder = NULL;
  Picture          src = picture_new (WIDE, HIGH, 3, RVS_DEPTH_U8, false, false),
          part = picture_new (WIDE, HIGH, 3, RVS_DEPTH_U8, false, false);
  unsigned char *found[3];
  size_t         n_found = 0;

  (void)state;
  assert_int_equal (rvs_model_open (TINY "/find-damage.safetensors", NULL, &finder, NULL), RVS_OK);
  for (int i = 0; i < 3; i++)
    {
      RvsSession *session = NULL;
      RvsView     view = picture_view (i < 2 ? &src : &part);
      RvsMutView  out = { found[i] = calloc (WIDE, HIGH), WIDE, WIDE, HIGH, 1, RVS_DEPTH_U8 };

      assert_non_null (found[i]);
      if (i == 2) /* moved by 8 pixels, and so cut into other tiles */
        {
          view.pixels = (const char *)picture_view (&src).pixels + 8 * 3;
          view.stride = picture_view (&src).stride;
          view.width = out.width = WIDE - 8;
        }
      rvs_session_config_init (&config);
      config.finder = finder;
      config.n_threads = i + 1;
      assert_int_equal (rvs_session_new (&config, &session, NULL), RVS_OK);
      assert_int_equal (rvs_find_damage (session, &view, NULL, &out, NULL), RVS_OK);
      out.width--;
      assert_int_equal (rvs_find_damage (session, &view, NULL, &out, NULL), RVS_ERR_ARGUMENT);
      rvs_session_free (session);
    }
  for (int i = 0; i < WIDE * HIGH; i++)
    n_found += found[0][i] == 255;
  assert_true (n_found > WIDE * HIGH / 50 && n_found < WIDE * HIGH / 50 * 49);
  assert_memory_equal (found[0], found[1], WIDE * HIGH);
  for (int y = 0; y < HIGH; y++) /* away from the border, whose repetition is another one */
    assert_memory_equal (found[0] + y * WIDE + 8 + 152, found[2] + y * WIDE + 152, WIDE - 8 - 152);
  for (int i = 0; i < 3; i++)
    free (found[i]);
  rvs_model_unref (finder);
  picture_free (&src);
  picture_free (&part);
}

static int
set_up (void **state)
{
  mender = open_model (TINY "/fill-face-512.safetensors");
  return scene_set_up (state);
}

static int
tear_down (void **state)
{
  rvs_model_unref (mender);
  return scene_tear_down (state);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (only_the_hole_changes),
    cmocka_unit_test (damage_is_not_looked_at),
    cmocka_unit_test (same_bytes_for_any_threads),
    cmocka_unit_test (report_says_which),
    cmocka_unit_test (drawn_lines),
    cmocka_unit_test (sketch_of_the_hole),
    cmocka_unit_test (soft_edges_and_strength),
    cmocka_unit_test (refusals),
    cmocka_unit_test (cancelling_and_again),
    cmocka_unit_test (memory_failures),
    cmocka_unit_test (finds_damage_without_seams),
  };

  return cmocka_run_group_tests_name ("hole", tests, set_up, tear_down);
}
