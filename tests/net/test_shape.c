/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_shape.c: the shape head on tiny weights against PyTorch, and the pose of meshes against numpy's singular values
 * (tests/vectors/gen_sgpn.py); altered shape data, and meshes without a pose. */
#include "face/pose.h"
#include "net/shape.h"
#include "nets.h"

enum
{
  WIDTH = 12, /* of the parser's trunk */
  TRUNK = 16,
  ARENA = 8 << 20
};

/* What gen_sgpn.py calls parsed (). */
typedef struct Input
{
  RvsParserOut parsed;
  RvsTensor    classes;
} Input;

#define TINY_FILE "shape-face-256"

static void
copy_scaled (const RvsTensor *from, int channel, float gain, const RvsTensor *to, int at)
{
  for (size_t i = 0; i < from->cs; i++)
    rvs__channel (to, at)[i] = gain * rvs__channel (from, channel)[i];
}

static Input
input_new (void)
{
  static const int   heat_of[RVS_N_POINTS] = { 0, 1, 2, 1, 0 };
  static const float gain_of[WIDTH / 3] = { 1, 2, -1, .5f };
  Input              in = { { .features = new_tensor (WIDTH, TRUNK, TRUNK),
                              .heatmaps = new_tensor (RVS_N_POINTS, RVS_HEAT_SIDE, RVS_HEAT_SIDE),
                              .degradation = { .1f, .3f, .5f, .7f, .9f } },
                            new_tensor (RVS_N_CLASSES, RVS_MAP_SIDE, RVS_MAP_SIDE) };
  RvsTensor          small = new_tensor (3, TRUNK, TRUNK), large = new_tensor (3, RVS_HEAT_SIDE, RVS_HEAT_SIDE);

  fill_map (&in.classes);
  fill_face (&small);
  fill_face (&large);
  for (int c = 0; c < WIDTH; c++)
    copy_scaled (&small, c % 3, gain_of[c / 3], &in.parsed.features, c);
  for (int c = 0; c < RVS_N_POINTS; c++)
    copy_scaled (&large, heat_of[c], 6, &in.parsed.heatmaps, c);
  rvs__free (small.data);
  rvs__free (large.data);
  return in;
}

static void
input_clear (Input *in)
{
  rvs__free (in->parsed.features.data);
  rvs__free (in->parsed.heatmaps.data);
  rvs__free (in->classes.data);
}

static void
near_vector (const RvsStFile *vectors, const char *name, const float *got, double allowed)
{
  const RvsStTensor *tensor;
  float             *wanted = floats_of (vectors, "shape", name, &tensor);

  assert_close (name, got, wanted, tensor->n, allowed);
  rvs__free (wanted);
}

static void
as_trained (void **state)
{
  RvsStFile *vectors = open_vectors ("shape.safetensors");
  RvsNet     net = build_tiny (&rvs__arch_shape, TINY_FILE);
  Input      in = input_new ();

  (void)state;
  for (int level = 0; level < N_LEVELS_TESTED; level++)
    {
      Stage stage;
      stage_open (&stage, 2, cpu_levels[level], ARENA);
      RvsShape shape = rvs__shape_new (&stage.exec, net.data);
      rvs__shape_forward (net.data, &stage.exec, &in.parsed, &in.classes, &shape);
      near_vector (vectors, "coefficients", shape.coefficients, 1e-4);
      near_vector (vectors, "vertices", shape.vertices, 5e-3); /* pixels */
      near_vector (vectors, "error", &shape.error, 1e-3);
      near_vector (vectors, "trust", &shape.trust, 1e-3);
      assert_int_equal (shape.mesh.n_triangles, 9);
      assert_int_equal (shape.triangles[5], 5 * 17);
      assert_true (rvs__mesh_valid (&shape.mesh));
      stage_close (&stage);
    }
  input_clear (&in);
  rvs__net_clear (&net);
  rvs__st_close (vectors);
}

/* Weights that say nonsense: no trust, nothing to draw. Returns the trust. */
static float
trust_with (RvsNet *net, const Input *in)
{
  Stage stage;
  float trust;

  stage_open (&stage, 1, UINT32_MAX, ARENA);
  RvsShape shape = rvs__shape_new (&stage.exec, net->data);
  rvs__shape_forward (net->data, &stage.exec, &in->parsed, &in->classes, &shape);
  trust = shape.trust;
  assert_int_equal (shape.mesh.n_triangles, trust > 0 ? 9 : 0);
  stage_close (&stage);
  return trust;
}

