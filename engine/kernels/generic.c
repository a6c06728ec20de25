/* SPDX-License-Identifier: GPL-3.0-or-later
 * generic.c: the plain C of every kernel. It is the reference that every other level is tested against,
 * so it stays complete and simple. */
#include "kernels/kernels.h"

#include <math.h>
#include <string.h>

/* Side of the block of results that the compiler can hold in registers. */
enum
{
  BLOCK_M = 4,
  BLOCK_N = 16
};

static size_t
gemm_work_generic (int m, int n, int k)
{
  (void)m, (void)n, (void)k;
  return 0;
}

static void
gemm_block (const RvsGemm *args, int i0, int j0)
{
  float acc[BLOCK_M][BLOCK_N] = { { 0 } };

  for (int l = 0; l < args->k; l++)
    {
      const float *a = args->a + (size_t)l * args->lda + i0;
      const float *row = args->rows[l] + j0;

      for (int i = 0; i < BLOCK_M; i++)
        for (int j = 0; j < BLOCK_N; j++)
          acc[i][j] += a[i] * row[j];
    }
  for (int i = 0; i < BLOCK_M; i++)
    for (int j = 0; j < BLOCK_N; j++)
      args->c[(size_t)(i0 + i) * args->ldc + j0 + j] = acc[i][j];
}

static void
gemm_edge (const RvsGemm *args, int i0, int j0, int m, int n)
{
  for (int i = i0; i < i0 + m; i++)
    for (int j = j0; j < j0 + n; j++)
      {
        float sum = 0;

        for (int l = 0; l < args->k; l++)
          sum += args->a[(size_t)l * args->lda + i] * args->rows[l][j];
        args->c[(size_t)i * args->ldc + j] = sum;
      }
}

static void
gemm_f32_generic (const RvsGemm *args)
{
  for (int j = 0; j < args->n; j += BLOCK_N)
    for (int i = 0; i < args->m; i += BLOCK_M)
      {
        int m = args->m - i < BLOCK_M ? args->m - i : BLOCK_M;
        int n = args->n - j < BLOCK_N ? args->n - j : BLOCK_N;

        if (m == BLOCK_M && n == BLOCK_N)
          gemm_block (args, i, j);
        else
          gemm_edge (args, i, j, m, n);
      }
}

/* ---- tiles ---- */

#define A 0.70710678f
#define B 1.41421356f

static const float tile_g[RVS_TILE_IN][3] = { { 1, 0, 0 },
                                              { -2 / 3.0f, -2 * A / 3, -1 / 3.0f },
                                              { -2 / 3.0f, 2 * A / 3, -1 / 3.0f },
                                              { 1 / 6.0f, B / 6, 1 / 3.0f },
                                              { 1 / 6.0f, -B / 6, 1 / 3.0f },
                                              { 0, 0, 1 } };
static const float tile_b[RVS_TILE_IN][RVS_TILE_IN]
    = { { 1, 0, -2.5f, 0, 1, 0 },  { 0, -B, -2, A, 1, 0 },    { 0, B, -2, -A, 1, 0 },
        { 0, -A, -0.5f, B, 1, 0 }, { 0, A, -0.5f, -B, 1, 0 }, { 0, 1, 0, -2.5f, 0, 1 } };
static const float tile_a[RVS_TILE][RVS_TILE_IN]
    = { { 1, 1, 1, 1, 1, 0 }, { 0, A, -A, B, -B, 0 }, { 0, 0.5f, 0.5f, 2, 2, 0 }, { 0, A / 2, -A / 2, 2 * B, -2 * B, 1 } };

/* out = left x left^T: n_out x n_out from n_in x n_in. */
static void
both_sides (const float *left, int n_out, int n_in, const float *x, float *out)
{
  float half[RVS_PLACES];

  for (int i = 0; i < n_out; i++)
    for (int j = 0; j < n_in; j++)
      {
        half[i * n_in + j] = 0;
        for (int l = 0; l < n_in; l++)
          half[i * n_in + j] += left[i * n_in + l] * x[l * n_in + j];
      }
  for (int i = 0; i < n_out; i++)
    for (int j = 0; j < n_out; j++)
      {
        out[i * n_out + j] = 0;
        for (int l = 0; l < n_in; l++)
          out[i * n_out + j] += half[i * n_in + l] * left[j * n_in + l];
      }
}

