/* SPDX-License-Identifier: GPL-3.0-or-later
 * turn.c: quarter turns of canvases, boxes and candidates. */
#include "face/turn.h"

#include "ops/ops.h"

#include <assert.h>
#include <math.h>

typedef struct TurnJob
{
  const RvsTensor *from, *to;
  int              turn;
} TurnJob;

static void
turn_row (void *context, int y, int worker)
{
  const TurnJob *job = context;
  const int      w = job->from->w, h = job->from->h;

  (void)worker;
  for (int c = 0; c < job->from->c; c++)
    {
      const float *in = rvs__channel (job->from, c);
      float       *out = rvs__channel (job->to, c) + (size_t)y * (size_t)job->to->w;
      for (int x = 0; x < job->to->w; x++)
        {
          const int at_x = job->turn == 1 ? y : job->turn == 2 ? w - 1 - x : w - 1 - y;
          const int at_y = job->turn == 1 ? h - 1 - x : job->turn == 2 ? h - 1 - y : x;
          out[x] = in[(size_t)at_y * (size_t)w + (size_t)at_x];
        }
    }
}

RvsTensor
rvs__turn_canvas (RvsExec *exec, const RvsTensor *canvas, int turn)
{
  const bool sideways = turn != 2;
  RvsTensor  to = rvs__exec_tensor (exec, canvas->c, sideways ? canvas->w : canvas->h, sideways ? canvas->h : canvas->w);
  TurnJob    job = { canvas, &to, turn };

  assert (turn >= 1 && turn <= 3);
  rvs__exec_run (exec, turn_row, &job, to.h);
  return to;
}

/* One quarter turn clockwise of a place on a canvas h high. */
static void
quarter (float x, float y, float h, float out[2])
{
  out[0] = h - y;
  out[1] = x;
}

void
rvs__turn_box (const float box[4], float w, float h, int turn, float out[4])
{
  float a[2] = { box[0], box[1] }, b[2] = { box[0] + box[2], box[1] + box[3] };

  for (int i = 0; i < turn; i++)
    {
      quarter (a[0], a[1], i % 2 ? w : h, a);
      quarter (b[0], b[1], i % 2 ? w : h, b);
    }
  out[0] = fminf (a[0], b[0]);
  out[1] = fminf (a[1], b[1]);
  out[2] = fabsf (a[0] - b[0]);
  out[3] = fabsf (a[1] - b[1]);
}

void
rvs__turn_back (RvsCandidate *one, float w, float h, int turn)
{
  const bool sideways = turn == 1 || turn == 3;
  const int  rest = 4 - turn; /* turns that complete the circle, beginning at the turned canvas */

  if (turn == 0)
    return;
  rvs__turn_box (one->box, sideways ? h : w, sideways ? w : h, rest, one->box);
  for (int k = 0; k < 5; k++)
    for (int i = 0; i < rest; i++)
      quarter (one->marks[k][0], one->marks[k][1], (i % 2 == 0) == sideways ? w : h, one->marks[k]);
}
