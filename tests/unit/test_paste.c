/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_paste.c: the compositor: exact bytes where nothing is added, out = in + s m d elsewhere, in every depth, channel count and
 * stride; alpha, masks, overlaps, partial areas, in-place, threads. */
#include "core/image.h"
#include "exec_bench.h"
#include "face/matte.h"
#include "face/paste.h"

#include <math.h>
#include <string.h>

enum
{
  W = 90,
  H = 70,
  PAD = 24 /* bytes behind each row */
};

typedef struct Picture
{
  unsigned char *bytes;
  size_t         n_bytes;
  RvsMutView     view;
} Picture;

/* Random pixels (and random padding), rows downwards or upwards. */
static Picture
picture_new (int channels, RvsDepth depth, bool flipped, uint32_t seed)
{
  const size_t row = (size_t)W * (size_t)channels * rvs_depth_bytes (depth) + PAD;
  Picture      p = { malloc (row * H), row * H, { NULL, (ptrdiff_t)row, W, H, channels, depth } };

  for (size_t i = 0; i < p.n_bytes; i++)
    p.bytes[i] = (unsigned char)next_random (&seed);
  if (depth == RVS_DEPTH_F32)
    for (size_t i = 0; i < p.n_bytes / 4; i++)
      ((float *)(void *)p.bytes)[i] = random_unit (&seed) * 1.4f - .2f;
  p.view.pixels = p.bytes;
  if (flipped)
    {
      p.view.pixels = p.bytes + row * (H - 1);
      p.view.stride = -p.view.stride;
    }
  return p;
}

static Picture
picture_copy (const Picture *from)
{
  Picture p = *from;

  p.bytes = malloc (p.n_bytes);
  memcpy (p.bytes, from->bytes, p.n_bytes);
  p.view.pixels = p.bytes + ((unsigned char *)from->view.pixels - from->bytes);
  return p;
}

static double
value_at (const Picture *p, int x, int y, int c)
{
  const unsigned char *row = (const unsigned char *)p->view.pixels + y * p->view.stride;
  const size_t         at = (size_t)x * (size_t)p->view.channels + (size_t)c;

  return p->view.depth == RVS_DEPTH_U8    ? row[at]
         : p->view.depth == RVS_DEPTH_U16 ? ((const uint16_t *)(const void *)row)[at]
                                          : ((const float *)(const void *)row)[at];
}

/* A patch over `rect` on the image's grid, its delta random, grey if asked for. */
static RvsPatch
patch_new (RvsRect rect, bool grey, uint32_t seed)
{
  RvsPatch p = { .on = true, .rect = rect, .field = tensor_new (3, rect.height, rect.width), .field_on_image = true };

  for (size_t i = 0; i < p.field.cs; i++)
    for (int c = 0; c < 3; c++)
      rvs__channel (&p.field, c)[i] = c > 0 && grey ? p.field.data[i] : random_unit (&seed) - .5f;
  p.image_to_crop
      = (RvsAffine){ { 1.0 / rect.width, 0, -(double)rect.x / rect.width, 0, 1.0 / rect.height, -(double)rect.y / rect.height } };
  return p;
}

static void
run (int n_threads, const RvsPatch *patches, size_t n, const Picture *src, Picture *dst, const RvsView *mask, float strength,
     RvsRect area)
{
  const RvsView from = rvs_view_of (&src->view);
  RvsPasteJob   job = { patches, n, &from, &dst->view, mask, strength, area, 0 };
  ExecBench     b;

  exec_bench_open (&b, n_threads, 1 << 20);
  rvs__paste (&b.exec, &job);
  exec_bench_close (&b);
}

static const RvsRect everywhere = { 0, 0, W, H };

