/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_image.c: views of every depth, channel count and stride, against arithmetic written out per pixel; canaries round the
 * pixels show that nothing else is written. */
#include "core/image.h"
#include "testing.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CANARY 0xa5
#define MARGIN 64

typedef struct Picture
{
  unsigned char *block; /* margins included */
  size_t         n_block;
  size_t         row_bytes, pitch;
  RvsMutView     view;
} Picture;

static const size_t depth_sizes[3] = { 1, 2, 4 };

static uint32_t
next_random (uint32_t *state)
{
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

/* `padding` bytes follow each row; upside_down gives a negative stride. */
static Picture
make_picture (int width, int height, int channels, RvsDepth depth, size_t padding, bool upside_down)
{
  Picture p;

  p.row_bytes = (size_t)width * (size_t)channels * depth_sizes[depth];
  p.pitch = p.row_bytes + padding * depth_sizes[depth];
  p.n_block = p.pitch * (size_t)height + 2 * MARGIN;
  p.block = malloc (p.n_block);
  memset (p.block, CANARY, p.n_block);
  p.view.pixels = p.block + MARGIN + (upside_down ? (size_t)(height - 1) * p.pitch : 0);
  p.view.stride = upside_down ? -(ptrdiff_t)p.pitch : (ptrdiff_t)p.pitch;
  p.view.width = width;
  p.view.height = height;
  p.view.channels = channels;
  p.view.depth = depth;
  return p;
}

static unsigned char *
value_at (const Picture *p, int x, int y, int c)
{
  return (unsigned char *)p->view.pixels + y * p->view.stride
         + (ptrdiff_t)((size_t)(x * p->view.channels + c) * depth_sizes[p->view.depth]);
}

static double
read_value (const Picture *p, int x, int y, int c)
{
  const void *at = value_at (p, x, y, c);

  switch (p->view.depth)
    {
    case RVS_DEPTH_U8:
      return *(const uint8_t *)at;
    case RVS_DEPTH_U16:
      return *(const uint16_t *)at;
    default:
      return (double)*(const float *)at;
    }
}

static void
set_value (const Picture *p, int x, int y, int c, double v)
{
  void *at = value_at (p, x, y, c);

  switch (p->view.depth)
    {
    case RVS_DEPTH_U8:
      *(uint8_t *)at = (uint8_t)v;
      break;
    case RVS_DEPTH_U16:
      *(uint16_t *)at = (uint16_t)v;
      break;
    default:
      *(float *)at = (float)v;
      break;
    }
}

static double
top_of (RvsDepth depth)
{
  return depth == RVS_DEPTH_U8 ? 255.0 : depth == RVS_DEPTH_U16 ? 65535.0 : 1.0;
}

static void
fill (const Picture *p, uint32_t seed)
{
  for (int y = 0; y < p->view.height; y++)
    for (int x = 0; x < p->view.width; x++)
      for (int c = 0; c < p->view.channels; c++)
        set_value (p, x, y, c,
                   p->view.depth == RVS_DEPTH_F32 ? (double)next_random (&seed) / 0x1p23 - 0.5 /* also outside 0..1 */
                                                  : (double)(next_random (&seed) & (uint32_t)top_of (p->view.depth)));
}

/* Every byte that is neither a pixel of `rect` nor, in it, an alpha value is as in `before`. */
static void
check_only_colours_changed (const Picture *p, const unsigned char *before, RvsRect rect)
{
  for (int y = rect.y; y < rect.y + rect.height; y++)
    for (int x = rect.x; x < rect.x + rect.width; x++)
      for (int c = 0; c < (p->view.channels < 3 ? 1 : 3); c++)
        {
          unsigned char *at = value_at (p, x, y, c);
          memcpy (at, before + (at - p->block), depth_sizes[p->view.depth]);
        }
  assert_memory_equal (p->block, before, p->n_block);
}

typedef void (*CheckPicture) (const Picture *p);

/* All depths and channel counts, odd sizes, padded and negative strides. */
static void
for_all_pictures (CheckPicture check)
{
  static const int sizes[][2] = { { 1, 1 }, { 7, 5 }, { 16, 3 }, { 33, 2 } };

  for (int depth = 0; depth < 3; depth++)
    for (int channels = 1; channels <= 4; channels++)
      for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int form = 0; form < 4; form++)
          {
            Picture p = make_picture (sizes[s][0], sizes[s][1], channels, (RvsDepth)depth, form & 1 ? 5 : 0, (form & 2) != 0);
            RvsView view = rvs_view_of (&p.view);

            fill (&p, (uint32_t)(depth * 64 + channels * 16 + form));
            assert_int_equal (rvs__view_check (&view, NULL), RVS_OK);
            check (&p);
            free (p.block);
          }
}

