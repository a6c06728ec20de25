/* SPDX-License-Identifier: GPL-3.0-or-later
 * net.h: what every network's forward pass is given, and the networks' entry points.
 * Sizes and equations: docs/weights-format.md. All image tensors are RGB in [-1,1]. */
#ifndef RVS_NET_NET_H
#define RVS_NET_NET_H

#include "core/arena.h"
#include "core/pool.h"
#include "core/tensor.h"
#include "kernels/kernels.h"
#include "rvs.h"

#include <stdatomic.h>

typedef struct RvsExec
{
  RvsPool          *pool;
  RvsArena         *arena; /* also measuring: then every op returns at once */
  const RvsKernels *kernels;
  atomic_bool      *cancel; /* polled between layers; NULL = never */
} RvsExec;

enum
{
  RVS_N_CLASSES = 19, /* CelebAMask order, networks.md section 1 */
  RVS_MAP_SIDE = 128  /* side of the parsing map */
};

/* ---- parser (networks.md 2.6.1) ---- */
typedef struct RvsParserNet RvsParserNet; /* packed weights, owned by the model */

typedef struct RvsParserOut
{
  RvsTensor      logits;   /* 19 x 128 x 128 */
  RvsTensor      heatmaps; /* 5 x 64 x 64 */
  RvsDegradation degradation;
} RvsParserOut;

/* face: 3 x 512 x 512 (reduced by down2 to the network's size inside). out's tensors are given by the caller. */
RvsStatus rvs__parser_forward (const RvsParserNet *net, RvsExec *exec, const RvsTensor *face, RvsParserOut *out);

/* ---- JSFM generator (networks.md 2.3, 2.6, 2.8) ---- */
typedef struct RvsJsfmNet RvsJsfmNet;

/* Floats that stage 1 leaves for stage 2: features at 64 and the image S64. */
size_t rvs__jsfm_state_floats (const RvsJsfmNet *net);
int    rvs__jsfm_size (const RvsJsfmNet *net);

/* face: 3 x size x size; map: 19 x 128 x 128 probabilities; state: rvs__jsfm_state_floats, written.
 * out_s64: 3 x 64 x 64, may have data NULL when not wanted. */
RvsStatus rvs__jsfm_stage1 (const RvsJsfmNet *net, RvsExec *exec, const RvsTensor *face, const RvsTensor *map, float *state,
                            RvsTensor *out_s64);

typedef struct RvsJsfmKnobs
{
  float            w;          /* fidelity 0..1, used where w_map is NULL; the network's own curve turns it into the graph's w */
  const RvsTensor *w_map;      /* fidelity map, 1 x size x size, or NULL */
  float            noise_gain; /* texture; 0 = none */
  uint32_t         seed;
  /* Called with each stage image (128, 256, ...) as it appears; false cancels. May be NULL. */
  bool (*stage) (void *user, const RvsTensor *image);
  void *user;
} RvsJsfmKnobs;

/* out: 3 x size x size. Returns OK or CANCELLED. */
RvsStatus rvs__jsfm_stage2 (const RvsJsfmNet *net, RvsExec *exec, const RvsTensor *face, const RvsTensor *map, const float *state,
                            const RvsJsfmKnobs *knobs, RvsTensor *out);

/* ---- detector ---- */
typedef struct RvsDetectorNet RvsDetectorNet; /* see net/detector.h */

#endif
