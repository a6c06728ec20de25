/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_st_scan.c: every reject rule of docs/weights-format.md with one file made for it, what must be accepted, and every
 * truncation of a small file. */
#include "st_bytes.h"
#include "testing.h"
#include "weights/st_scan.h"

#include <stdio.h>

typedef struct Bad
{
  const char *header;
  size_t      n_data;
  const char *says; /* part of the message */
} Bad;

#define A2 "\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}"

static const Bad bad_headers[] = {
  /* the header as a whole */
  { "", 0, "does not begin with '{'" },
  { " {}", 0, "does not begin with '{'" },
  { "[]", 0, "does not begin with '{'" },
  { "{", 0, "expected a tensor's name" },
  { "{}x", 0, "text after the closing '}'" },
  { "{}{}", 0, "text after the closing '}'" },
  { "{" A2 ",}", 4, "expected a tensor's name" },
  { "{" A2 " " A2 "}", 4, "expected ',' or '}'" },
  { "{,}", 0, "expected a tensor's name" },
  { "{a:1}", 0, "expected a tensor's name" },
  { "{\"a\"}", 0, "expected ':'" },
  { "{\"a\":1}", 0, "not an object" },
  { "{\"a\":{}}", 0, "tensor 'a': no dtype" },
  { "{\"a\":{\"dtype\":\"F16\",}}", 0, "expected a field's name" },
  { "{/**/}", 0, "expected a tensor's name" },
  /* strings */
  { "{\"a", 0, "ends inside a string" },
  { "{\"a\\", 0, "ends inside a string" },
  { "{\"\\q\":1}", 0, "unknown escape" },
  { "{\"\\u12\":1}", 0, "\\u without four" },
  { "{\"\\u00g0\":1}", 0, "\\u without four" },
  { "{\"\\u0000\":1}", 0, "NUL" },
  { "{\"\\ud800\":1}", 0, "half a surrogate pair" },
  { "{\"\\ud800x\":1}", 0, "half a surrogate pair" },
  { "{\"\\ud800\\ud800\":1}", 0, "half a surrogate pair" },
  { "{\"\\udc00\":1}", 0, "half a surrogate pair" },
  { "{\"\t\":1}", 0, "control character" },
  { "{\"\x80\":1}", 0, "not valid UTF-8" },
  { "{\"\xc0\x80\":1}", 0, "not valid UTF-8" },
  { "{\"\xc3\":1}", 0, "not valid UTF-8" },
  { "{\"\xe0\x80\x80\":1}", 0, "not valid UTF-8" },
  { "{\"\xed\xa0\x80\":1}", 0, "not valid UTF-8" },
  { "{\"\xf0\x80\x80\x80\":1}", 0, "not valid UTF-8" },
  { "{\"\xf4\x90\x80\x80\":1}", 0, "not valid UTF-8" },
  { "{\"\xf5\x80\x80\x80\":1}", 0, "not valid UTF-8" },
  { "{\"\xe2\x82", 0, "not valid UTF-8" },
  /* duplicate and unknown keys */
  { "{" A2 "," A2 "}", 4, "overlap" },
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]},"
    "\"\\u0061\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[4,8]}}",
    8, "tensor 'a': the name occurs twice" },
  { "{\"__metadata__\":{},\"__metadata__\":{}}", 0, "duplicate key '__metadata__'" },
  { "{\"__metadata__\":{\"k\":\"1\",\"j\":\"1\",\"k\":\"2\"}}", 0, "metadata key 'k' occurs twice" },
  { "{\"a\":{\"dtype\":\"F16\",\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "duplicate field 'dtype'" },
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "duplicate field 'shape'" },
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"offsets\":[0,4]}}", 4, "tensor 'a': unknown field 'offsets'" },
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4],\"x\":1}}", 4, "tensor 'a': unknown field 'x'" },
  /* missing fields */
  { "{\"a\":{\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "tensor 'a': no dtype" },
  { "{\"a\":{\"dtype\":\"F16\",\"data_offsets\":[0,4]}}", 4, "tensor 'a': no shape" },
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[2]}}", 4, "tensor 'a': no data_offsets" },
  /* dtype */
  { "{\"a\":{\"dtype\":1}}", 4, "dtype is not a string" },
  { "{\"a\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,16]}}", 16, "tensor 'a': dtype 'F64' is not" },
  { "{\"a\":{\"dtype\":\"f16\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "tensor 'a': dtype 'f16' is not" },
  /* numbers */
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[-2],\"data_offsets\":[0,4]}}", 4, "negative" },
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[-0],\"data_offsets\":[0,0]}}", 0, "negative" },
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[+2],\"data_offsets\":[0,4]}}", 4, "expected a non-negative integer" },
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[2.0],\"data_offsets\":[0,4]}}", 4, "fraction or an exponent" },
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[2e0],\"data_offsets\":[0,4]}}", 4, "fraction or an exponent" },
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[2E0],\"data_offsets\":[0,4]}}", 4, "fraction or an exponent" },
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[02],\"data_offsets\":[0,4]}}", 4, "leading zero" },
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[\"2\"],\"data_offsets\":[0,4]}}", 4, "expected a non-negative integer" },
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[null],\"data_offsets\":[0,4]}}", 4, "expected a non-negative integer" },
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[true],\"data_offsets\":[0,4]}}", 4, "expected a non-negative integer" },
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[[2]],\"data_offsets\":[0,4]}}", 4, "expected a non-negative integer" },
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[2,],\"data_offsets\":[0,4]}}", 4, "expected a non-negative integer" },
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[2 2],\"data_offsets\":[0,4]}}", 4, "expected ',' or ']'" },
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[18446744073709551616],\"data_offsets\":[0,4]}}", 4, "too large for this machine" },
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[99999999999999999999999],\"data_offsets\":[0,4]}}", 4, "too large for this machine" },
  /* shape */
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":2,\"data_offsets\":[0,4]}}", 4, "expected '['" },
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[1,1,1,1,2],\"data_offsets\":[0,4]}}", 4, "more than 4 dimensions" },
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}", 0, "number of elements overflows" },
  { "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904],\"data_offsets\":[0,0]}}", 0, "size in bytes overflows" },
  /* data_offsets */
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[4]}}", 4, "tensor 'a': data_offsets are not 2" },
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[]}}", 4, "tensor 'a': data_offsets are not 2" },
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4,4]}}", 4, "data_offsets of more than 2" },
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[4,0]}}", 4, "tensor 'a': data_offsets end before" },
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}", 3, "tensor 'a': data_offsets lie beyond" },
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[18446744073709551612,18446744073709551615]}}", 4, "lie beyond" },
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,3]}}", 4, "tensor 'a': data_offsets do not fit" },
  { "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "tensor 'a': data_offsets do not fit" },
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[0],\"data_offsets\":[0,4]}}", 4, "tensor 'a': data_offsets do not fit" },
  /* tiling */
  { "{" A2 "}", 5, "1 bytes after the last tensor's data" },
  { "{}", 5, "5 bytes after the last tensor's data" },
  { "{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[1,5]}}", 5, "tensor 'a': there is a gap" },
  { "{" A2 ",\"b\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[2,6]}}", 6, "tensor 'b': its data overlap" },
  { "{" A2 ",\"b\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[5,9]}}", 9, "tensor 'b': there is a gap" },
  { "{" A2 ",\"b\":{\"dtype\":\"F16\",\"shape\":[0],\"data_offsets\":[2,2]}}", 4, "tensor 'b': its data overlap" },
  /* metadata */
  { "{\"__metadata__\":[]}", 0, "__metadata__ is not an object" },
  { "{\"__metadata__\":{\"k\":1}}", 0, "metadata value is not a string" },
  { "{\"__metadata__\":{\"k\":null}}", 0, "metadata value is not a string" },
  { "{\"__metadata__\":{\"k\":{}}}", 0, "metadata value is not a string" },
  { "{\"__metadata__\":{1:\"k\"}}", 0, "expected a metadata key" },
  { "{\"__metadata__\":{\"k\":\"v\",}}", 0, "expected a metadata key" },
  { "{\"__metadata__\":{\"k\" \"v\"}}", 0, "expected ':'" },
};

