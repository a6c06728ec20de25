/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_faults.c: each public call with its n-th allocation failing, for every n: NO_MEMORY with a message, no block and no thread
 * left behind, the picture untouched, and the next try succeeds. Threads that cannot be made likewise. */
#include "core/mem.h"
#include "rvs.h"
#include "testing.h"
#include "wraps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum
{
  WIDTH = 90,
  HEIGHT = 110,
  N_FACES = 2,
  MAX_TRIES = 5000 /* far more allocations than any call makes */
};

/* What a call gets and leaves behind. */
typedef struct World
{
  RvsModel     *detector, *parser, *restorer;
  RvsSession   *session;
  RvsAnalysis  *analysis;
  unsigned char src[WIDTH * HEIGHT * 3], dst[WIDTH * HEIGHT * 3], before[WIDTH * HEIGHT * 3];
  RvsFace       faces[N_FACES];
  RvsParams     params;
} World;

static World world;

static RvsView
picture_of (const unsigned char *pixels)
{
  return (RvsView){ pixels, WIDTH * 3, WIDTH, HEIGHT, 3, RVS_DEPTH_U8 };
}

/* ---- the calls under test: each makes one thing and says how to unmake it ---- */

typedef RvsStatus (*Call) (RvsError *err);
typedef void (*Undo) (void);

static RvsStatus
open_detector (RvsError *err)
{
  return rvs_model_open (VECTORS "/detector.safetensors", NULL, &world.detector, err);
}

static RvsStatus
open_parser (RvsError *err)
{
  return rvs_model_open (TINY "/parse-face-256.safetensors", NULL, &world.parser, err);
}

static RvsStatus
open_restorer (RvsError *err)
{
  return rvs_model_open (TINY "/restore-jsfm-256.safetensors", NULL, &world.restorer, err);
}

static RvsStatus
open_published (RvsError *err)
{
  return rvs_model_open (TINY "/restore-jsfm-published-512.safetensors", NULL, &world.restorer, err);
}

static void
close_models (void)
{
  rvs_model_unref (world.detector);
  rvs_model_unref (world.parser);
  rvs_model_unref (world.restorer);
  world.detector = world.parser = world.restorer = NULL;
}

static RvsStatus
make_session (RvsError *err)
{
  RvsSessionConfig config;

  rvs_session_config_init (&config);
  config.detector = world.detector;
  config.parser = world.parser;
  config.restorer = world.restorer;
  config.n_threads = 3;
  return rvs_session_new (&config, &world.session, err);
}

static void
free_session (void)
{
  rvs_session_free (world.session);
  world.session = NULL;
}

static RvsStatus
detect (RvsError *err)
{
  RvsView image = picture_of (world.src);
  RvsFace faces[4];
  size_t  n;

  return rvs_detect (world.session, &image, NULL, faces, 4, &n, err);
}

static RvsStatus
box_face (RvsError *err)
{
  RvsView image = picture_of (world.src);
  RvsFace face;

  return rvs_face_from_box (world.session, &image, 15, 20, 50, 70, &face, err);
}

/* Where a face in that box has its landmarks; the detector of random weights would put them anywhere. */
static const RvsFace drawn_face = { .x = 15,
                                    .y = 20,
                                    .w = 50,
                                    .h = 70,
                                    .landmarks = { { 28, 47 }, { 52, 47 }, { 40, 61 }, { 30, 71 }, { 50, 71 } },
                                    .flags = RVS_FACE_HAS_LANDMARKS | RVS_FACE_FROM_USER };

static RvsStatus
analyse (RvsError *err)
{
  RvsView image = picture_of (world.src);

  return rvs_analyse (world.session, &image, world.faces, N_FACES, NULL, &world.analysis, err);
}

static void
free_analysis (void)
{
  rvs_analysis_free (world.analysis);
  world.analysis = NULL;
}

static RvsStatus
render (RvsError *err)
{
  RvsView    src = picture_of (world.src);
  RvsMutView dst = { world.dst, WIDTH * 3, WIDTH, HEIGHT, 3, RVS_DEPTH_U8 };

  return rvs_render (world.session, world.analysis, &src, &world.params, 0, NULL, &dst, err);
}

static RvsStatus
render_matte (RvsError *err)
{
  static float matte[WIDTH * HEIGHT];
  RvsMutView   dst = { matte, WIDTH * 4, WIDTH, HEIGHT, 1, RVS_DEPTH_F32 };

  return rvs_render_matte (world.session, world.analysis, &world.params, &dst, err);
}

static void
forget (void)
{
  memcpy (world.dst, world.src, sizeof world.dst);
}

/* ---- the loop ---- */

static void
check_failed_cleanly (RvsStatus status, const RvsError *err, long blocks, long threads)
{
  assert_int_equal (status, RVS_ERR_NO_MEMORY);
  assert_int_equal (err->status, RVS_ERR_NO_MEMORY);
  assert_true (err->message[0]);
  assert_int_equal (n_blocks (), blocks);
  assert_int_equal (n_threads_running (), threads);
  assert_null (world.analysis);
}

/* Runs call with its 1st, 2nd, ... allocation failing until it makes fewer than that; then it must have succeeded.
 * Returns the number of failures. */
static size_t
fail_each_allocation (const char *name, Call call, Undo undo)
{
  long   blocks = n_blocks (), threads = n_threads_running ();
  size_t n;

  for (n = 1; n < MAX_TRIES; n++)
    {
      RvsError  err = { RVS_OK, "" };
      size_t    before = n_allocations ();
      RvsStatus status;

      fail_allocation (n);
      status = call (&err);
      fail_allocation (0);
      if (n_allocations () - before < n)
        {
          if (status != RVS_OK)
            fail_msg ("%s without failure: %s", name, err.message);
          undo ();
          assert_int_equal (n_blocks (), blocks);
          break;
        }
      check_failed_cleanly (status, &err, blocks, threads);
      assert_memory_equal (world.dst, world.before, sizeof world.dst);
    }
  assert_true (n < MAX_TRIES);
  print_message ("# %s: %zu allocations, each failed once\n", name, n - 1);
  return n - 1;
}

