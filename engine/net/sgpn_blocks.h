/* SPDX-License-Identifier: GPL-3.0-or-later
 * sgpn_blocks.h: convolutions that a style modulates, and what the decoder of shape and generative priors is built of. Private to net/. */
#ifndef RVS_NET_SGPN_BLOCKS_H
#define RVS_NET_SGPN_BLOCKS_H

#include "weights/loader.h"

/* A convolution without bias, and the layer that makes a picture's scales of its inputs from the style. */
typedef struct RvsStyled
{
  RvsConv conv, scale;
} RvsStyled;

/* Adaptive feature fusion. */
typedef struct RvsFusion
{
  RvsStyled conv;
  RvsConv   mask;
  float    *k, *b; /* 1; 2C */
} RvsFusion;

/* Above the fusion blocks: the photo's features as a skip. */
typedef struct RvsSgpnLevel
{
  RvsStyled up;
  RvsConv   join;
  float    *b; /* C */
} RvsSgpnLevel;

/* [difference 3 | gate 1] of a stage image. */
typedef struct RvsSgpnHead
{
  RvsStyled conv;
  float    *b; /* 4 */
} RvsSgpnHead;

void rvs__sgpn_load_fusion (RvsLoader *loader, RvsFusion *block, int c_in, int c_out, int style, const char *name);
void rvs__sgpn_load_level (RvsLoader *loader, RvsSgpnLevel *level, int c_in, int c_out, int style, const char *name);
void rvs__sgpn_load_head (RvsLoader *loader, RvsSgpnHead *head, int c_in, int style, const char *name);

/* What a picture's blocks are told: style z, fidelity w, confidence c. */
typedef struct RvsSgpnTold
{
  const float     *z;
  float            w, c;
  const RvsTensor *w_map; /* in place of w: one channel of the size of what comes out; or NULL */
} RvsSgpnTold;

/* up: x has half of the size. photo, mesh: C channels; out: 2C. trusted (C channels, or NULL): how far the photo is, 0 to 1. */
void rvs__sgpn_fuse (RvsExec *exec, const RvsFusion *block, bool up, const RvsTensor *x, const RvsTensor *photo,
                     const RvsTensor *mesh, const RvsSgpnTold *told, RvsTensor *out, RvsTensor *trusted);
/* x has half of the size; photo and out: C channels. */
void rvs__sgpn_rise (RvsExec *exec, const RvsSgpnLevel *level, const RvsTensor *x, const RvsTensor *photo, const RvsSgpnTold *told,
                     RvsTensor *out);
/* The stage image of x, gated between the smaller one (NULL: none) and the photo. */
void rvs__sgpn_show (RvsExec *exec, const RvsSgpnHead *head, const RvsTensor *x, const RvsTensor *previous, const RvsTensor *photo,
                     const RvsSgpnTold *told, RvsTensor *out);

#endif
