/* SPDX-License-Identifier: GPL-3.0-or-later
 * jsfm.c: the JSFM generator as two straight lines, stage 1 and stage 2. Equations: docs/weights-format.md.
 *
 * Memory: tensors are pushed in the order in which they die, the longest-lived first, so that the last stage
 * (at 512, by far the largest) has the earlier ones' memory back when its peak comes. */
#include "net/jsfm_net.h"

#include <assert.h>
#include <string.h>

/* One call: the network, where it runs, and how much of the degraded photo it obeys. */
typedef struct Pass
{
  const RvsJsfmNet *net;
  RvsExec          *exec;
  float             w;
  RvsTensor         w_maps[N_LEVELS]; /* data used where has_map */
  bool              has_map;
} Pass;

/* What a modulation is guided by at one resolution: a from the degraded photo, b from the stage image.
 * Shared: finished guides (b possibly of half the size). Published: [image | map], trunks follow. */
typedef struct Reference
{
  const RvsTensor *a, *b;
} Reference;

static RvsTensor
level_tensor (RvsExec *exec, int channels, int level)
{
  int side = rvs__level_side (level);

  return rvs__exec_tensor (exec, channels, side, side);
}

static void
conv_lrelu (RvsExec *exec, const RvsConv *conv, const RvsTensor *in, RvsTensor *out)
{
  const RvsEpilogue epilogue = { .act = RVS_ACT_LRELU };

  rvs__conv2d (exec, conv, in, &epilogue, out);
}

static void
conv_norm (RvsExec *exec, const RvsConv *conv, const RvsTensor *in, RvsNorm *norm, RvsTensor *out)
{
  const RvsEpilogue epilogue = { .norm = norm };

  rvs__conv2d (exec, conv, in, &epilogue, out);
}

/* ---- inputs: [L_r | M_r], 22 channels, for r = 16 .. min (256, size) ---- */

static void
inputs_shared (RvsExec *exec, const RvsTensor *face, const RvsTensor *map, int top, RvsTensor inputs[N_LEVELS])
{
  RvsTensor image = *face;

  for (int l = top; l >= LEVEL_16; l--)
    {
      RvsTensor photo = rvs__channels (&inputs[l], 0, 3), classes = rvs__channels (&inputs[l], 3, RVS_N_CLASSES), above;

      if (l == LEVEL_512)
        continue; /* the photo itself; its map is never used */
      if (l == top)
        rvs__copy (exec, face, &photo);
      else
        rvs__down2 (exec, &image, &photo);
      image = photo;
      if (l == LEVEL_256)
        rvs__up2 (exec, map, &classes);
      else if (l == LEVEL_128)
        rvs__copy (exec, map, &classes);
      else
        {
          above = rvs__channels (&inputs[l + 1], 3, RVS_N_CLASSES);
          rvs__down2 (exec, &above, &classes);
        }
    }
}

/* Everything straight from the photo's size, as the published code does. Its map is one-hot at that size; ours is
 * made one-hot and enlarged without smoothing. */
static void
inputs_published (RvsExec *exec, const RvsTensor *face, const RvsTensor *map, int top, RvsTensor inputs[N_LEVELS])
{
  size_t    mark = rvs__arena_mark (exec->arena);
  RvsTensor hard = rvs__exec_tensor (exec, RVS_N_CLASSES, map->h, map->w);

  rvs__one_hot (exec, map, &hard);
  while (hard.h < face->h)
    {
      RvsTensor twice = rvs__exec_tensor (exec, RVS_N_CLASSES, 2 * hard.h, 2 * hard.w);

      rvs__up2_nearest (exec, &hard, &twice);
      hard = twice;
    }
  for (int l = LEVEL_16; l <= LEVEL_256 && l <= top; l++)
    {
      RvsTensor photo = rvs__channels (&inputs[l], 0, 3), classes = rvs__channels (&inputs[l], 3, RVS_N_CLASSES);

      rvs__bicubic (exec, face, &photo);
      rvs__bicubic (exec, &hard, &classes);
    }
  rvs__arena_release (exec->arena, mark);
}

