/* SPDX-License-Identifier: GPL-3.0-or-later
 * light.c: the two tables and what lies outside of them. */
#include "enlarge/light.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define LINE_CODE .04045f /* up to here the curve is a line of slope 12.92 */
#define LINE_LIGHT .0031308f
#define LARGEST_CODE 1e12f

static double
light_of (double code)
{
  return code <= (double)LINE_CODE ? code / 12.92 : pow ((code + .055) / 1.055, 2.4);
}

static double
code_of (double light)
{
  return light <= (double)LINE_LIGHT ? light * 12.92 : 1.055 * pow (light, 1 / 2.4) - .055;
}

void
rvs__light_init (RvsLight *light)
{
  for (int i = 0; i < RVS_LIGHT_STEPS + 2; i++)
    light->of_code[i] = (float)light_of ((double)i / RVS_LIGHT_STEPS);
  for (int i = 0; i < RVS_LIGHT_OCTAVES * RVS_LIGHT_PER_OCTAVE + 2; i++)
    light->code_of[i] = (float)code_of (
        ldexp (1 + (double)(i % RVS_LIGHT_PER_OCTAVE) / RVS_LIGHT_PER_OCTAVE, i / RVS_LIGHT_PER_OCTAVE - RVS_LIGHT_OCTAVES));
}

static inline float
decode_positive (const RvsLight *light, float code)
{
  if (code <= LINE_CODE)
    return code / 12.92f;
  if (code > 1)
    return (float)light_of ((double)fminf (code, LARGEST_CODE));
  const float at = code * RVS_LIGHT_STEPS;
  const int   i = (int)at;

  return light->of_code[i] + (light->of_code[i + 1] - light->of_code[i]) * (at - (float)i);
}

/* A float's exponent and the top of its mantissa are the table's index, the rest of the mantissa the way to the next entry. */
static inline float
encode_positive (const RvsLight *light, float value)
{
  const int      rest = 23 - 8; /* bits below those of RVS_LIGHT_PER_OCTAVE */
  const uint32_t first = (uint32_t)(127 - RVS_LIGHT_OCTAVES) << 23;
  uint32_t       bits;

  if (value <= LINE_LIGHT)
    return value * 12.92f;
  if (value > 1)
    return (float)code_of ((double)value);
  memcpy (&bits, &value, sizeof bits);
  const uint32_t at = bits - first;
  const float   *entry = &light->code_of[at >> rest];

  return entry[0] + (entry[1] - entry[0]) * ((float)(at & ((1u << rest) - 1)) / (float)(1u << rest));
}

void
rvs__light_decode (const RvsLight *light, float *values, int n)
{
  for (int i = 0; i < n; i++)
    values[i] = values[i] < 0 ? -decode_positive (light, -values[i]) : decode_positive (light, values[i]);
}

void
rvs__light_encode (const RvsLight *light, float *values, int n)
{
  for (int i = 0; i < n; i++)
    values[i] = values[i] < 0 ? -encode_positive (light, -values[i]) : encode_positive (light, values[i]);
}
