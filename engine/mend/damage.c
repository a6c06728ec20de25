/* SPDX-License-Identifier: GPL-3.0-or-later
 * damage.c: a photo in tiles with their surroundings, its border repeated. */
#include "mend/damage.h"

#include "core/image.h"
#include "mend/wide.h"
#include "ops/ops.h"

enum
{
  TILE = 512,
  AROUND = RVS_FINDER_AROUND,
  SIDE = TILE + 2 * AROUND
};
_Static_assert(SIDE % RVS_FINDER_ALIGN == 0, "a tile must fit the network");

typedef struct Job
{
  const RvsView    *image;
  const RvsMutView *out;
  RvsTensor         photo, logits;
  int32_t           x, y; /* of the tile itself, without surroundings */
} Job;

static int32_t
clamp (int32_t i, int32_t n)
{
  return i < 0 ? 0 : i >= n ? n - 1 : i;
}

static void
read_row (void *context, int item, int worker)
{
  Job          *job = context;
  const int32_t w = job->image->width, y = clamp (job->y - AROUND + item, job->image->height);
  const int32_t lo = clamp (job->x - AROUND, w), hi = clamp (job->x - AROUND + SIDE - 1, w) + 1;
  float         rgb[3][SIDE];

  (void)worker;
  rvs__view_read_row (job->image, y, lo, hi - lo, rgb[0], rgb[1], rgb[2]);
  for (int c = 0; c < 3; c++)
    {
      float *to = rvs__channel (&job->photo, c) + (size_t)item * SIDE;

      for (int32_t i = 0; i < SIDE; i++)
        to[i] = rgb[c][clamp (job->x - AROUND + i, w) - lo] * 2 - 1;
    }
}

static void
write_row (void *context, int item, int worker)
{
  const Job    *job = context;
  const int32_t y = job->y + item, n = job->out->width - job->x < TILE ? job->out->width - job->x : TILE;
  const float  *from = job->logits.data + (size_t)(item + AROUND) * SIDE + AROUND;

  (void)worker;
  if (y >= job->out->height)
    return;
  unsigned char *to = (unsigned char *)job->out->pixels + y * job->out->stride + job->x;
  for (int32_t i = 0; i < n; i++)
    to[i] = from[i] > 0 ? 255 : 0;
}

static RvsStatus
run_tile (const RvsFinderNet *net, RvsExec *exec, Job *job)
{
  const size_t mark = rvs__arena_mark (exec->arena);
  RvsStatus    status;

  job->photo = rvs__exec_tensor (exec, 3, SIDE, SIDE);
  job->logits = rvs__exec_tensor (exec, 1, SIDE, SIDE);
  rvs__exec_run (exec, read_row, job, SIDE);
  status = rvs__finder_forward (net, exec, &job->photo, &job->logits);
  rvs__exec_run (exec, write_row, job, TILE);
  rvs__arena_release (exec->arena, mark);
  return status;
}

RvsStatus
rvs__find_damage (const RvsFinderNet *net, RvsExec *exec, const RvsView *image, const RvsWatch *watch, const RvsMutView *out)
{
  const int columns = (image->width + TILE - 1) / TILE, n = columns * ((image->height + TILE - 1) / TILE);
  RvsStatus status = RVS_OK;

  for (int i = 0; status == RVS_OK && i < n; i++)
    {
      Job job = { .image = image, .out = out, .x = i % columns * TILE, .y = i / columns * TILE };

      status = run_tile (net, exec, &job);
      if (status == RVS_OK)
        status = watch->done (watch->user, (float)(i + 1) / (float)n);
    }
  if (status == RVS_OK)
    rvs__damage_drop_wide (out, rvs__damage_too_wide (out->width, out->height));
  return status;
}

void
rvs__find_damage_measure (const RvsFinderNet *net, RvsExec *exec)
{
  Job       job = { 0 };
  RvsStatus status = run_tile (net, exec, &job);

  (void)status; /* measuring cannot fail */
}
