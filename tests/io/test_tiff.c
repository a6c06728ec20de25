/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_tiff.c: TIFF of every kind in, and out again: pixels, metadata, pages, orientation; what is broken or unusual is refused by name.
 */
#include "testing.h"

#include "roundtrip.h"
#include "tiffs.h"

#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

enum
{
  W = 37,
  H = 21
};

static unsigned char noise[W * H * 8];

static int
setup (void **state)
{
  (void)state;
  fill_noise (noise, sizeof noise, 7);
  return 0;
}

static TiffSpec
plain (int bits, int samples)
{
  return (TiffSpec){ .width = W,
                     .height = H,
                     .bits = bits,
                     .samples = samples,
                     .photometric = samples >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK,
                     .extra = samples % 2 ? 0 : EXTRASAMPLE_UNASSALPHA,
                     .rows = noise };
}

static void
check_kind (const TiffSpec *spec)
{
  RvsPicture picture = read_and_free (make_tiff (spec)), back;

  assert_int_equal (picture.format, RVS_PICTURE_TIFF);
  assert_int_equal (picture.view.channels, spec->samples);
  assert_int_equal (picture.view.depth, spec->bits == 16 ? RVS_DEPTH_U16 : RVS_DEPTH_U8);
  assert_memory_equal (picture.view.pixels, noise, (size_t)(W * H * spec->samples * spec->bits / 8));
  back = through (&picture, RVS_PICTURE_TIFF, NULL);
  assert_same_pixels (&picture, &back);
  rvs_picture_clear (&back);
  rvs_picture_clear (&picture);
}

/* 8 and 16 bits, 1 to 4 channels, strips and tiles, planes together and apart, both byte orders, each compression. */
static void
test_kinds (void **state)
{
  static const int   compressions[] = { COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE, COMPRESSION_PACKBITS };
  static const char *modes[] = { "wl", "wb", "w8", "wb8" };

  (void)state;
  for (int bits = 8; bits <= 16; bits += 8)
    for (int samples = 1; samples <= 4; samples++)
      for (int how = 0; how < 16; how++)
        {
          TiffSpec spec = plain (bits, samples);
          spec.tiled = how & 1;
          spec.separate = how & 2;
          spec.mode = modes[how >> 2];
          spec.compression = compressions[(how + samples) % 4];
          check_kind (&spec);
        }
}

static unsigned
at (const RvsPicture *picture, int x, int y, int c)
{
  return ((unsigned char *)picture->view.pixels)[y * picture->view.stride + x * picture->view.channels + c];
}

/* White as 0, palettes, single bits. */
static void
test_other_kinds (void **state)
{
  TiffSpec   spec = plain (8, 1);
  RvsPicture picture;

  (void)state;
  spec.photometric = PHOTOMETRIC_MINISWHITE;
  picture = read_and_free (make_tiff (&spec));
  for (int i = 0; i < W * H; i++)
    assert_int_equal (((unsigned char *)picture.view.pixels)[i], 255 - noise[i]);
  rvs_picture_clear (&picture);

  spec.photometric = PHOTOMETRIC_PALETTE;
  picture = read_and_free (make_tiff (&spec));
  assert_int_equal (picture.view.channels, 3);
  for (int y = 0; y < H; y++)
    for (int x = 0; x < W; x++)
      {
        assert_int_equal (at (&picture, x, y, 0), noise[y * W + x] * 7 % 256);
        assert_int_equal (at (&picture, x, y, 1), 255 - noise[y * W + x]);
      }
  rvs_picture_clear (&picture);

  spec.photometric = PHOTOMETRIC_MINISBLACK;
  spec.bits = 1;
  picture = read_and_free (make_tiff (&spec));
  assert_int_equal (picture.view.channels, 1);
  for (int y = 0; y < H; y++)
    for (int x = 0; x < W; x++)
      assert_int_equal (at (&picture, x, y, 0), noise[y * ((W + 7) / 8) + x / 8] >> (7 - x % 8) & 1 ? 255 : 0);
  rvs_picture_clear (&picture);
}