/* Every kind of picture: the formula inside, the very bytes outside and where alpha is 0, alpha and padding included. */
static void
all_kinds (void **state)
{
  const RvsRect rect = { 20, 10, 33, 41 };

  (void)state;
  for (int kind = 0; kind < 24; kind++)
    {
      const int      channels = kind % 4 + 1, colours = channels < 3 ? 1 : 3;
      const RvsDepth depth = (RvsDepth)(kind / 4 % 3);
      const double   top = depth == RVS_DEPTH_U8 ? 255 : depth == RVS_DEPTH_U16 ? 65535 : 1;
      Picture        src = picture_new (channels, depth, kind >= 12, 3), dst = picture_copy (&src);
      RvsPatch       patch = patch_new (rect, colours == 1, 9);

      run (2, &patch, 1, &src, &dst, NULL, .7f, everywhere);
      for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
          for (int c = 0; c < channels; c++)
            {
              const bool inside = x >= 20 && x < 53 && y >= 10 && y < 51 && c < colours;
              double     want = value_at (&src, x, y, c);
              if (inside && !(channels % 2 == 0 && value_at (&src, x, y, channels - 1) == 0)) /* alpha 0 hides it */
                want += .7 * top * rvs__channel (&patch.field, c)[(y - 10) * 33 + x - 20];
              if (depth != RVS_DEPTH_F32)
                want = fmin (fmax (want, 0), top);
              if (fabs (value_at (&dst, x, y, c) - want) > (inside ? (depth == RVS_DEPTH_F32 ? 1e-6 : .51) : 0))
                fail_msg ("kind %d at %d, %d, %d: %g, not %g", kind, x, y, c, value_at (&dst, x, y, c), want);
            }
      for (int y = 0; y < H; y++) /* what lies between the rows */
        assert_memory_equal (dst.bytes + (size_t)(y + 1) * (dst.n_bytes / H) - PAD,
                             src.bytes + (size_t)(y + 1) * (src.n_bytes / H) - PAD, PAD);
      free (src.bytes);
      free (dst.bytes);
      free (patch.field.data);
    }
}

/* Strength 0, a face that is off and a zero delta restore the source's bytes in the rect, even NaN; outside nothing is touched. */
static void
nothing_added (void **state)
{
  const RvsRect rect = { 5, 6, 50, 40 };

  (void)state;
  for (int kind = 0; kind < 3; kind++)
    {
      Picture  src = picture_new (4, RVS_DEPTH_F32, false, 3), dst = picture_new (4, RVS_DEPTH_F32, false, 77);
      Picture  before = picture_copy (&dst);
      RvsPatch patch = patch_new (rect, false, 9);

      ((float *)src.view.pixels)[10 * (src.view.stride / 4) + 4 * 20] = NAN;
      patch.on = kind != 1;
      if (kind == 2)
        memset (patch.field.data, 0, 3 * patch.field.cs * sizeof (float));
      run (1, &patch, 1, &src, &dst, NULL, kind == 0 ? 0 : 1, everywhere);
      for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
          for (int c = 0; c < 4; c++)
            {
              const bool     inside = x >= 5 && x < 55 && y >= 6 && y < 46 && c < 3;
              const Picture *want = inside ? &src : &before;
              const size_t   at = (size_t)y * (size_t)src.view.stride + ((size_t)x * 4 + (size_t)c) * 4;
              assert_memory_equal (dst.bytes + at, want->bytes + at, 4);
            }
      free (src.bytes);
      free (dst.bytes);
      free (before.bytes);
      free (patch.field.data);
    }
}

static void
mask_multiplies (void **state)
{
  const RvsRect rect = { 0, 0, W, H };
  unsigned char mask[W * H];
  RvsView       mask_view = { mask, W, W, H, 1, RVS_DEPTH_U8 };
  Picture       src = picture_new (3, RVS_DEPTH_F32, false, 3), dst = picture_copy (&src);
  RvsPatch      patch = patch_new (rect, false, 9);

  (void)state;
  for (int i = 0; i < W * H; i++)
    mask[i] = (unsigned char)(i % W < 30 ? 0 : i % W < 60 ? 51 : 255);
  run (2, &patch, 1, &src, &dst, &mask_view, 1, everywhere);
  for (int y = 0; y < H; y++)
    for (int x = 0; x < W; x++)
      {
        const double d = rvs__channel (&patch.field, 1)[y * W + x];
        assert_float_equal (value_at (&dst, x, y, 1) - value_at (&src, x, y, 1), x < 30 ? 0 : x < 60 ? .2 * d : d, 1e-6);
      }
  free (src.bytes);
  free (dst.bytes);
  free (patch.field.data);
}

/* Two faces with the same delta, one over the other: the overlap gets it once, not twice, and order does not matter. */
static void
overlap_is_shared (void **state)
{
  const RvsRect left = { 0, 0, 60, H }, right = { 30, 0, 60, H };
  Picture       src = picture_new (3, RVS_DEPTH_F32, false, 3), dst = picture_copy (&src), again = picture_copy (&src);
  RvsPatch      patches[2] = { patch_new (left, false, 9), patch_new (right, false, 9) }, turned[2];

  (void)state;
  for (int k = 0; k < 2; k++)
    for (size_t i = 0; i < 3 * patches[k].field.cs; i++)
      patches[k].field.data[i] = .125f;
  run (1, patches, 2, &src, &dst, NULL, 1, everywhere);
  for (int y = 0; y < H; y++)
    for (int x = 0; x < W; x++)
      assert_float_equal (value_at (&dst, x, y, 2) - value_at (&src, x, y, 2), .125, 1e-6);
  turned[0] = patches[1];
  turned[1] = patches[0];
  run (1, turned, 2, &src, &again, NULL, 1, everywhere);
  assert_memory_equal (dst.bytes, again.bytes, dst.n_bytes);
  for (int k = 0; k < 2; k++)
    free (patches[k].field.data);
  free (src.bytes);
  free (dst.bytes);
  free (again.bytes);
}

