/* SPDX-License-Identifier: GPL-3.0-or-later
 * pipeline.h: what the steps of one face share: the networks it goes through, and what is kept of it. The steps, in their order:
 * prepare.h, restore.h, field.h. */
#ifndef RVS_PIPELINE_H
#define RVS_PIPELINE_H

#include "call.h"
#include "face/affine.h"
#include "face/grain.h"
#include "net/parser.h"
#include "net/restorer.h"
#include "net/shape.h"

/* The networks that a face goes through, and where they run. */
typedef struct RvsPipeline
{
  RvsExec            *exec;
  const RvsParserNet *parser;
  const RvsShapeNet  *shape;        /* NULL without a shape head */
  const RvsRestorer  *restorer;     /* NULL without one */
  const void         *net;          /* the restorer's */
  uint32_t            needs, knobs; /* RVS_NEEDS_ and RVS_KNOB_ bits, from the table of systems */
  int                 side;         /* of the restorer's crop; 0 without one */
  size_t              state_floats; /* of what its prepare leaves */
  RvsRegion           region;       /* of the crop that is restored */
} RvsPipeline;

/* What the networks need of one face, over one block of rvs__slot_floats. */
typedef struct RvsSlot
{
  RvsFaceIn in;    /* all but w_map; the face and the adjusted map are always there: matte and colour lock need them too */
  RvsTensor delta; /* R - L, 3 x side x side */
  float    *state; /* what prepare leaves */
} RvsSlot;

/* Everything that the delta depends on, and what the field adds to it. */
typedef struct RvsResultKey
{
  RvsKnobs knobs;              /* those that the system lacks are 0, so that their sliders change nothing */
  float    parts[RVS_N_PARTS]; /* in place of knobs.w there; below 0: as it */
  bool     has_map;            /* a fidelity map over both; */
  uint64_t map_hash;           /* of it, on the restorer's crop */
  bool     shapeless;          /* the mesh counts nothing, however sure it is */
  float    keep_colour;
  bool     bare; /* the field is without the matte */
} RvsResultKey;

typedef struct RvsAnalysedFace
{
  RvsFaceReport report;
  RvsSkip       found_skip;    /* before the caller's enabling and disabling */
  RvsShapePrior found_prior;   /* whatever parameters want */
  bool          doubted;       /* the parser sees no such face there */
  bool          grey;          /* no colour in the crop: none may come in */
  RvsAffine     crop_to_image; /* from the 512 crop */
  float        *matte;         /* RVS_MATTE_CELLS, or NULL for an aligned image: all of it */
  float        *slot_memory;   /* NULL: beyond cache_bytes, worked out anew for each render */
  RvsSlot       slot;
  RvsTensor     field; /* on the image's grid (the rect) or on the crop's, paste.h */
  bool          field_on_image;
  bool          delta_ready, field_ready;
  RvsResultKey  delta_key, field_key;
  RvsGrain      grain; /* what the field lacks; its seed is set when it is pasted */
  bool          grain_ready;
} RvsAnalysedFace;

/* ---- slot.c ---- */

size_t rvs__slot_floats (const RvsPipeline *pipeline);
/* memory: rvs__slot_floats, or NULL while measuring. */
void rvs__slot_place (const RvsPipeline *pipeline, float *memory, RvsSlot *slot);

#endif
