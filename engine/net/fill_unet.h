/* SPDX-License-Identifier: GPL-3.0-or-later
 * fill_unet.h: the U-Net that edge and coarse network of `fill` share, and the coarse one's structure stream. Private to engine/net. */
#ifndef RVS_NET_FILL_UNET_H
#define RVS_NET_FILL_UNET_H

#include "net/fill_blocks.h"

enum
{
  RVS_FILL_SMALL = 128, /* side of what both see: the crop's quarter */
  RVS_FILL_DEEP = 16    /* side of the trunk and of the position map */
};

/* What a U-Net's sizes are. structure all 0: the edge network, without that stream. */
typedef struct RvsFillSizes
{
  int widths[RVS_FILL_LEVELS], n_blocks, growth, structure[RVS_FILL_LEVELS - 1];
} RvsFillSizes;

typedef struct RvsFillUnet
{
  RvsFillSizes  sizes;
  RvsConv       first, down[RVS_FILL_LEVELS - 1], even[RVS_FILL_LEVELS - 2];
  RvsConv       narrow[RVS_FILL_LEVELS - 1], own[RVS_FILL_LEVELS - 1], last, out;
  float        *position;
  RvsFillDense  trunk[RVS_FILL_MAX_BLOCKS];
  RvsConv       into[RVS_FILL_LEVELS - 1]; /* of the structure stream */
  RvsFillDense  structure;
  RvsFillFusion fusion[2];
} RvsFillUnet;

/* net->sizes is given; tensors are named PREFIX.i, ... c_out: 1 (edge) or 4 (colour and edge). */
void rvs__fill_load_unet (RvsLoader *loader, RvsFillUnet *net, int c_out, const char *prefix);

/* fill: 3 x 128 x 128, smoothly filled; valid, edge: 1 x 128 x 128. place: weight of the position map: 1 in an aligned face, else 0.
 * out: as many channels as the last layer has, as it gives them. */
void rvs__fill_unet (RvsExec *exec, const RvsFillUnet *net, const RvsTensor *fill, const RvsTensor *valid, const RvsTensor *edge,
                     float place, RvsTensor *out);

#endif
