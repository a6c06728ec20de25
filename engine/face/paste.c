/* SPDX-License-Identifier: GPL-3.0-or-later
 * paste.c: the compositor. Rows are cut into chunks; for each chunk the deltas of all faces are summed, then source and sum
 * are joined and written. */
#include "face/paste.h"

#include "core/image.h"
#include "face/matte.h"
#include "ops/ops.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

enum
{
  CHUNK = 512
};

/* Per-thread scratch for one chunk. */
typedef struct Strip
{
  float         delta[3][CHUNK];
  float         rgb[3][CHUNK];
  float         share[CHUNK]; /* sum of the mattes */
  float         gain[CHUNK];  /* strength * mask */
  float         mask[CHUNK];
  float         noise[3][CHUNK];
  unsigned char covered[CHUNK]; /* inside some rect */
  bool          overlapped;     /* by several faces, perhaps: only then share is filled */
} Strip;

typedef struct Paste
{
  const RvsPasteJob *job;
  Strip             *strips;
  RvsGrainSquare    *square; /* NULL: no grain */
} Paste;

/* The part of row y and columns [x, x + n) inside the patch's rect, relative to x. False when empty. */
static bool
patch_span (const RvsPatch *patch, int y, int x, int n, int *out_lo, int *out_hi)
{
  const RvsRect *r = &patch->rect;

  if (y < r->y || y >= r->y + r->height)
    return false;
  *out_lo = r->x > x ? r->x - x : 0;
  *out_hi = r->x + r->width < x + n ? r->x + r->width - x : n;
  return *out_lo < *out_hi;
}

static float
patch_matte (const RvsPatch *patch, int x, int y)
{
  double u, v;

  rvs__affine_apply (&patch->image_to_crop, x + .5, y + .5, &u, &v);
  return rvs__matte_at (patch->matte, u, v);
}

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
clamp_int (int v, int lo, int hi)
{
  return v < lo ? lo : v > hi ? hi : v;
}

/* Bicubic sample of the field's three channels at crop position (u, v), 0..1; edges repeated, 0 outside. */
static void
sample_field (const RvsTensor *field, double u, double v, float out[3])
{
  const double x = u * field->w - .5, y = v * field->h - .5;
  const int    i = (int)floor (x), j = (int)floor (y);
  float        wx[4], wy[4];
  size_t       row[4];
  int          col[4];

  out[0] = out[1] = out[2] = 0;
  if (!(u >= 0 && u <= 1 && v >= 0 && v <= 1))
    return;
  cubic_weights ((float)(x - i), wx);
  cubic_weights ((float)(y - j), wy);
  for (int k = 0; k < 4; k++)
    {
      col[k] = clamp_int (i - 1 + k, 0, field->w - 1);
      row[k] = (size_t)clamp_int (j - 1 + k, 0, field->h - 1) * (size_t)field->w;
    }
  for (int c = 0; c < 3; c++)
    {
      const float *p = rvs__channel (field, c);
      float        sum[4];
      for (int k = 0; k < 4; k++)
        sum[k] = wx[0] * p[row[k] + (size_t)col[0]] + wx[1] * p[row[k] + (size_t)col[1]] + wx[2] * p[row[k] + (size_t)col[2]]
                 + wx[3] * p[row[k] + (size_t)col[3]];
      out[c] = wy[0] * sum[0] + wy[1] * sum[1] + wy[2] * sum[2] + wy[3] * sum[3];
    }
}

/* This patch's part of an overlap. */
static float
share_of (const Strip *strip, int i)
{
  return strip->overlapped && strip->share[i] > 1 ? 1 / strip->share[i] : 1;
}

