/* SPDX-License-Identifier: GPL-3.0-or-later
 * test_kernels.c: every entry of the kernel table at every level against the plain C one, on random and extreme
 * values, ragged lengths, unaligned rows and with guards around everything that is written. */
#include "vectors.h"

#include <float.h>
#include <stdbool.h>

enum
{
  GUARD = 16, /* floats before and after each output */
  MAX_ROW = 200,
  N_ROUNDS = 60
};

static const float guard_value = 12345.678f;

/* ---- random data, from a seed that a failure prints ---- */

static uint64_t random_state;

static uint32_t
random_bits (void)
{
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(random_state >> 33);
}

static int
random_int (int low, int high)
{
  return low + (int)(random_bits () % (uint32_t)(high - low + 1));
}

/* Mostly of order one; now and then zero, tiny, denormal or large. */
static float
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

static float *
new_floats (size_t n)
{
  float *values = rvs__alloc ((n + 1) * sizeof (float));

  assert_non_null (values);
  return values;
}

/* n random floats; what lies beyond them is NaN, so that using it shows. */
static float *
random_row (size_t n)
{
  float *values = new_floats (n + GUARD);

  for (size_t i = 0; i < n; i++)
    values[i] = random_float ();
  for (size_t i = n; i < n + GUARD; i++)
    values[i] = NAN;
  return values;
}

/* An output row between guards; returns the row's first float. */
static float *
guarded (size_t n)
{
  float *values = new_floats (n + 2 * GUARD);

  for (size_t i = 0; i < n + 2 * GUARD; i++)
    values[i] = guard_value;
  return values + GUARD;
}

static void
free_guarded (float *row)
{
  rvs__free (row - GUARD);
}

static void
check_guards (const float *row, size_t n)
{
  for (size_t i = 0; i < GUARD; i++)
    {
      assert_true (row[-1 - (int)i] == guard_value);
      assert_true (row[n + i] == guard_value);
    }
}

/* |a - b| <= tolerance * scale[i]: scale is the sum of what was added up. */
static void
check_row (const char *what, const char *level, const float *got, const float *wanted, const double *scale, int n)
{
  for (int i = 0; i < n; i++)
    if (!(fabs ((double)got[i] - wanted[i]) <= 16 * 0x1p-23 * scale[i] + 1e-37))
      fail_msg ("%s, %s, element %d of %d: %.9g instead of %.9g", what, level, i, n, got[i], wanted[i]);
}

/* ---- the checks: each runs the plain kernel and the level's on the same data ---- */

/* What both made of the factors in gemm, against the exact product. denormal: what rounding to them may add. */
static void
check_product (const char *what, const RvsGemm *gemm, const RvsKernels *plain, const float *wanted, const RvsKernels *fast,
               const float *got, double denormal)
{
  for (int i = 0; i < gemm->m; i++)
    for (int j = 0; j < gemm->n; j++)
      {
        const size_t at = (size_t)i * gemm->ldc + (size_t)j;
        double       scale = 0, value = 0;

        for (int l = 0; l < gemm->k; l++)
          {
            const double product = (double)gemm->a[l * gemm->lda + i] * gemm->rows[l][j];

            value += product;
            scale += fabs (product);
          }
        for (int which = 0; which < 2; which++)
          if (!(fabs ((which ? got : wanted)[at] - value) <= gemm->k * 0x1p-24 * scale + denormal))
            fail_msg ("%s %s %dx%dx%d: [%d][%d] is %.9g, exact %.9g", what, which ? fast->name : plain->name, gemm->m, gemm->n,
                      gemm->k, i, j, (which ? got : wanted)[at], value);
      }
}

