/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_plan.c: what is measured before any photo is seen is what the worst of them takes: never less, and hardly more. */
#include "scene.h"
#include "session.h"

enum
{
  SIDE = 1100
};

static bool
watch (void *user, const RvsProgress *progress)
{
  (void)user, (void)progress;
  return true;
}

/* Turned by half a right angle and reduced by just less than two, kept nowhere, seen growing, with a fidelity map. */
static void
restore_the_worst (RvsSession *session)
{
  Picture       src = picture_new (SIDE, SIDE, 3, RVS_DEPTH_U8, false, false), dst = picture_copy (&src);
  Picture       map = picture_new (SIDE, SIDE, 1, RVS_DEPTH_U8, false, true);
  const RvsView view = picture_view (&src);
  const RvsFace face = face_at (SIDE / 2., SIDE / 2., 1.99, .785398);
  RvsMonitor    monitor = { watch, NULL };
  RvsAnalysis  *analysis = analyse (session, &src, &face, 1);
  RvsParams     params;

  assert_int_equal (rvs_analysis_face (analysis, 0)->skip, RVS_SKIP_NONE);
  rvs_params_init (&params);
  params.fidelity_map = picture_view (&map);
  assert_int_equal (rvs_render (session, analysis, &view, &params, RVS_RENDER_GROW, &monitor, &dst.view, NULL), RVS_OK);
  rvs_analysis_free (analysis);
  picture_free (&src);
  picture_free (&dst);
  picture_free (&map);
}

static void
check_side (int side, int n_threads)
{
  SceneModels models = models_open (side);
  /* without the detector, whose scratch would hide the face's */
  RvsSession *session = session_open (&(SceneModels){ .parser = models.parser, .restorer = models.restorer }, n_threads, 0);

  restore_the_worst (session);
  print_message ("# side %d, %d threads: %zu of %zu bytes used\n", side, n_threads, session->arena.peak, session->arena.size);
  assert_true (session->arena.peak <= session->arena.size);
  assert_true ((double)session->arena.peak >= .98 * (double)session->arena.size);
  rvs_session_free (session);
  models_close (&models);
}

static void
faces (void **state)
{
  (void)state;
  check_side (512, 1);
  check_side (512, 3);
  check_side (256, 2);
}

/* A square photo of the size that detection works at takes all that was measured; others take no more. */
static void
photos (void **state)
{
  static const int sides[][2] = { { RVS_MAX_SIDE, 1 }, { 31, 33 }, { 1500, 1100 }, { 1024, 1024 } };
  SceneModels      models = models_open (256), alone = { .detector = models.detector };
  RvsSession      *session = session_open (&alone, 2, 0);
  RvsParams        params;

  (void)state;
  rvs_params_init (&params);
  for (size_t i = 0; i < sizeof sides / sizeof *sides; i++)
    {
      Picture src = picture_new (sides[i][0], sides[i][1], 3, RVS_DEPTH_U8, false, false);
      RvsView view = picture_view (&src);
      RvsFace face;
      size_t  n;

      /* The other turns take what the upright one took; in noise they take minutes too. */
      params.turned = view.width == view.height ? RVS_TURNED_AUTO : RVS_TURNED_NEVER;
      rvs_session_apply (session, &params);
      assert_int_equal (rvs_detect (session, &view, NULL, NULL, 0, &n, NULL), RVS_OK);
      assert_int_equal (rvs_face_from_box (session, &view, 0, 0, (float)view.width, (float)view.height, &face, NULL), RVS_OK);
      assert_true (session->arena.peak <= session->arena.size);
      picture_free (&src);
    }
  assert_true (session->arena.peak == session->arena.size);
  rvs_session_free (session);
  models_close (&models);
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (faces), cmocka_unit_test (photos) };

  return cmocka_run_group_tests_name ("plan", tests, NULL, NULL);
}
