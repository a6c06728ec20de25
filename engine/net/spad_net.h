/* SPDX-License-Identifier: GPL-3.0-or-later
 * spad_net.h: SPADNet's struct (docs/weights-format.md, `spad`). Private to engine/net. */
#ifndef RVS_NET_SPAD_NET_H
#define RVS_NET_SPAD_NET_H

#include "net/spad.h"
#include "net/spad_blocks.h"

enum
{
  RVS_SPAD_LEVELS = 3, /* at 1/8, 1/4 and 1/2 of the size */
  RVS_SPAD_MAX_BLOCKS = 32
};

/* What an end of the knob has of its own. */
typedef struct RvsSpadParts
{
  RvsConv     head, prior[RVS_SPAD_LEVELS], up[RVS_SPAD_LEVELS], skip[RVS_SPAD_LEVELS - 1], out;
  RvsSpadRcab rcab[RVS_SPAD_LEVELS][RVS_SPAD_MAX_BLOCKS];
  RvsSpadHab  hab[RVS_SPAD_LEVELS][RVS_SPAD_MAX_BLOCKS];
} RvsSpadParts;

/* The same, and as the list of convolutions that it is made of; weight NULL: not in this graph. */
typedef union RvsSpadWeights
{
  RvsSpadParts parts;
  RvsConv      all[sizeof (RvsSpadParts) / sizeof (RvsConv)];
} RvsSpadWeights;

struct RvsSpadNet
{
  int            size, tail, widths[RVS_SPAD_LEVELS], blocks[RVS_SPAD_LEVELS], habs[RVS_SPAD_LEVELS];
  RvsSpadWeights faithful, real; /* at w = 1 and at 0 */
};

/* real + w (faithful - real), number by number: at 0 and 1 one of the two itself, else from the arena. w: 0..1. */
const RvsSpadParts *rvs__spad_blend (RvsExec *exec, const RvsSpadNet *net, float w);

#endif
