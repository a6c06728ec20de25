/* SPDX-License-Identifier: GPL-3.0-or-later
 * fill_refine.c: a U-Net without attention or position, between the smooth fill and the coarse result by a learned gate. */
#include "net/fill_refine.h"

#include <assert.h>
#include <stdio.h>

enum
{
  DOWNS = RVS_FILL_LEVELS - 1,
  INPUTS = 8
};

/* ---- loading ---- */

static void
load_dense (RvsLoader *loader, RvsFillDense *block, int c, int growth, const char *prefix, const char *group, int i)
{
  char name[48];

  snprintf (name, sizeof name, "%s.%s.%d", prefix, group, i);
  rvs__fill_load_dense (loader, block, c, growth, false, name);
}

void
rvs__fill_load_refine (RvsLoader *loader, RvsFillRefine *net, const char *prefix)
{
  const int *w = net->widths;

  rvs__load_conv (loader, &net->first, w[0], INPUTS, 3, "%s.i", prefix);
  for (int i = 0; i < DOWNS; i++)
    {
      rvs__load_conv (loader, &net->down[i], w[i + 1], w[i], 3, "%s.d.%d", prefix, i);
      net->down[i].stride = 2;
      rvs__load_conv (loader, &net->narrow[i], w[i], w[i + 1], 1, "%s.p.%d", prefix, i);
      rvs__load_conv (loader, &net->own[i], w[i], w[i], 3, "%s.u.%d", prefix, i);
    }
  for (int i = 0; i < DOWNS - 1; i++)
    rvs__load_conv (loader, &net->even[i], w[i], w[i], 3, "%s.e.%d", prefix, i);
  load_dense (loader, &net->quarter, w[DOWNS - 1], net->growth, prefix, "e", DOWNS - 1);
  for (int i = 0; i < net->n_blocks; i++)
    load_dense (loader, &net->trunk[i], w[DOWNS], net->growth, prefix, "b", i);
  rvs__load_conv (loader, &net->last, w[0], w[0], 3, "%s.l", prefix);
  rvs__load_conv (loader, &net->out, 4, w[0], 3, "%s.out", prefix);
}

/* ---- forward ---- */

typedef struct MixJob
{
  const RvsTensor *inputs, *answer, *out;
} MixJob;

/* out = fill + gate * (coarse - fill) + difference; the answer's gate has been through its sigmoid. */
static void
mix_item (void *context, int c, int worker)
{
  const MixJob *job = context;
  const float  *fill = rvs__channel (job->inputs, c), *coarse = rvs__channel (job->inputs, 3 + c);
  const float  *difference = rvs__channel (job->answer, c), *gate = rvs__channel (job->answer, 3);
  float        *out = rvs__channel (job->out, c);

  (void)worker;
  for (size_t i = 0; i < (size_t)job->out->h * (size_t)job->out->w; i++)
    out[i] = fill[i] + gate[i] * (coarse[i] - fill[i]) + difference[i];
}

static RvsTensor
encode (RvsExec *exec, const RvsFillRefine *net, const RvsTensor *inputs, RvsTensor skips[DOWNS])
{
  RvsTensor x = rvs__conv_lrelu (exec, &net->first, inputs);

  for (int i = 0; i < DOWNS; i++)
    {
      if (i < DOWNS - 1)
        x = rvs__conv_lrelu (exec, &net->even[i], &x);
      else
        rvs__fill_dense (exec, &net->quarter, &x);
      skips[i] = x;
      x = rvs__conv_lrelu (exec, &net->down[i], &x);
    }
  return x;
}

void
rvs__fill_refine (RvsExec *exec, const RvsFillRefine *net, const RvsTensor *inputs, RvsTensor *out)
{
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsTensor    skips[DOWNS], answer = rvs__exec_tensor (exec, 4, inputs->h, inputs->w), gate = rvs__channels (&answer, 3, 1);
  RvsTensor    x = encode (exec, net, inputs, skips);
  MixJob       job = { inputs, &answer, out };

  assert (inputs->c == INPUTS && inputs->h % 8 == 0 && inputs->w % 8 == 0 && out->c == 3);
  for (int i = 0; i < net->n_blocks; i++)
    rvs__fill_dense (exec, &net->trunk[i], &x);
  for (int i = DOWNS - 1; i >= 0; i--)
    {
      rvs__fill_step_up (exec, &net->narrow[i], &net->own[i], &x, &skips[i]);
      x = skips[i];
    }
  x = rvs__conv_lrelu (exec, &net->last, &x);
  rvs__conv2d (exec, &net->out, &x, NULL, &answer);
  rvs__activate (exec, RVS_ACT_SIGMOID, &gate);
  if (!rvs__exec_idle (exec))
    rvs__pool_run (exec->pool, mix_item, &job, 3);
  rvs__arena_release (exec->arena, mark);
}
