/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_parser.c: the face parser, both forms, on the tiny weights against PyTorch (tests/vectors/gen_nets.py), at every kernel level;
 * cancelling; files that do not fit. */
#define VECTOR_FILE "nets.safetensors"
#include "net/parser.h"
#include "nets.h"

/* In exactly the measured scratch. */
static RvsStatus
forward (const RvsParserNet *net, uint32_t cpu_mask, bool cancelled, const RvsTensor *face, RvsParserOut *out)
{
  const RvsTensor nothing = rvs__tensor (NULL, 3, 512, 512);
  RvsParserOut    empty
      = { .logits = rvs__tensor (NULL, 19, 128, 128), .heatmaps = rvs__tensor (NULL, 5, 64, 64), .features = out->features };
  RvsArena  measure;
  Stage     stage;
  RvsStatus status;

  stage_open (&stage, 2, cpu_mask, 64);
  rvs__arena_close (&stage.arena);
  rvs__arena_measure (&measure);
  stage.exec.arena = &measure;
  assert_int_equal (rvs__parser_forward (net, &stage.exec, &nothing, &empty), RVS_OK);
  assert_int_equal (rvs__arena_open (&stage.arena, measure.peak, NULL), RVS_OK);
  stage.exec.arena = &stage.arena;
  atomic_store (&stage.cancel, cancelled);
  status = rvs__parser_forward (net, &stage.exec, face, out);
  assert_int_equal (stage.arena.used, 0);
  stage_close (&stage);
  return status;
}

static void
check_heads (const char *group, const RvsParserOut *out)
{
  float *deg = floats_of (vectors, group, "deg", NULL);

  check_sample (vectors, group, "heat", &out->heatmaps);
  check_sample (vectors, group, "features", &out->features);
  assert_float_equal (out->degradation.blur, deg[0], 1e-5);
  assert_float_equal (out->degradation.scale, deg[1], 1e-5);
  assert_float_equal (out->degradation.noise, deg[2], 1e-5);
  assert_float_equal (out->degradation.jpeg, deg[3], 1e-5);
  assert_float_equal (out->degradation.grey, deg[4], 1e-5);
  rvs__free (deg);
}

static void
check_parser (const char *name, const char *group, bool heads)
{
  RvsNet       net = build_tiny (&rvs__arch_parser, name);
  RvsTensor    face = new_tensor (3, 512, 512);
  RvsParserOut out = { .logits = new_tensor (19, 128, 128), .heatmaps = new_tensor (5, 64, 64) };

  assert_int_equal (rvs__parser_features (net.data) > 0, heads);
  if (heads)
    out.features = new_tensor (rvs__parser_features (net.data), 16, 16);
  fill_face (&face);
  for (int level = 0; level < N_LEVELS_TESTED; level++)
    {
      assert_int_equal (forward (net.data, cpu_levels[level], false, &face, &out), RVS_OK);
      check_sample (vectors, group, "logits", &out.logits);
      if (heads)
        check_heads (group, &out);
      assert_int_equal (forward (net.data, cpu_levels[level], true, &face, &out), RVS_ERR_CANCELLED);
    }
  rvs__net_clear (&net);
  rvs__free (face.data);
  rvs__free (out.logits.data);
  rvs__free (out.heatmaps.data);
  rvs__free (out.features.data);
}

static void
parser_compact (void **state)
{
  (void)state;
  check_parser ("parse-face-256", "parser", true);
}

static void
parser_published (void **state)
{
  (void)state;
  check_parser ("parse-face-published-512", "parser_published", false);
}

static void
refusals (void **state)
{
  const RvsArch *a = &rvs__arch_parser;
  const char    *p = "parse-face-256";

  (void)state;
  check_refused (a, p, "\"parser.size\":\"256\"", "\"parser.size\":\"255\"", "parser.size");
  check_refused (a, p, "\"6,8,12,12\"", "\"6,8,12,1x\"", "parser.widths");
  check_refused (a, p, "\"1,2,1,2\"", "\"1,2,1,1\"", "does not belong");
  check_refused (a, p, "\"1,2,1,2\"", "\"1,2,2,2\"", "is missing");
}

static void
memory_failures (void **state)
{
  (void)state;
  check_memory_failures (&rvs__arch_parser, "parse-face-256");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (parser_compact),
    cmocka_unit_test (parser_published),
    cmocka_unit_test (refusals),
    cmocka_unit_test (memory_failures),
  };

  return cmocka_run_group_tests_name ("parser", tests, open_all, close_all);
}
