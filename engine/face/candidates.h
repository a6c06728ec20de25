/* SPDX-License-Identifier: GPL-3.0-or-later
 * candidates.h: from the detector's maps to one candidate per face. */
#ifndef RVS_FACE_CANDIDATES_H
#define RVS_FACE_CANDIDATES_H

#include "core/tensor.h"

typedef struct RvsCandidate
{
  float box[4]; /* x, y, w, h */
  float marks[5][2];
  float score;
  int   turn; /* quarter turns clockwise that the picture was given when this was seen, 0..3 */
} RvsCandidate;

/* Appends the cells of one map whose score reaches the threshold (0 < threshold < 1), coordinates in input pixels times scale, to
 * the n of list; returns the new count. list has room for all cells of the map. */
size_t rvs__candidates_decode (const RvsTensor *map, int stride, float scale, float threshold, RvsCandidate *list, size_t n);
/* Merges what overlaps (averaged where it was seen at the same turn), or lies inside a better one, in place; returns how many are left at the front, best score first. */
size_t rvs__candidates_merge (RvsCandidate *list, size_t n);
/* Of two, one inside the other, drops the part (an eye is no face) unless the whole is much less sure. Returns how many are left,
 * largest first. */
size_t rvs__candidates_drop_parts (RvsCandidate *list, size_t n);
/* Intersection over union of two boxes (x, y, w, h); *inside: over the smaller of the two. */
float rvs__box_overlap (const float a[4], const float b[4], float *inside);

#endif
