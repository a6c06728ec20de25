/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_jsfm.c: the JSFM generator, both forms, on the tiny weights against PyTorch (tests/vectors/gen_nets.py): all stage images, w as
 * a number and as a map, noise, every kernel level, cancelling between stages, and no allocation inside a pass. What every restorer
 * must do is in test_restorers.c. */
#define VECTOR_FILE "nets.safetensors"
#include "net/jsfm_net.h"
#include "nets.h"

enum
{
  SEED = 77
};

/* ---- running a generator ---- */

typedef struct Run
{
  RvsNet      net;
  RvsFaceIn   in;
  RvsTensor   w_map, out;
  float      *state;
  const char *group; /* vectors for the stage images; NULL = do not check */
  int         n_stages, stop_at;
} Run;

static RvsJsfmNet *
jsfm_of (const Run *run)
{
  return run->net.data;
}

static void
run_open (Run *run, const char *name)
{
  int side;

  memset (run, 0, sizeof *run);
  run->net = build_tiny (&rvs__arch_jsfm, name);
  side = jsfm_of (run)->size;
  run->in.face = new_tensor (3, side, side);
  run->in.map = new_tensor (19, 128, 128);
  run->w_map = new_tensor (1, side, side);
  run->out = new_tensor (3, side, side);
  run->state = rvs__alloc (rvs__arch_jsfm.restorer->state_floats (run->net.data) * sizeof (float));
  assert_non_null (run->state);
  fill_face (&run->in.face);
  fill_map (&run->in.map);
  fill_w (&run->w_map);
}

static void
run_close (Run *run)
{
  rvs__net_clear (&run->net);
  rvs__free (run->in.face.data);
  rvs__free (run->in.map.data);
  rvs__free (run->w_map.data);
  rvs__free (run->out.data);
  rvs__free (run->state);
}

static bool
on_stage (void *user, const RvsTensor *image)
{
  Run *run = user;
  char name[16];

  snprintf (name, sizeof name, "s%d", image->w);
  if (!image->data) /* measuring */
    return true;
  if (run->group)
    check_sample (vectors, run->group, name, image);
  run->n_stages++;
  return image->w != run->stop_at;
}

static RvsStatus
pass (Run *run, RvsExec *exec, const RvsKnobs *knobs, float *state)
{
  const RvsRestorer *restorer = rvs__arch_jsfm.restorer;
  const RvsStageSink sink = { on_stage, run };
  const RvsFaceIn    photo = { .face = run->in.face, .map = run->in.map };
  RvsTensor          out = run->out;
  RvsStatus          status = restorer->prepare (run->net.data, exec, &photo, state);

  assert_int_equal (exec->arena->used, 0);
  if (exec->arena->measuring)
    out.data = NULL;
  return status == RVS_OK ? restorer->run (run->net.data, exec, &run->in, state, knobs, &sink, &out) : status;
}

/* Prepares and runs in exactly the measured scratch, without a single allocation. */
static RvsStatus
run_both (Run *run, int n_threads, uint32_t cpu_mask, float w, bool with_map, float noise)
{
  const RvsKnobs knobs = { .w = w, .noise_gain = noise, .seed = SEED };
  Stage          stage;
  RvsArena       measure;
  RvsStatus      status;
  size_t         n_allocations;

  run->in.w_map = with_map ? run->w_map : (RvsTensor){ 0 };
  stage_open (&stage, n_threads, cpu_mask, 64);
  rvs__arena_close (&stage.arena);
  rvs__arena_measure (&measure);
  stage.exec.arena = &measure;
  assert_int_equal (pass (run, &stage.exec, &knobs, NULL), RVS_OK);
  assert_int_equal (rvs__arena_open (&stage.arena, measure.peak, NULL), RVS_OK);
  stage.exec.arena = &stage.arena;
  run->n_stages = 0;
  n_allocations = rvs__mem_count ();
  status = pass (run, &stage.exec, &knobs, run->state);
  if (!run->group)
    assert_int_equal (rvs__mem_count (), n_allocations);
  assert_int_equal (stage.arena.used, 0);
  stage_close (&stage);
  return status;
}

static void
check_shared (const char *file, const char *group, int n_stages)
{
  Run  run;
  char name[64];

  run_open (&run, file);
  for (int level = 0; level < N_LEVELS_TESTED; level++)
    {
      RvsTensor x64;

      snprintf (name, sizeof name, "%s.one", group);
      run.group = name;
      assert_int_equal (run_both (&run, 2, cpu_levels[level], 1, false, 0), RVS_OK);
      assert_int_equal (run.n_stages, n_stages);
      x64 = rvs__tensor (run.state, jsfm_of (&run)->channels[LEVEL_64], 64, 64);
      check_sample (vectors, group, "x64", &x64);
      snprintf (name, sizeof name, "%s.map", group);
      assert_int_equal (run_both (&run, 2, cpu_levels[level], 0.3f, true, 1), RVS_OK);
      run.group = NULL;
      assert_int_equal (run_both (&run, 2, cpu_levels[level], 0, false, 0), RVS_OK);
      snprintf (name, sizeof name, "%s.zero", group);
      check_sample (vectors, name, run.out.w == 512 ? "s512" : "s256", &run.out);
    }
  run_close (&run);
}

