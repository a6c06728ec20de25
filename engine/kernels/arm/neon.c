/* SPDX-License-Identifier: GPL-3.0-or-later
 * neon.c: kernels for AArch64, whose every processor has NEON with FMA. Static functions only, no libm.
 *
 * The product keeps 8 x 12 results in 24 of the 32 registers: per step three loads of a row and two of the panel feed 24 multiply-adds.
 * There is no product in bfloat16 (BFDOT): it would halve the products of what tiles have quartered. */
#include "kernels/kernels.h"

#include <arm_neon.h>
#include <string.h>

enum
{
  LANES = 4,
  TILE_M = 8,
  TILE_V = 3,
  TILE_N = TILE_V * LANES,
  /* As AVX2's, which has half the lanes of AVX-512 too: no AArch64 processor has been measured. */
  TILES_FROM = 4,
  TILES_LEAST = 16
};

#define INLINE static inline __attribute__ ((always_inline))

/* Lanes i .. of n, zeros beyond. */
INLINE float32x4_t
load (const float *p, int i, int n)
{
  float lanes[LANES] = { 0 };

  if (n - i >= LANES)
    return vld1q_f32 (p + i);
  for (int l = 0; l < n - i; l++)
    lanes[l] = p[i + l];
  return vld1q_f32 (lanes);
}

INLINE void
store (float *p, int i, int n, float32x4_t v)
{
  float lanes[LANES];

  if (n - i >= LANES)
    {
      vst1q_f32 (p + i, v);
      return;
    }
  vst1q_f32 (lanes, v);
  for (int l = 0; l < n - i; l++)
    p[i + l] = lanes[l];
}

/* ---- the product ---- */

static size_t
gemm_work_neon (int m, int n, int k)
{
  (void)m, (void)n;
  return (size_t)k * TILE_M;
}

static void
pack_panel (const RvsGemm *args, int i, int m, float *panel)
{
  for (int l = 0; l < args->k; l++, panel += TILE_M)
    {
      const float *a = args->a + (size_t)l * (size_t)args->lda + i;

      vst1q_f32 (panel, load (a, 0, m));
      vst1q_f32 (panel + LANES, load (a, LANES, m < LANES ? LANES : m));
    }
}

/* Row r of the tile, whose factor is lane r % 4 of a. */
#define ADD_ROW(r, a)                                                                                                              \
  for (int v = 0; v < vectors; v++)                                                                                                \
  acc[r][v] = vfmaq_laneq_f32 (acc[r][v], b[v], a, (r) % LANES)

/* c[i .. i + m)[j ..] of `n` columns, no more than those of `vectors`. */
INLINE void
tile (const RvsGemm *args, const float *panel, int i, int m, int j, const int vectors, int n)
{
  float32x4_t acc[TILE_M][TILE_V];

  for (int r = 0; r < TILE_M; r++)
    for (int v = 0; v < vectors; v++)
      acc[r][v] = vdupq_n_f32 (0);
  for (int l = 0; l < args->k; l++, panel += TILE_M)
    {
      const float      *row = args->rows[l] + j;
      const float32x4_t low = vld1q_f32 (panel), high = vld1q_f32 (panel + LANES);
      float32x4_t       b[TILE_V];

      for (int v = 0; v < vectors; v++)
        b[v] = load (row, v * LANES, n);
      ADD_ROW (0, low);
      ADD_ROW (1, low);
      ADD_ROW (2, low);
      ADD_ROW (3, low);
      ADD_ROW (4, high);
      ADD_ROW (5, high);
      ADD_ROW (6, high);
      ADD_ROW (7, high);
    }
  /* Constant bounds, so that the loop unrolls and acc stays in registers. */
  for (int r = 0; r < TILE_M; r++)
    if (r < m)
      for (int v = 0; v < vectors; v++)
        store (args->c + (size_t)(i + r) * args->ldc + j, v * LANES, n, acc[r][v]);
}

#undef ADD_ROW

static void
tile_tail (const RvsGemm *args, const float *panel, int i, int m, int j)
{
  const int rest = args->n - j;

  if (rest <= LANES)
    tile (args, panel, i, m, j, 1, rest);
  else if (rest <= 2 * LANES)
    tile (args, panel, i, m, j, 2, rest);
  else
    tile (args, panel, i, m, j, 3, rest);
}

