/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_nets.c: the networks on the tiny weights against PyTorch (tests/vectors/gen_nets.py): all stage images, w as a
 * number and as a map, noise, every kernel level, equal bytes for any number of threads, cancelling, and no
 * allocation inside a forward pass. */
#include "../unit/vectors.h"

#include "net/jsfm.h"
#include "net/jsfm_net.h"
#include "net/parser.h"
#include "patterns.h"

enum
{
  SAMPLES = 32, /* positions along a side that the vectors keep */
  SEED = 77,
  MAX_SIDE = 512
};

/* Stage images are of order 1; 2e-3 is promised for the large networks, these tiny ones sum a tenth of the products. */
static const double bound = 1e-4;

static RvsStFile *vectors;

static RvsStFile *
open_tiny (const char *name)
{
  RvsStFile *file = NULL;
  RvsError   err = { 0 };
  char       path[1024];

  snprintf (path, sizeof path, TINY "/%s.safetensors", name);
  if (rvs__st_open (path, &file, &err) != RVS_OK)
    fail_msg ("%s: %s", path, err.message);
  return file;
}

/* An image at the vectors' positions against vector GROUP.NAME. */
static void
check_sample (const char *group, const char *name, const RvsTensor *image)
{
  RvsTensor wanted = tensor_of (vectors, group, name);
  double    worst = 0;

  assert_int_equal (wanted.c, image->c);
  assert_int_equal (wanted.w, SAMPLES);
  for (int c = 0; c < image->c; c++)
    for (int i = 0; i < SAMPLES; i++)
      for (int j = 0; j < SAMPLES; j++)
        {
          int    y = i * (image->h - 1) / (SAMPLES - 1), x = j * (image->w - 1) / (SAMPLES - 1);
          double d = fabs ((double)rvs__channel (image, c)[y * image->w + x] - rvs__channel (&wanted, c)[i * SAMPLES + j]);

          if (!(d <= bound))
            fail_msg ("%s.%s: channel %d at (%d, %d) is %g off, bound %g", group, name, c, x, y, d, bound);
          worst = d > worst ? d : worst;
        }
  print_message ("# %s.%s: largest difference %.2e\n", group, name, worst);
  rvs__free (wanted.data);
}

/* ---- running a generator ---- */

typedef struct Run
{
  RvsJsfmNet *net;
  RvsTensor   face, map, w_map, s64, out;
  float      *state;
  const char *group; /* vectors for the stage images; NULL = do not check */
  int         n_stages, stop_at;
} Run;

static void
run_open (Run *run, const char *name)
{
  RvsStFile *file = open_tiny (name);
  RvsError   err = { 0 };
  int        side;

  memset (run, 0, sizeof *run);
  if (rvs__jsfm_build (file, &run->net, &err) != RVS_OK)
    fail_msg ("%s: %s", name, err.message);
  rvs__st_close (file);
  side = rvs__jsfm_size (run->net);
  run->face = new_tensor (3, side, side);
  run->map = new_tensor (19, 128, 128);
  run->w_map = new_tensor (1, side, side);
  run->s64 = new_tensor (3, 64, 64);
  run->out = new_tensor (3, side, side);
  run->state = rvs__alloc (rvs__jsfm_state_floats (run->net) * sizeof (float));
  assert_non_null (run->state);
  fill_face (&run->face);
  fill_map (&run->map);
  fill_w (&run->w_map);
}

static void
run_close (Run *run)
{
  rvs__jsfm_free (run->net);
  rvs__free (run->face.data);
  rvs__free (run->map.data);
  rvs__free (run->w_map.data);
  rvs__free (run->s64.data);
  rvs__free (run->out.data);
  rvs__free (run->state);
}

static bool
on_stage (void *user, const RvsTensor *image)
{
  Run *run = user;
  char name[16];

  snprintf (name, sizeof name, "s%d", image->w);
  if (run->group && image->data)
    check_sample (run->group, name, image);
  run->n_stages++;
  return !image->data || image->w != run->stop_at; /* without data: measuring */
}

