/* SPDX-License-Identifier: GPL-3.0-or-later
 * parser.h: the face parser: which parts are where, where the landmarks are, and how the photo is damaged (networks.md 2.6.1).
 * Graphs and meaning of the outputs: docs/weights-format.md. */
#ifndef RVS_NET_PARSER_H
#define RVS_NET_PARSER_H

#include "net/arch.h"

enum
{
  RVS_N_CLASSES = 19,   /* CelebAMask order, networks.md section 1 */
  RVS_MAP_SIDE = 128,   /* side of the parsing map */
  RVS_N_POINTS = 5,     /* eyes, nose, mouth corners */
  RVS_HEAT_SIDE = 64,   /* side of their heat maps */
  RVS_FEATURE_SIDE = 16 /* side of the trunk's features */
};

typedef struct RvsParserNet RvsParserNet; /* packed weights, owned by the model */

typedef struct RvsParserOut
{
  RvsTensor      logits;   /* 19 x 128 x 128 */
  RvsTensor      heatmaps; /* 5 x 64 x 64 */
  RvsTensor      features; /* rvs__parser_features x 16 x 16, the end of the trunk; no channels: not wanted */
  RvsDegradation degradation;
} RvsParserOut;

extern const RvsArch rvs__arch_parser; /* of an RvsParserNet */

/* Channels of the features; 0: the published form, which has none, no heat maps and no degradation either. */
int rvs__parser_features (const RvsParserNet *net);

/* face: 3 x 512 x 512 in [-1,1] (reduced by down2 to the network's size inside). out's tensors are given by the caller.
 * Returns OK or CANCELLED. */
RvsStatus rvs__parser_forward (const RvsParserNet *net, RvsExec *exec, const RvsTensor *face, RvsParserOut *out);

#endif
