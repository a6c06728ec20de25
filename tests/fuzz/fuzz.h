/* SPDX-License-Identifier: GPL-3.0-or-later
 * fuzz.h: what every fuzz target is. The same file links with libFuzzer, or with replay.c, which feeds it the corpus. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* Stands in builds without asserts too. */
#define FUZZ_CHECK(condition)                                                                                                      \
  do                                                                                                                               \
    if (!(condition))                                                                                                              \
      {                                                                                                                            \
        fprintf (stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                                                   \
        abort ();                                                                                                                  \
      }                                                                                                                            \
  while (0)

#endif