/* Both stages over the measuring arena; the bytes they need. */
static size_t
measure (const Run *run, RvsExec exec, RvsJsfmKnobs knobs)
{
  RvsTensor face = rvs__tensor (NULL, 3, run->face.h, run->face.w), map = rvs__tensor (NULL, 19, 128, 128);
  RvsTensor none = { 0 }, out = face;
  RvsArena  arena;
  size_t    peak;

  exec.arena = &arena;
  rvs__arena_measure (&arena);
  assert_int_equal (rvs__jsfm_stage1 (run->net, &exec, &face, &map, NULL, &none), RVS_OK);
  assert_int_equal (arena.used, 0);
  peak = arena.peak;
  rvs__arena_measure (&arena);
  assert_int_equal (rvs__jsfm_stage2 (run->net, &exec, &face, &map, NULL, &knobs, &out), RVS_OK);
  assert_int_equal (arena.used, 0);
  return arena.peak > peak ? arena.peak : peak;
}

/* Stage 1 and 2 in exactly the measured scratch, without a single allocation. */
static RvsStatus
run_both (Run *run, int n_threads, uint32_t cpu_mask, float w, bool with_map, float noise)
{
  RvsJsfmKnobs knobs
      = { .w = w, .w_map = with_map ? &run->w_map : NULL, .noise_gain = noise, .seed = SEED, .stage = on_stage, .user = run };
  Stage     stage;
  RvsStatus status;
  size_t    n_bytes, n_allocations;

  stage_open (&stage, n_threads, cpu_mask, 64);
  n_bytes = measure (run, stage.exec, knobs);
  rvs__arena_close (&stage.arena);
  assert_int_equal (rvs__arena_open (&stage.arena, n_bytes, NULL), RVS_OK);
  run->n_stages = 0;
  n_allocations = rvs__mem_count ();
  status = rvs__jsfm_stage1 (run->net, &stage.exec, &run->face, &run->map, run->state, &run->s64);
  assert_int_equal (status, RVS_OK);
  if (run->group)
    check_sample (run->group, "s64", &run->s64);
  else
    assert_int_equal (rvs__mem_count (), n_allocations);
  status = rvs__jsfm_stage2 (run->net, &stage.exec, &run->face, &run->map, run->state, &knobs, &run->out);
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
      x64 = rvs__tensor (run.state, (int)(rvs__jsfm_state_floats (run.net) / 4096) - 3, 64, 64);
      check_sample (group, "x64", &x64);
      snprintf (name, sizeof name, "%s.map", group);
      assert_int_equal (run_both (&run, 2, cpu_levels[level], 0.3f, true, 1), RVS_OK);
      run.group = NULL;
      assert_int_equal (run_both (&run, 2, cpu_levels[level], 0, false, 0), RVS_OK);
      snprintf (name, sizeof name, "%s.zero", group);
      check_sample (name, run.out.w == 512 ? "s512" : "s256", &run.out);
    }
  run_close (&run);
}

static void
gated_512 (void **state)
{
  (void)state;
  check_shared ("restore-jsfm-512", "gated", 3);
}

static void
absolute_256 (void **state)
{
  (void)state;
  check_shared ("restore-jsfm-256", "absolute", 2);
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
      run.net->w_power = 1;
      assert_int_equal (run_both (&run, 2, cpu, .125f, with_map, 0), RVS_OK);
      memcpy (plain, run.out.data, n_bytes);
      for (size_t i = 0; i < run.w_map.cs; i++)
        run.w_map.data[i] = i % 256 < 128 ? .5f : cbrtf (.5f);
      run.net->w_power = 3;
      assert_int_equal (run_both (&run, 2, cpu, .5f, with_map, 0), RVS_OK);
      for (size_t i = 0; i < n_bytes / sizeof (float); i++)
        assert_float_equal (run.out.data[i], plain[i], with_map ? 1e-4 : 0);
    }
  rvs__free (plain);
  run_close (&run);
}

static void
same_bytes_for_any_threads (void **state)
{
  static const char *const files[] = { "restore-jsfm-512", "restore-jsfm-published-512" };

  (void)state;
  for (int f = 0; f < 2; f++)
    /* The published one in plain C takes seconds: its operators' equality is test_ops' matter. */
    for (int level = f ? N_LEVELS_TESTED - 1 : 0; level < N_LEVELS_TESTED; level++)
      {
        Run    run;
        float *first;
        size_t n_bytes;

        run_open (&run, files[f]);
        n_bytes = tensor_floats (&run.out) * sizeof (float);
        first = rvs__alloc (n_bytes);
        assert_non_null (first);
        for (int n_threads = 1; n_threads <= 3; n_threads++)
          {
            assert_int_equal (run_both (&run, n_threads, cpu_levels[level], 0.4f, false, 1), RVS_OK);
            if (n_threads == 1)
              memcpy (first, run.out.data, n_bytes);
            else
              assert_memory_equal (first, run.out.data, n_bytes);
          }
        rvs__free (first);
        run_close (&run);
      }
}

