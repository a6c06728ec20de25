/* SPDX-License-Identifier: GPL-3.0-or-later
 * jsfm.h: the JSFM generator (networks.md 2.3, 2.6, 2.8). Sizes and equations: docs/weights-format.md. All image tensors are RGB
 * in [-1,1]. */
#ifndef RVS_NET_JSFM_H
#define RVS_NET_JSFM_H

#include "core/exec.h"
#include "weights/st_file.h"

#include <stdbool.h>

typedef struct RvsJsfmNet RvsJsfmNet;

/* As rvs__parser_build. */
RvsStatus rvs__jsfm_build (const RvsStFile *file, RvsJsfmNet **out_net, RvsError *err);
void      rvs__jsfm_free (RvsJsfmNet *net);

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
  /* Called with each stage image (128, 256, ...) as it appears; false cancels. May be NULL. Also while measuring, with data
   * NULL: what it takes from the arena counts. */
  bool (*stage) (void *user, const RvsTensor *image);
  void *user;
} RvsJsfmKnobs;

/* out: 3 x size x size. Returns OK or CANCELLED. */
RvsStatus rvs__jsfm_stage2 (const RvsJsfmNet *net, RvsExec *exec, const RvsTensor *face, const RvsTensor *map, const float *state,
                            const RvsJsfmKnobs *knobs, RvsTensor *out);

#endif
