/* SPDX-License-Identifier: GPL-3.0-or-later
 * tensor.h: a planar float image with c channels; batch is always 1. Does not own its memory. */
#ifndef RVS_CORE_TENSOR_H
#define RVS_CORE_TENSOR_H

#include <stddef.h>

typedef struct RvsTensor
{
  float *data;
  int    c, h, w;
  size_t cs; /* floats from one channel to the next, >= h * w */
} RvsTensor;

static inline RvsTensor
rvs__tensor (float *data, int c, int h, int w)
{
  RvsTensor t = { data, c, h, w, (size_t)h * (size_t)w };
  return t;
}

static inline float *
rvs__channel (const RvsTensor *t, int c)
{
  return t->data + (size_t)c * t->cs;
}

/* Channels [first, first + n) as a tensor over the same memory. */
static inline RvsTensor
rvs__channels (const RvsTensor *t, int first, int n)
{
  RvsTensor part = { t->data ? rvs__channel (t, first) : NULL, n, t->h, t->w, t->cs };
  return part;
}

#endif
