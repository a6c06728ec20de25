/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_restorers.c: what the pipeline relies on, for every restorer in the table of networks and each of its tiny files: measured scratch
 * is used scratch, it can be stopped at any layer and at any stage, the bytes do not depend on the threads, and exactly those knobs that
 * the table of systems lists change them. */
#include "model.h"
#include "net/parser.h"
#include "net/shape.h"
#include "nets.h"
#include "rvs_params.h"

#include <dirent.h>

/* ---- a restorer and its inputs ---- */

typedef struct Subject
{
  const char          *name; /* of its file */
  const RvsSystemInfo *system;
  RvsNet               net;
  RvsFaceIn            in; /* as run gets it */
  RvsTensor            w_map, out;
  float               *state;
  size_t               state_floats;
} Subject;

static const RvsRestorer *
restorer_of (const Subject *subject)
{
  return subject->net.arch->restorer;
}

static RvsTensor
needed (const Subject *subject, uint32_t need, int c, int side)
{
  return subject->system->needs & need ? new_tensor (c, side, side) : (RvsTensor){ 0 };
}

static int
side_of (const RvsStFile *file, const RvsArch *arch)
{
  return atoi (rvs__st_meta (file, arch->size_key));
}

/* The planes of the drawn mesh, and n coefficients. */
static void
fill_shape (RvsFaceIn *in, int n)
{
  RvsTensor colour = rvs__channels (&in->render, 0, 3), normal = rvs__channels (&in->render, 3, 3);

  fill_face (&colour);
  fill_face (&normal);
  in->coefficients = rvs__alloc ((size_t)n * sizeof (float));
  assert_non_null (in->coefficients);
  for (int i = 0; i < n; i++)
    in->coefficients[i] = (float)(i % 3 - 1);
}

static void
subject_open (Subject *subject, const RvsArch *arch, const RvsStFile *file, const char *name)
{
  const int side = side_of (file, arch);
  RvsError  err = { 0 };

  *subject = (Subject){ .name = name, .system = rvs_system_find (arch->name) };
  if (!subject->system)
    fail_msg ("%s restores but has no row in the table of systems", arch->name);
  if (rvs__net_build (arch, file, &subject->net, &err) != RVS_OK)
    fail_msg ("%s: %s", name, err.message);
  subject->in = (RvsFaceIn){ .face = new_tensor (3, side, side),
                             .map = needed (subject, RVS_NEEDS_MAP, RVS_N_CLASSES, RVS_MAP_SIDE),
                             .heat_maps = needed (subject, RVS_NEEDS_HEAT_MAPS, RVS_N_POINTS, RVS_HEAT_SIDE),
                             .render = needed (subject, RVS_NEEDS_SHAPE, RVS_MESH_PLANES, RVS_SHAPE_RENDER),
                             .trust = .6f };
  subject->w_map = new_tensor (1, side, side);
  subject->out = new_tensor (3, side, side);
  fill_face (&subject->in.face);
  if (subject->in.map.data)
    fill_map (&subject->in.map);
  fill_heat_maps (&subject->in.heat_maps);
  if (arch->restorer->shape_modes)
    fill_shape (&subject->in, arch->restorer->shape_modes (subject->net.data));
  fill_w (&subject->w_map);
  if (arch->restorer->state_floats)
    subject->state_floats = arch->restorer->state_floats (subject->net.data);
  subject->state = rvs__alloc ((subject->state_floats + 1) * sizeof (float));
  assert_non_null (subject->state);
}

static void
subject_close (Subject *subject)
{
  rvs__net_clear (&subject->net);
  rvs__free (subject->in.face.data);
  rvs__free (subject->in.map.data);
  rvs__free (subject->in.heat_maps.data);
  rvs__free (subject->in.render.data);
  rvs__free (subject->in.coefficients);
  rvs__free (subject->w_map.data);
  rvs__free (subject->out.data);
  rvs__free (subject->state);
}