static void
check_rejected (const unsigned char *bytes, size_t n, const char *says)
{
  RvsStTable table;
  RvsError   err = { RVS_OK, "" };
  RvsStatus  status = rvs__st_scan (bytes, n, &table, &err);

  if (status != RVS_ERR_FORMAT || err.status != RVS_ERR_FORMAT || (says && !strstr (err.message, says)))
    fail_msg ("status %d, message '%s', expected '%s'", (int)status, err.message, says ? says : "(any)");
  assert_null (table.strings);
  assert_null (table.tensors);
  assert_null (table.meta);
}

static void
test_rejects (void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof bad_headers / sizeof *bad_headers; i++)
    {
      const Bad     *bad = &bad_headers[i];
      size_t         n;
      unsigned char *bytes = st_bytes (bad->header, strlen (bad->header), NULL, bad->n_data, &n);

      check_rejected (bytes, n, bad->says);
      free (bytes);
    }
}

static void
test_nul_bytes (void **state)
{
  static const char in_string[] = "{\"a\0b\":{}}", behind[] = "{}\0", between[] = "{\0}";
  size_t            n;
  unsigned char    *bytes;

  (void)state;
  bytes = st_bytes (in_string, sizeof in_string - 1, NULL, 0, &n);
  check_rejected (bytes, n, "control character");
  free (bytes);
  bytes = st_bytes (behind, sizeof behind - 1, NULL, 0, &n);
  check_rejected (bytes, n, "text after");
  free (bytes);
  bytes = st_bytes (between, sizeof between - 1, NULL, 0, &n);
  check_rejected (bytes, n, "expected a tensor's name");
  free (bytes);
}

