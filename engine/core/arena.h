/* SPDX-License-Identifier: GPL-3.0-or-later
 * arena.h: one block of scratch, handed out like a stack. A forward pass is written once and run twice:
 * over a measuring arena (no memory) to learn the peak, then over the real one. */
#ifndef RVS_CORE_ARENA_H
#define RVS_CORE_ARENA_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct RvsArena
{
  unsigned char *base; /* NULL while measuring */
  size_t         size, used, peak;
  bool           measuring;
} RvsArena;

void      rvs__arena_measure (RvsArena *arena); /* start measuring */
RvsStatus rvs__arena_open (RvsArena *arena, size_t size, RvsError *err);
void      rvs__arena_close (RvsArena *arena);
/* 64-byte aligned. While measuring returns NULL and only counts. Running out of a planned arena is our bug: stops the process, in
 * every build. */
void  *rvs__arena_push (RvsArena *arena, size_t n_bytes);
float *rvs__arena_floats (RvsArena *arena, size_t n);
size_t rvs__arena_mark (const RvsArena *arena);
void   rvs__arena_release (RvsArena *arena, size_t mark);

#endif