/* The same memory as source and destination gives what two pictures give; an area restricts the writing. */
static void
in_place_and_area (void **state)
{
  const RvsRect rect = { 10, 10, 70, 50 }, area = { 30, 20, 20, 15 };
  Picture       src = picture_new (4, RVS_DEPTH_U16, true, 3), dst = picture_copy (&src), part = picture_copy (&src);
  Picture       same = picture_copy (&src);
  RvsPatch      patches[2] = { patch_new (rect, false, 9), patch_new ((RvsRect){ 40, 0, 50, 40 }, false, 10) };

  (void)state;
  run (2, patches, 2, &src, &dst, NULL, .9f, everywhere);
  run (2, patches, 2, &same, &same, NULL, .9f, everywhere);
  assert_memory_equal (same.bytes, dst.bytes, dst.n_bytes);
  assert_memory_not_equal (src.bytes, dst.bytes, dst.n_bytes);
  run (2, patches, 2, &src, &part, NULL, .9f, area);
  for (int y = 0; y < H; y++)
    for (int x = 0; x < W; x++)
      for (int c = 0; c < 4; c++)
        {
          const bool inside = x >= 30 && x < 50 && y >= 20 && y < 35;
          assert_true (value_at (&part, x, y, c) == value_at (inside ? &dst : &src, x, y, c));
        }
  for (int k = 0; k < 2; k++)
    free (patches[k].field.data);
  free (src.bytes);
  free (dst.bytes);
  free (part.bytes);
  free (same.bytes);
}

static double
smooth_delta (double u, double v)
{
  return .2 * sin (5 * u) * cos (4 * v);
}

/* A field on the crop's grid, turned and enlarged: bicubic, exact to a thousandth for a smooth delta, 0 outside of the crop. */
static void
field_on_crop (void **state)
{
  Picture  src = picture_new (3, RVS_DEPTH_F32, false, 3), dst = picture_copy (&src);
  RvsPatch patch = { .on = true, .rect = everywhere, .field = tensor_new (3, 40, 40) };

  (void)state;
  for (int c = 0; c < 3; c++)
    for (int i = 0; i < 1600; i++)
      rvs__channel (&patch.field, c)[i] = (float)smooth_delta ((i % 40 + .5) / 40, (i / 40 + .5) / 40) * (float)(c + 1);
  patch.image_to_crop = (RvsAffine){ { .01, .004, -.1, -.004, .01, .2 } };
  run (3, &patch, 1, &src, &dst, NULL, 1, everywhere);
  for (int y = 0; y < H; y++)
    for (int x = 0; x < W; x++)
      {
        double u, v;
        rvs__affine_apply (&patch.image_to_crop, x + .5, y + .5, &u, &v);
        const bool   inside = u >= 0 && u <= 1 && v >= 0 && v <= 1, inner = u > .05 && u < .95 && v > .05 && v < .95;
        const double got = value_at (&dst, x, y, 2) - value_at (&src, x, y, 2);
        if (!inside)
          assert_true (got == 0);
        else
          assert_float_equal (got, 3 * smooth_delta (u, v), inner ? .001 : .03);
      }
  free (patch.field.data);
  free (src.bytes);
  free (dst.bytes);
}

static void
premultiplied_by_the_matte (void **state)
{
  RvsTensor delta = tensor_new (3, 128, 128);
  float    *matte = malloc (RVS_MATTE_CELLS * sizeof *matte);
  ExecBench b;

  (void)state;
  exec_bench_open (&b, 2, 1 << 20);
  for (int i = 0; i < RVS_MATTE_CELLS; i++)
    matte[i] = (float)(i % 128) / 128;
  for (size_t i = 0; i < 3 * delta.cs; i++)
    delta.data[i] = .5f;
  rvs__paste_premultiply (&b.exec, &delta, matte, .5f, &delta);
  assert_float_equal (rvs__channel (&delta, 2)[64 * 128 + 64], .125, 1e-6);
  assert_true (delta.data[0] == 0);
  for (size_t i = 0; i < 3 * delta.cs; i++)
    delta.data[i] = .5f;
  rvs__paste_premultiply (&b.exec, &delta, NULL, .5f, &delta);
  assert_true (delta.data[0] == .25f);
  free (delta.data);
  free (matte);
  exec_bench_close (&b);
}