static void
test_header_length (void **state)
{
  unsigned char bytes[16] = { 2, 0, 0, 0, 0, 0, 0, 0, '{', '}' };

  (void)state;
  for (size_t n = 0; n < 8; n++)
    check_rejected (bytes, n, "too few");
  check_rejected (bytes, 9, "exceeds the file's 9 bytes");
  bytes[3] = 1; /* 16 MiB + 2 */
  check_rejected (bytes, sizeof bytes, "exceeds 16 MiB");
  memset (bytes, 0xff, 8);
  check_rejected (bytes, sizeof bytes, "header length 18446744073709551615 exceeds 16 MiB");
}

/* Messages name what came from the file: it must not break the line nor the encoding. */
static void
test_hostile_names_are_clipped (void **state)
{
  char           header[512], name[300] = "";
  size_t         n;
  unsigned char *bytes;
  RvsStTable     table;
  RvsError       err = { RVS_OK, "" };

  (void)state;
  bytes = st_bytes ("{\"x\\n\\u007fy\":{}}", 17, NULL, 0, &n);
  check_rejected (bytes, n, "tensor 'x??y': no dtype");
  free (bytes);

  strcpy (name, "x"); /* so that the limit falls inside a two-byte character */
  for (int i = 0; i < 100; i++)
    strcat (name, "\xc3\xa9");
  snprintf (header, sizeof header, "{\"%s\":{}}", name);
  bytes = st_bytes (header, strlen (header), NULL, 0, &n);
  assert_int_equal (rvs__st_scan (bytes, n, &table, &err), RVS_ERR_FORMAT);
  assert_non_null (strstr (err.message, "\xc3\xa9...': no dtype"));
  assert_true (strlen (err.message) < 100);
  free (bytes);
}

static const char good[] = "{ \"__metadata__\" : {\"b\":\"2 \\u00e9\\n\",\"a\":\"1\"},\n"
                           "\"z.w\":{\"shape\":[2,1],\"data_offsets\":[0,4],\"dtype\":\"F16\"},\r\n"
                           "\"\\ud83d\\ude00\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[4,8]},\t"
                           "\"empty\":{\"dtype\":\"BF16\",\"shape\":[3,0],\"data_offsets\":[8,8]}}   ";

