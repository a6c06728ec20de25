/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_fill.c: the inpainting networks on tiny weights against PyTorch (tests/vectors/gen_fill.py), at every kernel level, with equal
 * bytes for any number of threads; cancelling; files that do not fit. */
#define VECTOR_FILE "fill.safetensors"
#include "net/fill.h"
#include "nets.h"
#include "ops/fill.h"

enum
{
  SIDE = RVS_FILL_SIDE
};

static const char FILE_NAME[] = "fill-face-512";

typedef struct Run
{
  RvsNet    net;
  RvsFillIn in;
  RvsTensor sketch, out;
} Run;

/* The pattern in 8 bits; what the hole holds is NaN. */
static void
run_open (Run *run)
{
  memset (run, 0, sizeof *run);
  run->net = build_tiny (&rvs__arch_fill, FILE_NAME);
  run->in = (RvsFillIn){ .crop = new_tensor (3, SIDE, SIDE), .valid = new_tensor (1, SIDE, SIDE) };
  run->sketch = new_tensor (1, RVS_FILL_SKETCH_SIDE, RVS_FILL_SKETCH_SIDE);
  run->out = new_tensor (3, SIDE, SIDE);
  fill_face (&run->in.crop);
  fill_damage (&run->in.valid);
  for (size_t i = 0; i < tensor_floats (&run->in.crop); i++)
    run->in.crop.data[i]
        = run->in.valid.data[i % (SIDE * SIDE)] > 0 ? (float)rvs__fill_u8 (run->in.crop.data[i]) / 127.5f - 1 : NAN;
}

static void
run_close (Run *run)
{
  rvs__net_clear (&run->net);
  rvs__free (run->in.crop.data);
  rvs__free (run->in.valid.data);
  rvs__free (run->sketch.data);
  rvs__free (run->out.data);
}

/* Measures, then runs in exactly that much memory. */
static RvsStatus
run_it (Run *run, int threads, uint32_t cpu_mask, bool cancelled)
{
  RvsArena  measure;
  Stage     stage;
  RvsStatus status;

  stage_open (&stage, threads, cpu_mask, 64);
  rvs__arena_measure (&measure);
  stage.exec.arena = &measure;
  assert_int_equal (rvs__fill_forward (run->net.data, &stage.exec, &run->in, &run->sketch, &run->out), RVS_OK);
  stage_close (&stage);
  stage_open (&stage, threads, cpu_mask, measure.peak);
  atomic_store (&stage.cancel, cancelled);
  status = rvs__fill_forward (run->net.data, &stage.exec, &run->in, &run->sketch, &run->out);
  assert_int_equal (stage.arena.used, 0);
  stage_close (&stage);
  return status;
}

/* The answer beside the hole is of no interest here. */
static void
keep_known (Run *run)
{
  for (size_t i = 0; i < tensor_floats (&run->out); i++)
    if (run->in.valid.data[i % (SIDE * SIDE)] > 0)
      run->out.data[i] = run->in.crop.data[i];
}

static void
check_case (Run *run, const char *group)
{
  RvsTensor first = new_tensor (3, SIDE, SIDE);

  for (int level = 0; level < N_LEVELS_TESTED; level++)
    for (int threads = 1; threads <= 3; threads += 2)
      {
        memset (run->out.data, 0x7f, tensor_floats (&run->out) * sizeof (float));
        assert_int_equal (run_it (run, threads, cpu_levels[level], false), RVS_OK);
        check_sample (vectors, group, "sketch", &run->sketch);
        keep_known (run);
        check_sample (vectors, group, "out", &run->out);
        keep_or_compare (threads, &run->out, &first);
      }
  rvs__free (first.data);
}

static void
aligned_face (void **state)
{
  Run run;

  (void)state;
  run_open (&run);
  run.in.aligned = true;
  run.in.want = (RvsRect){ 0, 0, SIDE, SIDE };
  check_case (&run, "aligned");
  run_close (&run);
}

/* Somewhere in a picture, and only a part of the crop asked for. */
static void
local_window (void **state)
{
  Run run;

  (void)state;
  run_open (&run);
  run.in.want = (RvsRect){ 96, 160, 160, 160 };
  check_case (&run, "local");
  run_close (&run);
}

/* Windows at the crop's border and around a single pixel are no special case; beyond them the crop stays. */
static void
windows (void **state)
{
  static const RvsRect wants[] = { { 0, 0, 1, 1 }, { 511, 511, 1, 1 }, { 250, 3, 1, 500 }, { 511, 0, 1, 512 } };
  Run                  run;

  (void)state;
  run_open (&run);
  for (size_t i = 0; i < sizeof wants / sizeof *wants; i++)
    {
      run.in.want = wants[i];
      assert_int_equal (run_it (&run, 2, UINT32_MAX, false), RVS_OK);
      for (size_t k = 0; k < tensor_floats (&run.out); k++)
        {
          const bool far = k % SIDE < 40 || k % SIDE > 470; /* from the third window */
          assert_true (run.out.data[k] >= -1 && run.out.data[k] <= 1);
          if (i == 2 && far && run.in.valid.data[k % (SIDE * SIDE)] > 0)
            assert_true (run.out.data[k] == run.in.crop.data[k]);
        }
    }
  run_close (&run);
}

static void
cancelling (void **state)
{
  Run run;

  (void)state;
  run_open (&run);
  run.in.want = (RvsRect){ 0, 0, SIDE, SIDE };
  fill_untouched (&run.out);
  assert_int_equal (run_it (&run, 2, UINT32_MAX, true), RVS_ERR_CANCELLED);
  assert_untouched (&run.out);
  run_close (&run);
}

static void
refusals (void **state)
{
  (void)state;
  check_refused (&rvs__arch_fill, FILE_NAME, "\"fill.size\":\"512\"", "\"fill.size\":\"256\"", "fill.size");
  check_refused (&rvs__arch_fill, FILE_NAME, "\"fill.edge.blocks\":\"2\"", "\"fill.edge.blocks\":\"0\"", "fill.edge.blocks");
  check_refused (&rvs__arch_fill, FILE_NAME, "\"fill.edge.blocks\":\"2\"", "\"fill.edge.blocks\":\"1\"", "does not belong");
  check_refused (&rvs__arch_fill, FILE_NAME, "\"fill.edge.blocks\":\"2\"", "\"fill.edge.blocks\":\"3\"", "is missing");
  check_refused (&rvs__arch_fill, FILE_NAME, "\"fill.coarse.structure\":\"4,6,8\"", "\"fill.coarse.structure\":\"4,6,x\"",
                 "fill.coarse.structure");
  check_refused (&rvs__arch_fill, FILE_NAME, "\"coarse.pos\"", "\"coarse.pot\"", "coarse.pos");
  check_refused (&rvs__arch_fill, FILE_NAME, "\"fill.refine.growth\":\"6\"", "\"fill.refine.growth\":\"7\"", "shape");
}

static void
memory_failures (void **state)
{
  (void)state;
  check_memory_failures (&rvs__arch_fill, FILE_NAME);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (aligned_face), cmocka_unit_test (local_window), cmocka_unit_test (windows),
    cmocka_unit_test (cancelling),   cmocka_unit_test (refusals),     cmocka_unit_test (memory_failures),
  };

  return cmocka_run_group_tests_name ("fill", tests, open_all, close_all);
}
