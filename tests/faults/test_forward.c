/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_forward.c: a forward pass of each network, measured first and then run, allocates nothing at all and stays within the
 * measured scratch. */
#include "core/mem.h"
#include "kernels/kernels.h"
#include "model.h"
#include "net/detector.h"
#include "net/parser.h"
#include "net/shape.h"
#include "net/spad.h"
#include "testing.h"
#include "wraps.h"

#include <stdlib.h>
#include <string.h>

/* One forward pass with the tensors it is given. */
typedef RvsStatus (*Pass) (const RvsModel *model, RvsExec *exec, float *memory);

static RvsTensor
take (float **memory, int c, int side)
{
  RvsTensor t = rvs__tensor (*memory, c, side, side);

  *memory += t.cs * (size_t)c;
  return t;
}

static RvsStatus
pass_detector (const RvsModel *model, RvsExec *exec, float *memory)
{
  RvsTensor image = take (&memory, 3, 96), out[RVS_DETECTOR_MAPS];

  for (int i = 0; i < RVS_DETECTOR_MAPS; i++)
    out[i] = take (&memory, RVS_DETECTOR_VALUES, 96 / (RVS_DETECTOR_STRIDE << i));
  return rvs__detector_forward (rvs__model_net (model, &rvs__arch_detector), exec, &image, out);
}

static RvsStatus
pass_parser (const RvsModel *model, RvsExec *exec, float *memory)
{
  RvsTensor    face = take (&memory, 3, 512);
  RvsParserOut out = { .logits = take (&memory, RVS_N_CLASSES, RVS_MAP_SIDE), .heatmaps = take (&memory, 5, 64) };

  return rvs__parser_forward (rvs__model_net (model, &rvs__arch_parser), exec, &face, &out);
}

static bool
on_stage (void *user, const RvsTensor *image)
{
  (void)image;
  ++*(int *)user;
  return true;
}

/* Images from 64 on, or the result alone. */
static int
stages_of (const RvsArch *arch, int side)
{
  int n = 0;

  for (int shown = 64; shown <= side; shown *= 2)
    n++;
  return arch == &rvs__arch_spad ? 1 : n;
}

static RvsStatus
pass_restorer (const RvsModel *model, RvsExec *exec, float *memory)
{
  const RvsArch     *arch = rvs__model_arch (model);
  const void        *net = rvs__model_net (model, arch);
  int                side = rvs_model_get_info (model)->face_size, n_stages = 0;
  RvsFaceIn          in = { .face = take (&memory, 3, side),
                            .map = take (&memory, RVS_N_CLASSES, RVS_MAP_SIDE),
                            .heat_maps = take (&memory, RVS_N_POINTS, RVS_HEAT_SIDE),
                            .render = take (&memory, RVS_MESH_PLANES, RVS_SHAPE_RENDER),
                            .coefficients = take (&memory, 1, RVS_SHAPE_MAX_MODES).data,
                            .trust = 1 };
  RvsTensor          w_map = take (&memory, 1, side), out = take (&memory, 3, side);
  const RvsKnobs     knobs = { .noise_gain = 1, .seed = 3 };
  const RvsStageSink sink = { on_stage, &n_stages };
  RvsStatus          status = arch->restorer->prepare ? arch->restorer->prepare (net, exec, &in, memory) : RVS_OK;

  in.w_map = w_map;
  if (status == RVS_OK)
    status = arch->restorer->run (net, exec, &in, memory, &knobs, &sink, &out);
  assert_int_equal (n_stages, stages_of (arch, side));
  return status;
}

static void
check_pass (const char *path, Pass pass, uint32_t cpu_mask)
{
  static const size_t memory_bytes = (size_t)64 << 20;
  RvsModel           *model;
  RvsArena            arena;
  RvsKernels          kernels;
  RvsExec             exec = { .arena = &arena, .kernels = &kernels };
  float              *memory = calloc (1, memory_bytes);
  RvsError            err = { RVS_OK, "" };
  size_t              before;

  if (rvs_model_open (path, NULL, &model, &err) != RVS_OK || rvs__pool_new (2, &exec.pool, &err) != RVS_OK)
    fail_msg ("%s", err.message);
  rvs__kernels_init (&kernels, cpu_mask);
  rvs__arena_measure (&arena);
  before = n_allocations ();
  assert_int_equal (pass (model, &exec, memory), RVS_OK);
  assert_int_equal (n_allocations (), before);
  assert_int_equal (rvs__arena_open (&arena, arena.peak, &err), RVS_OK);
  before = n_allocations ();
  assert_int_equal (pass (model, &exec, memory), RVS_OK);
  assert_int_equal (n_allocations (), before);
  assert_int_equal (arena.used, 0);
  assert_true (arena.peak <= arena.size);
  rvs__arena_close (&arena);
  rvs__pool_free (exec.pool);
  rvs_model_unref (model);
  free (memory);
}

static void
check_all_levels (const char *path, Pass pass)
{
  check_pass (path, pass, 0);
  check_pass (path, pass, UINT32_MAX);
}

static void
test_detector (void **state)
{
  (void)state;
  check_all_levels (VECTORS "/detector.safetensors", pass_detector);
}

static void
test_parser (void **state)
{
  (void)state;
  check_all_levels (TINY "/parse-face-256.safetensors", pass_parser);
  check_pass (TINY "/parse-face-published-512.safetensors", pass_parser, UINT32_MAX);
}

static void
test_jsfm (void **state)
{
  (void)state;
  check_all_levels (TINY "/restore-jsfm-256.safetensors", pass_restorer);
  check_pass (TINY "/restore-jsfm-512.safetensors", pass_restorer, UINT32_MAX);
  check_pass (TINY "/restore-jsfm-published-512.safetensors", pass_restorer, UINT32_MAX);
}

static void
test_spad (void **state)
{
  (void)state;
  check_all_levels (TINY "/restore-spad-128.safetensors", pass_restorer);
  check_pass (TINY "/restore-spad-512.safetensors", pass_restorer, UINT32_MAX);
}

static void
test_sgpn (void **state)
{
  (void)state;
  check_all_levels (TINY "/restore-sgpn-128.safetensors", pass_restorer);
  check_pass (TINY "/restore-sgpn-256.safetensors", pass_restorer, UINT32_MAX);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_detector), cmocka_unit_test (test_parser), cmocka_unit_test (test_jsfm),
    cmocka_unit_test (test_spad),     cmocka_unit_test (test_sgpn),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
