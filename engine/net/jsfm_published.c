/* SPDX-License-Identifier: GPL-3.0-or-later
 * jsfm_published.c: the JSFM generator in the size that was published, as two straight lines: every modulation makes its own guides
 * from [image | map]. Equations: docs/weights-format.md. */
#include "net/jsfm_net.h"

#include <stdio.h>

/* ---- loading ---- */

void
rvs__jsfm_load_published_noise (RvsLoader *loader, RvsJsfmNet *net)
{
  const size_t one[1] = { 1 };

  for (int l = LEVEL_32; l <= LEVEL_64; l++)
    rvs__load_tensor (loader, &net->noise[l], 1, one, "noise.%d", rvs__jsfm_side (l));
}

void
rvs__jsfm_load_published_ufsb (RvsLoader *loader, RvsJsfmNet *net, int q)
{
  static const char branch[3] = { 'h', 'v', 's' };
  static const int  kh[3] = { 1, 3, 3 }, kw[3] = { 3, 1, 3 };
  RvsJsfmUfsb      *u = &net->u[q];
  const int         c = net->channels[q - 1], m = net->guides[q - 1], side = rvs__jsfm_side (q);
  char              name[32];

  rvs__load_conv (loader, &u->p, c, c, 1, "u.%d.p", side);
  rvs__load_conv (loader, &u->q, c, c, 3, "u.%d.q", side);
  snprintf (name, sizeof name, "u.%d.n", side);
  rvs__jsfm_load_mod (loader, net, &u->n, c, m, true, name);
  for (int i = 0; i < 3; i++)
    {
      rvs__load_conv_shape (loader, &u->amm[i], c, c, kh[i], kw[i]);
      rvs__load_conv_part (loader, &u->amm[i], 0, c, false, "u.%d.%c", side, branch[i]);
      snprintf (name, sizeof name, "u.%d.n%c", side, branch[i]);
      rvs__jsfm_load_mod (loader, net, &u->namm[i], c, m, true, name);
    }
}

/* ---- inputs ---- */

/* Of the face's size, from the arena. The published map is one-hot at that size; ours is made one-hot and enlarged without
 * smoothing. */
static RvsTensor
hard_map (RvsExec *exec, const RvsTensor *map, int side)
{
  RvsTensor hard = rvs__exec_tensor (exec, RVS_N_CLASSES, map->h, map->w);

  rvs__one_hot (exec, map, &hard);
  while (hard.h < side)
    {
      RvsTensor twice = rvs__exec_tensor (exec, RVS_N_CLASSES, 2 * hard.h, 2 * hard.w);

      rvs__up2_nearest (exec, &hard, &twice);
      hard = twice;
    }
  return hard;
}

/* [L_r | M_r], everything straight from the photo's size, as the published code does. */
static void
make_inputs (RvsExec *exec, const RvsFaceIn *in, int top, RvsTensor inputs[N_LEVELS])
{
  size_t    mark = rvs__arena_mark (exec->arena);
  RvsTensor hard = hard_map (exec, &in->map, in->face.h);

  for (int l = LEVEL_16; l <= LEVEL_256 && l <= top; l++)
    {
      RvsTensor photo = rvs__channels (&inputs[l], 0, 3), classes = rvs__channels (&inputs[l], 3, RVS_N_CLASSES);

      rvs__bicubic (exec, &in->face, &photo);
      rvs__bicubic (exec, &hard, &classes);
    }
  rvs__arena_release (exec->arena, mark);
}

/* ---- stage 1 ---- */

void
rvs__jsfm_published_stage1 (const RvsJsfmPass *pass, const RvsFaceIn *in, RvsTensor inputs[N_LEVELS], RvsTensor *x)
{
  const RvsJsfmNet *net = pass->net;
  const RvsTensor   constant = rvs__tensor (net->constant, net->channels[LEVEL_16], 16, 16);

  make_inputs (pass->exec, in, net->top, inputs);
  for (int l = LEVEL_16; l <= LEVEL_64; l++)
    rvs__jsfm_stage1_level (pass, l, &inputs[l], net->noise[l], l == LEVEL_16 ? &constant : &x[l - 1], &x[l]);
}

/* ---- stage 2 ---- */

static void
push_all (RvsJsfmRun *run, const float *state, const RvsTensor *out)
{
  const int top = run->pass.net->top;

  rvs__jsfm_push_images (run, state, out);
  for (int q = LEVEL_128; q <= top; q++)
    run->b_next[q] = rvs__jsfm_tensor (run->pass.exec, N_INPUTS, q);
  rvs__jsfm_push_features (run, top);
  rvs__jsfm_push_features (run, top - 1);
  rvs__jsfm_push_inputs (&run->pass, run->inputs);
  run->above_inputs = rvs__arena_mark (run->pass.exec->arena);
  for (int l = top - 2; l > LEVEL_64; l--)
    rvs__jsfm_push_features (run, l);
}

