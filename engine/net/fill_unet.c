/* SPDX-License-Identifier: GPL-3.0-or-later
 * fill_unet.c: three halvings, dense attention blocks with a learned position map at 1/8, and back; for the coarse network a small
 * structure stream beside it. */
#include "net/fill_unet.h"

#include <assert.h>
#include <stdio.h>

enum
{
  DOWNS = RVS_FILL_LEVELS - 1,
  INPUTS = 8 /* fill 3, fill * valid 3, valid, edge */
};

/* ---- loading ---- */

static void
load_halving (RvsLoader *loader, RvsConv *conv, int c_out, int c_in, const char *prefix, const char *group, int i)
{
  rvs__load_conv (loader, conv, c_out, c_in, 3, "%s.%s.%d", prefix, group, i);
  conv->stride = 2;
}

static void
load_structure (RvsLoader *loader, RvsFillUnet *net, const char *prefix)
{
  const int *q = net->sizes.structure;
  char       name[48];

  for (int i = 0; i < DOWNS; i++)
    load_halving (loader, &net->into[i], q[i], i ? q[i - 1] : 3, prefix, "s", i);
  snprintf (name, sizeof name, "%s.sb", prefix);
  rvs__fill_load_dense (loader, &net->structure, q[DOWNS - 1], net->sizes.growth / 2, true, name);
  for (int i = 0; i < 2; i++)
    {
      snprintf (name, sizeof name, "%s.g.%d", prefix, i);
      rvs__fill_load_fusion (loader, &net->fusion[i], net->sizes.widths[DOWNS], q[DOWNS - 1], name);
    }
}

void
rvs__fill_load_unet (RvsLoader *loader, RvsFillUnet *net, int c_out, const char *prefix)
{
  const int   *w = net->sizes.widths;
  const size_t map[4] = { 1, (size_t)w[DOWNS], RVS_FILL_DEEP, RVS_FILL_DEEP };
  char         name[48];

  rvs__load_conv (loader, &net->first, w[0], INPUTS, 5, "%s.i", prefix);
  for (int i = 0; i < DOWNS; i++)
    {
      load_halving (loader, &net->down[i], w[i + 1], w[i], prefix, "d", i);
      rvs__load_conv (loader, &net->narrow[i], w[i], w[i + 1], 1, "%s.p.%d", prefix, i);
      rvs__load_conv (loader, &net->own[i], w[i], w[i], 3, "%s.u.%d", prefix, i);
      if (i < DOWNS - 1)
        rvs__load_conv (loader, &net->even[i], w[i + 1], w[i + 1], 3, "%s.e.%d", prefix, i);
    }
  rvs__load_tensor (loader, &net->position, 4, map, "%s.pos", prefix);
  for (int i = 0; i < net->sizes.n_blocks; i++)
    {
      snprintf (name, sizeof name, "%s.b.%d", prefix, i);
      rvs__fill_load_dense (loader, &net->trunk[i], w[DOWNS], net->sizes.growth, true, name);
    }
  rvs__load_conv (loader, &net->last, w[0], w[0], 3, "%s.l", prefix);
  rvs__load_conv (loader, &net->out, c_out, w[0], 3, "%s.out", prefix);
  if (net->sizes.structure[0] > 0)
    load_structure (loader, net, prefix);
}

/* ---- forward ---- */

typedef struct MaskedJob
{
  const RvsTensor *x, *valid, *out;
} MaskedJob;

static void
masked_item (void *context, int c, int worker)
{
  const MaskedJob *job = context;
  const float     *x = rvs__channel (job->x, c);
  float           *out = rvs__channel (job->out, c);

  (void)worker;
  for (size_t i = 0; i < (size_t)job->x->h * (size_t)job->x->w; i++)
    out[i] = x[i] * job->valid->data[i];
}

/* out = x * valid */
static void
masked (RvsExec *exec, const RvsTensor *x, const RvsTensor *valid, RvsTensor *out)
{
  MaskedJob job = { x, valid, out };

  if (!rvs__exec_idle (exec))
    rvs__pool_run (exec->pool, masked_item, &job, x->c);
}

