/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_st_file.c: opening files that are not files, look-up, and the conversion of every half and bfloat16 value. */
#include "st_bytes.h"
#include "testing.h"
#include "weights/st_file.h"

#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const char two[] = "{\"__metadata__\":{\"rvs.id\":\"x\"},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
                          "\"a\":{\"dtype\":\"F16\",\"shape\":[1,3],\"data_offsets\":[8,14]}}";
static const unsigned char two_data[14] = { 0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc1, 0, 0x3c, 0, 0xc0, 1, 0 };

static void
check_two (const RvsStFile *file)
{
  float values[3];

  assert_int_equal (rvs__st_n_tensors (file), 2);
  assert_string_equal (rvs__st_tensor_at (file, 0)->name, "a");
  assert_string_equal (rvs__st_tensor_at (file, 1)->name, "b");
  assert_string_equal (rvs__st_meta (file, "rvs.id"), "x");
  assert_null (rvs__st_meta (file, "rvs.i"));
  assert_null (rvs__st_find (file, "c"));
  assert_null (rvs__st_find (file, ""));
  assert_int_equal (rvs__st_read (rvs__st_find (file, "b"), values, NULL), RVS_OK);
  assert_true (values[0] == 1.0f && values[1] == -10.0f);
  assert_int_equal (rvs__st_read (rvs__st_find (file, "a"), values, NULL), RVS_OK);
  assert_true (values[0] == 1.0f && values[1] == -2.0f && values[2] == 0x1p-24f);
}

static void
test_memory (void **state)
{
  size_t         n, n_back;
  unsigned char *bytes = st_bytes (two, sizeof two - 1, two_data, sizeof two_data, &n);
  RvsStFile     *file;

  (void)state;
  assert_int_equal (rvs__st_open_memory (bytes, n, &file, NULL), RVS_OK);
  check_two (file);
  assert_ptr_equal (rvs__st_bytes (file, &n_back), bytes);
  assert_int_equal (n_back, n);
  rvs__st_close (file);
  free (bytes);
  rvs__st_close (NULL);
}

static void
test_mapped (void **state)
{
  char           path[] = "/tmp/rvs-test-XXXXXX";
  int            fd = mkstemp (path);
  size_t         n;
  unsigned char *bytes = st_bytes (two, sizeof two - 1, two_data, sizeof two_data, &n);
  RvsStFile     *file;

  (void)state;
  assert_true (fd >= 0);
  assert_int_equal (write (fd, bytes, n), n);
  close (fd);
  assert_int_equal (rvs__st_open (path, &file, NULL), RVS_OK);
  check_two (file);
  rvs__st_close (file);
  assert_int_equal (truncate (path, (off_t)n - 1), 0);
  assert_int_equal (rvs__st_open (path, &file, NULL), RVS_ERR_FORMAT);
  assert_null (file);
  unlink (path);
  free (bytes);
}

static void
check_open_fails (const char *path, RvsStatus status, const char *says)
{
  RvsStFile *file = (RvsStFile *)path;
  RvsError   err = { RVS_OK, "" };

  assert_int_equal (rvs__st_open (path, &file, &err), status);
  assert_null (file);
  assert_int_equal (err.status, status);
  if (!strstr (err.message, says) || (status == RVS_ERR_IO && !strstr (err.message, path)))
    fail_msg ("message '%s', expected '%s'", err.message, says);
}

static void
test_not_a_file (void **state)
{
  char  folder[] = "/tmp/rvs-test-XXXXXX", path[64];
  FILE *empty;

  (void)state;
  assert_non_null (mkdtemp (folder));
  check_open_fails (folder, RVS_ERR_IO, "Not a regular file");
  snprintf (path, sizeof path, "%s/none", folder);
  check_open_fails (path, RVS_ERR_IO, "No such file");
  snprintf (path, sizeof path, "%s/pipe", folder);
  assert_int_equal (mkfifo (path, 0600), 0);
  check_open_fails (path, RVS_ERR_IO, "Not a regular file");
  unlink (path);
  snprintf (path, sizeof path, "%s/empty", folder);
  empty = fopen (path, "w");
  assert_non_null (empty);
  fclose (empty);
  check_open_fails (path, RVS_ERR_FORMAT, "empty");
  unlink (path);
  rmdir (folder);
}

