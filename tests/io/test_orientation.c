/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_orientation.c: whoever says how a picture lies, it is turned once, and every claim says 1 afterwards.
 */
#include "testing.h"

#include "codecs.h"
#include "io_private.h"
#include "xmp.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

#define TIFF_SPACE " xmlns:tiff='http://ns.adobe.com/tiff/1.0/'"
#define PACKET(attributes, elements)                                                                                               \
  "<?xpacket begin=''?><x:xmpmeta xmlns:x='adobe:ns:meta/'><!-- tiff:Orientation=\"3\" --><rdf:RDF><rdf:Description" TIFF_SPACE    \
  " xmlns:exif=\"http://ns.adobe.com/exif/1.0/\"" attributes ">" elements "</rdf:Description></rdf:RDF></x:xmpmeta>"

enum
{
  W = 8,
  H = 6
};

static unsigned char pixels[W * H * 3];

static Bytes
make (RvsPictureFormat format, int exif, const char *xmp)
{
  if (format == RVS_PICTURE_PNG)
    return make_png (&(PngSpec){ .width = W,
                                 .height = H,
                                 .depth = 8,
                                 .colour_type = PNG_COLOR_TYPE_RGB,
                                 .rows = pixels,
                                 .row_bytes = W * 3,
                                 .orientation = exif,
                                 .xmp = xmp });
  return make_jpeg (&(JpegSpec){ .width = W, .height = H, .channels = 3, .rows = pixels, .orientation = exif, .xmp = xmp });
}

/* Reads the file; the picture must be turned or not, and the packet must be the second one. */
static void
check (RvsPictureFormat format, int exif, const char *xmp, bool turned, const char *xmp_after)
{
  Bytes      file = make (format, exif, xmp);
  RvsPicture picture;
  RvsError   err = { 0 };

  if (rvs_picture_read_memory (file.bytes, file.n, NULL, &picture, &err))
    fail_msg ("%s", err.message);
  assert_int_equal (picture.view.width, turned ? H : W);
  if (exif)
    assert_int_equal (io__exif_orientation (&picture.meta.exif), 1);
  assert_int_equal (picture.meta.xmp.n, strlen (xmp_after));
  assert_memory_equal (picture.meta.xmp.bytes, xmp_after, strlen (xmp_after));
  rvs_picture_clear (&picture);
  free (file.bytes);
}

static void
check_all (int exif, const char *xmp, bool turned, const char *xmp_after)
{
  check (RVS_PICTURE_PNG, exif, xmp, turned, xmp_after);
  check (RVS_PICTURE_JPEG, exif, xmp, turned, xmp_after);
}

static void
test_xmp_alone (void **state)
{
  (void)state;
  check_all (0, PACKET (" tiff:Orientation=\"6\"", ""), true, PACKET (" tiff:Orientation=\"1\"", ""));
  check_all (0, PACKET ("", "<tiff:Orientation> 8 </tiff:Orientation>"), true,
             PACKET ("", "<tiff:Orientation>1</tiff:Orientation>"));
  check_all (0, PACKET (" tiff:Orientation='3'", ""), false, PACKET (" tiff:Orientation='1'", ""));
  check_all (0, PACKET (" tiff:Orientation='1'", ""), false, PACKET (" tiff:Orientation='1'", ""));
}

/* EXIF is believed first; what it says of an upright picture holds as well. */
static void
test_both (void **state)
{
  (void)state;
  check_all (6, PACKET (" tiff:Orientation=\"6\"", ""), true, PACKET (" tiff:Orientation=\"1\"", ""));
  check_all (1, PACKET (" tiff:Orientation=\"6\"", ""), false, PACKET (" tiff:Orientation=\"1\"", ""));
  check_all (8, PACKET (" a=\"b\"", ""), true, PACKET (" a=\"b\"", ""));
}

/* Another prefix, several claims, sizes that are exchanged with the sides. */
static void
test_forms (void **state)
{
  (void)state;
  check_all (0, "<a xmlns:t=\"http://ns.adobe.com/tiff/1.0/\" t:Orientation=\"5\"/>", true,
             "<a xmlns:t=\"http://ns.adobe.com/tiff/1.0/\" t:Orientation=\"1\"/>");
  check_all (0,
             PACKET (" tiff:Orientation='7' exif:PixelXDimension='1000' exif:PixelYDimension='8'",
                     "<tiff:Orientation>7</tiff:Orientation>"),
             true,
             PACKET (" tiff:Orientation='1' exif:PixelXDimension='8' exif:PixelYDimension='1000'",
                     "<tiff:Orientation>1</tiff:Orientation>"));
}

/* Nonsense and broken XML: neither turned nor touched; every cut is survived. */
static void
test_broken (void **state)
{
  const char *packet = PACKET (" tiff:Orientation='6'", "<tiff:Orientation>6</tiff:Orientation>");

  (void)state;
  check_all (0, PACKET (" tiff:Orientation='x'", ""), false, PACKET (" tiff:Orientation='x'", ""));
  check_all (0, "<a tiff:Orientation='6'/>", false, "<a tiff:Orientation='6'/>");
  check_all (0, PACKET ("", "<tiff:Orientation>6"), false, PACKET ("", "<tiff:Orientation>6"));
  for (size_t n = 1; n <= strlen (packet); n++)
    {
      RvsBlob   blob = { (unsigned char *)strndup (packet, n), n };
      IoXmpEdit edit = { .uri = IO_XMP_TIFF, .name = "", .value = NULL };

      io__xmp_get_number (&blob, IO_XMP_TIFF, "Orientation");
      assert_true (io__xmp_edit (&blob, &edit, 1));
      free (blob.bytes);
    }
}

/* By the user: quarters clockwise or back, and the notes say the new size of a picture that stands upright. */
static void
test_by_hand (void **state)
{
  const char *before = PACKET (" exif:PixelXDimension='5' exif:PixelYDimension='9'", "");
  const char *after = PACKET (" exif:PixelXDimension='9' exif:PixelYDimension='5'", "");
  RvsPicture  picture;
  RvsError    err = { 0 };

  (void)state;
  for (size_t i = 0; i < sizeof pixels; i++)
    pixels[i] = (unsigned char)(i * 7);
  Bytes file = make (RVS_PICTURE_PNG, 1, before);
  assert_int_equal (rvs_picture_read_memory (file.bytes, file.n, NULL, &picture, &err), RVS_OK);
  assert_int_equal (rvs_picture_turn (&picture, 1, &err), RVS_OK);
  assert_int_equal (picture.view.width, H);
  assert_int_equal (picture.view.height, W);
  assert_memory_equal (picture.view.pixels, pixels + (H - 1) * W * 3, 3); /* what was below on the left is above on the left */
  assert_memory_equal (picture.meta.xmp.bytes, after, strlen (after));
  assert_int_equal (io__exif_orientation (&picture.meta.exif), 1);
  assert_int_equal (rvs_picture_turn (&picture, 2, &err), RVS_OK);
  assert_int_equal (rvs_picture_turn (&picture, -3, &err), RVS_OK);
  assert_memory_equal (picture.view.pixels, pixels, sizeof pixels);
  assert_memory_equal (picture.meta.xmp.bytes, before, strlen (before));
  rvs_picture_clear (&picture);
  free (file.bytes);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_xmp_alone), cmocka_unit_test (test_both),    cmocka_unit_test (test_forms),
    cmocka_unit_test (test_broken),    cmocka_unit_test (test_by_hand),
  };

  return cmocka_run_group_tests_name ("orientation", tests, NULL, NULL);
}
