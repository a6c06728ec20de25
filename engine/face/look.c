/* SPDX-License-Identifier: GPL-3.0-or-later
 * look.c: the closer look. */
#include "face/look.h"

#include "face/fit.h"
#include "face/search.h"
#include "face/turn.h"
#include "ops/ops.h"

#include <math.h>
#include <string.h>

enum
{
  LOOK_SIDE = 160, /* long side of the view of a face that was found */
  BOX_SIDE = 256,  /* and of the wider one around somebody's guess */
  LOOK_CELLS = BOX_SIDE * BOX_SIDE * 21 / 1024
};

#define LOOK_MARGIN 0.3f /* of the box's longer side, on each side: the face fills the size at which landmarks are best */
#define BOX_MARGIN 0.75f
#define LOOK_SCORE 0.05f /* of a candidate in the closer view */
#define LOOK_IOU 0.25f   /* least overlap of what is seen there with the box that is asked about */
#define TURN_GAIN 0.05f  /* how much surer a turned view must be */

/* A part of the image around a box, brought to a canvas. */
typedef struct Look
{
  float margin;
  int   side;
  float least; /* score */
  bool  mirrored;
} Look;

static int
scaled (int side, double zoom)
{
  const int n = (int)floor (side * zoom + 0.5);

  return n < 1 ? 1 : n;
}

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

/* The candidate on the canvas that explains box best, seen at a turn; score 0 when there is none. */
static RvsStatus
look_once (const RvsDetectorNet *net, RvsExec *exec, const RvsTensor *canvas, int turn, const float box[4], float least,
           RvsCandidate *out_seen)
{
  size_t        mark = rvs__arena_mark (exec->arena), n = 0, best;
  RvsCandidate *list = rvs__arena_push (exec->arena, LOOK_CELLS * sizeof (RvsCandidate));
  RvsStatus     status = rvs__detect_pass (net, exec, canvas, turn, least, list, &n);
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

/* Of a view of width w; the eye and mouth corner on the left of the upright face stay first. */
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

/* The same canvas mirrored: two views err in different ways, so their mean errs less. A face on its side turns over to the other. */
static RvsStatus
look_mirrored (const RvsDetectorNet *net, RvsExec *exec, const RvsTensor *canvas, int w, int turn, const float box[4], float least,
               RvsCandidate *seen)
{
  const float  there[4] = { (float)w - box[0] - box[2], box[1], box[2], box[3] };
  RvsCandidate other;
  RvsStatus    status;
  mirror_canvas (canvas, w);
  status = look_once (net, exec, canvas, (4 - turn) % 4, there, least, &other);
  if (other.score > 0.0f)
    {
      other = mirrored (&other, (float)w);
      average (seen, &other);
    }
  seen->score = 0.5f * (seen->score + other.score);
  return status;
}

/* The face that the network sees in box at a turn, in pixels of the image, when it looks at it alone; score 0 when there is none. Where
 * the mirrored view cannot bring the score above `beat` any more it is not looked at: the score is then at most that too. */
static RvsStatus
look_closely (const RvsDetectorNet *net, RvsExec *exec, const RvsView *image, const float box[4], int turn, const Look *look,
              float beat, RvsCandidate *out_seen)
{
  size_t    mark = rvs__arena_mark (exec->arena);
  RvsRect   rect;
  RvsStatus status = RVS_OK;
  *out_seen = (RvsCandidate){ 0 };
  if (around_box (image, box, look->margin, &rect))
    {
      double    zoom = (double)look->side / (rect.width > rect.height ? rect.width : rect.height);
      int       w = scaled (rect.width, zoom), h = scaled (rect.height, zoom);
      float     x0 = (float)rect.x, y0 = (float)rect.y, sx = (float)rect.width / (float)w, sy = (float)rect.height / (float)h;
      float     local[4] = { (box[0] - x0) / sx, (box[1] - y0) / sy, box[2] / sx, box[3] / sy };
      RvsTensor canvas = rvs__canvas_new (exec, w, h);
      rvs__fit (exec, image, rect, w, h, &canvas);
      status = look_once (net, exec, &canvas, turn, local, look->least, out_seen);
      if (status == RVS_OK && look->mirrored && out_seen->score > 0.0f && 0.5f * (out_seen->score + 1) > beat)
        status = look_mirrored (net, exec, &canvas, w, turn, local, look->least, out_seen);
      *out_seen = rvs__candidate_to_image (out_seen, sx, sy, x0, y0);
    }
  rvs__arena_release (exec->arena, mark);
  return status;
}

/* ---- the calls ---- */

static const Look at_found = { LOOK_MARGIN, LOOK_SIDE, LOOK_SCORE, true };

/* The views at the other quarter turns, where one is surer than the same view at the face's own turn (score `known`). */
static RvsStatus
try_turns (const RvsDetectorNet *net, RvsExec *exec, const RvsView *image, const Look *look, float known, RvsCandidate *one)
{
  const RvsCandidate first = *one;
  RvsStatus          status = RVS_OK;

  for (int i = 1; status == RVS_OK && i < 4 && one->score < RVS_CLEAR_SCORE; i++)
    {
      RvsCandidate seen;
      status = look_closely (net, exec, image, first.box, (first.turn + i) % 4, look, known + TURN_GAIN, &seen);
      if (status == RVS_OK && seen.score > known + TURN_GAIN)
        {
          *one = seen;
          known = seen.score;
        }
    }
  return status;
}

RvsStatus
rvs__look_again (const RvsDetectorNet *net, RvsExec *exec, const RvsView *image, bool turned, RvsCandidate *one)
{
  RvsCandidate seen;
  RvsStatus    status = look_closely (net, exec, image, one->box, one->turn, &at_found, 0, &seen);
  const float  closer = seen.score;

  seen.score = 0.5f * (one->score + closer);
  if (closer > 0.0f)
    *one = seen;
  else
    one->score = seen.score;
  return status == RVS_OK && turned ? try_turns (net, exec, image, &at_found, closer, one) : status;
}

RvsStatus
rvs__look_in_box (const RvsDetectorNet *net, RvsExec *exec, const RvsView *image, const float box[4], float least, bool turned,
                  RvsCandidate *out_seen)
{
  const Look look = { BOX_MARGIN, BOX_SIDE, least, false };
  RvsStatus  status = look_closely (net, exec, image, box, 0, &look, 0, out_seen);

  if (status == RVS_OK && turned)
    {
      if (!(out_seen->score > 0.0f))
        memcpy (out_seen->box, box, sizeof out_seen->box);
      status = try_turns (net, exec, image, &look, out_seen->score, out_seen);
    }
  if (status != RVS_OK || !(out_seen->score > 0.0f))
    return status;
  /* the size of the box is a guess: look again, at what is seen in it */
  return rvs__look_again (net, exec, image, turned, out_seen);
}