static void
altered (void **state)
{
  static const float wrong[] = { 468, -1, 2.5f, 1e9f };
  RvsNet             net = build_tiny (&rvs__arch_shape, TINY_FILE);
  RvsShapeNet       *shape = net.data;
  Input              in = input_new ();

  (void)state;
  assert_true (trust_with (&net, &in) > 0);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    {
      const float kept = shape->triangles[4];
      shape->triangles[4] = wrong[i];
      assert_true (trust_with (&net, &in) == 0);
      shape->triangles[4] = kept;
    }
  shape->mean[700] = 1e20f;
  assert_true (trust_with (&net, &in) == 0);
  input_clear (&in);
  rvs__net_clear (&net);
}

static void
refused (void **state)
{
  (void)state;
  check_refused (&rvs__arch_shape, TINY_FILE, "shape.hidden\":\"7", "shape.hidden\":\"6", "hidden.weight");
  check_refused (&rvs__arch_shape, TINY_FILE, "shape.hidden\":\"7", "shape.hidde_\":\"7", "shape.hidden");
  check_refused (&rvs__arch_shape, TINY_FILE, "shape.low\":\"30", "shape.low\":\"00", "shape.low");
  check_refused (&rvs__arch_shape, TINY_FILE, "shape.high\":\"90", "shape.high\":\"30", "shape.high");
}

static void
poses (void **state)
{
  RvsStFile         *vectors = open_vectors ("shape.safetensors");
  const RvsStTensor *angles;
  float *reference = floats_of (vectors, "pose", "reference", NULL), *meshes = floats_of (vectors, "pose", "meshes", NULL);
  float *wanted = floats_of (vectors, "pose", "angles", &angles);

  (void)state;
  for (size_t i = 0; i < angles->shape[0]; i++)
    {
      const RvsPose pose = rvs__pose_of_mesh (meshes + i * 3 * RVS_SHAPE_VERTICES, reference);
      assert_true (pose.known);
      const float got[3] = { pose.yaw, pose.pitch, pose.roll };
      assert_close ("pose", got, wanted + 3 * i, 3, 2e-3); /* degrees; the meshes are floats */
    }
  rvs__free (reference);
  rvs__free (meshes);
  rvs__free (wanted);
  rvs__st_close (vectors);
}

static void
no_pose (void **state)
{
  static float reference[3 * RVS_SHAPE_VERTICES], mesh[3 * RVS_SHAPE_VERTICES];

  (void)state;
  for (int i = 0; i < 3 * RVS_SHAPE_VERTICES; i++)
    reference[i] = (float)(hash32 ((uint32_t)i) % 1000);
  for (int kind = 0; kind < 4; kind++) /* all zero, on a line, no number, mirrored: no turn does that */
    {
      RvsPose pose;
      for (int i = 0; i < 3 * RVS_SHAPE_VERTICES; i++)
        mesh[i] = kind == 0   ? 0
                  : kind == 1 ? reference[i - i % 3]
                  : kind == 2 ? (i % 50 ? reference[i] : NAN)
                              : (i % 3 ? reference[i] : -reference[i]);
      pose = rvs__pose_of_mesh (mesh, reference);
      assert_false (pose.known);
      assert_true (pose.yaw == 0 && pose.pitch == 0 && pose.roll == 0);
    }
}

static void
in_the_image (void **state)
{
  const RvsPose   inside = { .known = true, .yaw = 5, .pitch = 6, .roll = 100, .confidence = .5f }, none = { 0 };
  const RvsAffine quarter = { { 0, -2, 7, 2, 0, 9 } }; /* the crop's right is the image's down: clockwise */
  const RvsPose   turned = rvs__pose_in_image (&inside, &quarter), still = rvs__pose_in_image (&none, &quarter);

  (void)state;
  assert_true (fabsf (turned.roll - (100 + 90 - 360)) < 1e-3f);
  assert_true (turned.yaw == 5 && turned.pitch == 6 && turned.confidence == .5f && turned.known);
  assert_true (!still.known && still.roll == 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (as_trained), cmocka_unit_test (altered), cmocka_unit_test (refused),
    cmocka_unit_test (poses),      cmocka_unit_test (no_pose), cmocka_unit_test (in_the_image),
  };

  return cmocka_run_group_tests_name ("shape", tests, NULL, NULL);
}