/* ---- running it ---- */

static const RvsKnobs plain = { .w = 0.4f, .noise_gain = 1, .seed = 5 };

static RvsStatus
prepare_and_run (Subject *subject, RvsExec *exec, const RvsKnobs *knobs, const RvsStageSink *sink)
{
  RvsFaceIn photo = subject->in;
  RvsStatus status = RVS_OK;

  photo.w_map = (RvsTensor){ 0 };
  if (restorer_of (subject)->prepare)
    status = restorer_of (subject)->prepare (subject->net.data, exec, &photo, subject->state);
  assert_int_equal (exec->arena->used, 0);
  if (status == RVS_OK)
    status = restorer_of (subject)->run (subject->net.data, exec, &subject->in, subject->state, knobs, sink, &subject->out);
  assert_int_equal (exec->arena->used, 0);
  return status;
}

/* An arena of exactly what a measuring pass asks for. */
static void
stage_fit (Subject *subject, Stage *stage, int n_threads)
{
  RvsArena measure;

  stage_open (stage, n_threads, UINT32_MAX, 64);
  rvs__arena_close (&stage->arena);
  rvs__arena_measure (&measure);
  stage->exec.arena = &measure;
  assert_int_equal (prepare_and_run (subject, &stage->exec, &plain, NULL), RVS_OK);
  assert_int_equal (rvs__arena_open (&stage->arena, measure.peak, NULL), RVS_OK);
  stage->exec.arena = &stage->arena;
}

/* A hash of the result. */
static uint64_t
result (Subject *subject, int n_threads, const RvsKnobs *knobs)
{
  const unsigned char *bytes = (const unsigned char *)subject->out.data;
  uint64_t             hash = 14695981039346656037u;
  Stage                stage;

  stage_fit (subject, &stage, n_threads);
  memset (subject->out.data, 0x7f, tensor_floats (&subject->out) * sizeof (float));
  memset (subject->state, 0x7f, subject->state_floats * sizeof (float));
  assert_int_equal (prepare_and_run (subject, &stage.exec, knobs, NULL), RVS_OK);
  stage_close (&stage);
  for (size_t i = 0; i < tensor_floats (&subject->out) * sizeof (float); i++)
    hash = (hash ^ bytes[i]) * 1099511628211u;
  return hash;
}

/* ---- what must hold ---- */

static void
scratch_is_as_measured (Subject *subject)
{
  Stage stage;

  stage_fit (subject, &stage, 2);
  assert_int_equal (prepare_and_run (subject, &stage.exec, &plain, NULL), RVS_OK);
  assert_int_equal (stage.arena.peak, stage.arena.size);
  subject->in.w_map = subject->w_map;
  stage_close (&stage);
  stage_fit (subject, &stage, 2);
  assert_int_equal (prepare_and_run (subject, &stage.exec, &plain, NULL), RVS_OK);
  assert_int_equal (stage.arena.peak, stage.arena.size);
  subject->in.w_map = (RvsTensor){ 0 };
  stage_close (&stage);
}

static void
threads_change_nothing (Subject *subject)
{
  assert_true (result (subject, 1, &plain) == result (subject, 4, &plain));
}