static void
make_inputs (const Pass *pass, const RvsTensor *face, const RvsTensor *map, RvsTensor inputs[N_LEVELS])
{
  for (int l = LEVEL_16; l <= LEVEL_256 && l <= pass->net->top; l++)
    inputs[l] = level_tensor (pass->exec, N_INPUTS, l);
  if (pass->net->published)
    inputs_published (pass->exec, face, map, pass->net->top, inputs);
  else
    inputs_shared (pass->exec, face, map, pass->net->top, inputs);
}

/* ---- modulation and blocks ---- */

/* The guide itself, or the published network's own trunk over it (from the arena). */
static RvsTensor
guide (const Pass *pass, const RvsConv *trunk, const RvsTensor *reference)
{
  RvsTensor out;

  if (trunk->c_out == 0)
    return *reference;
  out = rvs__exec_tensor (pass->exec, trunk->c_out, reference->h, reference->w);
  conv_lrelu (pass->exec, trunk, reference, &out);
  return out;
}

/* how: lrelu, accumulate, shuffle and noise; the rest is filled in here. */
static void
modulate (const Pass *pass, const RvsJsfmMod *mod, const Reference *reference, const RvsNorm *norm, int level, RvsModulation how,
          const RvsTensor *x, RvsTensor *out)
{
  size_t    mark = rvs__arena_mark (pass->exec->arena);
  RvsTensor a = guide (pass, &mod->trunk_a, reference->a), b = { 0 };

  how.norm = norm;
  how.head_a = &mod->head_a;
  how.a = &a;
  how.w = pass->w;
  how.w_map = pass->has_map ? &pass->w_maps[level] : NULL;
  if (mod->head_b.c_out > 0)
    {
      b = guide (pass, &mod->trunk_b, reference->b);
      how.head_b = &mod->head_b;
      how.b = &b;
    }
  rvs__modulate (pass->exec, &how, x, out);
  rvs__arena_release (pass->exec->arena, mark);
}

/* x += c1 (lrelu (mod (c0 (lrelu (mod (x)))))); norm: of x */
static void
res_block (const Pass *pass, const RvsJsfmRes *res, const Reference *reference, const RvsNorm *norm, int level, RvsTensor *x)
{
  RvsExec            *exec = pass->exec;
  size_t              mark = rvs__arena_mark (exec->arena);
  RvsNorm             inner = rvs__exec_norm (exec, x->c);
  RvsTensor           r = level_tensor (exec, x->c, level), t = level_tensor (exec, x->c, level);
  const RvsModulation how = { .lrelu = true };
  const RvsEpilogue   add_x = { .add = x };

  modulate (pass, &res->n0, reference, norm, level, how, x, &t);
  conv_norm (exec, &res->c0, &t, &inner, &r);
  modulate (pass, &res->n1, reference, &inner, level, how, &r, &r);
  rvs__conv2d (exec, &res->c1, &r, &add_x, x);
  rvs__arena_release (exec->arena, mark);
}

/* x at level - 1 -> y, half the channels at level. The noise plane has x's size, as the contract says. */
static void
ufsb_shared (const Pass *pass, const RvsJsfmUfsb *u, const Reference *reference, const RvsJsfmKnobs *knobs, int level,
             const RvsTensor *x, RvsTensor *y)
{
  RvsExec      *exec = pass->exec;
  size_t        mark = rvs__arena_mark (exec->arena);
  RvsNorm       norm = rvs__exec_norm (exec, 2 * x->c);
  RvsTensor     both = level_tensor (exec, 2 * x->c, level - 1);
  RvsModulation how = { .lrelu = true,
                        .shuffle = true,
                        .noise_gain = rvs__exec_idle (exec) ? 0 : knobs->noise_gain * *u->noise,
                        .noise_seed = knobs->seed,
                        .noise_stage = (uint32_t)rvs__level_side (level) };

  conv_norm (exec, &u->ab, x, &norm, &both);
  modulate (pass, &u->n, reference, &norm, level - 1, how, &both, y);
  rvs__arena_release (exec->arena, mark);
}

