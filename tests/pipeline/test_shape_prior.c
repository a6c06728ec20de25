/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_shape_prior.c: a restorer that is fed with the face's mesh, from photo to photo: the same bytes for any number of threads and
 * however little is kept; without confidence in the mesh it goes on without; files that do not belong together are refused by name. */
#include "scene.h"

#include <string.h>

#define HEAD TINY "/shape-face-256.safetensors"
#define RESTORER TINY "/restore-sgpn-256.safetensors"

/* Errors of full confidence and of none: as they are, so that any counts little, so that any counts too much. */
#define RANGE "shape.low\":\"30\",\"shape.high\":\"90"
#define SURE "shape.low\":\"1\",\"shape.high\":\"999"
#define UNSURE "shape.low\":\"11\",\"shape.high\":\"12"

typedef struct Prior
{
  RvsModel      *parser, *shape, *restorer;
  unsigned char *bytes[2];
} Prior;

/* from, to: what is changed in the shape head's file, or NULL; the restorer's says that it was trained with that one. */
static Prior
prior_open (const char *from, const char *to)
{
  Prior     prior = { .parser = open_model (TINY "/parse-face-256.safetensors") };
  RvsModel *plain = open_model (HEAD);

  if (!from)
    {
      prior.shape = plain;
      prior.restorer = open_model (RESTORER);
      return prior;
    }
  assert_int_equal (open_altered (HEAD, from, to, &prior.bytes[0], &prior.shape, NULL), RVS_OK);
  assert_int_equal (open_altered (RESTORER, rvs_model_get_info (plain)->sha256, rvs_model_get_info (prior.shape)->sha256,
                                  &prior.bytes[1], &prior.restorer, NULL),
                    RVS_OK);
  rvs_model_unref (plain);
  return prior;
}

static void
prior_close (Prior *prior)
{
  rvs_model_unref (prior->parser);
  rvs_model_unref (prior->shape);
  rvs_model_unref (prior->restorer);
  free (prior->bytes[0]);
  free (prior->bytes[1]);
}

static RvsSessionConfig
config_of (const Prior *prior, int n_threads, size_t cache_bytes)
{
  RvsSessionConfig config;

  rvs_session_config_init (&config);
  config.parser = prior->parser;
  config.restorer = prior->restorer;
  config.shape = prior->shape;
  config.n_threads = n_threads;
  config.cache_bytes = cache_bytes;
  return config;
}

/* dst becomes src restored; returns what is said of the face. */
static RvsFaceReport
restore (const Prior *prior, int n_threads, size_t cache_bytes, const Picture *src, Picture *dst)
{
  const RvsFace          face = face_at (130, 105, .35, .1);
  const RvsSessionConfig config = config_of (prior, n_threads, cache_bytes);
  RvsSession            *session = session_from (&config);
  RvsAnalysis           *analysis = analyse (session, src, &face, 1);
  RvsFaceReport          report;
  RvsParams              params;

  rvs_params_init (&params);
  render (session, analysis, src, &params, dst);
  report = *rvs_analysis_face (analysis, 0);
  rvs_analysis_free (analysis);
  rvs_session_free (session);
  return report;
}

static void
same_bytes (void **state)
{
  Prior         prior = prior_open (RANGE, SURE);
  Picture       src = picture_new (SCENE_W, SCENE_H, 3, RVS_DEPTH_U8, false, false), first = picture_copy (&src);
  RvsFaceReport report = restore (&prior, 1, SIZE_MAX, &src, &first);

  (void)state;
  assert_true (report.pose.known && memcmp (src.bytes, first.bytes, src.n_bytes) != 0);
  for (int threads = 1; threads <= 3; threads++)
    {
      Picture dst = picture_copy (&src);
      restore (&prior, threads, threads == 2 ? SIZE_MAX : 0, &src, &dst);
      assert_same_pixels (&first, &dst);
      picture_free (&dst);
    }
  picture_free (&src);
  picture_free (&first);
  prior_close (&prior);
}

/* Where errors count as too large, the mesh counts nothing, and that is said; where the same errors are none, it shows. */
static void
without_confidence (void **state)
{
  static const char *const ranges[] = { SURE, UNSURE };
  Picture                  src = picture_new (SCENE_W, SCENE_H, 3, RVS_DEPTH_U8, false, false), dst[2];

  (void)state;
  for (int off = 0; off < 2; off++)
    {
      Prior         prior = prior_open (RANGE, ranges[off]);
      RvsFaceReport report;

      dst[off] = picture_copy (&src);
      report = restore (&prior, 2, 0, &src, &dst[off]);
      assert_true (report.pose.known && report.shape_prior == (off ? RVS_SHAPE_UNSURE : RVS_SHAPE_USED)
                   && (report.pose.confidence < .3f) == off);
      prior_close (&prior);
    }
  assert_true (memcmp (dst[0].bytes, dst[1].bytes, src.n_bytes) != 0);
  assert_true (memcmp (dst[1].bytes, src.bytes, src.n_bytes) != 0);
  picture_free (&dst[0]);
  picture_free (&dst[1]);
  picture_free (&src);
}

static void
assert_refused (const Prior *prior, RvsStatus wanted, const char *named)
{
  const RvsSessionConfig config = config_of (prior, 1, 0);

  assert_no_session (&config, wanted, named);
}

static void
refused (void **state)
{
  Prior prior = prior_open (NULL, NULL), other = prior_open (RANGE, SURE);
  Prior without = prior, mixed = prior, misfit = prior;

  (void)state;
  without.shape = NULL;
  assert_refused (&without, RVS_ERR_ARGUMENT, "'sgpn' needs a shape head");
  mixed.restorer = other.restorer;
  assert_refused (&mixed, RVS_ERR_MODEL, "trained with another shape head");
  misfit.restorer = open_model (TINY "/restore-sgpn-128.safetensors");
  assert_refused (&misfit, RVS_ERR_MODEL, "another number of coefficients than the shape head's 5");
  rvs_model_unref (misfit.restorer);
  prior_close (&other);
  prior_close (&prior);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (same_bytes),
    cmocka_unit_test (without_confidence),
    cmocka_unit_test (refused),
  };

  return cmocka_run_group_tests_name ("shape prior", tests, NULL, NULL);
}
