/* SPDX-License-Identifier: GPL-3.0-or-later
 * attention.c: gates that a network computes of its own features: by channel, by place (Woo et al. 2018, CBAM), and between two
 * streams (Guo et al. 2021, Bi-GFF). */
#include "ops/ops.h"

#include <assert.h>
#include <math.h>

typedef struct GateJob
{
  const RvsTensor *x, *gate, *value;
  float           *scale; /* one a channel */
  float            gain;
} GateJob;

static float
sigmoid (float v)
{
  return 1 / (1 + expf (-v));
}

/* ---- by channel ---- */

static void
largest_item (void *context, int c, int worker)
{
  GateJob     *job = context;
  const float *plane = rvs__channel (job->x, c);
  float        largest = plane[0];

  (void)worker;
  for (size_t i = 1; i < (size_t)job->x->h * (size_t)job->x->w; i++)
    largest = plane[i] > largest ? plane[i] : largest;
  job->scale[c] = largest;
}

static void
scale_item (void *context, int c, int worker)
{
  GateJob *job = context;
  float   *plane = rvs__channel (job->x, c);

  (void)worker;
  for (size_t i = 0; i < (size_t)job->x->h * (size_t)job->x->w; i++)
    plane[i] *= job->scale[c];
}

void
rvs__global_max (RvsExec *exec, const RvsTensor *in, float *out)
{
  GateJob job = { .x = in, .scale = out };

  if (!rvs__exec_idle (exec))
    rvs__pool_run (exec->pool, largest_item, &job, in->c);
}

/* out = wide (relu (narrow (in))) */
static void
perceptron (RvsExec *exec, const RvsConv *narrow, const RvsConv *wide, const float *in, float *hidden, float *out)
{
  rvs__linear (exec, narrow, in, hidden);
  for (int i = 0; !rvs__exec_idle (exec) && i < narrow->c_out; i++)
    hidden[i] = hidden[i] > 0 ? hidden[i] : 0;
  rvs__linear (exec, wide, hidden, out);
}

void
rvs__channel_attention (RvsExec *exec, const RvsConv *narrow, const RvsConv *wide, RvsTensor *x)
{
  const size_t mark = rvs__arena_mark (exec->arena), n = (size_t)x->c;
  float       *pooled = rvs__arena_floats (exec->arena, n), *hidden = rvs__arena_floats (exec->arena, (size_t)narrow->c_out);
  float       *mean = rvs__arena_floats (exec->arena, n), *largest = rvs__arena_floats (exec->arena, n);
  GateJob      job = { .x = x, .scale = mean };

  assert (narrow->c_in == x->c && wide->c_in == narrow->c_out && wide->c_out == x->c);
  rvs__global_mean (exec, x, pooled);
  perceptron (exec, narrow, wide, pooled, hidden, mean);
  rvs__global_max (exec, x, pooled);
  perceptron (exec, narrow, wide, pooled, hidden, largest);
  for (size_t c = 0; !rvs__exec_idle (exec) && c < n; c++)
    mean[c] = sigmoid (mean[c] + largest[c]);
  if (!rvs__exec_idle (exec))
    rvs__pool_run (exec->pool, scale_item, &job, x->c);
  rvs__arena_release (exec->arena, mark);
}

static void
add_scaled_item (void *context, int c, int worker)
{
  GateJob     *job = context;
  const float *value = rvs__channel (job->value, c);
  float       *plane = rvs__channel (job->x, c);

  (void)worker;
  for (size_t i = 0; i < (size_t)job->x->h * (size_t)job->x->w; i++)
    plane[i] += job->scale[c] * value[i];
}

void
rvs__add_attended (RvsExec *exec, const RvsConv *narrow, const RvsConv *wide, const float *mean, const RvsTensor *y, RvsTensor *x)
{
  const size_t mark = rvs__arena_mark (exec->arena), n = (size_t)x->c;
  float       *hidden = rvs__arena_floats (exec->arena, (size_t)narrow->c_out), *gate = rvs__arena_floats (exec->arena, n);
  GateJob      job = { .x = x, .value = y, .scale = gate };

  assert (narrow->c_in == x->c && wide->c_in == narrow->c_out && wide->c_out == x->c);
  assert (y->c == x->c && y->h == x->h && y->w == x->w);
  perceptron (exec, narrow, wide, mean, hidden, gate);
  for (size_t c = 0; !rvs__exec_idle (exec) && c < n; c++)
    gate[c] = sigmoid (gate[c]);
  rvs__exec_run (exec, add_scaled_item, &job, x->c);
  rvs__arena_release (exec->arena, mark);
}

/* ---- by place ---- */

/* One row of [largest over the channels, mean over the channels]; gate: 2 x h x w. */
static void
pool_row (void *context, int y, int worker)
{
  GateJob     *job = context;
  const size_t at = (size_t)y * (size_t)job->x->w, n = (size_t)job->x->w;
  float       *largest = rvs__channel (job->gate, 0) + at, *mean = rvs__channel (job->gate, 1) + at;

  (void)worker;
  for (size_t i = 0; i < n; i++)
    largest[i] = mean[i] = job->x->data[at + i];
  for (int c = 1; c < job->x->c; c++)
    for (size_t i = 0; i < n; i++)
      {
        const float v = rvs__channel (job->x, c)[at + i];
        largest[i] = v > largest[i] ? v : largest[i];
        mean[i] += v;
      }
  for (size_t i = 0; i < n; i++)
    mean[i] /= (float)job->x->c;
}

static void
gate_item (void *context, int c, int worker)
{
  GateJob *job = context;
  float   *plane = rvs__channel (job->x, c);

  (void)worker;
  for (size_t i = 0; i < (size_t)job->x->h * (size_t)job->x->w; i++)
    plane[i] *= job->gate->data[i];
}

void
rvs__spatial_attention (RvsExec *exec, const RvsConv *conv, RvsTensor *x)
{
  static const RvsEpilogue to_gate = { .act = RVS_ACT_SIGMOID };
  const size_t             mark = rvs__arena_mark (exec->arena);
  RvsTensor                pooled = rvs__exec_tensor (exec, 2, x->h, x->w), gate = rvs__exec_tensor (exec, 1, x->h, x->w);
  GateJob                  job = { .x = x, .gate = &pooled };

  assert (conv->c_in == 2 && conv->c_out == 1);
  if (!rvs__exec_idle (exec))
    rvs__pool_run (exec->pool, pool_row, &job, x->h);
  rvs__conv2d (exec, conv, &pooled, &to_gate, &gate);
  job.gate = &gate;
  if (!rvs__exec_idle (exec))
    rvs__pool_run (exec->pool, gate_item, &job, x->c);
  rvs__arena_release (exec->arena, mark);
}

/* ---- between streams ---- */

static void
add_gated_item (void *context, int c, int worker)
{
  GateJob     *job = context;
  const float *gate = rvs__channel (job->gate, c), *value = rvs__channel (job->value, c);
  float       *plane = rvs__channel (job->x, c);

  (void)worker;
  for (size_t i = 0; i < (size_t)job->x->h * (size_t)job->x->w; i++)
    plane[i] += job->gain * gate[i] * value[i];
}

void
rvs__add_gated (RvsExec *exec, float gain, const RvsTensor *gate, const RvsTensor *value, RvsTensor *x)
{
  GateJob job = { .x = x, .gate = gate, .value = value, .gain = gain };

  assert (gate->c == x->c && value->c == x->c && gate->w == x->w && value->w == x->w && gate->h == x->h && value->h == x->h);
  if (!rvs__exec_idle (exec))
    rvs__pool_run (exec->pool, add_gated_item, &job, x->c);
}