/* Two branches, the second a sum of three modulated convolutions; activation twice, noise after the shuffle. */
static void
ufsb_published (const Pass *pass, const RvsJsfmUfsb *u, const Reference *reference, const RvsJsfmKnobs *knobs, int level,
                const RvsTensor *x, RvsTensor *y)
{
  RvsExec  *exec = pass->exec;
  size_t    mark = rvs__arena_mark (exec->arena);
  RvsNorm   norm = rvs__exec_norm (exec, x->c);
  RvsTensor both = level_tensor (exec, 2 * x->c, level - 1), t = level_tensor (exec, x->c, level - 1);
  RvsTensor first = rvs__channels (&both, 0, x->c), second = rvs__channels (&both, x->c, x->c);

  rvs__conv2d (exec, &u->p, x, NULL, &first);
  conv_norm (exec, &u->q, &first, &norm, &t);
  modulate (pass, &u->n, reference, &norm, level - 1, (RvsModulation){ .lrelu = true }, &t, &first);
  for (int i = 0; i < 3; i++)
    {
      conv_norm (exec, &u->amm[i], x, &norm, &t);
      modulate (pass, &u->namm[i], reference, &norm, level - 1, (RvsModulation){ .accumulate = i > 0 }, &t, &second);
    }
  rvs__activate (exec, RVS_ACT_LRELU, &second);
  rvs__activate (exec, RVS_ACT_LRELU, &both);
  rvs__pixel_shuffle (exec, &both, y);
  if (!rvs__exec_idle (exec))
    rvs__add_noise (exec, knobs->noise_gain * *u->noise, knobs->seed, (uint32_t)rvs__level_side (level), y);
  rvs__arena_release (exec->arena, mark);
}

/* The stage image: previous is NULL at 64. photo: L at this level. */
static void
head (const Pass *pass, int level, const RvsTensor *x, const RvsTensor *previous, const RvsTensor *photo, RvsTensor *image)
{
  size_t    mark = rvs__arena_mark (pass->exec->arena);
  RvsTensor da;

  if (!pass->net->gated)
    {
      rvs__conv2d (pass->exec, &pass->net->rgb[level], x, NULL, image);
      return;
    }
  da = level_tensor (pass->exec, 4, level);
  rvs__conv2d (pass->exec, &pass->net->rgb[level], x, NULL, &da);
  rvs__gated_image (pass->exec, &da, previous, photo, pass->w, pass->has_map ? &pass->w_maps[level] : NULL, image);
  rvs__arena_release (pass->exec->arena, mark);
}

/* ---- stage 1 ---- */

size_t
rvs__jsfm_state_floats (const RvsJsfmNet *net)
{
  return (size_t)(net->channels[LEVEL_64] + 3) * 64 * 64;
}

int
rvs__jsfm_size (const RvsJsfmNet *net)
{
  return net->size;
}

static RvsTensor
state_features (const RvsJsfmNet *net, const float *state)
{
  return rvs__tensor ((float *)state, net->channels[LEVEL_64], 64, 64);
}

static RvsTensor
state_image (const RvsJsfmNet *net, const float *state)
{
  return rvs__tensor (state ? (float *)state + (size_t)net->channels[LEVEL_64] * 64 * 64 : NULL, 3, 64, 64);
}

