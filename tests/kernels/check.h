/* SPDX-License-Identifier: GPL-3.0-or-later
 * check.h: what the checks of all areas share: random and extreme values, rows between guards, and the rows of the table of checks. */
#ifndef TESTS_KERNELS_CHECK_H
#define TESTS_KERNELS_CHECK_H

#include "kernels/kernels.h"
#include "testing.h"

#include <math.h>
#include <stdint.h>

enum
{
  GUARD = 16, /* floats before and after each output */
  MAX_ROW = 200
};

/* The value of guards. */
extern const float check_guard;

/* One entry of the kernel table. */
typedef struct Check
{
  const char *name;
  size_t      at; /* of the entry in the table */
  /* Runs the level's kernel on random data, and compares with plain C's or with what is exact. */
  void (*run) (const RvsKernels *plain, const RvsKernels *fast);
  /* One call of a usual size, on `values`; returns its floating-point operations. NULL: as the row before. */
  double (*once) (const RvsKernels *kernels, float *values);
} Check;

enum
{
  BENCH_FLOATS = 1 << 19
};

/* The areas' rows. */
extern const Check check_products[4], check_tiles[3], check_rows[6];

/* What follows is the same on every machine from a seed on. */
void   check_seed (uint64_t seed);
int    random_int (int low, int high);
float  random_float (void);
float *new_floats (size_t n);
/* n random floats; what lies beyond them is NaN, so that using it shows. */
float *random_row (size_t n);
/* An output row between guards; returns the row's first float. */
float *guarded (size_t n);
void   free_guarded (float *row);
void   check_guards (const float *row, size_t n);
/* |a - b| <= tolerance * scale[i]: scale is the sum of what was added up. */
void check_row (const char *what, const char *level, const float *got, const float *wanted, const double *scale, int n);

#endif
