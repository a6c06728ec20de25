/* SPDX-License-Identifier: GPL-3.0-or-later
 * detect.c: from pixels to a list of faces. The network sees faces from about 12 to 300 pixels: the fine pass works on the image
 * brought to a long side of 1024, the coarse pass on a quarter of that, where a face that fills the image is of a size it knows. */
#include "face/detect.h"

#include "face/candidates.h"
#include "face/fit.h"
#include "net/detector.h"
#include "ops/ops.h"

#include <math.h>
#include <string.h>

enum
{
  LONG_SIDE = RVS_DETECT_SIDE,
  MOST_ZOOM = 2,
  COARSE = 4,
  /* box heights in network pixels that a pass answers for; what lies outside was not trained, and the other pass sees it better */
  FINE_MOST = 320,
  COARSE_LEAST = 14,
  LOOK_SIDE = 160, /* long side of the closer view of one face */
  BOX_SIDE = 256,  /* and of the wider one around a box that the user drew */
  /* cells of both passes at LONG_SIDE squared: 1/64 + 1/256 + 1/1024 of the pixels, and as many of the coarse view's */
  MAX_CELLS = LONG_SIDE * LONG_SIDE * 21 / 1024 * 17 / 16,
  LOOK_CELLS = BOX_SIDE * BOX_SIDE * 21 / 1024
};

#define PASSES_SHARE 0.6f /* of the whole search's progress; the closer looks have the rest */
#define LOOK_MARGIN 0.3f  /* of the box's longer side, on each side: the face fills the size at which landmarks are best */
#define BOX_MARGIN 0.75f
#define LOOK_SCORE 0.05f /* of a candidate in the closer view */
#define FIRST_PART 0.6f  /* of the score asked for: enough for a closer look */
#define LOOK_IOU 0.25f   /* least overlap of what is seen there with the box that is asked about */

static int
align_up (int n)
{
  return (n + RVS_DETECTOR_ALIGN - 1) / RVS_DETECTOR_ALIGN * RVS_DETECTOR_ALIGN;
}

/* ---- passes ---- */

/* One forward pass over canvas; appends its candidates, in canvas pixels times scale. */
static RvsStatus
pass (const RvsDetectorNet *net, RvsExec *exec, const RvsTensor *canvas, float scale, float threshold, RvsCandidate *list,
      size_t *n)
{
  size_t    mark = rvs__arena_mark (exec->arena);
  RvsTensor maps[RVS_DETECTOR_MAPS];
  RvsStatus status;
  for (int i = 0; i < RVS_DETECTOR_MAPS; i++)
    {
      int    w = canvas->w / (RVS_DETECTOR_STRIDE << i), h = canvas->h / (RVS_DETECTOR_STRIDE << i);
      size_t floats = (size_t)RVS_DETECTOR_VALUES * (size_t)w * (size_t)h;
      maps[i] = rvs__tensor (rvs__arena_floats (exec->arena, floats), RVS_DETECTOR_VALUES, h, w);
    }
  status = rvs__detector_forward (net, exec, canvas, maps);
  if (status == RVS_OK && !rvs__exec_idle (exec))
    for (int i = 0; i < RVS_DETECTOR_MAPS; i++)
      *n = rvs__candidates_decode (&maps[i], RVS_DETECTOR_STRIDE << i, scale, threshold, list, *n);
  rvs__arena_release (exec->arena, mark);
  return status;
}

/* A mid-grey canvas whose sides fit the network, at least w x h. */
static RvsTensor
canvas_new (RvsExec *exec, int w, int h)
{
  int    cw = align_up (w), ch = align_up (h);
  size_t floats = 3 * (size_t)cw * (size_t)ch;
  float *data = rvs__arena_floats (exec->arena, floats);
  if (!rvs__exec_idle (exec))
    memset (data, 0, floats * sizeof (float));
  return rvs__tensor (data, 3, ch, cw);
}

/* 4x4 means of fine into the corner of coarse. */
static void
reduce_canvas (const RvsTensor *fine, const RvsTensor *coarse)
{
  for (int c = 0; c < 3; c++)
    for (int y = 0; y < fine->h / COARSE; y++)
      {
        float *out = rvs__channel (coarse, c) + (size_t)y * (size_t)coarse->w;
        for (int x = 0; x < fine->w / COARSE; x++)
          {
            const float *in = rvs__channel (fine, c) + (size_t)y * COARSE * (size_t)fine->w + (size_t)x * COARSE;
            float        sum = 0.0f;
            for (int k = 0; k < COARSE; k++, in += fine->w)
              sum += in[0] + in[1] + in[2] + in[3];
            out[x] = sum / (COARSE * COARSE);
          }
      }
}

