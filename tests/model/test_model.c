/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_model.c: what rvs_model_open accepts, tells and refuses, on a tiny detector with one thing spoilt at a time. */
#include "model.h"
#include "net/detector.h"
#include "net/parser.h"
#include "st_maker.h"
#include "testing.h"
#include "weights/sha256.h"

#include <math.h>
#include <unistd.h>

static const StSpoil nothing;

static void
test_info (void **state)
{
  size_t              n;
  unsigned char      *bytes = st_tiny_detector (&nothing, &n);
  char                hex[RVS_SHA256_HEX];
  RvsModel           *model;
  RvsError            err = { RVS_OK, "" };
  const RvsModelInfo *info;

  (void)state;
  if (rvs_model_open_memory (bytes, n, &model, &err) != RVS_OK)
    fail_msg ("%s", err.message);
  info = rvs_model_get_info (model);
  assert_string_equal (info->id, "detect-face");
  assert_string_equal (info->arch, "detector");
  assert_string_equal (info->contract, "detector_srgb_pm1_v1");
  assert_string_equal (info->licence, "CC0-1.0");
  assert_string_equal (info->source, "made by a test");
  assert_int_equal (info->face_size, 0);
  rvs__sha256_hex (bytes, n, hex);
  assert_string_equal (info->sha256, hex);
  assert_ptr_equal (rvs__model_arch (model), &rvs__arch_detector);
  assert_non_null (rvs__model_net (model, &rvs__arch_detector));
  assert_null (rvs__model_net (model, &rvs__arch_parser));
  assert_null (rvs__model_net (NULL, &rvs__arch_detector));
  assert_ptr_equal (rvs_model_ref (model), model);
  rvs_model_unref (model);
  assert_string_equal (rvs_model_get_info (model)->id, "detect-face");
  rvs_model_unref (model);
  rvs_model_unref (NULL);
  free (bytes);
}

static void
expect_refused (const unsigned char *bytes, size_t n, RvsStatus status, const char *says)
{
  RvsModel *model = (RvsModel *)(uintptr_t)bytes;
  RvsError  err = { RVS_OK, "" };

  assert_int_equal (rvs_model_open_memory (bytes, n, &model, &err), status);
  assert_null (model);
  assert_int_equal (err.status, status);
  if (!strstr (err.message, says))
    fail_msg ("message '%s', expected '%s'", err.message, says);
  assert_int_equal (rvs_model_open_memory (bytes, n, &model, NULL), status);
}

static void
test_refuses (void **state)
{
  static const struct
  {
    StSpoil     spoil;
    const char *says;
  } cases[] = {
    { { .key = "rvs.format" }, "no 'rvs.format'" },
    { { .key = "rvs.format", .value = "" }, "no 'rvs.format'" },
    { { .key = "rvs.format", .value = "2" }, "rvs.format is '2', this version reads '1'" },
    { { .key = "rvs.format", .value = "1.0" }, "rvs.format is '1.0'" },
    { { .key = "rvs.id" }, "no 'rvs.id'" },
    { { .key = "rvs.arch" }, "no 'rvs.arch'" },
    { { .key = "rvs.arch", .value = "gfpgan" }, "rvs.arch 'gfpgan' is unknown" },
    { { .key = "rvs.contract" }, "no 'rvs.contract'" },
    { { .key = "rvs.contract", .value = "detector_srgb_pm1_v2" }, "rvs.contract is 'detector_srgb_pm1_v2', this version needs" },
    { { .key = "rvs.licence" }, "no 'rvs.licence'" },
    { { .key = "rvs.source" }, "no 'rvs.source'" },
    { { .key = "detector.widths" }, "detector.widths" },
    { { .key = "detector.widths", .value = "4,4,4,4" }, "detector.widths" },
    { { .key = "detector.widths", .value = "4,4,4,4,-4" }, "detector.widths" },
    { { .key = "detector.widths", .value = "4,4,4,4,99999999999999" }, "detector.widths" },
    { { .key = "detector.widths", .value = "8,4,4,4,4" }, "stem.weight" },
    { { .key = "detector.blocks", .value = "1,1,2" }, "e.2.1.a.weight" },
    { { .key = "detector.blocks", .value = "1,0,1" }, "detector.blocks" },
    { { .key = "detector.neck", .value = "0" }, "detector.neck" },
    { { .key = "detector.head", .value = "" }, "detector.head" },
    { { .key = "detector.strides", .value = "4,8,16" }, "detector.strides" },
    { { .without = "p.1" }, "p.1.weight" },
    { { .without = "out.2" }, "out.2.weight" },
    { { .reshape = "h.1.0" }, "h.1.0.weight" },
    { { .extra = "e.0.1.a.weight" }, "'e.0.1.a.weight' does not belong" },
  };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      size_t         n;
      unsigned char *bytes = st_tiny_detector (&cases[i].spoil, &n);

      expect_refused (bytes, n, RVS_ERR_MODEL, cases[i].says);
      free (bytes);
    }
}

