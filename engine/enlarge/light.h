/* SPDX-License-Identifier: GPL-3.0-or-later
 * light.h: sRGB's encoding (IEC 61966-2-1) to light and back, by tables: a picture has too many values for powf. */
#ifndef RVS_ENLARGE_LIGHT_H
#define RVS_ENLARGE_LIGHT_H

enum
{
  RVS_LIGHT_STEPS = 4096,    /* from the code 0 to 1 */
  RVS_LIGHT_OCTAVES = 9,     /* of light, from 2^-9 to 1; below it the encoding is a straight line */
  RVS_LIGHT_PER_OCTAVE = 256 /* a power of two */
};

/* Both interpolated linearly. The way there is right to 3e-8, the way back to 2e-6 of the value: 8 and 16 bits come back as they were. */
typedef struct RvsLight
{
  float of_code[RVS_LIGHT_STEPS + 2];
  float code_of[RVS_LIGHT_OCTAVES * RVS_LIGHT_PER_OCTAVE + 2];
} RvsLight;

void rvs__light_init (RvsLight *light);
/* n values in place. Beyond 0..1 the curve goes on as it does before 1, and below 0 as its mirror image; codes beyond 1e12 are taken as
 * 1e12, so that light stays finite. */
void rvs__light_decode (const RvsLight *light, float *values, int n);
void rvs__light_encode (const RvsLight *light, float *values, int n);

#endif