static void
tiles_weights_generic (const float *w, int lda, int n, float *out, size_t step)
{
  float g[9], u[RVS_PLACES];

  for (int i = 0; i < BLOCK_M; i++)
    {
      for (int t = 0; t < 9; t++)
        g[t] = i < n ? w[t * lda + i] : 0;
      both_sides (tile_g[0], RVS_TILE_IN, 3, g, u);
      for (int p = 0; p < RVS_PLACES; p++)
        out[(size_t)p * step + (size_t)i] = u[p];
    }
}

static void
tiles_in_generic (const RvsTilesIn *args)
{
  float d[RVS_PLACES], v[RVS_PLACES];

  for (int t = 0; t < args->n; t++)
    {
      for (int i = 0; i < RVS_TILE_IN; i++)
        memcpy (d + i * RVS_TILE_IN, args->rows + (size_t)i * args->pitch + RVS_TILE * t, RVS_TILE_IN * sizeof (float));
      both_sides (tile_b[0], RVS_TILE_IN, RVS_TILE_IN, d, v);
      for (int p = 0; p < RVS_PLACES; p++)
        args->out[(size_t)p * args->step + (size_t)t] = v[p];
    }
}

static void
tiles_out_generic (const RvsTilesOut *args)
{
  float m[RVS_PLACES], y[RVS_TILE * RVS_TILE];

  for (int t = 0; t < args->n; t++)
    {
      for (int p = 0; p < RVS_PLACES; p++)
        m[p] = args->in[(size_t)p * args->step + (size_t)t];
      both_sides (tile_a[0], RVS_TILE, RVS_TILE_IN, m, y);
      for (int i = 0; i < RVS_TILE; i++)
        memcpy (args->rows + (size_t)i * args->pitch + RVS_TILE * t, y + i * RVS_TILE, RVS_TILE * sizeof (float));
    }
}

#undef A
#undef B

/* ---- the product in bfloat16 ---- */

/* The upper half of a float, rounded. */
static uint32_t
to_bf16 (float v)
{
  uint32_t bits;

  memcpy (&bits, &v, sizeof bits);
  if ((bits & 0x7f800000u) == 0)
    return bits >> 16 & 0x8000u;
  if ((bits & 0x7fffffffu) > 0x7f800000u)
    return bits >> 16 | 0x40u; /* NaN: rounding could turn it into an infinity */
  return (bits + 0x7fffu + (bits >> 16 & 1)) >> 16;
}

static float
from_bf16 (uint32_t half)
{
  uint32_t bits = half << 16;
  float    v;

  memcpy (&v, &bits, sizeof v);
  return v;
}

static void
pair_row_generic (const float *a, const float *b, int n, uint32_t *dst)
{
  for (int i = 0; i < n; i++)
    dst[i] = to_bf16 (a[i]) | (b ? to_bf16 (b[i]) << 16 : 0);
}

/* Products of two bfloat16 are exact in a float. The odd channel is added first, as VDPBF16PS does. */
static float
pair_sum (const RvsPairGemm *args, int i, int j)
{
  float sum = 0;

  for (int c = 0; c < args->c_in; c += 2)
    for (int t = 0; t < args->taps; t++)
      {
        const float   *a = args->a + (size_t)(c * args->taps + t) * (size_t)args->lda + i;
        const uint32_t pair = args->rows[c / 2 * args->taps + t][j];

        if (c + 1 < args->c_in)
          sum += from_bf16 (to_bf16 (a[(size_t)args->taps * (size_t)args->lda])) * from_bf16 (pair >> 16);
        sum += from_bf16 (to_bf16 (*a)) * from_bf16 (pair & 0xffffu);
      }
  return sum;
}

static void
gemm_pairs_generic (const RvsPairGemm *args)
{
  for (int i = 0; i < args->m; i++)
    for (int j = 0; j < args->n; j++)
      args->c[(size_t)i * args->ldc + (size_t)j] = pair_sum (args, i, j);
}

/* ---- rows ---- */

