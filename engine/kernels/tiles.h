/* SPDX-License-Identifier: GPL-3.0-or-later
 * tiles.h: Winograd's transforms (kernels.h has the matrices) for the vector levels, a tile in a lane.
 *
 * Who includes it defines VEC, LANES (a divisor of RVS_TILE_BLOCK) and TILE_M (the panel), INLINE, and the functions that are declared here. */
#ifndef RVS_KERNELS_TILES_H
#define RVS_KERNELS_TILES_H

#ifdef VEC

#include "kernels/kernels.h"

INLINE VEC tiles_set (float v);
INLINE VEC tiles_add (VEC a, VEC b);
INLINE VEC tiles_sub (VEC a, VEC b);
INLINE VEC tiles_mul (VEC a, VEC b);
INLINE VEC tiles_fma (VEC a, VEC b, VEC c);  /* c + a b */
INLINE VEC tiles_fnma (VEC a, VEC b, VEC c); /* c - a b */
/* Lanes i .. of n; lanes beyond are zero, or not stored. */
INLINE VEC  tiles_load (const float *p, int i, int n);
INLINE void tiles_store (float *p, int i, int n, VEC v);
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
  const VEC a = tiles_set (TILES_A), b = tiles_set (TILES_B);
  const VEC half = tiles_set (0.5f), two = tiles_set (2), more = tiles_set (2.5f);
  const VEC even_a = tiles_fnma (two, d[2], d[4]), odd_a = tiles_fnma (two, d[1], d[3]);
  const VEC even_b = tiles_fnma (half, d[2], d[4]), odd_b = tiles_fnma (half, d[1], d[3]);

  v[0] = tiles_fnma (more, d[2], tiles_add (d[0], d[4]));
  v[1] = tiles_fma (a, odd_a, even_a);
  v[2] = tiles_fnma (a, odd_a, even_a);
  v[3] = tiles_fma (b, odd_b, even_b);
  v[4] = tiles_fnma (b, odd_b, even_b);
  v[5] = tiles_fnma (more, d[3], tiles_add (d[1], d[5]));
}

/* y = A^T m */
INLINE void
transform_out (const VEC m[RVS_TILE_IN], VEC y[RVS_TILE])
{
  const VEC even_a = tiles_add (m[1], m[2]), odd_a = tiles_sub (m[1], m[2]);
  const VEC even_b = tiles_add (m[3], m[4]), odd_b = tiles_sub (m[3], m[4]);

  y[0] = tiles_add (m[0], tiles_add (even_a, even_b));
  y[1] = tiles_fma (tiles_set (TILES_B), odd_b, tiles_mul (tiles_set (TILES_A), odd_a));
  y[2] = tiles_fma (tiles_set (2), even_b, tiles_mul (tiles_set (0.5f), even_a));
  y[3] = tiles_fma (tiles_set (2 * TILES_B), odd_b, tiles_fma (tiles_set (TILES_A / 2), odd_a, m[5]));
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
        tiles_store (args->out + (size_t)(i * RVS_TILE_IN + j) * args->step, t, args->n, v[i]);
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
        m[i] = tiles_load (args->in + (size_t)(i * RVS_TILE_IN + j) * args->step, t, args->n);
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