/* The reason is not pushed out of the message by the path. */
static void
test_long_path (void **state)
{
  char       path[2000] = "/tmp/x"; /* the limit falls inside a two-byte character */
  RvsStFile *file;
  RvsError   err = { RVS_OK, "" };

  (void)state;
  for (int i = 0; i < 900; i++)
    strcat (path, i % 50 ? "\xc3\xa9" : "/");
  strcat (path, "/end.safetensors");
  assert_int_equal (rvs__st_open (path, &file, &err), RVS_ERR_IO);
  assert_non_null (strstr (err.message, ": ..."));
  assert_int_not_equal ((unsigned char)strstr (err.message, ": ...")[5] & 0xc0, 0x80);
  assert_non_null (strstr (err.message, "/end.safetensors"));
}

/* The value of an IEEE number with the given widths, by arithmetic instead of bits. */
static double
value_of (uint32_t bits, int exponent_bits, int fraction_bits)
{
  int    bias = (1 << (exponent_bits - 1)) - 1;
  int    exponent = (int)(bits >> fraction_bits) & ((1 << exponent_bits) - 1);
  double fraction = (double)(bits & ((1u << fraction_bits) - 1)) / (double)(1u << fraction_bits);
  double sign = bits >> (exponent_bits + fraction_bits) & 1 ? -1.0 : 1.0;

  if (exponent == (1 << exponent_bits) - 1)
    return fraction > 0 ? (double)NAN : sign * (double)INFINITY;
  return sign * ldexp (exponent ? 1.0 + fraction : fraction, (exponent ? exponent : 1) - bias);
}

static void
check_all_values (RvsDtype dtype, int exponent_bits, int fraction_bits)
{
  for (uint32_t bits = 0; bits < 65536; bits++)
    {
      unsigned char bytes[3] = { 0, (unsigned char)bits, (unsigned char)(bits >> 8) };
      RvsStTensor   tensor = { "t", dtype, 1, { 1, 0, 0, 0 }, 1, bytes + 1 }; /* unaligned */
      double        expected = value_of (bits, exponent_bits, fraction_bits);
      float         value;
      RvsError      err = { RVS_OK, "" };
      RvsStatus     status = rvs__st_read (&tensor, &value, &err);

      if (isfinite (expected))
        {
          assert_int_equal (status, RVS_OK);
          if ((double)value != expected || !signbit (value) != !signbit (expected))
            fail_msg ("0x%04x reads as %g, not %g", bits, (double)value, expected);
        }
      else
        {
          assert_int_equal (status, RVS_ERR_MODEL);
          assert_non_null (strstr (err.message, isnan (expected) ? "tensor 't': element 0 is NaN" : "is infinite"));
        }
    }
}

static void
test_every_half (void **state)
{
  (void)state;
  check_all_values (RVS_DTYPE_F16, 5, 10);
}

static void
test_every_bfloat (void **state)
{
  (void)state;
  check_all_values (RVS_DTYPE_BF16, 8, 7);
}

static void
test_f32_not_finite (void **state)
{
  static const float values[4] = { 0.0f, 1.0f, INFINITY, NAN };
  RvsStTensor        tensor = { "conv.weight", RVS_DTYPE_F32, 1, { 4, 0, 0, 0 }, 4, (const unsigned char *)values };
  float              out[4];
  RvsError           err = { RVS_OK, "" };

  (void)state;
  assert_int_equal (rvs__st_read (&tensor, out, &err), RVS_ERR_MODEL);
  assert_non_null (strstr (err.message, "tensor 'conv.weight': element 2 is infinite"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_memory),         cmocka_unit_test (test_mapped),     cmocka_unit_test (test_not_a_file),
    cmocka_unit_test (test_long_path),      cmocka_unit_test (test_every_half), cmocka_unit_test (test_every_bfloat),
    cmocka_unit_test (test_f32_not_finite),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