static void
check_gemm (const RvsKernels *plain, const RvsKernels *fast)
{
  int           m = random_int (1, 40), n = random_int (1, MAX_ROW), k = random_int (1, 90);
  int           lda = m + random_int (0, 3), shift = random_int (0, 5), strided = random_int (0, 1);
  size_t        ldc = (size_t)n + (size_t)random_int (0, 20), pitch = (size_t)n + (size_t)shift;
  float        *a = random_row ((size_t)lda * (size_t)k), *b = random_row (pitch * (size_t)(k + 1));
  float        *wanted = guarded (ldc * (size_t)m), *got = guarded (ldc * (size_t)m);
  const float **rows = malloc ((size_t)k * sizeof *rows);
  RvsGemm       gemm = { .m = m, .n = n, .k = k, .a = a, .lda = lda, .rows = rows, .c = wanted, .ldc = ldc };

  assert_non_null (rows);
  for (int l = 0; l < k; l++)
    rows[l] = strided ? b + (size_t)l * pitch + 1 : b + (size_t)random_int (0, k - 1) * pitch + (size_t)random_int (0, shift);
  gemm.row_stride = strided ? (ptrdiff_t)pitch : 0;
  gemm.work = new_floats (plain->gemm_work (m, n, k));
  plain->gemm (&gemm);
  rvs__free (gemm.work);
  gemm.work = new_floats (fast->gemm_work (m, n, k));
  gemm.c = got;
  fast->gemm (&gemm);
  rvs__free (gemm.work);
  check_guards (got, ldc * (size_t)m - (ldc - (size_t)n));
  check_product ("gemm", &gemm, plain, wanted, fast, got, 1e-37);
  rvs__free (a);
  rvs__free (b);
  free (rows);
  free_guarded (wanted);
  free_guarded (got);
}

/* Rows of pairs by the plain kernel, the product by both: each against the exact one of the rounded factors. */
static void
check_gemm_pairs (const RvsKernels *plain, const RvsKernels *fast)
{
  const int        m = random_int (1, 40), n = random_int (1, MAX_ROW), c_in = random_int (1, 13), taps = random_int (1, 9);
  const int        k = c_in * taps, pairs = (c_in + 1) / 2 * taps, lda = m + random_int (0, 3), pitch = n + random_int (0, 5);
  const size_t     ldc = (size_t)n + (size_t)random_int (0, 20);
  float           *a = random_row ((size_t)lda * (size_t)k), *b = random_row ((size_t)(pitch * k));
  float           *wanted = guarded (ldc * (size_t)m), *got = guarded (ldc * (size_t)m);
  uint32_t        *words = (uint32_t *)(void *)new_floats ((size_t)(pitch * pairs));
  const uint32_t **rows = malloc ((size_t)pairs * sizeof *rows);
  const float    **factors = malloc ((size_t)k * sizeof *factors);
  RvsPairGemm      gemm = { .m = m, .n = n, .c_in = c_in, .taps = taps, .a = a, .lda = lda, .rows = rows, .c = wanted, .ldc = ldc };

  assert_non_null (rows);
  assert_non_null (factors);
  for (int p = 0; p < pairs; p++)
    {
      const int    c = p / taps * 2, t = p % taps;
      const float *odd = c + 1 < c_in ? b + pitch * ((c + 1) * taps + t) : NULL;

      rows[p] = words + pitch * p;
      plain->pair_row (b + pitch * (c * taps + t), odd, n, words + pitch * p);
    }
  gemm.work = new_floats (plain->gemm_work (m, n, k));
  plain->gemm_pairs (&gemm);
  rvs__free (gemm.work);
  gemm.work = new_floats (fast->gemm_work (m, n, k));
  gemm.c = got;
  fast->gemm_pairs (&gemm);
  rvs__free (gemm.work);
  check_guards (got, ldc * (size_t)m - (ldc - (size_t)n));
  round_all (a, (size_t)lda * (size_t)k);
  round_all (b, (size_t)(pitch * k));
  for (int l = 0; l < k; l++)
    factors[l] = b + pitch * l;
  check_product ("gemm_pairs", &(RvsGemm){ .m = m, .n = n, .k = k, .a = a, .lda = lda, .rows = factors, .ldc = ldc }, plain, wanted,
                 fast, got, k * 0x1p-126);
  rvs__free (a);
  rvs__free (b);
  rvs__free (words);
  free (rows);
  free (factors);
  free_guarded (wanted);
  free_guarded (got);
}

