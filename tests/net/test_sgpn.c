/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_sgpn.c: the decoder of shape and generative priors on tiny weights against PyTorch (tests/vectors/gen_sgpn.py), with equal bytes for
 * any number of threads; without trust nothing of the mesh matters; files that do not fit. */
#include "net/sgpn.h"
#include "nets.h"

static const float coefficients[] = { .5f, -1, 2, .25f, -.75f };

typedef struct Pass
{
  RvsNet    net;
  int       size;
  RvsTensor photo, render, images[RVS_SGPN_IMAGES], trusted, w_map;
  bool      has_map;
} Pass;

static Pass
pass_new (int size)
{
  Pass p = { .size = size,
             .photo = new_tensor (3, size, size),
             .render = new_tensor (RVS_MESH_PLANES, RVS_SHAPE_RENDER, RVS_SHAPE_RENDER) };
  char name[32];

  snprintf (name, sizeof name, "restore-sgpn-%d", size);
  p.net = build_tiny (&rvs__arch_sgpn, name);
  assert_int_equal (rvs__sgpn_size (p.net.data), size);
  p.w_map = new_tensor (1, size, size);
  fill_face (&p.photo);
  fill_face (&p.render);
  for (int c = 0; c < 3; c++)
    for (size_t i = 0; i < p.render.cs; i++)
      rvs__channel (&p.render, 3 + c)[i] = -.5f * rvs__channel (&p.render, c)[i];
  for (int i = 0; i < rvs__sgpn_images (p.net.data); i++)
    p.images[i] = new_tensor (3, RVS_SGPN_FIRST << i, RVS_SGPN_FIRST << i);
  p.trusted = new_tensor (rvs__sgpn_fused_channels (p.net.data), RVS_SGPN_FUSED, RVS_SGPN_FUSED);
  return p;
}

static void
pass_clear (Pass *p)
{
  for (int i = 0; i < rvs__sgpn_images (p->net.data); i++)
    rvs__free (p->images[i].data);
  rvs__free (p->photo.data);
  rvs__free (p->render.data);
  rvs__free (p->trusted.data);
  rvs__free (p->w_map.data);
  rvs__net_clear (&p->net);
}

static const RvsTensor *
result (const Pass *p)
{
  return &p->images[rvs__sgpn_images (p->net.data) - 1];
}

/* In just the memory that a measuring pass asked for. */
static void
run (Pass *p, float w, float trust, int threads, uint32_t cpu_mask)
{
  const RvsSgpnIn in = { &p->photo, &p->render, coefficients, trust, w, p->has_map ? &p->w_map : NULL };
  RvsArena        measure;
  Stage           stage;

  stage_open (&stage, threads, cpu_mask, 64);
  rvs__arena_measure (&measure);
  stage.exec.arena = &measure;
  assert_int_equal (rvs__sgpn_forward (p->net.data, &stage.exec, &in, NULL, p->images, &p->trusted), RVS_OK);
  stage_close (&stage);
  stage_open (&stage, threads, cpu_mask, measure.peak);
  assert_int_equal (rvs__sgpn_forward (p->net.data, &stage.exec, &in, NULL, p->images, &p->trusted), RVS_OK);
  assert_int_equal (stage.arena.used, 0);
  stage_close (&stage);
}

static void
check_case (const RvsStFile *vectors, const char *name, int size, float w, float trust)
{
  Pass p = pass_new (size);
  char group[32], image[16];

  snprintf (group, sizeof group, "%s%d", name, size);
  for (int level = 0; level < N_LEVELS_TESTED; level++)
    {
      run (&p, w, trust, 2, cpu_levels[level]);
      for (int i = 1; i < rvs__sgpn_images (p.net.data); i++)
        {
          snprintf (image, sizeof image, "s%d", RVS_SGPN_FIRST << i);
          check_sample (vectors, group, image, &p.images[i]);
        }
      if (strcmp (name, "whole") == 0)
        check_sample (vectors, group, "trusted", &p.trusted);
    }
  pass_clear (&p);
}

