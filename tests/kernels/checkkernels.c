/* SPDX-License-Identifier: GPL-3.0-or-later
 * checkkernels.c: every entry of the kernel table at every level, on random and extreme values, ragged lengths, unaligned rows and
 * with guards around everything that is written; an area's checks are a file.
 *
 * checkkernels --bench prints how quick each entry is on this processor, one thread, by processor time. */
#include "check.h"

#include "core/cpu.h"
#include "core/mem.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum
{
  N_ROUNDS = 60,
  N_PRODUCTS = sizeof check_products / sizeof *check_products,
  N_TILES = sizeof check_tiles / sizeof *check_tiles,
  N_CHECKS = N_PRODUCTS + N_TILES + sizeof check_rows / sizeof *check_rows
};

/* ---- the table ---- */

static const Check *
row_of (int i)
{
  return i < N_PRODUCTS             ? &check_products[i]
         : i < N_PRODUCTS + N_TILES ? &check_tiles[i - N_PRODUCTS]
                                    : &check_rows[i - N_PRODUCTS - N_TILES];
}

typedef void (*Kernel) (void);

static Kernel
entry (const RvsKernels *kernels, size_t at)
{
  Kernel kernel;

  memcpy (&kernel, (const char *)kernels + at, sizeof kernel);
  return kernel;
}

/* Behind the two names the table is kernels only: each is there in plain C, and has a check. */
static void
every_entry_has_a_check (void **state)
{
  RvsKernels plain;

  (void)state;
  rvs__kernels_init (&plain, 0);
  for (size_t at = offsetof (RvsKernels, library) + sizeof plain.library; at < sizeof plain; at += sizeof (Kernel))
    {
      int n = 0;

      for (int i = 0; i < N_CHECKS; i++)
        n += row_of (i)->at == at;
      if (n != 1)
        fail_msg ("the entry at byte %zu of the table has %d checks", at, n);
      assert_true (entry (&plain, at) != NULL);
    }
}

/* ---- levels ---- */

typedef struct Level
{
  const char *name, *narrow;
  uint32_t    mask;
  bool        built;
  const char *flags[6]; /* of /proc/cpuinfo, so that an error of core/cpu.c shows */
} Level;

static const Level levels[] = {
  { "generic", "", 0, true, { NULL } },
  { "openblas", "", RVS_CPU_BLAS, BUILT_BLAS, { NULL } },
  { "avx2", "", RVS_CPU_BLAS | RVS_CPU_AVX2, BUILT_X86, { "avx2", "fma" } },
  { "avx512", "", RVS_CPU_BLAS | RVS_CPU_AVX2 | RVS_CPU_AVX512, BUILT_X86, { "avx512f", "avx512bw", "avx512dq", "avx512vl" } },
  { "avx512",
    "bf16",
    RVS_CPU_BLAS | RVS_CPU_AVX2 | RVS_CPU_AVX512 | RVS_CPU_BF16,
    BUILT_X86,
    { "avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_bf16" } },
  { "neon", "", RVS_CPU_BLAS | RVS_CPU_NEON, BUILT_NEON, { NULL } },
};

enum
{
  N_LEVELS = sizeof levels / sizeof *levels
};

/* The first line that begins so, between spaces. */
static void
read_line (const char *begin, char *line, size_t n_bytes)
{
  FILE *file = fopen ("/proc/cpuinfo", "r");

  line[0] = 0;
  while (file && fgets (line, (int)n_bytes, file) && strncmp (line, begin, strlen (begin)) != 0)
    line[0] = 0;
  for (char *p = line; *p; p++)
    *p = *p == '\n' ? ' ' : *p;
  if (file)
    fclose (file);
}

/* Whether this build on this processor must offer the level. */
static bool
level_is_here (const Level *level)
{
  char flags[8192], word[32];

  read_line ("flags", flags, sizeof flags);
  for (int i = 0; level->flags[i]; i++)
    {
      snprintf (word, sizeof word, " %s ", level->flags[i]);
      if (!strstr (flags, word))
        return false;
    }
  return level->built;
}

/* Intel's processors have the instruction, at half the rate of a float multiply-add: it is there, and not used. */
static const char *
narrow_here (const Level *level)
{
  char vendor[256];

  read_line ("vendor_id", vendor, sizeof vendor);
  return strstr (vendor, "GenuineIntel") ? "" : level->narrow;
}

/* Each entry that the level brings, against plain C; plain C against what is exact. */
static void
check_level (const RvsKernels *plain, const RvsKernels *fast)
{
  const bool itself = strcmp (plain->name, fast->name) == 0;
  int        n_own = 0;

  for (int i = 0; i < N_CHECKS; i++)
    if (itself || entry (fast, row_of (i)->at) != entry (plain, row_of (i)->at))
      {
        n_own++;
        for (uint64_t seed = 1; seed <= N_ROUNDS; seed++)
          {
            check_seed (seed);
            row_of (i)->run (plain, fast);
          }
      }
  print_message ("# level %s %s: %d kernels of its own\n", fast->name, fast->narrow, n_own);
  assert_true (entry (fast, offsetof (RvsKernels, gemm)) != entry (plain, offsetof (RvsKernels, gemm)) || itself);
}