static void
check_reading (const Picture *p)
{
  RvsView view = rvs_view_of (&p->view);
  float   r[40], g[40], b[40];
  float  *planes[3] = { r, g, b };

  assert_int_equal (rvs__view_colours (&view), p->view.channels < 3 ? 1 : 3);
  for (int y = 0; y < view.height; y++)
    for (int x = 0; x < view.width; x += 3)
      {
        int n = view.width - x;

        r[n] = g[n] = b[n] = 123.0f;
        rvs__view_read_row (&view, y, x, n, r, g, b);
        for (int i = 0; i < n; i++)
          for (int c = 0; c < 3; c++)
            {
              double value = read_value (p, x + i, y, view.channels < 3 ? 0 : c);
              assert_true (planes[c][i] == (float)value / (float)top_of (view.depth));
            }
        assert_true (r[n] == 123.0f && g[n] == 123.0f && b[n] == 123.0f);
      }
}

static void
test_reading (void **state)
{
  (void)state;
  for_all_pictures (check_reading);
}

/* Reading and writing back gives the same bytes; writing other values touches the colours of the span and nothing else. */
static void
check_writing (const Picture *p)
{
  RvsView        view = rvs_view_of (&p->view);
  unsigned char *before = malloc (p->n_block);
  float          r[40], g[40], b[40];

  memcpy (before, p->block, p->n_block);
  for (int y = 0; y < view.height; y++)
    {
      rvs__view_read_row (&view, y, 0, view.width, r, g, b);
      rvs__view_write_row (&p->view, y, 0, view.width, r, g, b);
    }
  assert_memory_equal (p->block, before, p->n_block);

  for (int i = 0; i < 40; i++)
    r[i] = 0.25f, g[i] = 0.5f, b[i] = 0.9f;
  for (int x = 0; x < view.width; x += 3)
    {
      int     n = view.width - x < 2 ? 1 : 2;
      RvsRect span = { x, view.height - 1, n, 1 };

      rvs__view_write_row (&p->view, view.height - 1, x, n, r, g, b);
      for (int c = 0; c < (view.channels < 3 ? 1 : 3); c++)
        {
          double v = view.channels < 3 ? ((double)0.25f + 0.5f + (double)0.9f) / 3.0 : (double)(float[]){ 0.25f, 0.5f, 0.9f }[c];
          double expected = view.depth == RVS_DEPTH_F32 ? (double)(float)v : floor (v * top_of (view.depth) + 0.5);
          assert_true (read_value (p, x, view.height - 1, c) == expected);
        }
      check_only_colours_changed (p, before, span);
    }
  free (before);
}

static void
test_writing (void **state)
{
  (void)state;
  for_all_pictures (check_writing);
}