static void
as_trained (void **state)
{
  RvsStFile *vectors = open_vectors ("sgpn.safetensors");

  (void)state;
  for (int size = 128; size <= 256; size *= 2)
    {
      check_case (vectors, "whole", size, 1, 1);
      check_case (vectors, "part", size, .6f, .4f);
      check_case (vectors, "off", size, 1, 0);
    }
  rvs__st_close (vectors);
}

static void
any_threads (void **state)
{
  Pass      p = pass_new (256);
  RvsTensor first = new_tensor (3, 256, 256);

  (void)state;
  for (int threads = 1; threads <= 3; threads++)
    {
      run (&p, .7f, .5f, threads, UINT32_MAX);
      keep_or_compare (threads, result (&p), &first);
    }
  rvs__free (first.data);
  pass_clear (&p);
}

static void
without_trust (void **state)
{
  Pass      p = pass_new (128);
  RvsTensor first = new_tensor (3, 128, 128);

  (void)state;
  for (int kind = 0; kind < 2; kind++) /* without trust: the same; with it: another picture */
    {
      run (&p, 1, (float)kind, 2, UINT32_MAX);
      memcpy (first.data, result (&p)->data, tensor_floats (&first) * sizeof (float));
      for (size_t i = 0; i < tensor_floats (&p.render); i++)
        p.render.data[i] = -p.render.data[i];
      run (&p, 1, (float)kind, 2, UINT32_MAX);
      assert_int_equal (memcmp (first.data, result (&p)->data, tensor_floats (&first) * sizeof (float)) == 0, kind == 0);
    }
  rvs__free (first.data);
  pass_clear (&p);
}

/* A map that says the same everywhere is that fidelity; another one is another picture. */
static void
fidelity_map (void **state)
{
  Pass      p = pass_new (256);
  RvsTensor first = new_tensor (3, 256, 256);

  (void)state;
  run (&p, .6f, .5f, 2, UINT32_MAX);
  memcpy (first.data, result (&p)->data, tensor_floats (&first) * sizeof (float));
  for (size_t i = 0; i < p.w_map.cs; i++)
    p.w_map.data[i] = .6f;
  p.has_map = true;
  run (&p, 0, .5f, 2, UINT32_MAX);
  assert_memory_equal (first.data, result (&p)->data, tensor_floats (&first) * sizeof (float));
  for (size_t i = 0; i < p.w_map.cs; i++)
    p.w_map.data[i] = i % 256 < 128 ? .6f : 0;
  run (&p, 0, .5f, 2, UINT32_MAX);
  assert_true (memcmp (first.data, result (&p)->data, tensor_floats (&first) * sizeof (float)) != 0);
  rvs__free (first.data);
  pass_clear (&p);
}

static void
cancelled (void **state)
{
  Pass            p = pass_new (128);
  const RvsSgpnIn in = { &p.photo, &p.render, coefficients, 1, 1, NULL };
  Stage           stage;

  (void)state;
  stage_open (&stage, 2, UINT32_MAX, 32 << 20);
  atomic_store (&stage.cancel, true);
  assert_int_equal (rvs__sgpn_forward (p.net.data, &stage.exec, &in, NULL, p.images, NULL), RVS_ERR_CANCELLED);
  stage_close (&stage);
  pass_clear (&p);
}

static void
restore (const Pass *p, const RvsNet *net, float fidelity, bool by_map, RvsTensor *out)
{
  const RvsKnobs knobs = { .w = by_map ? .9f : fidelity };
  RvsFaceIn      in = { .face = p->photo, .render = p->render, .coefficients = (float *)coefficients, .trust = .4f };
  Stage          stage;

  for (size_t i = 0; i < p->w_map.cs; i++)
    p->w_map.data[i] = fidelity;
  if (by_map)
    in.w_map = p->w_map;
  stage_open (&stage, 2, UINT32_MAX, 64 << 20);
  assert_int_equal (rvs__arch_sgpn.restorer->run (net->data, &stage.exec, &in, NULL, &knobs, NULL, out), RVS_OK);
  stage_close (&stage);
}

