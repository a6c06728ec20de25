/* SPDX-License-Identifier: GPL-3.0-or-later
 * mem.h: checked sizes and aligned allocation; every allocation of the engine goes through here,
 * so that tests can make the n-th one fail. */
#ifndef RVS_CORE_MEM_H
#define RVS_CORE_MEM_H

#include <stdbool.h>
#include <stddef.h>

#define RVS_ALIGN 64

/* *out = a * b; false on overflow. */
bool rvs__mul_ok (size_t a, size_t b, size_t *out);
bool rvs__add_ok (size_t a, size_t b, size_t *out);

/* 64-byte aligned, uninitialised; NULL when there is no memory or size is 0. */
void *rvs__alloc (size_t size);
/* Of a block that is used over and over: a page fault for each 2 MB in place of 512. */
void  rvs__mem_in_large_pages (void *memory, size_t size);
void *rvs__alloc_zero (size_t size);
void  rvs__free (void *memory);

/* Tests only: the n-th allocation from now fails (1 = the next one), 0 = never. Returns the number of allocations so far. */
size_t rvs__mem_fail_at (size_t n);
size_t rvs__mem_count (void);

#endif
