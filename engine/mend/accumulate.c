/* SPDX-License-Identifier: GPL-3.0-or-later
 * accumulate.c: a crop read at the photo's pixels: bicubically where the photo is as fine or finer, else resampled first. */
#include "mend/accumulate.h"

#include "face/align.h"
#include "face/warp.h"
#include "ops/ops.h"

#include <math.h>

enum
{
  SIDE = RVS_CROP_SIDE,
  LARGEST = 736 /* side of the rect of a turned crop that the photo reduces */
};

typedef struct Job
{
  const RvsMendPlan *plan;
  const RvsMendCrop *crop;
  const RvsTensor   *answer; /* on the crop's grid, or on the area's */
  bool               on_image;
  RvsAffine          image_to_crop;
  float              grain;
  RvsMendSum        *sums;
} Job;

/* Catmull-Rom weights of the four taps around fraction t. */
static void
cubic_weights (float t, float w[4])
{
  w[0] = ((-.5f * t + 1) * t - .5f) * t;
  w[1] = (1.5f * t - 2.5f) * t * t + 1;
  w[2] = ((-1.5f * t + 2) * t + .5f) * t;
  w[3] = (.5f * t - .5f) * t * t;
}

static int
clamp (int i, int n)
{
  return i < 0 ? 0 : i >= n ? n - 1 : i;
}

static float
cut (float v)
{
  return v < 0 ? 0 : v > 1 ? 1 : v;
}

/* Bicubic sample at crop position (u, v) in pixels, as 0..1; edges repeated. */
static void
sample (const RvsTensor *answer, double u, double v, float out[3])
{
  const int i = (int)floor (u - .5), j = (int)floor (v - .5);
  float     wx[4], wy[4];

  cubic_weights ((float)(u - .5 - i), wx);
  cubic_weights ((float)(v - .5 - j), wy);
  for (int c = 0; c < 3; c++)
    {
      float sum = 0;

      for (int k = 0; k < 4; k++)
        {
          const float *row = rvs__channel (answer, c) + (size_t)clamp (j - 1 + k, answer->h) * (size_t)answer->w;
          float        along = 0;

          for (int l = 0; l < 4; l++)
            along += wx[l] * row[clamp (i - 1 + l, answer->w)];
          sum += wy[k] * along;
        }
      out[c] = cut (sum * .5f + .5f);
    }
}

static void
read_answer (const Job *job, int x, int y, float out[3])
{
  const RvsRect *area = &job->crop->area;
  double         u, v;

  if (job->on_image)
    {
      const size_t at = (size_t)(y - area->y) * (size_t)job->answer->w + (size_t)(x - area->x);
      for (int c = 0; c < 3; c++)
        out[c] = cut (rvs__channel (job->answer, c)[at] * .5f + .5f);
      return;
    }
  rvs__affine_apply (&job->image_to_crop, x + .5, y + .5, &u, &v);
  sample (job->answer, u, v, out);
}

static void
add_pixel (const Job *job, const RvsHoleRun *run, int x, int y)
{
  const float weight = rvs__mend_weight (job->plan, job->crop, run->part, x, y);
  RvsMendSum *sum = &job->sums[run->at + (size_t)(x - run->x)];
  float       rgb[3];

  if (!(weight > 0))
    return;
  read_answer (job, x, y, rgb);
  for (int c = 0; c < 3; c++)
    sum->rgb[c] += weight * rgb[c];
  sum->grain += weight * job->grain;
  sum->weight += weight;
}

static void
add_row (void *context, int item, int worker)
{
  const Job     *job = context;
  const RvsHole *hole = job->plan->hole;
  const RvsRect *area = &job->crop->area;
  const int      y = area->y + item;

  (void)worker;
  for (size_t k = hole->rows[y]; k < hole->rows[y + 1]; k++)
    {
      const RvsHoleRun *run = &hole->runs[k];
      const int         lo = run->x > area->x ? run->x : area->x, end = area->x + area->width;

      for (int x = lo; x < run->x + run->n && x < end; x++)
        add_pixel (job, run, x, y);
    }
}

/* The answer on the area's own pixels. */
static RvsTensor
resample (RvsExec *exec, const RvsMendCrop *crop, const RvsTensor *answer)
{
  static const RvsWarpRange as_it_is = { 1, 0, -1, 1 };
  const bool                measuring = exec->arena->measuring;
  RvsTensor     out = rvs__exec_tensor (exec, 3, measuring ? LARGEST : crop->area.height, measuring ? LARGEST : crop->area.width);
  RvsWarpSource source = rvs__warp_from_tensor (answer);
  RvsAffine     map = { { 1, 0, 0, 0, 1, 0 } };

  source.cut = false; /* no darker border: the answer goes on beyond it, mirrored */
  if (!measuring)
    {
      map = rvs__affine_invert (&crop->crop_to_image);
      map.m[2] += map.m[0] * crop->area.x + map.m[1] * crop->area.y;
      map.m[5] += map.m[3] * crop->area.x + map.m[4] * crop->area.y;
    }
  rvs__warp (exec, &source, &map, &as_it_is, &out);
  return out;
}

void
rvs__mend_accumulate (RvsExec *exec, const RvsMendPlan *plan, const RvsMendCrop *crop, const RvsTensor *answer, float grain,
                      RvsMendSum *sums)
{
  const size_t mark = rvs__arena_mark (exec->arena);
  const bool   reduces = exec->arena->measuring || crop->scale < 1;
  RvsTensor    on_image;
  Job          job = { .plan = plan, .crop = crop, .answer = answer, .on_image = reduces, .grain = grain, .sums = sums };

  if (reduces)
    {
      on_image = resample (exec, crop, answer);
      job.answer = &on_image;
    }
  if (!rvs__exec_idle (exec))
    {
      job.image_to_crop = rvs__affine_invert (&crop->crop_to_image);
      rvs__pool_run (exec->pool, add_row, &job, crop->area.height);
    }
  rvs__arena_release (exec->arena, mark);
}
