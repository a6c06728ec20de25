/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_picture_bad.c: what is not a sound PNG or JPEG is refused with the right status and a clear
 * sentence, at every cut and without a leak (the sanitizer build watches).
 */
#include "testing.h"

#include "roundtrip.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned char noise[32 * 32 * 4];

static int
setup (void **state)
{
  (void)state;
  fill_noise (noise, sizeof noise, 3);
  return 0;
}

static Bytes
small_png (void)
{
  PngSpec spec
      = { .width = 32, .height = 32, .depth = 8, .colour_type = PNG_COLOR_TYPE_RGB, .rows = noise, .row_bytes = 96, .notes = true };

  return make_png (&spec);
}

static Bytes
small_jpeg (int channels, bool progressive)
{
  JpegSpec spec = { .width = 32, .height = 32, .channels = channels, .rows = noise, .progressive = progressive, .notes = true };

  return make_jpeg (&spec);
}

static void
assert_refused (const void *bytes, size_t n, RvsStatus expected, const char *words)
{
  RvsPicture picture;
  RvsError   err = { 0 };
  RvsStatus  status = rvs_picture_read_memory (bytes, n, NULL, &picture, &err);

  if (status != expected || !strstr (err.message, words))
    fail_msg ("status %d, message \"%s\"; expected %d, \"%s\"", status, err.message, expected, words);
  assert_int_equal (err.status, expected);
  assert_null (picture.view.pixels);
  assert_null (picture.meta.texts);
}

/* The first n bytes hold all of the picture and its notes, and the lack of an end mark is noted. */
static void
assert_complete (Bytes file, size_t n)
{
  RvsPicture picture, whole;
  RvsError   err = { 0 };

  if (rvs_picture_read_memory (file.bytes, n, NULL, &picture, &err))
    fail_msg ("%zu bytes: %s", n, err.message);
  assert_int_equal (picture.meta.notes, RVS_NOTE_NO_END);
  assert_true (picture.meta.n_texts > 0);
  whole = picture;
  if (n < file.n)
    {
      assert_int_equal (rvs_picture_read_memory (file.bytes, file.n, NULL, &whole, &err), RVS_OK);
      assert_int_equal (whole.meta.notes, 0);
      assert_int_equal (whole.meta.n_texts, picture.meta.n_texts);
      assert_memory_equal (whole.view.pixels, picture.view.pixels, 32 * 32 * 3);
      rvs_picture_clear (&whole);
    }
  rvs_picture_clear (&picture);
}

static void
test_truncated_png (void **state)
{
  Bytes file = small_png ();

  (void)state;
  assert_refused (file.bytes, 0, RVS_ERR_FORMAT, "empty");
  for (size_t n = 8; n < file.n - 12; n++)
    assert_refused (file.bytes, n, RVS_ERR_FORMAT, "truncated");
  for (size_t n = file.n - 12; n < file.n; n++) /* within IEND */
    assert_complete (file, n);
  free (file.bytes);
}

static void
test_truncated_jpeg (void **state)
{
  (void)state;
  for (int progressive = 0; progressive < 2; progressive++)
    {
      Bytes file = small_jpeg (3, progressive);
      for (size_t n = 3; n < file.n - 2; n++)
        assert_refused (file.bytes, n, RVS_ERR_FORMAT, "JPEG file is truncated");
      for (size_t n = file.n - 2; n < file.n; n++) /* within EOI */
        assert_complete (file, n);
      free (file.bytes);
    }
}

/* What phones put in the place of the end mark: data of their own, another picture, a segment. */
static void
test_jpeg_trailers (void **state)
{
  static const char *const trailers[] = { "\0\0SEFH some data", "\xff\xd8\xff\xe1\0\4ab", "\xff\xc0\0\4ab", "\xff\xe1\0\4ab" };
  static const size_t      lengths[] = { 16, 8, 6, 6 };

  (void)state;
  for (int progressive = 0; progressive < 2; progressive++)
    for (size_t i = 0; i < 4; i++)
      {
        Bytes file = small_jpeg (3, progressive);
        file.bytes = realloc (file.bytes, file.n + 16);
        memcpy (file.bytes + file.n - 2, trailers[i], lengths[i]);
        assert_complete (file, file.n - 2 + lengths[i]);
        free (file.bytes);
      }
}

/* A progressive file that ends between two scans has all rows, but not in full. */
static void
test_jpeg_missing_scan (void **state)
{
  Bytes  file = small_jpeg (1, true);
  size_t scan = file.n;

  (void)state;
  while (file.bytes[scan - 2] != 0xff || file.bytes[scan - 1] != 0xda)
    scan--;
  assert_refused (file.bytes, scan - 2, RVS_ERR_FORMAT, "truncated");
  free (file.bytes);
}

