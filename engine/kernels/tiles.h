/* SPDX-License-Identifier: GPL-3.0-or-later
 * tiles.h: Winograd's transforms (kernels.h has the matrices) for the vector levels, a tile in a lane.
 *
 * Who includes it defines VEC, a vector of floats with C's own operators, LANES (a divisor of RVS_TILE_BLOCK), TILE_M (the panel), INLINE, `load` and
 * `store` of lanes i .. of n, and the functions that are declared here. */
#ifndef RVS_KERNELS_TILES_H
#define RVS_KERNELS_TILES_H

#ifdef VEC

#include "kernels/kernels.h"

INLINE VEC tiles_fma (float a, VEC b, VEC c);  /* c + a b, rounded once */
INLINE VEC tiles_fnma (float a, VEC b, VEC c); /* c - a b */
/* d[j] in lane t = p[4 t + j], j < 6. */
INLINE void tiles_spread (const float *p, VEC d[RVS_TILE_IN]);
/* The way back: p[4 t + j] = y[j] in lane t, j < 4. */
INLINE void tiles_gather (const VEC y[RVS_TILE], float *p);

#define TILES_A 0.70710678f
#define TILES_B 1.41421356f

/* v = B^T d */
INLINE void
transform_in (const VEC d[RVS_TILE_IN], VEC v[RVS_TILE_IN])
{
  const VEC even_a = tiles_fnma (2, d[2], d[4]), odd_a = tiles_fnma (2, d[1], d[3]);
  const VEC even_b = tiles_fnma (0.5f, d[2], d[4]), odd_b = tiles_fnma (0.5f, d[1], d[3]);

  v[0] = tiles_fnma (2.5f, d[2], d[0] + d[4]);
  v[1] = tiles_fma (TILES_A, odd_a, even_a);
  v[2] = tiles_fnma (TILES_A, odd_a, even_a);
  v[3] = tiles_fma (TILES_B, odd_b, even_b);
  v[4] = tiles_fnma (TILES_B, odd_b, even_b);
  v[5] = tiles_fnma (2.5f, d[3], d[1] + d[5]);
}

/* y = A^T m */
INLINE void
transform_out (const VEC m[RVS_TILE_IN], VEC y[RVS_TILE])
{
  const VEC even_a = m[1] + m[2], odd_a = m[1] - m[2];
  const VEC even_b = m[3] + m[4], odd_b = m[3] - m[4];

  y[0] = m[0] + (even_a + even_b);
  y[1] = tiles_fma (TILES_B, odd_b, TILES_A * odd_a);
  y[2] = tiles_fma (2, even_b, 0.5f * even_a);
  y[3] = tiles_fma (2 * TILES_B, odd_b, tiles_fma (TILES_A / 2, odd_a, m[5]));
}

/* One block of tiles: along the rows, then down the columns. */
INLINE void
block_in (const RvsTilesIn *args, int t)
{
  VEC half[RVS_TILE_IN][RVS_TILE_IN], d[RVS_TILE_IN], v[RVS_TILE_IN];

  for (int i = 0; i < RVS_TILE_IN; i++)
    {
      tiles_spread (args->rows + (size_t)i * args->pitch + RVS_TILE * t, d);
      transform_in (d, half[i]);
    }
  for (int j = 0; j < RVS_TILE_IN; j++)
    {
      for (int i = 0; i < RVS_TILE_IN; i++)
        d[i] = half[i][j];
      transform_in (d, v);
      for (int i = 0; i < RVS_TILE_IN; i++)
        store (args->out + (size_t)(i * RVS_TILE_IN + j) * args->step, t, args->n, v[i]);
    }
}

static void
tiles_in (const RvsTilesIn *args)
{
  for (int t = 0; t < args->n; t += LANES)
    block_in (args, t);
}

/* Down the columns, then along the rows. */
INLINE void
block_out (const RvsTilesOut *args, int t)
{
  VEC half[RVS_TILE_IN][RVS_TILE], m[RVS_TILE_IN], y[RVS_TILE];

  for (int j = 0; j < RVS_TILE_IN; j++)
    {
      for (int i = 0; i < RVS_TILE_IN; i++)
        m[i] = load (args->in + (size_t)(i * RVS_TILE_IN + j) * args->step, t, args->n);
      transform_out (m, half[j]);
    }
  for (int i = 0; i < RVS_TILE; i++)
    {
      for (int j = 0; j < RVS_TILE_IN; j++)
        m[j] = half[j][i];
      transform_out (m, y);
      tiles_gather (y, args->rows + (size_t)i * args->pitch + RVS_TILE * t);
    }
}

static void
tiles_out (const RvsTilesOut *args)
{
  for (int t = 0; t < args->n; t += LANES)
    block_out (args, t);
}

/* A panel's columns. */
typedef float Column __attribute__ ((vector_size (TILE_M * sizeof (float))));

/* u = G g */
INLINE void
transform_weights (const Column g[3], Column u[RVS_TILE_IN])
{
  const Column even_a = g[0] * (-2 / 3.0f) - g[2] * (1 / 3.0f), odd_a = g[1] * (2 * TILES_A / 3);
  const Column even_b = g[0] * (1 / 6.0f) + g[2] * (1 / 3.0f), odd_b = g[1] * (TILES_B / 6);

  u[0] = g[0];
  u[1] = even_a - odd_a;
  u[2] = even_a + odd_a;
  u[3] = even_b + odd_b;
  u[4] = even_b - odd_b;
  u[5] = g[2];
}

INLINE void
panel_weights (const float *w, int lda, const size_t n_bytes, float *out, size_t step)
{
  Column half[3][RVS_TILE_IN], g[3], u[RVS_TILE_IN];

  memset (g, 0, sizeof g);
  for (int x = 0; x < 3; x++)
    {
      for (int y = 0; y < 3; y++)
        memcpy (&g[y], w + (y * 3 + x) * lda, n_bytes);
      transform_weights (g, half[x]);
    }
  for (int i = 0; i < RVS_TILE_IN; i++)
    {
      for (int x = 0; x < 3; x++)
        g[x] = half[x][i];
      transform_weights (g, u);
      for (int j = 0; j < RVS_TILE_IN; j++)
        memcpy (out + (size_t)(i * RVS_TILE_IN + j) * step, &u[j], sizeof u[j]);
    }
}

static void
tiles_weights (const float *w, int lda, int n, float *out, size_t step)
{
  if (n == TILE_M)
    panel_weights (w, lda, sizeof (Column), out, step);
  else
    panel_weights (w, lda, (size_t)n * sizeof (float), out, step);
}

#endif

#endif