/* The patch's delta at a pixel of its rect. */
static void
delta_at (const RvsPatch *patch, int y, int x, float value[3])
{
  const size_t at = (size_t)(y - patch->rect.y) * (size_t)patch->field.w + (size_t)(x - patch->rect.x);
  double       u, v;

  if (patch->field_on_image)
    {
      for (int c = 0; c < 3; c++)
        value[c] = rvs__channel (&patch->field, c)[at];
      return;
    }
  rvs__affine_apply (&patch->image_to_crop, x + .5, y + .5, &u, &v);
  sample_field (&patch->field, u, v, value);
}

static void
add_patch (const RvsPatch *patch, int y, int x, int lo, int hi, Strip *strip)
{
  for (int i = lo; i < hi; i++)
    {
      float       value[3];
      const float share = share_of (strip, i);

      delta_at (patch, y, x + i, value);
      for (int c = 0; c < 3; c++)
        strip->delta[c][i] += share * value[c];
    }
}

void
rvs__paste_add (const RvsPatch *patch, int y, int x, int n, float *const rgb[3])
{
  int lo, hi;

  if (!patch_span (patch, y, x, n, &lo, &hi))
    return;
  for (int i = lo; i < hi; i++)
    {
      float value[3];

      delta_at (patch, y, x + i, value);
      for (int c = 0; c < 3; c++)
        rgb[c][i] += value[c];
    }
}

/* The sum of the mattes of the patches that are on. */
static void
sum_mattes (const RvsPasteJob *job, int y, int x, int n, Strip *strip)
{
  int lo, hi;

  memset (strip->share, 0, sizeof strip->share);
  for (size_t k = 0; k < job->n_patches; k++)
    if (job->patches[k].on && patch_span (&job->patches[k], y, x, n, &lo, &hi))
      for (int i = lo; i < hi; i++)
        strip->share[i] += patch_matte (&job->patches[k], x + i, y);
}

/* Sums what all faces add to a chunk. Returns false when the chunk lies outside every rect. */
static bool
gather (const RvsPasteJob *job, int y, int x, int n, Strip *strip)
{
  int  lo, hi, n_on = 0;
  bool any = false;

  memset (strip->covered, 0, sizeof strip->covered);
  memset (strip->delta, 0, sizeof strip->delta);
  for (size_t k = 0; k < job->n_patches; k++)
    if (patch_span (&job->patches[k], y, x, n, &lo, &hi))
      {
        memset (strip->covered + lo, 1, (size_t)(hi - lo));
        n_on += job->patches[k].on;
        any = true;
      }
  strip->overlapped = n_on > 1;
  if (strip->overlapped)
    sum_mattes (job, y, x, n, strip);
  if (job->strength > 0)
    for (size_t k = 0; k < job->n_patches; k++)
      if (job->patches[k].on && patch_span (&job->patches[k], y, x, n, &lo, &hi))
        add_patch (&job->patches[k], y, x, lo, hi, strip);
  return any;
}

static void
read_gain (const RvsPasteJob *job, int y, int x, int n, Strip *strip)
{
  if (job->mask)
    rvs__view_read_plane (job->mask, y, x, n, strip->mask);
  for (int i = 0; i < n; i++)
    strip->gain[i] = job->mask ? job->strength * fminf (fmaxf (strip->mask[i], 0), 1) : job->strength;
}

/* Multiplies by strength and mask. */
static void
weigh (const RvsPasteJob *job, int y, int x, int n, Strip *strip)
{
  read_gain (job, y, x, n, strip);
  rvs__view_spare_hidden (job->src, y, x, n, strip->gain);
  for (int c = 0; c < 3; c++)
    for (int i = 0; i < n; i++)
      strip->delta[c][i] *= strip->gain[i];
}

/* How much grain goes with a share m of the delta. Where that replaces m of the photo, 1 - m of the photo's own grain stays; grain adds up
 * by its energy, so 1 - (1 - m)^2 of that is missing. Under a matte that comes later, it is so much that this is left. */