static void
stage1_level (const Pass *pass, int level, const RvsTensor *input, const RvsTensor *x, RvsTensor *out)
{
  const RvsJsfmNet *net = pass->net;
  RvsExec          *exec = pass->exec;
  size_t            mark = rvs__arena_mark (exec->arena);
  RvsNorm           norm = rvs__exec_norm (exec, out->c);
  RvsTensor         a = *input, wide = *x;
  Reference         reference = { &a, NULL };

  if (!net->published)
    {
      a = level_tensor (exec, net->guides[level], level);
      conv_lrelu (exec, &net->gd[level], input, &a);
    }
  if (level > LEVEL_16)
    {
      wide = level_tensor (exec, x->c / 4, level);
      rvs__pixel_shuffle (exec, x, &wide);
      /* Stage 1 does not depend on the knobs: always its full noise, from seed 0. */
      if (net->published && !rvs__exec_idle (exec))
        rvs__add_noise (exec, *net->noise[level], 0, (uint32_t)rvs__level_side (level), &wide);
    }
  conv_norm (exec, level > LEVEL_16 ? &net->m[level] : &net->h, &wide, &norm, out);
  res_block (pass, &net->r[level], &reference, &norm, level, out);
  rvs__arena_release (exec->arena, mark);
}

RvsStatus
rvs__jsfm_stage1 (const RvsJsfmNet *net, RvsExec *exec, const RvsTensor *face, const RvsTensor *map, float *state,
                  RvsTensor *out_s64)
{
  size_t    mark = rvs__arena_mark (exec->arena);
  Pass      pass = { .net = net, .exec = exec, .w = 1 };
  RvsTensor inputs[N_LEVELS] = { 0 }, x[N_LEVELS], image = state_image (net, state), photo;

  assert (face->h == net->size && map->c == RVS_N_CLASSES && map->h == RVS_MAP_SIDE);
  make_inputs (&pass, face, map, inputs);
  x[LEVEL_16] = level_tensor (exec, net->channels[LEVEL_16], LEVEL_16);
  x[LEVEL_32] = level_tensor (exec, net->channels[LEVEL_32], LEVEL_32);
  x[LEVEL_64] = state_features (net, state);
  for (int l = LEVEL_16; l <= LEVEL_64; l++)
    {
      RvsTensor constant = rvs__tensor (net->constant, net->channels[LEVEL_16], 16, 16);

      stage1_level (&pass, l, &inputs[l], l == LEVEL_16 ? &constant : &x[l - 1], &x[l]);
    }
  photo = rvs__channels (&inputs[LEVEL_64], 0, 3);
  head (&pass, LEVEL_64, &x[LEVEL_64], NULL, &photo, &image);
  if (out_s64->data)
    rvs__copy (exec, &image, out_s64);
  rvs__arena_release (exec->arena, mark);
  return rvs__exec_cancelled (exec) ? RVS_ERR_CANCELLED : RVS_OK;
}

/* ---- stage 2 ---- */

/* Everything that stage 2 keeps between its steps. */
typedef struct Stage2
{
  Pass                pass;
  const RvsTensor    *face;
  const RvsJsfmKnobs *knobs;
  RvsTensor           inputs[N_LEVELS];        /* [L | M] */
  RvsTensor           a[N_LEVELS];             /* A_r; unused when published */
  RvsTensor           x[N_LEVELS];             /* features */
  RvsTensor           b_next[N_LEVELS];        /* pj.q (B), half of level q's size; published: [S | M] enlarged */
  RvsTensor           image[N_LEVELS];         /* S_r */
  RvsNorm             norm[N_LEVELS];          /* of x before its residual block */
  size_t              above_inputs, above_top; /* marks: see plan */
} Stage2;

static float
graph_w (const RvsJsfmNet *net, float fidelity)
{
  float w = fidelity;

  for (int i = 1; i < net->w_power; i++)
    w *= fidelity;
  return w;
}

static void
set_w (Pass *pass, const RvsJsfmKnobs *knobs)
{
  RvsTensor *top = &pass->w_maps[pass->net->top];

  pass->w = graph_w (pass->net, knobs->w);
  pass->has_map = knobs->w_map != NULL;
  if (!pass->has_map)
    return;
  *top = level_tensor (pass->exec, 1, pass->net->top);
  if (!rvs__exec_idle (pass->exec))
    for (size_t i = 0; i < top->cs; i++)
      top->data[i] = graph_w (pass->net, knobs->w_map->data[i]);
  for (int l = pass->net->top - 1; l >= LEVEL_64; l--)
    {
      pass->w_maps[l] = level_tensor (pass->exec, 1, l);
      rvs__down2 (pass->exec, &pass->w_maps[l + 1], &pass->w_maps[l]);
    }
}