/* Of list[from..n), drops the boxes whose height is outside [least, most]; returns the new n. */
static size_t
keep_heights (RvsCandidate *list, size_t from, size_t n, float least, float most)
{
  size_t kept = from;
  for (size_t i = from; i < n; i++)
    if (list[i].box[3] >= least && list[i].box[3] <= most)
      list[kept++] = list[i];
  return kept;
}

static bool
tick_to (const RvsDetectTick *tick, float done)
{
  return !tick || tick->tick (tick->user, done);
}

/* Both passes over the image resized to w x h. */
static RvsStatus
both_passes (const RvsDetectorNet *net, RvsExec *exec, const RvsView *image, int w, int h, float threshold,
             const RvsDetectTick *tick, RvsCandidate *list, size_t *n)
{
  RvsRect   all = { 0, 0, image->width, image->height };
  RvsTensor fine = canvas_new (exec, w, h);
  RvsTensor coarse = canvas_new (exec, fine.w / COARSE, fine.h / COARSE);
  RvsStatus status;
  rvs__fit (exec, image, all, w, h, &fine);
  if (!rvs__exec_idle (exec))
    reduce_canvas (&fine, &coarse);
  if (!tick_to (tick, 0.1f * PASSES_SHARE))
    return RVS_ERR_CANCELLED;
  status = pass (net, exec, &fine, 1.0f, threshold, list, n);
  if (status == RVS_OK && !tick_to (tick, 0.9f * PASSES_SHARE))
    status = RVS_ERR_CANCELLED;
  if (status == RVS_OK)
    {
      size_t n_fine = *n = keep_heights (list, 0, *n, 0.0f, FINE_MOST);
      status = pass (net, exec, &coarse, (float)COARSE, threshold, list, n);
      *n = keep_heights (list, n_fine, *n, COARSE_LEAST * COARSE, INFINITY);
    }
  return status;
}

/* ---- faces ---- */

/* From pixels of a resized view to those of the image. */
static RvsCandidate
to_image (const RvsCandidate *one, float scale_x, float scale_y, float x0, float y0)
{
  RvsCandidate out = *one;
  out.box[0] = x0 + one->box[0] * scale_x;
  out.box[1] = y0 + one->box[1] * scale_y;
  out.box[2] = one->box[2] * scale_x;
  out.box[3] = one->box[3] * scale_y;
  for (int k = 0; k < 5; k++)
    {
      out.marks[k][0] = x0 + one->marks[k][0] * scale_x;
      out.marks[k][1] = y0 + one->marks[k][1] * scale_y;
    }
  return out;
}

static RvsFace
face_of (const RvsCandidate *one)
{
  RvsFace face = { one->box[0], one->box[1], one->box[2], one->box[3], one->score, { { 0 } }, RVS_FACE_HAS_LANDMARKS };
  memcpy (face.landmarks, one->marks, sizeof face.landmarks);
  return face;
}

/* Whether a comes before b: larger box, then smaller y, then smaller x. */
static bool
comes_first (const RvsFace *a, const RvsFace *b)
{
  float area_a = a->w * a->h, area_b = b->w * b->h;
  if (area_a != area_b)
    return area_a > area_b;
  return a->y != b->y ? a->y < b->y : a->x < b->x;
}

/* Sorts by insertion; the last ones fall off beyond capacity. n_before is the number offered so far. */
static void
insert_face (RvsFace *faces, size_t capacity, size_t n_before, const RvsFace *face)
{
  size_t at = n_before < capacity ? n_before : capacity;
  for (; at > 0 && comes_first (face, &faces[at - 1]); at--)
    if (at < capacity)
      faces[at] = faces[at - 1];
  if (at < capacity)
    faces[at] = *face;
}

/* The logarithm of the odds needs it inside (0, 1). */
static float
usable_threshold (float score)
{
  return fminf (fmaxf (score, 0.01f), 0.99f);
}

static int
scaled_side (int side, double zoom)
{
  int n = (int)floor (side * zoom + 0.5);
  return n < 1 ? 1 : n;
}

/* ---- the closer look ---- */

/* A part of the image around a box, brought to a canvas. */
typedef struct Look
{
  float margin;
  int   side;
  float least; /* score */
  bool  mirrored;
} Look;

