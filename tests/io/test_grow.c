/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_grow.c: what the metadata of an enlarged picture say of its pixels.
 */
#include "testing.h"

#include "codecs.h"
#include "io_private.h"
#include "picture.h"
#include "xmp.h"

#include <stdlib.h>
#include <string.h>

/* A block with every fact that follows the size, and one that does not. */
enum
{
  FIRST = 8,           /* directory of 3 entries */
  SECOND = FIRST + 42, /* of 7 */
  AREA = SECOND + 90,  /* 4 SHORT */
  PLANE_X = AREA + 8,  /* RATIONAL */
  PLANE_Y = PLANE_X + 8,
  EXIF_END = PLANE_Y + 8
};

static void
put (RvsBlob *exif, bool big_endian, size_t at, int n, uint32_t value)
{
  for (int i = 0; i < n; i++)
    exif->bytes[at + (size_t)i] = (unsigned char)(value >> 8 * (big_endian ? n - 1 - i : i));
}

static uint32_t
get (const RvsBlob *exif, bool big_endian, size_t at, int n)
{
  uint32_t value = 0;

  for (int i = 0; i < n; i++)
    value |= (uint32_t)exif->bytes[at + (size_t)i] << 8 * (big_endian ? n - 1 - i : i);
  return value;
}

static void
put_entry (RvsBlob *exif, bool big_endian, size_t at, uint32_t tag, uint32_t type, uint32_t count, uint32_t value)
{
  const bool is_short = type == 3 && count == 1;

  put (exif, big_endian, at, 2, tag);
  put (exif, big_endian, at + 2, 2, type);
  put (exif, big_endian, at + 4, 4, count);
  put (exif, big_endian, at + 8, is_short ? 2 : 4, value);
}

static RvsBlob
make_block (bool big_endian)
{
  RvsBlob exif = { calloc (1, EXIF_END), EXIF_END };

  assert_non_null (exif.bytes);
  memcpy (exif.bytes, big_endian ? "MM\0*" : "II*\0", 4);
  put (&exif, big_endian, 4, 4, FIRST);
  put (&exif, big_endian, FIRST, 2, 3);
  put_entry (&exif, big_endian, FIRST + 2, 0x0100, 3, 1, 600);
  put_entry (&exif, big_endian, FIRST + 14, 0x0101, 4, 1, 400);
  put_entry (&exif, big_endian, FIRST + 26, 0x8769, 4, 1, SECOND);
  put (&exif, big_endian, SECOND, 2, 7);
  put_entry (&exif, big_endian, SECOND + 2, 0x9214, 3, 4, AREA);
  put_entry (&exif, big_endian, SECOND + 14, 0xa002, 3, 1, 600);
  put_entry (&exif, big_endian, SECOND + 26, 0xa003, 3, 1, 400);
  put_entry (&exif, big_endian, SECOND + 38, 0xa20e, 5, 1, PLANE_X);
  put_entry (&exif, big_endian, SECOND + 50, 0xa20f, 5, 1, PLANE_Y);
  put_entry (&exif, big_endian, SECOND + 62, 0xa214, 3, 2, 0);
  put (&exif, big_endian, SECOND + 70, 2, 30); /* both lie within the entry */
  put (&exif, big_endian, SECOND + 72, 2, 40);
  put_entry (&exif, big_endian, SECOND + 74, 0xa405, 3, 1, 50); /* a focal length */
  for (uint32_t i = 0; i < 4; i++)
    put (&exif, big_endian, AREA + 2 * i, 2, i < 3 ? 100 * (i + 1) : 20000);
  put (&exif, big_endian, PLANE_X, 4, 5000);
  put (&exif, big_endian, PLANE_X + 4, 4, 7);
  put (&exif, big_endian, PLANE_Y, 4, 0x80000000u);
  put (&exif, big_endian, PLANE_Y + 4, 4, 1000);
  return exif;
}

static void
exif_follows (void **state)
{
  (void)state;
  for (int big_endian = 0; big_endian < 2; big_endian++)
    {
      RvsBlob exif = make_block (big_endian);

      io__exif_grow (&exif, 2400, 1600, 4);
      assert_int_equal (get (&exif, big_endian, FIRST + 2 + 2, 2), 4); /* SHORT became LONG */
      assert_int_equal (get (&exif, big_endian, FIRST + 2 + 8, 4), 2400);
      assert_int_equal (get (&exif, big_endian, FIRST + 14 + 8, 4), 1600);
      assert_int_equal (get (&exif, big_endian, SECOND + 14 + 8, 4), 2400);
      assert_int_equal (get (&exif, big_endian, SECOND + 26 + 8, 4), 1600);
      assert_int_equal (get (&exif, big_endian, AREA, 2), 400);
      assert_int_equal (get (&exif, big_endian, AREA + 4, 2), 1200);
      assert_int_equal (get (&exif, big_endian, AREA + 6, 2), 65535); /* as far as a SHORT goes */
      assert_int_equal (get (&exif, big_endian, PLANE_X, 4), 20000);
      assert_int_equal (get (&exif, big_endian, PLANE_X + 4, 4), 7);
      assert_int_equal (get (&exif, big_endian, PLANE_Y, 4), 0x80000000u);
      assert_int_equal (get (&exif, big_endian, PLANE_Y + 4, 4), 250);
      assert_int_equal (get (&exif, big_endian, SECOND + 70, 2), 120);
      assert_int_equal (get (&exif, big_endian, SECOND + 72, 2), 160);
      assert_int_equal (get (&exif, big_endian, SECOND + 74 + 8, 2), 50);
      free (exif.bytes);
    }
}