static void
push_features (Stage2 *s, int level)
{
  s->x[level] = level_tensor (s->pass.exec, s->pass.net->channels[level], level);
}

/* A of the level below is needed for as long as x of this level is made from it. */
static void
push_guide (Stage2 *s, int level)
{
  if (!s->pass.net->published)
    s->a[level] = level_tensor (s->pass.exec, s->pass.net->guides[level], level);
}

/* Pushes every tensor that outlives a step, the longest-lived first, and fills inputs and guides.
 * The last up-sampling begins with a release to above_inputs, the last residual block with one to above_top. */
static void
plan (Stage2 *s, const RvsTensor *map, const float *state, const RvsTensor *out)
{
  const RvsJsfmNet *net = s->pass.net;
  RvsExec          *exec = s->pass.exec;
  int               top = net->top;

  s->x[LEVEL_64] = state_features (net, state);
  s->image[LEVEL_64] = state_image (net, state);
  s->image[top] = *out;
  for (int q = LEVEL_128; q <= top; q++)
    {
      if (q < top)
        s->image[q] = level_tensor (exec, 3, q);
      s->b_next[q] = net->published ? level_tensor (exec, N_INPUTS, q) : level_tensor (exec, net->guides[q], q - 1);
      s->norm[q] = rvs__exec_norm (exec, net->channels[q]);
    }
  if (top == LEVEL_256)
    push_guide (s, top);
  push_features (s, top);
  push_guide (s, top - 1);
  s->above_top = rvs__arena_mark (exec->arena);
  push_features (s, top - 1);
  make_inputs (&s->pass, s->face, map, s->inputs);
  s->above_inputs = rvs__arena_mark (exec->arena);
  for (int l = top - 2; l >= LEVEL_64; l--)
    {
      push_guide (s, l);
      if (l > LEVEL_64)
        push_features (s, l);
    }
  for (int l = LEVEL_64; l <= LEVEL_256 && l <= top && !net->published; l++)
    conv_lrelu (exec, &net->gd[l], &s->inputs[l], &s->a[l]);
}

/* [S_r | M_r] */
static RvsTensor
stage_reference (Stage2 *s, int level)
{
  RvsExec  *exec = s->pass.exec;
  RvsTensor both = level_tensor (exec, N_INPUTS, level);
  RvsTensor image = rvs__channels (&both, 0, 3), classes = rvs__channels (&both, 3, RVS_N_CLASSES);
  RvsTensor map = rvs__channels (&s->inputs[level], 3, RVS_N_CLASSES);

  rvs__copy (exec, &s->image[level], &image);
  rvs__copy (exec, &map, &classes);
  return both;
}

/* B at the level below q, and from it what level q's residual block will use. */
static RvsTensor
shared_guide_b (Stage2 *s, int q)
{
  const RvsJsfmNet *net = s->pass.net;
  RvsExec          *exec = s->pass.exec;
  RvsTensor         guide_b = level_tensor (exec, net->guides[q - 1], q - 1), reference;
  size_t            mark = rvs__arena_mark (exec->arena);

  reference = stage_reference (s, q - 1);
  conv_lrelu (exec, &net->gs[q - 1], &reference, &guide_b);
  rvs__conv2d (exec, &net->pj[q], &guide_b, NULL, &s->b_next[q]);
  rvs__arena_release (exec->arena, mark);
  return guide_b;
}

