/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_picture.c: pixels of every PNG and JPEG kind come out right, and survive being written.
 */
#include "testing.h"

#include "roundtrip.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

enum
{
  W = 13,
  H = 9
};

static RvsPicture
read_ok (Bytes file)
{
  RvsPicture picture;
  RvsError   err = { 0 };
  RvsStatus  status = rvs_picture_read_memory (file.bytes, file.n, NULL, &picture, &err);

  if (status)
    fail_msg ("%s", err.message);
  return picture;
}

static unsigned
packed_sample (const unsigned char *rows, size_t row_bytes, int depth, int x, int y)
{
  const unsigned char *row = rows + (size_t)y * row_bytes;
  int                  bit = x * depth;

  if (depth == 16)
    return (unsigned)row[2 * x] << 8 | row[2 * x + 1];
  return (unsigned)row[bit / 8] >> (8 - depth - bit % 8) & ((1u << depth) - 1);
}

static unsigned
pixel_sample (const RvsPicture *picture, int x, int y, int channel)
{
  const unsigned char *row = (const unsigned char *)picture->view.pixels + y * picture->view.stride;
  uint16_t             value;

  if (picture->view.depth == RVS_DEPTH_U8)
    return row[x * picture->view.channels + channel];
  memcpy (&value, row + 2 * (x * picture->view.channels + channel), 2);
  return value;
}

/* One grey file of each depth, with or without interlace and a transparent value. */
static void
check_grey (int depth, bool interlaced, bool transparent)
{
  unsigned char rows[H * 2 * W];
  size_t        row_bytes = ((size_t)W * (size_t)depth + 7) / 8;
  PngSpec       spec = { .width = W,
                         .height = H,
                         .depth = depth,
                         .colour_type = PNG_COLOR_TYPE_GRAY,
                         .interlaced = interlaced,
                         .rows = rows,
                         .row_bytes = row_bytes,
                         .transparent = transparent };
  Bytes         file;
  RvsPicture    picture, back;

  fill_noise (rows, sizeof rows, (uint32_t)depth);
  memset (rows, 0, 2); /* so that the transparent value occurs */
  file = make_png (&spec);
  picture = read_ok (file);
  assert_int_equal (picture.view.channels, transparent ? 2 : 1);
  assert_int_equal (picture.view.depth, depth == 16 ? RVS_DEPTH_U16 : RVS_DEPTH_U8);
  for (int y = 0; y < H; y++)
    for (int x = 0; x < W; x++)
      {
        unsigned value = packed_sample (rows, row_bytes, depth, x, y);
        unsigned full = depth == 16 ? 65535 : 255;
        assert_int_equal (pixel_sample (&picture, x, y, 0), depth < 8 ? value * 255 / ((1u << depth) - 1) : value);
        if (transparent)
          assert_int_equal (pixel_sample (&picture, x, y, 1), value == 0 ? 0 : full);
      }
  back = through (&picture, RVS_PICTURE_PNG, NULL);
  assert_same_pixels (&picture, &back);
  rvs_picture_clear (&back);
  rvs_picture_clear (&picture);
  free (file.bytes);
}

static void
test_grey_depths (void **state)
{
  static const int depths[] = { 1, 2, 4, 8, 16 };

  (void)state;
  for (size_t i = 0; i < sizeof depths / sizeof depths[0]; i++)
    for (int how = 0; how < 4; how++)
      check_grey (depths[i], how & 1, how & 2);
}

static void
check_palette (int depth, bool interlaced, bool transparent)
{
  unsigned char rows[H * W];
  size_t        row_bytes = ((size_t)W * (size_t)depth + 7) / 8;
  PngSpec       spec = { .width = W,
                         .height = H,
                         .depth = depth,
                         .colour_type = PNG_COLOR_TYPE_PALETTE,
                         .interlaced = interlaced,
                         .rows = rows,
                         .row_bytes = row_bytes,
                         .transparent = transparent };
  Bytes         file;
  RvsPicture    picture;

  fill_noise (rows, sizeof rows, 77u + (uint32_t)depth);
  rows[0] = 0;
  file = make_png (&spec);
  picture = read_ok (file);
  assert_int_equal (picture.view.channels, transparent ? 4 : 3);
  for (int y = 0; y < H; y++)
    for (int x = 0; x < W; x++)
      {
        unsigned i = packed_sample (rows, row_bytes, depth, x, y);
        assert_int_equal (pixel_sample (&picture, x, y, 0), i * 7 % 256);
        assert_int_equal (pixel_sample (&picture, x, y, 1), 255 - i);
        assert_int_equal (pixel_sample (&picture, x, y, 2), i * 3 % 256);
        if (transparent)
          assert_int_equal (pixel_sample (&picture, x, y, 3), i == 0 ? 40 : 255);
      }
  rvs_picture_clear (&picture);
  free (file.bytes);
}

