/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_pose.c: which way faces look, through the public calls: in the report of an analysis and asked for alone; sessions whose shape head
 * does not fit; nothing else changes by having one. */
#include "scene.h"

#include <math.h>
#include <string.h>

#define HEAD TINY "/shape-face-256.safetensors"

/* shape may be NULL. */
static RvsSessionConfig
config_of (const SceneModels *models, RvsModel *parser, RvsModel *shape, int n_threads)
{
  RvsSessionConfig config;

  rvs_session_config_init (&config);
  config.detector = models->detector;
  config.parser = parser;
  config.restorer = models->restorer;
  config.shape = shape;
  config.n_threads = n_threads;
  return config;
}

static RvsSession *
session_with (const SceneModels *models, RvsModel *shape, int n_threads)
{
  const RvsSessionConfig config = config_of (models, models->parser, shape, n_threads);

  return session_from (&config);
}

static void
assert_same_pose (const RvsPose *a, const RvsPose *b)
{
  assert_true (a->known && b->known);
  assert_true (a->yaw == b->yaw && a->pitch == b->pitch && a->roll == b->roll && a->confidence == b->confidence);
}

/* The report, the call for one face, and any number of threads say the same. */
static void
same_everywhere (void **state)
{
  RvsModel     *shape = open_model (HEAD);
  Picture       src = picture_new (SCENE_W, SCENE_H, 3, RVS_DEPTH_U8, false, false);
  const RvsView view = picture_view (&src);
  const RvsFace faces[2] = { face_at (120, 100, .3, .1), face_at (90, 110, .25, 2) };
  RvsPose       first[2];

  for (int threads = 1; threads <= 3; threads++)
    {
      RvsSession  *session = session_with (*state, shape, threads);
      RvsAnalysis *analysis = analyse (session, &src, faces, 2);

      for (size_t i = 0; i < 2; i++)
        {
          RvsPose alone;
          assert_int_equal (rvs_face_pose (session, &view, &faces[i], &alone, NULL), RVS_OK);
          assert_same_pose (&alone, &rvs_analysis_face (analysis, i)->pose);
          if (threads == 1)
            first[i] = alone;
          assert_same_pose (&alone, &first[i]);
          assert_true (alone.confidence >= 0 && alone.confidence <= 1 && fabsf (alone.roll) <= 180);
        }
      assert_true (first[0].yaw != first[1].yaw);
      rvs_analysis_free (analysis);
      rvs_session_free (session);
    }
  picture_free (&src);
  rvs_model_unref (shape);
}

/* What is restored does not depend on it; without one nothing is known. */
static void
nothing_else_changes (void **state)
{
  RvsModel     *shape = open_model (HEAD);
  Picture       src = picture_new (SCENE_W, SCENE_H, 3, RVS_DEPTH_U8, false, false), dst[2];
  const RvsFace face = face_at (120, 100, .3, .1);
  RvsParams     params;

  rvs_params_init (&params);
  for (int with = 0; with < 2; with++)
    {
      RvsSession  *session = session_with (*state, with ? shape : NULL, 2);
      RvsAnalysis *analysis = analyse (session, &src, &face, 1);

      dst[with] = picture_copy (&src);
      assert_int_equal (rvs_analysis_face (analysis, 0)->pose.known, with);
      render (session, analysis, &src, &params, &dst[with]);
      rvs_analysis_free (analysis);
      rvs_session_free (session);
    }
  assert_same_pixels (&dst[0], &dst[1]);
  picture_free (&dst[0]);
  picture_free (&dst[1]);
  picture_free (&src);
  rvs_model_unref (shape);
}

/* A face that cannot be aligned has no pose; one that is doubted neither; a cancelled call says so. */
static void
not_known (void **state)
{
  RvsModel     *shape = open_model (HEAD);
  RvsSession   *session = session_with (*state, shape, 2), *bare = session_with (*state, NULL, 1);
  Picture       src = picture_new (SCENE_W, SCENE_H, 3, RVS_DEPTH_U8, false, false);
  const RvsView view = picture_view (&src);
  RvsFace       face = face_at (120, 100, .3, .1);
  RvsPose       pose;
  RvsError      err = { 0 };

  face.flags |= RVS_FACE_DOUBTED;
  assert_int_equal (rvs_face_pose (session, &view, &face, &pose, NULL), RVS_OK);
  assert_false (pose.known);
  face = face_at (120, 100, .3, .1);
  assert_int_equal (rvs_face_pose (bare, &view, &face, &pose, &err), RVS_ERR_ARGUMENT);
  assert_non_null (strstr (err.message, "shape head"));
  rvs_session_cancel (session);
  assert_int_equal (rvs_face_pose (session, &view, &face, &pose, NULL), RVS_ERR_CANCELLED);
  assert_false (pose.known);
  assert_int_equal (rvs_face_pose (session, &view, &face, &pose, NULL), RVS_OK);
  assert_true (pose.known);
  for (int i = 0; i < 5; i++)
    face.landmarks[i][0] = face.landmarks[i][1] = 50;
  assert_int_equal (rvs_face_pose (session, &view, &face, &pose, NULL), RVS_OK);
  assert_false (pose.known);
  picture_free (&src);
  rvs_session_free (session);
  rvs_session_free (bare);
  rvs_model_unref (shape);
}

static void
assert_refused (const SceneModels *models, RvsModel *parser, RvsModel *shape, RvsStatus wanted, const char *named)
{
  const RvsSessionConfig config = config_of (models, parser, shape, 1);

  assert_no_session (&config, wanted, named);
}

static void
heads_that_do_not_fit (void **state)
{
  SceneModels   *models = *state;
  RvsModel      *shape = open_model (HEAD), *other = open_model (TINY "/parse-face-published-512.safetensors"), *misfit;
  unsigned char *bytes;

  assert_true (rvs_model_fits (shape, models->parser));
  assert_false (rvs_model_fits (shape, other) || rvs_model_fits (shape, NULL));
  assert_true (rvs_model_fits (models->parser, models->restorer)); /* on nobody's output */
  assert_refused (models, models->parser, models->detector, RVS_ERR_MODEL, "cannot serve as shape head");
  assert_refused (models, other, shape, RVS_ERR_MODEL, "another face parser");
  assert_int_equal (
      open_altered (HEAD, rvs_model_get_info (shape)->base, rvs_model_get_info (other)->sha256, &bytes, &misfit, NULL), RVS_OK);
  assert_refused (models, other, misfit, RVS_ERR_MODEL, "numbers of a face");
  assert_refused (models, NULL, shape, RVS_ERR_ARGUMENT, "face parser beside it");
  rvs_model_unref (misfit);
  free (bytes);
  rvs_model_unref (other);
  rvs_model_unref (shape);
}

static void
no_base (void **state)
{
  RvsModel      *model = NULL;
  unsigned char *bytes;
  RvsError       err = { 0 };

  (void)state;
  assert_int_equal (open_altered (HEAD, "rvs.base", "rvs.bass", &bytes, &model, &err), RVS_ERR_MODEL);
  assert_null (model);
  assert_non_null (strstr (err.message, "rvs.base"));
  free (bytes);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (same_everywhere), cmocka_unit_test (nothing_else_changes),
    cmocka_unit_test (not_known),       cmocka_unit_test (heads_that_do_not_fit),
    cmocka_unit_test (no_base),
  };

  return cmocka_run_group_tests_name ("pose", tests, scene_set_up, scene_tear_down);
}
