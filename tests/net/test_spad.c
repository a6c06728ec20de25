/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_spad.c: SPADNet on the tiny weights against PyTorch (tests/vectors/gen_spad.py), at 512 with blocks of dynamic kernels on the lower
 * levels and at 128 with them on the upper ones, at every kernel level and fidelity; files that do not fit. What every restorer must do is in
 * test_restorers.c. */
#define VECTOR_FILE "spad.safetensors"
#include "net/spad.h"

#include "net/parser.h"
#include "nets.h"

/* Samples of gen_spad.py; fidelity < 0: by a map over .4. */
static const struct
{
  const char *name;
  float       fidelity;
} cases[] = { { "w100", 1 }, { "w30", .3f }, { "w0", 0 }, { "map", -1 } };

static void
check_case (const RvsNet *net, RvsFaceIn in, const RvsTensor *w_map, int i, Stage *stage, const char *group, RvsTensor *out)
{
  const RvsKnobs knobs = { .w = cases[i].fidelity < 0 ? .4f : cases[i].fidelity };

  in.w_map = cases[i].fidelity < 0 ? *w_map : (RvsTensor){ 0 };
  memset (out->data, 0x7f, tensor_floats (out) * sizeof (float));
  assert_int_equal (rvs__arch_spad.restorer->run (net->data, &stage->exec, &in, NULL, &knobs, NULL, out), RVS_OK);
  assert_int_equal (stage->arena.used, 0);
  check_sample (vectors, group, cases[i].name, out);
}

static void
check_output (int side, const char *file, const char *group)
{
  RvsNet    net = build_tiny (&rvs__arch_spad, file);
  RvsFaceIn in = { .face = new_tensor (3, side, side),
                   .map = new_tensor (RVS_N_CLASSES, RVS_MAP_SIDE, RVS_MAP_SIDE),
                   .heat_maps = new_tensor (RVS_N_POINTS, RVS_HEAT_SIDE, RVS_HEAT_SIDE) };
  RvsTensor out = new_tensor (3, side, side), w_map = new_tensor (1, side, side);

  fill_face (&in.face);
  fill_map (&in.map);
  fill_heat_maps (&in.heat_maps);
  fill_w (&w_map);
  for (int level = 0; level < N_LEVELS_TESTED; level++)
    {
      Stage stage;

      stage_open (&stage, 2, cpu_levels[level], 64 << 20);
      for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_case (&net, in, &w_map, (int)i, &stage, group, &out);
      stage_close (&stage);
    }
  rvs__free (in.face.data);
  rvs__free (in.map.data);
  rvs__free (in.heat_maps.data);
  rvs__free (w_map.data);
  rvs__free (out.data);
  rvs__net_clear (&net);
}

static void
faces_of_512 (void **state)
{
  (void)state;
  check_output (512, "restore-spad-512", "spad512");
}

static void
faces_of_128 (void **state)
{
  (void)state;
  check_output (128, "restore-spad-128", "spad128");
}

static void
refusals (void **state)
{
  const RvsArch *a = &rvs__arch_spad;
  const char    *g = "restore-spad-512";

  (void)state;
  check_refused (a, g, "\"spad.size\":\"512\"", "\"spad.size\":\"513\"", "spad.size");
  check_refused (a, g, "\"spad.widths\":\"16,8,8\"", "\"spad.widths\":\"16,7,8\"", "spad.widths");
  check_refused (a, g, "\"spad.widths\":\"16,8,8\"", "\"spad.widths\":\"16,9,8\"", "shape");
  check_refused (a, g, "\"spad.blocks\":\"3,2,1\"", "\"spad.blocks\":\"0,2,1\"", "spad.blocks");
  check_refused (a, g, "\"spad.blocks\":\"3,2,1\"", "\"spad.blocks\":\"1,2,1\"", "spad.habs");
  check_refused (a, g, "\"spad.habs\":\"2,1,0\"", "\"spad.habs\":\"2,1,x\"", "spad.habs");
  check_refused (a, g, "\"spad.habs\":\"2,1,0\"", "\"spad.habs\":\"1,1,0\"", "hab.0.1");
  check_refused (a, g, "\"spad.habs\":\"2,1,0\"", "\"spad.habs\":\"2,1,1\"", "hab.2.0");
  check_refused (a, g, "\"spad.tail\":\"6\"", "\"spad.tail\":\"0\"", "spad.tail");
  check_refused (a, g, "\"real.head.bias\"", "\"real.head.bios\"", "real.head.bias"); /* both ends must be there */
  check_refused (a, g, "\"hab.0.0.l.w\"", "\"hab.0.0.l.W\"", "hab.0.0.l.w");
}

static void
memory_failures (void **state)
{
  (void)state;
  check_memory_failures (&rvs__arch_spad, "restore-spad-512");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (faces_of_512),
    cmocka_unit_test (faces_of_128),
    cmocka_unit_test (refusals),
    cmocka_unit_test (memory_failures),
  };

  return cmocka_run_group_tests_name ("spad", tests, open_all, close_all);
}