static void
gated_512 (void **state)
{
  (void)state;
  check_shared ("restore-jsfm-512", "gated", 4);
}

static void
absolute_256 (void **state)
{
  (void)state;
  check_shared ("restore-jsfm-256", "absolute", 3);
}

static void
published_512 (void **state)
{
  Run run;

  (void)state;
  run_open (&run, "restore-jsfm-published-512");
  run.group = "published";
  for (int level = 0; level < N_LEVELS_TESTED; level++)
    assert_int_equal (run_both (&run, 2, cpu_levels[level], 0.5f, false, 1), RVS_OK);
  run_close (&run);
}

/* With a power of 3 the fidelity .5 is the graph's w = .125, alone and in a map. */
static void
fidelity_curve (void **state)
{
  const unsigned cpu = cpu_levels[N_LEVELS_TESTED - 1];
  Run            run;
  float         *plain;
  size_t         n_bytes;

  (void)state;
  run_open (&run, "restore-jsfm-256");
  n_bytes = tensor_floats (&run.out) * sizeof (float);
  plain = rvs__alloc (n_bytes);
  assert_non_null (plain);
  for (int with_map = 0; with_map < 2; with_map++)
    {
      for (size_t i = 0; i < run.w_map.cs; i++)
        run.w_map.data[i] = i % 256 < 128 ? .125f : .5f;
      jsfm_of (&run)->w_power = 1;
      assert_int_equal (run_both (&run, 2, cpu, .125f, with_map, 0), RVS_OK);
      memcpy (plain, run.out.data, n_bytes);
      for (size_t i = 0; i < run.w_map.cs; i++)
        run.w_map.data[i] = i % 256 < 128 ? .5f : cbrtf (.5f);
      jsfm_of (&run)->w_power = 3;
      assert_int_equal (run_both (&run, 2, cpu, .5f, with_map, 0), RVS_OK);
      for (size_t i = 0; i < n_bytes / sizeof (float); i++)
        assert_float_equal (run.out.data[i], plain[i], with_map ? 1e-4 : 0);
    }
  rvs__free (plain);
  run_close (&run);
}

static void
cancelling_at_a_stage (void **state)
{
  Run run;

  (void)state;
  run_open (&run, "restore-jsfm-512");
  for (int i = 0; i < 3; i++)
    {
      run.stop_at = 64 << i;
      assert_int_equal (run_both (&run, 2, UINT32_MAX, 1, false, 0), RVS_ERR_CANCELLED);
      assert_int_equal (run.n_stages, i + 1);
    }
  run_close (&run);
}

/* ---- files that do not fit ---- */

static void
refusals (void **state)
{
  const RvsArch *a = &rvs__arch_jsfm;
  const char    *g = "restore-jsfm-512";

  (void)state;
  check_refused (a, g, "\"rgb.64.bias\"", "\"rgb.65.bias\"", "rgb.64.bias");
  check_refused (a, g, "\"jsfm.heads\":\"gated\"", "\"jsfm.heads\":\"gates\"", "jsfm.heads");
  check_refused (a, g, "jsfm.modulation", "jsfm.modulatioN", "jsfm.modulation");
  check_refused (a, g, "\"jsfm.size\":\"512\"", "\"jsfm.size\":\"256\"", "512");
  check_refused (a, g, "64:12,128:12", "64:12,128:16", "shape");
  check_refused (a, g, "64:12,128:12", "64:12,128:10", "multiple of 4");
  check_refused (a, g, "16:16,32:16", "16:16,64:16", "jsfm.channels");
  check_refused (a, g, "\"rvs.git\":\"unknown\"", "\"jsfm.w_power\":\"10\"", "jsfm.w_power");
  check_refused (a, g, "jsfm.map\":\"soft", "jsfm.map\":\"hard", "jsfm.map");
}

static void
memory_failures (void **state)
{
  (void)state;
  check_memory_failures (&rvs__arch_jsfm, "restore-jsfm-512");
  check_memory_failures (&rvs__arch_jsfm, "restore-jsfm-published-512");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (gated_512),       cmocka_unit_test (absolute_256),          cmocka_unit_test (published_512),
    cmocka_unit_test (fidelity_curve),  cmocka_unit_test (cancelling_at_a_stage), cmocka_unit_test (refusals),
    cmocka_unit_test (memory_failures),
  };

  return cmocka_run_group_tests_name ("jsfm", tests, open_all, close_all);
}
