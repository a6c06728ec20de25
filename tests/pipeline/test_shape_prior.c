/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_shape_prior.c: a restorer that is fed with the face's mesh, from photo to photo: the same bytes for any number of threads and
 * however little is kept; without confidence in the mesh, or where parameters say so, it goes on without; maps of the mesh; files that do
 * not belong together are refused by name. */
#include "bench.h"
#include "face/wire.h"
#include "model.h"
#include "net/shape.h"
#include "rvs_params.h"

#include <math.h>
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

static Bench
bench_open (const Prior *prior, int n_threads, size_t cache_bytes)
{
  const RvsSessionConfig config = config_of (prior, n_threads, cache_bytes);

  return bench_of (session_from (&config), RVS_DEPTH_U8, face_at (130, 105, .35, .1));
}

/* The photo restored, with the shape or without. */
static Picture
restored (Bench *bench, RvsShapeUse use)
{
  Picture dst = picture_copy (&bench->src);

  bench->params.shape_use = use;
  render (bench->session, bench->analysis, &bench->src, &bench->params, &dst);
  return dst;
}

static RvsShapePrior
prior_of (const Bench *bench)
{
  return rvs_analysis_face (bench->analysis, 0)->shape_prior;
}

/* dst becomes src restored; returns what is said of the face. */
static RvsFaceReport
restore (const Prior *prior, int n_threads, size_t cache_bytes, Picture *dst)
{
  Bench         bench = bench_open (prior, n_threads, cache_bytes);
  RvsFaceReport report;

  *dst = restored (&bench, RVS_SHAPE_AUTO);
  report = *rvs_analysis_face (bench.analysis, 0);
  bench_close (&bench);
  return report;
}

