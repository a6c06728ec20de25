/* SPDX-License-Identifier: GPL-3.0-or-later
 * sgpn_blocks.c: a picture's style is folded into the weights, once for each convolution; then all are plain ones. */
#include "net/sgpn_blocks.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const float gain = 1.41421356237f; /* keeps the variance that the leaky rectifier takes */

/* ---- loading ---- */

static void
load_styled (RvsLoader *loader, RvsStyled *styled, int c_out, int c_in, int k, int style, const char *name)
{
  rvs__load_conv_shape (loader, &styled->conv, c_out, c_in, k, k);
  rvs__load_conv_part (loader, &styled->conv, 0, c_out, false, "%s", name);
  rvs__load_linear (loader, &styled->scale, c_in, style, "%s.scale", name);
}

static void
load_vector (RvsLoader *loader, float **out, int n, const char *name, const char *which)
{
  const size_t shape[1] = { (size_t)n };

  rvs__load_tensor (loader, out, 1, shape, "%s.%s", name, which);
}

void
rvs__sgpn_load_fusion (RvsLoader *loader, RvsFusion *block, int c_in, int c_out, int style, const char *name)
{
  char part[48];

  snprintf (part, sizeof part, "%s.conv", name);
  load_styled (loader, &block->conv, c_out, c_in, 3, style, part);
  rvs__load_conv (loader, &block->mask, c_out, 3 * c_out, 1, "%s.mask", name);
  load_vector (loader, &block->k, 1, name, "k");
  load_vector (loader, &block->b, 2 * c_out, name, "b");
}

void
rvs__sgpn_load_level (RvsLoader *loader, RvsSgpnLevel *level, int c_in, int c_out, int style, const char *name)
{
  char part[48];

  snprintf (part, sizeof part, "%s.up", name);
  load_styled (loader, &level->up, c_out, c_in, 3, style, part);
  rvs__load_conv (loader, &level->join, c_out, 2 * c_out, 3, "%s.join", name);
  load_vector (loader, &level->b, c_out, name, "b");
}

void
rvs__sgpn_load_head (RvsLoader *loader, RvsSgpnHead *head, int c_in, int style, const char *name)
{
  load_styled (loader, &head->conv, 4, c_in, 1, style, name);
  load_vector (loader, &head->b, 4, name, "bias");
}

/* ---- styles ---- */

/* weight[(input, tap)][output] *= s[input]; then, unless plain, every output's by 1 / its norm. */
static void
fold (const RvsConv *conv, const float *s, bool plain, float *weight)
{
  const int taps = conv->kh * conv->kw;

  for (int i = 0; i < conv->c_in * taps * conv->c_out; i++)
    weight[i] = conv->weight[i] * s[i / (taps * conv->c_out)];
  for (int o = 0; !plain && o < conv->c_out; o++)
    {
      double sum = 1e-8;
      for (int i = o; i < conv->c_in * taps * conv->c_out; i += conv->c_out)
        sum += (double)weight[i] * weight[i];
      const float d = (float)(1 / sqrt (sum));
      for (int i = o; i < conv->c_in * taps * conv->c_out; i += conv->c_out)
        weight[i] *= d;
    }
}

/* The convolution for a style; its weights are exec's arena's. plain: not demodulated. */
static RvsConv
styled (RvsExec *exec, const RvsStyled *of, bool plain, const float *z)
{
  RvsConv conv = of->conv;
  float  *s = rvs__arena_floats (exec->arena, (size_t)conv.c_in);

  conv.weight = rvs__arena_floats (exec->arena, (size_t)(conv.c_in * conv.kh * conv.kw) * (size_t)conv.c_out);
  rvs__linear (exec, &of->scale, z, s);
  if (!rvs__exec_idle (exec))
    fold (&of->conv, s, plain, conv.weight);
  return conv;
}

/* ---- blocks ---- */

/* y = conv (x), enlarged if wanted. */
static void
styled_conv (RvsExec *exec, const RvsStyled *of, bool up, const RvsTensor *x, const float *z, RvsTensor *y)
{
  const size_t  mark = rvs__arena_mark (exec->arena);
  const RvsConv conv = styled (exec, of, false, z);
  RvsTensor     small = up ? rvs__exec_tensor (exec, y->c, x->h, x->w) : *y;

  rvs__conv2d (exec, &conv, x, NULL, &small);
  if (up)
    rvs__up2 (exec, &small, y);
  rvs__arena_release (exec->arena, mark);
}

typedef struct Channels
{
  const RvsFusion   *block;
  const RvsSgpnTold *told;
  const RvsTensor   *photo, *mesh;
  const float       *bias;
  RvsTensor         *mask, *out;
} Channels;

