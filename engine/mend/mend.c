/* SPDX-License-Identifier: GPL-3.0-or-later
 * mend.c: the way of one crop: what is known of it out of the photo, through the networks, into the hole's pixels. */
#include "mend/mend.h"

#include "core/image.h"
#include "core/mem.h"
#include "face/align.h"
#include "face/warp.h"
#include "mend/grain.h"
#include "mend/lines.h"
#include "mend/seam.h"
#include "ops/ops.h"

#include <assert.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>

enum
{
  SIDE = RVS_FILL_SIDE,
  AROUND = 32,    /* crop pixels around what is filled in which grain is looked for */
  MAX_READ = 2048 /* columns that a warp reads at a time */
};
#define KNOWN .9f /* a crop's pixel is known when at least so much of what it is made of is */
#define MOST_GRAIN .05f

/* ---- a crop out of the photo ---- */

typedef struct Known
{
  const RvsView *image;
  const RvsHole *hole;
  atomic_bool    colourful;
} Known;

static void
read_known (void *source, int y, int x, int n, float *const *planes)
{
  const Known *from = source;

  rvs__hole_known_row (from->hole, y, x, n, planes[0]);
}

/* Colours where they are known, else 0. */
static void
read_colours (void *source, int y, int x, int n, float *const *planes)
{
  Known *from = source;
  float  known[MAX_READ];
  bool   colourful = false;

  assert (n <= MAX_READ);
  rvs__view_read_row (from->image, y, x, n, planes[0], planes[1], planes[2]);
  rvs__hole_known_row (from->hole, y, x, n, known);
  for (int i = 0; i < n; i++)
    {
      for (int c = 0; c < 3; c++)
        planes[c][i] = known[i] > 0 ? planes[c][i] : 0;
      colourful = colourful || planes[0][i] != planes[1][i] || planes[1][i] != planes[2][i];
    }
  if (colourful)
    atomic_store_explicit (&from->colourful, true, memory_order_relaxed);
}

typedef struct Normalise
{
  const RvsFillIn *in;
} Normalise;

/* Damage must not ring into its surroundings, as it would if the photo itself were resampled: known colours and their share are, and then
 * divided. */
static void
normalise_row (void *context, int y, int worker)
{
  const RvsFillIn *in = ((const Normalise *)context)->in;

  (void)worker;
  for (size_t i = (size_t)y * SIDE; i < (size_t)(y + 1) * SIDE; i++)
    {
      const float share = in->valid.data[i];

      in->valid.data[i] = share > KNOWN;
      for (int c = 0; c < 3; c++)
        {
          float *v = rvs__channel (&in->crop, c) + i;
          *v = share > KNOWN ? fminf (fmaxf (*v / share * 2 - 1, -1), 1) : 0;
        }
    }
}

/* Returns true when nothing known in the crop has a colour. */
static bool
cut_crop (RvsExec *exec, const RvsView *image, const RvsHole *hole, const RvsAffine *crop_to_image, RvsFillIn *in)
{
  static const RvsWarpRange as_it_is = { 1, 0, -INFINITY, INFINITY };
  Known                     known = { image, hole, false };
  RvsWarpSource             colours = { read_colours, &known, 0, 0, 3, false }, share = { read_known, &known, 0, 0, 1, false };
  Normalise                 job = { in };

  if (!exec->arena->measuring)
    {
      colours.width = share.width = image->width;
      colours.height = share.height = image->height;
    }
  rvs__warp (exec, &colours, crop_to_image, &as_it_is, &in->crop);
  rvs__warp (exec, &share, crop_to_image, &as_it_is, &in->valid);
  if (!rvs__exec_idle (exec))
    rvs__pool_run (exec->pool, normalise_row, &job, SIDE);
  return !atomic_load (&known.colourful);
}

/* ---- one crop ---- */

typedef struct Mending
{
  const RvsFillNet  *net;
  RvsExec           *exec;
  const RvsView     *image, *lines; /* lines: NULL where nothing is drawn */
  const RvsMendPlan *plan;
  const RvsWatch    *watch;
  RvsMended         *mended;
} Mending;

