/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_picture_lost.c: what a result does not hold is said, and nothing in it speaks of what is gone or shows the old face.
 */
#include "testing.h"

#include "roundtrip.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char pixels[8 * 8 * 3];

static Bytes
plain_png (void)
{
  return make_png (
      &(PngSpec){ .width = 8, .height = 8, .depth = 8, .colour_type = PNG_COLOR_TYPE_RGB, .rows = pixels, .row_bytes = 24 });
}

static Bytes
plain_jpeg (const char *xmp)
{
  return make_jpeg (&(JpegSpec){ .width = 8, .height = 8, .channels = 3, .rows = pixels, .xmp = xmp });
}

/* The losses of a file whose bytes are followed by `n` more. */
static unsigned
lost_behind (Bytes file, const void *trailer, size_t n)
{
  RvsPicture picture;
  unsigned   lost;

  file.bytes = realloc (file.bytes, file.n + n);
  memcpy (file.bytes + file.n, trailer, n);
  file.n += n;
  picture = read_and_free (file);
  lost = picture.meta.lost;
  rvs_picture_clear (&picture);
  return lost;
}

static void
test_trailers (void **state)
{
  static const char video[] = "MotionPhoto_Data\0\0\0\x18"
                              "ftypmp42";
  static const char map[] = "\xff\xd8\xff\xe1\0\x20http://ns.adobe.com/xap/1.0/\0<a hdrgm:Version='1.0'/>\xff\xd9";
  static const char more[] = "\xff\xd8\xff\xd9";
  char              far[40000] = { 0 };

  (void)state;
  memcpy (far + 16382, "ftyp", 4); /* across two pieces */
  assert_int_equal (lost_behind (plain_jpeg (NULL), video, sizeof video), RVS_LOST_VIDEO);
  assert_int_equal (lost_behind (plain_jpeg (NULL), far, sizeof far), RVS_LOST_VIDEO);
  assert_int_equal (lost_behind (plain_jpeg (NULL), map, sizeof map), RVS_LOST_GAIN_MAP);
  assert_int_equal (lost_behind (plain_jpeg (NULL), more, sizeof more), RVS_LOST_TRAILER);
  assert_int_equal (lost_behind (plain_jpeg (NULL), "\0\0\0", 3), 0);
  assert_int_equal (lost_behind (plain_png (), more, sizeof more), RVS_LOST_TRAILER);
  assert_int_equal (lost_behind (plain_png (), more, 0), 0);
}

/* XMP no longer speaks of the video, the gain map and the thumbnail; the rest of it stays. */
static void
test_claims (void **state)
{
  static const char before[]
      = "<rdf:RDF><rdf:Description xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmlns:dc='d' "
        "xmlns:GCamera='http://ns.google.com/photos/1.0/camera/' xmlns:Container='http://ns.google.com/photos/1.0/container/' "
        "xmlns:hdrgm='http://ns.adobe.com/hdr-gain-map/1.0/' hdrgm:Version=\"1.0\" GCamera:MotionPhoto=\"1\" dc:title='kept'>"
        "<Container:Directory><rdf:Seq><rdf:li Item:Length='3'/></rdf:Seq></Container:Directory><dc:a>kept</dc:a>"
        "<xmp:Thumbnails><rdf:Alt><rdf:li xmpGImg:image='/9j/'/></rdf:Alt></xmp:Thumbnails></rdf:Description></rdf:RDF>";
  static const char after[]
      = "<rdf:RDF><rdf:Description xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmlns:dc='d' "
        "xmlns:GCamera='http://ns.google.com/photos/1.0/camera/' xmlns:Container='http://ns.google.com/photos/1.0/container/' "
        "xmlns:hdrgm='http://ns.adobe.com/hdr-gain-map/1.0/' dc:title='kept'><dc:a>kept</dc:a></rdf:Description></rdf:RDF>";
  RvsPicture picture = read_and_free (plain_jpeg (before));

  (void)state;
  assert_int_equal (picture.meta.lost, RVS_LOST_THUMBNAIL);
  assert_int_equal (picture.meta.xmp.n, strlen (after));
  assert_memory_equal (picture.meta.xmp.bytes, after, strlen (after));
  rvs_picture_clear (&picture);
}

/* The extension of a packet has no place in a PNG: nor has the word that there is one. */
static void
test_extended_xmp (void **state)
{
  static const char packet[] = "<a xmlns:xmpNote='http://ns.adobe.com/xmp/note/' xmpNote:HasExtendedXMP='0123'/>";
  unsigned          lost = 0;
  Bytes             file = plain_jpeg (packet);
  RvsPicture        picture, png, jpeg;

  (void)state;
  insert_segment (&file, 0xe1, "http://ns.adobe.com/xmp/extension/\0more", 39);
  picture = read_and_free (file);
  jpeg = through (&picture, RVS_PICTURE_JPEG, &lost);
  assert_int_equal (lost, 0);
  assert_int_equal (jpeg.meta.xmp.n, sizeof packet - 1);
  png = through (&picture, RVS_PICTURE_PNG, &lost);
  assert_int_equal (lost, RVS_LOST_SEGMENT);
  assert_int_equal (png.meta.xmp.n, strlen ("<a xmlns:xmpNote='http://ns.adobe.com/xmp/note/'/>"));
  rvs_picture_clear (&png);
  rvs_picture_clear (&jpeg);
  rvs_picture_clear (&picture);
}

