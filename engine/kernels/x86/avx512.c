/* SPDX-License-Identifier: GPL-3.0-or-later
 * avx512.c: kernels for AVX-512 F, BW, DQ, VL. Compiled with its own flags: static functions only, no libm. */
#include "kernels/kernels.h"

#include <string.h>

#define PRODUCT RvsGemm
#define WORD float
#include "kernels/x86/avx512_tiles.h"

enum
{
  TILES_FROM = 4,
  TILES_LEAST = 32
};

/* Eight columns of a, one after another: work[l][8]. */
static size_t
gemm_work_avx512 (int m, int n, int k)
{
  (void)m, (void)n;
  return (size_t)k * TILE_M;
}

INLINE int
n_steps (const RvsGemm *args)
{
  return args->k;
}

INLINE const float *
packed (const RvsGemm *args)
{
  return args->lda == TILE_M && args->m <= TILE_M ? args->a : NULL;
}

static void
pack_panel (const RvsGemm *args, int i, int m, float *panel)
{
  __mmask8 mask = (__mmask8)((1u << m) - 1);

  for (int l = 0; l < args->k; l++)
    _mm256_store_ps (panel + l * TILE_M, _mm256_maskz_loadu_ps (mask, args->a + (size_t)l * (size_t)args->lda + i));
}

INLINE __m512
broadcast (float word)
{
  return _mm512_set1_ps (word);
}

INLINE __m512
multiply_add (__m512 sum, __m512 a, __m512 b)
{
  return _mm512_fmadd_ps (a, b, sum);
}

static void
gemm_f32_avx512 (const RvsGemm *args)
{
  gemm_tiles (args, args->work);
}

/* ---- rows ---- */

INLINE __m512
lrelu (__m512 v, __m512 slope)
{
  return _mm512_mask_mul_ps (v, _mm512_cmp_ps_mask (v, _mm512_setzero_ps (), _CMP_LT_OQ), v, slope);
}

/* exp (v) - 1 for v <= 0, else v. With v = n ln 2 + r it is 2^n (exp (r) - 1) + (2^n - 1), the first by its Taylor polynomial: near 0 as
 * exact as v itself, 1e-7 elsewhere. */
INLINE __m512
elu (__m512 v)
{
  const __m512 x = _mm512_max_ps (_mm512_min_ps (v, _mm512_setzero_ps ()), _mm512_set1_ps (-87));
  const __m512 n = _mm512_roundscale_ps (_mm512_mul_ps (x, _mm512_set1_ps (1.44269504f)), 0);
  const __m512 r = _mm512_fnmadd_ps (n, _mm512_set1_ps (1.42860677e-6f), _mm512_fnmadd_ps (n, _mm512_set1_ps (0.693145752f), x));
  __m512       p = _mm512_set1_ps (1 / 5040.0f);

  p = _mm512_fmadd_ps (p, r, _mm512_set1_ps (1 / 720.0f));
  p = _mm512_fmadd_ps (p, r, _mm512_set1_ps (1 / 120.0f));
  p = _mm512_fmadd_ps (p, r, _mm512_set1_ps (1 / 24.0f));
  p = _mm512_fmadd_ps (p, r, _mm512_set1_ps (1 / 6.0f));
  p = _mm512_fmadd_ps (p, r, _mm512_set1_ps (0.5f));
  p = _mm512_fmadd_ps (_mm512_mul_ps (p, r), r, r);
  const __m512 power = _mm512_scalef_ps (_mm512_set1_ps (1), n);
  const __m512 below = _mm512_fmadd_ps (power, p, _mm512_sub_ps (power, _mm512_set1_ps (1)));
  return _mm512_mask_mov_ps (v, _mm512_cmp_ps_mask (v, _mm512_setzero_ps (), _CMP_LT_OQ), below);
}

/* Sums of a row and of its squares in double, lane by lane. */
typedef struct Sums
{
  __m512d sum[2], square[2];
} Sums;

INLINE void
sums_begin (Sums *sums)
{
  for (int i = 0; i < 2; i++)
    sums->sum[i] = sums->square[i] = _mm512_setzero_pd ();
}

INLINE void
sums_add (Sums *sums, __m512 v)
{
  __m512d low = _mm512_cvtps_pd (_mm512_castps512_ps256 (v)), high = _mm512_cvtps_pd (_mm512_extractf32x8_ps (v, 1));

  sums->sum[0] = _mm512_add_pd (sums->sum[0], low);
  sums->sum[1] = _mm512_add_pd (sums->sum[1], high);
  sums->square[0] = _mm512_fmadd_pd (low, low, sums->square[0]);
  sums->square[1] = _mm512_fmadd_pd (high, high, sums->square[1]);
}

INLINE void
sums_end (const Sums *sums, double *out)
{
  out[0] += _mm512_reduce_add_pd (_mm512_add_pd (sums->sum[0], sums->sum[1]));
  out[1] += _mm512_reduce_add_pd (_mm512_add_pd (sums->square[0], sums->square[1]));
}