/* The smallest rect with all pixels that the crop has a share of; empty when there are none. */
static RvsRect
wanted_pixels (const RvsMendPlan *plan, const RvsMendCrop *crop)
{
  const RvsHole *hole = plan->hole;
  const RvsRect *area = &crop->area;
  int            x0 = INT32_MAX, y0 = INT32_MAX, x1 = -1, y1 = -1;

  for (int y = area->y; y < area->y + area->height; y++)
    for (size_t k = hole->rows[y]; k < hole->rows[y + 1]; k++)
      for (int x = hole->runs[k].x; x < hole->runs[k].x + hole->runs[k].n; x++)
        if (x >= area->x && x < area->x + area->width && rvs__mend_weight (plan, crop, hole->runs[k].part, x, y) > 0)
          {
            x0 = x < x0 ? x : x0;
            x1 = x > x1 ? x : x1;
            y0 = y < y0 ? y : y0;
            y1 = y;
          }
  return x1 < 0 ? (RvsRect){ 0, 0, 0, 0 } : (RvsRect){ x0, y0, x1 + 1 - x0, y1 + 1 - y0 };
}

/* Those pixels in the crop, and as far around them as reading them takes. */
static RvsRect
wanted_of_crop (const RvsMendCrop *crop, RvsRect px)
{
  const RvsAffine inverse = rvs__affine_invert (&crop->crop_to_image);

  return rvs__rect_widened (rvs__align_rect (&inverse, px.x, px.y, px.x + px.width, px.y + px.height, SIDE, SIDE), 3, SIDE, SIDE);
}

/* Pixels of the photo with what is around them. */
static RvsRect
surroundings (const Mending *mending, const RvsMendCrop *crop, RvsRect px)
{
  return rvs__rect_widened (px, (int)(AROUND * crop->scale) + 1, mending->image->width, mending->image->height);
}

/* What has to be added to the answer for it to be as grainy as the photo around `px`. */
static float
missing_grain (const Mending *mending, const RvsMendCrop *crop, RvsRect px, const RvsFillIn *in, const RvsTensor *answer)
{
  const RvsRect around = surroundings (mending, crop, px);
  const float   photo = rvs__grain_of_photo (mending->image, mending->plan->hole, around);
  /* Resampling takes the answer's own grain away. */
  const float own = crop->scale == 1 ? rvs__grain_of_crop (answer, &in->valid) : 0;

  return photo > own ? fminf (sqrtf (photo * photo - own * own), MOST_GRAIN) : 0;
}

/* A grey photo's holes are filled grey. */
static void
make_grey (RvsTensor *rgb)
{
  for (size_t i = 0; i < (size_t)rgb->h * (size_t)rgb->w; i++)
    {
      const float y = .299f * rvs__channel (rgb, 0)[i] + .587f * rvs__channel (rgb, 1)[i] + .114f * rvs__channel (rgb, 2)[i];
      for (int c = 0; c < 3; c++)
        rvs__channel (rgb, c)[i] = y;
    }
}

static RvsFillIn
new_input (RvsExec *exec)
{
  return (RvsFillIn){ .crop = rvs__exec_tensor (exec, 3, SIDE, SIDE),
                      .valid = rvs__exec_tensor (exec, 1, SIDE, SIDE),
                      .lines = rvs__exec_tensor (exec, 1, RVS_FILL_SKETCH_SIDE, RVS_FILL_SKETCH_SIDE) };
}

static RvsStatus
fill_crop (const Mending *mending, const RvsMendCrop *crop)
{
  RvsExec      *exec = mending->exec;
  const RvsRect px = wanted_pixels (mending->plan, crop);
  const size_t  mark = rvs__arena_mark (exec->arena);
  RvsFillIn     in = new_input (exec);
  RvsTensor     sketch = rvs__exec_tensor (exec, 1, RVS_FILL_SKETCH_SIDE, RVS_FILL_SKETCH_SIDE);
  RvsTensor     answer = rvs__exec_tensor (exec, 3, SIDE, SIDE);
  RvsStatus     status = RVS_OK;

  if (px.width > 0)
    {
      const bool grey = cut_crop (exec, mending->image, mending->plan->hole, &crop->crop_to_image, &in);

      in.aligned = crop->face >= 0;
      in.want = wanted_of_crop (crop, px);
      if (mending->lines)
        rvs__mend_lines (exec, mending->lines, &crop->crop_to_image, SIDE / RVS_FILL_SKETCH_SIDE, &in.lines);
      else
        in.lines.data = NULL;
      status = rvs__fill_forward (mending->net, exec, &in, &sketch, &answer);
      if (status == RVS_OK)
        rvs__mend_seam (exec, &in, &answer);
      if (status == RVS_OK && grey)
        make_grey (&answer);
      if (status == RVS_OK)
        rvs__mend_accumulate (exec, mending->plan, crop, &answer, missing_grain (mending, crop, px, &in, &answer),
                              mending->mended->sums);
      if (status == RVS_OK)
        rvs__mend_sketch_keep (&sketch, &crop->crop_to_image, surroundings (mending, crop, px),
                               &mending->mended->sketches[mending->mended->n_sketches++]);
      mending->mended->report.n_aligned += crop->face >= 0;
      mending->mended->report.n_local += crop->face < 0;
    }
  rvs__arena_release (exec->arena, mark);
  return status;
}

