/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_picture_meta.c: profiles, EXIF, resolution and notes survive within a format and across.
 */
#include "testing.h"

#include "roundtrip.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char pixels[8 * 8 * 3];

static RvsPicture
noted_png (void)
{
  PngSpec spec = { .width = 8,
                   .height = 8,
                   .depth = 8,
                   .colour_type = PNG_COLOR_TYPE_RGB,
                   .rows = pixels,
                   .row_bytes = 24,
                   .notes = true,
                   .orientation = 1 };

  return read_and_free (make_png (&spec));
}

static RvsPicture
noted_jpeg (int orientation, const unsigned char *icc, size_t n_icc)
{
  JpegSpec spec = {
    .width = 8, .height = 8, .channels = 3, .rows = pixels, .orientation = orientation, .notes = true, .icc = icc, .n_icc = n_icc
  };

  return read_and_free (make_jpeg (&spec));
}

static const RvsPictureText *
find_text (const RvsPicture *picture, const char *key, const char *text)
{
  for (size_t i = 0; i < picture->meta.n_texts; i++)
    if (!strcmp (picture->meta.texts[i].key, key) && !strcmp (picture->meta.texts[i].text, text))
      return &picture->meta.texts[i];
  fail_msg ("no note %s: %s", key, text);
  return NULL;
}

static void
assert_xmp (const RvsPicture *picture)
{
  assert_int_equal (picture->meta.xmp.n, 12);
  assert_memory_equal (picture->meta.xmp.bytes, "<x:xmpmeta/>", 12);
}

static void
assert_blobs_equal (const RvsBlob *a, const RvsBlob *b)
{
  assert_non_null (a->bytes);
  assert_int_equal (a->n, b->n);
  assert_memory_equal (a->bytes, b->bytes, a->n);
}

static void
test_png_to_png (void **state)
{
  unsigned              lost = 0;
  RvsPicture            picture = noted_png (), back = through (&picture, RVS_PICTURE_PNG, &lost);
  const RvsPictureText *author;

  (void)state;
  assert_int_equal (lost, RVS_LOST_THUMBNAIL);
  assert_int_equal (back.meta.n_texts, 3);
  assert_false (find_text (&back, "Title", "caf\xe9")->utf8);
  assert_true (find_text (&back, "Comment", "squeezed")->compressed);
  author = find_text (&back, "Author", "\xc5\x81ukasz");
  assert_true (author->utf8);
  assert_string_equal (author->language, "pl");
  assert_string_equal (author->translated_key, "Autor");
  assert_xmp (&back);
  assert_blobs_equal (&back.meta.exif, &picture.meta.exif);
  assert_int_equal (back.meta.resolution_unit, RVS_RESOLUTION_METRE);
  assert_int_equal (back.meta.x_resolution, 11811);
  assert_int_equal (back.meta.y_resolution, 5906);
  assert_true (back.meta.has_gamma);
  assert_int_equal (back.meta.gamma, 45455);
  rvs_picture_clear (&back);
  rvs_picture_clear (&picture);
}

static void
test_png_to_jpeg (void **state)
{
  unsigned   lost = 0;
  RvsPicture picture = noted_png (), back = through (&picture, RVS_PICTURE_JPEG, &lost);

  (void)state;
  assert_int_equal (lost, RVS_LOST_THUMBNAIL);
  find_text (&back, "Comment", "Title: caf\xc3\xa9");
  find_text (&back, "Comment", "squeezed");
  find_text (&back, "Comment", "Author: \xc5\x81ukasz");
  assert_xmp (&back);
  assert_blobs_equal (&back.meta.exif, &picture.meta.exif);
  assert_int_equal (back.meta.resolution_unit, RVS_RESOLUTION_INCH);
  assert_int_equal (back.meta.x_resolution, 300);
  assert_int_equal (back.meta.y_resolution, 150);
  rvs_picture_clear (&back);
  rvs_picture_clear (&picture);
}