static void
gemm_f32_neon (const RvsGemm *args)
{
  const int packed = args->lda == TILE_M && args->m <= TILE_M;

  for (int i = 0; i < args->m; i += TILE_M)
    {
      const int    m = args->m - i < TILE_M ? args->m - i : TILE_M;
      const float *panel = packed ? args->a : args->work;
      int          j = 0;

      if (!packed)
        pack_panel (args, i, m, args->work);
      for (; j + TILE_N <= args->n; j += TILE_N)
        tile (args, panel, i, m, j, TILE_V, TILE_N);
      if (j < args->n)
        tile_tail (args, panel, i, m, j);
    }
}

/* ---- tiles ---- */

#define VEC float32x4_t
#include "kernels/tiles.h"

INLINE float32x4_t
tiles_fma (float a, float32x4_t b, float32x4_t c)
{
  return vfmaq_n_f32 (c, b, a);
}

INLINE float32x4_t
tiles_fnma (float a, float32x4_t b, float32x4_t c)
{
  return vfmsq_n_f32 (c, b, a);
}

INLINE void
tiles_spread (const float *p, float32x4_t d[RVS_TILE_IN])
{
  const float32x4x4_t columns = vld4q_f32 (p);

  for (int j = 0; j < RVS_TILE; j++)
    d[j] = columns.val[j];
  d[4] = vextq_f32 (d[0], vdupq_n_f32 (p[RVS_TILE * LANES]), 1);
  d[5] = vextq_f32 (d[1], vdupq_n_f32 (p[RVS_TILE * LANES + 1]), 1);
}

INLINE void
tiles_gather (const float32x4_t y[RVS_TILE], float *p)
{
  const float32x4x4_t columns = { { y[0], y[1], y[2], y[3] } };

  vst4q_f32 (p, columns);
}

/* ---- rows ---- */

INLINE float32x4_t
lrelu (float32x4_t v, float32x4_t slope)
{
  return vbslq_f32 (vcltzq_f32 (v), vmulq_f32 (v, slope), v);
}

/* exp (v) - 1 for v < 0, else v; as avx512.c has it. */
INLINE float32x4_t
elu (float32x4_t v)
{
  const float32x4_t x = vmaxq_f32 (vminq_f32 (v, vdupq_n_f32 (0)), vdupq_n_f32 (-87));
  const float32x4_t n = vrndnq_f32 (vmulq_n_f32 (x, 1.44269504f));
  const float32x4_t r = vfmsq_n_f32 (vfmsq_n_f32 (x, n, 0.693145752f), n, 1.42860677e-6f);
  const float32x4_t power = vreinterpretq_f32_s32 (vshlq_n_s32 (vaddq_s32 (vcvtq_s32_f32 (n), vdupq_n_s32 (127)), 23));
  float32x4_t       p = vdupq_n_f32 (1 / 5040.0f);

  p = vfmaq_f32 (vdupq_n_f32 (1 / 720.0f), p, r);
  p = vfmaq_f32 (vdupq_n_f32 (1 / 120.0f), p, r);
  p = vfmaq_f32 (vdupq_n_f32 (1 / 24.0f), p, r);
  p = vfmaq_f32 (vdupq_n_f32 (1 / 6.0f), p, r);
  p = vfmaq_f32 (vdupq_n_f32 (0.5f), p, r);
  p = vfmaq_f32 (r, vmulq_f32 (p, r), r);
  return vbslq_f32 (vcltzq_f32 (v), vfmaq_f32 (vsubq_f32 (power, vdupq_n_f32 (1)), power, p), v);
}

typedef struct Sums
{
  float64x2_t sum[2], square[2];
} Sums;

INLINE void
sums_begin (Sums *sums)
{
  for (int i = 0; i < 2; i++)
    sums->sum[i] = sums->square[i] = vdupq_n_f64 (0);
}

INLINE void
sums_add (Sums *sums, float32x4_t v)
{
  const float64x2_t low = vcvt_f64_f32 (vget_low_f32 (v)), high = vcvt_high_f64_f32 (v);

  sums->sum[0] = vaddq_f64 (sums->sum[0], low);
  sums->sum[1] = vaddq_f64 (sums->sum[1], high);
  sums->square[0] = vfmaq_f64 (sums->square[0], low, low);
  sums->square[1] = vfmaq_f64 (sums->square[1], high, high);
}

INLINE void
sums_end (const Sums *sums, double *out)
{
  out[0] += vaddvq_f64 (vaddq_f64 (sums->sum[0], sums->sum[1]));
  out[1] += vaddvq_f64 (vaddq_f64 (sums->square[0], sums->square[1]));
}

