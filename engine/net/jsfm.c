/* SPDX-License-Identifier: GPL-3.0-or-later
 * jsfm.c: the JSFM generator behind the restorers' seam, and its compact form as two straight lines, stage 1 and stage 2. Equations: docs/weights-format.md.
 *
 * Memory: tensors are pushed in the order in which they die, the longest-lived first, so that the last stage
 * (at 512, by far the largest) has the earlier ones' memory back when its peak comes. */
#include "net/jsfm_net.h"

#include <assert.h>

/* ---- inputs: [L_r | M_r], 22 channels, for r = 16 .. min (256, size) ---- */

/* L_r and M_r; the level above has been made. */
static void
input_at (RvsExec *exec, const RvsFaceIn *in, int top, int l, RvsTensor inputs[N_LEVELS])
{
  RvsTensor photo = rvs__channels (&inputs[l], 0, 3), classes = rvs__channels (&inputs[l], 3, RVS_N_CLASSES);
  RvsTensor photo_above = l + 1 < LEVEL_512 ? rvs__channels (&inputs[l + 1], 0, 3) : in->face;
  RvsTensor classes_above = rvs__channels (&inputs[l + 1], 3, RVS_N_CLASSES);

  if (l == top)
    rvs__copy (exec, &in->face, &photo);
  else
    rvs__down2 (exec, &photo_above, &photo);
  if (l == LEVEL_256)
    rvs__up2 (exec, &in->map, &classes);
  else if (l == LEVEL_128)
    rvs__copy (exec, &in->map, &classes);
  else
    rvs__down2 (exec, &classes_above, &classes);
}

static void
make_inputs (RvsExec *exec, const RvsFaceIn *in, int top, RvsTensor inputs[N_LEVELS])
{
  for (int l = top < LEVEL_256 ? top : LEVEL_256; l >= LEVEL_16; l--)
    input_at (exec, in, top, l, inputs);
}

/* ---- stage 1 ---- */

static size_t
state_floats (const void *user)
{
  const RvsJsfmNet *net = user;

  return (size_t)(net->channels[LEVEL_64] + 3) * 64 * 64;
}

static void
stage1 (const RvsJsfmPass *pass, const RvsFaceIn *in, RvsTensor inputs[N_LEVELS], RvsTensor *x)
{
  const RvsJsfmNet *net = pass->net;
  const RvsTensor   constant = rvs__tensor (net->constant, net->channels[LEVEL_16], 16, 16);

  make_inputs (pass->exec, in, net->top, inputs);
  for (int l = LEVEL_16; l <= LEVEL_64; l++)
    {
      size_t    mark = rvs__arena_mark (pass->exec->arena);
      RvsTensor a = rvs__jsfm_tensor (pass->exec, net->guides[l], l);

      rvs__jsfm_conv_lrelu (pass->exec, &net->gd[l], &inputs[l], &a);
      rvs__jsfm_stage1_level (pass, l, &a, NULL, l == LEVEL_16 ? &constant : &x[l - 1], &x[l]);
      rvs__arena_release (pass->exec->arena, mark);
    }
}

static RvsStatus
prepare (const void *user, RvsExec *exec, const RvsFaceIn *in, float *state)
{
  const RvsJsfmNet *net = user;
  size_t            mark = rvs__arena_mark (exec->arena);
  RvsJsfmPass       pass = { .net = net, .exec = exec, .w = 1 };
  RvsTensor         inputs[N_LEVELS] = { 0 }, x[LEVEL_64 + 1], image = rvs__jsfm_state_image (net, state), photo;

  assert (in->face.h == net->size && in->map.c == RVS_N_CLASSES && in->map.h == RVS_MAP_SIDE);
  rvs__jsfm_push_inputs (&pass, inputs);
  x[LEVEL_16] = rvs__jsfm_tensor (exec, net->channels[LEVEL_16], LEVEL_16);
  x[LEVEL_32] = rvs__jsfm_tensor (exec, net->channels[LEVEL_32], LEVEL_32);
  x[LEVEL_64] = rvs__jsfm_state_features (net, state);
  (net->published ? rvs__jsfm_published_stage1 : stage1) (&pass, in, inputs, x);
  photo = rvs__channels (&inputs[LEVEL_64], 0, 3);
  rvs__jsfm_head (&pass, LEVEL_64, &x[LEVEL_64], NULL, &photo, &image);
  rvs__arena_release (exec->arena, mark);
  return rvs__exec_cancelled (exec) ? RVS_ERR_CANCELLED : RVS_OK;
}

