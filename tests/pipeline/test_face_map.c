/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_face_map.c: maps over a face: what they hold, where they lie, what asking for one leaves as it was, and what is refused. */
#include "../unit/exec_bench.h"
#include "bench.h"
#include "core/mem.h"
#include "face/align.h"
#include "model.h"
#include "net/parser.h"
#include "rvs_params.h"

#include <math.h>
#include <string.h>

static const size_t plenty = (size_t)256 << 20;

/* In a picture of floats. */
static Bench
bench_open (const SceneModels *models, int n_threads, size_t cache_bytes, RvsFace face)
{
  Bench bench = bench_of (session_open (models, n_threads, cache_bytes), RVS_DEPTH_F32, face);

  bench.params.fidelity = .2f;
  return bench;
}

static size_t
n_values (const RvsFaceMap *map)
{
  return (size_t)map->n_planes * (size_t)map->width * (size_t)map->height;
}

static void
assert_same_map (const RvsFaceMap *a, const RvsFaceMap *b)
{
  assert_int_equal (a->n_planes, b->n_planes);
  assert_int_equal (a->width, b->width);
  assert_int_equal (a->height, b->height);
  assert_memory_equal (a->to_image, b->to_image, sizeof a->to_image);
  assert_memory_equal (a->values, b->values, n_values (a) * sizeof (float));
}

/* The rows have what a front end needs of them, and every map has some system. */
static void
the_table_is_whole (void **state)
{
  const RvsMapInfo *map;
  size_t            n_systems, n = 0;

  (void)state;
  for (; (map = rvs_map_info (n)); n++)
    {
      const RvsSystemInfo *systems = rvs_systems (&n_systems);
      bool                 has_system = false;

      assert_true (map->id[0] && map->label[0] && map->help[0]);
      assert_true ((map->look == RVS_MAP_PARTS) == (map->parts != NULL));
      if (map->look != RVS_MAP_PARTS)
        assert_true (map->low_end && map->high_end);
      if (map->look == RVS_MAP_AMOUNT)
        assert_true (map->none >= 0 && map->full > map->none && map->full <= 1);
      for (size_t i = 0; i < n_systems; i++)
        has_system |= rvs_map_applies (map, &systems[i]);
      assert_true (has_system);
    }
  assert_true (n >= 3);
  assert_true (rvs_map_applies (map_named ("invented"), rvs_system_find ("jsfm")));
  assert_false (rvs_map_applies (map_named ("invented"), rvs_system_find ("fill")));
  assert_false (rvs_map_applies (map_named ("points"), rvs_system_find ("jsfm")));
  assert_false (rvs_map_applies (map_named ("parts"), rvs_system_find ("fill")));
  assert_true (rvs_map_applies (map_named ("mesh"), rvs_system_find ("sgpn")));
  assert_false (rvs_map_applies (map_named ("prior"), rvs_system_find ("jsfm")));
}

/* |R(w) - R(1)| is what two renders differ by, mean over the colours. */
static void
invented_is_the_difference_of_renders (void **state)
{
  Bench       bench = bench_open (*state, 2, plenty, face_at (140, 100, .3, .2));
  RvsFaceMap *map = bench_map (&bench, "invented");
  RvsParams   faithful = bench.params;
  Picture     a = picture_copy (&bench.src), b = picture_copy (&bench.src);
  RvsRect     rect = rvs_analysis_face (bench.analysis, 0)->rect;
  double      most = 0;

  faithful.fidelity = 1;
  render (bench.session, bench.analysis, &bench.src, &bench.params, &a);
  render (bench.session, bench.analysis, &bench.src, &faithful, &b);
  assert_int_equal (map->n_planes, 1);
  assert_int_equal (map->width, rect.width);
  assert_int_equal (map->height, rect.height);
  assert_float_equal (map->to_image[0], 1, 0);
  assert_float_equal (map->to_image[2], rect.x, 0);
  assert_float_equal (map->to_image[5], rect.y, 0);
  for (int y = 0; y < rect.height; y++)
    for (int x = 0; x < rect.width; x++)
      {
        double sum = 0;
        for (int c = 0; c < 3; c++)
          sum += fabs (picture_at (&a, rect.x + x, rect.y + y, c) - picture_at (&b, rect.x + x, rect.y + y, c));
        assert_float_equal (map->values[y * map->width + x], sum / 3, 1e-6);
        most = fmax (most, sum / 3);
      }
  assert_true (most > .01);
  rvs_face_map_free (map);
  picture_free (&a);
  picture_free (&b);
  bench_close (&bench);
}

