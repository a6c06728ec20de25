/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_heif.c: HEIC and AVIF in, of 8 and 10 bits, made by libheif where it has an encoder; what is broken is refused by name.
 */
#include "testing.h"

#include "codecs.h"
#include "io_private.h"

#include <libheif/heif.h>
#include <stdlib.h>
#include <string.h>

enum
{
  W = 64,
  H = 48
};

/* The encoder that makes the files leaves something behind at its end. */
const char *__lsan_default_suppressions (void);

const char *
__lsan_default_suppressions (void)
{
  return "leak:libx265";
}

/* Smooth, different at all corners. */
static int
value_at (int x, int y, int c)
{
  return 40 + 2 * x + (c == 0 ? 1 : 3) * y / 2 - 5 * c;
}

static struct heif_error
append (struct heif_context *context, const void *bytes, size_t n, void *user)
{
  Bytes *out = user;

  (void)context;
  out->bytes = realloc (out->bytes, out->n + n);
  memcpy (out->bytes + out->n, bytes, n);
  out->n += n;
  return (struct heif_error){ heif_error_Ok, heif_suberror_Unspecified, "" };
}

static struct heif_image *
make_image (int bits)
{
  struct heif_image *image;
  int                stride;
  uint8_t           *to;

  heif_image_create (W, H, heif_colorspace_RGB, bits > 8 ? heif_chroma_interleaved_RRGGBB_LE : heif_chroma_interleaved_RGB, &image);
  heif_image_add_plane (image, heif_channel_interleaved, W, H, bits);
  to = heif_image_get_plane (image, heif_channel_interleaved, &stride);
  for (int y = 0; y < H; y++)
    for (int i = 0; i < W * 3; i++)
      {
        int value = value_at (i / 3, y, i % 3) << (bits - 8);
        if (bits > 8)
          to[y * stride + 2 * i] = (uint8_t)value, to[y * stride + 2 * i + 1] = (uint8_t)(value >> 8);
        else
          to[y * stride + i] = (uint8_t)value;
      }
  return image;
}

/* Nothing where the library has no encoder for it. */
static Bytes
make_heif (enum heif_compression_format kind, int bits)
{
  struct heif_context      *context = heif_context_alloc ();
  struct heif_image        *image = make_image (bits);
  struct heif_image_handle *handle = NULL;
  struct heif_encoder      *encoder = NULL;
  struct heif_writer        writer = { 1, append };
  unsigned char             exif[EXIF_BYTES];
  Bytes                     out = { NULL, 0 };

  make_exif (exif, false, 6); /* the container, which says nothing, decides */
  if (heif_context_get_encoder_for_format (context, kind, &encoder).code == heif_error_Ok)
    {
      heif_encoder_set_lossy_quality (encoder, 90);
      if (heif_context_encode_image (context, image, encoder, NULL, &handle).code == heif_error_Ok)
        {
          heif_context_add_exif_metadata (context, handle, exif, sizeof exif);
          heif_context_write (context, &writer, &out);
        }
      heif_encoder_release (encoder);
    }
  if (handle)
    heif_image_handle_release (handle);
  heif_image_release (image);
  heif_context_free (context);
  return out;
}

static void
check_kind (enum heif_compression_format kind, int bits)
{
  Bytes      file = make_heif (kind, bits);
  RvsPicture picture;
  RvsError   err = { 0 };

  if (!file.n)
    {
      print_message ("no encoder for kind %d with %d bits\n", (int)kind, bits);
      return;
    }
  if (rvs_picture_read_memory (file.bytes, file.n, NULL, &picture, &err))
    fail_msg ("kind %d: %s", (int)kind, err.message);
  assert_int_equal (picture.format, RVS_PICTURE_HEIC);
  assert_int_equal (picture.view.width, W);
  assert_int_equal (picture.view.depth, bits > 8 ? RVS_DEPTH_U16 : RVS_DEPTH_U8);
  assert_int_equal (io__exif_orientation (&picture.meta.exif), 1);
  for (int y = 0; y < H; y++)
    for (int i = 0; i < W * 3; i++)
      {
        int seen
            = bits > 8 ? ((uint16_t *)picture.view.pixels)[y * W * 3 + i] / 257 : ((uint8_t *)picture.view.pixels)[y * W * 3 + i];
        assert_in_range (seen + 12 - value_at (i / 3, y, i % 3), 0, 24);
      }
  rvs_picture_clear (&picture);
  free (file.bytes);
}

static void
test_kinds (void **state)
{
  (void)state;
  check_kind (heif_compression_HEVC, 8);
  check_kind (heif_compression_HEVC, 10);
  check_kind (heif_compression_AV1, 8);
  /* Its encoder of Debian 12 aborts on 10 bits. */
}

/* Cuts and flipped bytes: a sentence or a picture. */
static void
test_broken (void **state)
{
  Bytes file = make_heif (heif_compression_AV1, 8);

  (void)state;
  if (!file.n)
    file = make_heif (heif_compression_HEVC, 8);
  if (!file.n)
    skip ();
  for (size_t i = 12; i < file.n; i += i < 600 ? 3 : 29)
    for (int how = 0; how < 2; how++)
      {
        RvsPicture picture;
        RvsError   err = { 0 };
        RvsStatus  status;

        file.bytes[i] ^= how ? 0x95 : 0;
        status = rvs_picture_read_memory (file.bytes, how ? file.n : i, NULL, &picture, &err);
        file.bytes[i] ^= how ? 0x95 : 0;
        assert_int_equal (status, err.status);
        if (status)
          assert_null (picture.view.pixels);
        else
          assert_true (how == 1);
        rvs_picture_clear (&picture);
      }
  free (file.bytes);
}

static void
test_never_written (void **state)
{
  RvsPicture picture;
  RvsError   err = { 0 };

  (void)state;
  assert_int_equal (rvs_picture_new (2, 2, 3, RVS_DEPTH_U8, &picture, NULL), RVS_OK);
  assert_int_equal (rvs_picture_write (&picture, RVS_PICTURE_HEIC, stdout, NULL, NULL, &err), RVS_ERR_ARGUMENT);
  assert_string_equal (err.message, "HEIC pictures cannot be written");
  assert_int_equal (rvs_format_of_result (RVS_PICTURE_HEIC), RVS_PICTURE_PNG);
  rvs_picture_clear (&picture);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_kinds),
    cmocka_unit_test (test_broken),
    cmocka_unit_test (test_never_written),
  };

  return cmocka_run_group_tests_name ("heif", tests, NULL, NULL);
}