static void
check_copying (const Picture *src)
{
  RvsView        view = rvs_view_of (&src->view);
  Picture        dst = make_picture (view.width, view.height, view.channels, view.depth, 3, src->view.stride > 0);
  unsigned char *before = malloc (dst.n_block);
  RvsRect        rect = { view.width / 3, view.height / 2, (view.width + 1) / 2, (view.height + 1) / 2 };
  RvsRect        none = { 0, 0, 0, 0 };

  fill (&dst, 99);
  if (view.depth == RVS_DEPTH_F32) /* exact bytes: a NaN stays that NaN */
    set_value (src, rect.x, rect.y, 0, NAN);
  memcpy (before, dst.block, dst.n_block);
  rvs__view_copy_rect (&view, &dst.view, none);
  assert_memory_equal (dst.block, before, dst.n_block);
  rvs__view_copy_rect (&view, &dst.view, rect);
  for (int y = rect.y; y < rect.y + rect.height; y++)
    for (int x = rect.x; x < rect.x + rect.width; x++)
      for (int c = 0; c < rvs__view_colours (&view); c++)
        assert_memory_equal (value_at (&dst, x, y, c), value_at (src, x, y, c), depth_sizes[view.depth]);
  check_only_colours_changed (&dst, before, rect);
  free (before);
  free (dst.block);
}

static void
test_copying (void **state)
{
  (void)state;
  for_all_pictures (check_copying);
}

static void
test_every_level_survives (void **state)
{
  static uint16_t from[65536], to[65536];
  static float    r[65536], g[65536], b[65536];
  RvsView         src = { from, 65535 * 2, 65535, 1, 1, RVS_DEPTH_U16 };
  RvsMutView      dst = { to, 65535 * 2, 65535, 1, 1, RVS_DEPTH_U16 };
  uint8_t         from8[256], to8[256];
  RvsView         src8 = { from8, 256, 256, 1, 1, RVS_DEPTH_U8 };
  RvsMutView      dst8 = { to8, 256, 256, 1, 1, RVS_DEPTH_U8 };

  (void)state;
  for (int i = 0; i < 65536; i++)
    from[i] = (uint16_t)(65535 - i);
  rvs__view_read_row (&src, 0, 0, 65535, r, g, b);
  rvs__view_write_row (&dst, 0, 0, 65535, r, g, b);
  assert_memory_equal (from, to, 65535 * 2);
  for (int i = 0; i < 256; i++)
    from8[i] = (uint8_t)i;
  rvs__view_read_row (&src8, 0, 0, 256, r, g, b);
  assert_true (r[255] == 1.0f && r[0] == 0.0f);
  rvs__view_write_row (&dst8, 0, 0, 256, r, g, b);
  assert_memory_equal (from8, to8, 256);
}

static void
test_rounding_and_clamping (void **state)
{
  static const struct
  {
    float v;
    int   u8, u16;
  } cases[] = {
    { -1.0f, 0, 0 },
    { -0.0f, 0, 0 },
    { 1.0f, 255, 65535 },
    { 1.5f, 255, 65535 },
    { INFINITY, 255, 65535 },
    { -INFINITY, 0, 0 },
    { NAN, 0, 0 },
    { 0.5f, 128, 32768 },                    /* 127.5 and 32767.5 round up */
    { 0.49f / 255.0f, 0, 126 },              /* 125.93 */
    { 0.51f / 255.0f, 1, 131 },              /* 131.07 */
    { 1.0f - 0.51f / 255.0f, 254, 65404 },   /* 65403.93 */
    { 1.0f - 0.49f / 65535.0f, 255, 65535 }, /* 65534.51 */
    { 1e30f, 255, 65535 },
  };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      uint8_t    u8[3];
      uint16_t   u16[3];
      RvsMutView view8 = { u8, 3, 1, 1, 3, RVS_DEPTH_U8 }, view16 = { u16, 6, 1, 1, 3, RVS_DEPTH_U16 };
      float      other = 0.0f;

      rvs__view_write_row (&view8, 0, 0, 1, &other, &cases[i].v, &other);
      rvs__view_write_row (&view16, 0, 0, 1, &other, &cases[i].v, &other);
      if (u8[1] != cases[i].u8 || u16[1] != cases[i].u16 || u8[0] || u8[2] || u16[0] || u16[2])
        fail_msg ("%g writes as %d and %d", (double)cases[i].v, u8[1], u16[1]);
    }
}

