/* SPDX-License-Identifier: GPL-3.0-or-later
 * avx512_tiles.h: the product's tiles, for the AVX-512 levels, which differ in what they multiply.
 *
 * 8 x 48 results are kept in registers (24 of 32): per step three loads and eight broadcasts feed 24 multiply-adds, so neither packing nor
 * alignment of the rows matters. Before it is included PRODUCT names the arguments (RvsGemm or RvsPairGemm) and WORD what a row and a panel
 * hold, 32 bits each; who includes it defines the functions that are declared here. */
#ifndef RVS_KERNELS_AVX512_TILES_H
#define RVS_KERNELS_AVX512_TILES_H

#ifdef PRODUCT

#include <immintrin.h>

enum
{
  LANES = 16,
  TILE_M = 8,
  TILE_V = 3, /* vectors in a tile's row */
  TILE_N = TILE_V * LANES
};

#define INLINE static inline __attribute__ ((always_inline))

/* Rows of words. */
INLINE int n_steps (const PRODUCT *args);
/* Where a lies as a panel already, or NULL. */
INLINE const WORD *packed (const PRODUCT *args);
/* Columns i .. i + m of a, one step after another: panel[n_steps][TILE_M], zeros from m on. */
static void pack_panel (const PRODUCT *args, int i, int m, WORD *panel);
/* In every lane. */
INLINE __m512 broadcast (WORD word);
/* sum + a * b */
INLINE __m512 multiply_add (__m512 sum, __m512 a, __m512 b);

/* Lanes i .. of n. */
INLINE __mmask16
mask_at (int i, int n)
{
  return n - i >= LANES ? 0xffff : (__mmask16)(0xffffu >> (LANES - (n - i)));
}

/* c[0 .. m)[j ..] from a panel of TILE_M, of which `rows` are computed; last: mask of the last of `vectors`. */
INLINE void
tile (const PRODUCT *args, const WORD *panel, int i, int m, int j, const int rows, const int vectors, __mmask16 last)
{
  const int k = n_steps (args);
  __m512    acc[TILE_M][TILE_V];

  for (int r = 0; r < rows; r++)
    for (int v = 0; v < vectors; v++)
      acc[r][v] = _mm512_setzero_ps ();
  for (int l = 0; l < k; l++, panel += TILE_M)
    {
      const WORD *row = args->rows[l] + j;
      __m512      b[TILE_V];

      for (int v = 0; v < vectors; v++)
        b[v] = v + 1 < vectors ? _mm512_loadu_ps (row + v * LANES) : _mm512_maskz_loadu_ps (last, row + v * LANES);
      for (int r = 0; r < rows; r++)
        {
          const __m512 a = broadcast (panel[r]);

          for (int v = 0; v < vectors; v++)
            acc[r][v] = multiply_add (acc[r][v], a, b[v]);
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
tile_tail (const PRODUCT *args, const WORD *panel, int i, int m, int j)
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

INLINE void
gemm_tiles (const PRODUCT *args, WORD *work)
{
  const WORD *const there = packed (args);
  const WORD *const panel = there ? there : work;

  for (int i = 0; i < args->m; i += TILE_M)
    {
      int m = args->m - i < TILE_M ? args->m - i : TILE_M, j = 0;

      if (!there)
        pack_panel (args, i, m, work);
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

#endif

#endif
