/* SPDX-License-Identifier: GPL-3.0-or-later
 * ops.h: the operators that the networks' forward passes are written in.
 *
 * An operator asserts its shapes and cannot fail. It takes its scratch from exec->arena and gives it back.
 * While the arena measures, and once exec->cancel is set, it returns at once: so a forward pass is a straight line
 * that looks at rvs__exec_cancelled at its end. Tensors given to a measuring pass have data NULL.
 * The work is cut into pieces that depend on shapes only: the same bytes for any number of threads. */
#ifndef RVS_OPS_OPS_H
#define RVS_OPS_OPS_H

#include "core/exec.h"
#include "kernels/kernels.h"

#include <stdbool.h>

/* ---- execution ---- */

bool rvs__exec_cancelled (const RvsExec *exec);
/* True when operators must not touch memory: measuring or cancelled. */
bool rvs__exec_idle (const RvsExec *exec);
/* Runs task over n_items on the pool, unless idle. */
void rvs__exec_run (RvsExec *exec, RvsTask task, void *context, int n_items);
/* A c x h x w tensor from the arena, uninitialised. */
RvsTensor rvs__exec_tensor (RvsExec *exec, int c, int h, int w);

/* ---- convolution ---- */

typedef enum RvsPad
{
  RVS_PAD_ZERO,
  RVS_PAD_REFLECT /* without repeating the edge, as PyTorch's */
} RvsPad;

/* Cross-correlation, padding kh / 2 and kw / 2 (times dilation), square stride. Weights as packed by weights/loader.h:
 * weight[(ci * kh + ky) * kw + kx][co], that is PyTorch's tensor with the output channel moved last. */
typedef struct RvsConv
{
  float *weight;
  float *bias; /* c_out; never NULL (zeros) */
  int    c_in, c_out, kh, kw, stride, dilation;
  RvsPad pad;
  bool   narrow; /* multiplies in bfloat16 where that is quicker (RvsKernels.narrow): alone or as a head of a modulation */
} RvsConv;

/* Instance norm statistics of a tensor's channels. Arrays of c floats. */
typedef struct RvsNorm
{
  float *mean, *rstd; /* rstd = 1 / sqrt (biased variance + 1e-5) */
} RvsNorm;

typedef struct RvsEpilogue
{
  RvsAct           act;
  const RvsTensor *add;       /* added to the result (NULL = none); may be the output itself */
  bool             add_first; /* before the activation instead of after it */
  RvsNorm         *norm;      /* filled with the statistics of the result, unless NULL */
} RvsEpilogue;

/* Side of the output: ceil (side / stride). */
static inline int
rvs__conv_side (const RvsConv *conv, int side)
{
  return (side + conv->stride - 1) / conv->stride;
}

/* out = conv (in) with the epilogue (NULL = nothing but the bias). out must not overlap in. */
void rvs__conv2d (RvsExec *exec, const RvsConv *conv, const RvsTensor *in, const RvsEpilogue *epilogue, RvsTensor *out);
/* lrelu (conv (in)) into a new tensor of exec's arena. */
RvsTensor rvs__conv_lrelu (RvsExec *exec, const RvsConv *conv, const RvsTensor *in);

/* Pixel-adaptive 3x3 convolution: out_t = bias + sum over the window of exp (-|guide_q - guide_t|^2 / 2) weight[q - t] in_q, nothing outside
 * of the picture. guide: any channels, at in's size. out must not overlap in. */
void rvs__adaptive_conv (RvsExec *exec, const RvsConv *conv, const RvsTensor *guide, const RvsTensor *in, RvsTensor *out);
/* Every channel with its own 3x3 kernel of a tensor c x 3 x 3, zero padding. out must not overlap in. */
void rvs__depthwise3 (RvsExec *exec, const RvsTensor *kernels, const RvsTensor *in, RvsTensor *out);

/* ---- instance norm and modulation ---- */

RvsNorm rvs__exec_norm (RvsExec *exec, int c); /* from the arena */
void    rvs__instance_moments (RvsExec *exec, const RvsTensor *x, RvsNorm *norm);

/* The guides of a modulation and its heads. gamma and beta exist only for one band of rows at a time.
 * One guide: out = u * g (a) + b (a). Two: JSFM with w. u = (x - mean) * rstd. */
typedef struct RvsModulation
{
  const RvsNorm   *norm;
  const RvsConv   *head_a; /* guide a -> [g | b] or [gd | bd]: 2C outputs */
  const RvsConv   *head_b; /* guide b -> [gs | bs], or NULL */
  const RvsTensor *a, *b;  /* at x's size; b may have half of it, then it is enlarged (up2) on the way (1x1 heads only) */
  const RvsTensor *w_map;  /* 1 x h x w, or NULL: then w */
  float            w;
  bool             lrelu;
  bool             accumulate; /* out += the result instead of out = (not with shuffle) */
  bool             shuffle;    /* out = pixel_shuffle (result [+ noise]): C/4 x 2h x 2w */
  float            noise_gain; /* shuffle only: result += noise_gain * N (seed, stage, y, x), one h x w plane for all channels */
  uint32_t         noise_seed, noise_stage;
} RvsModulation;

