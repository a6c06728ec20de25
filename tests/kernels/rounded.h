/* SPDX-License-Identifier: GPL-3.0-or-later
 * rounded.h: bfloat16 as tests work it out. */
#ifndef TESTS_KERNELS_ROUNDED_H
#define TESTS_KERNELS_ROUNDED_H

#include <math.h>
#include <stddef.h>

/* To the nearest bfloat16, ties to even: eight bits of mantissa. By arithmetic, unlike the kernels. */
static inline float
rounded_bf16 (float v)
{
  int          exponent;
  const double mantissa = frexp ((double)v, &exponent);

  return fabsf (v) < 0x1p-126f || !isfinite (v) ? v * 0 : (float)ldexp (nearbyint (ldexp (mantissa, 8)), exponent - 8);
}

static inline void
round_all (float *values, size_t n)
{
  for (size_t i = 0; i < n; i++)
    values[i] = rounded_bf16 (values[i]);
}

#endif