/* lrelu (mod (q (p (x)))) */
static void
first_branch (const RvsJsfmRun *run, const RvsJsfmUfsb *u, const RvsJsfmGuides *guides, int level, const RvsTensor *x,
              RvsNorm *norm, RvsTensor *scratch, RvsTensor *out)
{
  rvs__conv2d (run->pass.exec, &u->p, x, NULL, out);
  rvs__jsfm_conv_norm (run->pass.exec, &u->q, out, norm, scratch);
  rvs__jsfm_modulate (&run->pass, &u->n, guides, norm, level, (RvsModulation){ .lrelu = true }, scratch, out);
}

/* lrelu of the sum of three modulated convolutions */
static void
second_branch (const RvsJsfmRun *run, const RvsJsfmUfsb *u, const RvsJsfmGuides *guides, int level, const RvsTensor *x,
               RvsNorm *norm, RvsTensor *scratch, RvsTensor *out)
{
  for (int i = 0; i < 3; i++)
    {
      rvs__jsfm_conv_norm (run->pass.exec, &u->amm[i], x, norm, scratch);
      rvs__jsfm_modulate (&run->pass, &u->namm[i], guides, norm, level, (RvsModulation){ .accumulate = i > 0 }, scratch, out);
    }
  rvs__activate (run->pass.exec, RVS_ACT_LRELU, out);
}

/* x at level - 1 -> y, half the channels at level: both branches, activated once more, shuffled; then the noise. */
static void
ufsb (const RvsJsfmRun *run, const RvsJsfmGuides *guides, int level, const RvsTensor *x, RvsTensor *y)
{
  const RvsJsfmUfsb *u = &run->pass.net->u[level];
  RvsExec           *exec = run->pass.exec;
  size_t             mark = rvs__arena_mark (exec->arena);
  RvsNorm            norm = rvs__exec_norm (exec, x->c);
  RvsTensor          both = rvs__jsfm_tensor (exec, 2 * x->c, level - 1), t = rvs__jsfm_tensor (exec, x->c, level - 1);
  RvsTensor          first = rvs__channels (&both, 0, x->c), second = rvs__channels (&both, x->c, x->c);

  first_branch (run, u, guides, level - 1, x, &norm, &t, &first);
  second_branch (run, u, guides, level - 1, x, &norm, &t, &second);
  rvs__activate (exec, RVS_ACT_LRELU, &both);
  rvs__pixel_shuffle (exec, &both, y);
  if (!rvs__exec_idle (exec))
    rvs__add_noise (exec, run->knobs->noise_gain * *u->noise, run->knobs->seed, (uint32_t)rvs__jsfm_side (level), y);
  rvs__arena_release (exec->arena, mark);
}

/* x at q from x at q - 1: the up-sampling block, with the stage image as it is at q - 1. */
static void
widen (RvsJsfmRun *run, int q)
{
  const RvsJsfmNet   *net = run->pass.net;
  RvsExec            *exec = run->pass.exec;
  size_t              mark = rvs__arena_mark (exec->arena);
  RvsTensor           y = rvs__jsfm_tensor (exec, net->channels[q - 1] / 2, q), b = rvs__jsfm_stage_reference (run, q - 1);
  const RvsJsfmGuides guides = { &run->inputs[q - 1], &b };

  rvs__bicubic (exec, &b, &run->b_next[q]);
  ufsb (run, &guides, q, &run->x[q - 1], &y);
  rvs__jsfm_conv_norm (exec, &net->m[q], &y, &run->norm[q], &run->x[q]);
  rvs__arena_release (exec->arena, mark);
}

/* The modulated residual block and the stage image at q. */
static void
refine (RvsJsfmRun *run, int q)
{
  RvsExec            *exec = run->pass.exec;
  size_t              mark = rvs__arena_mark (exec->arena);
  RvsTensor           a = rvs__jsfm_tensor (exec, N_INPUTS, q), photo = rvs__jsfm_photo_at (run, q);
  const RvsJsfmGuides guides = { &a, &run->b_next[q] };

  rvs__bicubic (exec, &run->inputs[q - 1], &a);
  rvs__jsfm_res_block (&run->pass, &run->pass.net->r[q], &guides, &run->norm[q], q, &run->x[q]);
  rvs__arena_release (exec->arena, mark);
  rvs__jsfm_head (&run->pass, q, &run->x[q], &run->image[q - 1], &photo, &run->image[q]);
}

/* The inputs of the level below the top guide the last block too: only what lies above them is given back before the top. */
RvsStatus
rvs__jsfm_published_stage2 (RvsJsfmRun *run, const float *state, const RvsTensor *out)
{
  const int top = run->pass.net->top;

  push_all (run, state, out);
  make_inputs (run->pass.exec, run->in, top, run->inputs);
  for (int q = LEVEL_128; q <= top; q++)
    {
      if (q == top)
        rvs__arena_release (run->pass.exec->arena, run->above_inputs);
      widen (run, q);
      refine (run, q);
      if (!rvs__jsfm_show (run, q))
        return RVS_ERR_CANCELLED;
    }
  return RVS_OK;
}
