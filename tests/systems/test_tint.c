/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_tint.c: a system of one file and one row goes the whole way from photo to photo: knobs that it lacks change nothing and ask for
 * no new run, what it needs and does not get is refused by name, and no byte depends on the threads. */
#include "../model/st_maker.h"
#include "../pipeline/scene.h"
#include "tint.h"

static RvsModel *
open_tint (const char *arch)
{
  StMaker        m;
  unsigned char *bytes;
  size_t         n;
  RvsModel      *model = NULL;
  RvsError       err = { 0 };

  st_maker_begin (&m);
  st_maker_meta (&m, "rvs.format", "1");
  st_maker_meta (&m, "rvs.id", "restore-tint");
  st_maker_meta (&m, "rvs.arch", arch);
  st_maker_meta (&m, "rvs.contract", "tint_srgb_pm1_v1");
  st_maker_meta (&m, "rvs.licence", "CC0-1.0");
  st_maker_meta (&m, "rvs.source", "made by a test");
  st_maker_meta (&m, "tint.size", "256");
  st_maker_tensor (&m, "tint", 3, 0, 0, 0);
  bytes = st_maker_finish (&m, &n);
  if (rvs_model_open_memory (bytes, n, &model, &err) != RVS_OK)
    fail_msg ("%s", err.message);
  free (bytes);
  return model;
}

static RvsSession *
session_of (RvsModel *restorer, RvsModel *parser, int n_threads, RvsError *err)
{
  RvsSessionConfig config;
  RvsSession      *session = NULL;

  rvs_session_config_init (&config);
  config.restorer = restorer;
  config.parser = parser;
  config.n_threads = n_threads;
  return rvs_session_new (&config, &session, err) == RVS_OK ? session : NULL;
}

/* A render with one parameter changed: the bytes, and how often the network ran for it. */
static int
runs_for (RvsSession *session, RvsAnalysis *analysis, const Picture *src, const RvsParams *params, Picture *dst)
{
  const int before = tint_runs;

  render (session, analysis, src, params, dst);
  return tint_runs - before;
}

static void
lacking_knobs_do_nothing (void **state)
{
  RvsModel     *restorer = open_tint ("tint"), *parser = open_model (TINY "/parse-face-256.safetensors");
  RvsSession   *session = session_of (restorer, parser, 2, NULL), *other = session_of (restorer, parser, 1, NULL);
  const RvsFace face = face_at (130, 105, .3, 0);
  Picture       src = picture_new (SCENE_W, SCENE_H, 3, RVS_DEPTH_U8, false, false), plain = picture_copy (&src),
          dst = picture_copy (&src);
  RvsAnalysis *analysis = analyse (session, &src, &face, 1), *second = analyse (other, &src, &face, 1);
  RvsParams    params, changed;

  (void)state;
  rvs_params_init (&params);
  params.keep_colour = 0;
  assert_int_equal (runs_for (session, analysis, &src, &params, &plain), 1);
  assert_true (memcmp (plain.bytes, src.bytes, src.n_bytes) != 0);
  changed = params;
  changed.fidelity = .2f;
  changed.texture = 2;
  changed.seed = 9;
  assert_int_equal (runs_for (session, analysis, &src, &changed, &dst), 0);
  assert_same_pixels (&plain, &dst);
  assert_int_equal (runs_for (other, second, &src, &changed, &dst), 1);
  assert_same_pixels (&plain, &dst);
  changed.keep_colour = 1; /* which it has: no new run, another picture */
  assert_int_equal (runs_for (session, analysis, &src, &changed, &dst), 0);
  assert_true (memcmp (plain.bytes, dst.bytes, dst.n_bytes) != 0);
  rvs_analysis_free (analysis);
  rvs_analysis_free (second);
  rvs_session_free (session);
  rvs_session_free (other);
  rvs_model_unref (restorer);
  rvs_model_unref (parser);
  picture_free (&src);
  picture_free (&plain);
  picture_free (&dst);
}

static void
missing_needs_are_refused (void **state)
{
  RvsModel   *tint = open_tint ("tint"), *needy = open_tint ("needy");
  RvsModel   *compact = open_model (TINY "/parse-face-256.safetensors");
  RvsModel   *published = open_model (TINY "/parse-face-published-512.safetensors");
  RvsError    err = { 0 };
  RvsSession *session;

  (void)state;
  assert_null (session_of (tint, NULL, 1, &err));
  assert_non_null (strstr (err.message, "needs a face parser"));
  err = (RvsError){ 0 };
  assert_null (session_of (needy, published, 1, &err));
  assert_non_null (strstr (err.message, "needy"));
  err = (RvsError){ 0 };
  assert_null (session_of (compact, compact, 1, &err));
  assert_non_null (strstr (err.message, "cannot serve as restorer"));
  session = session_of (needy, compact, 1, NULL);
  assert_non_null (session);
  rvs_session_free (session);
  session = session_of (tint, published, 1, NULL);
  assert_non_null (session);
  rvs_session_free (session);
  rvs_model_unref (tint);
  rvs_model_unref (needy);
  rvs_model_unref (compact);
  rvs_model_unref (published);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (lacking_knobs_do_nothing),
    cmocka_unit_test (missing_needs_are_refused),
  };
  return cmocka_run_group_tests_name ("tint", tests, NULL, NULL);
}
