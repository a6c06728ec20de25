/* SPDX-License-Identifier: GPL-3.0-or-later
 * look.h: a closer look at one face: only in and around its box, at the size at which landmarks are best. */
#ifndef RVS_FACE_LOOK_H
#define RVS_FACE_LOOK_H

#include "face/candidates.h"
#include "net/detector.h"
#include "rvs.h"

#include <stdbool.h>

/* A face that is seen so surely lies as it is seen: some on their side or head are taken for upright ones, with less. */
#define RVS_CLEAR_SCORE .9f

/* Box, landmarks and score of a face that a search has found. turned: where the face is not clear, the other quarter turns are tried
 * too, and one is kept when it explains the face better. OK or CANCELLED. */
RvsStatus rvs__look_again (const RvsDetectorNet *net, RvsExec *exec, const RvsView *image, bool turned, RvsCandidate *one);
/* What is seen in a box (x, y, w, h) that is somebody's guess; score 0 when nothing reaches least. turned: at every quarter turn. */
RvsStatus rvs__look_in_box (const RvsDetectorNet *net, RvsExec *exec, const RvsView *image, const float box[4], float least,
                            bool turned, RvsCandidate *out_seen);

#endif
