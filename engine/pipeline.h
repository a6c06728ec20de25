/* SPDX-License-Identifier: GPL-3.0-or-later
 * pipeline.h: the data path of one face, from the photo to the field that is pasted, and what is kept between its steps. */
#ifndef RVS_PIPELINE_H
#define RVS_PIPELINE_H

#include "call.h"
#include "face/affine.h"
#include "net/jsfm.h"
#include "net/parser.h"

/* The networks that a face goes through, and where they run. */
typedef struct RvsPipeline
{
  RvsExec            *exec;
  const RvsParserNet *parser;
  const RvsJsfmNet   *restorer;
  int                 side;         /* of the restorer's crop; 0 without one */
  size_t              state_floats; /* of stage 1 */
} RvsPipeline;

/* What the networks need of one face, over one block of rvs__slot_floats. */
typedef struct RvsSlot
{
  RvsTensor face;  /* L: 3 x side x side in [-1,1] */
  RvsTensor map;   /* 19 x 128 x 128, adjusted */
  RvsTensor s64;   /* 3 x 64 x 64 */
  RvsTensor delta; /* R - L, 3 x side x side */
  float    *state; /* of stage 1 */
} RvsSlot;

/* Everything that the delta depends on, and what the field adds to it. */
typedef struct RvsResultKey
{
  float    w, texture, keep_colour;
  uint32_t seed;
  bool     has_map;
  uint64_t map_hash;
  bool     bare; /* the field is without the matte */
} RvsResultKey;

typedef struct RvsAnalysedFace
{
  RvsFaceReport report;
  RvsSkip       found_skip;    /* before the caller's enabling and disabling */
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
} RvsAnalysedFace;

size_t rvs__slot_floats (const RvsPipeline *pipeline);
void   rvs__slot_place (const RvsPipeline *pipeline, float *memory, RvsSlot *slot);

/* Crop, parse, adjust, matte (where the face has one), stage 1. report.face and crop_to_image are given. A detection that was not
 * sure and is not confirmed gets skip LOW_CONFIDENCE, and no stage 1. */
RvsStatus rvs__pipeline_prepare (const RvsPipeline *pipeline, RvsCall *call, const RvsView *image, RvsAnalysedFace *face,
                                 RvsSlot *slot);

/* Hands S64 to the monitor: the end of a face's share of the analysis. */
RvsStatus rvs__pipeline_show_stage1 (RvsCall *call, const RvsAnalysedFace *face, const RvsSlot *slot);

/* One stage 2 and what becomes of its images. */
typedef struct RvsRestore
{
  const RvsPipeline *pipeline;
  RvsCall           *call;
  RvsAnalysedFace   *face;
  RvsSlot           *slot;
  RvsResultKey       key;
  const RvsView     *fidelity_map;
  /* Called while face->field holds a stage image; returns the rect it has pasted. NULL = fields are made of the result only. */
  RvsRect (*grow) (void *user, RvsExec *exec);
  void *user;
} RvsRestore;

/* Warps the fidelity map into key->map_hash (has_map) using scratch; the warped map is made again for the network. */
void rvs__pipeline_hash_map (const RvsPipeline *pipeline, const RvsView *fidelity_map, const RvsAnalysedFace *face,
                             RvsResultKey *key);
/* slot->delta by stage 2, then the field. */
RvsStatus rvs__pipeline_restore (RvsRestore *restore);
/* The field from slot->delta: colour lock, matte, grid, as key says. OK or CANCELLED; then the field is not ready. */
RvsStatus rvs__pipeline_make_field (const RvsPipeline *pipeline, RvsAnalysedFace *face, const RvsSlot *slot,
                                    const RvsResultKey *key);

#endif
