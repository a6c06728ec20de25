/* SPDX-License-Identifier: GPL-3.0-or-later
 * fill.c: the three inpainting networks, one after the other. */
#include "net/fill.h"

#include "net/fill_refine.h"
#include "net/fill_unet.h"
#include "ops/fill.h"

#include <assert.h>
#include <string.h>

enum
{
  SMALL = RVS_FILL_SMALL,
  SIDE = RVS_FILL_SIDE,
  AROUND = 32, /* pixels of surroundings that the refiner sees beyond what is wanted of it; it was trained on 16 and more, ... */
  LEAST_SIDE = 128 /* ... in windows of this side */
};

struct RvsFillNet
{
  RvsFillUnet   edge, coarse;
  RvsFillRefine refine;
};

/* ---- loading ---- */

static void
list_tensors (RvsLoader *loader, void *user)
{
  RvsFillNet *net = user;

  rvs__fill_load_unet (loader, &net->edge, 1, "edge");
  rvs__fill_load_unet (loader, &net->coarse, 4, "coarse");
  rvs__fill_load_refine (loader, &net->refine, "refine");
}

static RvsStatus
configure (const RvsStFile *file, void *user, RvsError *err)
{
  RvsFillNet    *net = user;
  RvsFillSizes  *edge = &net->edge.sizes, *coarse = &net->coarse.sizes;
  RvsFillRefine *refine = &net->refine;
  const struct
  {
    const char *key;
    int         n, max, *to;
  } keys[] = {
    { "fill.edge.widths", RVS_FILL_LEVELS, RVS_FILL_MAX_WIDTH, edge->widths },
    { "fill.edge.blocks", 1, RVS_FILL_MAX_BLOCKS, &edge->n_blocks },
    { "fill.edge.growth", 1, RVS_FILL_MAX_WIDTH, &edge->growth },
    { "fill.coarse.widths", RVS_FILL_LEVELS, RVS_FILL_MAX_WIDTH, coarse->widths },
    { "fill.coarse.blocks", 1, RVS_FILL_MAX_BLOCKS, &coarse->n_blocks },
    { "fill.coarse.growth", 1, RVS_FILL_MAX_WIDTH, &coarse->growth },
    { "fill.coarse.structure", RVS_FILL_LEVELS - 1, RVS_FILL_MAX_WIDTH, coarse->structure },
    { "fill.refine.widths", RVS_FILL_LEVELS, RVS_FILL_MAX_WIDTH, refine->widths },
    { "fill.refine.blocks", 1, RVS_FILL_MAX_BLOCKS, &refine->n_blocks },
    { "fill.refine.growth", 1, RVS_FILL_MAX_WIDTH, &refine->growth },
  };
  static const char *const sizes[] = { "512", NULL };
  int                      which;
  RvsStatus                status = rvs__meta_word (file, "fill.size", sizes, &which, err);

  for (size_t i = 0; status == RVS_OK && i < sizeof keys / sizeof *keys; i++)
    status = rvs__meta_ints (file, keys[i].key, keys[i].n, keys[i].max, keys[i].to, err);
  return status;
}

const RvsArch rvs__arch_fill = { .name = "fill",
                                 .contract = "fill_srgb_pm1_v1",
                                 .size_key = "fill.size",
                                 .bytes = sizeof (RvsFillNet),
                                 .configure = configure,
                                 .list = list_tensors };

/* ---- at a quarter of the size ---- */

static float
cut (float v)
{
  return v < -1 ? -1 : v > 1 ? 1 : v;
}

/* What the two networks at 128 are given, and what they answer. */
typedef struct Small
{
  RvsTensor fill, valid, edge; /* edge: known ones, then with the repaired ones in the hole */
} Small;

static void
keep_known (const RvsTensor *valid, RvsTensor *edge)
{
  for (size_t i = 0; i < edge->cs; i++)
    edge->data[i] *= valid->data[i];
}