/* False when none of it is inside the image. */
static bool
around_box (const RvsView *image, const float box[4], float margin, RvsRect *out)
{
  float m = margin * fmaxf (box[2], box[3]);
  float x0 = fmaxf (floorf (box[0] - m), 0.0f), x1 = fminf (ceilf (box[0] + box[2] + m), (float)image->width);
  float y0 = fmaxf (floorf (box[1] - m), 0.0f), y1 = fminf (ceilf (box[1] + box[3] + m), (float)image->height);
  if (!(x1 - x0 >= 1.0f) || !(y1 - y0 >= 1.0f))
    return false;
  *out = (RvsRect){ (int32_t)x0, (int32_t)y0, (int32_t)(x1 - x0), (int32_t)(y1 - y0) };
  return true;
}

/* Index of the candidate that explains the box best, or n. */
static size_t
best_in_box (const RvsCandidate *list, size_t n, const float box[4])
{
  size_t best = n;
  float  most = 0.0f;
  for (size_t i = 0; i < n; i++)
    {
      float inside, same = rvs__box_overlap (box, list[i].box, &inside);
      float worth = list[i].score * same;
      if (same >= LOOK_IOU && worth > most)
        {
          most = worth;
          best = i;
        }
    }
  return best;
}

/* The candidate on the canvas that explains box best; score 0 when there is none. */
static RvsStatus
look_once (const RvsDetectorNet *net, RvsExec *exec, const RvsTensor *canvas, const float box[4], float least,
           RvsCandidate *out_seen)
{
  size_t        mark = rvs__arena_mark (exec->arena), n = 0, best;
  RvsCandidate *list = rvs__arena_push (exec->arena, LOOK_CELLS * sizeof (RvsCandidate));
  RvsStatus     status = pass (net, exec, canvas, 1.0f, least, list, &n);
  *out_seen = (RvsCandidate){ 0 };
  n = rvs__candidates_merge (list, n);
  best = best_in_box (list, n, box);
  if (status == RVS_OK && best < n)
    *out_seen = list[best];
  rvs__arena_release (exec->arena, mark);
  return status;
}

/* Mirrors the first w columns. */
static void
mirror_canvas (const RvsTensor *canvas, int w)
{
  for (int c = 0; c < canvas->c; c++)
    for (int y = 0; y < canvas->h; y++)
      {
        float *row = rvs__channel (canvas, c) + (size_t)y * (size_t)canvas->w;
        for (int i = 0, j = w - 1; i < j; i++, j--)
          {
            float t = row[i];
            row[i] = row[j];
            row[j] = t;
          }
      }
}

/* Of a view of width w; the image-left eye and mouth corner stay first. */
static RvsCandidate
mirrored (const RvsCandidate *one, float w)
{
  static const int from[5] = { 1, 0, 2, 4, 3 };
  RvsCandidate     out = *one;
  out.box[0] = w - one->box[0] - one->box[2];
  for (int k = 0; k < 5; k++)
    {
      out.marks[k][0] = w - one->marks[from[k]][0];
      out.marks[k][1] = one->marks[from[k]][1];
    }
  return out;
}

static void
average (RvsCandidate *one, const RvsCandidate *other)
{
  for (int k = 0; k < 4; k++)
    one->box[k] = 0.5f * (one->box[k] + other->box[k]);
  for (int k = 0; k < 5; k++)
    for (int i = 0; i < 2; i++)
      one->marks[k][i] = 0.5f * (one->marks[k][i] + other->marks[k][i]);
}

/* The same canvas mirrored: two views err in different ways, so their mean errs less. */
static RvsStatus
look_mirrored (const RvsDetectorNet *net, RvsExec *exec, const RvsTensor *canvas, int w, const float box[4], float least,
               RvsCandidate *seen)
{
  const float  there[4] = { (float)w - box[0] - box[2], box[1], box[2], box[3] };
  RvsCandidate other;
  RvsStatus    status;
  mirror_canvas (canvas, w);
  status = look_once (net, exec, canvas, there, least, &other);
  if (other.score > 0.0f)
    {
      other = mirrored (&other, (float)w);
      average (seen, &other);
    }
  seen->score = 0.5f * (seen->score + other.score);
  return status;
}

