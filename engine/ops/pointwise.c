/* SPDX-License-Identifier: GPL-3.0-or-later
 * pointwise.c: operators in which a pixel depends on the same pixel only, and the two reductions to a vector. */
#include "ops/ops.h"
#include "ops/scratch.h"

#include <assert.h>
#include <math.h>
#include <string.h>

typedef struct PlaneJob
{
  RvsExec         *exec;
  const RvsTensor *in, *out;
  float           *vector;
  RvsAct           act;
  float            gain;
  uint32_t         seed, stage;
} PlaneJob;

/* Used by asserts only; inline keeps release builds quiet. */
static inline bool
same_shape (const RvsTensor *a, const RvsTensor *b)
{
  return a->c == b->c && a->h == b->h && a->w == b->w;
}

static size_t
plane_size (const RvsTensor *t)
{
  return (size_t)t->h * (size_t)t->w;
}

/* ---- one channel an item ---- */

static void
copy_item (void *context, int c, int worker)
{
  PlaneJob *job = context;

  (void)worker;
  memcpy (rvs__channel (job->out, c), rvs__channel (job->in, c), plane_size (job->in) * sizeof (float));
}

void
rvs__copy (RvsExec *exec, const RvsTensor *in, RvsTensor *out)
{
  PlaneJob job = { .in = in, .out = out };

  assert (same_shape (in, out));
  if (!rvs__exec_idle (exec))
    rvs__pool_run (exec->pool, copy_item, &job, in->c);
}

static void
add_item (void *context, int c, int worker)
{
  PlaneJob    *job = context;
  const float *in = rvs__channel (job->in, c);
  float       *out = rvs__channel (job->out, c);

  (void)worker;
  for (size_t i = 0; i < plane_size (job->in); i++)
    out[i] += in[i];
}

void
rvs__add (RvsExec *exec, const RvsTensor *in, RvsTensor *out)
{
  PlaneJob job = { .in = in, .out = out };

  assert (same_shape (in, out));
  if (!rvs__exec_idle (exec))
    rvs__pool_run (exec->pool, add_item, &job, in->c);
}

static void
activate_item (void *context, int c, int worker)
{
  PlaneJob      *job = context;
  RvsEpilogueRow row = { .n = job->out->w, .act = job->act };

  (void)worker;
  for (int y = 0; y < job->out->h; y++)
    {
      row.dst = rvs__channel (job->out, c) + (size_t)y * (size_t)job->out->w;
      row.src = row.dst;
      job->exec->kernels->epilogue_row (&row);
    }
}

void
rvs__activate (RvsExec *exec, RvsAct act, RvsTensor *x)
{
  PlaneJob job = { .exec = exec, .out = x, .act = act };

  if (!rvs__exec_idle (exec))
    rvs__pool_run (exec->pool, activate_item, &job, x->c);
}

static void
mean_item (void *context, int c, int worker)
{
  PlaneJob    *job = context;
  const float *in = rvs__channel (job->in, c);
  double       sum = 0;

  (void)worker;
  for (size_t i = 0; i < plane_size (job->in); i++)
    sum += in[i];
  job->vector[c] = (float)(sum / (double)plane_size (job->in));
}

void
rvs__global_mean (RvsExec *exec, const RvsTensor *in, float *out)
{
  PlaneJob job = { .in = in, .vector = out };

  if (!rvs__exec_idle (exec))
    rvs__pool_run (exec->pool, mean_item, &job, in->c);
}

void
rvs__linear (RvsExec *exec, const RvsConv *linear, const float *in, float *out)
{
  assert (linear->kh == 1 && linear->kw == 1);
  if (rvs__exec_idle (exec))
    return;
  for (int o = 0; o < linear->c_out; o++)
    out[o] = linear->bias[o];
  for (int i = 0; i < linear->c_in; i++) /* weights lie input by input */
    for (int o = 0; o < linear->c_out; o++)
      out[o] += linear->weight[(size_t)i * (size_t)linear->c_out + (size_t)o] * in[i];
}

/* ---- one row an item, all channels ---- */

static void
softmax_item (void *context, int y, int worker)
{
  PlaneJob *job = context;
  size_t    at = (size_t)y * (size_t)job->in->w;

  (void)worker;
  for (int x = 0; x < job->in->w; x++, at++)
    {
      float largest = -INFINITY, sum = 0;

      for (int c = 0; c < job->in->c; c++)
        largest = fmaxf (largest, rvs__channel (job->in, c)[at]);
      for (int c = 0; c < job->in->c; c++)
        {
          float e = expf (rvs__channel (job->in, c)[at] - largest);

          rvs__channel (job->out, c)[at] = e;
          sum += e;
        }
      for (int c = 0; c < job->in->c; c++)
        rvs__channel (job->out, c)[at] /= sum;
    }
}