static RvsTensor
texture_inputs (RvsExec *exec, const RvsTensor *fill, const RvsTensor *valid, const RvsTensor *edge)
{
  RvsTensor in = rvs__exec_tensor (exec, INPUTS, fill->h, fill->w), part = rvs__channels (&in, 0, 3);

  rvs__copy (exec, fill, &part);
  part = rvs__channels (&in, 3, 3);
  masked (exec, fill, valid, &part);
  part = rvs__channels (&in, 6, 1);
  rvs__copy (exec, valid, &part);
  part = rvs__channels (&in, 7, 1);
  rvs__copy (exec, edge, &part);
  return in;
}

/* [edge | luma (fill) * valid | valid] */
static RvsTensor
structure_inputs (RvsExec *exec, const RvsTensor *fill, const RvsTensor *valid, const RvsTensor *edge)
{
  RvsTensor in = rvs__exec_tensor (exec, 3, fill->h, fill->w), part = rvs__channels (&in, 0, 1), luma = rvs__channels (&in, 1, 1);
  const size_t n = (size_t)fill->h * (size_t)fill->w;

  rvs__copy (exec, edge, &part);
  part = rvs__channels (&in, 2, 1);
  rvs__copy (exec, valid, &part);
  for (size_t i = 0; !rvs__exec_idle (exec) && i < n; i++)
    luma.data[i] = (.299f * rvs__channel (fill, 0)[i] + .587f * rvs__channel (fill, 1)[i] + .114f * rvs__channel (fill, 2)[i])
                   * valid->data[i];
  return in;
}

/* Features at 1/8; skips: those of the three levels above, which outlive them. */
static RvsTensor
encode (RvsExec *exec, const RvsFillUnet *net, const RvsTensor *inputs, RvsTensor skips[DOWNS])
{
  RvsTensor x = rvs__conv_lrelu (exec, &net->first, inputs);

  for (int i = 0; i < DOWNS; i++)
    {
      skips[i] = x;
      x = rvs__conv_lrelu (exec, &net->down[i], &x);
      if (i < DOWNS - 1)
        x = rvs__conv_lrelu (exec, &net->even[i], &x);
    }
  return x;
}

static void
add_position (RvsExec *exec, const RvsFillUnet *net, float place, RvsTensor *x)
{
  const size_t n = (size_t)x->c * (size_t)x->h * (size_t)x->w;

  assert (x->h == RVS_FILL_DEEP && x->w == RVS_FILL_DEEP);
  for (size_t i = 0; place != 0 && !rvs__exec_idle (exec) && i < n; i++)
    x->data[i] += place * net->position[i];
}

static void
run_trunk (RvsExec *exec, const RvsFillUnet *net, RvsTensor *x)
{
  for (int i = 0; i < net->sizes.n_blocks; i++)
    rvs__fill_dense (exec, &net->trunk[i], x);
}

/* The trunk with the structure stream on both sides of it. */
static void
run_streams (RvsExec *exec, const RvsFillUnet *net, const RvsTensor *structure, RvsTensor *x)
{
  RvsTensor q = *structure;

  for (int i = 0; i < DOWNS; i++)
    q = rvs__conv_lrelu (exec, &net->into[i], &q);
  rvs__fill_fuse (exec, &net->fusion[0], x, &q, true);
  run_trunk (exec, net, x);
  rvs__fill_dense (exec, &net->structure, &q);
  rvs__fill_fuse (exec, &net->fusion[1], x, &q, false);
}

void
rvs__fill_unet (RvsExec *exec, const RvsFillUnet *net, const RvsTensor *fill, const RvsTensor *valid, const RvsTensor *edge,
                float place, RvsTensor *out)
{
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsTensor    inputs = texture_inputs (exec, fill, valid, edge), skips[DOWNS], x;

  assert (fill->c == 3 && fill->h == RVS_FILL_SMALL && fill->w == RVS_FILL_SMALL && out->c == net->out.c_out);
  x = encode (exec, net, &inputs, skips);
  add_position (exec, net, place, &x);
  if (net->sizes.structure[0] > 0)
    {
      RvsTensor structure = structure_inputs (exec, fill, valid, edge);

      run_streams (exec, net, &structure, &x);
    }
  else
    run_trunk (exec, net, &x);
  for (int i = DOWNS - 1; i >= 0; i--)
    {
      rvs__fill_step_up (exec, &net->narrow[i], &net->own[i], &x, &skips[i]);
      x = skips[i];
    }
  x = rvs__conv_lrelu (exec, &net->last, &x);
  rvs__conv2d (exec, &net->out, &x, NULL, out);
  rvs__arena_release (exec->arena, mark);
}
