/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_choose.c: which of the detected faces are restored: size, confidence, landmarks, selection and number, in this order. */
#include "rvs_params.h"
#include "testing.h"

#include <string.h>

#define SIDE 1000

/* Upright, at (x, y), w wide. */
static RvsFace
face_at (float x, float y, float w, float score)
{
  static const float at[5][2] = { { 0.27f, 0.38f }, { 0.73f, 0.38f }, { 0.5f, 0.58f }, { 0.3f, 0.74f }, { 0.7f, 0.74f } };
  RvsFace            face = { .x = x, .y = y, .w = w, .h = 1.2f * w, .score = score, .flags = RVS_FACE_HAS_LANDMARKS };

  for (int i = 0; i < 5; i++)
    {
      face.landmarks[i][0] = x + at[i][0] * face.w;
      face.landmarks[i][1] = y + at[i][1] * face.h;
    }
  return face;
}

static void
check_skips (const RvsFace *faces, size_t n, const RvsParams *params, const RvsSkip *expected)
{
  RvsSkip skips[8];

  rvs_choose_faces (faces, n, SIDE, SIDE, params, 0.5f, skips);
  for (size_t i = 0; i < n; i++)
    if (skips[i] != expected[i])
      fail_msg ("face %zu: %s, expected %s", i, rvs_skip_name (skips[i]), rvs_skip_name (expected[i]));
}

static void
test_each_reason (void **state)
{
  RvsFace       faces[] = { face_at (10, 10, 200, .9f), face_at (300, 10, 100, .4f), face_at (500, 10, 20, .9f),
                            face_at (700, 10, 100, .5f), face_at (10, 500, 100, .9f) };
  const RvsSkip expected[] = { RVS_SKIP_NONE, RVS_SKIP_LOW_CONFIDENCE, RVS_SKIP_TOO_SMALL, RVS_SKIP_NONE, RVS_SKIP_DEGENERATE };
  RvsParams     params;

  (void)state;
  memset (faces[4].landmarks, 0, sizeof faces[4].landmarks);
  rvs_params_init (&params);
  check_skips (faces, 5, &params, expected);
  check_skips (faces, 0, &params, NULL);
}

/* The number counts faces that can be restored only: what is too small, doubtful or unusable takes nobody's place. */
static void
test_number (void **state)
{
  RvsFace       faces[] = { face_at (10, 10, 300, .1f),  face_at (400, 10, 200, .9f), face_at (700, 10, 150, .9f),
                            face_at (10, 500, 100, .9f), face_at (300, 500, 90, .9f), face_at (500, 500, 10, .9f) };
  const RvsSkip expected[]
      = { RVS_SKIP_LOW_CONFIDENCE, RVS_SKIP_DEGENERATE, RVS_SKIP_NONE, RVS_SKIP_NONE, RVS_SKIP_DISABLED, RVS_SKIP_TOO_SMALL };
  RvsParams params;

  (void)state;
  faces[1].flags = 0;
  rvs_params_init (&params);
  params.max_faces = 2;
  check_skips (faces, 6, &params, expected);
}

/* The caller's own box is restored whatever its size and score. */
static void
test_own_faces (void **state)
{
  RvsFace       faces[] = { face_at (10, 10, 8, 0), face_at (100, 10, 8, 0) };
  const RvsSkip expected[] = { RVS_SKIP_NONE, RVS_SKIP_TOO_SMALL };
  RvsParams     params;

  (void)state;
  faces[0].flags |= RVS_FACE_FROM_USER;
  rvs_params_init (&params);
  check_skips (faces, 2, &params, expected);
}

/* A whole picture that is the face has no say in landmarks or size. */
static void
test_aligned (void **state)
{
  const RvsView image = { .width = SIDE, .height = SIDE };
  const RvsSkip expected = RVS_SKIP_NONE;
  RvsFace       face;
  RvsParams     params;

  (void)state;
  rvs_face_aligned (&image, &face);
  rvs_params_init (&params);
  check_skips (&face, 1, &params, &expected);
}

static uint8_t  mask_u8[SIDE * SIDE];
static uint16_t mask_u16[SIDE * SIDE];
static float    mask_f32[SIDE * SIDE];

/* Columns [x0, x1) selected. */
static void
select_columns (int x0, int x1)
{
  for (int i = 0; i < SIDE * SIDE; i++)
    {
      const int on = i % SIDE >= x0 && i % SIDE < x1;
      mask_u8[i] = on ? 128 : 127; /* half and more means selected */
      mask_u16[i] = on ? 65535 : 0;
      mask_f32[i] = on ? 1 : .5f;
    }
}

static void
check_mask (const RvsSkip *expected)
{
  const RvsFace faces[] = { face_at (100, 100, 200, .9f), face_at (500, 100, 160, .9f), face_at (700, 100, 100, .9f) };
  const RvsView masks[] = { { mask_u8, SIDE, SIDE, SIDE, 1, RVS_DEPTH_U8 },
                            { mask_u16, 2 * SIDE, SIDE, SIDE, 1, RVS_DEPTH_U16 },
                            { mask_f32, 4 * SIDE, SIDE, SIDE, 1, RVS_DEPTH_F32 } };
  RvsParams     params;

  rvs_params_init (&params);
  for (int i = 0; i < 3; i++)
    {
      params.mask = masks[i];
      check_skips (faces, 3, &params, expected);
    }
}

static void
test_selection (void **state)
{
  const RvsSkip first[] = { RVS_SKIP_NONE, RVS_SKIP_DISABLED, RVS_SKIP_DISABLED };
  const RvsSkip none[] = { RVS_SKIP_DISABLED, RVS_SKIP_DISABLED, RVS_SKIP_DISABLED };

  (void)state;
  select_columns (0, 210); /* its middle */
  check_mask (first);
  select_columns (0, 152); /* a quarter of its box, not the middle */
  check_mask (first);
  select_columns (0, 140);
  check_mask (none);
}

/* The number counts what is selected. */
static void
test_selection_and_number (void **state)
{
  const RvsFace faces[] = { face_at (100, 100, 200, .9f), face_at (500, 100, 160, .9f), face_at (700, 100, 100, .9f) };
  const RvsSkip expected[] = { RVS_SKIP_DISABLED, RVS_SKIP_NONE, RVS_SKIP_DISABLED };
  RvsParams     params;

  (void)state;
  select_columns (450, SIDE);
  rvs_params_init (&params);
  params.mask = (RvsView){ mask_u8, SIDE, SIDE, SIDE, 1, RVS_DEPTH_U8 };
  params.max_faces = 1;
  check_skips (faces, 3, &params, expected);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_each_reason), cmocka_unit_test (test_number),    cmocka_unit_test (test_own_faces),
    cmocka_unit_test (test_aligned),     cmocka_unit_test (test_selection), cmocka_unit_test (test_selection_and_number),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