static void
cancelling (void **state)
{
  Run          run;
  Stage        stage;
  RvsJsfmKnobs knobs = { .w = 1, .stage = on_stage, .user = &run };

  (void)state;
  run_open (&run, "restore-jsfm-512");
  run.stop_at = 256;
  assert_int_equal (run_both (&run, 2, UINT32_MAX, 1, false, 0), RVS_ERR_CANCELLED);
  assert_int_equal (run.n_stages, 2);

  stage_open (&stage, 2, UINT32_MAX, 64);
  {
    size_t n_bytes = measure (&run, stage.exec, knobs);

    rvs__arena_close (&stage.arena);
    assert_int_equal (rvs__arena_open (&stage.arena, n_bytes, NULL), RVS_OK);
  }
  atomic_store (&stage.cancel, true);
  run.n_stages = 0;
  assert_int_equal (rvs__jsfm_stage1 (run.net, &stage.exec, &run.face, &run.map, run.state, &run.s64), RVS_ERR_CANCELLED);
  assert_int_equal (rvs__jsfm_stage2 (run.net, &stage.exec, &run.face, &run.map, run.state, &knobs, &run.out), RVS_ERR_CANCELLED);
  assert_int_equal (run.n_stages, 0);
  stage_close (&stage);
  run_close (&run);
}

/* ---- parser ---- */