static void
moments_row_f32_neon (const float *x, int n, double *out)
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
  const float32x4_t bias = vdupq_n_f32 (args->bias), slope = vdupq_n_f32 (act == RVS_ACT_LRELU ? RVS_LRELU_SLOPE : 0);
  Sums              sums;

  sums_begin (&sums);
  for (int i = 0; i < args->n; i += LANES)
    {
      float32x4_t v = vaddq_f32 (load (args->src, i, args->n), bias);

      if (add_first)
        v = vaddq_f32 (v, load (args->add, i, args->n));
      if (act == RVS_ACT_ELU)
        v = elu (v);
      else if (act != RVS_ACT_NONE)
        v = lrelu (v, slope);
      if (add_last)
        v = vaddq_f32 (v, load (args->add, i, args->n));
      store (args->dst, i, args->n, v);
      if (args->sums)
        sums_add (&sums, load (args->dst, i, args->n));
    }
  if (args->sums)
    sums_end (&sums, args->sums);
}

static void
epilogue_row_f32_neon (const RvsEpilogueRow *args)
{
  const int first = args->add && args->add_first, last = args->add && !args->add_first;

  if (args->act == RVS_ACT_SIGMOID)
    rvs__epilogue_row_f32_generic (args); /* libm's exp */
  else if (args->act == RVS_ACT_NONE)
    epilogue (args, RVS_ACT_NONE, 0, args->add != NULL);
  else if (args->act == RVS_ACT_LRELU)
    epilogue (args, RVS_ACT_LRELU, first, last);
  else if (args->act == RVS_ACT_ELU)
    epilogue (args, RVS_ACT_ELU, first, last);
  else
    epilogue (args, RVS_ACT_RELU, first, last);
}

static void
modulate_row_f32_neon (const RvsModulateRow *args)
{
  const float32x4_t mean = vdupq_n_f32 (args->mean), one = vdupq_n_f32 (1), slope = vdupq_n_f32 (args->slope);
  const float32x4_t gd_bias = vdupq_n_f32 (args->gd_bias), bd_bias = vdupq_n_f32 (args->bd_bias);
  const float32x4_t gs_bias = vdupq_n_f32 (args->gs_bias), bs_bias = vdupq_n_f32 (args->bs_bias);
  const int         n = args->n;

  for (int i = 0; i < n; i += LANES)
    {
      const float32x4_t u = vmulq_n_f32 (vsubq_f32 (load (args->x, i, n), mean), args->rstd);
      const float32x4_t gd = vaddq_f32 (load (args->gd, i, n), gd_bias), bd = vaddq_f32 (load (args->bd, i, n), bd_bias);
      float32x4_t       v = vfmaq_f32 (bd, u, gd);

      if (args->gs)
        {
          const float32x4_t w = load (args->w, i, n), g = vfmaq_f32 (one, w, gd), b = vmulq_f32 (w, bd);
          const float32x4_t s = vaddq_f32 (load (args->gs, i, n), gs_bias), t = vaddq_f32 (load (args->bs, i, n), bs_bias);

          v = vfmaq_f32 (vfmaq_f32 (b, t, g), u, vfmaq_f32 (b, s, g));
        }
      store (args->out, i, n, lrelu (v, slope));
    }
}

static void
interleave_row_f32_neon (const float *a, const float *b, int n, float *dst)
{
  int i = 0;

  for (; i + LANES <= n; i += LANES)
    {
      const float32x4x2_t both = { { vld1q_f32 (a + i), vld1q_f32 (b + i) } };

      vst2q_f32 (dst + 2 * i, both);
    }
  for (; i < n; i++)
    {
      dst[2 * i] = a[i];
      dst[2 * i + 1] = b[i];
    }
}

void
rvs__kernels_fill_neon (RvsKernels *kernels)
{
  kernels->name = "neon";
  kernels->panel = TILE_M;
  kernels->tiles = (RvsTilesPay){ TILES_FROM, TILES_LEAST };
  kernels->gemm_work = gemm_work_neon;
  kernels->gemm = gemm_f32_neon;
  kernels->tiles_weights = tiles_weights;
  kernels->tiles_in = tiles_in;
  kernels->tiles_out = tiles_out;
  kernels->moments_row = moments_row_f32_neon;
  kernels->epilogue_row = epilogue_row_f32_neon;
  kernels->modulate_row = modulate_row_f32_neon;
  kernels->interleave_row = interleave_row_f32_neon;
}
