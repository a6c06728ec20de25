/* SPDX-License-Identifier: GPL-3.0-or-later
 * jsfm_blocks.c: what both forms of the JSFM generator are made of. Equations: docs/weights-format.md. */
#include "net/jsfm_net.h"

RvsTensor
rvs__jsfm_tensor (RvsExec *exec, int channels, int level)
{
  int side = rvs__jsfm_side (level);

  return rvs__exec_tensor (exec, channels, side, side);
}

void
rvs__jsfm_push_inputs (const RvsJsfmPass *pass, RvsTensor inputs[N_LEVELS])
{
  for (int l = LEVEL_16; l <= LEVEL_256 && l <= pass->net->top; l++)
    inputs[l] = rvs__jsfm_tensor (pass->exec, N_INPUTS, l);
}

void
rvs__jsfm_conv_lrelu (RvsExec *exec, const RvsConv *conv, const RvsTensor *in, RvsTensor *out)
{
  const RvsEpilogue epilogue = { .act = RVS_ACT_LRELU };

  rvs__conv2d (exec, conv, in, &epilogue, out);
}

void
rvs__jsfm_conv_norm (RvsExec *exec, const RvsConv *conv, const RvsTensor *in, RvsNorm *norm, RvsTensor *out)
{
  const RvsEpilogue epilogue = { .norm = norm };

  rvs__conv2d (exec, conv, in, &epilogue, out);
}

/* ---- modulation and blocks ---- */

/* The guide itself, or the published network's own trunk over it (from the arena). */
static RvsTensor
guide (const RvsJsfmPass *pass, const RvsConv *trunk, const RvsTensor *reference)
{
  RvsTensor out;

  if (trunk->c_out == 0)
    return *reference;
  out = rvs__exec_tensor (pass->exec, trunk->c_out, reference->h, reference->w);
  rvs__jsfm_conv_lrelu (pass->exec, trunk, reference, &out);
  return out;
}

void
rvs__jsfm_modulate (const RvsJsfmPass *pass, const RvsJsfmMod *mod, const RvsJsfmGuides *guides, const RvsNorm *norm, int level,
                    RvsModulation how, const RvsTensor *x, RvsTensor *out)
{
  size_t    mark = rvs__arena_mark (pass->exec->arena);
  RvsTensor a = guide (pass, &mod->trunk_a, guides->a), b = { 0 };

  how.norm = norm;
  how.head_a = &mod->head_a;
  how.a = &a;
  how.w = pass->w;
  how.w_map = pass->has_map ? &pass->w_maps[level] : NULL;
  if (mod->head_b.c_out > 0)
    {
      b = guide (pass, &mod->trunk_b, guides->b);
      how.head_b = &mod->head_b;
      how.b = &b;
    }
  rvs__modulate (pass->exec, &how, x, out);
  rvs__arena_release (pass->exec->arena, mark);
}

void
rvs__jsfm_res_block (const RvsJsfmPass *pass, const RvsJsfmRes *res, const RvsJsfmGuides *guides, const RvsNorm *norm, int level,
                     RvsTensor *x)
{
  RvsExec            *exec = pass->exec;
  size_t              mark = rvs__arena_mark (exec->arena);
  RvsNorm             inner = rvs__exec_norm (exec, x->c);
  RvsTensor           r = rvs__jsfm_tensor (exec, x->c, level), t = rvs__jsfm_tensor (exec, x->c, level);
  const RvsModulation how = { .lrelu = true };
  const RvsEpilogue   add_x = { .add = x };

  rvs__jsfm_modulate (pass, &res->n0, guides, norm, level, how, x, &t);
  rvs__jsfm_conv_norm (exec, &res->c0, &t, &inner, &r);
  rvs__jsfm_modulate (pass, &res->n1, guides, &inner, level, how, &r, &r);
  rvs__conv2d (exec, &res->c1, &r, &add_x, x);
  rvs__arena_release (exec->arena, mark);
}

void
rvs__jsfm_head (const RvsJsfmPass *pass, int level, const RvsTensor *x, const RvsTensor *previous, const RvsTensor *photo,
                RvsTensor *image)
{
  size_t    mark = rvs__arena_mark (pass->exec->arena);
  RvsTensor da;

  if (!pass->net->gated)
    {
      rvs__conv2d (pass->exec, &pass->net->rgb[level], x, NULL, image);
      return;
    }
  da = rvs__jsfm_tensor (pass->exec, 4, level);
  rvs__conv2d (pass->exec, &pass->net->rgb[level], x, NULL, &da);
  rvs__gated_image (pass->exec, &da, previous, photo, pass->w, pass->has_map ? &pass->w_maps[level] : NULL, image);
  rvs__arena_release (pass->exec->arena, mark);
}

