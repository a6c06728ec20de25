/* SPDX-License-Identifier: GPL-3.0-or-later
 * sgpn.h: shape and generative priors (after Zhu et al., CVPR 2022): a decoder that a style modulates, fed at every size with what the
 * photo and the rendered mesh of shape.h show. Graph: docs/weights-format.md, `sgpn`. */
#ifndef RVS_NET_SGPN_H
#define RVS_NET_SGPN_H

#include "net/arch.h"
#include "net/shape.h"

enum
{
  RVS_SGPN_FIRST = 16, /* side of the first image */
  RVS_SGPN_FUSED = 64, /* the largest side at which photo and mesh are fused */
  RVS_SGPN_IMAGES = 6  /* at most: 16 to 512 */
};

typedef struct RvsSgpnNet RvsSgpnNet;

extern const RvsArch rvs__arch_sgpn; /* of an RvsSgpnNet */

int rvs__sgpn_size (const RvsSgpnNet *net);   /* 128, 256 or 512 */
int rvs__sgpn_images (const RvsSgpnNet *net); /* 4 to 6: sides 16, 32, .. size */
int rvs__sgpn_modes (const RvsSgpnNet *net);  /* coefficients of the shape model that it was trained with */

typedef struct RvsSgpnIn
{
  const RvsTensor *photo;        /* 3 x size x size in [-1,1] */
  const RvsTensor *render;       /* RVS_MESH_PLANES x 128 x 128 */
  const float     *coefficients; /* of the shape model */
  float            trust;        /* in the mesh, 0 to 1; at 0 nothing of render and coefficients matters */
  float            w;            /* fidelity, 0 to 1 */
  const RvsTensor *w_map;        /* in its place, 1 x size x size; or NULL */
} RvsSgpnIn;

/* images: rvs__sgpn_images tensors of the caller's, the last is the result; sink gets those from 64 on. trusted: channels of side
 * 64 x 64 x 64, how far the photo was trusted there (NULL: not wanted). images NULL: only trusted is worked out, the sizes above it
 * and the images are not. Returns OK or CANCELLED. */
RvsStatus rvs__sgpn_forward (const RvsSgpnNet *net, RvsExec *exec, const RvsSgpnIn *in, const RvsStageSink *sink, RvsTensor *images,
                             RvsTensor *trusted);
/* Channels at side 64: those of trusted. */
int rvs__sgpn_fused_channels (const RvsSgpnNet *net);

#endif