/* How many stage images came, and so whether the network ran. */
static bool
count_stages (void *user, const RvsProgress *progress)
{
  int *n = user;

  *n += progress->stage.pixels != NULL;
  return true;
}

/* The settings on show are not worked out a second time, and later renders give the same pixels as without the map. */
static void
a_map_leaves_no_trace (void **state)
{
  Bench            bench = bench_open (*state, 1, plenty, face_at (140, 100, .3, .2));
  Picture          before = picture_copy (&bench.src), after = picture_copy (&bench.src);
  int              n_stages = 0;
  const RvsMonitor monitor = { count_stages, &n_stages };
  const RvsView    view = picture_view (&bench.src);

  render (bench.session, bench.analysis, &bench.src, &bench.params, &before);
  for (size_t i = 0; i < 2; i++)
    rvs_face_map_free (bench_map (&bench, i ? "parts" : "invented"));
  assert_int_equal (rvs_render (bench.session, bench.analysis, &view, &bench.params, 0, &monitor, &after.view, NULL), RVS_OK);
  assert_int_equal (n_stages, 0);
  assert_same_pixels (&before, &after);
  assert_int_equal (rvs_render (bench.session, bench.analysis, &view, &bench.params, RVS_RENDER_AGAIN, &monitor, &after.view, NULL),
                    RVS_OK);
  assert_int_equal (n_stages, 4); /* 64, 128, 256, 512: run for them alone, with the same result */
  assert_same_pixels (&before, &after);
  bench.params.keep_colour = .5f;
  render (bench.session, bench.analysis, &bench.src, &bench.params, &after);
  {
    Bench   fresh = bench_open (*state, 1, plenty, face_at (140, 100, .3, .2));
    Picture want = picture_copy (&fresh.src);
    fresh.params.keep_colour = .5f;
    render (fresh.session, fresh.analysis, &fresh.src, &fresh.params, &want);
    assert_same_pixels (&want, &after);
    picture_free (&want);
    bench_close (&fresh);
  }
  picture_free (&before);
  picture_free (&after);
  bench_close (&bench);
}

/* The same floats for any number of threads, with nothing kept, and after the memory was given back; a turned crop of a large face too. */
static void
maps_are_the_same_however_made (void **state)
{
  const char *const ids[] = { "invented", "parts" };

  for (int large = 0; large < 2; large++)
    {
      const RvsFace face = face_at (130, 105, large ? .45 : .3, .2);
      Bench         one = bench_open (*state, 1, plenty, face), four = bench_open (*state, 4, 0, face);
      for (int i = 0; i < 2; i++)
        {
          RvsFaceMap *a = bench_map (&one, ids[i]), *b = bench_map (&four, ids[i]);
          rvs_analysis_trim (one.analysis, true);
          RvsFaceMap *c = bench_map (&one, ids[i]);
          assert_same_map (a, b);
          assert_same_map (a, c);
          for (size_t k = 0; k < n_values (a); k++)
            assert_true (a->values[k] >= 0 && a->values[k] <= 1);
          rvs_face_map_free (a);
          rvs_face_map_free (b);
          rvs_face_map_free (c);
        }
      bench_close (&one);
      bench_close (&four);
    }
}

