/* SPDX-License-Identifier: GPL-3.0-or-later
 * screen.h: the screen of a printed photo: dots of ink on a square lattice, which a network takes for detail. Where a face has one, the
 * photo is seen through a soft disc that blurs the dots into tones. */
#ifndef RVS_FACE_SCREEN_H
#define RVS_FACE_SCREEN_H

#include "core/exec.h"
#include "face/warp.h"

enum
{
  RVS_SCREEN_REACH = 32 /* pixels: most that the disc reaches each way */
};

/* Pixels of the photo from one dot to the next in the screen of the face, about 2.4 to 25; 0 where there is none, where a face has less
 * than 20 dots across, or where the photo is smaller than 64 pixels either way. What repeats in one direction only is no screen, nor are the blocks of a JPEG file, enlarged or reduced.
 * The same for any thread count. A measuring arena counts the scratch of any photo. Cancelled: 0. */
float rvs__screen_find (RvsExec *exec, const RvsView *photo, const RvsAffine *crop_to_image);

/* The photo without its screen. */
typedef struct RvsScreenless
{
  RvsViewSource from;
  int           reach;                      /* taps each way */
  float         taps[RVS_SCREEN_REACH + 1]; /* from the middle outwards; over both sides they sum to 1 */
} RvsScreenless;

/* A view as source of three planes, as rvs__warp_from_view; with a period above 0 blurred by a Gaussian of .4 of it, and at least 64 pixels
 * each way. `source` and the view must outlive it. */
RvsWarpSource rvs__warp_from_screened (RvsScreenless *source, const RvsView *view, float period);

#endif