void
rvs__softmax (RvsExec *exec, const RvsTensor *in, RvsTensor *out)
{
  PlaneJob job = { .in = in, .out = out };

  assert (same_shape (in, out));
  if (!rvs__exec_idle (exec))
    rvs__pool_run (exec->pool, softmax_item, &job, in->h);
}

static void
one_hot_item (void *context, int y, int worker)
{
  PlaneJob *job = context;
  size_t    at = (size_t)y * (size_t)job->in->w;

  (void)worker;
  for (int x = 0; x < job->in->w; x++, at++)
    {
      float largest = -INFINITY;

      for (int c = 0; c < job->in->c; c++)
        largest = fmaxf (largest, rvs__channel (job->in, c)[at]);
      for (int c = 0; c < job->in->c; c++)
        rvs__channel (job->out, c)[at] = rvs__channel (job->in, c)[at] == largest ? 1 : 0;
    }
}

void
rvs__one_hot (RvsExec *exec, const RvsTensor *in, RvsTensor *out)
{
  PlaneJob job = { .in = in, .out = out };

  assert (same_shape (in, out) && in != out);
  if (!rvs__exec_idle (exec))
    rvs__pool_run (exec->pool, one_hot_item, &job, in->h);
}

typedef struct DifferenceJob
{
  const RvsTensor *a, *b, *out;
} DifferenceJob;

/* Between low and 1; what is no number becomes low. */
static inline float
clipped (float v, float low)
{
  const float u = v > low ? v : low;

  return u < 1 ? u : 1;
}

static void
difference_item (void *context, int y, int worker)
{
  const DifferenceJob *job = context;
  const size_t         row = (size_t)y * (size_t)job->out->w;

  (void)worker;
  for (int c = 0; c < job->out->c; c++)
    for (size_t i = row; i < row + (size_t)job->out->w; i++)
      rvs__channel (job->out, c)[i] = clipped (rvs__channel (job->a, c)[i], -1) - rvs__channel (job->b, c)[i];
}

void
rvs__clipped_difference (RvsExec *exec, const RvsTensor *a, const RvsTensor *b, RvsTensor *out)
{
  DifferenceJob job = { a, b, out };

  assert (same_shape (a, out) && same_shape (b, out));
  rvs__exec_run (exec, difference_item, &job, out->h);
}

static void
interleave_item (void *context, int y, int worker)
{
  const PlaneJob *job = context;
  const int       n = job->in->c;
  size_t          at = (size_t)y * (size_t)job->in->w;

  (void)worker;
  for (int x = 0; x < job->in->w; x++, at++)
    for (int c = 0; c < n; c++)
      job->vector[at * (size_t)n + (size_t)c] = clipped (rvs__channel (job->in, c)[at] * 0.5f + 0.5f, 0);
}

void
rvs__interleave (RvsExec *exec, const RvsTensor *in, float *out)
{
  PlaneJob job = { .in = in, .vector = out };

  rvs__exec_run (exec, interleave_item, &job, in->h);
}

/* ---- noise ---- */

uint64_t
rvs__mix (uint64_t v)
{
  v = (v ^ (v >> 30)) * 0xbf58476d1ce4e5b9u;
  v = (v ^ (v >> 27)) * 0x94d049bb133111ebu;
  return v ^ (v >> 31);
}

float
rvs__noise_at (uint32_t seed, uint32_t stage, int y, int x)
{
  uint64_t key = rvs__mix (((uint64_t)seed << 32 | stage) + 0x9e3779b97f4a7c15u);
  uint64_t bits = rvs__mix (key + ((uint64_t)(uint32_t)y << 32 | (uint32_t)x));
  /* Box and Muller. 24 bits each; + 0.5 keeps the logarithm finite. */
  double u = ((double)(bits >> 40) + 0.5) * 0x1p-24;
  double v = ((double)(bits & 0xffffff) + 0.5) * 0x1p-24;

  return (float)(sqrt (-2 * log (u)) * cos (6.283185307179586 * v));
}

static void
noise_item (void *context, int y, int worker)
{
  PlaneJob *job = context;
  size_t    at = (size_t)y * (size_t)job->out->w;

  (void)worker;
  for (int x = 0; x < job->out->w; x++, at++)
    {
      float noise = job->gain * rvs__noise_at (job->seed, job->stage, y, x);

      for (int c = 0; c < job->out->c; c++)
        rvs__channel (job->out, c)[at] += noise;
    }
}

void
rvs__add_noise (RvsExec *exec, float gain, uint32_t seed, uint32_t stage, RvsTensor *out)
{
  PlaneJob job = { .out = out, .gain = gain, .seed = seed, .stage = stage };

  if (gain != 0 && !rvs__exec_idle (exec))
    rvs__pool_run (exec->pool, noise_item, &job, out->h);
}
