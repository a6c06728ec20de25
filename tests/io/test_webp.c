/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_webp.c: WebP in and out: lossless to the bit, with what alpha hides; metadata; orientation; what is broken is refused by name.
 */
#include "testing.h"

#include "io_private.h"
#include "roundtrip.h"

#include <stdlib.h>
#include <string.h>
#include <webp/decode.h>
#include <webp/encode.h>
#include <webp/mux.h>

enum
{
  W = 40,
  H = 24
};

static unsigned char noise[W * H * 4];

static int
setup (void **state)
{
  (void)state;
  fill_noise (noise, sizeof noise, 11);
  for (size_t i = 3; i < sizeof noise; i += 16)
    noise[i] = 0; /* alpha */
  return 0;
}

static RvsPicture
picture_of (int channels)
{
  RvsPicture picture;

  assert_int_equal (rvs_picture_new (W, H, channels, RVS_DEPTH_U8, &picture, NULL), RVS_OK);
  memcpy (picture.view.pixels, noise, (size_t)(W * H * channels));
  return picture;
}

/* RGB and RGBA come back to the bit, grey as RGB; libwebp itself sees the same pixels. */
static void
test_lossless (void **state)
{
  (void)state;
  for (int channels = 1; channels <= 4; channels++)
    {
      RvsPicture picture = picture_of (channels), back;
      Bytes      file = written (&picture, RVS_PICTURE_WEBP, NULL);
      int        width = 0, height = 0;
      uint8_t   *seen = channels == 4 ? WebPDecodeRGBA (file.bytes, file.n, &width, &height) : NULL;

      if (channels == 4)
        assert_memory_equal (seen, noise, sizeof noise);
      WebPFree (seen);
      back = read_and_free (file);
      assert_int_equal (back.format, RVS_PICTURE_WEBP);
      assert_int_equal (back.meta.quality, RVS_QUALITY_LOSSLESS);
      assert_int_equal (back.view.channels, channels <= 2 ? channels + 2 : channels);
      for (int i = 0; i < W * H; i++)
        for (int c = 0; c < back.view.channels; c++)
          {
            int from = channels >= 3 ? c : c < 3 ? 0 : 1;
            assert_int_equal (((uint8_t *)back.view.pixels)[i * back.view.channels + c], noise[i * channels + from]);
          }
      rvs_picture_clear (&back);
      rvs_picture_clear (&picture);
    }
}

/* A quality gives a smaller file, which is read as a lossy one and written as one. */
static void
test_quality (void **state)
{
  RvsPicture picture = picture_of (3), back;
  Bytes      exact = written (&picture, RVS_PICTURE_WEBP, NULL), small;

  (void)state;
  picture.meta.quality = 50;
  small = written (&picture, RVS_PICTURE_WEBP, NULL);
  assert_true (small.n < exact.n / 2);
  back = read_and_free (small);
  assert_in_range (back.meta.quality, 90, 100);
  rvs_picture_clear (&back);
  rvs_picture_clear (&picture);
  free (exact.bytes);
}

static void
set_blob (RvsBlob *blob, const void *bytes, size_t n)
{
  blob->bytes = malloc (n);
  blob->n = n;
  memcpy (blob->bytes, bytes, n);
}

static void
test_meta (void **state)
{
  unsigned char icc[ICC_BYTES], exif[EXIF_BYTES];
  RvsPicture    picture = picture_of (3), back;
  unsigned      lost = 0;

  (void)state;
  make_icc (icc, "RGB ");
  make_exif (exif, true, 1);
  set_blob (&picture.meta.icc, icc, sizeof icc);
  set_blob (&picture.meta.exif, exif, sizeof exif);
  set_blob (&picture.meta.xmp, "<x:xmpmeta/>", 12);
  picture.meta.resolution_unit = RVS_RESOLUTION_INCH;
  back = read_and_free (written (&picture, RVS_PICTURE_WEBP, &lost));
  assert_int_equal (lost, RVS_LOST_RESOLUTION);
  assert_int_equal (back.meta.icc.n, ICC_BYTES);
  assert_memory_equal (back.meta.icc.bytes, icc, ICC_BYTES);
  assert_int_equal (back.meta.exif.n, EXIF_BYTES);
  assert_int_equal (back.meta.xmp.n, 12);
  assert_memory_equal (back.meta.xmp.bytes, "<x:xmpmeta/>", 12);
  rvs_picture_clear (&back);
  rvs_picture_clear (&picture);
}

/* A file with this EXIF, straight from libwebp's multiplexer. */
static Bytes
with_exif (int orientation, bool prefixed)
{
  unsigned char exif[6 + EXIF_BYTES] = "Exif\0";
  RvsPicture    picture = picture_of (3);
  Bytes         plain = written (&picture, RVS_PICTURE_WEBP, NULL);
  WebPData      image = { plain.bytes, plain.n }, data, file;
  WebPMux      *mux = WebPMuxCreate (&image, 1);
  Bytes         out;

  make_exif (exif + 6, false, orientation);
  data = (WebPData){ prefixed ? exif : exif + 6, prefixed ? sizeof exif : EXIF_BYTES };
  assert_int_equal (WebPMuxSetChunk (mux, "EXIF", &data, 1), WEBP_MUX_OK);
  assert_int_equal (WebPMuxAssemble (mux, &file), WEBP_MUX_OK);
  out = (Bytes){ malloc (file.size), file.size };
  memcpy (out.bytes, file.bytes, file.size);
  WebPDataClear (&file);
  WebPMuxDelete (mux);
  free (plain.bytes);
  rvs_picture_clear (&picture);
  return out;
}

