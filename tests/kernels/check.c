/* SPDX-License-Identifier: GPL-3.0-or-later
 * check.c: random data and guards. */
#include "check.h"

#include "core/mem.h"

const float check_guard = 12345.678f;

/* ---- random data, from a seed that a failure prints ---- */

static uint64_t random_state;

void
check_seed (uint64_t seed)
{
  random_state = seed;
}

static uint32_t
random_bits (void)
{
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(random_state >> 33);
}

int
random_int (int low, int high)
{
  return low + (int)(random_bits () % (uint32_t)(high - low + 1));
}

/* Mostly of order one; now and then zero, tiny, denormal or large. */
float
random_float (void)
{
  float v = (float)random_bits () / (float)0x40000000 - 1;

  switch (random_bits () % 40)
    {
    case 0:
      return 0;
    case 1:
      return -0.0f;
    case 2:
      return v * 1e-30f;
    case 3:
      return v * 1e-40f;
    case 4:
      return v * 1e6f;
    default:
      return v;
    }
}

float *
new_floats (size_t n)
{
  float *values = rvs__alloc ((n + 1) * sizeof (float));

  assert_non_null (values);
  return values;
}

float *
random_row (size_t n)
{
  float *values = new_floats (n + GUARD);

  for (size_t i = 0; i < n; i++)
    values[i] = random_float ();
  for (size_t i = n; i < n + GUARD; i++)
    values[i] = NAN;
  return values;
}

float *
guarded (size_t n)
{
  float *values = new_floats (n + 2 * GUARD);

  for (size_t i = 0; i < n + 2 * GUARD; i++)
    values[i] = check_guard;
  return values + GUARD;
}

void
free_guarded (float *row)
{
  rvs__free (row - GUARD);
}

void
check_guards (const float *row, size_t n)
{
  for (size_t i = 0; i < GUARD; i++)
    {
      assert_true (row[-1 - (int)i] == check_guard);
      assert_true (row[n + i] == check_guard);
    }
}

void
check_row (const char *what, const char *level, const float *got, const float *wanted, const double *scale, int n)
{
  for (int i = 0; i < n; i++)
    if (!(fabs ((double)got[i] - wanted[i]) <= 16 * 0x1p-23 * scale[i] + 1e-37))
      fail_msg ("%s, %s, element %d of %d: %.9g instead of %.9g", what, level, i, n, got[i], wanted[i]);
}