/* ---- stage 2 ---- */

/* A of the level below is needed for as long as x of this level is made from it. */
static void
push_guide (RvsJsfmRun *run, int level)
{
  run->a[level] = rvs__jsfm_tensor (run->pass.exec, run->pass.net->guides[level], level);
}

/* Pushes every tensor that outlives a step, the longest-lived first. */
static void
push_all (RvsJsfmRun *run, const float *state, const RvsTensor *out)
{
  const RvsJsfmNet *net = run->pass.net;
  RvsExec          *exec = run->pass.exec;
  int               top = net->top;

  rvs__jsfm_push_images (run, state, out);
  for (int q = LEVEL_128; q <= top; q++)
    run->b_next[q] = rvs__jsfm_tensor (exec, net->guides[q], q - 1);
  if (top == LEVEL_256)
    push_guide (run, top);
  rvs__jsfm_push_features (run, top);
  push_guide (run, top - 1);
  run->above_top = rvs__arena_mark (exec->arena);
  rvs__jsfm_push_features (run, top - 1);
  rvs__jsfm_push_inputs (&run->pass, run->inputs);
  run->above_inputs = rvs__arena_mark (exec->arena);
  for (int l = top - 2; l >= LEVEL_64; l--)
    {
      push_guide (run, l);
      if (l > LEVEL_64)
        rvs__jsfm_push_features (run, l);
    }
}

static void
make_guides (RvsJsfmRun *run)
{
  const RvsJsfmNet *net = run->pass.net;

  for (int l = LEVEL_64; l <= LEVEL_256 && l <= net->top; l++)
    rvs__jsfm_conv_lrelu (run->pass.exec, &net->gd[l], &run->inputs[l], &run->a[l]);
}

/* B at the level below q, and from it what level q's residual block will use. */
static RvsTensor
guide_b (RvsJsfmRun *run, int q)
{
  const RvsJsfmNet *net = run->pass.net;
  RvsExec          *exec = run->pass.exec;
  RvsTensor         b = rvs__jsfm_tensor (exec, net->guides[q - 1], q - 1), reference;
  size_t            mark = rvs__arena_mark (exec->arena);

  reference = rvs__jsfm_stage_reference (run, q - 1);
  rvs__jsfm_conv_lrelu (exec, &net->gs[q - 1], &reference, &b);
  rvs__conv2d (exec, &net->pj[q], &b, NULL, &run->b_next[q]);
  rvs__arena_release (exec->arena, mark);
  return b;
}

/* x at level - 1 -> y, half the channels at level. The noise plane has x's size, as the contract says. */
static void
ufsb (const RvsJsfmRun *run, const RvsJsfmGuides *guides, int level, const RvsTensor *x, RvsTensor *y)
{
  const RvsJsfmUfsb *u = &run->pass.net->u[level];
  RvsExec           *exec = run->pass.exec;
  size_t             mark = rvs__arena_mark (exec->arena);
  RvsNorm            norm = rvs__exec_norm (exec, 2 * x->c);
  RvsTensor          both = rvs__jsfm_tensor (exec, 2 * x->c, level - 1);
  RvsModulation      how = { .lrelu = true,
                             .shuffle = true,
                             .noise_gain = rvs__exec_idle (exec) ? 0 : run->knobs->noise_gain * *u->noise,
                             .noise_seed = run->knobs->seed,
                             .noise_stage = (uint32_t)rvs__jsfm_side (level) };

  rvs__jsfm_conv_norm (exec, &u->ab, x, &norm, &both);
  rvs__jsfm_modulate (&run->pass, &u->n, guides, &norm, level - 1, how, &both, y);
  rvs__arena_release (exec->arena, mark);
}

/* x at q from x at q - 1: the up-sampling block, with the stage image as it is at q - 1. */
static void
widen (RvsJsfmRun *run, int q)
{
  const RvsJsfmNet   *net = run->pass.net;
  RvsExec            *exec = run->pass.exec;
  size_t              mark = rvs__arena_mark (exec->arena);
  RvsTensor           y = rvs__jsfm_tensor (exec, net->channels[q - 1] / 2, q), b = guide_b (run, q);
  const RvsJsfmGuides guides = { &run->a[q - 1], &b };

  ufsb (run, &guides, q, &run->x[q - 1], &y);
  rvs__jsfm_conv_norm (exec, &net->m[q], &y, &run->norm[q], &run->x[q]);
  rvs__arena_release (exec->arena, mark);
}