/* Colours that are multiplied by alpha come out straight; a channel that is neither is missed. */
static void
test_extra_samples (void **state)
{
  unsigned char rows[W * H * 4];
  TiffSpec      spec = plain (8, 4);
  RvsPicture    picture;

  (void)state;
  for (int i = 0; i < W * H; i++)
    memcpy (rows + 4 * i, i % 2 ? (unsigned char[]){ 60, 128, 0, 128 } : (unsigned char[]){ 0, 0, 0, 0 }, 4);
  spec.rows = rows;
  spec.extra = EXTRASAMPLE_ASSOCALPHA;
  picture = read_and_free (make_tiff (&spec));
  assert_int_equal (at (&picture, 1, 0, 0), 120);
  assert_int_equal (at (&picture, 1, 0, 1), 255);
  assert_int_equal (at (&picture, 1, 0, 3), 128);
  assert_int_equal (at (&picture, 0, 0, 0), 0);
  rvs_picture_clear (&picture);
  spec.extra = EXTRASAMPLE_UNSPECIFIED;
  picture = read_and_free (make_tiff (&spec));
  assert_int_equal (picture.view.channels, 3);
  assert_int_equal (picture.meta.lost, RVS_LOST_OTHER);
  rvs_picture_clear (&picture);
}

/* The tag decides, and XMP does not turn it again. */
static void
test_orientation (void **state)
{
  (void)state;
  for (int orientation = 1; orientation <= 8; orientation++)
    {
      TiffSpec   spec = plain (8, 1);
      RvsPicture picture, back;
      bool       turned = orientation >= 5;

      spec.orientation = orientation;
      spec.xmp = "<a xmlns:tiff='http://ns.adobe.com/tiff/1.0/' tiff:Orientation='6'/>";
      picture = read_and_free (make_tiff (&spec));
      assert_int_equal (picture.view.width, turned ? H : W);
      if (orientation == 6)
        assert_int_equal (at (&picture, 0, 0, 0), noise[(H - 1) * W]);
      if (orientation == 3)
        assert_int_equal (at (&picture, 0, 0, 0), noise[H * W - 1]);
      assert_memory_equal (picture.meta.xmp.bytes + picture.meta.xmp.n - 4, "1'/>", 4);
      back = through (&picture, RVS_PICTURE_TIFF, NULL);
      assert_same_pixels (&picture, &back);
      rvs_picture_clear (&back);
      rvs_picture_clear (&picture);
    }
}

static void
test_pages (void **state)
{
  TiffSpec   spec = plain (8, 3);
  RvsPicture picture;

  (void)state;
  spec.n_pages = 3;
  picture = read_and_free (make_tiff (&spec));
  assert_int_equal (picture.meta.notes, RVS_NOTE_FIRST_PAGE);
  assert_memory_equal (picture.view.pixels, noise, W * H * 3);
  rvs_picture_clear (&picture);
  spec.reduced = true;
  picture = read_and_free (make_tiff (&spec));
  assert_int_equal (picture.meta.notes, 0);
  rvs_picture_clear (&picture);
}

static const char *
text_of (const RvsPicture *picture, const char *key)
{
  for (size_t i = 0; i < picture->meta.n_texts; i++)
    if (!strcmp (picture->meta.texts[i].key, key))
      return picture->meta.texts[i].text;
  return "";
}

static void
check_meta (const RvsPicture *picture, const unsigned char *icc)
{
  assert_int_equal (picture->meta.icc.n, ICC_BYTES);
  assert_memory_equal (picture->meta.icc.bytes, icc, ICC_BYTES);
  assert_int_equal (picture->meta.xmp.n, 12);
  assert_memory_equal (picture->meta.xmp.bytes, "<x:xmpmeta/>", 12);
}

static void
test_meta (void **state)
{
  unsigned char icc[ICC_BYTES];
  TiffSpec      spec = plain (16, 3);
  RvsPicture    picture, tiff, png, jpeg;
  unsigned      lost = 0;

  (void)state;
  make_icc (icc, "RGB ");
  spec.icc = icc;
  spec.n_icc = sizeof icc;
  spec.xmp = "<x:xmpmeta/>";
  spec.notes = true;
  picture = read_and_free (make_tiff (&spec));
  tiff = through (&picture, RVS_PICTURE_TIFF, &lost);
  assert_int_equal (lost, 0);
  check_meta (&tiff, icc);
  assert_string_equal (text_of (&tiff, "Description"), "a description");
  assert_string_equal (text_of (&tiff, "Author"), "\xc5\x81ukasz");
  assert_string_equal (text_of (&tiff, "Make"), "a scanner");
  assert_int_equal (tiff.meta.photoshop.n, 12);
  assert_int_equal (tiff.meta.resolution_unit, RVS_RESOLUTION_INCH);
  assert_int_equal (tiff.meta.x_resolution, 300);
  assert_int_equal (tiff.meta.y_resolution, 150);
  png = through (&picture, RVS_PICTURE_PNG, &lost);
  assert_int_equal (lost, RVS_LOST_SEGMENT);
  check_meta (&png, icc);
  assert_same_pixels (&picture, &png);
  assert_string_equal (text_of (&png, "Author"), "\xc5\x81ukasz");
  jpeg = through (&picture, RVS_PICTURE_JPEG, &lost);
  assert_int_equal (lost, RVS_LOST_DEPTH);
  check_meta (&jpeg, icc);
  assert_int_equal (jpeg.meta.photoshop.n, 12);
  rvs_picture_clear (&jpeg);
  rvs_picture_clear (&png);
  rvs_picture_clear (&tiff);
  rvs_picture_clear (&picture);
}

