/* SPDX-License-Identifier: GPL-3.0-or-later
 * jsfm_net.h: the packed weights of a JSFM generator and the parts that its two forms, compact and published, share. Private to
 * net/. */
#ifndef RVS_NET_JSFM_NET_H
#define RVS_NET_JSFM_NET_H

#include "net/jsfm.h"
#include "net/parser.h"
#include "ops/ops.h"
#include "weights/loader.h"

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
rvs__jsfm_side (int level)
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

/* Compact: ab is [a | b] in one convolution, n both of its modulations in one. Published: the branches apart. */
typedef struct RvsJsfmUfsb
{
  RvsConv    ab;
  RvsJsfmMod n;
  RvsConv    p, q;   /* published branch 1: conv1x1, conv3x3; then n */
  RvsConv    amm[3]; /* published branch 2: 1x3, 3x1, 3x3 */
  RvsJsfmMod namm[3];
  float     *noise; /* one scalar */
} RvsJsfmUfsb;

typedef struct RvsJsfmNet
{
  bool        published, gated;
  int         size, top; /* top: the level of size */
  int         w_power;   /* w of the graph = fidelity^w_power */
  int         channels[N_LEVELS], guides[N_LEVELS];
  float      *constant;        /* C(16) x 16 x 16 */
  float      *noise[N_LEVELS]; /* published: after the pixel_shuffle to 32 and to 64 */
  RvsConv     h, m[N_LEVELS], rgb[N_LEVELS];
  RvsConv     gd[N_LEVELS], gs[N_LEVELS], pj[N_LEVELS], g512, g512m; /* compact: guides shared by all modulations of a level */
  RvsJsfmRes  r[N_LEVELS];
  RvsJsfmUfsb u[N_LEVELS]; /* by the level they produce */
} RvsJsfmNet;

/* ---- running ---- */

/* One call: the network, where it runs, and how much of the degraded photo it obeys. */
typedef struct RvsJsfmPass
{
  const RvsJsfmNet *net;
  RvsExec          *exec;
  float             w;
  RvsTensor         w_maps[N_LEVELS]; /* data used where has_map */
  bool              has_map;
} RvsJsfmPass;

/* What a modulation is guided by at one resolution: a from the degraded photo, b from the stage image.
 * Compact: finished guides (b possibly of half the size). Published: [image | map], trunks follow. */
typedef struct RvsJsfmGuides
{
  const RvsTensor *a, *b;
} RvsJsfmGuides;

/* Everything that stage 2 keeps between its steps. */
typedef struct RvsJsfmRun
{
  RvsJsfmPass         pass;
  const RvsFaceIn    *in;
  const RvsKnobs     *knobs;
  const RvsStageSink *sink;                    /* or NULL */
  RvsTensor           inputs[N_LEVELS];        /* [L | M] */
  RvsTensor           a[N_LEVELS];             /* A_r; compact only */
  RvsTensor           x[N_LEVELS];             /* features */
  RvsTensor           b_next[N_LEVELS];        /* pj.q (B), half of level q's size; published: [S | M] enlarged */
  RvsTensor           image[N_LEVELS];         /* S_r */
  RvsNorm             norm[N_LEVELS];          /* of x before its residual block */
  size_t              above_inputs, above_top; /* marks: what the last up-sampling and the last residual block begin with */
} RvsJsfmRun;

RvsTensor rvs__jsfm_tensor (RvsExec *exec, int channels, int level); /* from the arena */
/* Inputs of the levels 16 .. min (256, size), 22 channels each, from the arena, not filled. */
void rvs__jsfm_push_inputs (const RvsJsfmPass *pass, RvsTensor inputs[N_LEVELS]);
void rvs__jsfm_conv_lrelu (RvsExec *exec, const RvsConv *conv, const RvsTensor *in, RvsTensor *out);
void rvs__jsfm_conv_norm (RvsExec *exec, const RvsConv *conv, const RvsTensor *in, RvsNorm *norm, RvsTensor *out);
/* how: lrelu, accumulate, shuffle and noise; the rest is filled in here. */
void rvs__jsfm_modulate (const RvsJsfmPass *pass, const RvsJsfmMod *mod, const RvsJsfmGuides *guides, const RvsNorm *norm,
                         int level, RvsModulation how, const RvsTensor *x, RvsTensor *out);
/* x += c1 (lrelu (mod (c0 (lrelu (mod (x)))))); norm: of x */
void rvs__jsfm_res_block (const RvsJsfmPass *pass, const RvsJsfmRes *res, const RvsJsfmGuides *guides, const RvsNorm *norm,
                          int level, RvsTensor *x);
/* The stage image S at a level: previous is NULL at 64. photo: L at this level. */
void rvs__jsfm_head (const RvsJsfmPass *pass, int level, const RvsTensor *x, const RvsTensor *previous, const RvsTensor *photo,
                     RvsTensor *image);

/* One level of stage 1: x of the level below (at 16 the constant) -> out. a: its guide. noise: NULL = none; since stage 1 does not
 * depend on the knobs it is always added in full, from seed 0. */
void rvs__jsfm_stage1_level (const RvsJsfmPass *pass, int level, const RvsTensor *a, const float *noise, const RvsTensor *x,
                             RvsTensor *out);
/* The two parts of the state that stage 1 leaves. */
RvsTensor rvs__jsfm_state_features (const RvsJsfmNet *net, const float *state);
RvsTensor rvs__jsfm_state_image (const RvsJsfmNet *net, const float *state);

/* w and its pooled maps, from the arena. */
void rvs__jsfm_set_w (RvsJsfmPass *pass, const RvsFaceIn *in, float fidelity);
/* Takes x and S at 64 from the state and pushes S (the last is out) and the statistics of every level above. */
void rvs__jsfm_push_images (RvsJsfmRun *run, const float *state, const RvsTensor *out);
void rvs__jsfm_push_features (RvsJsfmRun *run, int level);
/* [S | M] of a level, from the arena. */
RvsTensor rvs__jsfm_stage_reference (RvsJsfmRun *run, int level);
/* The photo at level q, as its stage image is made from it: in the inputs, at the top the face itself. */
RvsTensor rvs__jsfm_photo_at (const RvsJsfmRun *run, int q);
/* Hands S of a level to the caller; false = cancel. */
bool rvs__jsfm_show (const RvsJsfmRun *run, int level);

/* ---- the published form ---- */

/* Fills the inputs and x at 16, 32 and 64, all given. */
void rvs__jsfm_published_stage1 (const RvsJsfmPass *pass, const RvsFaceIn *in, RvsTensor inputs[N_LEVELS], RvsTensor *x);
/* From the state to out; what it pushes is released by the caller. */
RvsStatus rvs__jsfm_published_stage2 (RvsJsfmRun *run, const float *state, const RvsTensor *out);

/* ---- loading ---- */

/* Of the arch's row. */
RvsStatus rvs__jsfm_configure (const RvsStFile *file, void *net, RvsError *err);
void      rvs__jsfm_list (RvsLoader *loader, void *net);

/* Heads and, in the published form, trunks of a modulation: c channels, guides of m. two: JSFM, else STNorm. */
void rvs__jsfm_load_mod (RvsLoader *loader, const RvsJsfmNet *net, RvsJsfmMod *mod, int c, int m, bool two, const char *name);
/* What only the published form has: the noise of stage 1, and its up-sampling block to level q. */
void rvs__jsfm_load_published_noise (RvsLoader *loader, RvsJsfmNet *net);
void rvs__jsfm_load_published_ufsb (RvsLoader *loader, RvsJsfmNet *net, int q);

#endif
