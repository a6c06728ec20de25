/* SPDX-License-Identifier: GPL-3.0-or-later
 * avx2.c: kernels for AVX2 with FMA. Compiled with its own flags: static functions only, no libm.
 *
 * The product keeps 4 x 24 results in twelve of the sixteen registers. */
#include "kernels/kernels.h"

#include <immintrin.h>
#include <string.h>

enum
{
  LANES = 8,
  TILE_M = 4,
  TILE_V = 3,
  TILE_N = TILE_V * LANES,
  TILES_FROM = 4,
  TILES_LEAST = 16
};

#define INLINE static inline __attribute__ ((always_inline))

INLINE __m256i
mask_of (int n)
{
  return _mm256_cmpgt_epi32 (_mm256_set1_epi32 (n), _mm256_setr_epi32 (0, 1, 2, 3, 4, 5, 6, 7));
}

static size_t
gemm_work_avx2 (int m, int n, int k)
{
  (void)m, (void)n;
  return (size_t)k * TILE_M;
}

static void
pack_panel (const RvsGemm *args, int i, int m, float *panel)
{
  __m128i mask = _mm_cmpgt_epi32 (_mm_set1_epi32 (m), _mm_setr_epi32 (0, 1, 2, 3));

  for (int l = 0; l < args->k; l++)
    _mm_store_ps (panel + l * TILE_M, _mm_maskload_ps (args->a + (size_t)l * (size_t)args->lda + i, mask));
}

/* c[i .. i + m)[j ..]; last: mask of the last of `vectors`, used when masked. */
INLINE void
tile (const RvsGemm *args, const float *panel, int i, int m, int j, const int vectors, const int masked, __m256i last)
{
  __m256 acc[TILE_M][TILE_V];

  for (int r = 0; r < TILE_M; r++)
    for (int v = 0; v < vectors; v++)
      acc[r][v] = _mm256_setzero_ps ();
  for (int l = 0; l < args->k; l++, panel += TILE_M)
    {
      const float *row = args->rows[l] + j;
      __m256       b[TILE_V];

      for (int v = 0; v < vectors; v++)
        b[v] = masked && v + 1 == vectors ? _mm256_maskload_ps (row + v * LANES, last) : _mm256_loadu_ps (row + v * LANES);
      for (int r = 0; r < TILE_M; r++)
        {
          __m256 a = _mm256_broadcast_ss (panel + r);

          for (int v = 0; v < vectors; v++)
            acc[r][v] = _mm256_fmadd_ps (a, b[v], acc[r][v]);
        }
    }
  /* Constant bounds, so that the loop unrolls and acc stays in registers. */
  for (int r = 0; r < TILE_M; r++)
    if (r < m)
      {
        float *c = args->c + (size_t)(i + r) * args->ldc + j;

        for (int v = 0; v < vectors; v++)
          if (masked && v + 1 == vectors)
            _mm256_maskstore_ps (c + v * LANES, last, acc[r][v]);
          else
            _mm256_storeu_ps (c + v * LANES, acc[r][v]);
      }
}

static void
tile_tail (const RvsGemm *args, const float *panel, int i, int m, int j)
{
  int     rest = args->n - j, vectors = (rest + LANES - 1) / LANES;
  __m256i last = mask_of (rest - (vectors - 1) * LANES);

  if (vectors == 1)
    tile (args, panel, i, m, j, 1, 1, last);
  else if (vectors == 2)
    tile (args, panel, i, m, j, 2, 1, last);
  else
    tile (args, panel, i, m, j, 3, 1, last);
}

static void
gemm_f32_avx2 (const RvsGemm *args)
{
  for (int i = 0; i < args->m; i += TILE_M)
    {
      int          m = args->m - i < TILE_M ? args->m - i : TILE_M, j = 0;
      const float *panel = args->a;

      if (args->lda != TILE_M || args->m > TILE_M)
        {
          pack_panel (args, i, m, args->work);
          panel = args->work;
        }
      for (; j + TILE_N <= args->n && args->n - j != TILE_N + LANES; j += TILE_N)
        tile (args, panel, i, m, j, TILE_V, 0, _mm256_setzero_si256 ());
      /* Two tiles of two vectors: one of a single vector would wait for its own sums. */
      for (; j < args->n && args->n - j >= 2 * LANES && (args->n - j) % (2 * LANES) == 0; j += 2 * LANES)
        tile (args, panel, i, m, j, 2, 0, _mm256_setzero_si256 ());
      if (j < args->n)
        tile_tail (args, panel, i, m, j);
    }
}

/* ---- rows ---- */

