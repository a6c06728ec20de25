/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_io_faults.c: reading and writing of pictures with each allocation failing in turn (ours and, through its hook, libpng's):
 * NO_MEMORY or, where libpng can do without, success; never a crash, a leak or half a picture. */
#include "picture.h"
#include "testing.h"
#include "wraps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum
{
  MAX_TRIES = 5000
};

static const char *const files[] = {
  "grey1.png",    "grey-alpha8.png", "rgb16.png",        "rgba8.png",       "adam7.png", "notes.png",
  "palette2.png", "rgb.jpg",         "grey.jpg",         "progressive.jpg", "exif.jpg",  "motion.jpg",
  "rgb-lzw.tif",  "palette.tif",     "rgba-deflate.tif", "lossless.webp",   "exif.webp", "grey.heic",
};

/* A build may lack the library. */
static bool
can_read (const char *name)
{
  RvsPictureFormat format;

  return rvs_picture_format_of_name (name, &format) && rvs_format_can_read (format);
}

/* The file's bytes; free with free. */
static unsigned char *
slurp (const char *name, size_t *out_n)
{
  char           path[1024];
  FILE          *file;
  unsigned char *bytes = malloc (4096);

  snprintf (path, sizeof path, "%s/%s", PICTURE_CORPUS, name);
  file = fopen (path, "rb");
  if (!file || !bytes)
    fail_msg ("%s cannot be read", path);
  *out_n = fread (bytes, 1, 4096, file);
  assert_true (*out_n > 0 && *out_n < 4096);
  fclose (file);
  return bytes;
}

static void
check_status (const char *name, size_t n, RvsStatus status, const RvsError *err)
{
  if (status != err->status || (status != RVS_OK && status != RVS_ERR_NO_MEMORY) || (status != RVS_OK) != (err->message[0] != 0))
    fail_msg ("%s, allocation %zu: status %d, error %d '%s'", name, n, (int)status, (int)err->status, err->message);
}

static void
test_reading (void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    {
      size_t         n_bytes, n, n_failed = 0;
      unsigned char *bytes = can_read (files[i]) ? slurp (files[i], &n_bytes) : NULL;
      long           blocks = n_blocks ();

      if (!bytes)
        continue;
      for (n = 1; n < MAX_TRIES; n++)
        {
          RvsPicture picture;
          RvsError   err = { RVS_OK, "" };
          size_t     before = n_allocations ();
          RvsStatus  status;
          bool       reached;

          fail_allocation (n);
          status = rvs_picture_read_memory (bytes, n_bytes, NULL, &picture, &err);
          fail_allocation (0);
          reached = n_allocations () - before >= n;
          check_status (files[i], n, status, &err);
          n_failed += status != RVS_OK;
          if (status != RVS_OK)
            assert_null (picture.view.pixels);
          if (!reached)
            assert_int_equal (status, RVS_OK);
          rvs_picture_clear (&picture);
          if (n_blocks () != blocks)
            fail_msg ("%s, allocation %zu: %ld blocks left behind", files[i], n, n_blocks () - blocks);
          if (!reached)
            break;
        }
      assert_true (n < MAX_TRIES && n_failed > 0);
      free (bytes);
    }
}

/* Into memory; the stream's own allocations are the C library's and are not made to fail. */
static RvsStatus
write_picture (const RvsPicture *picture, RvsPictureFormat format, size_t n_fail, size_t *out_n, RvsError *err)
{
  char     *bytes = NULL;
  size_t    n = 0, before;
  FILE     *stream = open_memstream (&bytes, &n);
  RvsStatus status;

  assert_non_null (stream);
  before = n_allocations ();
  fail_allocation (n_fail);
  status = rvs_picture_write (picture, format, stream, NULL, NULL, err);
  fail_allocation (0);
  *out_n = n_allocations () - before;
  fclose (stream);
  free (bytes);
  return status;
}

static void
check_writing (const char *name, const RvsPicture *picture, RvsPictureFormat format)
{
  size_t n, n_made;
  long   blocks;

  for (n = 1; n < MAX_TRIES; n++)
    {
      RvsError  err = { RVS_OK, "" };
      RvsStatus status;

      blocks = n_blocks ();
      status = write_picture (picture, format, n, &n_made, &err);
      check_status (name, n, status, &err);
      /* open_memstream's block is freed by us but was not allocated by us. */
      if (n_blocks () != blocks - 1)
        fail_msg ("%s, writing, allocation %zu: %ld blocks left behind", name, n, n_blocks () - blocks + 1);
      if (n_made < n)
        {
          assert_int_equal (status, RVS_OK);
          break;
        }
    }
  assert_true (n < MAX_TRIES);
}

static void
test_writing (void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    {
      size_t         n_bytes;
      unsigned char *bytes = can_read (files[i]) ? slurp (files[i], &n_bytes) : NULL;
      RvsPicture     picture;

      if (!bytes)
        continue;
      assert_int_equal (rvs_picture_read_memory (bytes, n_bytes, NULL, &picture, NULL), RVS_OK);
      for (int format = 0; format < RVS_PICTURE_FORMATS; format++)
        if (rvs_format_can_write ((RvsPictureFormat)format) && (format != RVS_PICTURE_JPEG || picture.view.channels % 2 == 1))
          check_writing (files[i], &picture, (RvsPictureFormat)format);
      rvs_picture_clear (&picture);
      free (bytes);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_reading),
    cmocka_unit_test (test_writing),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
