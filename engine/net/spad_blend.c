/* SPDX-License-Identifier: GPL-3.0-or-later
 * spad_blend.c: the fidelity knob of SPADNet. Two networks, the second trained on from the first, are the ends of a line on which every
 * point is a network too ("Deep Network Interpolation", Wang et al., 2019). */
#include "net/spad_net.h"

#include <string.h>

_Static_assert(sizeof (RvsSpadParts) % sizeof (RvsConv) == 0, "an end is a list of convolutions");

enum
{
  N_CONVS = sizeof (RvsSpadParts) / sizeof (RvsConv)
};

typedef struct BlendJob
{
  const RvsSpadNet *net;
  RvsSpadWeights   *out;
  float             w;
} BlendJob;

static size_t
n_weights (const RvsConv *conv)
{
  return (size_t)conv->c_out * (size_t)conv->c_in * (size_t)conv->kh * (size_t)conv->kw;
}

static void
blend_floats (const float *real, const float *faithful, float w, float *out, size_t n)
{
  for (size_t i = 0; i < n; i++)
    out[i] = real[i] + w * (faithful[i] - real[i]);
}

/* One convolution. */
static void
blend_item (void *context, int i, int worker)
{
  const BlendJob *job = context;
  const RvsConv  *real = &job->net->real.all[i], *faithful = &job->net->faithful.all[i], *out = &job->out->all[i];

  (void)worker;
  if (!out->weight)
    return;
  blend_floats (real->weight, faithful->weight, job->w, out->weight, n_weights (out));
  blend_floats (real->bias, faithful->bias, job->w, out->bias, (size_t)out->c_out);
}

/* An end with room of its own for its numbers; NULL while measuring. */
static RvsSpadWeights *
new_weights (RvsExec *exec, const RvsSpadWeights *like)
{
  RvsSpadWeights *out = rvs__arena_push (exec->arena, sizeof *out);

  if (out)
    memset (out, 0, sizeof *out);
  for (int i = 0; i < N_CONVS; i++)
    if (like->all[i].weight)
      {
        RvsConv conv = like->all[i];

        conv.weight = rvs__arena_floats (exec->arena, n_weights (&conv));
        conv.bias = rvs__arena_floats (exec->arena, (size_t)conv.c_out);
        if (out)
          out->all[i] = conv;
      }
  return out;
}

const RvsSpadParts *
rvs__spad_blend (RvsExec *exec, const RvsSpadNet *net, float w)
{
  BlendJob job = { .net = net, .w = w };

  if (w <= 0 || w >= 1)
    return w <= 0 ? &net->real.parts : &net->faithful.parts;
  job.out = new_weights (exec, &net->faithful);
  rvs__exec_run (exec, blend_item, &job, N_CONVS);
  return job.out ? &job.out->parts : &net->faithful.parts; /* while measuring any of them has the sizes */
}
