/* SPDX-License-Identifier: GPL-3.0-or-later
 * st_bytes.h: safetensors bytes made by hand for tests. */
#ifndef TESTS_MODEL_ST_BYTES_H
#define TESTS_MODEL_ST_BYTES_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Length, header text, data (zeros when data is NULL) in a block of exactly that size, so that ASan and valgrind see every
 * byte read beyond it. Free with free. */
static inline unsigned char *
st_bytes (const char *header, size_t n_header, const void *data, size_t n_data, size_t *out_n)
{
  unsigned char *bytes = calloc (1, 8 + n_header + n_data);

  if (!bytes)
    abort ();
  for (int i = 0; i < 8; i++)
    bytes[i] = (unsigned char)((uint64_t)n_header >> (8 * i));
  memcpy (bytes + 8, header, n_header);
  if (data)
    memcpy (bytes + 8 + n_header, data, n_data);
  *out_n = 8 + n_header + n_data;
  return bytes;
}

#endif