void
rvs__mend_measure (const RvsFillNet *net, RvsExec *exec)
{
  static const RvsAffine identity = { { 1, 0, 0, 0, 1, 0 } };
  const RvsMendCrop      crop = { .crop_to_image = identity };
  const size_t           mark = rvs__arena_mark (exec->arena);
  RvsFillIn              in = new_input (exec);
  RvsTensor              sketch = rvs__exec_tensor (exec, 1, RVS_FILL_SKETCH_SIDE, RVS_FILL_SKETCH_SIDE);
  RvsTensor              answer = rvs__exec_tensor (exec, 3, SIDE, SIDE);
  RvsStatus              status;

  cut_crop (exec, NULL, NULL, &identity, &in);
  status = rvs__fill_forward (net, exec, &in, &sketch, &answer);
  (void)status; /* measuring cannot fail */
  rvs__mend_accumulate (exec, NULL, &crop, &answer, 0, NULL);
  rvs__arena_release (exec->arena, mark);
}

/* ---- all of them ---- */

/* Who has filled each pixel most. */
static void
count_pixels (const RvsMendPlan *plan, RvsMended *mended)
{
  const RvsHole *hole = plan->hole;

  for (int y = 0; y < hole->height; y++)
    for (size_t k = hole->rows[y]; k < hole->rows[y + 1]; k++)
      for (int x = hole->runs[k].x; x < hole->runs[k].x + hole->runs[k].n; x++)
        for (size_t i = 0; i < plan->n_crops && plan->crops[i].face >= 0; i++)
          if (rvs__mend_weight (plan, &plan->crops[i], hole->runs[k].part, x, y) > .5f)
            {
              mended->face_px[plan->crops[i].face]++;
              mended->report.aligned_px++;
              break;
            }
  mended->report.hole_px = (int64_t)hole->n_pixels;
}

static RvsStatus
fill_crops (const Mending *mending)
{
  RvsStatus status = RVS_OK;

  for (size_t i = 0; status == RVS_OK && i < mending->plan->n_crops; i++)
    {
      status = fill_crop (mending, &mending->plan->crops[i]);
      if (status == RVS_OK)
        status = mending->watch->done (mending->watch->user, (float)(i + 1) / (float)mending->plan->n_crops);
    }
  return status;
}

static RvsMended *
mended_new (RvsHole *hole, size_t n_faces)
{
  RvsMended *mended = rvs__alloc_zero (sizeof *mended);

  if (!mended)
    return NULL;
  mended->hole = hole;
  mended->sums = rvs__alloc_zero (hole->n_pixels * sizeof *mended->sums);
  mended->face_px = rvs__alloc_zero ((n_faces + 1) * sizeof *mended->face_px);
  if (mended->sums && mended->face_px)
    return mended;
  mended->hole = NULL;
  rvs__mended_free (mended);
  return NULL;
}

RvsStatus
rvs__mend (const RvsFillNet *net, RvsExec *exec, const RvsView *image, RvsHole *hole, const RvsView *lines,
           const RvsAffine *crop_to_image, size_t n_faces, const RvsWatch *watch, RvsMended **out_mended, RvsError *err)
{
  RvsMendPlan plan = { 0 };
  RvsMended  *mended = mended_new (hole, n_faces);
  RvsStatus   status;
  Mending     mending = { net, exec, image, lines, &plan, watch, mended };

  *out_mended = NULL;
  if (!mended)
    {
      status = rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory for a hole of %zu pixels", hole->n_pixels);
      rvs__hole_free (hole);
      return status;
    }
  status = rvs__mend_plan (hole, crop_to_image, n_faces, &plan, err);
  if (status == RVS_OK && !(mended->sketches = rvs__alloc ((plan.n_crops + 1) * sizeof *mended->sketches)))
    status = rvs__fail (err, RVS_ERR_NO_MEMORY, "no memory for the edges of %zu crops", plan.n_crops);
  if (status == RVS_OK)
    status = fill_crops (&mending);
  if (status == RVS_OK)
    {
      count_pixels (&plan, mended);
      *out_mended = mended;
    }
  else
    rvs__mended_free (mended);
  rvs__mend_plan_clear (&plan);
  return status;
}

void
rvs__mended_free (RvsMended *mended)
{
  if (!mended)
    return;
  rvs__hole_free (mended->hole);
  rvs__free (mended->sums);
  rvs__free (mended->face_px);
  rvs__free (mended->sketches);
  rvs__free (mended);
}