/* A block with camera, time, interoperability and place, in either byte order. */
static size_t
make_full_exif (unsigned char *out, bool big)
{
  /* offset, tag, type, count, value */
  static const uint32_t entries[][5]
      = { { 10, 0x010f, 2, 9, 200 },      { 22, 0x8769, 4, 1, 60 },   { 34, 0x8825, 4, 1, 120 }, /* first */
          { 62, 0x9003, 2, 20, 210 },     { 74, 0xa005, 4, 1, 160 },  { 86, 0xa002, 3, 1, 37 },  /* EXIF */
          { 122, 0x0001, 2, 2, 0x4e },    { 134, 0x0002, 5, 3, 230 },                            /* place */
          { 162, 0x0001, 2, 4, 0x383952 } };                                                     /* R98 */
  static const uint32_t counts[][2] = { { 8, 3 }, { 60, 3 }, { 120, 2 }, { 160, 1 } };

  memset (out, 0, 254);
  memcpy (out, big ? "MM\0*" : "II*\0", 4);
#define PUT(at, n, value)                                                                                                          \
  for (int b = 0; b < (n); b++)                                                                                                    \
  out[(at) + (uint32_t)b] = (unsigned char)((value) >> 8 * (big ? (n)-1 - b : b))
  PUT (4, 4, 8u);
  for (size_t i = 0; i < 4; i++)
    PUT (counts[i][0], 2, counts[i][1]);
  for (size_t i = 0; i < 9; i++)
    {
      const uint32_t *e = entries[i];
      PUT (e[0], 2, e[1]);
      PUT (e[0] + 2, 2, e[2]);
      PUT (e[0] + 4, 4, e[3]);
      if (e[2] == 2 && e[3] <= 4)
        memcpy (out + e[0] + 8, e[4] == 0x4e ? "N" : "R98", e[4] == 0x4e ? 2 : 4);
      else
        PUT (e[0] + 8, e[2] == 3 ? 2 : 4, e[4]);
    }
#undef PUT
  memcpy (out + 200, "a camera", 9);
  memcpy (out + 210, "2026:11:29 17:00:00", 20);
  memset (out + 230, 7, 24);
  return 254;
}

static bool
contains (const RvsBlob *blob, const char *words, size_t n)
{
  for (size_t i = 0; i + n <= blob->n; i++)
    if (!memcmp (blob->bytes + i, words, n))
      return true;
  return false;
}

/* EXIF goes from JPEG's shape into a TIFF and back, with its directories. libtiff itself finds them in the file. */
static void
test_exif (void **state)
{
  (void)state;
  for (int big = 0; big < 2; big++)
    for (int bits = 8; bits <= 16; bits += 8)
      {
        TiffSpec   spec = plain (bits, 3);
        RvsPicture picture = read_and_free (make_tiff (&spec)), tiff, jpeg;
        unsigned   lost = 0;

        picture.meta.exif.bytes = malloc (254);
        picture.meta.exif.n = make_full_exif (picture.meta.exif.bytes, big);
        tiff = through (&picture, RVS_PICTURE_TIFF, &lost);
        assert_int_equal (lost, 0);
        assert_same_pixels (&picture, &tiff);
        assert_string_equal (text_of (&tiff, "Make"), "a camera");
        assert_non_null (tiff.meta.exif.bytes);
        jpeg = through (&tiff, RVS_PICTURE_JPEG, &lost);
        for (int i = 0; i < 2; i++)
          {
            const RvsBlob *exif = i ? &jpeg.meta.exif : &tiff.meta.exif;
            assert_int_equal (exif->bytes[0], big ? 'M' : 'I');
            assert_true (contains (exif, "2026:11:29 17:00:00", 20));
            assert_true (contains (exif, "R98", 4));
            assert_true (contains (exif, "\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7", 24));
          }
        rvs_picture_clear (&jpeg);
        rvs_picture_clear (&tiff);
        rvs_picture_clear (&picture);
      }
}