/* A_512 = lrelu (g512 (L_512) + up2 (g512m (A_256))), from the arena. */
static RvsTensor
tap_512 (RvsJsfmRun *run)
{
  const RvsJsfmNet *net = run->pass.net;
  RvsExec          *exec = run->pass.exec;
  RvsTensor         a = rvs__jsfm_tensor (exec, net->guides[LEVEL_512], LEVEL_512);
  size_t            mark = rvs__arena_mark (exec->arena);
  RvsTensor         low = rvs__jsfm_tensor (exec, net->guides[LEVEL_512], LEVEL_256);
  const RvsEpilogue add_a = { .act = RVS_ACT_LRELU, .add = &a, .add_first = true };

  rvs__conv2d (exec, &net->g512m, &run->a[LEVEL_256], NULL, &low);
  rvs__up2 (exec, &low, &a);
  rvs__conv2d (exec, &net->g512, &run->in->face, &add_a, &a);
  rvs__arena_release (exec->arena, mark);
  return a;
}

/* The modulated residual block and the stage image at q. */
static void
refine (RvsJsfmRun *run, int q)
{
  RvsExec            *exec = run->pass.exec;
  size_t              mark = rvs__arena_mark (exec->arena);
  RvsTensor           a = q == LEVEL_512 ? tap_512 (run) : run->a[q], photo = rvs__jsfm_photo_at (run, q);
  const RvsJsfmGuides guides = { &a, &run->b_next[q] };

  rvs__jsfm_res_block (&run->pass, &run->pass.net->r[q], &guides, &run->norm[q], q, &run->x[q]);
  rvs__arena_release (exec->arena, mark);
  rvs__jsfm_head (&run->pass, q, &run->x[q], &run->image[q - 1], &photo, &run->image[q]);
}

/* The steps at the top begin with the memory of what only the levels below needed. */
static RvsStatus
stage2 (RvsJsfmRun *run, const float *state, const RvsTensor *out)
{
  RvsArena *arena = run->pass.exec->arena;
  const int top = run->pass.net->top;

  push_all (run, state, out);
  make_inputs (run->pass.exec, run->in, top, run->inputs);
  make_guides (run);
  for (int q = LEVEL_128; q <= top; q++)
    {
      if (q == top)
        rvs__arena_release (arena, run->above_inputs);
      widen (run, q);
      if (q == top)
        rvs__arena_release (arena, run->above_top);
      refine (run, q);
      if (!rvs__jsfm_show (run, q))
        return RVS_ERR_CANCELLED;
    }
  return RVS_OK;
}

static RvsStatus
run_from (const void *user, RvsExec *exec, const RvsFaceIn *in, const float *state, const RvsKnobs *knobs, const RvsStageSink *sink,
          RvsTensor *out)
{
  const RvsJsfmNet *net = user;
  size_t            mark = rvs__arena_mark (exec->arena);
  RvsJsfmRun        run = { .pass = { .net = net, .exec = exec }, .in = in, .knobs = knobs, .sink = sink };
  RvsStatus         status = RVS_ERR_CANCELLED;

  assert (in->face.h == net->size && out->h == net->size && in->map.h == RVS_MAP_SIDE);
  run.image[LEVEL_64] = rvs__jsfm_state_image (net, state);
  if (rvs__jsfm_show (&run, LEVEL_64))
    {
      rvs__jsfm_set_w (&run.pass, in, knobs->w);
      status = (net->published ? rvs__jsfm_published_stage2 : stage2) (&run, state, out);
    }
  rvs__arena_release (exec->arena, mark);
  return rvs__exec_cancelled (exec) ? RVS_ERR_CANCELLED : status;
}

static const RvsRestorer restorer = { .state_floats = state_floats, .prepare = prepare, .run = run_from };

const RvsArch rvs__arch_jsfm = { .name = "jsfm",
                                 .contract = "jsfm_srgb_pm1_v1",
                                 .size_key = "jsfm.size",
                                 .bytes = sizeof (RvsJsfmNet),
                                 .configure = rvs__jsfm_configure,
                                 .list = rvs__jsfm_list,
                                 .restorer = &restorer };
