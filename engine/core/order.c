/* SPDX-License-Identifier: GPL-3.0-or-later
 * order.c: numbers in order. */
#include "core/order.h"

#include <stdlib.h>

static int
by_value (const void *a, const void *b)
{
  const float x = *(const float *)a, y = *(const float *)b;

  return (x > y) - (x < y);
}

void
rvs__sort_floats (float *values, size_t n)
{
  qsort (values, n, sizeof *values, by_value);
}