/* Every flipped byte of a block on its way into a TIFF: written or said to be lost, and the file is whole. */
static void
test_exif_damaged (void **state)
{
  TiffSpec   spec = plain (8, 1);
  RvsPicture picture = read_and_free (make_tiff (&spec)), back;

  (void)state;
  picture.meta.exif.bytes = malloc (254);
  for (size_t i = 0; i < 254; i++)
    for (int flip = 1; flip < 256; flip *= 3)
      {
        picture.meta.exif.n = make_full_exif (picture.meta.exif.bytes, true);
        picture.meta.exif.bytes[i] ^= (unsigned char)flip;
        back = through (&picture, RVS_PICTURE_TIFF, NULL);
        assert_same_pixels (&picture, &back);
        rvs_picture_clear (&back);
      }
  rvs_picture_clear (&picture);
}

/* ---- what is refused ------------------------------------------------------------------------ */

static void
assert_refused (const void *bytes, size_t n, RvsStatus expected, const char *words)
{
  RvsPicture picture;
  RvsError   err = { 0 };
  RvsStatus  status = rvs_picture_read_memory (bytes, n, NULL, &picture, &err);

  if (status != expected || !strstr (err.message, words))
    fail_msg ("%zu bytes: status %d, message \"%s\"; expected %d, \"%s\"", n, status, err.message, expected, words);
  assert_null (picture.view.pixels);
}

/* Refused; but for a cut through a note, which is missed while the rows are all there. */
static void
check_cut (Bytes file, size_t n, int bits)
{
  RvsPicture picture;
  RvsError   err = { 0 };

  if (rvs_picture_read_memory (file.bytes, n, NULL, &picture, &err))
    {
      if (!strstr (err.message, "TIFF file is "))
        fail_msg ("%zu bytes: \"%s\"", n, err.message);
      return;
    }
  assert_int_equal (picture.meta.notes, RVS_NOTE_NO_END);
  assert_memory_equal (picture.view.pixels, noise, (size_t)(W * H * 3 * bits / 8));
  rvs_picture_clear (&picture);
}

static void
test_truncated (void **state)
{
  (void)state;
  for (int how = 0; how < 4; how++)
    {
      TiffSpec spec = plain (how & 1 ? 16 : 8, 3);
      Bytes    file;

      spec.tiled = how & 2;
      spec.notes = true;
      spec.compression = how ? COMPRESSION_LZW : COMPRESSION_NONE;
      file = make_tiff (&spec);
      for (size_t n = 4; n < file.n; n += n < 16 || n > file.n - 300 ? 1 : 61)
        check_cut (file, n, spec.bits);
      free (file.bytes);
    }
}

/* Any flipped byte: a message or a picture, never a crash; the sanitizers watch. */
static void
test_corrupt (void **state)
{
  TiffSpec spec = plain (8, 3);
  Bytes    file;

  (void)state;
  spec.compression = COMPRESSION_ADOBE_DEFLATE;
  spec.notes = true;
  file = make_tiff (&spec);
  for (size_t i = 0; i < file.n; i++)
    for (int flip = 0x41; flip <= 0xff; flip += 0xbe)
      {
        RvsPicture picture;
        RvsError   err = { 0 };

        file.bytes[i] ^= (unsigned char)flip;
        if (rvs_picture_read_memory (file.bytes, file.n, NULL, &picture, &err))
          assert_true (err.message[0] != '\0');
        rvs_picture_clear (&picture);
        file.bytes[i] ^= (unsigned char)flip;
      }
  free (file.bytes);
}

/* A header of a few bytes that promises a lot. */
static void
check_promise (uint32_t width, uint32_t height, RvsStatus expected, const char *words)
{
  unsigned char file[8 + 2 + 7 * 12 + 4] = "II*\0\10\0\0\0\7";
  uint32_t      entries[7][3]
      = { { 256, 4, width }, { 257, 4, height }, { 258, 3, 8 }, { 262, 3, 1 }, { 273, 4, 8 }, { 277, 3, 1 }, { 279, 4, 80 } };

  for (int i = 0; i < 7; i++)
    {
      unsigned char *at = file + 10 + 12 * i;
      uint32_t       one = 1;
      memcpy (at, &entries[i][0], 2);
      memcpy (at + 2, &entries[i][1], 2);
      memcpy (at + 4, &one, 4);
      memcpy (at + 8, &entries[i][2], 4);
    }
  assert_refused (file, sizeof file, expected, words);
}