static uint32_t
bits_of (float v)
{
  uint32_t bits;

  memcpy (&bits, &v, sizeof bits);
  return bits;
}

/* To the bit, against arithmetic too. */
static void
check_pair_row (const RvsKernels *plain, const RvsKernels *fast)
{
  const int    n = random_int (1, MAX_ROW), alone = random_int (0, 3) == 0;
  float       *a = random_row ((size_t)n), *b = random_row ((size_t)n);
  float       *wanted = guarded ((size_t)n), *got = guarded ((size_t)n);
  const float  rare[] = { INFINITY, -INFINITY, NAN, FLT_MAX, 0x1.01p0f, 0x1.03p0f, -0x1.01p-126f, 0x1.fffp-127f };
  const size_t rares = sizeof rare / sizeof *rare;

  for (size_t i = 0; i < rares; i++)
    a[random_int (0, n - 1)] = rare[i];
  plain->pair_row (a, alone ? NULL : b, n, (uint32_t *)(void *)wanted);
  fast->pair_row (a, alone ? NULL : b, n, (uint32_t *)(void *)got);
  check_guards (got, (size_t)n);
  assert_memory_equal (got, wanted, (size_t)n * sizeof (float));
  for (int i = 0; i < n; i++)
    {
      const uint32_t low = bits_of (wanted[i]) << 16, high = bits_of (wanted[i]) & 0xffff0000u;

      assert_int_equal (high, alone ? 0 : bits_of (rounded_bf16 (b[i])));
      if (isfinite (a[i]))
        assert_int_equal (low, bits_of (rounded_bf16 (a[i])));
      else
        assert_true (isnan (a[i]) ? (low & 0x7fffffffu) > 0x7f800000u : low == bits_of (a[i]));
    }
  rvs__free (a);
  rvs__free (b);
  free_guarded (wanted);
  free_guarded (got);
}

static void
check_epilogue (const RvsKernels *plain, const RvsKernels *fast)
{
  int            n = random_int (1, MAX_ROW), with_add = random_int (0, 1);
  float         *src = random_row ((size_t)n), *add = random_row ((size_t)n), *wanted = guarded ((size_t)n);
  float         *got = guarded ((size_t)n);
  double         scale[MAX_ROW], sums[2][2] = { { 3, 4 }, { 3, 4 } }, total = 0, square = 0;
  RvsEpilogueRow row = { .src = src,
                         .dst = wanted,
                         .add = with_add ? add : NULL,
                         .n = n,
                         .bias = random_float (),
                         .act = (RvsAct)random_int (RVS_ACT_NONE, RVS_ACT_ELU),
                         .add_first = random_int (0, 1),
                         .sums = sums[0] };

  plain->epilogue_row (&row);
  row.dst = got;
  row.sums = sums[1];
  if (random_int (0, 1))
    {
      /* In place. */
      memcpy (got, src, (size_t)n * sizeof (float));
      row.src = got;
    }
  fast->epilogue_row (&row);
  check_guards (got, (size_t)n);
  for (int i = 0; i < n; i++)
    {
      scale[i] = fabs (src[i]) + fabs (row.bias) + (with_add ? fabs (add[i]) : 0) + 1e-30;
      total += scale[i];
      square += (scale[i] + 1) * (scale[i] + 1);
    }
  check_row ("epilogue", fast->name, got, wanted, scale, n);
  assert_true (fabs (sums[0][0] - sums[1][0]) <= 1e-6 * (total + n));
  assert_true (fabs (sums[0][1] - sums[1][1]) <= 1e-5 * (square + n));
  rvs__free (src);
  rvs__free (add);
  free_guarded (wanted);
  free_guarded (got);
}

