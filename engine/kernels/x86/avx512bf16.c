/* SPDX-License-Identifier: GPL-3.0-or-later
 * avx512bf16.c: the product in bfloat16 for AVX-512 with BF16. Compiled with its own flags: static functions only, no libm.
 *
 * As avx512.c's product, but each load, broadcast and VDPBF16PS serves two channels. */
#include "kernels/kernels.h"

#define PRODUCT RvsPairGemm
#define WORD uint32_t
#include "kernels/x86/avx512_tiles.h"

enum
{
  TILES_FROM = 15,
  TILES_LEAST = 256
};

static void
pair_row_avx512bf16 (const float *a, const float *b, int n, uint32_t *dst)
{
  /* From [a's 16 | b's 16] to a0 b0 a1 b1 ... */
  const __m512i order = _mm512_set_epi16 (31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4,
                                          19, 3, 18, 2, 17, 1, 16, 0);

  for (int i = 0; i < n; i += LANES)
    {
      const __mmask16 mask = mask_at (i, n);
      const __m512 even = _mm512_maskz_loadu_ps (mask, a + i), odd = b ? _mm512_maskz_loadu_ps (mask, b + i) : _mm512_setzero_ps ();

      _mm512_mask_storeu_epi32 (dst + i, mask, _mm512_permutexvar_epi16 (order, (__m512i)_mm512_cvtne2ps_pbh (odd, even)));
    }
}

INLINE int
n_steps (const RvsPairGemm *args)
{
  return (args->c_in + 1) / 2 * args->taps;
}

INLINE const uint32_t *
packed (const RvsPairGemm *args)
{
  (void)args;
  return NULL;
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

INLINE __m512
broadcast (uint32_t word)
{
  return (__m512)_mm512_set1_epi32 ((int)word);
}

INLINE __m512
multiply_add (__m512 sum, __m512 a, __m512 b)
{
  return _mm512_dpbf16_ps (sum, (__m512bh)a, (__m512bh)b);
}

static void
gemm_pairs_avx512bf16 (const RvsPairGemm *args)
{
  gemm_tiles (args, (uint32_t *)(void *)args->work);
}

void
rvs__kernels_fill_avx512bf16 (RvsKernels *kernels)
{
  kernels->narrow = "bf16";
  kernels->tiles_narrow = (RvsTilesPay){ TILES_FROM, TILES_LEAST };
  kernels->gemm_pairs = gemm_pairs_avx512bf16;
  kernels->pair_row = pair_row_avx512bf16;
}