static void
test_floats (void **state)
{
  float      in[5] = { NAN, INFINITY, -INFINITY, 1.75f, -0.25f };
  float      out[5], r[5], g[5], b[5];
  RvsView    src = { in, sizeof in, 5, 1, 1, RVS_DEPTH_F32 };
  RvsMutView dst = { out, sizeof out, 5, 1, 1, RVS_DEPTH_F32 };

  (void)state;
  rvs__view_read_row (&src, 0, 0, 5, r, g, b);
  assert_true (r[0] == 0.0f && r[1] == 0.0f && r[2] == 0.0f && r[3] == 1.75f && r[4] == -0.25f);
  assert_memory_equal (r, g, sizeof r);
  assert_memory_equal (r, b, sizeof r);
  r[0] = NAN;
  rvs__view_write_row (&dst, 0, 0, 5, r, g, b);
  assert_true (out[0] == 0.0f && out[3] == 1.75f && out[4] == -0.25f);
}

static void
expect_refused (RvsView view, RvsStatus status, const char *says)
{
  RvsError err = { RVS_OK, "" };

  assert_int_equal (rvs__view_check (&view, &err), status);
  assert_int_equal (err.status, status);
  if (!strstr (err.message, says))
    fail_msg ("message '%s', expected '%s'", err.message, says);
}

static void
test_impossible_views (void **state)
{
  static float px[64];
  RvsView      good = { px, 16, 4, 4, 1, RVS_DEPTH_F32 }, v;
  char        *odd = (char *)px + 1;

  (void)state;
  assert_int_equal (rvs__view_check (&good, NULL), RVS_OK);
  v = good, v.width = 0, expect_refused (v, RVS_ERR_ARGUMENT, "0 x 4");
  v = good, v.height = 0, expect_refused (v, RVS_ERR_ARGUMENT, "4 x 0");
  v = good, v.width = -1, expect_refused (v, RVS_ERR_ARGUMENT, "-1 x 4");
  v = good, v.height = INT32_MIN, expect_refused (v, RVS_ERR_ARGUMENT, "not an image");
  v = good, v.width = 65536, expect_refused (v, RVS_ERR_LIMIT, "at most 65535");
  v = good, v.height = INT32_MAX, expect_refused (v, RVS_ERR_LIMIT, "at most 65535");
  v = good, v.width = 20001, v.height = 20000, expect_refused (v, RVS_ERR_LIMIT, "400 megapixels");
  v = good, v.channels = 0, expect_refused (v, RVS_ERR_ARGUMENT, "0 channels");
  v = good, v.channels = 5, expect_refused (v, RVS_ERR_ARGUMENT, "5 channels");
  v = good, v.depth = (RvsDepth)3, expect_refused (v, RVS_ERR_ARGUMENT, "depth 3");
  v = good, v.pixels = NULL, expect_refused (v, RVS_ERR_ARGUMENT, "no pixels");
  v = good, v.pixels = odd, expect_refused (v, RVS_ERR_ARGUMENT, "aligned to 4");
  v = good, v.stride = 18, expect_refused (v, RVS_ERR_ARGUMENT, "aligned to 4");
  v = good, v.stride = 12, expect_refused (v, RVS_ERR_ARGUMENT, "stride of 12");
  v = good, v.stride = -12, expect_refused (v, RVS_ERR_ARGUMENT, "stride of -12");
  v = good, v.stride = 0, expect_refused (v, RVS_ERR_ARGUMENT, "stride of 0");
  v = good, v.stride = PTRDIFF_MAX - 3, expect_refused (v, RVS_ERR_ARGUMENT, "impossible");
  v = good, v.stride = PTRDIFF_MIN, expect_refused (v, RVS_ERR_ARGUMENT, "impossible");
  v = good, v.depth = RVS_DEPTH_U16, v.pixels = odd, expect_refused (v, RVS_ERR_ARGUMENT, "aligned to 2");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_reading),
    cmocka_unit_test (test_writing),
    cmocka_unit_test (test_copying),
    cmocka_unit_test (test_every_level_survives),
    cmocka_unit_test (test_rounding_and_clamping),
    cmocka_unit_test (test_floats),
    cmocka_unit_test (test_impossible_views),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