/* The parser's planes lie on the crop: their middle is the crop's, and 128 cells are its 512 pixels. */
static void
parts_lie_on_the_crop (void **state)
{
  Bench        bench = bench_open (*state, 1, plenty, face_at (140, 100, .3, .2));
  RvsFaceMap  *map = bench_map (&bench, "parts");
  const float *m = map->to_image;

  assert_int_equal (map->n_planes, RVS_N_CLASSES);
  assert_int_equal (map->width, RVS_MAP_SIDE);
  assert_float_equal (m[0] * 64 + m[1] * 64 + m[2], 140, .01);
  assert_float_equal (m[3] * 64 + m[4] * 64 + m[5], 100, .01);
  assert_float_equal (hypot (m[0], m[3]), .3 * RVS_CROP_SIDE / RVS_MAP_SIDE, .001);
  assert_float_equal (atan2 (m[3], m[0]), .2, .001);
  rvs_face_map_free (map);
  bench_close (&bench);
}

/* The parser's heat maps (5 x 64 x 64 logits) of an aligned 512 picture, by its own entry point. */
static void
run_parser (RvsModel *parser, const Picture *src, float *heat)
{
  float       *face = picture_planes (src), *map = malloc (19 * 128 * 128 * sizeof *map);
  RvsTensor    face_t = rvs__tensor (face, 3, 512, 512);
  RvsParserOut out = { rvs__tensor (map, 19, 128, 128), rvs__tensor (heat, 5, 64, 64), .degradation = { .blur = 0 } };
  ExecBench    b;

  exec_bench_open (&b, 1, (size_t)200 << 20);
  assert_int_equal (rvs__parser_forward (rvs__model_net (parser, &rvs__arch_parser), &b.exec, &face_t, &out), RVS_OK);
  exec_bench_close (&b);
  free (map);
  free (face);
}

/* The five heat maps are the sigmoids of what the parser says of the crop, here the whole picture; a system that does not look at them
 * has none, and one that does not look at the shape shows no mesh. */
static void
points_are_the_parsers (void **state)
{
  SceneModels   spad = *(const SceneModels *)*state;
  Picture       src = picture_new (512, 512, 3, RVS_DEPTH_F32, false, false);
  const RvsView view = picture_view (&src);
  static float  heat[5 * 64 * 64];
  RvsError      err = { 0 };
  RvsFaceMap   *map = NULL;
  RvsFace       face;
  Bench         bench = { .src = src }, other = bench_open (*state, 1, plenty, face_at (140, 100, .3, .2));

  spad.restorer = open_model (TINY "/restore-spad-512.safetensors");
  rvs_face_aligned (&view, &face);
  rvs_params_init (&bench.params);
  bench.session = session_open (&spad, 1, plenty);
  bench.analysis = analyse (bench.session, &src, &face, 1);
  run_parser (spad.parser, &src, heat);
  for (int trimmed = 0; trimmed < 2; trimmed++)
    {
      map = bench_map (&bench, "points");
      assert_int_equal (map->n_planes, RVS_N_POINTS);
      assert_int_equal (map->width, RVS_HEAT_SIDE);
      assert_int_equal (map->height, RVS_HEAT_SIDE);
      for (size_t i = 0; i < n_values (map); i++)
        assert_float_equal (map->values[i], 1 / (1 + exp (-(double)heat[i])), 1e-6);
      assert_float_equal (map->to_image[0], 8, 1e-6);
      rvs_face_map_free (map);
      rvs_analysis_trim (bench.analysis, true);
    }
  for (size_t i = 0; rvs_map_info (i); i++) /* a row that nothing makes is refused here */
    {
      const bool jsfm = rvs_map_applies (rvs_map_info (i), rvs_system_find ("jsfm"));
      if (jsfm || rvs_map_applies (rvs_map_info (i), rvs_system_find ("spad")))
        rvs_face_map_free (bench_map (jsfm ? &other : &bench, rvs_map_info (i)->id));
    }
  assert_int_equal (bench_ask (&bench, "mesh", &map, &err), RVS_ERR_ARGUMENT);
  assert_null (map);
  assert_int_equal (bench_ask (&other, "points", &map, &err), RVS_ERR_ARGUMENT);
  assert_null (map);
  bench_close (&bench);
  bench_close (&other);
  rvs_model_unref (spad.restorer);
}