static void
any_thread_count (void **state)
{
  Picture  src = picture_new (3, RVS_DEPTH_U8, false, 3), out[3];
  RvsPatch patches[2] = { patch_new ((RvsRect){ 3, 4, 60, 60 }, false, 9), patch_new ((RvsRect){ 30, 10, 60, 60 }, false, 4) };

  (void)state;
  for (int n = 0; n < 3; n++)
    {
      out[n] = picture_copy (&src);
      run (n + 1, patches, 2, &src, &out[n], NULL, .8f, everywhere);
      assert_memory_equal (out[n].bytes, out[0].bytes, src.n_bytes);
    }
  for (int n = 0; n < 3; n++)
    free (out[n].bytes);
  free (src.bytes);
  for (int k = 0; k < 2; k++)
    free (patches[k].field.data);
}

/* The weights are strength * mask * min (1, the sum of the mattes), only where a patch is on, and they are what the paste multiplies
 * the deltas by: a field that is the matte itself comes out as the weight, or as the weight in equal shares where faces overlap. */
static void
weights_are_what_paste_uses (void **state)
{
  const RvsRect first = { 10, 8, 50, 44 }, second = { 30, 20, 50, 44 }, third = { 2, 40, 30, 25 };
  static float  matte[RVS_MATTE_CELLS];
  static float  weights[2][W * H];
  unsigned char mask[W * H];
  const RvsView mask_view = { mask, W, W, H, 1, RVS_DEPTH_U8 };
  Picture       src = picture_new (1, RVS_DEPTH_F32, false, 3), dst = picture_copy (&src);
  RvsPatch      patches[3] = { patch_new (first, true, 5), patch_new (second, true, 6), patch_new (third, true, 7) };
  int           n_soft = 0, n_full = 0;

  (void)state;
  for (int i = 0; i < RVS_MATTE_CELLS; i++)
    matte[i] = .5f + .4f * (float)sin (i % RVS_MAP_SIDE * .1);
  for (int i = 0; i < W * H; i++)
    mask[i] = (unsigned char)(i % W * 255 / W);
  patches[2].on = false;
  for (int k = 0; k < 3; k++)
    {
      patches[k].matte = matte;
      for (int y = 0; y < patches[k].rect.height; y++)
        for (int x = 0; x < patches[k].rect.width; x++)
          for (int c = 0; c < 3; c++)
            rvs__channel (&patches[k].field, c)[y * patches[k].rect.width + x]
                = rvs__matte_at (matte, (x + .5) / patches[k].rect.width, (y + .5) / patches[k].rect.height);
    }
  run (2, patches, 3, &src, &dst, &mask_view, .8f, everywhere);
  for (int k = 0; k < 2; k++)
    {
      RvsMutView  to = { weights[k], W * 4, W, H, 1, RVS_DEPTH_F32 };
      RvsPasteJob job = { patches, 3, NULL, &to, &mask_view, .8f, everywhere, 0 };
      ExecBench   b;

      for (int i = 0; i < W * H; i++)
        weights[k][i] = -1;
      exec_bench_open (&b, k == 0 ? 1 : 3, 1 << 20);
      rvs__paste_weights (&b.exec, &job);
      exec_bench_close (&b);
    }
  assert_memory_equal (weights[0], weights[1], sizeof weights[0]);
  for (int y = 0; y < H; y++)
    for (int x = 0; x < W; x++)
      {
        const float w = weights[0][y * W + x];
        const bool  inside = (x >= 10 && x < 60 && y >= 8 && y < 52) || (x >= 30 && x < 80 && y >= 20 && y < 64);
        if (!inside)
          assert_true (w == -1);
        else
          {
            assert_true (w >= 0 && w <= .8f * mask[y * W + x] / 255 + 1e-6f);
            assert_float_equal (value_at (&dst, x, y, 0) - value_at (&src, x, y, 0), w, 1e-5);
            n_soft += w > 0 && w < .79f * mask[y * W + x] / 255;
            n_full += w > 0 && w >= .79f * mask[y * W + x] / 255;
          }
      }
  assert_true (n_soft > 300 && n_full > 100);
  for (int k = 0; k < 3; k++)
    free (patches[k].field.data);
  free (src.bytes);
  free (dst.bytes);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (all_kinds),
    cmocka_unit_test (nothing_added),
    cmocka_unit_test (mask_multiplies),
    cmocka_unit_test (overlap_is_shared),
    cmocka_unit_test (in_place_and_area),
    cmocka_unit_test (field_on_crop),
    cmocka_unit_test (premultiplied_by_the_matte),
    cmocka_unit_test (any_thread_count),
    cmocka_unit_test (weights_are_what_paste_uses),
  };

  return cmocka_run_group_tests_name ("paste", tests, NULL, NULL);
}
