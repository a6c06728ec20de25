/* SPDX-License-Identifier: GPL-3.0-or-later
 * candidates.c: what the detector's cells say, and which of them are one face. Formulas: docs/weights-format.md. */
#include "face/candidates.h"

#include "net/detector.h"

#include <math.h>
#include <string.h>

#define UNIT 4.0f       /* strides: the unit of boxes and landmarks */
#define MAX_LOG 4.0f    /* limit of the logarithm of a box side */
#define SAME_IOU 0.6f   /* averaged */
#define NMS_IOU 0.4f    /* dropped */
#define NMS_INSIDE 0.7f /* dropped: share of the smaller box */
#define WHOLE 0.7f      /* a box stays against one inside it that is up to 1 / 0.7 times as sure */

/* ---- decode ---- */

static void
decode_cell (const RvsTensor *map, size_t at, float cx, float cy, float unit, RvsCandidate *out)
{
  float v[RVS_DETECTOR_VALUES];
  for (int c = 1; c < RVS_DETECTOR_VALUES; c++)
    v[c] = rvs__channel (map, c)[at];
  out->box[2] = unit * expf (fminf (fmaxf (v[3], -MAX_LOG), MAX_LOG));
  out->box[3] = unit * expf (fminf (fmaxf (v[4], -MAX_LOG), MAX_LOG));
  out->box[0] = cx + unit * v[1] - 0.5f * out->box[2];
  out->box[1] = cy + unit * v[2] - 0.5f * out->box[3];
  for (int k = 0; k < 5; k++)
    {
      out->marks[k][0] = cx + unit * v[5 + 2 * k];
      out->marks[k][1] = cy + unit * v[6 + 2 * k];
    }
}

size_t
rvs__candidates_decode (const RvsTensor *map, int stride, float scale, float threshold, RvsCandidate *list, size_t n)
{
  const float *logit = rvs__channel (map, 0);
  float        least = logf (threshold / (1.0f - threshold));
  float        step = (float)stride * scale;
  for (int y = 0; y < map->h; y++)
    for (int x = 0; x < map->w; x++)
      {
        size_t at = (size_t)y * (size_t)map->w + (size_t)x;
        if (!(logit[at] >= least))
          continue;
        decode_cell (map, at, ((float)x + 0.5f) * step, ((float)y + 0.5f) * step, UNIT * step, &list[n]);
        list[n].score = 1.0f / (1.0f + expf (-logit[at]));
        list[n].turn = 0;
        n++;
      }
  return n;
}

/* ---- merge ---- */

float
rvs__box_overlap (const float a[4], const float b[4], float *inside)
{
  float w = fminf (a[0] + a[2], b[0] + b[2]) - fmaxf (a[0], b[0]);
  float h = fminf (a[1] + a[3], b[1] + b[3]) - fmaxf (a[1], b[1]);
  float area_a = a[2] * a[3], area_b = b[2] * b[3];
  float both = w > 0.0f && h > 0.0f ? w * h : 0.0f;
  *inside = both / fminf (area_a, area_b);
  return both / (area_a + area_b - both);
}

static void
add_weighted (RvsCandidate *sum, const RvsCandidate *one, float weight)
{
  for (int k = 0; k < 4; k++)
    sum->box[k] += weight * one->box[k];
  for (int k = 0; k < 5; k++)
    {
      sum->marks[k][0] += weight * one->marks[k][0];
      sum->marks[k][1] += weight * one->marks[k][1];
    }
}

static float
area (const RvsCandidate *one)
{
  return one->box[2] * one->box[3];
}

/* Takes the best of list[from..n) to list[from], averaged with its near doubles; drops all it overlaps; returns the new n. */
static size_t
take_best (RvsCandidate *list, size_t from, size_t n)
{
  RvsCandidate best, mean = { 0 };
  size_t       top = from, kept = from + 1;
  float        total = 0.0f;
  for (size_t i = from + 1; i < n; i++)
    if (list[i].score > list[top].score)
      top = i;
  best = list[top];
  list[top] = list[from];
  list[from] = best;
  for (size_t i = from; i < n; i++)
    {
      float inside, same = rvs__box_overlap (best.box, list[i].box, &inside);
      if (i == from || (same >= SAME_IOU && list[i].turn == best.turn))
        {
          add_weighted (&mean, &list[i], list[i].score);
          total += list[i].score;
        }
      else if (same < NMS_IOU && (inside < NMS_INSIDE || area (&list[i]) > area (&best)))
        list[kept++] = list[i];
    }
  memset (&list[from], 0, sizeof list[from]);
  add_weighted (&list[from], &mean, 1.0f / total);
  list[from].score = best.score;
  list[from].turn = best.turn;
  return kept;
}

size_t
rvs__candidates_merge (RvsCandidate *list, size_t n)
{
  size_t done = 0;
  for (; done < n; done++)
    n = take_best (list, done, n);
  return done;
}

static void
sort_by_area (RvsCandidate *list, size_t n)
{
  for (size_t i = 1; i < n; i++)
    {
      RvsCandidate one = list[i];
      size_t       at = i;
      for (; at > 0 && area (&list[at - 1]) < area (&one); at--)
        list[at] = list[at - 1];
      list[at] = one;
    }
}

size_t
rvs__candidates_drop_parts (RvsCandidate *list, size_t n)
{
  size_t kept = 0;
  sort_by_area (list, n);
  for (size_t i = 0; i < n; i++)
    for (size_t j = i + 1; j < n && list[i].score > 0.0f; j++)
      {
        float inside;
        rvs__box_overlap (list[i].box, list[j].box, &inside);
        if (inside >= NMS_INSIDE && list[j].score > 0.0f)
          list[list[i].score >= WHOLE * list[j].score ? j : i].score = 0.0f;
      }
  for (size_t i = 0; i < n; i++)
    if (list[i].score > 0.0f)
      list[kept++] = list[i];
  return kept;
}
