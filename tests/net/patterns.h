/* SPDX-License-Identifier: GPL-3.0-or-later
 * patterns.h: the inputs of tests/vectors/gen_nets.py, computed the same way. */
#ifndef TESTS_NET_PATTERNS_H
#define TESTS_NET_PATTERNS_H

#include "core/tensor.h"

#include <stdint.h>
#include <stdlib.h>

static inline uint32_t
hash32 (uint32_t v)
{
  v *= 2654435761u;
  v ^= v >> 15;
  v *= 2246822519u;
  return v ^ (v >> 13);
}

static inline void
fill_face (RvsTensor *face)
{
  int side = face->w;

  for (int c = 0; c < 3; c++)
    for (int y = 0; y < side; y++)
      for (int x = 0; x < side; x++)
        {
          double wave = abs (2 * ((x * (3 + c) + y * 5) % 512) - 512) / 512.0;
          double rings = (x * x + 3 * y * y + 77 * c) / 64 % 64 / 64.0;
          double grain = (hash32 ((uint32_t)((c * side + y) * side + x)) >> 24) / 255.0;

          rvs__channel (face, c)[y * side + x] = (float)(2 * (0.5 * wave + 0.3 * rings + 0.2 * grain) - 1);
        }
}

static inline void
fill_map (RvsTensor *map)
{
  for (int k = 0; k < 19; k++)
    for (int y = 0; y < 128; y++)
      for (int x = 0; x < 128; x++)
        {
          double p = 0.1 / 19;

          p += 0.6 * ((x / 11 + 3 * (y / 13)) % 19 == k);
          p += 0.3 * ((x / 7 + y / 9) % 19 == k);
          rvs__channel (map, k)[y * 128 + x] = (float)p;
        }
}

/* gen_spad.py's landmarks: logits, 5 x 64 x 64. */
static inline void
fill_heat_maps (RvsTensor *maps)
{
  for (int k = 0; k < maps->c; k++)
    for (int y = 0; y < maps->h; y++)
      for (int x = 0; x < maps->w; x++)
        rvs__channel (maps, k)[y * maps->w + x] = (float)((x * (k + 2) + y * 3) % 41) / 4 - 5;
}

static inline void
fill_w (RvsTensor *w_map)
{
  for (int y = 0; y < w_map->h; y++)
    for (int x = 0; x < w_map->w; x++)
      w_map->data[y * w_map->w + x] = (float)((x + 2 * y) % 256 / 255.0);
}

/* gen_fill.py's damage: 1 = undamaged. */
static inline void
fill_damage (RvsTensor *valid)
{
  for (int y = 0; y < valid->h; y++)
    for (int x = 0; x < valid->w; x++)
      valid->data[y * valid->w + x] = !(abs (x - y) < 20 || x % 97 == 5 || (x - 380) * (x - 380) + (y - 120) * (y - 120) < 3000);
}

#endif