static void
test_promises (void **state)
{
  (void)state;
  check_promise (0, 0, RVS_ERR_FORMAT, "damaged");
  check_promise (100000, 100000, RVS_ERR_LIMIT, "100000x100000 pixels");
  check_promise (20000, 20000, RVS_ERR_FORMAT, "cannot hold 20000x20000 pixels");
  check_promise (0xffffffffu, 0xffffffffu, RVS_ERR_FORMAT, "damaged");
}

static void
test_unsupported (void **state)
{
  TiffSpec spec = plain (8, 4);
  Bytes    cmyk, lab;

  (void)state;
  spec.photometric = PHOTOMETRIC_SEPARATED;
  cmyk = make_tiff (&spec);
  assert_refused (cmyk.bytes, cmyk.n, RVS_ERR_FORMAT, "in CMYK colours");
  free (cmyk.bytes);
  spec = plain (8, 3);
  spec.photometric = PHOTOMETRIC_CIELAB;
  lab = make_tiff (&spec);
  assert_refused (lab.bytes, lab.n, RVS_ERR_FORMAT, "in Lab colours");
  free (lab.bytes);
}

/* IPTC in a tag of its own is taken into Photoshop's block, unless that has one; both byte orders. */
static void
test_iptc (void **state)
{
  static const char        iptc[] = "\x1c\2\x78\1\5photo---"; /* of an odd length */
  static const char *const modes[] = { "wl", "wb" };

  (void)state;
  for (int i = 0; i < 2; i++)
    {
      TiffSpec   spec = plain (8, 3);
      RvsPicture picture, jpeg;
      unsigned   lost = 0;

      spec.mode = modes[i];
      spec.iptc = iptc;
      picture = read_and_free (make_tiff (&spec));
      assert_int_equal (picture.meta.photoshop.n, 12 + strlen (iptc) + 1);
      assert_memory_equal (picture.meta.photoshop.bytes, "8BIM\4\4\0\0\0\0\0\x0d", 12);
      assert_memory_equal (picture.meta.photoshop.bytes + 12, iptc, strlen (iptc));
      jpeg = through (&picture, RVS_PICTURE_JPEG, &lost);
      assert_int_equal (lost, 0);
      assert_int_equal (jpeg.meta.photoshop.n, picture.meta.photoshop.n);
      rvs_picture_clear (&jpeg);
      rvs_picture_clear (&picture);
      spec.notes = true; /* with an empty IPTC in Photoshop's own block */
      picture = read_and_free (make_tiff (&spec));
      assert_int_equal (picture.meta.photoshop.n, 12);
      rvs_picture_clear (&picture);
    }
}

static void
test_stop (void **state)
{
  TiffSpec              spec = plain (8, 3);
  Bytes                 file = make_tiff (&spec);
  volatile sig_atomic_t stop = 1;
  RvsPicture            picture;
  RvsError              err = { 0 };
  FILE                 *sink = tmpfile ();

  (void)state;
  assert_int_equal (rvs_picture_read_memory (file.bytes, file.n, &stop, &picture, &err), RVS_ERR_CANCELLED);
  picture = read_and_free (file);
  assert_int_equal (rvs_picture_write (&picture, RVS_PICTURE_TIFF, sink, &stop, NULL, NULL), RVS_ERR_CANCELLED);
  rvs_picture_clear (&picture);
  fclose (sink);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_kinds),       cmocka_unit_test (test_other_kinds),  cmocka_unit_test (test_extra_samples),
    cmocka_unit_test (test_orientation), cmocka_unit_test (test_pages),        cmocka_unit_test (test_meta),
    cmocka_unit_test (test_truncated),   cmocka_unit_test (test_corrupt),      cmocka_unit_test (test_promises),
    cmocka_unit_test (test_exif),        cmocka_unit_test (test_exif_damaged), cmocka_unit_test (test_unsupported),
    cmocka_unit_test (test_iptc),        cmocka_unit_test (test_stop),
  };

  return cmocka_run_group_tests_name ("tiff", tests, setup, NULL);
}
