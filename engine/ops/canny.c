/* SPDX-License-Identifier: GPL-3.0-or-later
 * canny.c: the edges of a small picture, in integers throughout, so that the trainer finds the very same ones
 * (weights/train/fill/ops.py; docs/weights-format.md). */
#include "ops/fill.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum
{
  LOW = 40 * 16, /* of |gx| + |gy| of the luma in sixteenths */
  HIGH = 90 * 16,
  TAN22 = 13573, /* tan 22.5 degrees in 1 / 2^15 */
  TAPS = 5
};

static const int gauss[TAPS] = { 14, 62, 104, 62, 14 }; /* sigma 1, in 1 / 256 */

enum
{
  FLAT,
  WEAK,
  STRONG
};

/* A plane of integers; reading outside repeats the border. */
typedef struct Plane
{
  int32_t *at;
  int      h, w;
} Plane;

static int
clamp (int i, int n)
{
  return i < 0 ? 0 : i >= n ? n - 1 : i;
}

static int32_t
read (const Plane *p, int y, int x)
{
  return p->at[(size_t)clamp (y, p->h) * (size_t)p->w + (size_t)clamp (x, p->w)];
}

static void
luma (const RvsTensor *rgb, const Plane *out)
{
  const float *r = rvs__channel (rgb, 0), *g = rvs__channel (rgb, 1), *b = rvs__channel (rgb, 2);

  for (size_t i = 0; i < (size_t)rgb->h * (size_t)rgb->w; i++)
    out->at[i] = (77 * rvs__fill_u8 (r[i]) + 150 * rvs__fill_u8 (g[i]) + 29 * rvs__fill_u8 (b[i]) + 128) >> 8;
}

/* Rows into spare, then columns back: the Gaussian of p in sixteenths, rounded once. */
static void
smooth (const Plane *p, const Plane *spare)
{
  for (int y = 0; y < p->h; y++)
    for (int x = 0; x < p->w; x++)
      {
        int32_t sum = 0;

        for (int i = 0; i < TAPS; i++)
          sum += gauss[i] * read (p, y, x + i - TAPS / 2);
        spare->at[y * p->w + x] = sum;
      }
  for (int y = 0; y < p->h; y++)
    for (int x = 0; x < p->w; x++)
      {
        int32_t sum = 2048;

        for (int i = 0; i < TAPS; i++)
          sum += gauss[i] * read (spare, y + i - TAPS / 2, x);
        p->at[y * p->w + x] = sum >> 12;
      }
}

static void
sobel (const Plane *p, const Plane *gx, const Plane *gy)
{
  for (int y = 0; y < p->h; y++)
    for (int x = 0; x < p->w; x++)
      {
        const int32_t nw = read (p, y - 1, x - 1), ne = read (p, y - 1, x + 1);
        const int32_t sw = read (p, y + 1, x - 1), se = read (p, y + 1, x + 1);

        gx->at[y * p->w + x] = ne - nw + 2 * (read (p, y, x + 1) - read (p, y, x - 1)) + se - sw;
        gy->at[y * p->w + x] = sw - nw + 2 * (read (p, y + 1, x) - read (p, y - 1, x)) + se - ne;
      }
}

/* |gx| + |gy|; nothing outside. */
static int32_t
steepness (const Plane *gx, const Plane *gy, int y, int x)
{
  const int i = y * gx->w + x;

  return y < 0 || y >= gx->h || x < 0 || x >= gx->w ? 0 : abs (gx->at[i]) + abs (gy->at[i]);
}

/* Largest across the edge, in four directions. Of two equal neighbours the left or upper one wins, on diagonals neither. */
static int
crest (const Plane *gx, const Plane *gy, int y, int x)
{
  const int32_t dx = gx->at[y * gx->w + x], dy = gy->at[y * gx->w + x], m = abs (dx) + abs (dy);
  const int64_t steep = (int64_t)abs (dy) << 15, flat = (int64_t)abs (dx) * TAN22;
  int           sy = 1, sx = 1, tie = 0;

  if (m <= LOW)
    return FLAT;
  if (steep < flat)
    sy = 0, tie = 1;
  else if (steep > flat + ((int64_t)abs (dx) << 16))
    sx = 0, tie = 1;
  else if ((dx ^ dy) < 0)
    sx = -1;
  if (m <= steepness (gx, gy, y - sy, x - sx) || m + tie <= steepness (gx, gy, y + sy, x + sx))
    return FLAT;
  return m > HIGH ? STRONG : WEAK;
}

/* Makes every weak crest around pixel i strong; returns the stack's new height. */
static size_t
spread (const Plane *edges, int32_t i, int32_t *stack, size_t n)
{
  const int y = i / edges->w, x = i % edges->w;

  for (int v = y > 0 ? y - 1 : 0; v <= y + 1 && v < edges->h; v++)
    for (int u = x > 0 ? x - 1 : 0; u <= x + 1 && u < edges->w; u++)
      if (edges->at[v * edges->w + u] == WEAK)
        {
          edges->at[v * edges->w + u] = STRONG;
          stack[n++] = v * edges->w + u;
        }
  return n;
}

/* stack: as many as there are pixels, for each becomes strong but once. */
static void
join (const Plane *edges, int32_t *stack)
{
  size_t n = 0;

  for (int32_t i = 0; i < edges->h * edges->w; i++)
    if (edges->at[i] == STRONG)
      stack[n++] = i;
  while (n > 0)
    {
      const int32_t i = stack[--n];
      n = spread (edges, i, stack, n);
    }
}

static Plane
new_plane (RvsExec *exec, const RvsTensor *like)
{
  return (Plane){ rvs__arena_push (exec->arena, (size_t)like->h * (size_t)like->w * sizeof (int32_t)), like->h, like->w };
}

static void
find (const RvsTensor *rgb, const Plane *a, const Plane *b, const Plane *gx, const Plane *gy, RvsTensor *out)
{
  luma (rgb, a);
  smooth (a, b);
  sobel (a, gx, gy);
  for (int y = 0; y < a->h; y++)
    for (int x = 0; x < a->w; x++)
      a->at[y * a->w + x] = crest (gx, gy, y, x);
  join (a, b->at);
  for (int32_t i = 0; i < a->h * a->w; i++)
    out->data[i] = a->at[i] == STRONG;
}

void
rvs__canny (RvsExec *exec, const RvsTensor *rgb, RvsTensor *out)
{
  const size_t mark = rvs__arena_mark (exec->arena);
  const Plane  a = new_plane (exec, rgb), b = new_plane (exec, rgb), gx = new_plane (exec, rgb), gy = new_plane (exec, rgb);

  assert (rgb->c == 3 && out->c == 1 && out->h == rgb->h && out->w == rgb->w);
  if (!rvs__exec_idle (exec))
    find (rgb, &a, &b, &gx, &gy, out);
  rvs__arena_release (exec->arena, mark);
}
