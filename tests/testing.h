/* SPDX-License-Identifier: GPL-3.0-or-later
 * testing.h: cmocka with the headers it wants before it, in an order that sorting must not change; and what suites ask of
 * altered files. */
#ifndef TESTS_TESTING_H
#define TESTS_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

/* The first `from` in n bytes, which is asserted to be there, becomes `to` of the same length. */
static inline void
replace_first (unsigned char *bytes, size_t n, const char *from, const char *to)
{
  const size_t length = strlen (from);
  size_t       at = 0;

  assert_int_equal (strlen (to), length);
  while (at + length < n && memcmp (bytes + at, from, length) != 0)
    at++;
  assert_true (at + length < n);
  memcpy (bytes + at, to, length);
}

/* A message says what it is about. */
static inline void
assert_names (const char *message, const char *named)
{
  if (!strstr (message, named))
    fail_msg ("'%s' does not name '%s'", message, named);
}

#endif