static void
test_palettes (void **state)
{
  (void)state;
  for (int depth = 1; depth <= 8; depth *= 2)
    for (int how = 0; how < 4; how++)
      check_palette (depth, how & 1, how & 2);
}

/* Grey+alpha, RGB and RGBA at 8 and 16 bits, plain and interlaced, come out with the exact samples. */
static void
test_channels (void **state)
{
  static const int types[5] = { 0, 0, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA };
  unsigned char    rows[H * W * 8];

  (void)state;
  fill_noise (rows, sizeof rows, 5);
  for (int channels = 2; channels <= 4; channels++)
    for (int depth = 8; depth <= 16; depth += 8)
      for (int interlaced = 0; interlaced < 2; interlaced++)
        {
          size_t     row_bytes = (size_t)(W * channels * depth / 8);
          PngSpec    spec = { .width = W,
                              .height = H,
                              .depth = depth,
                              .colour_type = types[channels],
                              .interlaced = interlaced,
                              .rows = rows,
                              .row_bytes = row_bytes };
          Bytes      file = make_png (&spec);
          RvsPicture picture = read_ok (file), back = through (&picture, RVS_PICTURE_PNG, NULL);

          assert_int_equal (picture.view.channels, channels);
          for (int y = 0; y < H; y++)
            for (int x = 0; x < W * channels; x++)
              assert_int_equal (pixel_sample (&picture, 0, y, x), packed_sample (rows, row_bytes, depth, x, y));
          assert_same_pixels (&picture, &back);
          rvs_picture_clear (&back);
          rvs_picture_clear (&picture);
          free (file.bytes);
        }
}

/* JPEG at quality 100 without subsampling is off by rounding only. */
static void
assert_close (const RvsPicture *picture, int x, int y, const unsigned char *expected)
{
  for (int c = 0; c < picture->view.channels; c++)
    assert_in_range (pixel_sample (picture, x, y, c) + 4 - expected[c], 0, 8);
}

/* Smooth, different in all four corners and in both directions. */
static void
fill_smooth (unsigned char *rows, int width, int height, int channels)
{
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      for (int c = 0; c < channels; c++)
        rows[(y * width + x) * channels + c] = (unsigned char)(40 + 9 * x + (c == 0 ? 3 : 11) * y - 2 * c);
}

static void
test_jpeg_kinds (void **state)
{
  unsigned char rows[H * W * 3];

  (void)state;
  for (int how = 0; how < 4; how++)
    {
      int        channels = how & 1 ? 3 : 1;
      JpegSpec   spec = { .width = W, .height = H, .channels = channels, .rows = rows, .progressive = how & 2 };
      Bytes      file;
      RvsPicture picture, back;

      fill_smooth (rows, W, H, channels);
      file = make_jpeg (&spec);
      picture = read_ok (file);
      assert_int_equal (picture.format, RVS_PICTURE_JPEG);
      assert_int_equal (picture.view.channels, channels);
      back = through (&picture, RVS_PICTURE_JPEG, NULL);
      for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
          {
            assert_close (&picture, x, y, rows + (y * W + x) * channels);
            assert_close (&back, x, y, rows + (y * W + x) * channels);
          }
      rvs_picture_clear (&back);
      rvs_picture_clear (&picture);
      free (file.bytes);
    }
}

/* Where the stored picture's pixel for upright (x, y) is; from the EXIF standard's description of rows and columns. */
static void
stored_position (int orientation, int x, int y, int stored_w, int stored_h, int *sx, int *sy)
{
  switch (orientation)
    {
    case 2:
      *sx = stored_w - 1 - x, *sy = y;
      break;
    case 3:
      *sx = stored_w - 1 - x, *sy = stored_h - 1 - y;
      break;
    case 4:
      *sx = x, *sy = stored_h - 1 - y;
      break;
    case 5:
      *sx = y, *sy = x;
      break;
    case 6:
      *sx = y, *sy = stored_h - 1 - x;
      break;
    case 7:
      *sx = stored_w - 1 - y, *sy = stored_h - 1 - x;
      break;
    case 8:
      *sx = stored_w - 1 - y, *sy = x;
      break;
    default:
      *sx = x, *sy = y;
      break;
    }
}