static void
test_refuses_not_finite (void **state)
{
  static const float bad[] = { NAN, INFINITY, -INFINITY };
  size_t             n;
  unsigned char     *bytes = st_tiny_detector (&nothing, &n);

  (void)state;
  for (int i = 0; i < 3; i++)
    {
      memcpy (bytes + n - sizeof *bad, &bad[i], sizeof *bad); /* the last value of the last tensor, out.2.bias */
      expect_refused (bytes, n, RVS_ERR_MODEL, i ? "tensor 'out.2.bias': element 14 is infinite" : "element 14 is NaN");
    }
  free (bytes);
}

/* Cut at every byte of the header, and at some of the data. */
static void
test_truncated (void **state)
{
  size_t         n;
  unsigned char *bytes = st_tiny_detector (&nothing, &n);

  (void)state;
  for (size_t cut = 0; cut < n; cut += cut < 2048 ? 1 : 61)
    {
      unsigned char *shorter = malloc (cut ? cut : 1);

      memcpy (shorter, bytes, cut);
      expect_refused (shorter, cut, RVS_ERR_FORMAT, "");
      free (shorter);
    }
  expect_refused (NULL, 0, RVS_ERR_ARGUMENT, "no bytes");
  free (bytes);
}

static void
expect_open (const char *path, const char *hash, RvsStatus status, const char *says)
{
  RvsModel *model = (RvsModel *)(uintptr_t)path;
  RvsError  err = { RVS_OK, "" };

  assert_int_equal (rvs_model_open (path, hash, &model, &err), status);
  assert_int_equal (err.status, status);
  if (!strstr (err.message, says))
    fail_msg ("message '%s', expected '%s'", err.message, says);
  assert_true ((model != NULL) == (status == RVS_OK));
  rvs_model_unref (model);
}

static void
test_hash (void **state)
{
  char           path[] = "/tmp/rvs-test-XXXXXX", hex[RVS_SHA256_HEX];
  int            fd = mkstemp (path);
  size_t         n;
  unsigned char *bytes = st_tiny_detector (&nothing, &n);

  (void)state;
  assert_true (fd >= 0);
  assert_int_equal (write (fd, bytes, n), n);
  rvs__sha256_hex (bytes, n, hex);
  expect_open (path, NULL, RVS_OK, "");
  expect_open (path, hex, RVS_OK, "");
  for (char *p = hex; *p; p++)
    *p = (char)(*p >= 'a' ? *p - 'a' + 'A' : *p);
  expect_open (path, hex, RVS_OK, "");
  hex[63] = hex[63] == '0' ? '1' : '0';
  expect_open (path, hex, RVS_ERR_MODEL, "altered or damaged");
  hex[63] = 'g';
  expect_open (path, hex, RVS_ERR_ARGUMENT, "not 64 hexadecimal digits");
  hex[63] = '\0';
  expect_open (path, hex, RVS_ERR_ARGUMENT, "not 64 hexadecimal digits");
  expect_open (path, "", RVS_ERR_ARGUMENT, "not 64 hexadecimal digits");
  /* One bit of one weight. */
  rvs__sha256_hex (bytes, n, hex);
  assert_int_equal (pwrite (fd, "\x01", 1, (off_t)n - 4), 1);
  expect_open (path, hex, RVS_ERR_MODEL, path + 5);
  close (fd);
  unlink (path);
  expect_open (path, hex, RVS_ERR_IO, path);
  expect_open ("", NULL, RVS_ERR_ARGUMENT, "no path");
  expect_open (NULL, NULL, RVS_ERR_ARGUMENT, "no path");
  free (bytes);
}

/* The seeds of the fuzz target are the smallest files of the other graphs. */
static void
test_every_arch (void **state)
{
  static const struct
  {
    const char *file, *id, *arch;
    int         face_size;
  } cases[] = {
    { "detector", "detect-face", "detector", 0 }, { "parser", "parse-face-256", "parser", 256 },
    { "shape", "shape-face-256", "shape", 0 },    { "jsfm-shared-256", "restore-jsfm-256", "jsfm", 256 },
    { "spad", "restore-spad-128", "spad", 128 },  { "sgpn", "restore-sgpn-128", "sgpn", 128 },
  };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      char                path[1024];
      RvsModel           *model;
      RvsError            err = { RVS_OK, "" };
      const RvsModelInfo *info;

      snprintf (path, sizeof path, "%s/%s", MODEL_CORPUS, cases[i].file);
      if (rvs_model_open (path, NULL, &model, &err) != RVS_OK)
        fail_msg ("%s", err.message);
      info = rvs_model_get_info (model);
      assert_string_equal (info->id, cases[i].id);
      assert_string_equal (info->arch, cases[i].arch);
      assert_int_equal (info->face_size, cases[i].face_size);
      assert_string_equal (rvs__model_arch (model)->name, cases[i].arch);
      assert_true ((rvs__model_arch (model)->restorer != NULL) == (i >= 3));
      rvs_model_unref (model);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_info),      cmocka_unit_test (test_refuses), cmocka_unit_test (test_refuses_not_finite),
    cmocka_unit_test (test_truncated), cmocka_unit_test (test_hash),    cmocka_unit_test (test_every_arch),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