static bool
refuse (void *user, const RvsProgress *progress)
{
  int *left = user;

  (void)progress;
  return (*left)-- > 0;
}

/* Every refusal leaves no map, and the next one succeeds. */
static void
bad_calls_are_refused (void **state)
{
  Bench         bench = bench_open (*state, 1, plenty, face_at (140, 100, .3, .2));
  const RvsView view = picture_view (&bench.src), narrow = { view.pixels, view.stride, view.width - 1, view.height, 3, view.depth };
  const RvsMapInfo *map = map_named ("invented");
  RvsFaceMap       *out = NULL;
  RvsError          err = { 0 };
  RvsParams         bad = bench.params;

  bad.texture = 7;
  assert_int_equal (rvs_face_map_new (bench.session, bench.analysis, 1, map, &view, &bench.params, NULL, &out, &err),
                    RVS_ERR_ARGUMENT);
  assert_int_equal (rvs_face_map_new (bench.session, bench.analysis, 0, map, &narrow, &bench.params, NULL, &out, &err),
                    RVS_ERR_ARGUMENT);
  assert_int_equal (rvs_face_map_new (bench.session, bench.analysis, 0, map, &view, &bad, NULL, &out, &err), RVS_ERR_ARGUMENT);
  rvs_analysis_enable (bench.analysis, 0, false);
  assert_int_equal (bench_ask (&bench, "parts", &out, &err), RVS_ERR_ARGUMENT);
  rvs_analysis_enable (bench.analysis, 0, true);
  for (int n = 0;; n++)
    {
      int              left = n;
      const RvsMonitor monitor = { refuse, &left };
      RvsStatus status = rvs_face_map_new (bench.session, bench.analysis, 0, map, &view, &bench.params, &monitor, &out, &err);
      assert_true ((status == RVS_OK) == (out != NULL));
      if (status == RVS_OK)
        {
          assert_true (n > 4);
          break;
        }
      assert_int_equal (status, RVS_ERR_CANCELLED);
    }
  rvs_face_map_free (out);
  rvs_face_map_free (NULL);
  bench_close (&bench);
}

static void
no_memory_is_an_error (void **state)
{
  Bench     bench = bench_open (*state, 1, plenty, face_at (140, 100, .3, .2));
  RvsStatus status = RVS_ERR_NO_MEMORY;

  for (size_t n = 1; status != RVS_OK; n++)
    {
      RvsFaceMap *map = NULL;
      RvsError    err = { 0 };
      rvs_analysis_trim (bench.analysis, true);
      rvs__mem_fail_at (n);
      status = bench_ask (&bench, "invented", &map, &err);
      rvs__mem_fail_at (0);
      assert_true ((status == RVS_OK) == (map != NULL));
      assert_true (status == RVS_OK || status == RVS_ERR_NO_MEMORY);
      assert_true (n < 20);
      assert_true (status != RVS_OK || n > 3);
      rvs_face_map_free (map);
    }
  bench_close (&bench);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (the_table_is_whole),    cmocka_unit_test (invented_is_the_difference_of_renders),
    cmocka_unit_test (a_map_leaves_no_trace), cmocka_unit_test (maps_are_the_same_however_made),
    cmocka_unit_test (parts_lie_on_the_crop), cmocka_unit_test (points_are_the_parsers),
    cmocka_unit_test (bad_calls_are_refused), cmocka_unit_test (no_memory_is_an_error),
  };

  return cmocka_run_group_tests (tests, scene_set_up, scene_tear_down);
}