static float
grain_of_share (const RvsPatch *patch, float m, int x, int y)
{
  double u, v;
  float  later;

  if (!(m > 0) || !patch->later)
    return m > 0 ? sqrtf (m * (2 - m)) : 0;
  rvs__affine_apply (&patch->image_to_crop, x + .5, y + .5, &u, &v);
  later = fmaxf (rvs__matte_at (patch->later, u, v), .1f);
  return m * sqrtf ((2 - later) / later);
}

/* Adds the patch's grain to the weighted sum. */
static void
add_grain (const Paste *paste, const RvsPatch *patch, int y, int x, int lo, int hi, Strip *strip)
{
  const RvsPasteJob *job = paste->job;

  memset (strip->noise, 0, sizeof strip->noise);
  rvs__grain_row (&patch->grain, paste->square, y, x + lo, hi - lo, strip->noise[0] + lo, strip->noise[1] + lo,
                  strip->noise[2] + lo);
  rvs__view_read_row (job->src, y, x + lo, hi - lo, strip->rgb[0] + lo, strip->rgb[1] + lo, strip->rgb[2] + lo);
  for (int i = lo; i < hi; i++)
    {
      const float m = strip->gain[i] > 0 ? strip->gain[i] * share_of (strip, i) * patch_matte (patch, x + i, y) : 0;
      float       brightness = 0, amount;

      for (int c = 0; c < 3; c++)
        brightness += (strip->rgb[c][i] + strip->delta[c][i]) * (1 / 3.f);
      amount = job->grain * grain_of_share (patch, m, x + i, y) * rvs__grain_tone (&patch->grain, brightness);
      for (int c = 0; c < 3; c++)
        strip->delta[c][i] += amount * strip->noise[c][i];
    }
}

/* Of all patches. */
static void
add_grains (const Paste *paste, int y, int x, int n, Strip *strip)
{
  const RvsPasteJob *job = paste->job;
  int                lo, hi;

  for (size_t k = 0; k < job->n_patches; k++)
    if (job->patches[k].on && job->patches[k].grain.any && patch_span (&job->patches[k], y, x, n, &lo, &hi))
      add_grain (paste, &job->patches[k], y, x, lo, hi, strip);
}

static bool
changes (const Strip *strip, int i)
{
  return strip->delta[0][i] != 0 || strip->delta[1][i] != 0 || strip->delta[2][i] != 0;
}

/* One run of covered pixels, all changed or none. */
static void
write_run (const RvsPasteJob *job, int y, int x, int lo, int hi, bool changed, Strip *strip)
{
  if (!changed)
    {
      rvs__view_copy_rect (job->src, job->dst, (RvsRect){ x + lo, y, hi - lo, 1 });
      return;
    }
  rvs__view_read_row (job->src, y, x + lo, hi - lo, strip->rgb[0], strip->rgb[1], strip->rgb[2]);
  for (int c = 0; c < 3; c++)
    for (int i = lo; i < hi; i++)
      strip->rgb[c][i - lo] += strip->delta[c][i];
  rvs__view_write_row (job->dst, y, x + lo, hi - lo, strip->rgb[0], strip->rgb[1], strip->rgb[2]);
}

static void
paste_row (void *context, int item, int worker)
{
  const Paste       *paste = context;
  const RvsPasteJob *job = paste->job;
  Strip             *strip = &paste->strips[worker];
  const int          y = job->area.y + item, end = job->area.x + job->area.width;

  for (int x = job->area.x; x < end; x += CHUNK)
    {
      const int n = end - x < CHUNK ? end - x : CHUNK;
      if (!gather (job, y, x, n, strip))
        continue;
      weigh (job, y, x, n, strip);
      if (paste->square)
        add_grains (paste, y, x, n, strip);
      for (int lo = 0, hi; lo < n; lo = hi)
        {
          const bool changed = strip->covered[lo] && changes (strip, lo);
          for (hi = lo + 1; hi < n && strip->covered[hi] == strip->covered[lo] && changes (strip, hi) == changed; hi++)
            ;
          if (strip->covered[lo])
            write_run (job, y, x, lo, hi, changed, strip);
        }
    }
}

