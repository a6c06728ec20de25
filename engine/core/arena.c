/* SPDX-License-Identifier: GPL-3.0-or-later
 * arena.c: the stack of scratch memory. */
#include "core/arena.h"

#include "core/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What follows an overrun would be written over someone else's memory, a photo perhaps: no build may go on. */
static _Noreturn void
stop (const char *fault, size_t wanted, size_t there)
{
  fprintf (stderr, "revisage: fault in the memory plan: %s (%zu bytes wanted, %zu there); please report this\n", fault, wanted,
           there);
  abort ();
}

void
rvs__arena_measure (RvsArena *arena)
{
  memset (arena, 0, sizeof *arena);
  arena->measuring = true;
}

RvsStatus
rvs__arena_open (RvsArena *arena, size_t size, RvsError *err)
{
  memset (arena, 0, sizeof *arena);
  if (size == 0)
    return RVS_OK;
  arena->base = rvs__alloc (size);
  if (!arena->base)
    return rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory for %zu bytes of scratch", size);
  rvs__mem_in_large_pages (arena->base, size);
  arena->size = size;
  return RVS_OK;
}

void
rvs__arena_close (RvsArena *arena)
{
  rvs__free (arena->base);
  memset (arena, 0, sizeof *arena);
}

void *
rvs__arena_push (RvsArena *arena, size_t n_bytes)
{
  size_t at = arena->used;

  if (n_bytes > SIZE_MAX - RVS_ALIGN - at)
    stop ("a size without bounds", n_bytes, SIZE_MAX - RVS_ALIGN - at);
  arena->used += (n_bytes + RVS_ALIGN - 1) & ~(size_t)(RVS_ALIGN - 1);
  if (arena->used > arena->peak)
    arena->peak = arena->used;
  if (arena->measuring)
    return NULL;
  if (arena->used > arena->size)
    stop ("more scratch than was planned", arena->used, arena->size);
  return arena->base + at;
}

float *
rvs__arena_floats (RvsArena *arena, size_t n)
{
  if (n > SIZE_MAX / sizeof (float))
    stop ("a size without bounds", n, SIZE_MAX / sizeof (float));
  return rvs__arena_push (arena, n * sizeof (float));
}

size_t
rvs__arena_mark (const RvsArena *arena)
{
  return arena->used;
}

void
rvs__arena_release (RvsArena *arena, size_t mark)
{
  if (mark > arena->used)
    stop ("scratch given back twice", mark, arena->used);
  arena->used = mark;
}
