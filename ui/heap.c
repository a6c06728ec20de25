/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * heap.c: GNU's malloc maps a large block by itself and returns it when it is freed, but learns from what is freed to keep blocks as large as
 * that, up to 32 MB, in its heaps: there a face's megabytes stay between others that live on. A fixed limit ends the learning.
 */
#include "heap.h"
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#define LARGE_BYTES (256 << 10)

void
rvs_heap_return_large_blocks (void)
{
#ifdef __GLIBC__
  mallopt (M_MMAP_THRESHOLD, LARGE_BYTES);
#endif
}