/* Cut anywhere, or with any byte flipped, it never reaches outside; the sanitizers watch. */
static void
damaged_exif_is_harmless (void **state)
{
  (void)state;
  for (size_t n = 0; n <= EXIF_END; n++)
    {
      RvsBlob whole = make_block (n & 1), part = { malloc (n + 1), n };
      memcpy (part.bytes, whole.bytes, n);
      io__exif_grow (&part, 2400, 1600, 4);
      free (whole.bytes);
      free (part.bytes);
    }
  for (size_t at = 0; at < EXIF_END; at++)
    for (int bit = 0; bit < 8; bit++)
      {
        RvsBlob exif = make_block (false);
        exif.bytes[at] ^= (unsigned char)(1 << bit);
        io__exif_grow (&exif, 2400, 1600, 4);
        free (exif.bytes);
      }
}

#define PACKET(sizes, regions)                                                                                                     \
  "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF><rdf:Description xmlns:tiff='http://ns.adobe.com/tiff/1.0/'"                       \
  " xmlns:exif='http://ns.adobe.com/exif/1.0/' xmlns:stDim='http://ns.adobe.com/xap/1.0/sType/Dimensions#' "                       \
  "tiff:XResolution='72/1'"                                                                                                        \
  " " sizes "><d " regions "/></rdf:Description></rdf:RDF></x:xmpmeta>"

static RvsPicture
picture_with (const char *xmp, int32_t width, int32_t height)
{
  RvsPicture picture;

  assert_int_equal (rvs_picture_new (width, height, 3, RVS_DEPTH_U8, &picture, NULL), RVS_OK);
  if (xmp)
    assert_true (io__blob_set (&picture.meta.xmp, xmp, strlen (xmp)));
  picture.meta.resolution_unit = RVS_RESOLUTION_INCH;
  picture.meta.x_resolution = picture.meta.y_resolution = 300;
  return picture;
}

static void
check_xmp (const char *before, const char *after)
{
  RvsPicture picture = picture_with (before, 60, 40), larger = picture_with (NULL, 180, 120);
  void      *pixels = larger.view.pixels;

  assert_int_equal (rvs_picture_grow (&picture, &larger, NULL), RVS_OK);
  assert_ptr_equal (picture.view.pixels, pixels);
  assert_null (larger.view.pixels);
  assert_int_equal (picture.view.width, 180);
  assert_int_equal (picture.meta.x_resolution, 300); /* so it prints larger */
  assert_int_equal (picture.meta.xmp.n, strlen (after));
  assert_memory_equal (picture.meta.xmp.bytes, after, strlen (after));
  rvs_picture_clear (&picture);
  rvs_picture_clear (&larger);
}

static void
xmp_follows (void **state)
{
  (void)state;
  check_xmp (PACKET ("tiff:ImageWidth='60' tiff:ImageLength='40' exif:PixelXDimension='60' exif:PixelYDimension='40'",
                     "stDim:w='60' stDim:h='40' stDim:unit='pixel'"),
             PACKET ("tiff:ImageWidth='180' tiff:ImageLength='120' exif:PixelXDimension='180' exif:PixelYDimension='120'",
                     "stDim:w='180' stDim:h='120' stDim:unit='pixel'"));
  /* the dimensions of something else */
  check_xmp (PACKET ("", "stDim:w='59' stDim:h='40'"), PACKET ("", "stDim:w='59' stDim:h='40'"));
}

static void
a_picture_without_notes (void **state)
{
  RvsPicture picture = picture_with (NULL, 6, 4), larger = picture_with (NULL, 48, 32);

  (void)state;
  assert_int_equal (rvs_picture_grow (&picture, &larger, NULL), RVS_OK);
  assert_int_equal (picture.view.height, 32);
  assert_null (picture.meta.xmp.bytes);
  rvs_picture_clear (&picture);
}

static void
formats_have_limits (void **state)
{
  RvsError err = { 0 };

  (void)state;
  assert_int_equal (rvs_format_check_size (RVS_PICTURE_PNG, RVS_MAX_SIDE, 1, NULL), RVS_OK);
  assert_int_equal (rvs_format_check_size (RVS_PICTURE_WEBP, 16383, 16383, NULL), RVS_OK);
  assert_int_equal (rvs_format_check_size (RVS_PICTURE_WEBP, 1, 16384, &err), RVS_ERR_ARGUMENT);
  assert_non_null (strstr (err.message, "WebP pictures end at 16383"));
  assert_int_equal (rvs_format_check_size (RVS_PICTURE_JPEG, 65501, 1, NULL), RVS_ERR_ARGUMENT);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (exif_follows),        cmocka_unit_test (damaged_exif_is_harmless),
    cmocka_unit_test (xmp_follows),         cmocka_unit_test (a_picture_without_notes),
    cmocka_unit_test (formats_have_limits),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
