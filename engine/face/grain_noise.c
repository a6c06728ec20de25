/* SPDX-License-Identifier: GPL-3.0-or-later
 * grain_noise.c: noise of a given grain size, quick for any part of a photo. A small square of it is made that goes on at its opposite sides;
 * the photo is covered with blocks that are taken from it anywhere and mirrored by chance, so that nothing is seen to come again. Nothing in
 * it is coarser than a few pixels: what is, looks like dirt on a skin. */
#include "face/grain.h"

#include "ops/ops.h"

#include <math.h>
#include <string.h>

enum
{
  BLOCK = 32 /* pixels of the photo */
};

/* ---- the square ---- */

/* The sum of three whole numbers of 7 bits about its mean: near enough to a normal distribution. */
static float
bell (uint32_t bits)
{
  return (float)((bits & 127) + (bits >> 7 & 127) + (bits >> 14 & 127)) - 190.5f;
}

/* Each value becomes half of itself and a quarter of those `step` before and after it, in each direction. */
static void
smooth (float *plane, int step)
{
  float line[RVS_GRAIN_SIDE];

  for (int down = 0; down < 2; down++)
    for (int i = 0; i < RVS_GRAIN_SIDE; i++)
      {
        float    *first = plane + i * (down ? 1 : RVS_GRAIN_SIDE);
        const int next = down ? RVS_GRAIN_SIDE : 1;

        for (int k = 0; k < RVS_GRAIN_SIDE; k++)
          line[k] = first[k * next];
        for (int k = 0; k < RVS_GRAIN_SIDE; k++)
          first[k * next]
              = .5f * line[k] + .25f * (line[(k + step) % RVS_GRAIN_SIDE] + line[(k + RVS_GRAIN_SIDE - step) % RVS_GRAIN_SIDE]);
      }
}

/* Takes `coarser` away from `plane`, and gives what is left variance 1. */
static void
keep_band (float *plane, const float *coarser)
{
  double sum = 0;

  for (int i = 0; i < RVS_GRAIN_CELLS; i++)
    {
      plane[i] -= coarser[i];
      sum += (double)plane[i] * (double)plane[i];
    }
  const float gain = (float)sqrt (RVS_GRAIN_CELLS / sum);
  for (int i = 0; i < RVS_GRAIN_CELLS; i++)
    plane[i] *= gain;
}

/* Each plane and size from random values of its own: so energies add up. */
void
rvs__grain_fill (RvsGrainSquare *square)
{
  for (int p = 0; p < RVS_GRAIN_PLANES; p++)
    for (int k = 0; k < RVS_GRAIN_SIZES; k++)
      {
        float *noise = square->noise[p][k];

        for (int i = 0; i < RVS_GRAIN_CELLS; i++)
          noise[i] = bell ((uint32_t)rvs__mix (((uint64_t)(p * RVS_GRAIN_SIZES + k) << 32 | (uint32_t)i) + 0x9e3779b97f4a7c15u));
        for (int i = 0; i < k; i++)
          smooth (noise, 1 << i);
        memcpy (square->spare, noise, sizeof square->spare);
        smooth (square->spare, 1 << k);
        keep_band (noise, square->spare);
      }
}

/* ---- the photo ---- */

/* Pixels [x, x + n) of row y, all in one block: at[i] is where each is in the square. */
static void
find_cells (uint32_t seed, int y, int x, int n, int *at)
{
  const uint64_t bits = rvs__mix (rvs__mix ((uint64_t)seed + 0x9e3779b97f4a7c15u)
                                  + ((uint64_t)(uint32_t)(y / BLOCK) << 32 | (uint32_t)(x / BLOCK)));
  const int      from_x = (int)(bits % RVS_GRAIN_SIDE), from_y = (int)((bits >> 16) % RVS_GRAIN_SIDE);
  const int      dx = bits >> 32 & 1 ? -1 : 1, dy = bits >> 33 & 1 ? -1 : 1;
  const int      row = (from_y + dy * (y % BLOCK) + RVS_GRAIN_SIDE) % RVS_GRAIN_SIDE * RVS_GRAIN_SIDE;

  for (int i = 0; i < n; i++)
    at[i] = row + (from_x + dx * ((x + i) % BLOCK) + RVS_GRAIN_SIDE) % RVS_GRAIN_SIDE;
}

static void
add_cells (const RvsGrain *grain, const RvsGrainSquare *square, int n, const int *at, float *red, float *green, float *blue)
{
  for (int i = 0; i < n; i++)
    {
      float value[RVS_GRAIN_PLANES] = { 0 };

      for (int p = 0; p < RVS_GRAIN_PLANES; p++)
        for (int k = 0; k < RVS_GRAIN_SIZES; k++)
          value[p] += grain->gain[p][k] * square->noise[p][k][at[i]];
      red[i] += value[0] + value[1];
      green[i] += value[0] - value[1] - value[2];
      blue[i] += value[0] + value[2];
    }
}

void
rvs__grain_row (const RvsGrain *grain, const RvsGrainSquare *square, int y, int x, int n, float *red, float *green, float *blue)
{
  int at[BLOCK];

  for (int i = 0, part; i < n; i += part)
    {
      const int left = BLOCK - (x + i) % BLOCK;

      part = left < n - i ? left : n - i;
      find_cells (grain->seed, y, x + i, part, at);
      add_cells (grain, square, part, at, red + i, green + i, blue + i);
    }
}

float
rvs__grain_tone (const RvsGrain *grain, float brightness)
{
  const float at = fminf (fmaxf (brightness * RVS_GRAIN_TONES - .5f, 0), RVS_GRAIN_TONES - 1);
  const int   i = at < RVS_GRAIN_TONES - 2 ? (int)at : RVS_GRAIN_TONES - 2;
  const float tone = grain->tone[i] + (at - (float)i) * (grain->tone[i + 1] - grain->tone[i]);
  /* The last sixteenth before either end. */
  const float room = 16 * fminf (brightness, 1 - brightness);

  return tone * fminf (fmaxf (room, 0), 1);
}