static void
every_level (void **state)
{
  RvsKernels plain;

  (void)state;
  unsetenv ("RVS_CPU_MASK");
  rvs__kernels_init (&plain, 0);
  for (size_t i = 0; i < N_LEVELS; i++)
    {
      RvsKernels fast;

      rvs__kernels_init (&fast, levels[i].mask);
      if (level_is_here (&levels[i]))
        {
          assert_string_equal (fast.name, levels[i].name); /* not a lower one in its place */
          assert_string_equal (fast.narrow, narrow_here (&levels[i]));
          check_level (&plain, &fast);
        }
      else
        print_message ("# level %s %s is not in this build or processor\n", levels[i].name, levels[i].narrow);
    }
}

/* A mask without a level must not use it. */
static void
masks (void **state)
{
  RvsKernels kernels;

  (void)state;
  rvs__kernels_init (&kernels, 0);
  assert_string_equal (kernels.name, "generic");
  rvs__kernels_init (&kernels, RVS_CPU_AVX512);
  assert_string_equal (kernels.name, "generic"); /* AVX-512 without AVX2: the lower level is missing */
}

/* ---- speed ---- */

static double
seconds (void)
{
  struct timespec t;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The best of 20 batches of about a millisecond, in GFLOP in a second of processor time. */
static double
rate (const Check *check, const RvsKernels *kernels, float *values)
{
  double best = 0;
  int    n_calls = 1;

  for (int batch = 0; batch < 20; batch++)
    {
      double done = 0, from = seconds (), took;

      for (int i = 0; i < n_calls; i++)
        done += check->once (kernels, values);
      took = seconds () - from;
      if (took < 1e-3 && n_calls < 1 << 20)
        {
          n_calls *= 2;
          batch--;
        }
      else if (done / took > best)
        best = done / took;
    }
  return best * 1e-9;
}

/* Multiply-adds in registers alone: no product can be quicker. */
#define PEAK(name, target, n_lanes, n_sums)                                                                                        \
  target static double peak_of_##name (void)                                                                                       \
  {                                                                                                                                \
    typedef float Lanes __attribute__ ((vector_size ((n_lanes) * sizeof (float))));                                                \
    Lanes         sums[n_sums] = { 0 }, a = { 0 };                                                                                 \
    const double  from = seconds ();                                                                                               \
    enum                                                                                                                           \
    {                                                                                                                              \
      N_STEPS = 4000000                                                                                                            \
    };                                                                                                                             \
                                                                                                                                   \
    a += 1e-3f;                                                                                                                    \
    for (int step = 0; step < N_STEPS; step++)                                                                                     \
      {                                                                                                                            \
        __asm__ volatile("" : "+" PEAK_REGISTER (a));                                                                              \
        for (int i = 0; i < (n_sums); i++)                                                                                         \
          sums[i] += a * sums[i];                                                                                                  \
      }                                                                                                                            \
    for (int i = 0; i < (n_sums); i++)                                                                                             \
      __asm__ volatile("" : "+" PEAK_REGISTER (sums[i]));                                                                          \
    return 2e-9 * N_STEPS * (n_sums) * (n_lanes) / (seconds () - from);                                                            \
  }

#if defined(__x86_64__)
#define PEAK_REGISTER "x"
PEAK (plain, , 4, 12)
PEAK (avx2, __attribute__ ((target ("avx2,fma"))), 8, 12)
#undef PEAK_REGISTER
#define PEAK_REGISTER "v"
PEAK (avx512, __attribute__ ((target ("avx512f,avx512dq,avx512vl"))), 16, 12)
#else
#define PEAK_REGISTER "w"
PEAK (plain, , 4, 16)
#endif

static double
peak_of (const RvsKernels *kernels)
{
#if defined(__x86_64__)
  if (strcmp (kernels->name, "avx512") == 0)
    return peak_of_avx512 ();
  if (strcmp (kernels->name, "avx2") == 0 || strcmp (kernels->name, "openblas") == 0)
    return peak_of_avx2 ();
#endif
  (void)kernels;
  return peak_of_plain ();
}

/* What plain C has and the level keeps is not shown again. */
static void
bench_level (const RvsKernels *plain, const RvsKernels *kernels, const char *narrow, float *values)
{
  const double peak = peak_of (kernels);

  for (int i = 0; i < N_CHECKS; i++)
    if (row_of (i)->once && (kernels == plain || entry (kernels, row_of (i)->at) != entry (plain, row_of (i)->at)))
      {
        const double gflops = rate (row_of (i), kernels, values);

        printf ("%-10s %-5s %-15s %8.1f GFLOP/s %5.0f %% of %.0f\n", kernels->name, narrow, row_of (i)->name, gflops,
                100 * gflops / peak, peak);
      }
}

static int
bench (void)
{
  float     *values = new_floats (BENCH_FLOATS);
  RvsKernels plain;

  check_seed (1);
  for (int i = 0; i < BENCH_FLOATS; i++)
    values[i] = (float)random_int (-1000, 1000) * 1e-3f;
  rvs__kernels_init (&plain, 0);
  for (size_t i = 0; i < N_LEVELS; i++)
    if (level_is_here (&levels[i]))
      {
        RvsKernels kernels;

        rvs__kernels_init (&kernels, levels[i].mask);
        bench_level (&plain, i == 0 ? &plain : &kernels, levels[i].narrow, values);
      }
  rvs__free (values);
  return 0;
}

int
main (int argc, char **argv)
{
  const struct CMUnitTest tests[]
      = { cmocka_unit_test (every_entry_has_a_check), cmocka_unit_test (every_level), cmocka_unit_test (masks) };

  if (argc > 1 && strcmp (argv[1], "--bench") == 0)
    return bench ();
  return cmocka_run_group_tests_name ("kernels", tests, NULL, NULL);
}