static void
test_orientation (void **state)
{
  (void)state;
  for (int prefixed = 0; prefixed < 2; prefixed++)
    for (int orientation = 1; orientation <= 8; orientation++)
      {
        RvsPicture picture = read_and_free (with_exif (orientation, prefixed));
        assert_int_equal (picture.view.width, orientation >= 5 ? H : W);
        assert_int_equal (io__exif_orientation (&picture.meta.exif), 1);
        if (orientation == 6)
          assert_memory_equal (picture.view.pixels, noise + (H - 1) * W * 3, 3);
        rvs_picture_clear (&picture);
      }
}

static void
assert_refused (Bytes file, size_t n, const char *words)
{
  RvsPicture picture;
  RvsError   err = { 0 };
  RvsStatus  status = rvs_picture_read_memory (file.bytes, n, NULL, &picture, &err);

  if (status != RVS_ERR_FORMAT || !strstr (err.message, words))
    fail_msg ("%zu bytes: status %d, message \"%s\"; expected \"%s\"", n, status, err.message, words);
  assert_null (picture.view.pixels);
}

static void
test_truncated (void **state)
{
  (void)state;
  for (int quality = 0; quality <= 80; quality += 80)
    {
      RvsPicture picture = picture_of (4);
      Bytes      file;

      picture.meta.quality = quality;
      file = written (&picture, RVS_PICTURE_WEBP, NULL);
      for (size_t n = 12; n < file.n; n++)
        assert_refused (file, n, "WebP file is truncated");
      free (file.bytes);
      rvs_picture_clear (&picture);
    }
}

static void
test_corrupt (void **state)
{
  (void)state;
  for (int quality = 0; quality <= 80; quality += 80)
    {
      RvsPicture picture = picture_of (4), other;
      Bytes      file;

      picture.meta.quality = quality;
      file = written (&picture, RVS_PICTURE_WEBP, NULL);
      for (size_t i = 0; i < file.n; i++)
        {
          RvsError err = { 0 };

          file.bytes[i] ^= 0x51;
          if (rvs_picture_read_memory (file.bytes, file.n, NULL, &other, &err))
            assert_true (err.message[0] != '\0');
          rvs_picture_clear (&other);
          file.bytes[i] ^= 0x51;
        }
      free (file.bytes);
      rvs_picture_clear (&picture);
    }
}

static void
test_animated (void **state)
{
  RvsPicture       picture = picture_of (3);
  Bytes            plain = written (&picture, RVS_PICTURE_WEBP, NULL);
  WebPMux         *mux = WebPMuxNew ();
  WebPMuxFrameInfo frame = { .bitstream = { plain.bytes, plain.n }, .duration = 100, .id = WEBP_CHUNK_ANMF };
  WebPData         file;

  (void)state;
  for (int i = 0; i < 2; i++)
    assert_int_equal (WebPMuxPushFrame (mux, &frame, 1), WEBP_MUX_OK);
  assert_int_equal (WebPMuxSetAnimationParams (mux, &(WebPMuxAnimParams){ 0, 0 }), WEBP_MUX_OK);
  assert_int_equal (WebPMuxAssemble (mux, &file), WEBP_MUX_OK);
  assert_refused ((Bytes){ (unsigned char *)(uintptr_t)file.bytes, file.size }, file.size, "animated WebP");
  WebPDataClear (&file);
  WebPMuxDelete (mux);
  free (plain.bytes);
  rvs_picture_clear (&picture);
}

static void
test_limits (void **state)
{
  RvsPicture            picture;
  RvsError              err = { 0 };
  FILE                 *sink = fopen ("/dev/null", "wb");
  volatile sig_atomic_t stop = 1;
  Bytes                 file;

  (void)state;
  assert_int_equal (rvs_picture_new (16384, 1, 3, RVS_DEPTH_U8, &picture, NULL), RVS_OK);
  assert_int_equal (rvs_picture_write (&picture, RVS_PICTURE_WEBP, sink, NULL, NULL, &err), RVS_ERR_ARGUMENT);
  assert_non_null (strstr (err.message, "16383"));
  rvs_picture_clear (&picture);
  picture = picture_of (3);
  file = written (&picture, RVS_PICTURE_WEBP, NULL);
  assert_int_equal (rvs_picture_write (&picture, RVS_PICTURE_WEBP, sink, &stop, NULL, NULL), RVS_ERR_CANCELLED);
  rvs_picture_clear (&picture);
  assert_int_equal (rvs_picture_read_memory (file.bytes, file.n, &stop, &picture, NULL), RVS_ERR_CANCELLED);
  free (file.bytes);
  fclose (sink);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_lossless),    cmocka_unit_test (test_quality),   cmocka_unit_test (test_meta),
    cmocka_unit_test (test_orientation), cmocka_unit_test (test_truncated), cmocka_unit_test (test_corrupt),
    cmocka_unit_test (test_animated),    cmocka_unit_test (test_limits),
  };

  return cmocka_run_group_tests_name ("webp", tests, setup, NULL);
}