/* The face that the network sees in box, in pixels of the image, when it looks at it alone; score 0 when there is none. */
static RvsStatus
look_closely (const RvsDetectorNet *net, RvsExec *exec, const RvsView *image, const float box[4], const Look *look,
              RvsCandidate *out_seen)
{
  size_t    mark = rvs__arena_mark (exec->arena);
  RvsRect   rect;
  RvsStatus status = RVS_OK;
  *out_seen = (RvsCandidate){ 0 };
  if (around_box (image, box, look->margin, &rect))
    {
      double    zoom = (double)look->side / (rect.width > rect.height ? rect.width : rect.height);
      int       w = scaled_side (rect.width, zoom), h = scaled_side (rect.height, zoom);
      float     x0 = (float)rect.x, y0 = (float)rect.y, sx = (float)rect.width / (float)w, sy = (float)rect.height / (float)h;
      float     local[4] = { (box[0] - x0) / sx, (box[1] - y0) / sy, box[2] / sx, box[3] / sy };
      RvsTensor canvas = canvas_new (exec, w, h);
      rvs__fit (exec, image, rect, w, h, &canvas);
      status = look_once (net, exec, &canvas, local, look->least, out_seen);
      if (status == RVS_OK && look->mirrored && out_seen->score > 0.0f)
        status = look_mirrored (net, exec, &canvas, w, local, look->least, out_seen);
      *out_seen = to_image (out_seen, sx, sy, x0, y0);
    }
  rvs__arena_release (exec->arena, mark);
  return status;
}

/* Box, landmarks and score of a face that the passes found, from a closer look at it. */
static RvsStatus
confirm (const RvsDetectorNet *net, RvsExec *exec, const RvsView *image, RvsCandidate *one)
{
  static const Look look = { LOOK_MARGIN, LOOK_SIDE, LOOK_SCORE, true };
  RvsCandidate      seen;
  RvsStatus         status = look_closely (net, exec, image, one->box, &look, &seen);
  bool              found = seen.score > 0.0f;
  seen.score = 0.5f * (one->score + seen.score);
  if (found)
    *one = seen;
  else
    one->score = seen.score;
  return status;
}

/* ---- the calls ---- */

/* Merges the candidates of both passes, in pixels of the resized image, and confirms what is left, in pixels of the image. */
static RvsStatus
confirm_all (const RvsDetectorNet *net, RvsExec *exec, const RvsView *image, const float scale[2], const RvsDetectTick *tick,
             RvsCandidate *list, size_t *n)
{
  RvsStatus status = RVS_OK;
  *n = rvs__candidates_merge (list, *n);
  for (size_t i = 0; i < *n && status == RVS_OK; i++)
    {
      list[i] = to_image (&list[i], scale[0], scale[1], 0.0f, 0.0f);
      status = confirm (net, exec, image, &list[i]);
      if (status == RVS_OK && !tick_to (tick, PASSES_SHARE + (1 - PASSES_SHARE) * (float)(i + 1) / (float)*n))
        status = RVS_ERR_CANCELLED;
    }
  if (status == RVS_OK)
    *n = rvs__candidates_drop_parts (list, *n);
  return status;
}

RvsStatus
rvs__detect_faces (const RvsDetectorNet *net, RvsExec *exec, const RvsView *image, float min_score, const RvsDetectTick *tick,
                   RvsFace *faces, size_t capacity, size_t *out_n)
{
  size_t        mark = rvs__arena_mark (exec->arena);
  RvsCandidate *list = rvs__arena_push (exec->arena, MAX_CELLS * sizeof (RvsCandidate));
  int           longest = image->width > image->height ? image->width : image->height;
  double        zoom = fmin (MOST_ZOOM, (double)LONG_SIDE / longest);
  int           w = scaled_side (image->width, zoom), h = scaled_side (image->height, zoom);
  const float   scale[2] = { (float)image->width / (float)w, (float)image->height / (float)h };
  size_t        n = 0;
  RvsStatus     status;
  *out_n = 0;
  status = both_passes (net, exec, image, w, h, usable_threshold (FIRST_PART * min_score), tick, list, &n);
  if (status == RVS_OK)
    status = confirm_all (net, exec, image, scale, tick, list, &n);
  for (size_t i = 0; i < n && status == RVS_OK; i++)
    if (list[i].score >= min_score)
      {
        RvsFace face = face_of (&list[i]);
        insert_face (faces, capacity, (*out_n)++, &face);
      }
  rvs__arena_release (exec->arena, mark);
  return status;
}

RvsStatus
rvs__detect_in_box (const RvsDetectorNet *net, RvsExec *exec, const RvsView *image, float min_score, RvsFace *face, bool *out_found)
{
  const Look   look = { BOX_MARGIN, BOX_SIDE, usable_threshold (min_score), false };
  const float  box[4] = { face->x, face->y, face->w, face->h };
  RvsCandidate seen;
  RvsStatus    status = look_closely (net, exec, image, box, &look, &seen);
  *out_found = status == RVS_OK && seen.score > 0.0f;
  if (*out_found)
    {
      face->score = seen.score;
      /* the size of the box is the user's guess: look again, at what is seen in it */
      status = confirm (net, exec, image, &seen);
      memcpy (face->landmarks, seen.marks, sizeof seen.marks);
      face->flags |= RVS_FACE_HAS_LANDMARKS;
    }
  return status;
}