static void
nothing (void)
{
}

static void
must (RvsStatus status, const RvsError *err)
{
  if (status != RVS_OK)
    fail_msg ("%s", err->message);
}

static void
open_all (void)
{
  RvsError err = { RVS_OK, "" };

  must (open_detector (&err), &err);
  must (open_parser (&err), &err);
  must (open_restorer (&err), &err);
}

static int
set_up (void **state)
{
  RvsView image = picture_of (world.src);

  (void)state;
  for (int i = 0; i < WIDTH * HEIGHT * 3; i++)
    world.src[i] = (unsigned char)(i * 7 + i / 270 * 3);
  memcpy (world.dst, world.src, sizeof world.dst);
  memcpy (world.before, world.src, sizeof world.dst);
  rvs_params_init (&world.params);
  world.faces[0] = drawn_face;
  rvs_face_aligned (&image, &world.faces[1]);
  return 0;
}

static void
test_open (void **state)
{
  (void)state;
  assert_true (fail_each_allocation ("opening a detector", open_detector, close_models) > 4);
  assert_true (fail_each_allocation ("opening a parser", open_parser, close_models) > 4);
  assert_true (fail_each_allocation ("opening a restorer", open_restorer, close_models) > 4);
  assert_true (fail_each_allocation ("opening a published restorer", open_published, close_models) > 4);
}

static void
test_calls (void **state)
{
  RvsError err = { RVS_OK, "" };
  long     blocks = n_blocks ();

  (void)state;
  open_all ();
  assert_true (fail_each_allocation ("a session", make_session, free_session) > 2);
  must (make_session (&err), &err);
  assert_int_equal (fail_each_allocation ("detecting", detect, nothing), 0);
  assert_int_equal (fail_each_allocation ("a face from a box", box_face, nothing), 0);
  assert_true (fail_each_allocation ("analysing", analyse, free_analysis) > 4);
  must (analyse (&err), &err);
  for (int i = 0; i < N_FACES; i++)
    assert_int_equal (rvs_analysis_face (world.analysis, (size_t)i)->skip, RVS_SKIP_NONE);
  {
    RvsAnalysis *kept = world.analysis;
    long         with_analysis = n_blocks ();
    fail_allocation (1);
    assert_int_equal (render_matte (&err), RVS_ERR_NO_MEMORY);
    fail_allocation (0);
    assert_true (err.message[0]);
    err = (RvsError){ RVS_OK, "" };
    must (render_matte (&err), &err);
    assert_ptr_equal (world.analysis, kept);
    assert_int_equal (n_blocks (), with_analysis);
  }
  free_analysis ();
  free_session ();
  close_models ();
  assert_int_equal (n_blocks (), blocks);
}

/* A failed render leaves the analysis usable: the next one gives what an undisturbed one gives. */
static void
test_render (void **state)
{
  static unsigned char expected[sizeof world.dst];
  RvsError             err = { RVS_OK, "" };
  long                 blocks = n_blocks ();
  size_t               n;

  (void)state;
  open_all ();
  must (make_session (&err), &err);
  must (analyse (&err), &err);
  must (render (&err), &err);
  memcpy (expected, world.dst, sizeof expected);
  assert_memory_not_equal (expected, world.src, sizeof expected);
  free_analysis ();
  forget ();

  must (analyse (&err), &err);
  for (n = 1; n < MAX_TRIES; n++)
    {
      size_t    before = n_allocations ();
      RvsStatus status;

      fail_allocation (n);
      status = render (&err);
      fail_allocation (0);
      if (n_allocations () - before < n)
        break;
      assert_int_equal (status, RVS_ERR_NO_MEMORY);
      assert_memory_equal (world.dst, world.before, sizeof world.dst);
      memset (&err, 0, sizeof err);
    }
  assert_true (n > 1 && n < MAX_TRIES);
  must (err.status, &err);
  assert_memory_equal (world.dst, expected, sizeof expected);
  forget ();
  free_analysis ();
  free_session ();
  close_models ();
  assert_int_equal (n_blocks (), blocks);
}

/* Workers that cannot be started: the call says so and joins those that could, or does with fewer. */
static void
test_threads (void **state)
{
  long blocks = n_blocks (), threads = n_threads_running ();

  (void)state;
  open_all ();
  for (size_t n = 1; n <= 2; n++)
    {
      RvsError  err = { RVS_OK, "" };
      size_t    before = n_threads_created ();
      RvsStatus status;

      fail_thread (n);
      status = make_session (&err);
      fail_thread (0);
      assert_true (n_threads_created () - before >= n);
      if (status != RVS_OK)
        {
          assert_true (status == RVS_ERR_NO_MEMORY || status == RVS_ERR_LIMIT || status == RVS_ERR_INTERNAL);
          assert_int_equal (err.status, status);
          assert_true (err.message[0]);
          assert_null (world.session);
        }
      else
        {
          must (detect (&err), &err);
          free_session ();
        }
      assert_int_equal (n_threads_running (), threads);
    }
  close_models ();
  assert_int_equal (n_blocks (), blocks);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_open),
    cmocka_unit_test (test_calls),
    cmocka_unit_test (test_render),
    cmocka_unit_test (test_threads),
  };
  return cmocka_run_group_tests (tests, set_up, NULL);
}