static void
check_modulate (const RvsKernels *plain, const RvsKernels *fast)
{
  int            n = random_int (1, MAX_ROW), two = random_int (0, 1), in_place = random_int (0, 2);
  float         *in[6], *wanted = guarded ((size_t)n), *got = guarded ((size_t)n);
  double         scale[MAX_ROW];
  RvsModulateRow row = { .n = n,
                         .mean = random_float (),
                         .rstd = 1.5f,
                         .gd_bias = random_float (),
                         .bd_bias = random_float (),
                         .gs_bias = random_float (),
                         .bs_bias = random_float (),
                         .slope = random_int (0, 1) ? 0.2f : 1 };

  for (int i = 0; i < 6; i++)
    in[i] = random_row ((size_t)n);
  row.x = in[0];
  row.gd = in[1];
  row.bd = in[2];
  row.gs = two ? in[3] : NULL;
  row.bs = two ? in[4] : NULL;
  row.w = in[5];
  for (int i = 0; i < n; i++)
    {
      double u = fabs ((double)in[0][i] - row.mean) * 1.5 + (fabs (in[0][i]) + fabs (row.mean)) * 1.5;
      double gd = fabs (in[1][i]) + fabs (row.gd_bias), bd = fabs (in[2][i]) + fabs (row.bd_bias), w = fabs (in[5][i]);
      double gs = fabs (in[3][i]) + fabs (row.gs_bias), bs = fabs (in[4][i]) + fabs (row.bs_bias);

      scale[i] = two ? u * (gs * (1 + w * gd) + w * bd) + bs * (1 + w * gd) + w * bd : u * gd + bd;
    }
  row.out = wanted;
  plain->modulate_row (&row);
  row.out = got;
  if (in_place == 1)
    {
      memcpy (got, in[0], (size_t)n * sizeof (float));
      row.x = got;
    }
  else if (in_place == 2)
    {
      memcpy (got, in[1], (size_t)n * sizeof (float));
      row.gd = got;
    }
  fast->modulate_row (&row);
  check_guards (got, (size_t)n);
  check_row ("modulate", fast->name, got, wanted, scale, n);
  for (int i = 0; i < 6; i++)
    rvs__free (in[i]);
  free_guarded (wanted);
  free_guarded (got);
}

static void
check_moments (const RvsKernels *plain, const RvsKernels *fast)
{
  int    n = random_int (1, MAX_ROW);
  float *x = random_row ((size_t)n);
  double wanted[2] = { 1, 2 }, got[2] = { 1, 2 }, total = 1, square = 2;

  plain->moments_row (x, n, wanted);
  fast->moments_row (x, n, got);
  for (int i = 0; i < n; i++)
    {
      total += fabs (x[i]);
      square += (double)x[i] * x[i];
    }
  /* Doubles: the order of adding is all that may differ. */
  assert_true (fabs (got[0] - wanted[0]) <= n * 0x1p-50 * total);
  assert_true (fabs (got[1] - wanted[1]) <= n * 0x1p-50 * square);
  rvs__free (x);
}

/* A row between guards that the plain kernel and one that the level's has written: compared, then freed. */
static void
compare_rows (const char *name, const char *level, float *got, float *wanted, int n, double scale)
{
  double scales[MAX_ROW];

  for (int i = 0; i < n; i++)
    scales[i] = scale;
  check_guards (got, (size_t)n);
  check_row (name, level, got, wanted, scales, n);
  free_guarded (wanted);
  free_guarded (got);
}

static double
largest (const float *a, const float *b, int n)
{
  double most = 0;

  for (int i = 0; i < n; i++)
    most = fmax (most, fmax (fabs (a[i]), fabs (b[i])));
  return most;
}

static void
check_up2 (const RvsKernels *plain, const RvsKernels *fast)
{
  int    n = random_int (1, MAX_ROW / 2);
  float *a = random_row ((size_t)n), *b = random_row ((size_t)n);
  float *wanted = guarded (2 * (size_t)n), *got = guarded (2 * (size_t)n);

  plain->up2_row (a, b, 0.75f, n, wanted);
  fast->up2_row (a, b, 0.75f, n, got);
  compare_rows ("up2", fast->name, got, wanted, 2 * n, largest (a, b, n));
  rvs__free (a);
  rvs__free (b);
}