/* A flipped byte in any chunk's data or checksum: refused, or read all the same where it only held a note. */
static void
test_corrupt_png (void **state)
{
  Bytes  file = small_png ();
  size_t idat = find_chunk (file, "IDAT");

  (void)state;
  for (size_t at = 8; at < file.n; at++)
    {
      RvsPicture picture;
      RvsError   err = { 0 };
      RvsStatus  status;

      file.bytes[at] ^= 0x21;
      status = rvs_picture_read_memory (file.bytes, file.n, NULL, &picture, &err);
      if (at >= idat && at < file.n - 12)
        assert_int_equal (status, RVS_ERR_FORMAT);
      if (status)
        assert_true (err.message[0] != '\0');
      rvs_picture_clear (&picture);
      file.bytes[at] ^= 0x21;
    }
  free (file.bytes);
}

static void
test_corrupt_jpeg (void **state)
{
  Bytes    file = small_jpeg (3, true);
  unsigned refused = 0;

  (void)state;
  for (size_t at = 2; at < file.n; at++)
    {
      RvsPicture picture;
      RvsError   err = { 0 };

      file.bytes[at] ^= 0x91;
      if (rvs_picture_read_memory (file.bytes, file.n, NULL, &picture, &err))
        {
          refused++;
          assert_true (err.message[0] != '\0');
        }
      rvs_picture_clear (&picture);
      file.bytes[at] ^= 0x91;
    }
  assert_true (refused > 0);
  free (file.bytes);
}

static void
put32 (unsigned char *at, uint32_t value)
{
  for (int i = 0; i < 4; i++)
    at[i] = (unsigned char)(value >> 8 * (3 - i));
}

static void
check_png_size (uint32_t width, uint32_t height, RvsStatus expected, const char *words)
{
  Bytes  file = small_png ();
  size_t header = find_chunk (file, "IHDR");

  put32 (file.bytes + header + 8, width);
  put32 (file.bytes + header + 12, height);
  fix_crc (file, header);
  assert_refused (file.bytes, file.n, expected, words);
  free (file.bytes);
}

static void
test_png_sizes (void **state)
{
  (void)state;
  check_png_size (0, 0, RVS_ERR_FORMAT, "0x0 pixels");
  check_png_size (0, 32, RVS_ERR_FORMAT, "0x32 pixels");
  check_png_size (100000, 100000, RVS_ERR_LIMIT, "100000x100000 pixels");
  check_png_size (65536, 1, RVS_ERR_LIMIT, "65536x1 pixels");
  check_png_size (30000, 30000, RVS_ERR_LIMIT, "30000x30000 pixels");
  check_png_size (0xffffffffu, 0xffffffffu, RVS_ERR_LIMIT, "4294967295x4294967295");
  /* Within the limits, but no deflate stream of this length can hold it. */
  check_png_size (20000, 20000, RVS_ERR_FORMAT, "cannot hold 20000x20000 pixels");
}

static void
test_jpeg_sizes (void **state)
{
  Bytes          file = small_jpeg (1, false);
  unsigned char *frame = file.bytes;

  (void)state;
  while (frame[0] != 0xff || frame[1] != 0xc0)
    frame++;
  memset (frame + 5, 0, 4);
  assert_refused (file.bytes, file.n, RVS_ERR_FORMAT, "0 pixels");
  memset (frame + 5, 0xff, 4);
  assert_refused (file.bytes, file.n, RVS_ERR_LIMIT, "65535x65535 pixels");
  free (file.bytes);
}

static void
test_unsupported (void **state)
{
  /* A build without the library names the format; one with it says what is wrong with the file. */
  static const struct
  {
    RvsPictureFormat format;
    size_t           n;
    const char      *bytes, *without, *with;
  } stumps[] = { { RVS_PICTURE_WEBP, 16, "RIFF\x24\0\0\0WEBPVP8 ", "WebP pictures are not supported", "WebP file is truncated" },
                 { RVS_PICTURE_HEIC, 16,
                   "\0\0\0\x18"
                   "ftypheic\0\0\0\0",
                   "HEIC pictures are not supported", "HEIC or AVIF" },
                 { RVS_PICTURE_TIFF, 8, "II*\0\10\0\0\0", "TIFF pictures are not supported", "TIFF file is truncated" } };
  Bytes cmyk = small_jpeg (4, false);

  (void)state;
  for (size_t i = 0; i < sizeof stumps / sizeof stumps[0]; i++)
    assert_refused (stumps[i].bytes, stumps[i].n, RVS_ERR_FORMAT,
                    rvs_format_can_read (stumps[i].format) ? stumps[i].with : stumps[i].without);
  assert_refused ("GIF89a....", 10, RVS_ERR_FORMAT, "GIF");
  assert_refused ("hello", 5, RVS_ERR_FORMAT, "not a PNG");
  assert_refused (cmyk.bytes, cmyk.n, RVS_ERR_FORMAT, "CMYK");
  free (cmyk.bytes);
}

