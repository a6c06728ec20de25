/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_finder.c: the damage finder on tiny weights against PyTorch (tests/vectors/gen_finder.py), at every kernel level, with equal bytes
 * for any number of threads. */
#include "net/finder.h"
#include "nets.h"

enum
{
  SIDE = 64
};

static void
run (const RvsFinderNet *net, const RvsTensor *photo, RvsTensor *logits, int threads, uint32_t cpu_mask)
{
  RvsArena measure;
  Stage    stage;

  stage_open (&stage, threads, cpu_mask, 64);
  rvs__arena_measure (&measure);
  stage.exec.arena = &measure;
  assert_int_equal (rvs__finder_forward (net, &stage.exec, photo, logits), RVS_OK);
  stage_close (&stage);
  stage_open (&stage, threads, cpu_mask, measure.peak);
  assert_int_equal (rvs__finder_forward (net, &stage.exec, photo, logits), RVS_OK);
  assert_int_equal (stage.arena.used, 0);
  stage_close (&stage);
}

static void
logits_as_trained (void **state)
{
  RvsStFile *vectors = open_vectors ("finder.safetensors");
  RvsTensor  wanted = tensor_of (vectors, "finder", "logits"), photo = new_tensor (3, SIDE, SIDE);
  RvsTensor  logits = new_tensor (1, SIDE, SIDE), first = new_tensor (1, SIDE, SIDE);
  RvsNet     net = build_tiny (&rvs__arch_finder, "find-damage");

  (void)state;
  fill_face (&photo);
  for (int level = 0; level < N_LEVELS_TESTED; level++)
    for (int threads = 1; threads <= 3; threads += 2)
      {
        run (net.data, &photo, &logits, threads, cpu_levels[level]);
        for (int i = 0; i < SAMPLES * SAMPLES; i++)
          {
            const int y = i / SAMPLES * (SIDE - 1) / (SAMPLES - 1), x = i % SAMPLES * (SIDE - 1) / (SAMPLES - 1);
            assert_true (fabsf (logits.data[y * SIDE + x] - wanted.data[i]) < 1e-4f);
          }
        keep_or_compare (threads, &logits, &first);
      }
  rvs__net_clear (&net);
  rvs__st_close (vectors);
  rvs__free (wanted.data);
  rvs__free (photo.data);
  rvs__free (logits.data);
  rvs__free (first.data);
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (logits_as_trained) };

  return cmocka_run_group_tests_name ("finder", tests, NULL, NULL);
}