static void
moments_row_f32_avx512 (const float *x, int n, double *out)
{
  Sums sums;

  sums_begin (&sums);
  for (int i = 0; i < n; i += LANES)
    sums_add (&sums, _mm512_maskz_loadu_ps (mask_at (i, n), x + i));
  sums_end (&sums, out);
}

/* With the activation and the kind of addition known at compile time. */
INLINE void
epilogue (const RvsEpilogueRow *args, const RvsAct act, const int add_first, const int add_last)
{
  __m512 bias = _mm512_set1_ps (args->bias), slope = _mm512_set1_ps (RVS_LRELU_SLOPE);
  Sums   sums;

  sums_begin (&sums);
  for (int i = 0; i < args->n; i += LANES)
    {
      __mmask16 mask = mask_at (i, args->n);
      __m512    v = _mm512_add_ps (_mm512_maskz_loadu_ps (mask, args->src + i), bias);

      if (add_first)
        v = _mm512_add_ps (v, _mm512_maskz_loadu_ps (mask, args->add + i));
      if (act == RVS_ACT_LRELU)
        v = lrelu (v, slope);
      else if (act == RVS_ACT_RELU)
        v = lrelu (v, _mm512_setzero_ps ());
      else if (act == RVS_ACT_ELU)
        v = elu (v);
      if (add_last)
        v = _mm512_add_ps (v, _mm512_maskz_loadu_ps (mask, args->add + i));
      _mm512_mask_storeu_ps (args->dst + i, mask, v);
      if (args->sums)
        sums_add (&sums, _mm512_maskz_mov_ps (mask, v));
    }
  if (args->sums)
    sums_end (&sums, args->sums);
}

static void
epilogue_row_f32_avx512 (const RvsEpilogueRow *args)
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
modulate_row_f32_avx512 (const RvsModulateRow *args)
{
  __m512 mean = _mm512_set1_ps (args->mean), rstd = _mm512_set1_ps (args->rstd), one = _mm512_set1_ps (1);
  __m512 gd_bias = _mm512_set1_ps (args->gd_bias), bd_bias = _mm512_set1_ps (args->bd_bias);
  __m512 gs_bias = _mm512_set1_ps (args->gs_bias), bs_bias = _mm512_set1_ps (args->bs_bias);
  __m512 slope = _mm512_set1_ps (args->slope);

  for (int i = 0; i < args->n; i += LANES)
    {
      __mmask16 mask = mask_at (i, args->n);
      __m512    u = _mm512_mul_ps (_mm512_sub_ps (_mm512_maskz_loadu_ps (mask, args->x + i), mean), rstd);
      __m512    gd = _mm512_add_ps (_mm512_maskz_loadu_ps (mask, args->gd + i), gd_bias);
      __m512    bd = _mm512_add_ps (_mm512_maskz_loadu_ps (mask, args->bd + i), bd_bias);
      __m512    v;

      if (args->gs)
        {
          __m512 w = _mm512_maskz_loadu_ps (mask, args->w + i);
          __m512 g = _mm512_fmadd_ps (w, gd, one), b = _mm512_mul_ps (w, bd);
          __m512 s = _mm512_add_ps (_mm512_maskz_loadu_ps (mask, args->gs + i), gs_bias);
          __m512 t = _mm512_add_ps (_mm512_maskz_loadu_ps (mask, args->bs + i), bs_bias);

          v = _mm512_fmadd_ps (u, _mm512_fmadd_ps (s, g, b), _mm512_fmadd_ps (t, g, b));
        }
      else
        v = _mm512_fmadd_ps (u, gd, bd);
      _mm512_mask_storeu_ps (args->out + i, mask, lrelu (v, slope));
    }
}

/* ---- tiles ---- */

INLINE __m512
load (const float *p, int i, int n)
{
  return _mm512_maskz_loadu_ps (mask_at (i, n), p + i);
}

INLINE void
store (float *p, int i, int n, __m512 v)
{
  _mm512_mask_storeu_ps (p + i, mask_at (i, n), v);
}

#define VEC __m512
#include "kernels/tiles.h"

INLINE __m512
tiles_fma (float a, __m512 b, __m512 c)
{
  return _mm512_fmadd_ps (_mm512_set1_ps (a), b, c);
}

INLINE __m512
tiles_fnma (float a, __m512 b, __m512 c)
{
  return _mm512_fnmadd_ps (_mm512_set1_ps (a), b, c);
}

/* Columns `first` and first + 1 of the 8 rows of four in a and b: eight values of the one, eight of the other. */
INLINE __m512
two_columns (__m512 a, __m512 b, int first)
{
  const __m512i index = _mm512_setr_epi32 (0, 4, 8, 12, 16, 20, 24, 28, 1, 5, 9, 13, 17, 21, 25, 29);

  return _mm512_permutex2var_ps (a, _mm512_add_epi32 (index, _mm512_set1_epi32 (first)), b);
}