static float
activate (RvsAct act, float v)
{
  switch (act)
    {
    case RVS_ACT_NONE:
      break;
    case RVS_ACT_LRELU:
      return v < 0 ? v * RVS_LRELU_SLOPE : v;
    case RVS_ACT_RELU:
      return v < 0 ? 0 : v;
    case RVS_ACT_SIGMOID:
      return 1 / (1 + expf (-v));
    case RVS_ACT_ELU:
      return v < 0 ? expm1f (v) : v;
    }
  return v;
}

static void
moments_row_f32_generic (const float *x, int n, double *sums)
{
  double sum[4] = { 0 }, square[4] = { 0 };
  int    i = 0;

  for (; i + 4 <= n; i += 4)
    for (int j = 0; j < 4; j++)
      {
        double v = x[i + j];

        sum[j] += v;
        square[j] += v * v;
      }
  for (; i < n; i++)
    {
      sum[0] += x[i];
      square[0] += (double)x[i] * x[i];
    }
  sums[0] += (sum[0] + sum[1]) + (sum[2] + sum[3]);
  sums[1] += (square[0] + square[1]) + (square[2] + square[3]);
}

void
rvs__epilogue_row_f32_generic (const RvsEpilogueRow *args)
{
  for (int i = 0; i < args->n; i++)
    {
      float v = args->src[i] + args->bias;

      if (args->add && args->add_first)
        v += args->add[i];
      v = activate (args->act, v);
      if (args->add && !args->add_first)
        v += args->add[i];
      args->dst[i] = v;
    }
  if (args->sums)
    moments_row_f32_generic (args->dst, args->n, args->sums);
}

static void
modulate_row_f32_generic (const RvsModulateRow *args)
{
  for (int i = 0; i < args->n; i++)
    {
      float u = (args->x[i] - args->mean) * args->rstd;
      float v;

      if (args->gs)
        {
          float w = args->w[i];
          float g = 1 + w * (args->gd[i] + args->gd_bias);
          float b = w * (args->bd[i] + args->bd_bias);
          float s = args->gs[i] + args->gs_bias;
          float t = args->bs[i] + args->bs_bias;

          v = u * (s * g + b) + t * g + b;
        }
      else
        v = u * (args->gd[i] + args->gd_bias) + args->bd[i] + args->bd_bias;
      args->out[i] = v < 0 ? v * args->slope : v;
    }
}

static void
up2_row_f32_generic (const float *a, const float *b, float near, int n, float *dst)
{
  float far = 1 - near;
  float left = near * a[0] + far * b[0], here = left;

  for (int i = 0; i < n; i++)
    {
      float right = i + 1 < n ? near * a[i + 1] + far * b[i + 1] : here;

      dst[2 * i] = 0.25f * left + 0.75f * here;
      dst[2 * i + 1] = 0.75f * here + 0.25f * right;
      left = here;
      here = right;
    }
}

static void
down2_row_f32_generic (const float *a, const float *b, int n, float *dst)
{
  for (int i = 0; i < n; i++)
    dst[i] = 0.25f * (a[2 * i] + a[2 * i + 1] + b[2 * i] + b[2 * i + 1]);
}

static void
interleave_row_f32_generic (const float *a, const float *b, int n, float *dst)
{
  for (int i = 0; i < n; i++)
    {
      dst[2 * i] = a[i];
      dst[2 * i + 1] = b[i];
    }
}

void
rvs__kernels_fill_generic (RvsKernels *kernels)
{
  kernels->name = "generic";
  kernels->narrow = "";
  kernels->library = "";
  kernels->panel = BLOCK_M;
  kernels->tiles = kernels->tiles_narrow = (RvsTilesPay){ 0, 0 };
  kernels->gemm_work = gemm_work_generic;
  kernels->gemm = gemm_f32_generic;
  kernels->gemm_pairs = gemm_pairs_generic;
  kernels->pair_row = pair_row_generic;
  kernels->tiles_weights = tiles_weights_generic;
  kernels->tiles_in = tiles_in_generic;
  kernels->tiles_out = tiles_out_generic;
  kernels->epilogue_row = rvs__epilogue_row_f32_generic;
  kernels->modulate_row = modulate_row_f32_generic;
  kernels->moments_row = moments_row_f32_generic;
  kernels->up2_row = up2_row_f32_generic;
  kernels->down2_row = down2_row_f32_generic;
  kernels->interleave_row = interleave_row_f32_generic;
}
