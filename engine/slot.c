/* SPDX-License-Identifier: GPL-3.0-or-later
 * slot.c: a face's block of memory and what lies where in it. */
#include "face/matte.h"
#include "pipeline.h"

enum
{
  STAGE1_SIDE = 64
};

static size_t
padded (size_t n_floats)
{
  return (n_floats + 15) / 16 * 16;
}

size_t
rvs__slot_floats (const RvsPipeline *pipeline)
{
  const size_t face = 3 * (size_t)pipeline->side * (size_t)pipeline->side;

  return 2 * padded (face) + padded ((size_t)RVS_N_CLASSES * RVS_MATTE_CELLS) + padded (3 * STAGE1_SIDE * STAGE1_SIDE)
         + padded (pipeline->state_floats);
}

static float *
take (float **memory, size_t n_floats)
{
  float *part = *memory;

  *memory = part ? part + padded (n_floats) : NULL;
  return part;
}

void
rvs__slot_place (const RvsPipeline *pipeline, float *memory, RvsSlot *slot)
{
  const int    side = pipeline->side;
  const size_t face = 3 * (size_t)side * (size_t)side;

  slot->face = rvs__tensor (take (&memory, face), 3, side, side);
  slot->delta = rvs__tensor (take (&memory, face), 3, side, side);
  slot->map = rvs__tensor (take (&memory, (size_t)RVS_N_CLASSES * RVS_MATTE_CELLS), RVS_N_CLASSES, RVS_MAP_SIDE, RVS_MAP_SIDE);
  slot->s64 = rvs__tensor (take (&memory, 3 * STAGE1_SIDE * STAGE1_SIDE), 3, STAGE1_SIDE, STAGE1_SIDE);
  slot->state = take (&memory, pipeline->state_floats);
}