static void
check_down2 (const RvsKernels *plain, const RvsKernels *fast)
{
  int    n = random_int (1, MAX_ROW / 2);
  float *a = random_row (2 * (size_t)n), *b = random_row (2 * (size_t)n);
  float *wanted = guarded ((size_t)n), *got = guarded ((size_t)n);

  plain->down2_row (a, b, n, wanted);
  fast->down2_row (a, b, n, got);
  compare_rows ("down2", fast->name, got, wanted, n, largest (a, b, 2 * n));
  rvs__free (a);
  rvs__free (b);
}

static void
check_interleave (const RvsKernels *plain, const RvsKernels *fast)
{
  int    n = random_int (1, MAX_ROW / 2);
  float *a = random_row ((size_t)n), *b = random_row ((size_t)n);
  float *wanted = guarded (2 * (size_t)n), *got = guarded (2 * (size_t)n);

  plain->interleave_row (a, b, n, wanted);
  fast->interleave_row (a, b, n, got);
  assert_memory_equal (got, wanted, 2 * (size_t)n * sizeof (float)); /* copies, to the bit */
  compare_rows ("interleave", fast->name, got, wanted, 2 * n, 0);
  rvs__free (a);
  rvs__free (b);
}

/* ---- the table ---- */

typedef struct Check
{
  size_t at; /* of the entry in the table */
  void (*run) (const RvsKernels *plain, const RvsKernels *fast);
} Check;

static const Check checks[] = {
  { offsetof (RvsKernels, gemm_work), check_gemm },        { offsetof (RvsKernels, gemm), check_gemm },
  { offsetof (RvsKernels, gemm_pairs), check_gemm_pairs }, { offsetof (RvsKernels, pair_row), check_pair_row },
  { offsetof (RvsKernels, epilogue_row), check_epilogue }, { offsetof (RvsKernels, modulate_row), check_modulate },
  { offsetof (RvsKernels, moments_row), check_moments },   { offsetof (RvsKernels, up2_row), check_up2 },
  { offsetof (RvsKernels, down2_row), check_down2 },       { offsetof (RvsKernels, interleave_row), check_interleave },
};

enum
{
  N_CHECKS = sizeof checks / sizeof *checks
};

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
        n += checks[i].at == at;
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
};

/* The first line of flags, between spaces. */
static void
read_flags (char *flags, size_t n_bytes)
{
  FILE *file = fopen ("/proc/cpuinfo", "r");

  flags[0] = 0;
  while (file && fgets (flags, (int)n_bytes, file) && strncmp (flags, "flags", 5) != 0)
    flags[0] = 0;
  for (char *p = flags; *p; p++)
    *p = *p == '\n' ? ' ' : *p;
  if (file)
    fclose (file);
}

/* Whether this build on this processor must offer the level. */
static bool
level_is_here (const Level *level)
{
  char flags[8192], word[32];

  read_flags (flags, sizeof flags);
  for (int i = 0; level->flags[i]; i++)
    {
      snprintf (word, sizeof word, " %s ", level->flags[i]);
      if (!strstr (flags, word))
        return false;
    }
  return level->built;
}

/* Each entry that the level brings, against plain C; plain C against what is exact. */
static void
check_level (const RvsKernels *plain, const RvsKernels *fast)
{
  const bool itself = strcmp (plain->name, fast->name) == 0;
  int        n_own = 0;

  for (int i = 0; i < N_CHECKS; i++)
    if (itself || entry (fast, checks[i].at) != entry (plain, checks[i].at))
      {
        n_own++;
        for (uint64_t seed = 1; seed <= N_ROUNDS; seed++)
          {
            random_state = seed;
            checks[i].run (plain, fast);
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
  for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
    {
      RvsKernels fast;

      rvs__kernels_init (&fast, levels[i].mask);
      if (level_is_here (&levels[i]))
        {
          assert_string_equal (fast.name, levels[i].name); /* not a lower one in its place */
          assert_string_equal (fast.narrow, levels[i].narrow);
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

int
main (void)
{
  const struct CMUnitTest tests[]
      = { cmocka_unit_test (every_entry_has_a_check), cmocka_unit_test (every_level), cmocka_unit_test (masks) };

  return cmocka_run_group_tests_name ("kernels", tests, NULL, NULL);
}