static void
weights_row (void *context, int item, int worker)
{
  const Paste       *paste = context;
  const RvsPasteJob *job = paste->job;
  Strip             *strip = &paste->strips[worker];
  const int          y = job->area.y + item, end = job->area.x + job->area.width;
  int                lo, hi;

  for (int x = job->area.x; x < end; x += CHUNK)
    {
      const int n = end - x < CHUNK ? end - x : CHUNK;
      float    *to = (float *)(void *)((unsigned char *)job->dst->pixels + y * job->dst->stride) + x;
      sum_mattes (job, y, x, n, strip);
      read_gain (job, y, x, n, strip);
      for (size_t k = 0; k < job->n_patches; k++)
        if (job->patches[k].on && patch_span (&job->patches[k], y, x, n, &lo, &hi))
          for (int i = lo; i < hi; i++)
            to[i] = strip->gain[i] * fminf (strip->share[i], 1);
    }
}

/* Used by an assert only; inline keeps release builds quiet. */
static inline bool
area_fits (const RvsPasteJob *job)
{
  return job->area.x >= 0 && job->area.y >= 0 && job->area.width <= job->dst->width - job->area.x
         && job->area.height <= job->dst->height - job->area.y;
}

static bool
has_grain (const RvsPasteJob *job)
{
  for (size_t k = 0; job->strength > 0 && job->grain > 0 && k < job->n_patches; k++)
    if (job->patches[k].on && job->patches[k].grain.any)
      return true;
  return false;
}

/* Runs over the rows of the job's area. */
static void
run_rows (RvsExec *exec, const RvsPasteJob *job, bool grain, RvsTask row)
{
  const size_t mark = rvs__arena_mark (exec->arena);
  Paste        paste = { .job = job };

  paste.strips = rvs__arena_push (exec->arena, (size_t)rvs__pool_n_threads (exec->pool) * sizeof *paste.strips);
  if (grain || exec->arena->measuring)
    paste.square = rvs__arena_push (exec->arena, sizeof *paste.square);
  assert (exec->arena->measuring || area_fits (job));
  if (paste.square)
    rvs__grain_fill (paste.square);
  /* A cancel does not count here: once it has begun, the caller's picture is written whole. */
  if (!exec->arena->measuring)
    rvs__pool_run (exec->pool, row, &paste, job->area.height);
  rvs__arena_release (exec->arena, mark);
}

void
rvs__paste (RvsExec *exec, const RvsPasteJob *job)
{
  run_rows (exec, job, has_grain (job), paste_row);
}

void
rvs__paste_weights (RvsExec *exec, const RvsPasteJob *job)
{
  assert (exec->arena->measuring || (job->dst->channels == 1 && job->dst->depth == RVS_DEPTH_F32));
  run_rows (exec, job, false, weights_row);
}

/* ---- the field on the crop's grid ---- */

typedef struct Premultiply
{
  const RvsTensor *delta;
  RvsTensor       *field;
  const float     *matte;
  float            gain;
} Premultiply;

static void
premultiply_row (void *context, int y, int worker)
{
  const Premultiply *job = context;
  const int          n = job->field->w;

  (void)worker;
  for (int x = 0; x < n; x++)
    {
      const float  m = job->gain * rvs__matte_at (job->matte, (x + .5) / n, (y + .5) / job->field->h);
      const size_t at = (size_t)y * (size_t)n + (size_t)x;
      for (int c = 0; c < 3; c++)
        rvs__channel (job->field, c)[at] = m * rvs__channel (job->delta, c)[at];
    }
}

void
rvs__paste_premultiply (RvsExec *exec, const RvsTensor *delta, const float *matte, float gain, RvsTensor *field)
{
  Premultiply job = { delta, field, matte, gain };

  assert (delta->c == 3 && field->c == 3 && delta->w == field->w && delta->h == field->h);
  rvs__exec_run (exec, premultiply_row, &job, field->h);
}