static void
test_accepts (void **state)
{
  size_t         n;
  unsigned char *bytes = st_bytes (good, sizeof good - 1, NULL, 8, &n);
  RvsStTable     table;
  RvsError       err = { RVS_OK, "" };

  (void)state;
  assert_int_equal (rvs__st_scan (bytes, n, &table, &err), RVS_OK);
  assert_int_equal (table.n_meta, 2);
  assert_string_equal (table.meta[0].key, "a");
  assert_string_equal (table.meta[1].key, "b");
  assert_string_equal (table.meta[1].value, "2 \xc3\xa9\n");
  assert_int_equal (table.n_tensors, 3);
  assert_string_equal (table.tensors[0].name, "empty");
  assert_int_equal (table.tensors[0].n, 0);
  assert_int_equal (table.tensors[0].rank, 2);
  assert_string_equal (table.tensors[1].name, "z.w");
  assert_int_equal (table.tensors[1].dtype, RVS_DTYPE_F16);
  assert_int_equal (table.tensors[1].shape[0], 2);
  assert_int_equal (table.tensors[1].shape[1], 1);
  assert_ptr_equal (table.tensors[1].bytes, bytes + n - 8);
  assert_string_equal (table.tensors[2].name, "\xf0\x9f\x98\x80");
  assert_int_equal (table.tensors[2].rank, 0);
  assert_int_equal (table.tensors[2].n, 1);
  assert_int_equal (table.tensors[2].dtype, RVS_DTYPE_F32);
  rvs__st_table_clear (&table);
  free (bytes);

  bytes = st_bytes ("{}", 2, NULL, 0, &n);
  assert_int_equal (rvs__st_scan (bytes, n, &table, &err), RVS_OK);
  assert_int_equal (table.n_tensors, 0);
  rvs__st_table_clear (&table);
  free (bytes);
}

/* Cut anywhere, with the length field telling the truth about the rest or not, the file is refused. */
static void
test_truncated_anywhere (void **state)
{
  size_t         n;
  unsigned char *bytes = st_bytes (good, sizeof good - 1, NULL, 8, &n);

  (void)state;
  for (size_t cut = 0; cut < n; cut++)
    {
      unsigned char *shorter = malloc (cut ? cut : 1);

      memcpy (shorter, bytes, cut);
      check_rejected (shorter, cut, NULL);
      free (shorter);
    }
  for (size_t cut = 0; cut < sizeof good - 4; cut++) /* the last three bytes are padding */
    {
      size_t         n_cut;
      unsigned char *shorter = st_bytes (good, cut, NULL, 8, &n_cut);

      check_rejected (shorter, n_cut, NULL);
      free (shorter);
    }
  free (bytes);
}

/* More tensors than the first block of the growing table holds, in an order that is neither by name nor by place. */
static void
test_many_tensors (void **state)
{
  enum
  {
    N = 1000
  };
  char          *header = malloc (N * 80 + 3), *end = header;
  size_t         n;
  unsigned char *bytes;
  RvsStTable     table;

  (void)state;
  for (int i = 0; i < N; i++)
    {
      int place = (i * 7 + 3) % N;
      end += sprintf (end, "%c\"t%03d\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[%d,%d]}", i ? ',' : '{', i, place * 4,
                      place * 4 + 4);
    }
  end += sprintf (end, "}");
  bytes = st_bytes (header, (size_t)(end - header), NULL, N * 4, &n);
  assert_int_equal (rvs__st_scan (bytes, n, &table, NULL), RVS_OK);
  assert_int_equal (table.n_tensors, N);
  for (int i = 0; i < N; i++)
    {
      assert_int_equal (atoi (table.tensors[i].name + 1), i);
      assert_ptr_equal (table.tensors[i].bytes, bytes + n - N * 4 + (size_t)((i * 7 + 3) % N) * 4);
    }
  rvs__st_table_clear (&table);
  free (bytes);
  free (header);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_rejects),       cmocka_unit_test (test_nul_bytes),
    cmocka_unit_test (test_header_length), cmocka_unit_test (test_hostile_names_are_clipped),
    cmocka_unit_test (test_accepts),       cmocka_unit_test (test_truncated_anywhere),
    cmocka_unit_test (test_many_tensors),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