/* x at q from x at q - 1: the up-sampling block, with the stage image as it is at q - 1. */
static void
widen (Stage2 *s, int q)
{
  const RvsJsfmNet *net = s->pass.net;
  RvsExec          *exec = s->pass.exec;
  size_t            mark = rvs__arena_mark (exec->arena);
  RvsTensor         y = level_tensor (exec, net->channels[q - 1] / 2, q), b;
  Reference         reference = { net->published ? &s->inputs[q - 1] : &s->a[q - 1], &b };

  if (net->published)
    {
      b = stage_reference (s, q - 1);
      rvs__bicubic (exec, &b, &s->b_next[q]);
      ufsb_published (&s->pass, &net->u[q], &reference, s->knobs, q, &s->x[q - 1], &y);
    }
  else
    {
      b = shared_guide_b (s, q);
      ufsb_shared (&s->pass, &net->u[q], &reference, s->knobs, q, &s->x[q - 1], &y);
    }
  conv_norm (exec, &net->m[q], &y, &s->norm[q], &s->x[q]);
  rvs__arena_release (exec->arena, mark);
}

/* A_512 = lrelu (g512 (L_512) + up2 (g512m (A_256))), from the arena. */
static RvsTensor
tap_512 (Stage2 *s)
{
  const RvsJsfmNet *net = s->pass.net;
  RvsExec          *exec = s->pass.exec;
  RvsTensor         a = level_tensor (exec, net->guides[LEVEL_512], LEVEL_512);
  size_t            mark = rvs__arena_mark (exec->arena);
  RvsTensor         low = level_tensor (exec, net->guides[LEVEL_512], LEVEL_256);
  const RvsEpilogue add_a = { .act = RVS_ACT_LRELU, .add = &a, .add_first = true };

  rvs__conv2d (exec, &net->g512m, &s->a[LEVEL_256], NULL, &low);
  rvs__up2 (exec, &low, &a);
  rvs__conv2d (exec, &net->g512, s->face, &add_a, &a);
  rvs__arena_release (exec->arena, mark);
  return a;
}

/* The modulated residual block and the stage image at q. */
static void
refine (Stage2 *s, int q)
{
  const RvsJsfmNet *net = s->pass.net;
  RvsExec          *exec = s->pass.exec;
  size_t            mark = rvs__arena_mark (exec->arena);
  RvsTensor         a, photo;
  Reference         reference = { &a, &s->b_next[q] };

  if (net->published)
    {
      a = level_tensor (exec, N_INPUTS, q);
      rvs__bicubic (exec, &s->inputs[q - 1], &a);
    }
  else
    a = q == LEVEL_512 ? tap_512 (s) : s->a[q];
  res_block (&s->pass, &net->r[q], &reference, &s->norm[q], q, &s->x[q]);
  rvs__arena_release (exec->arena, mark);
  photo = q == net->top ? *s->face : rvs__channels (&s->inputs[q], 0, 3);
  head (&s->pass, q, &s->x[q], &s->image[q - 1], &photo, &s->image[q]);
}

RvsStatus
rvs__jsfm_stage2 (const RvsJsfmNet *net, RvsExec *exec, const RvsTensor *face, const RvsTensor *map, const float *state,
                  const RvsJsfmKnobs *knobs, RvsTensor *out)
{
  size_t    mark = rvs__arena_mark (exec->arena);
  Stage2    s = { .pass = { .net = net, .exec = exec }, .face = face, .knobs = knobs };
  RvsStatus status = RVS_OK;

  assert (face->h == net->size && out->h == net->size && map->h == RVS_MAP_SIDE);
  set_w (&s.pass, knobs);
  plan (&s, map, state, out);
  for (int q = LEVEL_128; q <= net->top && status == RVS_OK; q++)
    {
      if (q == net->top)
        rvs__arena_release (exec->arena, s.above_inputs);
      widen (&s, q);
      /* In the published network the level below's inputs guide the last block too. */
      if (q == net->top && !net->published)
        rvs__arena_release (exec->arena, s.above_top);
      refine (&s, q);
      if (!rvs__exec_idle (exec) && knobs->stage && !knobs->stage (knobs->user, &s.image[q]))
        status = RVS_ERR_CANCELLED;
    }
  rvs__arena_release (exec->arena, mark);
  return rvs__exec_cancelled (exec) ? RVS_ERR_CANCELLED : status;
}