static void
test_jpeg_to_jpeg (void **state)
{
  unsigned   lost = 0;
  RvsPicture picture = noted_jpeg (1, NULL, 0), back = through (&picture, RVS_PICTURE_JPEG, &lost);

  (void)state;
  assert_int_equal (lost, RVS_LOST_THUMBNAIL);
  assert_int_equal (back.meta.n_texts, 1);
  find_text (&back, "Comment", "a comment");
  assert_xmp (&back);
  assert_blobs_equal (&back.meta.exif, &picture.meta.exif);
  assert_int_equal (back.meta.resolution_unit, RVS_RESOLUTION_INCH);
  assert_int_equal (back.meta.x_resolution, 300);
  assert_int_equal (back.meta.n_segments, 1);
  assert_blobs_equal (&back.meta.segments[0], &picture.meta.segments[0]);
  assert_int_equal (back.meta.segments[0].bytes[0], 0xe1);
  assert_blobs_equal (&back.meta.photoshop, &picture.meta.photoshop);
  rvs_picture_clear (&back);
  rvs_picture_clear (&picture);
}

static void
test_jpeg_to_png (void **state)
{
  unsigned   lost = 0;
  RvsPicture picture = noted_jpeg (1, NULL, 0), back = through (&picture, RVS_PICTURE_PNG, &lost);

  (void)state;
  assert_int_equal (lost, RVS_LOST_SEGMENT | RVS_LOST_THUMBNAIL);
  find_text (&back, "Comment", "a comment");
  assert_xmp (&back);
  assert_blobs_equal (&back.meta.exif, &picture.meta.exif);
  assert_int_equal (back.meta.resolution_unit, RVS_RESOLUTION_METRE);
  assert_int_equal (back.meta.x_resolution, 11811);
  assert_int_equal (back.meta.y_resolution, 5906);
  rvs_picture_clear (&back);
  rvs_picture_clear (&picture);
}

static void
test_icc_everywhere (void **state)
{
  unsigned char icc[ICC_BYTES];
  RvsPicture    jpeg, png, again;
  unsigned      lost = 0;

  (void)state;
  make_icc (icc, "RGB ");
  jpeg = noted_jpeg (0, icc, sizeof icc);
  assert_int_equal (jpeg.meta.icc.n, sizeof icc);
  assert_memory_equal (jpeg.meta.icc.bytes, icc, sizeof icc);
  png = through (&jpeg, RVS_PICTURE_PNG, &lost);
  assert_false (lost & RVS_LOST_ICC);
  assert_blobs_equal (&png.meta.icc, &jpeg.meta.icc);
  again = through (&png, RVS_PICTURE_JPEG, &lost);
  assert_blobs_equal (&again.meta.icc, &jpeg.meta.icc);
  rvs_picture_clear (&again);
  rvs_picture_clear (&png);
  rvs_picture_clear (&jpeg);
}

/* A profile that spans several JPEG segments. */
static void
test_icc_large (void **state)
{
  size_t         n = 150000;
  unsigned char *icc = calloc (1, n);
  RvsPicture     jpeg, back;

  (void)state;
  make_icc (icc, "RGB ");
  icc[2] = (unsigned char)(n >> 8), icc[1] = (unsigned char)(n >> 16), icc[3] = (unsigned char)n;
  for (size_t i = ICC_BYTES; i < n; i++)
    icc[i] = (unsigned char)(i * 31 >> 3);
  jpeg = noted_jpeg (0, icc, n);
  back = through (&jpeg, RVS_PICTURE_JPEG, NULL);
  assert_int_equal (back.meta.icc.n, n);
  assert_memory_equal (back.meta.icc.bytes, icc, n);
  rvs_picture_clear (&back);
  back = through (&jpeg, RVS_PICTURE_PNG, NULL);
  assert_int_equal (back.meta.icc.n, n);
  assert_memory_equal (back.meta.icc.bytes, icc, n);
  rvs_picture_clear (&back);
  rvs_picture_clear (&jpeg);
  free (icc);
}

/* A profile for grey in an RGB file is refused by libpng: reported, not fatal. */
static void
test_icc_unfit (void **state)
{
  unsigned char icc[ICC_BYTES];
  RvsPicture    jpeg, png;
  unsigned      lost = 0;

  (void)state;
  make_icc (icc, "GRAY");
  jpeg = noted_jpeg (0, icc, sizeof icc);
  png = through (&jpeg, RVS_PICTURE_PNG, &lost);
  assert_true (lost & RVS_LOST_ICC);
  assert_null (png.meta.icc.bytes);
  rvs_picture_clear (&png);
  rvs_picture_clear (&jpeg);
}