static void
check_parser (const char *file_name, const char *group, bool heads)
{
  RvsStFile    *file = open_tiny (file_name);
  RvsParserNet *net = NULL;
  RvsError      err = { 0 };
  RvsTensor     face = new_tensor (3, 512, 512), nothing = rvs__tensor (NULL, 3, 512, 512);
  RvsParserOut  out = { .logits = new_tensor (19, 128, 128), .heatmaps = new_tensor (5, 64, 64) };

  fill_face (&face);
  if (rvs__parser_build (file, &net, &err) != RVS_OK)
    fail_msg ("%s", err.message);
  rvs__st_close (file);
  for (int level = 0; level < N_LEVELS_TESTED; level++)
    {
      RvsArena     arena;
      Stage        stage;
      RvsParserOut empty = { .logits = rvs__tensor (NULL, 19, 128, 128), .heatmaps = rvs__tensor (NULL, 5, 64, 64) };

      stage_open (&stage, 2, cpu_levels[level], 64);
      rvs__arena_measure (&arena);
      stage.exec.arena = &arena;
      assert_int_equal (rvs__parser_forward (net, &stage.exec, &nothing, &empty), RVS_OK);
      rvs__arena_close (&stage.arena);
      assert_int_equal (rvs__arena_open (&stage.arena, arena.peak, NULL), RVS_OK);
      stage.exec.arena = &stage.arena;
      assert_int_equal (rvs__parser_forward (net, &stage.exec, &face, &out), RVS_OK);
      check_sample (group, "logits", &out.logits);
      if (heads)
        {
          float *deg = floats_of (vectors, group, "deg", NULL);

          check_sample (group, "heat", &out.heatmaps);
          assert_float_equal (out.degradation.blur, deg[0], 1e-5);
          assert_float_equal (out.degradation.scale, deg[1], 1e-5);
          assert_float_equal (out.degradation.noise, deg[2], 1e-5);
          assert_float_equal (out.degradation.jpeg, deg[3], 1e-5);
          assert_float_equal (out.degradation.grey, deg[4], 1e-5);
          rvs__free (deg);
        }
      atomic_store (&stage.cancel, true);
      assert_int_equal (rvs__parser_forward (net, &stage.exec, &face, &out), RVS_ERR_CANCELLED);
      stage_close (&stage);
    }
  rvs__parser_free (net);
  rvs__free (face.data);
  rvs__free (out.logits.data);
  rvs__free (out.heatmaps.data);
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

/* ---- refusals ---- */

/* The file with its first `from` replaced by `to` of the same length; both must be refused with a message that names `named`. */
static void
check_refused (const char *name, const char *from, const char *to, const char *named)
{
  RvsStFile           *file = open_tiny (name), *altered = NULL;
  size_t               n_bytes, length = strlen (from);
  const unsigned char *bytes = rvs__st_bytes (file, &n_bytes);
  unsigned char       *copy = rvs__alloc (n_bytes);
  RvsJsfmNet          *jsfm = NULL;
  RvsParserNet        *parser = NULL;
  RvsError             err = { 0 };
  RvsStatus            status;
  size_t               at = 0;

  assert_non_null (copy);
  assert_int_equal (strlen (to), length);
  memcpy (copy, bytes, n_bytes);
  while (at + length < n_bytes && memcmp (copy + at, from, length) != 0)
    at++;
  assert_true (at + length < n_bytes);
  memcpy (copy + at, to, length);
  assert_int_equal (rvs__st_open_memory (copy, n_bytes, &altered, &err), RVS_OK);
  status = name[0] == 'p' ? rvs__parser_build (altered, &parser, &err) : rvs__jsfm_build (altered, &jsfm, &err);
  assert_int_equal (status, RVS_ERR_MODEL);
  assert_null (jsfm);
  assert_null (parser);
  if (!strstr (err.message, named))
    fail_msg ("'%s' does not name '%s'", err.message, named);
  rvs__st_close (altered);
  rvs__st_close (file);
  rvs__free (copy);
}

static void
refusals (void **state)
{
  const char *g = "restore-jsfm-512", *p = "parse-face-256";

  (void)state;
  check_refused (g, "\"rgb.64.bias\"", "\"rgb.65.bias\"", "rgb.64.bias");
  check_refused (g, "\"jsfm.heads\":\"gated\"", "\"jsfm.heads\":\"gates\"", "jsfm.heads");
  check_refused (g, "jsfm.modulation", "jsfm.modulatioN", "jsfm.modulation");
  check_refused (g, "\"jsfm.size\":\"512\"", "\"jsfm.size\":\"256\"", "512");
  check_refused (g, "64:12,128:12", "64:12,128:16", "shape");
  check_refused (g, "64:12,128:12", "64:12,128:10", "multiple of 4");
  check_refused (g, "16:16,32:16", "16:16,64:16", "jsfm.channels");
  check_refused (g, "\"rvs.git\":\"unknown\"", "\"jsfm.w_power\":\"10\"", "jsfm.w_power");
  check_refused (g, "jsfm.map\":\"soft", "jsfm.map\":\"hard", "jsfm.map");
  check_refused (p, "\"parser.size\":\"256\"", "\"parser.size\":\"255\"", "parser.size");
  check_refused (p, "\"6,8,12,12\"", "\"6,8,12,1x\"", "parser.widths");
  check_refused (p, "\"1,2,1,2\"", "\"1,2,1,1\"", "does not belong");
  check_refused (p, "\"1,2,1,2\"", "\"1,2,2,2\"", "is missing");
}

static void
memory_failures (void **state)
{
  static const char *const files[] = { "restore-jsfm-512", "restore-jsfm-published-512", "parse-face-256" };

  (void)state;
  for (int f = 0; f < 3; f++)
    {
      RvsStFile *file = open_tiny (files[f]);

      for (size_t n = 1;; n++)
        {
          RvsJsfmNet   *jsfm = NULL;
          RvsParserNet *parser = NULL;
          RvsError      err = { 0 };
          RvsStatus     status;

          rvs__mem_fail_at (n);
          status = f == 2 ? rvs__parser_build (file, &parser, &err) : rvs__jsfm_build (file, &jsfm, &err);
          rvs__mem_fail_at (0);
          rvs__jsfm_free (jsfm);
          rvs__parser_free (parser);
          if (status == RVS_OK)
            {
              assert_true (n > 2);
              break;
            }
          assert_int_equal (status, RVS_ERR_NO_MEMORY);
          assert_null (jsfm);
          assert_null (parser);
        }
      rvs__st_close (file);
    }
}

static int
open_all (void **state)
{
  (void)state;
  vectors = open_vectors ("nets.safetensors");
  return 0;
}

static int
close_all (void **state)
{
  (void)state;
  rvs__st_close (vectors);
  return 0;
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (gated_512),        cmocka_unit_test (absolute_256),
    cmocka_unit_test (published_512),    cmocka_unit_test (same_bytes_for_any_threads),
    cmocka_unit_test (cancelling),       cmocka_unit_test (parser_compact),
    cmocka_unit_test (parser_published), cmocka_unit_test (refusals),
    cmocka_unit_test (memory_failures),  cmocka_unit_test (fidelity_curve),
  };

  return cmocka_run_group_tests_name ("nets", tests, open_all, close_all);
}