/* 12-bit and lossless JPEG headers are named, not decoded wrongly. */
static void
test_unsupported_jpeg_kinds (void **state)
{
  Bytes          file = small_jpeg (1, false);
  unsigned char *frame = file.bytes;

  (void)state;
  while (frame[0] != 0xff || frame[1] != 0xc0)
    frame++;
  frame[4] = 12;
  assert_refused (file.bytes, file.n, RVS_ERR_FORMAT, "not supported");
  frame[4] = 8;
  frame[1] = 0xc3;
  assert_refused (file.bytes, file.n, RVS_ERR_FORMAT, "not supported");
  free (file.bytes);
}

static void
check_animated (const char *n_frames, RvsStatus expected)
{
  Bytes      file = small_png ();
  RvsPicture picture;
  RvsError   err = { 0 };

  insert_chunk (&file, "IDAT", "acTL", n_frames, 8);
  insert_chunk (&file, "IDAT", "fcTL", (char[26]){ 0 }, 26);
  assert_int_equal (rvs_picture_read_memory (file.bytes, file.n, NULL, &picture, &err), expected);
  if (expected)
    assert_non_null (strstr (err.message, "animated PNG"));
  else
    assert_int_equal (picture.meta.lost, 0);
  rvs_picture_clear (&picture);
  free (file.bytes);
}

/* One frame is a picture like any other. */
static void
test_animated_png (void **state)
{
  (void)state;
  check_animated ("\0\0\0\2\0\0\0\0", RVS_ERR_FORMAT);
  check_animated ("\0\0\0\1\0\0\0\0", RVS_OK);
}

/* A progressive file whose last scan is repeated hundreds of times. */
static void
test_scan_bomb (void **state)
{
  Bytes  file = small_jpeg (1, true);
  Bytes  bomb;
  size_t scan = file.n, end = file.n - 2;

  (void)state;
  while (file.bytes[scan - 2] != 0xff || file.bytes[scan - 1] != 0xda)
    scan--;
  scan -= 2;
  bomb.n = scan + 400 * (end - scan) + 2;
  bomb.bytes = malloc (bomb.n);
  memcpy (bomb.bytes, file.bytes, scan);
  for (size_t i = 0; i < 400; i++)
    memcpy (bomb.bytes + scan + i * (end - scan), file.bytes + scan, end - scan);
  memcpy (bomb.bytes + bomb.n - 2, "\xff\xd9", 2);
  {
    RvsPicture picture;
    RvsError   err = { 0 };
    assert_int_not_equal (rvs_picture_read_memory (bomb.bytes, bomb.n, NULL, &picture, &err), RVS_OK);
  }
  free (bomb.bytes);
  free (file.bytes);
}

static void
test_stop (void **state)
{
  Bytes                 png = small_png (), jpeg = small_jpeg (3, true);
  volatile sig_atomic_t stop = 1;
  RvsPicture            picture;
  RvsError              err = { 0 };
  FILE                 *sink = fopen ("/dev/null", "wb");

  (void)state;
  assert_int_equal (rvs_picture_read_memory (png.bytes, png.n, &stop, &picture, &err), RVS_ERR_CANCELLED);
  assert_int_equal (rvs_picture_read_memory (jpeg.bytes, jpeg.n, &stop, &picture, NULL), RVS_ERR_CANCELLED);
  stop = 0;
  assert_int_equal (rvs_picture_read_memory (png.bytes, png.n, &stop, &picture, NULL), RVS_OK);
  stop = 1;
  assert_int_equal (rvs_picture_write (&picture, RVS_PICTURE_PNG, sink, &stop, NULL, NULL), RVS_ERR_CANCELLED);
  assert_int_equal (rvs_picture_write (&picture, RVS_PICTURE_JPEG, sink, &stop, NULL, NULL), RVS_ERR_CANCELLED);
  rvs_picture_clear (&picture);
  fclose (sink);
  free (png.bytes);
  free (jpeg.bytes);
}