static unsigned
number (const RvsBlob *exif, size_t at, int n, bool big_endian)
{
  unsigned value = 0;

  for (int i = 0; i < n; i++)
    value |= (unsigned)exif->bytes[at + (size_t)i] << 8 * (big_endian ? n - 1 - i : i);
  return value;
}

/* After turning: orientation 1, stored sizes exchanged, the old thumbnail unlinked, nothing else touched. */
static void
test_exif_after_turning (void **state)
{
  (void)state;
  for (int big_endian = 0; big_endian < 2; big_endian++)
    for (int orientation = 1; orientation <= 8; orientation++)
      {
        JpegSpec spec
            = { .width = 8, .height = 8, .channels = 3, .rows = pixels, .orientation = orientation, .big_endian = big_endian };
        RvsPicture     picture = read_and_free (make_jpeg (&spec));
        const RvsBlob *exif = &picture.meta.exif;
        bool           turned = orientation >= 5;
        size_t         six = turned ? 52 : 40, four = turned ? 40 : 52;

        assert_int_equal (exif->n, EXIF_BYTES);
        assert_int_equal (number (exif, 10, 2, big_endian), 0x0112);
        assert_int_equal (number (exif, 18, 2, big_endian), 1);
        assert_int_equal (number (exif, 34, 4, big_endian), 0);
        assert_int_equal (number (exif, 40, 2, big_endian), 0xa002);
        assert_int_equal (number (exif, 52, 2, big_endian), 0xa003);
        assert_int_equal (number (exif, six + 2, 2, big_endian), 3);
        assert_int_equal (number (exif, six + 8, 2, big_endian), 6);
        assert_int_equal (number (exif, four + 2, 2, big_endian), 4);
        assert_int_equal (number (exif, four + 8, 4, big_endian), 4);
        rvs_picture_clear (&picture);
      }
}

/* Every way of cutting or corrupting a small EXIF block is survived. */
static void
test_exif_damaged (void **state)
{
  unsigned char good[EXIF_BYTES];

  (void)state;
  make_exif (good, false, 6);
  for (size_t n = 0; n <= EXIF_BYTES; n++)
    for (int byte = 0; byte < 256; byte += 51)
      {
        RvsPicture picture, back;
        RvsError   err = { 0 };
        size_t     at = n < EXIF_BYTES ? n : 0;

        assert_int_equal (rvs_picture_new (2, 2, 3, RVS_DEPTH_U8, &picture, &err), RVS_OK);
        picture.meta.exif.bytes = malloc (EXIF_BYTES);
        memcpy (picture.meta.exif.bytes, good, EXIF_BYTES);
        picture.meta.exif.n = byte ? EXIF_BYTES : n;
        if (byte)
          picture.meta.exif.bytes[at] = (unsigned char)byte;
        back = through (&picture, RVS_PICTURE_JPEG, NULL);
        assert_int_equal (back.view.width, 2);
        rvs_picture_clear (&back);
        rvs_picture_clear (&picture);
      }
}

static void
test_exif_too_long_for_jpeg (void **state)
{
  RvsPicture picture, back;
  unsigned   lost = 0;
  RvsError   err = { 0 };

  (void)state;
  assert_int_equal (rvs_picture_new (2, 2, 3, RVS_DEPTH_U8, &picture, &err), RVS_OK);
  picture.meta.exif.n = 70000;
  picture.meta.exif.bytes = calloc (1, picture.meta.exif.n);
  make_exif (picture.meta.exif.bytes, true, 1);
  back = through (&picture, RVS_PICTURE_JPEG, &lost);
  assert_int_equal (lost, RVS_LOST_EXIF);
  assert_null (back.meta.exif.bytes);
  rvs_picture_clear (&back);
  rvs_picture_clear (&picture);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_png_to_png),     cmocka_unit_test (test_png_to_jpeg),
    cmocka_unit_test (test_jpeg_to_jpeg),   cmocka_unit_test (test_jpeg_to_png),
    cmocka_unit_test (test_icc_everywhere), cmocka_unit_test (test_icc_large),
    cmocka_unit_test (test_icc_unfit),      cmocka_unit_test (test_exif_after_turning),
    cmocka_unit_test (test_exif_damaged),   cmocka_unit_test (test_exif_too_long_for_jpeg),
  };

  return cmocka_run_group_tests_name ("picture-meta", tests, NULL, NULL);
}
