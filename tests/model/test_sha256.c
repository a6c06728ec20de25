/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_sha256.c: the examples published with FIPS 180-4, and the lengths at which padding changes (expected values from
 * sha256sum of as many bytes 0, 1, 2, ...). */
#include "testing.h"
#include "weights/sha256.h"

#include <stdlib.h>
#include <string.h>

static void
check_hash (const void *bytes, size_t n, const char *expected)
{
  char hex[RVS_SHA256_HEX];

  rvs__sha256_hex (bytes, n, hex);
  assert_string_equal (hex, expected);
}

static void
test_published (void **state)
{
  char *million = malloc (1000000);

  (void)state;
  check_hash ("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  check_hash (NULL, 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  check_hash ("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  check_hash ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  memset (million, 'a', 1000000);
  check_hash (million, 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  free (million);
}

static void
test_padding (void **state)
{
  static const struct
  {
    size_t      n;
    const char *hex;
  } cases[] = {
    { 1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d" },
    { 55, "463eb28e72f82e0a96c0a4cc53690c571281131f672aa229e0d45ae59b598b59" },
    { 56, "da2ae4d6b36748f2a318f23e7ab1dfdf45acdc9d049bd80e59de82a60895f562" },
    { 57, "2fe741af801cc238602ac0ec6a7b0c3a8a87c7fc7d7f02a3fe03d1c12eac4d8f" },
    { 63, "29af2686fd53374a36b0846694cc342177e428d1647515f078784d69cdb9e488" },
    { 64, "fdeab9acf3710362bd2658cdc9a29e8f9c757fcf9811603a8c447cd1d9151108" },
    { 65, "4bfd2c8b6f1eec7a2afeb48b934ee4b2694182027e6d0fc075074f2fabb31781" },
    { 119, "da18797ed7c3a777f0847f429724a2d8cd5138e6ed2895c3fa1a6d39d18f7ec6" },
    { 120, "f52b23db1fbb6ded89ef42a23ce0c8922c45f25c50b568a93bf1c075420bbb7c" },
    { 128, "471fb943aa23c511f6f72f8d1652d9c880cfa392ad80503120547703e56a2be5" },
    { 200, "1901da1c9f699b48f6b2636e65cbf73abf99d0441ef67f5c540a42f7051dec6f" },
  };
  unsigned char bytes[200];

  (void)state;
  for (size_t i = 0; i < sizeof bytes; i++)
    bytes[i] = (unsigned char)i;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    check_hash (bytes, cases[i].n, cases[i].hex);
}

/* The published examples go by the processor's own instructions where it has them; plain C gives the same of any number of blocks. */
static void
test_both_ways (void **state)
{
  unsigned char bytes[64 * 5 + 1];

  (void)state;
  if (!rvs__sha256_is_quick ())
    {
      print_message ("# this processor has no instructions for it\n");
      skip ();
    }
  for (size_t i = 0; i < sizeof bytes; i++)
    bytes[i] = (unsigned char)(i * i * 7 + i / 3);
  for (size_t n = 0; n <= 5; n++)
    {
      uint32_t plain[8] = { 1, 2, 3, 0x80000000u, 5, 0xffffffffu, 7, 8 }, quick[8];

      memcpy (quick, plain, sizeof quick);
      rvs__sha256_add (plain, bytes + 1, n);
      rvs__sha256_add_quickly (quick, bytes + 1, n);
      assert_memory_equal (plain, quick, sizeof plain);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_published),
    cmocka_unit_test (test_padding),
    cmocka_unit_test (test_both_ways),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
