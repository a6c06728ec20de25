/* SPDX-License-Identifier: GPL-3.0-or-later
 * slot.c: a face's block of memory and what lies where in it. */
#include "core/mem.h"
#include "pipeline.h"
#include "rvs_params.h"

/* Hands out an imaginary or a real block, part by part. */
typedef struct Block
{
  float *memory; /* NULL: only counts */
  size_t used;
} Block;

static float *
take (Block *block, size_t n_floats)
{
  float *part = block->memory ? block->memory + block->used : NULL;

  block->used += (n_floats + RVS_ALIGN / sizeof (float) - 1) / (RVS_ALIGN / sizeof (float)) * (RVS_ALIGN / sizeof (float));
  return part;
}

static RvsTensor
take_planes (Block *block, int c, int side)
{
  return rvs__tensor (take (block, (size_t)c * (size_t)side * (size_t)side), c, side, side);
}

static void
lay_out (const RvsPipeline *pipeline, Block *block, RvsSlot *slot)
{
  *slot = (RvsSlot){ 0 };
  slot->in.face = take_planes (block, 3, pipeline->side);
  slot->delta = take_planes (block, 3, pipeline->side);
  slot->in.map = take_planes (block, RVS_N_CLASSES, RVS_MAP_SIDE);
  if (pipeline->needs & RVS_NEEDS_HEAT_MAPS)
    slot->in.heat_maps = take_planes (block, RVS_N_POINTS, RVS_HEAT_SIDE);
  if (pipeline->needs & RVS_NEEDS_SHAPE)
    {
      slot->in.render = take_planes (block, RVS_MESH_PLANES, RVS_SHAPE_RENDER);
      slot->in.coefficients = take (block, (size_t)pipeline->shape->modes);
    }
  slot->state = take (block, pipeline->state_floats);
}

size_t
rvs__slot_floats (const RvsPipeline *pipeline)
{
  Block   block = { NULL, 0 };
  RvsSlot slot;

  lay_out (pipeline, &block, &slot);
  return block.used;
}

void
rvs__slot_place (const RvsPipeline *pipeline, float *memory, RvsSlot *slot)
{
  Block block = { memory, 0 };

  lay_out (pipeline, &block, slot);
}