/* Reduces what is known, fills the rest smoothly and finds the edges outside the hole. */
static void
prepare_small (RvsExec *exec, const RvsFillIn *in, const Small *small)
{
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsTensor    reduced = rvs__exec_tensor (exec, 3, SMALL, SMALL), fill = small->fill, valid = small->valid, edge = small->edge;

  rvs__reduce_known (exec, &in->crop, &in->valid, &reduced, &valid);
  rvs__harmonic_fill (exec, &reduced, &valid, &fill);
  rvs__canny (exec, &fill, &edge);
  if (!rvs__exec_idle (exec))
    keep_known (&valid, &edge);
  rvs__arena_release (exec->arena, mark);
}

/* In the hole lines are what the networks were trained to take for true edges. */
static float
edge_at (const RvsTensor *lines, const RvsTensor *answer, size_t i)
{
  return lines->data && lines->data[i] > 0 ? 1 : answer->data[i];
}

static void
repair_edges (RvsExec *exec, const RvsFillNet *net, float place, const RvsTensor *lines, const Small *small)
{
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsTensor    answer = rvs__exec_tensor (exec, 1, SMALL, SMALL);

  rvs__fill_unet (exec, &net->edge, &small->fill, &small->valid, &small->edge, place, &answer);
  rvs__activate (exec, RVS_ACT_SIGMOID, &answer);
  for (size_t i = 0; !rvs__exec_idle (exec) && i < answer.cs; i++)
    if (!(small->valid.data[i] > 0))
      small->edge.data[i] = edge_at (lines, &answer, i);
  rvs__arena_release (exec->arena, mark);
}

/* small->fill gets the coarse picture in the hole. */
static void
paint_coarse (RvsExec *exec, const RvsFillNet *net, float place, const Small *small)
{
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsTensor    answer = rvs__exec_tensor (exec, 4, SMALL, SMALL);

  rvs__fill_unet (exec, &net->coarse, &small->fill, &small->valid, &small->edge, place, &answer);
  for (int c = 0; c < 3; c++)
    for (size_t i = 0; !rvs__exec_idle (exec) && i < answer.cs; i++)
      if (!(small->valid.data[i] > 0))
        {
          float *fill = rvs__channel (&small->fill, c) + i;
          *fill = cut (*fill + rvs__channel (&answer, c)[i]);
        }
  rvs__arena_release (exec->arena, mark);
}

/* ---- at the full size ---- */

static void
enlarge (RvsExec *exec, const RvsTensor *in, RvsTensor out)
{
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsTensor    half = rvs__exec_tensor (exec, in->c, 2 * in->h, 2 * in->w);

  rvs__up2 (exec, in, &half);
  rvs__up2 (exec, &half, &out);
  rvs__arena_release (exec->arena, mark);
}

/* [smooth fill | coarse | valid | edges] of the whole crop. */
static RvsTensor
refiner_inputs (RvsExec *exec, const RvsFillIn *in, const Small *small)
{
  RvsTensor inputs = rvs__exec_tensor (exec, 8, SIDE, SIDE), fill = rvs__channels (&inputs, 0, 3),
            valid = rvs__channels (&inputs, 6, 1);

  rvs__harmonic_fill (exec, &in->crop, &in->valid, &fill);
  enlarge (exec, &small->fill, rvs__channels (&inputs, 3, 3));
  rvs__copy (exec, &in->valid, &valid);
  enlarge (exec, &small->edge, rvs__channels (&inputs, 7, 1));
  return inputs;
}

/* [lo, hi) with its surroundings, in multiples of 8. */
static void
widen (int lo, int hi, int *out_lo, int *out_n)
{
  const int missing = LEAST_SIDE - (hi - lo + 2 * AROUND), more = AROUND + (missing > 0 ? missing / 2 : 0);
  int       from = (lo - more) / 8 * 8, to = (hi + more + 7) / 8 * 8;

  from = lo < more ? 0 : from;
  to = to > SIDE ? SIDE : to;
  *out_lo = from;
  *out_n = to - from;
}