INLINE void
tiles_spread (const float *p, __m512 d[RVS_TILE_IN])
{
  const __m512 x0 = _mm512_loadu_ps (p), x1 = _mm512_loadu_ps (p + 16), x2 = _mm512_loadu_ps (p + 32),
               x3 = _mm512_loadu_ps (p + 48);

  for (int j = 0; j < 4; j += 2)
    {
      const __m512 left = two_columns (x0, x1, j), right = two_columns (x2, x3, j);

      d[j] = _mm512_shuffle_f32x4 (left, right, 0x44);
      d[j + 1] = _mm512_shuffle_f32x4 (left, right, 0xee);
    }
  for (int j = 0; j < 2; j++)
    d[4 + j] = (__m512)_mm512_alignr_epi32 ((__m512i)_mm512_set1_ps (p[4 * LANES + j]), (__m512i)d[j], 1);
}

/* dst[2i] = a[i], dst[2i + 1] = b[i] for 16 values of each. */
INLINE void
interleave (__m512 a, __m512 b, __m512 *first, __m512 *second)
{
  const __m512i low = _mm512_setr_epi32 (0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const __m512i high = _mm512_setr_epi32 (8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);

  *first = _mm512_permutex2var_ps (a, low, b);
  *second = _mm512_permutex2var_ps (a, high, b);
}

INLINE void
tiles_gather (const __m512 y[RVS_TILE], float *p)
{
  __m512 even[2], odd[2], x[4];

  interleave (y[0], y[2], &even[0], &even[1]);
  interleave (y[1], y[3], &odd[0], &odd[1]);
  interleave (even[0], odd[0], &x[0], &x[1]);
  interleave (even[1], odd[1], &x[2], &x[3]);
  for (int k = 0; k < 4; k++)
    _mm512_storeu_ps (p + LANES * k, x[k]);
}

INLINE void
store_interleaved (float *dst, int i, int n, __m512 a, __m512 b)
{
  __m512 first, second;

  interleave (a, b, &first, &second);
  if (n - i >= LANES)
    {
      _mm512_storeu_ps (dst + 2 * i, first);
      _mm512_storeu_ps (dst + 2 * i + LANES, second);
      return;
    }
  _mm512_mask_storeu_ps (dst + 2 * i, mask_at (0, 2 * (n - i)), first);
  if (2 * (n - i) > LANES)
    _mm512_mask_storeu_ps (dst + 2 * i + LANES, mask_at (LANES, 2 * (n - i)), second);
}

static void
interleave_row_f32_avx512 (const float *a, const float *b, int n, float *dst)
{
  for (int i = 0; i < n; i += LANES)
    {
      __mmask16 mask = mask_at (i, n);

      store_interleaved (dst, i, n, _mm512_maskz_loadu_ps (mask, a + i), _mm512_maskz_loadu_ps (mask, b + i));
    }
}

/* Lanes i .. of the row between a and b. */
INLINE __m512
between (const float *a, const float *b, __m512 near, __m512 far, int i, int n)
{
  const __mmask16 mask = mask_at (i, n);

  return _mm512_fmadd_ps (far, _mm512_maskz_loadu_ps (mask, b + i), _mm512_mul_ps (near, _mm512_maskz_loadu_ps (mask, a + i)));
}

static void
up2_row_f32_avx512 (const float *a, const float *b, float near, int n, float *dst)
{
  const __m512 a_part = _mm512_set1_ps (near), b_part = _mm512_set1_ps (1 - near);
  const __m512 quarter = _mm512_set1_ps (0.25f), rest = _mm512_set1_ps (0.75f);
  __m512       before = _mm512_set1_ps (near * a[0] + (1 - near) * b[0]);

  for (int i = 0; i < n; i += LANES)
    {
      const __m512 here = between (a, b, a_part, b_part, i, n), most = _mm512_mul_ps (rest, here);
      const __m512 left = (__m512)_mm512_alignr_epi32 ((__m512i)here, (__m512i)before, LANES - 1);
      /* The last one's neighbour is itself. */
      const __m512 right
          = i + 1 < n ? _mm512_mask_mov_ps (here, mask_at (i + 1, n), between (a, b, a_part, b_part, i + 1, n)) : here;

      store_interleaved (dst, i, n, _mm512_fmadd_ps (quarter, left, most), _mm512_fmadd_ps (quarter, right, most));
      before = here;
    }
}

void
rvs__kernels_fill_avx512 (RvsKernels *kernels)
{
  kernels->name = "avx512";
  kernels->gemm_work = gemm_work_avx512;
  kernels->gemm = gemm_f32_avx512;
  kernels->panel = TILE_M;
  kernels->tiles = (RvsTilesPay){ TILES_FROM, TILES_LEAST };
  kernels->tiles_weights = tiles_weights;
  kernels->tiles_in = tiles_in;
  kernels->tiles_out = tiles_out;
  kernels->moments_row = moments_row_f32_avx512;
  kernels->epilogue_row = epilogue_row_f32_avx512;
  kernels->modulate_row = modulate_row_f32_avx512;
  kernels->up2_row = up2_row_f32_avx512;
  kernels->interleave_row = interleave_row_f32_avx512;
}
