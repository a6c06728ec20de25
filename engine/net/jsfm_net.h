/* SPDX-License-Identifier: GPL-3.0-or-later
 * jsfm_net.h: the packed weights of a JSFM generator, shared by loading and running it. Private to net/. */
#ifndef RVS_NET_JSFM_NET_H
#define RVS_NET_JSFM_NET_H

#include "net/jsfm.h"
#include "net/parser.h"
#include "ops/ops.h"

/* Levels are resolutions: 16, 32, 64, 128, 256, 512. */
enum
{
  LEVEL_16,
  LEVEL_32,
  LEVEL_64,
  LEVEL_128,
  LEVEL_256,
  LEVEL_512,
  N_LEVELS,
  N_INPUTS = 3 + RVS_N_CLASSES /* an image and the map */
};

static inline int
rvs__level_side (int level)
{
  return 16 << level;
}

/* STNorm or JSFM: heads from guide a (degraded photo) and, for JSFM, guide b (stage image), each [gamma | beta].
 * trunk_a and trunk_b exist (c_out > 0) in the published network only: there every modulation makes its own guides. */
typedef struct RvsJsfmMod
{
  RvsConv trunk_a, trunk_b;
  RvsConv head_a, head_b;
} RvsJsfmMod;

typedef struct RvsJsfmRes
{
  RvsJsfmMod n0, n1;
  RvsConv    c0, c1;
} RvsJsfmRes;

/* Shared: ab is [a | b] in one convolution, n both of its modulations in one. Published: the branches apart. */
typedef struct RvsJsfmUfsb
{
  RvsConv    ab;
  RvsJsfmMod n;
  RvsConv    p, q;   /* published branch 1: conv1x1, conv3x3; then n */
  RvsConv    amm[3]; /* published branch 2: 1x3, 3x1, 3x3 */
  RvsJsfmMod namm[3];
  float     *noise; /* one scalar */
} RvsJsfmUfsb;

struct RvsJsfmNet
{
  bool        published, gated;
  int         size, top; /* top: the level of size */
  int         w_power;   /* w of the graph = fidelity^w_power */
  int         channels[N_LEVELS], guides[N_LEVELS];
  float      *constant;        /* C(16) x 16 x 16 */
  float      *noise[N_LEVELS]; /* published: after the pixel_shuffle to 32 and to 64 */
  RvsConv     h, m[N_LEVELS], rgb[N_LEVELS];
  RvsConv     gd[N_LEVELS], gs[N_LEVELS], pj[N_LEVELS], g512, g512m; /* shared guides */
  RvsJsfmRes  r[N_LEVELS];
  RvsJsfmUfsb u[N_LEVELS]; /* by the level they produce */
  RvsArena    memory;
};

#endif