/* ---- stage 1 ---- */

void
rvs__jsfm_stage1_level (const RvsJsfmPass *pass, int level, const RvsTensor *a, const float *noise, const RvsTensor *x,
                        RvsTensor *out)
{
  const RvsJsfmNet *net = pass->net;
  RvsExec          *exec = pass->exec;
  size_t            mark = rvs__arena_mark (exec->arena);
  RvsNorm           norm = rvs__exec_norm (exec, out->c);
  RvsTensor         wide = *x;
  RvsJsfmGuides     guides = { a, NULL };

  if (level > LEVEL_16)
    {
      wide = rvs__jsfm_tensor (exec, x->c / 4, level);
      rvs__pixel_shuffle (exec, x, &wide);
    }
  if (noise && !rvs__exec_idle (exec))
    rvs__add_noise (exec, *noise, 0, (uint32_t)rvs__jsfm_side (level), &wide);
  rvs__jsfm_conv_norm (exec, level > LEVEL_16 ? &net->m[level] : &net->h, &wide, &norm, out);
  rvs__jsfm_res_block (pass, &net->r[level], &guides, &norm, level, out);
  rvs__arena_release (exec->arena, mark);
}

RvsTensor
rvs__jsfm_state_features (const RvsJsfmNet *net, const float *state)
{
  return rvs__tensor ((float *)state, net->channels[LEVEL_64], 64, 64);
}

RvsTensor
rvs__jsfm_state_image (const RvsJsfmNet *net, const float *state)
{
  return rvs__tensor (state ? (float *)state + (size_t)net->channels[LEVEL_64] * 64 * 64 : NULL, 3, 64, 64);
}

/* ---- stage 2 ---- */

static float
graph_w (const RvsJsfmNet *net, float fidelity)
{
  float w = fidelity;

  for (int i = 1; i < net->w_power; i++)
    w *= fidelity;
  return w;
}

void
rvs__jsfm_set_w (RvsJsfmPass *pass, const RvsFaceIn *in, float fidelity)
{
  RvsTensor *top = &pass->w_maps[pass->net->top];

  pass->w = graph_w (pass->net, fidelity);
  pass->has_map = in->w_map.c > 0;
  if (!pass->has_map)
    return;
  *top = rvs__jsfm_tensor (pass->exec, 1, pass->net->top);
  if (!rvs__exec_idle (pass->exec))
    for (size_t i = 0; i < top->cs; i++)
      top->data[i] = graph_w (pass->net, in->w_map.data[i]);
  for (int l = pass->net->top - 1; l >= LEVEL_64; l--)
    {
      pass->w_maps[l] = rvs__jsfm_tensor (pass->exec, 1, l);
      rvs__down2 (pass->exec, &pass->w_maps[l + 1], &pass->w_maps[l]);
    }
}

void
rvs__jsfm_push_images (RvsJsfmRun *run, const float *state, const RvsTensor *out)
{
  const RvsJsfmNet *net = run->pass.net;
  RvsExec          *exec = run->pass.exec;

  run->x[LEVEL_64] = rvs__jsfm_state_features (net, state);
  run->image[LEVEL_64] = rvs__jsfm_state_image (net, state);
  run->image[net->top] = *out;
  for (int q = LEVEL_128; q <= net->top; q++)
    {
      if (q < net->top)
        run->image[q] = rvs__jsfm_tensor (exec, 3, q);
      run->norm[q] = rvs__exec_norm (exec, net->channels[q]);
    }
}

void
rvs__jsfm_push_features (RvsJsfmRun *run, int level)
{
  run->x[level] = rvs__jsfm_tensor (run->pass.exec, run->pass.net->channels[level], level);
}

RvsTensor
rvs__jsfm_stage_reference (RvsJsfmRun *run, int level)
{
  RvsExec  *exec = run->pass.exec;
  RvsTensor both = rvs__jsfm_tensor (exec, N_INPUTS, level);
  RvsTensor image = rvs__channels (&both, 0, 3), classes = rvs__channels (&both, 3, RVS_N_CLASSES);
  RvsTensor map = rvs__channels (&run->inputs[level], 3, RVS_N_CLASSES);

  rvs__copy (exec, &run->image[level], &image);
  rvs__copy (exec, &map, &classes);
  return both;
}

RvsTensor
rvs__jsfm_photo_at (const RvsJsfmRun *run, int q)
{
  return q == run->pass.net->top ? run->in->face : rvs__channels (&run->inputs[q], 0, 3);
}

bool
rvs__jsfm_show (const RvsJsfmRun *run, int level)
{
  return rvs__show_stage (run->pass.exec, run->sink, &run->image[level]);
}
