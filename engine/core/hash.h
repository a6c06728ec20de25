/* SPDX-License-Identifier: GPL-3.0-or-later
 * hash.h: FNV-1a over whole numbers, to tell inputs apart whose results are kept. */
#ifndef RVS_CORE_HASH_H
#define RVS_CORE_HASH_H

#include <stdint.h>

#define RVS_HASH_NOTHING UINT64_C (14695981039346656037)

/* The hash of what `hash` is of, and then of value. */
static inline uint64_t
rvs__hash (uint64_t hash, uint64_t value)
{
  return (hash ^ value) * UINT64_C (1099511628211);
}

#endif