/* Fidelity 0 to 1 is w from the file's least one on, also in a map. */
static void
least_w (void **state)
{
  Pass      p = pass_new (128);
  RvsNet    net = { 0 };
  RvsError  err = { 0 };
  RvsTensor wanted = new_tensor (3, 128, 128), out = new_tensor (3, 128, 128);

  (void)state; /* a key more, in the place of another of the same length */
  assert_int_equal (
      build_altered (&rvs__arch_sgpn, "restore-sgpn-128", "\"rvs.git\":\"unknown\"", "\"sgpn.w_least\":\"40\"", &net, &err),
      RVS_OK);
  for (int whole = 0; whole < 2; whole++)
    for (int by_map = 0; by_map < 2; by_map++)
      {
        restore (&p, &p.net, whole ? 1 : .4f, by_map, &wanted);
        restore (&p, &net, (float)whole, by_map, &out);
        assert_memory_equal (out.data, wanted.data, tensor_floats (&out) * sizeof (float));
      }
  rvs__free (wanted.data);
  rvs__free (out.data);
  rvs__net_clear (&net);
  pass_clear (&p);
}

static void
refused (void **state)
{
  (void)state;
  check_refused (&rvs__arch_sgpn, "restore-sgpn-128", "\"rvs.git\":\"unknown\"", "\"sgpn.w_least\":\"x0\"", "sgpn.w_least");
  check_refused (&rvs__arch_sgpn, "restore-sgpn-128", "sgpn.size\":\"128", "sgpn.size\":\"100", "sgpn.size");
  check_refused (&rvs__arch_sgpn, "restore-sgpn-128", "32:6,", "32:7,", "down.16");
  check_refused (&rvs__arch_sgpn, "restore-sgpn-128", "32:6,", "33:6,", "sgpn.channels");
  check_refused (&rvs__arch_sgpn, "restore-sgpn-128", "sgpn.style\":\"7", "sgpn.style\":\"0", "sgpn.style");
  check_refused (&rvs__arch_sgpn, "restore-sgpn-128", "sgpn.modes\":\"4", "sgpn.modes\":\"5", "map.");
  check_memory_failures (&rvs__arch_sgpn, "restore-sgpn-128");
}

/* What the seam says of the fusion is the mean of the masks, and it is said in the memory that was measured, by any number of threads. */
static void
trusted_alone (void **state)
{
  Pass           p = pass_new (128);
  RvsFaceIn      in = { .face = p.photo, .render = p.render, .coefficients = (float *)coefficients, .trust = .4f };
  const RvsKnobs knobs = { .w = .6f };
  RvsTensor      out = new_tensor (1, RVS_TRUST_SIDE, RVS_TRUST_SIDE);
  RvsArena       measure;
  Stage          stage;
  const int      c = p.trusted.c;

  (void)state;
  run (&p, .6f, .4f, 2, UINT32_MAX);
  for (int threads = 1; threads <= 3; threads += 2)
    {
      stage_open (&stage, threads, UINT32_MAX, 64);
      rvs__arena_measure (&measure);
      stage.exec.arena = &measure;
      assert_int_equal (rvs__arch_sgpn.restorer->trusted (p.net.data, &stage.exec, &in, &knobs, &out), RVS_OK);
      stage_close (&stage);
      stage_open (&stage, threads, UINT32_MAX, measure.peak);
      assert_int_equal (rvs__arch_sgpn.restorer->trusted (p.net.data, &stage.exec, &in, &knobs, &out), RVS_OK);
      stage_close (&stage);
      for (size_t i = 0; i < out.cs; i++)
        {
          double sum = 0;
          for (int k = 0; k < c; k++)
            sum += (double)rvs__channel (&p.trusted, k)[i];
          assert_true (fabs (sum / c - (double)out.data[i]) < 1e-6);
        }
    }
  rvs__free (out.data);
  pass_clear (&p);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (as_trained),   cmocka_unit_test (any_threads),   cmocka_unit_test (without_trust),
    cmocka_unit_test (fidelity_map), cmocka_unit_test (cancelled),     cmocka_unit_test (least_w),
    cmocka_unit_test (refused),      cmocka_unit_test (trusted_alone),
  };

  return cmocka_run_group_tests_name ("sgpn", tests, NULL, NULL);
}
