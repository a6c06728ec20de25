/* SPDX-License-Identifier: GPL-3.0-or-later
 * grain.h: the grain that a restored face lacks beside its surroundings (networks.md 11.4), and noise that looks like it. */
#ifndef RVS_FACE_GRAIN_H
#define RVS_FACE_GRAIN_H

#include "core/exec.h"
#include "rvs.h"

#include <stdbool.h>

struct RvsPatch;

enum
{
  RVS_GRAIN_PLANES = 3, /* brightness (the mean of the colours), red - brightness, blue - brightness */
  RVS_GRAIN_SIZES = 2,  /* grains of about 1 and 2 pixels of the photo */
  RVS_GRAIN_TONES = 3,  /* dark, middling, bright */
  RVS_GRAIN_SIDE = 128, /* of the square that noise is taken from */
  RVS_GRAIN_CELLS = RVS_GRAIN_SIDE * RVS_GRAIN_SIDE
};

typedef struct RvsGrain
{
  bool     any;                                     /* false: none is added, whatever else stands here */
  float    gain[RVS_GRAIN_PLANES][RVS_GRAIN_SIZES]; /* standard deviation, in units of 0..1 */
  float    tone[RVS_GRAIN_TONES];                   /* factor of it where the picture is dark (1/6), middling, bright (5/6) */
  uint32_t seed;
} RvsGrain;

/* What has to be added to `patch`, pasted into `photo` at full strength, for its smooth places to be as grainy as they were in the photo,
 * but no grainier than the photo is around it. None where there is too little to judge by, and where no grain was taken away: blocks of a
 * JPEG file, texture and sharpened detail are not taken for it. matte: RVS_MATTE_CELLS, the face's own, where patch->matte may be NULL;
 * the seed is the caller's to set. Row-parallel, the same bits for any thread count. A measuring arena counts the scratch of any photo.
 * Cancelled: none. */
void rvs__grain_missing (RvsExec *exec, const RvsView *photo, const struct RvsPatch *patch, const float *matte, RvsGrain *out);

/* Noise of variance 1. */
typedef struct RvsGrainSquare
{
  float noise[RVS_GRAIN_PLANES][RVS_GRAIN_SIZES][RVS_GRAIN_CELLS];
  float spare[RVS_GRAIN_CELLS];
} RvsGrainSquare;

/* Always the same. */
void rvs__grain_fill (RvsGrainSquare *square);
/* Adds the noise of pixels [x, x + n) of row y of the photo, before tone, to red, green and blue. It goes by pixel and seed alone. */
void rvs__grain_row (const RvsGrain *grain, const RvsGrainSquare *square, int y, int x, int n, float *red, float *green,
                     float *blue);

/* Factor of the noise where the picture is that bright (0..1): by tone, and none in what is clipped to black or white. */
float rvs__grain_tone (const RvsGrain *grain, float brightness);

#endif