/* A resource with an empty name. Returns its length. */
static size_t
put_resource (unsigned char *at, unsigned number, size_t n, int fill)
{
  memcpy (at, "8BIM", 4);
  at[4] = (unsigned char)(number >> 8), at[5] = (unsigned char)number;
  at[6] = at[7] = 0;
  for (int i = 0; i < 4; i++)
    at[8 + i] = (unsigned char)(n >> 8 * (3 - i));
  memset (at + 12, fill, n + (n & 1));
  return 12 + n + (n & 1);
}

/* Photoshop's thumbnails go, its other resources stay, in one segment or in several. */
static void
test_photoshop (void **state)
{
  enum
  {
    LONG = 100000,
    SEGMENT = 60000
  };
  unsigned char *all = malloc (3 * LONG), *kept = malloc (3 * LONG), segment[14 + SEGMENT] = "Photoshop 3.0";
  size_t         n = 0, n_kept;
  Bytes          file = plain_jpeg (NULL);
  RvsPicture     picture, back;
  unsigned       lost = 0;

  (void)state;
  n += put_resource (all + n, 0x0404, 21, 1);
  n += put_resource (all + n, 0x03ed, LONG, 2);
  memcpy (kept, all, n);
  n_kept = n;
  n += put_resource (all + n, 0x040c, 5001, 3);
  n_kept += put_resource (kept + n_kept, 0x0425, 16, 4);
  n += put_resource (all + n, 0x0425, 16, 4);
  for (size_t at = (n - 1) / SEGMENT * SEGMENT, end = n; end; end = at, at -= at ? SEGMENT : 0) /* the last goes in first */
    {
      memcpy (segment + 14, all + at, end - at);
      insert_segment (&file, 0xed, segment, 14 + end - at);
    }
  picture = read_and_free (file);
  back = through (&picture, RVS_PICTURE_JPEG, &lost);
  assert_int_equal (lost, RVS_LOST_THUMBNAIL);
  assert_int_equal (back.meta.photoshop.n, n_kept);
  assert_memory_equal (back.meta.photoshop.bytes, kept, n_kept);
  rvs_picture_clear (&back);
  back = through (&picture, RVS_PICTURE_PNG, &lost);
  assert_int_equal (lost, RVS_LOST_THUMBNAIL | RVS_LOST_SEGMENT);
  rvs_picture_clear (&back);
  rvs_picture_clear (&picture);
  free (all);
  free (kept);
}

/* cICP and its companions are carried through, and missed in a JPEG. */
static void
test_hdr_chunks (void **state)
{
  Bytes      file = plain_png ();
  RvsPicture picture, back;
  unsigned   lost = 0;

  (void)state;
  insert_chunk (&file, "IDAT", "cICP", "\x0c\x0d\0\1", 4);
  insert_chunk (&file, "IDAT", "cLLI", "12345678", 8);
  picture = read_and_free (file);
  back = through (&picture, RVS_PICTURE_PNG, &lost);
  assert_int_equal (lost, 0);
  assert_int_equal (back.meta.hdr[RVS_HDR_CICP].n, 4);
  assert_memory_equal (back.meta.hdr[RVS_HDR_CICP].bytes, "\x0c\x0d\0\1", 4);
  assert_memory_equal (back.meta.hdr[RVS_HDR_CLLI].bytes, "12345678", 8);
  assert_null (back.meta.hdr[RVS_HDR_MDCV].bytes);
  rvs_picture_clear (&back);
  back = through (&picture, RVS_PICTURE_JPEG, &lost);
  assert_int_equal (lost, RVS_LOST_HDR);
  rvs_picture_clear (&back);
  rvs_picture_clear (&picture);
}

/* Chunks and segments that nobody here knows. */
static void
test_strangers (void **state)
{
  Bytes      png = plain_png (), quiet = plain_png (), jpeg = plain_jpeg (NULL);
  RvsPicture picture;

  (void)state;
  insert_chunk (&png, "IDAT", "caBX", "a claim", 7);
  insert_chunk (&quiet, "IDAT", "iDOT", "Apple's", 7);
  insert_segment (&jpeg, 0xeb, "JP a claim", 10);
  assert_int_equal (lost_behind (png, "", 0), RVS_LOST_OTHER);
  assert_int_equal (lost_behind (quiet, "", 0), 0);
  picture = read_and_free (jpeg);
  assert_int_equal (picture.meta.lost, RVS_LOST_OTHER);
  rvs_picture_clear (&picture);
}

/* Every bit has a word of its own. */
static void
test_words (void **state)
{
  size_t           n;
  const RvsRemark *table = rvs_lost_table (&n);

  (void)state;
  assert_int_equal (1u << (n - 1), RVS_LOST_RESOLUTION);
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < i; k++)
      assert_string_not_equal (table[i].id, table[k].id);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_trailers),  cmocka_unit_test (test_claims),     cmocka_unit_test (test_extended_xmp),
    cmocka_unit_test (test_photoshop), cmocka_unit_test (test_hdr_chunks), cmocka_unit_test (test_strangers),
    cmocka_unit_test (test_words),
  };

  return cmocka_run_group_tests_name ("picture-lost", tests, NULL, NULL);
}
