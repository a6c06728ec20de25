/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_st_oracle.c: cJSON as an oracle. Headers are spoilt at random; whatever our scanner still accepts, cJSON must read the
 * same way. (cJSON accepts far more; that direction is not compared.) */
#include "st_bytes.h"
#include "testing.h"
#include "weights/st_scan.h"

#include <cjson/cJSON.h>

enum
{
  N_ROUNDS = 200000,
  MAX_HEADER = 700,
  N_DATA = 64
};

static const char *const seeds[] = {
  "{\"__metadata__\":{\"rvs.id\":\"detect-face\",\"note\":\"a \\\"b\\\" \\u00e9\\ud83d\\ude00 \\\\ \\/ \xc3\xa9\"},"
  "\"stem.weight\":{\"dtype\":\"F16\",\"shape\":[2,3,2,2],\"data_offsets\":[0,48]},"
  "\"stem.bias\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[48,64]}}  ",
  "{\"a\":{\"data_offsets\":[0,32],\"shape\":[16],\"dtype\":\"BF16\"},\"b\":{\"shape\":[],\"dtype\":\"F16\",\"data_offsets\":[32,"
  "34]},"
  "\"c\":{\"shape\":[0,5],\"dtype\":\"F16\",\"data_offsets\":[34,34]},\"d\":{\"shape\":[1,15,1],\"dtype\":\"F16\",\"data_offsets\":"
  "[34,64]}}",
  "{ \"t\" :\t{ \"dtype\" : \"F32\" , \"shape\" : [ 4 , 4 ] , \"data_offsets\" : [ 0 , 64 ] } }",
};

static const char *const tokens[] = {
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "\"",
  " ",
  "\n",
  "\\",
  "0",
  "1",
  "-",
  ".",
  "e",
  "\\n",
  "\\u0041",
  "\\ud83d\\ude00",
  "\xc3\xa9",
  "\xff",
  "null",
  "\"dtype\"",
  "\"shape\"",
  "\"data_offsets\"",
  "__metadata__",
  "\"x\":\"y\"",
  "\"x\":\"y\",",
  ",\"x\":\"y\"",
  "F16",
  "BF16",
  "F32",
};

static uint32_t
next_random (uint32_t *state)
{
  *state ^= *state << 13;
  *state ^= *state >> 17;
  *state ^= *state << 5;
  return *state;
}

/* Replaces n_old bytes at `at` by new ones, if the result fits. */
static void
splice (char *text, size_t *n, size_t at, size_t n_old, const char *new_text, size_t n_new)
{
  if (*n - n_old + n_new > MAX_HEADER)
    return;
  memmove (text + at + n_new, text + at + n_old, *n - at - n_old);
  memcpy (text + at, new_text, n_new);
  *n = *n - n_old + n_new;
}

static void
spoil (char *text, size_t *n, uint32_t *random)
{
  size_t      at = next_random (random) % (*n + 1), left = *n - at;
  size_t      length = left ? next_random (random) % (left < 12 ? left : 12) : 0;
  const char *token = tokens[next_random (random) % (sizeof tokens / sizeof *tokens)];
  char        copy[16];

  switch (next_random (random) % 5)
    {
    case 0:
      splice (text, n, at, 0, token, strlen (token));
      break;
    case 1:
      splice (text, n, at, length, token, strlen (token));
      break;
    case 2:
      splice (text, n, at, length, "", 0);
      break;
    case 3: /* say it twice */
      memcpy (copy, text + at, length);
      splice (text, n, at, 0, copy, length);
      break;
    default:
      if (left)
        text[at]
            = (char)(next_random (random) % 4 ? "0123456789 abF"[next_random (random) % 14] : (int)(next_random (random) & 255));
    }
}

/* ---- comparison --------------------------------------------------------------------------- */

