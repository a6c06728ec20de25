/* SPDX-License-Identifier: GPL-3.0-or-later
 * mem.c: checked sizes, aligned allocation and the tests' failing allocation.
 * The two counters are the only globals here; they change nothing unless a test asks for a failure. */
#include "core/mem.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static atomic_size_t n_allocations;
static atomic_size_t fail_at; /* value of n_allocations at which to fail; 0 = never */

bool
rvs__mul_ok (size_t a, size_t b, size_t *out)
{
  return !__builtin_mul_overflow (a, b, out);
}

bool
rvs__add_ok (size_t a, size_t b, size_t *out)
{
  return !__builtin_add_overflow (a, b, out);
}

void *
rvs__alloc (size_t size)
{
  size_t number = atomic_fetch_add (&n_allocations, 1) + 1;
  size_t rounded;

  if (number == atomic_load (&fail_at))
    return NULL;
  /* aligned_alloc wants a multiple of the alignment; no object is larger than the distances between pointers. */
  if (size == 0 || !rvs__add_ok (size, RVS_ALIGN - 1, &rounded) || rounded > (size_t)PTRDIFF_MAX)
    return NULL;
  return aligned_alloc (RVS_ALIGN, rounded & ~(size_t)(RVS_ALIGN - 1));
}

void
rvs__mem_in_large_pages (void *memory, size_t size)
{
#ifdef MADV_HUGEPAGE
  const uintptr_t page = (uintptr_t)2 << 20, first = ((uintptr_t)memory + page - 1) / page * page;
  const uintptr_t end = ((uintptr_t)memory + size) / page * page;

  if (first < end)
    (void)madvise ((void *)first, end - first, MADV_HUGEPAGE); /* a wish: where it is refused pages are small */
#else
  (void)memory, (void)size;
#endif
}

void *
rvs__alloc_zero (size_t size)
{
  void *memory = rvs__alloc (size);

  if (memory)
    memset (memory, 0, size);
  return memory;
}

void
rvs__free (void *memory)
{
  free (memory);
}

size_t
rvs__mem_fail_at (size_t n)
{
  size_t so_far = atomic_load (&n_allocations);

  atomic_store (&fail_at, n == 0 ? 0 : so_far + n);
  return so_far;
}

size_t
rvs__mem_count (void)
{
  return atomic_load (&n_allocations);
}