static void
same_bytes (void **state)
{
  Prior         prior = prior_open (RANGE, SURE);
  Picture       src = picture_new (SCENE_W, SCENE_H, 3, RVS_DEPTH_U8, false, false), first;
  RvsFaceReport report = restore (&prior, 1, SIZE_MAX, &first);

  (void)state;
  assert_true (report.pose.known && memcmp (src.bytes, first.bytes, src.n_bytes) != 0);
  for (int threads = 1; threads <= 3; threads++)
    {
      Picture dst;
      restore (&prior, threads, threads == 2 ? SIZE_MAX : 0, &dst);
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
      RvsFaceReport report = restore (&prior, 2, 0, &dst[off]);

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

/* Turned off, the face is restored as one without confidence is, from the same analysis; turned on again, as before; and the report says
 * which. Nothing is wanted of a mesh that is too uncertain anyway. */
static void
by_parameter (void **state)
{
  Prior   sure = prior_open (RANGE, SURE), unsure = prior_open (RANGE, UNSURE);
  Bench   bench = bench_open (&sure, 2, SIZE_MAX), doubtful = bench_open (&unsure, 2, 0);
  Picture on, off, again, without;

  (void)state;
  assert_int_equal (prior_of (&bench), RVS_SHAPE_USED); /* before any render */
  on = restored (&bench, RVS_SHAPE_AUTO);
  off = restored (&bench, RVS_SHAPE_OFF);
  assert_int_equal (prior_of (&bench), RVS_SHAPE_UNWANTED);
  again = restored (&bench, RVS_SHAPE_AUTO);
  assert_int_equal (prior_of (&bench), RVS_SHAPE_USED);
  without = restored (&doubtful, RVS_SHAPE_OFF);
  assert_int_equal (prior_of (&doubtful), RVS_SHAPE_UNWANTED);
  assert_same_pixels (&on, &again);
  assert_same_pixels (&off, &without);
  assert_true (memcmp (on.bytes, off.bytes, on.n_bytes) != 0);
  picture_free (&on);
  picture_free (&off);
  picture_free (&again);
  picture_free (&without);
  bench_close (&bench);
  bench_close (&doubtful);
  prior_close (&sure);
  prior_close (&unsure);
}

/* A head whose triangles name a vertex that is not there, or that puts one nowhere: as without confidence, and no pose is made up. */
static void
altered_shape (void **state)
{
  Prior   unsure = prior_open (RANGE, UNSURE);
  Picture wanted;

  (void)state;
  restore (&unsure, 1, 0, &wanted);
  for (int kind = 0; kind < 2; kind++)
    {
      Prior         prior = prior_open (RANGE, SURE);
      RvsShapeNet  *shape = (RvsShapeNet *)rvs__model_net (prior.shape, &rvs__arch_shape);
      RvsFaceReport report;
      Picture       dst;

      if (kind == 0)
        shape->triangles[4] = RVS_SHAPE_VERTICES;
      else
        shape->mean[700] = NAN;
      report = restore (&prior, 1, 0, &dst);
      assert_int_equal (report.shape_prior, RVS_SHAPE_UNSURE);
      assert_false (report.pose.known);
      assert_same_pixels (&wanted, &dst);
      picture_free (&dst);
      prior_close (&prior);
    }
  picture_free (&wanted);
  prior_close (&unsure);
}

/* Landmarks on one line make no crop: the face is left out by its reason, nothing is asked of the head, and no pixel changes. */
static void
degenerate_landmarks (void **state)
{
  Prior                  prior = prior_open (RANGE, SURE);
  const RvsSessionConfig config = config_of (&prior, 1, 0);
  RvsFace                face = face_at (130, 105, .35, .1);
  Bench                  bench;
  Picture                dst;

  (void)state;
  for (int i = 0; i < 5; i++)
    face.landmarks[i][0] = face.landmarks[i][1] = 130;
  bench = bench_of (session_from (&config), RVS_DEPTH_U8, face);
  dst = restored (&bench, RVS_SHAPE_AUTO);
  assert_int_equal (rvs_analysis_face (bench.analysis, 0)->skip, RVS_SKIP_DEGENERATE);
  assert_int_equal (prior_of (&bench), RVS_SHAPE_NONE);
  assert_same_pixels (&bench.src, &dst);
  picture_free (&dst);
  bench_close (&bench);
  prior_close (&prior);
}

/* ---- maps ---- */

/* The mesh's edges lie on the crop; where the mesh counts nothing there are none, and none are missing for lack of kept memory. */
static void
mesh_as_lines (void **state)
{
  Prior       sure = prior_open (RANGE, SURE), unsure = prior_open (RANGE, UNSURE);
  Bench       kept = bench_open (&sure, 1, SIZE_MAX), fresh = bench_open (&sure, 2, 0), none = bench_open (&unsure, 1, 0);
  RvsFaceMap *map = bench_map (&kept, "mesh"), *same = bench_map (&fresh, "mesh"), *empty = bench_map (&none, "mesh");

  (void)state;
  assert_true (map->n_lines > 0 && map->n_planes == 0 && !map->values);
  assert_int_equal (map->width, RVS_MESH_CROP);
  assert_float_equal (map->to_image[0] * 256 + map->to_image[1] * 256 + map->to_image[2], 130, .01);
  assert_float_equal (map->to_image[3] * 256 + map->to_image[4] * 256 + map->to_image[5], 105, .01);
  assert_int_equal (map->n_lines, same->n_lines);
  assert_memory_equal (map->lines, same->lines, (size_t)map->n_lines * RVS_WIRE_FLOATS * sizeof *map->lines);
  assert_int_equal (empty->n_lines, 0);
  rvs_face_map_free (map);
  rvs_face_map_free (same);
  rvs_face_map_free (empty);
  bench_close (&kept);
  bench_close (&fresh);
  bench_close (&none);
  prior_close (&sure);
  prior_close (&unsure);
}

/* Between photo and mesh where the mesh lies, and nowhere by a mesh that is off; and a render after it is as
 * before. */
static void
prior_as_map (void **state)
{
  Prior       sure = prior_open (RANGE, SURE);
  Bench       kept = bench_open (&sure, 1, SIZE_MAX), fresh = bench_open (&sure, 2, 0);
  Picture     before = restored (&kept, RVS_SHAPE_AUTO), after;
  RvsFaceMap *map = bench_map (&kept, "prior"), *same = bench_map (&fresh, "prior"), *off;
  int         n_by_mesh = 0;

  (void)state;
  after = restored (&kept, RVS_SHAPE_AUTO);
  assert_same_pixels (&before, &after);
  kept.params.shape_use = RVS_SHAPE_OFF;
  off = bench_map (&kept, "prior");
  assert_true (map->n_planes == 1 && map->width == map->height && off->width == map->width && !map->lines);
  for (int i = 0; i < map->width * map->height; i++)
    {
      assert_true (map->values[i] >= 0 && map->values[i] < 1);
      assert_true (same->values[i] == map->values[i] && off->values[i] == 0);
      n_by_mesh += map->values[i] > 0;
    }
  assert_true (n_by_mesh > 0 && n_by_mesh < map->width * map->height);
  rvs_face_map_free (map);
  rvs_face_map_free (same);
  rvs_face_map_free (off);
  picture_free (&before);
  picture_free (&after);
  bench_close (&kept);
  bench_close (&fresh);
  prior_close (&sure);
}

/* ---- files ---- */

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
    cmocka_unit_test (same_bytes),           cmocka_unit_test (without_confidence),
    cmocka_unit_test (by_parameter),         cmocka_unit_test (altered_shape),
    cmocka_unit_test (degenerate_landmarks), cmocka_unit_test (mesh_as_lines),
    cmocka_unit_test (prior_as_map),         cmocka_unit_test (refused),
  };

  return cmocka_run_group_tests_name ("shape prior", tests, NULL, NULL);
}
