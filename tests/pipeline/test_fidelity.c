/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_fidelity.c: the plane of fidelity that a restorer gets: the face's value, its parts over it, what is painted over both. */
#include "face/align.h"
#include "face/maps.h"
#include "fidelity.h"
#include "scene.h"
#include "session.h"

enum
{
  SIDE = 512
};

/* Eyes fill the left half of the crop, hair the right one. */
static void
fill_parts (RvsTensor *parts)
{
  memset (parts->data, 0, (size_t)parts->c * parts->cs * sizeof *parts->data);
  for (int y = 0; y < parts->h; y++)
    for (int x = 0; x < parts->w; x++)
      rvs__channel (parts, x < parts->w / 2 ? RVS_CLASS_R_EYE : RVS_CLASS_HAIR)[y * parts->w + x] = 1;
}

static void
told (RvsSession *session, const RvsParams *params, float *w)
{
  const double       scale = (double)params->fidelity_map.width / SIDE;
  const RvsPipeline *pipeline = &session->pipeline;
  RvsAnalysedFace    face = { .report = { .auto_fidelity = .5f }, .crop_to_image = rvs__align_whole (SIDE, SIDE) };
  float             *values = malloc (RVS_N_CLASSES * RVS_MAP_SIDE * RVS_MAP_SIDE * sizeof *values);
  RvsTensor    parts = rvs__tensor (values, RVS_N_CLASSES, RVS_MAP_SIDE, RVS_MAP_SIDE), plane = rvs__tensor (w, 1, SIDE, SIDE);
  RvsResultKey key = { 0 };

  fill_parts (&parts);
  rvs__fidelity_key (pipeline, params, scale, &face, &key);
  assert_true (rvs__fidelity_varies (&key));
  rvs__fidelity_fill (pipeline, &params->fidelity_map, scale, &face, &parts, &key, &plane);
  free (values);
}

static float
at (const float *w, int x, int y)
{
  return w[y * SIDE + x];
}

static void
by_part_then_by_paint (void **state)
{
  SceneModels    models = models_open (SIDE);
  RvsSession    *session = session_open (&models, 2, 0);
  float         *w = malloc (SIDE * SIDE * sizeof *w);
  unsigned char *paint = calloc (2, SIDE * SIDE);
  RvsParams      params;

  (void)state;
  rvs_params_init (&params);
  params.part_fidelity[RVS_PART_EYES] = .9f;
  told (session, &params, w);
  assert_float_equal (at (w, 100, 200), .9f, 1e-5); /* the eyes their own, the hair as the face, which is automatic */
  assert_float_equal (at (w, 400, 200), .5f, 1e-5);
  params.fidelity = .25f;
  params.part_fidelity[RVS_PART_HAIR] = 0;
  for (int i = 0; i < SIDE * SIDE / 2; i++)
    paint[2 * i] = 255, paint[2 * i + 1] = 128; /* the upper half, half strongly: the photo rules */
  params.fidelity_map = (RvsView){ paint, SIDE * 2, SIDE, SIDE, 2, RVS_DEPTH_U8 };
  told (session, &params, w);
  assert_float_equal (at (w, 100, 400), .9f, 1e-5);
  assert_float_equal (at (w, 400, 400), 0, 1e-5);
  assert_float_equal (at (w, 100, 100), .9f + .1f * 128 / 255, 1e-4);
  assert_float_equal (at (w, 400, 100), 128. / 255, 1e-4);
  params.fidelity_map.width = params.fidelity_map.height
      = SIDE / 2; /* as a photo that was made twice as large: its upper half is there */
  params.fidelity_map.stride = SIDE;
  for (int i = 0; i < SIDE * SIDE / 4; i++)
    paint[2 * i] = 255, paint[2 * i + 1] = i < SIDE * SIDE / 8 ? 255 : 0;
  told (session, &params, w);
  assert_float_equal (at (w, 400, 200), 1, 1e-4);
  assert_float_equal (at (w, 400, 300), 0, 1e-4);
  for (int i = 0; i < SIDE * SIDE; i++)
    assert_in_range ((int)(w[i] * 1000), 0, 1000);
  free (paint);
  free (w);
  rvs_session_free (session);
  models_close (&models);
}

static void
key_names_what_counts (void **state)
{
  SceneModels     models = models_open (256);
  RvsSession     *session = session_open (&models, 1, 0);
  unsigned char   paint[16 * 16 * 2] = { 0 };
  RvsAnalysedFace face = { .crop_to_image = rvs__align_whole (16, 16) };
  RvsResultKey    plain = { 0 }, first = { 0 }, second = { 0 };
  RvsParams       params;

  (void)state;
  rvs_params_init (&params);
  params.fidelity = .5f;
  rvs__fidelity_key (&session->pipeline, &params, 1, &face, &plain);
  assert_false (rvs__fidelity_varies (&plain));
  params.fidelity_map = (RvsView){ paint, 32, 16, 16, 2, RVS_DEPTH_U8 };
  rvs__fidelity_key (&session->pipeline, &params, 1, &face, &first);
  paint[100] = 200; /* where nothing is painted: the same plane */
  rvs__fidelity_key (&session->pipeline, &params, 1, &face, &second);
  assert_true (first.map_hash == second.map_hash);
  paint[101] = 255;
  rvs__fidelity_key (&session->pipeline, &params, 1, &face, &second);
  assert_true (first.map_hash != second.map_hash);
  rvs_session_free (session);
  models_close (&models);
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (by_part_then_by_paint), cmocka_unit_test (key_names_what_counts) };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