static RvsRect
window_of (const RvsRect *want)
{
  RvsRect window;

  widen (want->x, want->x + want->width, &window.x, &window.width);
  widen (want->y, want->y + want->height, &window.y, &window.height);
  return window;
}

typedef struct WindowJob
{
  const RvsTensor *whole, *part;
  RvsRect          at;
} WindowJob;

static void
cut_item (void *context, int c, int worker)
{
  const WindowJob *job = context;

  (void)worker;
  for (int y = 0; y < job->at.height; y++)
    memcpy (rvs__channel (job->part, c) + (size_t)y * (size_t)job->at.width,
            rvs__channel (job->whole, c) + (size_t)(job->at.y + y) * SIDE + job->at.x, (size_t)job->at.width * sizeof (float));
}

/* The answer back into the whole. */
static void
put_item (void *context, int c, int worker)
{
  const WindowJob *job = context;

  (void)worker;
  for (int y = 0; y < job->at.height; y++)
    for (int x = 0; x < job->at.width; x++)
      rvs__channel (job->whole, c)[(size_t)(job->at.y + y) * SIDE + (size_t)(job->at.x + x)]
          = cut (rvs__channel (job->part, c)[(size_t)y * (size_t)job->at.width + (size_t)x]);
}

/* out: what is known, and the coarse picture elsewhere. */
static void
compose (RvsExec *exec, const RvsFillIn *in, const RvsTensor *inputs, RvsTensor *out)
{
  for (int c = 0; c < 3; c++)
    for (size_t i = 0; !rvs__exec_idle (exec) && i < (size_t)SIDE * SIDE; i++)
      rvs__channel (out, c)[i] = in->valid.data[i] > 0 ? rvs__channel (&in->crop, c)[i] : cut (rvs__channel (inputs, 3 + c)[i]);
}

static void
refine (RvsExec *exec, const RvsFillNet *net, const RvsFillIn *in, const Small *small, RvsTensor *out)
{
  RvsTensor     inputs = refiner_inputs (exec, in, small);
  const RvsRect at = exec->arena->measuring ? (RvsRect){ 0, 0, SIDE, SIDE } : window_of (&in->want);
  RvsTensor     part = rvs__exec_tensor (exec, 8, at.height, at.width), answer = rvs__exec_tensor (exec, 3, at.height, at.width);
  WindowJob     job = { &inputs, &part, at };

  compose (exec, in, &inputs, out);
  if (!rvs__exec_idle (exec))
    rvs__pool_run (exec->pool, cut_item, &job, 8);
  rvs__fill_refine (exec, &net->refine, &part, &answer);
  job.whole = out;
  job.part = &answer;
  if (!rvs__exec_idle (exec))
    rvs__pool_run (exec->pool, put_item, &job, 3);
}

RvsStatus
rvs__fill_forward (const RvsFillNet *net, RvsExec *exec, const RvsFillIn *in, RvsTensor *sketch, RvsTensor *out)
{
  const size_t mark = rvs__arena_mark (exec->arena);
  const float  place = in->aligned ? 1 : 0;
  const Small  small = { rvs__exec_tensor (exec, 3, SMALL, SMALL), rvs__exec_tensor (exec, 1, SMALL, SMALL), *sketch };

  assert (in->crop.c == 3 && in->crop.h == SIDE && in->valid.c == 1 && sketch->h == SMALL && out->h == SIDE);
  prepare_small (exec, in, &small);
  repair_edges (exec, net, place, &in->lines, &small);
  paint_coarse (exec, net, place, &small);
  refine (exec, net, in, &small, out);
  rvs__arena_release (exec->arena, mark);
  return rvs__exec_cancelled (exec) ? RVS_ERR_CANCELLED : RVS_OK;
}