static void
test_paths (void **state)
{
  RvsPicture picture;
  RvsError   err = { 0 };
  char       fifo[] = "/tmp/rvs-test-XXXXXX";

  (void)state;
  assert_int_equal (rvs_picture_read ("/nonexistent/x.png", NULL, &picture, &err), RVS_ERR_IO);
  assert_non_null (strstr (err.message, "No such file"));
  err = (RvsError){ 0 };
  assert_int_equal (rvs_picture_read ("/", NULL, &picture, &err), RVS_ERR_IO);
  assert_non_null (strstr (err.message, "not a regular file"));
  /* A pipe that nobody writes to must not hang. */
  assert_non_null (mkdtemp (fifo));
  {
    char path[64];
    snprintf (path, sizeof path, "%s/fifo", fifo);
    assert_int_equal (mkfifo (path, 0600), 0);
    assert_int_equal (rvs_picture_read (path, NULL, &picture, NULL), RVS_ERR_IO);
    unlink (path);
    rmdir (fifo);
  }
}

static void
test_full_disk (void **state)
{
  Bytes      file = small_png ();
  RvsPicture picture;

  (void)state;
  assert_int_equal (rvs_picture_read_memory (file.bytes, file.n, NULL, &picture, NULL), RVS_OK);
  for (int format = 0; format < RVS_PICTURE_FORMATS; format++)
    {
      if (!rvs_format_can_write ((RvsPictureFormat)format))
        continue;
      RvsError err = { 0 };
      FILE    *full = fopen ("/dev/full", "wb");

      assert_int_equal (rvs_picture_write (&picture, (RvsPictureFormat)format, full, NULL, NULL, &err), RVS_ERR_IO);
      assert_non_null (strstr (err.message, "No space left"));
      fclose (full);
    }
  rvs_picture_clear (&picture);
  free (file.bytes);
}

static void
test_names (void **state)
{
  RvsPictureFormat format = RVS_PICTURE_PNG;

  (void)state;
  assert_true (rvs_picture_format_of_name ("a/b.JPEG", &format));
  assert_int_equal (format, RVS_PICTURE_JPEG);
  assert_true (rvs_picture_format_of_name ("b.png", &format));
  assert_int_equal (format, RVS_PICTURE_PNG);
  assert_false (rvs_picture_format_of_name ("a.png/b", &format));
  assert_false (rvs_picture_format_of_name ("a.xcf", &format));
  assert_false (rvs_picture_format_of_name ("png", &format));
  assert_true (rvs_picture_format_of_id ("jpg", &format));
  assert_int_equal (format, RVS_PICTURE_JPEG);
  assert_false (rvs_picture_format_of_id ("bmp", &format));
  assert_false (rvs_picture_format_of_id ("", &format));
  assert_false (rvs_picture_format_of_id ("a-word-of-any-length-is-looked-at", &format));
}

/* Every row of the table is whole, its words lead back to it, and a build that cannot read or write it says so. */
static void
test_formats (void **state)
{
  char list[80];

  (void)state;
  for (int f = 0; f < RVS_PICTURE_FORMATS; f++)
    {
      const RvsFormat *row = rvs_format ((RvsPictureFormat)f);
      RvsPictureFormat format = RVS_PICTURE_FORMATS;

      assert_non_null (row->name);
      assert_memory_equal (row->mime, "image/", 6);
      assert_true (rvs_picture_format_of_id (row->id, &format));
      assert_int_equal (format, f);
      for (const char *const *ending = row->endings; *ending || ending == row->endings; ending++)
        {
          assert_true (rvs_picture_format_of_name (*ending, &format));
          assert_int_equal (format, f);
        }
      rvs_formats_sentence (RVS_FORMATS_READ, list, sizeof list);
      assert_int_equal (strstr (list, row->name) != NULL, rvs_format_can_read ((RvsPictureFormat)f));
      rvs_formats_sentence (RVS_FORMATS_WRITTEN_IDS, list, sizeof list);
      assert_int_equal (strstr (list, row->id) != NULL, rvs_format_can_write ((RvsPictureFormat)f));
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_truncated_png), cmocka_unit_test (test_truncated_jpeg),
    cmocka_unit_test (test_jpeg_trailers), cmocka_unit_test (test_jpeg_missing_scan),
    cmocka_unit_test (test_corrupt_png),   cmocka_unit_test (test_corrupt_jpeg),
    cmocka_unit_test (test_png_sizes),     cmocka_unit_test (test_jpeg_sizes),
    cmocka_unit_test (test_unsupported),   cmocka_unit_test (test_unsupported_jpeg_kinds),
    cmocka_unit_test (test_animated_png),  cmocka_unit_test (test_scan_bomb),
    cmocka_unit_test (test_stop),          cmocka_unit_test (test_paths),
    cmocka_unit_test (test_full_disk),     cmocka_unit_test (test_names),
    cmocka_unit_test (test_formats),
  };

  return cmocka_run_group_tests_name ("picture-bad", tests, setup, NULL);
}