INLINE __m256
load (const float *p, int i, int n)
{
  return n - i >= LANES ? _mm256_loadu_ps (p + i) : _mm256_maskload_ps (p + i, mask_of (n - i));
}

INLINE void
store (float *p, int i, int n, __m256 v)
{
  if (n - i >= LANES)
    _mm256_storeu_ps (p + i, v);
  else
    _mm256_maskstore_ps (p + i, mask_of (n - i), v);
}

INLINE __m256
lrelu (__m256 v, __m256 slope)
{
  return _mm256_blendv_ps (v, _mm256_mul_ps (v, slope), _mm256_cmp_ps (v, _mm256_setzero_ps (), _CMP_LT_OQ));
}

/* exp (v) - 1 for v < 0, else v; as avx512.c has it. */
INLINE __m256
elu (__m256 v)
{
  const __m256 x = _mm256_max_ps (_mm256_min_ps (v, _mm256_setzero_ps ()), _mm256_set1_ps (-87));
  const __m256 n = _mm256_round_ps (_mm256_mul_ps (x, _mm256_set1_ps (1.44269504f)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const __m256 r = _mm256_fnmadd_ps (n, _mm256_set1_ps (1.42860677e-6f), _mm256_fnmadd_ps (n, _mm256_set1_ps (0.693145752f), x));
  const __m256i bits = _mm256_slli_epi32 (_mm256_add_epi32 (_mm256_cvtps_epi32 (n), _mm256_set1_epi32 (127)), 23);
  const __m256  power = _mm256_castsi256_ps (bits);
  __m256        p = _mm256_set1_ps (1 / 5040.0f);

  p = _mm256_fmadd_ps (p, r, _mm256_set1_ps (1 / 720.0f));
  p = _mm256_fmadd_ps (p, r, _mm256_set1_ps (1 / 120.0f));
  p = _mm256_fmadd_ps (p, r, _mm256_set1_ps (1 / 24.0f));
  p = _mm256_fmadd_ps (p, r, _mm256_set1_ps (1 / 6.0f));
  p = _mm256_fmadd_ps (p, r, _mm256_set1_ps (0.5f));
  p = _mm256_fmadd_ps (_mm256_mul_ps (p, r), r, r);
  const __m256 below = _mm256_fmadd_ps (power, p, _mm256_sub_ps (power, _mm256_set1_ps (1)));
  return _mm256_blendv_ps (v, below, _mm256_cmp_ps (v, _mm256_setzero_ps (), _CMP_LT_OQ));
}

/* ---- tiles ---- */

#define VEC __m256
#include "kernels/tiles.h"

INLINE __m256
tiles_fma (float a, __m256 b, __m256 c)
{
  return _mm256_fmadd_ps (_mm256_set1_ps (a), b, c);
}

INLINE __m256
tiles_fnma (float a, __m256 b, __m256 c)
{
  return _mm256_fnmadd_ps (_mm256_set1_ps (a), b, c);
}

/* The 4 x 4 blocks of either half, transposed; x[k] has floats 4 k .. 4 k + 3 and 16 + 4 k .. */
INLINE void
transpose (const __m256 x[4], __m256 y[4])
{
  const __m256 low_a = _mm256_unpacklo_ps (x[0], x[1]), high_a = _mm256_unpackhi_ps (x[0], x[1]);
  const __m256 low_b = _mm256_unpacklo_ps (x[2], x[3]), high_b = _mm256_unpackhi_ps (x[2], x[3]);

  y[0] = _mm256_shuffle_ps (low_a, low_b, 0x44);
  y[1] = _mm256_shuffle_ps (low_a, low_b, 0xee);
  y[2] = _mm256_shuffle_ps (high_a, high_b, 0x44);
  y[3] = _mm256_shuffle_ps (high_a, high_b, 0xee);
}

/* Lanes 1 .. 7 of v, then *next. */
INLINE __m256
shifted (__m256 v, const float *next)
{
  const __m256 moved = _mm256_permutevar8x32_ps (v, _mm256_setr_epi32 (1, 2, 3, 4, 5, 6, 7, 0));

  return _mm256_blend_ps (moved, _mm256_broadcast_ss (next), 0x80);
}

INLINE void
tiles_spread (const float *p, __m256 d[RVS_TILE_IN])
{
  __m256 x[4];

  for (int k = 0; k < 4; k++)
    x[k] = _mm256_insertf128_ps (_mm256_castps128_ps256 (_mm_loadu_ps (p + 4 * k)), _mm_loadu_ps (p + 16 + 4 * k), 1);
  transpose (x, d);
  d[4] = shifted (d[0], p + 4 * LANES);
  d[5] = shifted (d[1], p + 4 * LANES + 1);
}

INLINE void
tiles_gather (const __m256 y[RVS_TILE], float *p)
{
  __m256 x[4];

  transpose (y, x);
  for (int k = 0; k < 4; k++)
    {
      _mm_storeu_ps (p + 4 * k, _mm256_castps256_ps128 (x[k]));
      _mm_storeu_ps (p + 16 + 4 * k, _mm256_extractf128_ps (x[k], 1));
    }
}

typedef struct Sums
{
  __m256d sum[2], square[2];
} Sums;

INLINE void
sums_begin (Sums *sums)
{
  for (int i = 0; i < 2; i++)
    sums->sum[i] = sums->square[i] = _mm256_setzero_pd ();
}

INLINE void
sums_add (Sums *sums, __m256 v)
{
  __m256d low = _mm256_cvtps_pd (_mm256_castps256_ps128 (v)), high = _mm256_cvtps_pd (_mm256_extractf128_ps (v, 1));

  sums->sum[0] = _mm256_add_pd (sums->sum[0], low);
  sums->sum[1] = _mm256_add_pd (sums->sum[1], high);
  sums->square[0] = _mm256_fmadd_pd (low, low, sums->square[0]);
  sums->square[1] = _mm256_fmadd_pd (high, high, sums->square[1]);
}

INLINE double
total (__m256d a, __m256d b)
{
  double lanes[4];

  _mm256_storeu_pd (lanes, _mm256_add_pd (a, b));
  return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

INLINE void
sums_end (const Sums *sums, double *out)
{
  out[0] += total (sums->sum[0], sums->sum[1]);
  out[1] += total (sums->square[0], sums->square[1]);
}

static void
moments_row_f32_avx2 (const float *x, int n, double *out)
{
  Sums sums;

  sums_begin (&sums);
  for (int i = 0; i < n; i += LANES)
    sums_add (&sums, load (x, i, n));
  sums_end (&sums, out);
}

/* With the activation and the kind of addition known at compile time. */
INLINE void
epilogue (const RvsEpilogueRow *args, const RvsAct act, const int add_first, const int add_last)
{
  __m256 bias = _mm256_set1_ps (args->bias), slope = _mm256_set1_ps (act == RVS_ACT_LRELU ? RVS_LRELU_SLOPE : 0);
  Sums   sums;

  sums_begin (&sums);
  for (int i = 0; i < args->n; i += LANES)
    {
      __m256 v = _mm256_add_ps (load (args->src, i, args->n), bias);

      if (add_first)
        v = _mm256_add_ps (v, load (args->add, i, args->n));
      if (act == RVS_ACT_ELU)
        v = elu (v);
      else if (act != RVS_ACT_NONE)
        v = lrelu (v, slope);
      if (add_last)
        v = _mm256_add_ps (v, load (args->add, i, args->n));
      store (args->dst, i, args->n, v);
      if (args->sums && args->n - i < LANES)
        v = _mm256_and_ps (v, _mm256_castsi256_ps (mask_of (args->n - i)));
      if (args->sums)
        sums_add (&sums, v);
    }
  if (args->sums)
    sums_end (&sums, args->sums);
}

static void
epilogue_row_f32_avx2 (const RvsEpilogueRow *args)
{
  int first = args->add && args->add_first, last = args->add && !args->add_first;

  if (args->act == RVS_ACT_SIGMOID)
    rvs__epilogue_row_f32_generic (args); /* libm's exp */
  else if (args->act == RVS_ACT_NONE)
    {
      if (args->add)
        epilogue (args, RVS_ACT_NONE, 0, 1);
      else
        epilogue (args, RVS_ACT_NONE, 0, 0);
    }
  else if (args->act == RVS_ACT_LRELU)
    epilogue (args, RVS_ACT_LRELU, first, last);
  else if (args->act == RVS_ACT_ELU)
    epilogue (args, RVS_ACT_ELU, first, last);
  else
    epilogue (args, RVS_ACT_RELU, first, last);
}

static void
modulate_row_f32_avx2 (const RvsModulateRow *args)
{
  __m256 mean = _mm256_set1_ps (args->mean), rstd = _mm256_set1_ps (args->rstd), one = _mm256_set1_ps (1);
  __m256 gd_bias = _mm256_set1_ps (args->gd_bias), bd_bias = _mm256_set1_ps (args->bd_bias);
  __m256 gs_bias = _mm256_set1_ps (args->gs_bias), bs_bias = _mm256_set1_ps (args->bs_bias);
  __m256 slope = _mm256_set1_ps (args->slope);
  int    n = args->n;

  for (int i = 0; i < n; i += LANES)
    {
      __m256 u = _mm256_mul_ps (_mm256_sub_ps (load (args->x, i, n), mean), rstd);
      __m256 gd = _mm256_add_ps (load (args->gd, i, n), gd_bias);
      __m256 bd = _mm256_add_ps (load (args->bd, i, n), bd_bias);
      __m256 v;

      if (args->gs)
        {
          __m256 w = load (args->w, i, n);
          __m256 g = _mm256_fmadd_ps (w, gd, one), b = _mm256_mul_ps (w, bd);
          __m256 s = _mm256_add_ps (load (args->gs, i, n), gs_bias);
          __m256 t = _mm256_add_ps (load (args->bs, i, n), bs_bias);

          v = _mm256_fmadd_ps (u, _mm256_fmadd_ps (s, g, b), _mm256_fmadd_ps (t, g, b));
        }
      else
        v = _mm256_fmadd_ps (u, gd, bd);
      store (args->out, i, n, lrelu (v, slope));
    }
}

INLINE void
store_interleaved (float *dst, __m256 a, __m256 b)
{
  const __m256 low = _mm256_unpacklo_ps (a, b), high = _mm256_unpackhi_ps (a, b);

  _mm256_storeu_ps (dst, _mm256_permute2f128_ps (low, high, 0x20));
  _mm256_storeu_ps (dst + LANES, _mm256_permute2f128_ps (low, high, 0x31));
}

static void
interleave_row_f32_avx2 (const float *a, const float *b, int n, float *dst)
{
  int i = 0;

  for (; i + LANES <= n; i += LANES)
    store_interleaved (dst + 2 * i, _mm256_loadu_ps (a + i), _mm256_loadu_ps (b + i));
  for (; i < n; i++)
    {
      dst[2 * i] = a[i];
      dst[2 * i + 1] = b[i];
    }
}

/* Lanes from i on of the row between a and b. */
INLINE __m256
between (const float *a, const float *b, __m256 near, __m256 far, int i)
{
  return _mm256_fmadd_ps (far, _mm256_loadu_ps (b + i), _mm256_mul_ps (near, _mm256_loadu_ps (a + i)));
}

/* One column; beyond the ends lie the ends themselves. */
static void
up2_column (const float *a, const float *b, float near, int n, int i, float *dst)
{
  const float far = 1 - near;
  const int   l = i > 0 ? i - 1 : 0, r = i + 1 < n ? i + 1 : i;
  const float here = near * a[i] + far * b[i];

  dst[2 * i] = 0.25f * (near * a[l] + far * b[l]) + 0.75f * here;
  dst[2 * i + 1] = 0.75f * here + 0.25f * (near * a[r] + far * b[r]);
}

static void
up2_row_f32_avx2 (const float *a, const float *b, float near, int n, float *dst)
{
  const __m256 a_part = _mm256_set1_ps (near), b_part = _mm256_set1_ps (1 - near);
  const __m256 quarter = _mm256_set1_ps (0.25f), rest = _mm256_set1_ps (0.75f);
  int          i = 1;

  up2_column (a, b, near, n, 0, dst);
  for (; i + LANES < n; i += LANES)
    {
      const __m256 left = between (a, b, a_part, b_part, i - 1), right = between (a, b, a_part, b_part, i + 1);
      const __m256 most = _mm256_mul_ps (rest, between (a, b, a_part, b_part, i));

      store_interleaved (dst + 2 * i, _mm256_fmadd_ps (quarter, left, most), _mm256_fmadd_ps (quarter, right, most));
    }
  for (; i < n; i++)
    up2_column (a, b, near, n, i, dst);
}

void
rvs__kernels_fill_avx2 (RvsKernels *kernels)
{
  kernels->name = "avx2";
  kernels->gemm_work = gemm_work_avx2;
  kernels->gemm = gemm_f32_avx2;
  kernels->panel = TILE_M;
  kernels->tiles = (RvsTilesPay){ TILES_FROM, TILES_LEAST };
  kernels->tiles_weights = tiles_weights;
  kernels->tiles_in = tiles_in;
  kernels->tiles_out = tiles_out;
  kernels->moments_row = moments_row_f32_avx2;
  kernels->epilogue_row = epilogue_row_f32_avx2;
  kernels->modulate_row = modulate_row_f32_avx2;
  kernels->up2_row = up2_row_f32_avx2;
  kernels->interleave_row = interleave_row_f32_avx2;
}
