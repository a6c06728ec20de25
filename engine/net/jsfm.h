/* SPDX-License-Identifier: GPL-3.0-or-later
 * jsfm.h: the JSFM generator (networks.md 2.3, 2.6, 2.8). Sizes and equations: docs/weights-format.md. */
#ifndef RVS_NET_JSFM_H
#define RVS_NET_JSFM_H

#include "net/arch.h"

typedef struct RvsJsfmNet RvsJsfmNet; /* packed weights, owned by the model */

/* A restorer: prepare is stage 1, whose features and image at 64 are the state; run is stage 2, its images those at 64, 128, ... */
extern const RvsArch rvs__arch_jsfm;

/* ---- as the pipeline still calls it ---- */

typedef struct RvsJsfmKnobs
{
  float            w;
  const RvsTensor *w_map;
  float            noise_gain;
  uint32_t         seed;
  bool (*stage) (void *user, const RvsTensor *image);
  void *user;
} RvsJsfmKnobs;

size_t    rvs__jsfm_state_floats (const RvsJsfmNet *net);
int       rvs__jsfm_size (const RvsJsfmNet *net);
RvsStatus rvs__jsfm_stage1 (const RvsJsfmNet *net, RvsExec *exec, const RvsTensor *face, const RvsTensor *map, float *state,
                            RvsTensor *out_s64);
RvsStatus rvs__jsfm_stage2 (const RvsJsfmNet *net, RvsExec *exec, const RvsTensor *face, const RvsTensor *map, const float *state,
                            const RvsJsfmKnobs *knobs, RvsTensor *out);

#endif
