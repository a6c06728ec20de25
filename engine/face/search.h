/* SPDX-License-Identifier: GPL-3.0-or-later
 * search.h: running the detector over parts of a photo, each brought to a canvas. */
#ifndef RVS_FACE_SEARCH_H
#define RVS_FACE_SEARCH_H

#include "face/candidates.h"
#include "face/detect.h"

enum
{
  RVS_MOST_FOUND = 4096 /* candidates of one search; what comes after them is not kept */
};

/* One search of one photo. */
typedef struct RvsSearch
{
  const RvsDetectorNet *net;
  RvsExec              *exec;
  const RvsView        *image;
  float                 threshold; /* least score of a candidate, in (0, 1) */
  const RvsDetectTick  *tick;
  float                 from, span; /* the share of the whole progress that is being worked on */
  RvsCandidate         *cells;      /* scratch of one part */
  RvsCandidate         *found;      /* RVS_MOST_FOUND, in pixels of the image */
  size_t                n;
} RvsSearch;

/* Takes cells and found from the arena. */
void rvs__search_begin (RvsSearch *search);
/* False cancels: done (0..1) of the current share. */
bool rvs__search_tick (const RvsSearch *search, float done);
/* Appends what is seen when the photo is turned clockwise by turn quarter turns. least_px: the side of the smallest face that is looked
 * for, in pixels of the image. One view of the whole; where that shows such faces too small, overlapping tiles as well. OK or CANCELLED. */
RvsStatus rvs__search_turn (RvsSearch *search, int turn, float least_px);

/* A mid-grey canvas whose sides fit the network, at least w x h. */
RvsTensor rvs__canvas_new (RvsExec *exec, int w, int h);
/* One forward pass over the canvas, turned; writes its candidates, in canvas pixels, to list (room for all cells) and their number. */
RvsStatus rvs__detect_pass (const RvsDetectorNet *net, RvsExec *exec, const RvsTensor *canvas, int turn, float threshold,
                            RvsCandidate *list, size_t *out_n);
/* From pixels of a view of rect to those of the image: sx, sy image pixels a pixel. */
RvsCandidate rvs__candidate_to_image (const RvsCandidate *one, float sx, float sy, float x0, float y0);

#endif
