/* SPDX-License-Identifier: GPL-3.0-or-later
 * turn.h: looking at a canvas by quarter turns: photos lie on their side or stand on their head. */
#ifndef RVS_FACE_TURN_H
#define RVS_FACE_TURN_H

#include "core/exec.h"
#include "face/candidates.h"

/* The canvas turned clockwise by turn (1, 2, 3) quarter turns, in a new tensor of exec's arena. */
RvsTensor rvs__turn_canvas (RvsExec *exec, const RvsTensor *canvas, int turn);
/* A box (x, y, w, h) of a w x h canvas, as it lies on the turned one. */
void rvs__turn_box (const float box[4], float w, float h, int turn, float out[4]);
/* A candidate seen on the turned canvas, in coordinates of the canvas of w x h; its landmarks keep their order, which is that of the
 * face when it is upright. Turn 0 leaves it as it is. */
void rvs__turn_back (RvsCandidate *one, float w, float h, int turn);

#endif
