/* SPDX-License-Identifier: GPL-3.0-or-later
 * avx512bf16.c: the product in bfloat16 for AVX-512 with BF16. Compiled with its own flags: static functions only, no libm.
 *
 * As avx512.c's product, 8 x 48 results in registers, but each load, broadcast and VDPBF16PS serves two channels. */
#include "kernels/kernels.h"

#include <immintrin.h>

enum
{
  LANES = 16,
  TILE_M = 8,
  TILE_V = 3, /* vectors in a tile's row */
  TILE_N = TILE_V * LANES
};

#define INLINE static inline __attribute__ ((always_inline))

static void
pair_row_avx512bf16 (const float *a, const float *b, int n, uint32_t *dst)
{
  /* From [a's 16 | b's 16] to a0 b0 a1 b1 ... */
  const __m512i order = _mm512_set_epi16 (31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4,
                                          19, 3, 18, 2, 17, 1, 16, 0);

  for (int i = 0; i < n; i += LANES)
    {
      const __mmask16 mask = n - i >= LANES ? 0xffff : (__mmask16)(0xffffu >> (LANES - (n - i)));
      const __m512 even = _mm512_maskz_loadu_ps (mask, a + i), odd = b ? _mm512_maskz_loadu_ps (mask, b + i) : _mm512_setzero_ps ();

      _mm512_mask_storeu_epi32 (dst + i, mask, _mm512_permutexvar_epi16 (order, (__m512i)_mm512_cvtne2ps_pbh (odd, even)));
    }
}

/* Eight columns of a in pairs, one pair of rows after another. */
static void
pack_panel (const RvsPairGemm *args, int i, int m, uint32_t *panel)
{
  const __m256i  order = _mm256_set_epi16 (15, 7, 14, 6, 13, 5, 12, 4, 11, 3, 10, 2, 9, 1, 8, 0);
  const __mmask8 mask = (__mmask8)((1u << m) - 1);
  const size_t   lda = (size_t)args->lda;

  for (int c = 0; c < args->c_in; c += 2)
    for (int t = 0; t < args->taps; t++, panel += TILE_M)
      {
        const float *a = args->a + (size_t)(c * args->taps + t) * lda + i;
        const __m256 even = _mm256_maskz_loadu_ps (mask, a);
        const __m256 odd = c + 1 < args->c_in ? _mm256_maskz_loadu_ps (mask, a + (size_t)args->taps * lda) : _mm256_setzero_ps ();

        _mm256_store_si256 ((__m256i *)(void *)panel, _mm256_permutexvar_epi16 (order, (__m256i)_mm256_cvtne2ps_pbh (odd, even)));
      }
}

/* c[0 .. m)[j ..] from a panel of TILE_M, of which `rows` are computed; last: mask of the last of `vectors`. */
INLINE void
tile (const RvsPairGemm *args, const uint32_t *panel, int i, int m, int j, const int rows, const int vectors, __mmask16 last)
{
  const int k = (args->c_in + 1) / 2 * args->taps;
  __m512    acc[TILE_M][TILE_V];

  for (int r = 0; r < rows; r++)
    for (int v = 0; v < vectors; v++)
      acc[r][v] = _mm512_setzero_ps ();
  for (int l = 0; l < k; l++, panel += TILE_M)
    {
      const uint32_t *row = args->rows[l] + j;
      __m512i         b[TILE_V];

      for (int v = 0; v < vectors; v++)
        b[v] = v + 1 < vectors ? _mm512_loadu_si512 (row + v * LANES) : _mm512_maskz_loadu_epi32 (last, row + v * LANES);
      for (int r = 0; r < rows; r++)
        {
          const __m512bh a = (__m512bh)_mm512_set1_epi32 ((int)panel[r]);

          for (int v = 0; v < vectors; v++)
            acc[r][v] = _mm512_dpbf16_ps (acc[r][v], a, (__m512bh)b[v]);
        }
    }
  /* Constant bounds, so that the loop unrolls and acc stays in registers. */
  for (int r = 0; r < rows; r++)
    if (r < m)
      {
        float *c = args->c + (size_t)(i + r) * args->ldc + j;

        for (int v = 0; v < vectors; v++)
          if (v + 1 < vectors)
            _mm512_storeu_ps (c + v * LANES, acc[r][v]);
          else
            _mm512_mask_storeu_ps (c + v * LANES, last, acc[r][v]);
      }
}

/* The columns that are left after the full tiles. */
static void
tile_tail (const RvsPairGemm *args, const uint32_t *panel, int i, int m, int j)
{
  int       rest = args->n - j, vectors = (rest + LANES - 1) / LANES;
  __mmask16 last = (__mmask16)(0xffffu >> (vectors * LANES - rest));

  if (vectors == 1)
    tile (args, panel, i, m, j, TILE_M, 1, last);
  else if (vectors == 2)
    tile (args, panel, i, m, j, TILE_M, 2, last);
  else
    tile (args, panel, i, m, j, TILE_M, 3, last);
}

static void
gemm_pairs_avx512bf16 (const RvsPairGemm *args)
{
  uint32_t *panel = (uint32_t *)(void *)args->work;

  for (int i = 0; i < args->m; i += TILE_M)
    {
      int m = args->m - i < TILE_M ? args->m - i : TILE_M, j = 0;

      pack_panel (args, i, m, panel);
      if (m <= TILE_M / 2)
        for (; j + TILE_N <= args->n; j += TILE_N)
          tile (args, panel, i, m, j, TILE_M / 2, TILE_V, 0xffff);
      else
        for (; j + TILE_N <= args->n; j += TILE_N)
          tile (args, panel, i, m, j, TILE_M, TILE_V, 0xffff);
      if (j < args->n)
        tile_tail (args, panel, i, m, j);
    }
}

void
rvs__kernels_fill_avx512bf16 (RvsKernels *kernels)
{
  kernels->narrow = "bf16";
  kernels->gemm_pairs = gemm_pairs_avx512bf16;
  kernels->pair_row = pair_row_avx512bf16;
}