static void
test_jpeg_orientations (void **state)
{
  unsigned char rows[H * W * 3];

  (void)state;
  fill_smooth (rows, W, H, 3);
  for (int orientation = 1; orientation <= 8; orientation++)
    for (int big_endian = 0; big_endian < 2; big_endian++)
      {
        JpegSpec spec = {
          .width = W, .height = H, .channels = 3, .rows = rows, .orientation = orientation, .big_endian = big_endian, .notes = true
        };
        Bytes      file = make_jpeg (&spec);
        RvsPicture picture = read_ok (file);
        bool       turned = orientation >= 5;

        assert_int_equal (picture.view.width, turned ? H : W);
        assert_int_equal (picture.view.height, turned ? W : H);
        assert_int_equal (picture.meta.x_resolution, turned ? 150 : 300);
        for (int y = 0; y < picture.view.height; y++)
          for (int x = 0; x < picture.view.width; x++)
            {
              int sx, sy;
              stored_position (orientation, x, y, W, H, &sx, &sy);
              assert_close (&picture, x, y, rows + (sy * W + sx) * 3);
            }
        rvs_picture_clear (&picture);
        free (file.bytes);
      }
}

/* The same for PNG, exactly, at every pixel size (1 to 8 bytes). */
static void
test_png_orientations (void **state)
{
  static const int types[5] = { 0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA };
  unsigned char    rows[H * W * 8];

  (void)state;
  fill_noise (rows, sizeof rows, 9);
  for (int orientation = 1; orientation <= 8; orientation++)
    for (int channels = 1; channels <= 4; channels++)
      for (int depth = 8; depth <= 16; depth += 8)
        {
          size_t     row_bytes = (size_t)(W * channels * depth / 8);
          PngSpec    spec = { .width = W,
                              .height = H,
                              .depth = depth,
                              .colour_type = types[channels],
                              .rows = rows,
                              .row_bytes = row_bytes,
                              .orientation = orientation };
          Bytes      file = make_png (&spec);
          RvsPicture picture = read_ok (file);

          for (int y = 0; y < picture.view.height; y++)
            for (int x = 0; x < picture.view.width; x++)
              for (int c = 0; c < channels; c++)
                {
                  int sx, sy;
                  stored_position (orientation, x, y, W, H, &sx, &sy);
                  assert_int_equal (pixel_sample (&picture, x, y, c),
                                    packed_sample (rows, row_bytes, depth, sx * channels + c, sy));
                }
          rvs_picture_clear (&picture);
          free (file.bytes);
        }
}

static void
test_16_bit_to_jpeg (void **state)
{
  RvsPicture picture, back;
  unsigned   lost = 0;
  RvsError   err = { 0 };

  (void)state;
  assert_int_equal (rvs_picture_new (8, 8, 1, RVS_DEPTH_U16, &picture, &err), RVS_OK);
  for (int i = 0; i < 64; i++)
    ((uint16_t *)picture.view.pixels)[i] = 51400; /* 200 x 257 */
  back = through (&picture, RVS_PICTURE_JPEG, &lost);
  assert_int_equal (lost, RVS_LOST_DEPTH);
  assert_int_equal (pixel_sample (&back, 3, 3, 0), 200);
  rvs_picture_clear (&back);
  rvs_picture_clear (&picture);
}

/* Opaque alpha may go, transparent pixels may not. */
static void
test_alpha_to_jpeg (void **state)
{
  RvsPicture     picture, back;
  RvsError       err = { 0 };
  unsigned char *pixels;
  FILE          *sink = fopen ("/dev/null", "wb");

  (void)state;
  assert_int_equal (rvs_picture_new (8, 8, 4, RVS_DEPTH_U8, &picture, &err), RVS_OK);
  pixels = picture.view.pixels;
  memset (pixels, 255, 8 * 8 * 4);
  back = through (&picture, RVS_PICTURE_JPEG, NULL);
  assert_int_equal (back.view.channels, 3);
  rvs_picture_clear (&back);
  pixels[7] = 254;
  assert_int_equal (rvs_picture_write (&picture, RVS_PICTURE_JPEG, sink, NULL, NULL, &err), RVS_ERR_ARGUMENT);
  assert_non_null (strstr (err.message, "transparent"));
  rvs_picture_clear (&picture);
  fclose (sink);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_grey_depths),    cmocka_unit_test (test_palettes),          cmocka_unit_test (test_channels),
    cmocka_unit_test (test_jpeg_kinds),     cmocka_unit_test (test_jpeg_orientations), cmocka_unit_test (test_png_orientations),
    cmocka_unit_test (test_16_bit_to_jpeg), cmocka_unit_test (test_alpha_to_jpeg),
  };

  return cmocka_run_group_tests_name ("picture", tests, NULL, NULL);
}