/* out may be x itself unless shuffle. */
void rvs__modulate (RvsExec *exec, const RvsModulation *mod, const RvsTensor *x, RvsTensor *out);

/* ---- resampling ---- */

void rvs__up2 (RvsExec *exec, const RvsTensor *in, RvsTensor *out);     /* bilinear, align_corners=false */
void rvs__up2_add (RvsExec *exec, const RvsTensor *in, RvsTensor *out); /* out += up2 (in) */
void rvs__up2_nearest (RvsExec *exec, const RvsTensor *in, RvsTensor *out);
void rvs__down2 (RvsExec *exec, const RvsTensor *in, RvsTensor *out);         /* 2x2 mean; even sides */
void rvs__bicubic (RvsExec *exec, const RvsTensor *in, RvsTensor *out);       /* a = -0.75, align_corners=false, no anti-aliasing */
void rvs__bilinear (RvsExec *exec, const RvsTensor *in, RvsTensor *out);      /* any sizes, align_corners=false, no anti-aliasing */
void rvs__pixel_shuffle (RvsExec *exec, const RvsTensor *in, RvsTensor *out); /* 4C x h x w -> C x 2h x 2w */
/* C x nh x nw -> n^2 C x h x w, any n: plane n^2 c + n dy + dx holds channel c at (ny + dy, nx + dx). n = 2: the inverse. */
void rvs__pixel_unshuffle (RvsExec *exec, const RvsTensor *in, RvsTensor *out);
/* Means over out's h x w cells, which overlap where the sides do not divide: PyTorch's adaptive average pooling. */
void rvs__mean_cells (RvsExec *exec, const RvsTensor *in, RvsTensor *out);

/* ---- pointwise and others ---- */

void rvs__copy (RvsExec *exec, const RvsTensor *in, RvsTensor *out); /* with rvs__channels: concatenation */
void rvs__add (RvsExec *exec, const RvsTensor *in, RvsTensor *out);  /* out += in */
void rvs__activate (RvsExec *exec, RvsAct act, RvsTensor *x);
void rvs__softmax (RvsExec *exec, const RvsTensor *in, RvsTensor *out); /* over channels; in == out allowed */
void rvs__one_hot (RvsExec *exec, const RvsTensor *in,
                   RvsTensor *out); /* 1 where the channel equals the largest (every one at a tie) */
void rvs__global_mean (RvsExec *exec, const RvsTensor *in, float *out); /* c means */
void rvs__global_max (RvsExec *exec, const RvsTensor *in, float *out);  /* c largest values */
/* out = a cut to [-1,1] - b; out may be a or b. */
void rvs__clipped_difference (RvsExec *exec, const RvsTensor *a, const RvsTensor *b, RvsTensor *out);
/* Planes in [-1,1] to pixels in 0..1, cut to that: h x w x c floats. */
void rvs__interleave (RvsExec *exec, const RvsTensor *in, float *out);
/* out[o] = bias[o] + sum weight (a 1x1 RvsConv) * in */
void rvs__linear (RvsExec *exec, const RvsConv *linear, const float *in, float *out);
/* out[c][y][x] += gain * N (seed, stage, y, x), the same for all channels. */
void rvs__add_noise (RvsExec *exec, float gain, uint32_t seed, uint32_t stage, RvsTensor *out);
/* One sample of that standard normal field: a pure function of its arguments. */
float rvs__noise_at (uint32_t seed, uint32_t stage, int y, int x);
/* The integer hash that it is made of: every bit of the result depends on every bit of v. */
uint64_t rvs__mix (uint64_t v);

/* ---- attention ---- */

/* x[c] *= sigmoid (f (mean of x[c]) + f (largest of x[c])), f = wide (relu (narrow (.))), two linear layers (CBAM's channel half). */
void rvs__channel_attention (RvsExec *exec, const RvsConv *narrow, const RvsConv *wide, RvsTensor *x);
/* x *= sigmoid (conv ([largest over channels, mean over channels])), conv 2 -> 1 (CBAM's spatial half). */
void rvs__spatial_attention (RvsExec *exec, const RvsConv *conv, RvsTensor *x);
/* x += gain * gate * value, element by element: one direction of a bidirectional gated feature fusion. */
void rvs__add_gated (RvsExec *exec, float gain, const RvsTensor *gate, const RvsTensor *value, RvsTensor *x);

/* x[c] += y[c] * sigmoid (wide (relu (narrow (mean)))[c]): the end of a residual channel attention block. mean: of each channel of y. */
void rvs__add_attended (RvsExec *exec, const RvsConv *narrow, const RvsConv *wide, const float *mean, const RvsTensor *y,
                        RvsTensor *x);

/* The gated stage image: da = [d 3 | a 1]. previous NULL: out = d + sigmoid (a) * photo;
 * else U = up2 (previous), out = U + d + w * sigmoid (a) * (photo - U). w_map 1 x h x w or NULL. */
void rvs__gated_image (RvsExec *exec, const RvsTensor *da, const RvsTensor *previous, const RvsTensor *photo, float w,
                       const RvsTensor *w_map, RvsTensor *out);

#endif