/* Narrow products, by whatever kernel this processor has for them, change little, and nothing where the network does not allow them. */
static void
narrow_changes_little (Subject *subject)
{
  const bool  allowed = strcmp (subject->name, "restore-jsfm-512") == 0 || strncmp (subject->name, "restore-spad", 12) == 0;
  const int   side = subject->out.w;
  const char *narrow[2] = { "", "bf16" };
  RvsTensor   wide = new_tensor (3, side, side);
  double      square = 0, worst = 0;

  for (int i = 0; i < 2; i++)
    {
      Stage stage;

      stage_open (&stage, 2, UINT32_MAX, (size_t)256 << 20);
      stage.kernels.narrow = narrow[i];
      assert_int_equal (prepare_and_run (subject, &stage.exec, &plain, NULL), RVS_OK);
      stage_close (&stage);
      if (i == 0)
        memcpy (wide.data, subject->out.data, tensor_floats (&wide) * sizeof (float));
    }
  for (size_t i = 0; i < tensor_floats (&wide); i++)
    {
      const double d = fabs ((double)wide.data[i] - subject->out.data[i]) / 2;

      square += d * d;
      worst = fmax (worst, d);
    }
  square /= (double)tensor_floats (&wide);
  print_message ("# %s: %.1f dB, worst %.2f levels\n", subject->name, square > 0 ? -10 * log10 (square) : INFINITY, worst * 255);
  assert_true ((worst > 0) == allowed);
  assert_true (square <= 1e-5
               && worst <= 6 / 255.0); /* 50 dB: these weights are random, the shipped ones' figures are in docs/performance.md */
  rvs__free (wide.data);
}

/* A matrix product that pulls the brake when its turn comes. The kernel has no place for a context: hence globals, of this test only. */
static RvsKernels   real;
static atomic_int   gemms_left;
static atomic_bool *brake;

static void
brake_in_time (void)
{
  if (atomic_fetch_sub (&gemms_left, 1) == 1)
    atomic_store (brake, true);
}

static void
braking_gemm (const RvsGemm *args)
{
  brake_in_time ();
  real.gemm (args);
}

static void
braking_gemm_pairs (const RvsPairGemm *args)
{
  brake_in_time ();
  real.gemm_pairs (args);
}

static RvsStatus
run_braked (Subject *subject, int after, int *out_taken)
{
  Stage     stage;
  RvsStatus status;

  stage_fit (subject, &stage, 1);
  real = stage.kernels;
  brake = &stage.cancel;
  stage.kernels.gemm = braking_gemm;
  stage.kernels.gemm_pairs = braking_gemm_pairs;
  atomic_store (&gemms_left, after);
  status = prepare_and_run (subject, &stage.exec, &plain, NULL);
  *out_taken = after - atomic_load (&gemms_left);
  stage_close (&stage);
  return status;
}

static void
stops_at_any_layer (Subject *subject)
{
  const int never = 1 << 30;
  int       n_gemms, taken;

  assert_int_equal (run_braked (subject, never, &n_gemms), RVS_OK);
  assert_true (n_gemms > 0);
  for (int i = 1; i <= n_gemms; i += 1 + n_gemms / 12)
    {
      assert_int_equal (run_braked (subject, i, &taken), RVS_ERR_CANCELLED);
      assert_true (taken >= i);
    }
}

typedef struct Watcher
{
  int n, stop_at, side;
} Watcher;

static bool
on_stage (void *user, const RvsTensor *image)
{
  Watcher *watcher = user;

  assert_true (image->c == 3 && image->w == image->h && image->w >= watcher->side);
  watcher->side = image->w;
  return ++watcher->n != watcher->stop_at;
}

static RvsStatus
run_watched (Subject *subject, Watcher *watcher, bool cancelled)
{
  const RvsStageSink sink = { on_stage, watcher };
  Stage              stage;
  RvsStatus          status;

  stage_fit (subject, &stage, 2);
  atomic_store (&stage.cancel, cancelled);
  status = prepare_and_run (subject, &stage.exec, &plain, &sink);
  stage_close (&stage);
  return status;
}

static void
stops_at_any_stage (Subject *subject)
{
  Watcher watcher = { .stop_at = 0 };
  int     n_stages;

  assert_int_equal (run_watched (subject, &watcher, false), RVS_OK);
  n_stages = watcher.n;
  for (int i = 1; i <= n_stages; i++)
    {
      watcher = (Watcher){ .stop_at = i };
      assert_int_equal (run_watched (subject, &watcher, false), RVS_ERR_CANCELLED);
      assert_int_equal (watcher.n, i);
    }
  watcher = (Watcher){ .stop_at = 0 };
  assert_int_equal (run_watched (subject, &watcher, true), RVS_ERR_CANCELLED);
  assert_int_equal (watcher.n, 0);
}

