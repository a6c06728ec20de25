/* SPDX-License-Identifier: GPL-3.0-or-later
 * restorer.h: the seam between the pipeline and a network that restores. What it needs and which knobs it has stands in the table of
 * systems (rvs_params.h, RVS_NEEDS_ and RVS_KNOB_); what it does is here.
 *
 * There is no call that plans: prepare and run over a measuring arena (core/arena.h) take the same scratch as the real ones, tensors
 * then have data NULL. A plane that is not given has no channels (all 0). All images are RGB in [-1,1]. */
#ifndef RVS_NET_RESTORER_H
#define RVS_NET_RESTORER_H

#include "core/exec.h"

#include <stdbool.h>

#define RVS_TRUST_SIDE 64 /* of what RvsRestorer.trusted says */

/* One face, side x side as the network's size says. What fills holes in photos, on faces and off them, is in mend/ instead. */
typedef struct RvsFaceIn
{
  RvsTensor face;         /* L, the degraded photo: 3 x side x side */
  RvsTensor map;          /* RVS_NEEDS_MAP: 19 x 128 x 128 probabilities, adjusted */
  RvsTensor heat_maps;    /* RVS_NEEDS_HEAT_MAPS: 5 x 64 x 64 logits of the parser's landmarks */
  RvsTensor render;       /* RVS_NEEDS_SHAPE: the face's mesh drawn in its light, RVS_MESH_PLANES x 128 x 128, */
  float    *coefficients; /* those of the shape model that it was made of, */
  float     trust;        /* and how far they can be trusted, 0 to 1; at 0 they say nothing */
  RvsTensor w_map;        /* fidelity in place of RvsKnobs.w: 1 x side x side, 0..1, or not given; never given to prepare */
} RvsFaceIn;

/* What the user's sliders say. A network ignores knobs that it does not have. */
typedef struct RvsKnobs
{
  float    w;          /* fidelity, 0..1 */
  float    noise_gain; /* texture; 0 = none, 1 as trained */
  uint32_t seed;       /* of that noise */
} RvsKnobs;

/* Called on the calling thread with each image on the way to the result, coarse to fine, the result last; false cancels. Also while
 * measuring, with data NULL: what it takes from the arena lies above the network's own scratch, and counts. Not once cancelled. */
typedef struct RvsStageSink
{
  bool (*stage) (void *user, const RvsTensor *image);
  void *user;
} RvsStageSink;

/* Shows an image on the way; sink may be NULL, and is not asked once cancelled. False: the pass is to end. */
bool rvs__show_stage (RvsExec *exec, const RvsStageSink *sink, const RvsTensor *image);

typedef struct RvsRestorer
{
  /* Floats of what prepare leaves for run; NULL: none. */
  size_t (*state_floats) (const void *net);
  /* What depends on the photo alone, and so survives every slider. NULL: nothing. Returns OK or CANCELLED. */
  RvsStatus (*prepare) (const void *net, RvsExec *exec, const RvsFaceIn *in, float *state);
  /* out: 3 x side x side. sink may be NULL. Returns OK or CANCELLED. */
  RvsStatus (*run) (const void *net, RvsExec *exec, const RvsFaceIn *in, const float *state, const RvsKnobs *knobs,
                    const RvsStageSink *sink, RvsTensor *out);
  /* RVS_NEEDS_SHAPE: how many coefficients it reads. */
  int (*shape_modes) (const void *net);
  /* How far run goes by the photo and not by the mesh: out, 1 x RVS_TRUST_SIDE x RVS_TRUST_SIDE, 0 to 1. Costs less than run. NULL: it
   * cannot say. Returns OK or CANCELLED. */
  RvsStatus (*trusted) (const void *net, RvsExec *exec, const RvsFaceIn *in, const RvsKnobs *knobs, RvsTensor *out);
} RvsRestorer;

#endif