static float
biased (float v, float bias)
{
  v += bias;
  return (v > 0 ? v : v * .2f) * gain;
}

static const float *
w_of (const RvsSgpnTold *told)
{
  return told->w_map ? told->w_map->data : NULL;
}

/* Channel i of both: the second one is the mixture of photo and mesh. The mask becomes what it is after the confidence. */
static void
fuse_channel (void *context, int i, int worker)
{
  Channels    *ch = context;
  const int    c = ch->photo->c;
  const float *p = rvs__channel (ch->photo, i), *m = rvs__channel (ch->mesh, i);
  float       *y = rvs__channel (ch->out, i), *mixed = rvs__channel (ch->out, c + i), *mask = rvs__channel (ch->mask, i);
  const float *w = w_of (ch->told);

  (void)worker;
  for (size_t at = 0; at < (size_t)ch->photo->h * (size_t)ch->photo->w; at++)
    {
      mask[at] = 1 - (1 - mask[at]) * ch->told->c;
      const float k = (w ? w[at] : ch->told->w) * ch->block->k[0];
      mixed[at] = biased (k * (mask[at] * p[at] + (1 - mask[at]) * m[at]), ch->block->b[c + i]);
      y[at] = biased (y[at], ch->block->b[i]);
    }
}

void
rvs__sgpn_fuse (RvsExec *exec, const RvsFusion *block, bool up, const RvsTensor *x, const RvsTensor *photo, const RvsTensor *mesh,
                const RvsSgpnTold *told, RvsTensor *out, RvsTensor *trusted)
{
  static const RvsEpilogue with_sigmoid = { .act = RVS_ACT_SIGMOID };
  const size_t             mark = rvs__arena_mark (exec->arena);
  const int                c = photo->c;
  RvsTensor                all = rvs__exec_tensor (exec, 3 * c, out->h, out->w), own = rvs__exec_tensor (exec, c, out->h, out->w);
  RvsTensor                y = rvs__channels (out, 0, c), *mask = trusted ? trusted : &own;
  const RvsTensor         *parts[3] = { &y, photo, mesh };
  Channels                 ch = { block, told, photo, mesh, NULL, mask, out };

  styled_conv (exec, &block->conv, up, x, told->z, &y);
  for (int i = 0; i < 3; i++)
    {
      RvsTensor part = rvs__channels (&all, i * c, c);
      rvs__copy (exec, parts[i], &part);
    }
  rvs__conv2d (exec, &block->mask, &all, &with_sigmoid, mask);
  rvs__exec_run (exec, fuse_channel, &ch, c);
  rvs__arena_release (exec->arena, mark);
}

/* Channel i of both: bias and rectifier; the photo's, by w. */
static void
skip_channel (void *context, int i, int worker)
{
  Channels    *ch = context;
  const float *p = rvs__channel (ch->photo, i);
  float       *y = rvs__channel (ch->out, i), *skip = rvs__channel (ch->out, ch->photo->c + i);
  const float *w = w_of (ch->told);

  (void)worker;
  for (size_t at = 0; at < (size_t)ch->photo->h * (size_t)ch->photo->w; at++)
    {
      y[at] = biased (y[at], ch->bias[i]);
      skip[at] = (w ? w[at] : ch->told->w) * p[at];
    }
}

void
rvs__sgpn_rise (RvsExec *exec, const RvsSgpnLevel *level, const RvsTensor *x, const RvsTensor *photo, const RvsSgpnTold *told,
                RvsTensor *out)
{
  static const RvsEpilogue with_lrelu = { .act = RVS_ACT_LRELU };
  const size_t             mark = rvs__arena_mark (exec->arena);
  RvsTensor                both = rvs__exec_tensor (exec, 2 * out->c, out->h, out->w), y = rvs__channels (&both, 0, out->c);
  Channels                 ch = { NULL, told, photo, NULL, level->b, NULL, &both };

  styled_conv (exec, &level->up, true, x, told->z, &y);
  rvs__exec_run (exec, skip_channel, &ch, out->c);
  rvs__conv2d (exec, &level->join, &both, &with_lrelu, out);
  rvs__arena_release (exec->arena, mark);
}

void
rvs__sgpn_show (RvsExec *exec, const RvsSgpnHead *head, const RvsTensor *x, const RvsTensor *previous, const RvsTensor *photo,
                const RvsSgpnTold *told, RvsTensor *out)
{
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsConv      conv = styled (exec, &head->conv, true, told->z);
  RvsTensor    da = rvs__exec_tensor (exec, 4, x->h, x->w);

  conv.bias = head->b;
  rvs__conv2d (exec, &conv, x, NULL, &da);
  rvs__gated_image (exec, &da, previous, photo, told->w, told->w_map, out);
  rvs__arena_release (exec->arena, mark);
}