static void
check_knob (Subject *subject, uint64_t without, uint32_t knob, RvsKnobs changed, const char *knob_name)
{
  const bool listed = subject->system->knobs & knob;

  if ((result (subject, 2, &changed) != without) != listed)
    fail_msg ("%s: %s is %s but %s the result", subject->name, knob_name, listed ? "listed" : "not listed",
              listed ? "does not change" : "changes");
}

static void
obeys_its_knobs (Subject *subject)
{
  const uint64_t without = result (subject, 2, &plain);

  check_knob (subject, without, RVS_KNOB_FIDELITY, (RvsKnobs){ 0.9f, plain.noise_gain, plain.seed }, "fidelity");
  check_knob (subject, without, RVS_KNOB_TEXTURE, (RvsKnobs){ plain.w, 0.5f, plain.seed }, "texture");
  check_knob (subject, without, RVS_KNOB_SEED, (RvsKnobs){ plain.w, plain.noise_gain, 6 }, "seed");
  subject->in.w_map = subject->w_map;
  check_knob (subject, without, RVS_KNOB_FIDELITY, plain, "a map of fidelity");
  subject->in.w_map = (RvsTensor){ 0 };
}

/* ---- the walk ---- */

static const RvsArch *
arch_named (const char *name)
{
  for (size_t i = 0; rvs__arches[i]; i++)
    if (strcmp (rvs__arches[i]->name, name) == 0)
      return rvs__arches[i];
  fail_msg ("no network '%s' in the table", name);
  return NULL;
}

/* Calls check for every tiny file of a restorer; each restorer must have one. Parts of networks lie in a folder of their own. */
static void
walk (void (*check) (Subject *subject))
{
  DIR           *folder = opendir (TINY);
  struct dirent *entry;
  size_t         n_seen = 0, n_restorers = 0;

  assert_non_null (folder);
  while ((entry = readdir (folder)))
    if (strstr (entry->d_name, ".safetensors"))
      {
        char           name[300];
        RvsStFile     *file;
        const RvsArch *arch;
        Subject        subject;

        snprintf (name, sizeof name, "%.*s", (int)(strlen (entry->d_name) - strlen (".safetensors")), entry->d_name);
        file = open_tiny (name);
        arch = arch_named (rvs__st_meta (file, "rvs.arch"));
        if (arch->restorer)
          {
            print_message ("# %s\n", name);
            subject_open (&subject, arch, file, name);
            check (&subject);
            subject_close (&subject);
            n_seen++;
          }
        rvs__st_close (file);
      }
  closedir (folder);
  for (size_t i = 0; rvs__arches[i]; i++)
    n_restorers += rvs__arches[i]->restorer != NULL;
  assert_true (n_restorers > 0 && n_seen >= n_restorers);
}

static void
scratch (void **state)
{
  (void)state;
  walk (scratch_is_as_measured);
}

static void
threads (void **state)
{
  (void)state;
  walk (threads_change_nothing);
}

static void
narrow (void **state)
{
  (void)state;
  walk (narrow_changes_little);
}

static void
layers (void **state)
{
  (void)state;
  walk (stops_at_any_layer);
}

static void
stages (void **state)
{
  (void)state;
  walk (stops_at_any_stage);
}

static void
knobs (void **state)
{
  (void)state;
  walk (obeys_its_knobs);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (scratch), cmocka_unit_test (threads), cmocka_unit_test (layers),
    cmocka_unit_test (stages),  cmocka_unit_test (knobs),   cmocka_unit_test (narrow),
  };

  return cmocka_run_group_tests_name ("restorers", tests, NULL, NULL);
}