static void
compare_sizes (const cJSON *list, const size_t *expected, size_t n)
{
  assert_true (cJSON_IsArray (list));
  assert_int_equal (cJSON_GetArraySize (list), n);
  for (size_t i = 0; i < n; i++)
    {
      const cJSON *item = cJSON_GetArrayItem (list, (int)i);

      assert_true (cJSON_IsNumber (item));
      if (expected[i] < (size_t)1 << 53)
        assert_true (item->valuedouble == (double)expected[i]);
    }
}

static void
compare_tensor (const cJSON *json, const RvsStTensor *tensor, const unsigned char *data)
{
  static const char *const dtypes[] = { "F16", "BF16", "F32" };
  size_t                   begin = (size_t)(tensor->bytes - data);
  size_t                   range[2] = { begin, begin + tensor->n * rvs__st_dtype_bytes (tensor->dtype) };

  assert_string_equal (json->string, tensor->name);
  assert_true (cJSON_IsObject (json));
  assert_int_equal (cJSON_GetArraySize (json), 3);
  assert_string_equal (cJSON_GetStringValue (cJSON_GetObjectItemCaseSensitive (json, "dtype")), dtypes[tensor->dtype]);
  compare_sizes (cJSON_GetObjectItemCaseSensitive (json, "shape"), tensor->shape, (size_t)tensor->rank);
  compare_sizes (cJSON_GetObjectItemCaseSensitive (json, "data_offsets"), range, 2);
}

static void
compare (const char *text, size_t n, const RvsStTable *table, const unsigned char *data)
{
  cJSON *json = cJSON_ParseWithLength (text, n);
  cJSON *meta;
  size_t n_items;

  if (!json)
    fail_msg ("cJSON refuses what was accepted: %.*s", (int)n, text);
  n_items = (size_t)cJSON_GetArraySize (json);
  meta = cJSON_GetObjectItemCaseSensitive (json, "__metadata__");
  if (n_items != table->n_tensors + (meta ? 1 : 0) || (meta ? (size_t)cJSON_GetArraySize (meta) : 0) != table->n_meta)
    fail_msg ("cJSON finds another number of items: %.*s", (int)n, text);
  for (size_t i = 0; i < table->n_meta; i++)
    assert_string_equal (cJSON_GetStringValue (cJSON_GetObjectItemCaseSensitive (meta, table->meta[i].key)), table->meta[i].value);
  for (size_t i = 0; i < table->n_tensors; i++)
    {
      const cJSON *item = cJSON_GetObjectItemCaseSensitive (json, table->tensors[i].name);

      assert_non_null (item);
      compare_tensor (item, &table->tensors[i], data);
    }
  cJSON_Delete (json);
}

static void
test_against_cjson (void **state)
{
  uint32_t random = 20240229;
  int      n_accepted = 0, n_changed = 0;

  (void)state;
  for (int round = 0; round < N_ROUNDS; round++)
    {
      char           text[MAX_HEADER];
      const char    *seed = seeds[(size_t)round % (sizeof seeds / sizeof *seeds)];
      size_t         n = strlen (seed), n_bytes;
      unsigned char *bytes;
      RvsStTable     table;

      memcpy (text, seed, n);
      for (uint32_t i = round < 3 ? 0 : 1 + next_random (&random) % 3; i > 0; i--)
        spoil (text, &n, &random);
      bytes = st_bytes (text, n, NULL, N_DATA, &n_bytes);
      if (rvs__st_scan (bytes, n_bytes, &table, NULL) == RVS_OK)
        {
          n_accepted++;
          n_changed += n != strlen (seed) || memcmp (text, seed, n) != 0;
          compare (text, n, &table, bytes + 8 + n);
          rvs__st_table_clear (&table);
        }
      free (bytes);
    }
  print_message ("# %d of %d spoilt headers were accepted and compared\n", n_changed, N_ROUNDS);
  assert_true (n_changed > N_ROUNDS / 50);
  assert_true (n_accepted < N_ROUNDS / 2);
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (test_against_cjson) };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
